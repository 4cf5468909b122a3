//! Values known when the graph is built: configs, loop variables, conditions of `when`.

use std::collections::HashSet;
use std::rc::Rc;

use super::declarations::{Checker, Entity, Place};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, CompareOperator, ExprId, ExprKind, Name, UnaryOperator};

/// How many values a range or list may have.
const LENGTH_LIMIT: i128 = 1_000_000;

/// How many elements and bytes of text all constants of a flow may have together. A hundred configs
/// that each double the one before would otherwise be more than any memory holds.
pub(crate) const SIZE_LIMIT: usize = 50_000_000;

/// A value known when the graph is built. Lists and maps hold lists of plain values at most, so that
/// nothing that walks or drops them goes deep.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(Rc<str>),
    List(Rc<[Constant]>),
    Map(Rc<[(Constant, Constant)]>),
    /// A mistake that was told.
    Poison,
}

impl Constant {
    /// As it stands in a templated name.
    pub(crate) fn name_part(&self) -> Option<String> {
        match self {
            Constant::Integer(value) => Some(value.to_string()),
            Constant::Bool(value) => Some(value.to_string()),
            Constant::Text(text) => Some(text.to_string()),
            Constant::Null
            | Constant::Float(_)
            | Constant::List(_)
            | Constant::Map(_)
            | Constant::Poison => None,
        }
    }

    fn is_compound(&self) -> bool {
        matches!(self, Constant::List(_) | Constant::Map(_))
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Constant::Null => "null",
            Constant::Bool(_) => "a bool",
            Constant::Integer(_) => "an integer",
            Constant::Float(_) => "a float",
            Constant::Text(_) => "a text",
            Constant::List(_) => "a list",
            Constant::Map(_) => "a map",
            Constant::Poison => "unknown",
        }
    }
}

