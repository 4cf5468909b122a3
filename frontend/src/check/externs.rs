//! Functions of the host: `extern fn eta(speed: f64?, temp: f64?) -> f64`; `@whole_column` and
//! `@nondeterministic` before it say what it does besides computing rows of its arguments.

use std::sync::Arc;

use icosian_ir::host::HostSignature;
use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::Op;

use super::declarations::{Checker, FunctionId, Place};
use super::expressions::Operand;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{Name, Parameter, Tag, TypeId};

impl Checker<'_> {
    /// Declares a function of the host.
    pub(crate) fn declare_extern(
        &mut self,
        place: Place,
        name: Name,
        parameters: &[Parameter],
        returns: Option<TypeId>,
        tags: &[Tag],
    ) {
        let text = self.expand(place, name);
        let known = self.modules[place.module].functions.contains_key(&text);
        self.declare_function(place, name, parameters, returns, None);
        let function = self.modules[place.module].functions.get(&text).copied();
        let Some(function) = function.filter(|_| !known) else {
            return;
        };
        let mut types = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            let shown = self.expand(place, parameter.name);
            let Some(ty) = parameter.ty else {
                let message = format!("`{shown}` needs a type, as the host gives `{text}`");
                let help = format!("write {shown}: f64");
                let diagnostic = Diagnostic::error(Code::UnknownType, message);
                self.report(diagnostic.at(parameter.name.span).help(help));
                continue;
            };
            types.extend(
                self.written_type(place, ty)
                    .map(|ty| (shown.to_string(), ty)),
            );
        }
        let returns = returns.and_then(|returns| self.written_type(place, returns));
        let (true, Some(returns)) = (types.len() == parameters.len(), returns) else {
            return;
        };
        let mut signature = HostSignature {
            name: text.to_string(),
            parameters: types,
            returns,
            whole_column: false,
            deterministic: true,
        };
        for tag in tags {
            match &*self.expand(place, tag.name) {
                "whole_column" => signature.whole_column = true,
                "nondeterministic" => signature.deterministic = false,
                other => {
                    let message = format!("`@{other}` says nothing of a function of the host");
                    let diagnostic = Diagnostic::error(Code::BadArguments, message).at(tag.span);
                    self.report(diagnostic.help(
                        "@whole_column: a row of the result may depend on all rows; \
                         @nondeterministic: the same arguments may give another result",
                    ));
                }
            }
        }
        // One name is one function of the host, whichever file declares it.
        let known = self.externs.get(&signature.name);
        let same = known.is_none_or(|known| {
            let types = |signature: &HostSignature| {
                let parameters = signature.parameters.iter();
                parameters.map(|(_, ty)| *ty).collect::<Vec<_>>()
            };
            known.returns == signature.returns
                && types(known) == types(&signature)
                && known.whole_column == signature.whole_column
                && known.deterministic == signature.deterministic
        });
        if !same {
            let message = format!("the host's function `{text}` is declared in another way before");
            return self.report(Diagnostic::error(Code::NameTaken, message).at(name.span));
        }
        let entry = self.externs.entry(signature.name.clone());
        let signature = Arc::clone(entry.or_insert_with(|| Arc::new(signature)));
        self.functions[function].external = Some(signature);
    }

    /// A call of a function of the host, its arguments of the declared types.
    pub(crate) fn call_extern(
        &mut self,
        function: FunctionId,
        operands: &[Operand],
        span: Span,
    ) -> Option<Expression> {
        let signature = Arc::clone(self.functions[function].external.as_ref()?);
        let mut arguments = Vec::with_capacity(operands.len());
        for operand in operands {
            arguments.push(self.value(operand, span)?);
        }
        let spanned: Vec<(Expression, Span)> =
            arguments.iter().map(|value| (*value, span)).collect();
        let name = signature.name.clone();
        self.built(
            |builder| builder.add(Op::Extern(signature), arguments),
            &name,
            &spanned,
            span,
        )
    }
}
