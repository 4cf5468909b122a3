//! Functions of the flow: a call is the body with the arguments in place of the parameters.
//!
//! Equal calls in equal contexts are expanded once, so sharing stays linear. A function that
//! needs itself is a cycle, told by its names.

use std::rc::Rc;

use super::calls::{Bound, Given};
use super::declarations::{Checker, EXPANSION_LIMIT, FunctionId, Place, Rows};
use super::expressions::{Activation, Context, Frame, Operand, Task};
use super::over::OverId;
use crate::diagnostic::Span;
use crate::syntax::ast::Symbol;

/// What makes two calls equal.
pub(crate) type MemoKey = (FunctionId, Vec<Operand>, OverId, Rows);

/// What a call gave, and whether the `over` around it governed anything inside.
#[derive(Clone, Debug)]
pub(crate) struct MemoEntry {
    pub result: Operand,
    pub governed: bool,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub function: FunctionId,
    pub arguments: Vec<Bound>,
    /// The context of the call.
    pub context: Context,
    pub span: Span,
    /// What was governed before it, to be told apart.
    pub governed: bool,
}

impl Checker<'_> {
    /// Calls a function of the flow; its result comes onto the stack.
    pub(crate) fn call_user(
        &mut self,
        function: FunctionId,
        given: Vec<Given>,
        context: Context,
        span: Span,
    ) {
        let entry = &self.functions[function];
        let (name, place) = (Rc::clone(&entry.name), entry.place);
        self.wake(place.module);
        let entry = &self.functions[function];
        let parameters = entry.parameters.clone();
        let program = self.program(place);
        let names: Vec<(&str, bool)> = parameters
            .iter()
            .map(|parameter| (program.name(parameter.name), parameter.default.is_some()))
            .collect();
        let shown: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let signature = format!("{name}({})", shown.join(", "));
        let poisoned = given.iter().any(|given| given.operand == Operand::Poison);
        let Some(arguments) = self.bind_arguments(&name, &signature, &names, None, given, span)
        else {
            return self.operands.push(Operand::Poison);
        };
        let entry = &self.functions[function];
        if poisoned || entry.body.is_none() && entry.external.is_none() {
            return self.operands.push(Operand::Poison);
        }
        let missing: Vec<_> = parameters
            .iter()
            .zip(&arguments)
            .filter(|(_, argument)| argument.is_none())
            .filter_map(|(parameter, _)| parameter.default)
            .collect();
        let call = Box::new(PendingCall {
            function,
            arguments,
            context,
            span,
            governed: false,
        });
        let defaults = self.function_context(place, Vec::new(), span, context);
        self.tasks.push(Task::Call(call));
        for default in missing.into_iter().rev() {
            self.tasks.push(Task::Enter(default, defaults));
        }
    }

    fn function_context(
        &mut self,
        place: Place,
        parameters: Vec<(Symbol, Operand)>,
        span: Span,
        caller: Context,
    ) -> Context {
        self.frames.push(Frame {
            place,
            parameters,
            call: Some(span),
        });
        Context {
            frame: self.frames.len() - 1,
            rows: place.rows,
            home: caller.home,
            over: caller.over,
        }
    }

    /// Goes on with a call whose defaults are known.
    pub(crate) fn call_with_defaults(&mut self, mut call: PendingCall) {
        self.frames.pop();
        let missing = call
            .arguments
            .iter()
            .filter(|bound| bound.is_none())
            .count();
        let mut defaults = self
            .operands
            .split_off(self.operands.len() - missing)
            .into_iter();
        let mut operands = Vec::with_capacity(call.arguments.len());
        for bound in &mut call.arguments {
            match bound {
                Some((operand, _)) => operands.push(operand.clone()),
                None => operands.push(defaults.next().unwrap_or(Operand::Poison)),
            }
        }
        let entry = &self.functions[call.function];
        let (place, parameters) = (entry.place, entry.parameters.clone());
        for (position, parameter) in parameters.iter().enumerate() {
            let Some(ty) = parameter.ty else { continue };
            let span = match &call.arguments[position] {
                Some((_, span)) => *span,
                None => call.span,
            };
            operands[position] = self
                .converted(&operands[position], place, ty, span)
                .map_or(Operand::Poison, Operand::Value);
        }
        if operands.contains(&Operand::Poison) {
            return self.operands.push(Operand::Poison);
        }
        if self.functions[call.function].external.is_some() {
            let value = self.call_extern(call.function, &operands, call.span);
            let operand = value.map_or(Operand::Poison, Operand::Value);
            return self.operands.push(operand);
        }
        let key = (
            call.function,
            operands.clone(),
            call.context.over,
            call.context.home,
        );
        let over = call.context.over.0 as usize;
        if let Some(MemoEntry { result, governed }) = self.memo.get(&key).cloned() {
            self.over_used[over] |= governed;
            return self.operands.push(result);
        }
        if self.functions[call.function].active {
            self.function_cycle(call.function);
            return self.operands.push(Operand::Poison);
        }
        self.calls += 1;
        if self.calls > EXPANSION_LIMIT {
            self.too_large(call.span);
            return self.operands.push(Operand::Poison);
        }
        let Some(body) = self.functions[call.function].body else {
            return self.operands.push(Operand::Poison);
        };
        let symbols = parameters.iter().map(|parameter| parameter.name.symbol);
        let bound = symbols.zip(operands.iter().cloned()).collect();
        let context = self.function_context(place, bound, call.span, call.context);
        self.functions[call.function].active = true;
        self.activations.push(Activation::Function(call.function));
        let governed = std::mem::replace(&mut self.over_used[over], false);
        call.governed = governed;
        call.arguments = operands
            .into_iter()
            .map(|operand| Some((operand, call.span)))
            .collect();
        self.tasks.push(Task::Return(Box::new(call)));
        self.tasks.push(Task::Enter(body, context));
    }

    /// Ends a call: its result is remembered for equal calls.
    pub(crate) fn return_from(&mut self, call: PendingCall) {
        self.frames.pop();
        self.activations.pop();
        self.functions[call.function].active = false;
        let mut result = self.operands.pop().unwrap_or(Operand::Poison);
        let entry = &self.functions[call.function];
        if let (Some(ty), Some(body)) = (entry.returns, entry.body) {
            let place = entry.place;
            let span = self.program(place).exprs[body].span;
            result = self
                .converted(&result, place, ty, span)
                .map_or(Operand::Poison, Operand::Value);
        }
        let over = call.context.over.0 as usize;
        let governed = self.over_used[over];
        self.over_used[over] |= call.governed;
        let operands = call
            .arguments
            .into_iter()
            .map(|bound| bound.map_or(Operand::Poison, |(operand, _)| operand))
            .collect();
        let key = (
            call.function,
            operands,
            call.context.over,
            call.context.home,
        );
        self.memo.insert(
            key,
            MemoEntry {
                result: result.clone(),
                governed,
            },
        );
        self.operands.push(result);
    }
}