impl Checker<'_> {
    /// The value of an expression that must be known now; [`Constant::Poison`] after a diagnostic.
    pub(crate) fn constant(&mut self, place: Place, root: ExprId) -> Constant {
        let program = self.program(place);
        let first = program.subtree(root).next().unwrap_or(root);
        let mut values: Vec<Constant> = Vec::new();
        for id in program.subtree(root) {
            let at = |child: ExprId| values[(child.0 - first.0) as usize].clone();
            let expr = &program.exprs[id];
            let mut children = Vec::new();
            expr.kind.for_each_child(|child| children.push(at(child)));
            let value = if children.contains(&Constant::Poison) {
                Constant::Poison
            } else {
                match self.fold(place, &expr.kind, &children) {
                    Ok(value) => value,
                    Err(message) => {
                        self.report(Diagnostic::error(Code::NotConstant, message).at(expr.span));
                        Constant::Poison
                    }
                }
            };
            values.push(value);
        }
        values.pop().unwrap_or(Constant::Poison)
    }

    fn fold(
        &mut self,
        place: Place,
        kind: &ExprKind,
        children: &[Constant],
    ) -> Result<Constant, String> {
        Ok(match kind {
            ExprKind::Error => Constant::Poison,
            ExprKind::Null => Constant::Null,
            ExprKind::Boolean(value) => Constant::Bool(*value),
            ExprKind::Integer(value) => match i128::try_from(*value) {
                Ok(value) => Constant::Integer(value),
                Err(_) => return Err(format!("{value} is too large")),
            },
            ExprKind::Float(value) => Constant::Float(*value),
            ExprKind::Text(text) => Constant::Text((&**text).into()),
            ExprKind::Name(name) => return self.constant_name(place, *name),
            ExprKind::List(_) => {
                self.charge_elements(children)?;
                Constant::List(children.into())
            }
            ExprKind::Map(_) => {
                self.charge_elements(children)?;
                Constant::Map(
                    children
                        .chunks_exact(2)
                        .map(|entry| (entry[0].clone(), entry[1].clone()))
                        .collect(),
                )
            }
            ExprKind::Range {
                start: Some(_),
                end: Some(_),
                inclusive,
            } => {
                let (start, end) = range(&children[0], &children[1], *inclusive)?;
                self.charge(usize::try_from(end.saturating_sub(start)).unwrap_or(0))?;
                Constant::List((start..end).map(Constant::Integer).collect())
            }
            ExprKind::Unary { operator, .. } => match (operator, &children[0]) {
                (UnaryOperator::Negate, Constant::Integer(value)) => {
                    Constant::Integer(value.checked_neg().ok_or("`-` overflows here")?)
                }
                (UnaryOperator::Negate, Constant::Float(value)) => Constant::Float(-value),
                (UnaryOperator::Plus, Constant::Integer(_) | Constant::Float(_)) => {
                    children[0].clone()
                }
                (UnaryOperator::Not, Constant::Bool(value)) => Constant::Bool(!value),
                (_, other) => {
                    return Err(format!("`{}` of {}", operator.as_str(), other.kind()));
                }
            },
            ExprKind::Binary { operator, .. } => {
                if let (Constant::Text(a), Constant::Text(b)) = (&children[0], &children[1]) {
                    self.charge(a.len().saturating_add(b.len()))?;
                }
                binary(*operator, &children[0], &children[1])?
            }
            ExprKind::Compare { operators, .. } => {
                let mut holds = true;
                for (operator, pair) in operators.iter().zip(children.windows(2)) {
                    holds &= compare(*operator, &pair[0], &pair[1])?;
                }
                Constant::Bool(holds)
            }
            ExprKind::IsNull { negated, .. } => {
                Constant::Bool((children[0] == Constant::Null) != *negated)
            }
            ExprKind::In { negated, .. } => match &children[1] {
                Constant::List(list) => Constant::Bool(list.contains(&children[0]) != *negated),
                Constant::Map(map) => {
                    Constant::Bool(map.iter().any(|(key, _)| *key == children[0]) != *negated)
                }
                other => return Err(format!("`in` takes a list, found {}", other.kind())),
            },
            ExprKind::Conditional { .. } => match children[1] {
                Constant::Bool(true) => children[0].clone(),
                Constant::Bool(false) | Constant::Null => children[2].clone(),
                ref other => return Err(format!("a condition can't be {}", other.kind())),
            },
            ExprKind::Member { .. }
            | ExprKind::Call { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Lookup { .. }
            | ExprKind::Over { .. }
            | ExprKind::Duration(_)
            | ExprKind::Match { .. }
            | ExprKind::Range { .. } => {
                return Err(
                    "this must be known before any data is read: literals, configs and loop \
                     variables"
                        .to_owned(),
                );
            }
        })
    }

    /// Takes from what constants may still grow by.
    fn charge(&mut self, size: usize) -> Result<(), String> {
        let left = self.constant_budget.checked_sub(size);
        self.constant_budget = left.ok_or("the flow's lists and texts grow too large here")?;
        Ok(())
    }

    /// Charges for a list's or map's elements, and refuses those that are lists of lists.
    fn charge_elements(&mut self, elements: &[Constant]) -> Result<(), String> {
        self.charge(elements.len())?;
        let mut seen = HashSet::new();
        for element in elements {
            let deep = match element {
                Constant::List(list) if seen.insert(Rc::as_ptr(list).cast::<u8>()) => {
                    self.charge(list.len())?;
                    list.iter().any(Constant::is_compound)
                }
                Constant::Map(map) if seen.insert(Rc::as_ptr(map).cast::<u8>()) => {
                    self.charge(map.len())?;
                    map.iter()
                        .any(|(key, value)| key.is_compound() || value.is_compound())
                }
                _ => false,
            };
            if deep {
                return Err("lists and maps hold lists of plain values at most".to_owned());
            }
        }
        Ok(())
    }

    fn constant_name(&mut self, place: Place, name: Name) -> Result<Constant, String> {
        let text = self.expand(place, name);
        if let Some(value) = self.variable(place, &text) {
            return Ok(value);
        }
        match self.modules[place.module].names.get(&*text) {
            Some(Entity::Config(value)) => Ok(value.clone()),
            Some(Entity::Poison) => Ok(Constant::Poison),
            Some(_) => Err(format!(
                "`{text}` is not known before data is read; only configs and loop variables are"
            )),
            None => Err(format!("there is no config or loop variable `{text}`")),
        }
    }

    /// The value of a loop variable.
    pub(crate) fn variable(&self, place: Place, name: &str) -> Option<Constant> {
        let mut environment = place.environment;
        while let Some(id) = environment {
            let variable = &self.environments[id];
            if &*variable.name == name {
                return Some(variable.value.clone());
            }
            environment = variable.outer;
        }
        None
    }

    /// The values of what `for` runs over, each with a key if it is a map.
    pub(crate) fn elements(
        &mut self,
        value: Constant,
        span: Span,
    ) -> Vec<(Constant, Option<Constant>)> {
        match value {
            Constant::List(list) => list.iter().map(|value| (value.clone(), None)).collect(),
            Constant::Map(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), Some(value.clone())))
                .collect(),
            Constant::Poison => Vec::new(),
            other => {
                let message = format!(
                    "`for` runs over a list, a map or a range, found {}",
                    other.kind()
                );
                self.report(Diagnostic::error(Code::NotConstant, message).at(span));
                Vec::new()
            }
        }
    }
}

fn range(start: &Constant, end: &Constant, inclusive: bool) -> Result<(i128, i128), String> {
    let (Constant::Integer(start), Constant::Integer(end)) = (start, end) else {
        return Err("both ends of a range must be integers here".to_owned());
    };
    let end = end.saturating_add(i128::from(inclusive));
    if end.saturating_sub(*start) > LENGTH_LIMIT {
        return Err(format!("a range of more than {LENGTH_LIMIT} values"));
    }
    Ok((*start, end))
}

fn compare(operator: CompareOperator, a: &Constant, b: &Constant) -> Result<bool, String> {
    let ordering = match (a, b) {
        (Constant::Integer(a), Constant::Integer(b)) => Some(a.cmp(b)),
        (Constant::Text(a), Constant::Text(b)) => Some(a.cmp(b)),
        (Constant::Bool(a), Constant::Bool(b)) => Some(a.cmp(b)),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => return Err(format!("{} can't be compared with {}", a.kind(), b.kind())),
        },
    };
    Ok(match operator {
        CompareOperator::Equal => ordering.is_some_and(|ordering| ordering.is_eq()),
        CompareOperator::NotEqual => ordering.is_none_or(|ordering| ordering.is_ne()),
        CompareOperator::Less => ordering.is_some_and(|ordering| ordering.is_lt()),
        CompareOperator::LessOrEqual => ordering.is_some_and(|ordering| ordering.is_le()),
        CompareOperator::Greater => ordering.is_some_and(|ordering| ordering.is_gt()),
        CompareOperator::GreaterOrEqual => ordering.is_some_and(|ordering| ordering.is_ge()),
    })
}

fn number(value: &Constant) -> Option<f64> {
    match value {
        Constant::Integer(value) => Some(*value as f64),
        Constant::Float(value) => Some(*value),
        _ => None,
    }
}

fn binary(operator: BinaryOperator, a: &Constant, b: &Constant) -> Result<Constant, String> {
    use BinaryOperator::{
        Add, And, Coalesce, Divide, FloorDivide, Multiply, Or, Power, Remainder, Subtract,
    };
    let refused = || {
        Err(format!(
            "`{}` of {} and {} can't be computed before data is read",
            operator.as_str(),
            a.kind(),
            b.kind()
        ))
    };
    let exact = |value: Option<i128>| match value {
        Some(value) => Ok(Constant::Integer(value)),
        None => Err(format!("`{}` overflows here", operator.as_str())),
    };
    match (operator, a, b) {
        (Coalesce, Constant::Null, other) => Ok(other.clone()),
        (Coalesce, value, _) => Ok(value.clone()),
        (And, Constant::Bool(a), Constant::Bool(b)) => Ok(Constant::Bool(*a && *b)),
        (Or, Constant::Bool(a), Constant::Bool(b)) => Ok(Constant::Bool(*a || *b)),
        (Add, Constant::Text(a), Constant::Text(b)) => Ok(Constant::Text(format!("{a}{b}").into())),
        (Add, Constant::Integer(a), Constant::Integer(b)) => exact(a.checked_add(*b)),
        (Subtract, Constant::Integer(a), Constant::Integer(b)) => exact(a.checked_sub(*b)),
        (Multiply, Constant::Integer(a), Constant::Integer(b)) => exact(a.checked_mul(*b)),
        (FloorDivide, Constant::Integer(a), Constant::Integer(b)) if *b > 0 => {
            Ok(Constant::Integer(a.div_euclid(*b)))
        }
        (Remainder, Constant::Integer(a), Constant::Integer(b)) if *b > 0 => {
            Ok(Constant::Integer(a.rem_euclid(*b)))
        }
        (Power, Constant::Integer(a), Constant::Integer(b)) => {
            exact(u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)))
        }
        _ => match (number(a), number(b), operator) {
            (Some(a), Some(b), Add) => Ok(Constant::Float(a + b)),
            (Some(a), Some(b), Subtract) => Ok(Constant::Float(a - b)),
            (Some(a), Some(b), Multiply) => Ok(Constant::Float(a * b)),
            (Some(a), Some(b), Divide) => Ok(Constant::Float(a / b)),
            _ => refused(),
        },
    }
}
