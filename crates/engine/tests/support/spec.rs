//! A spec under construction: declarations, definitions, a loss; and its text.

use super::expression::{Expression, Writing};

/// One line.
#[derive(Clone, Debug)]
pub enum Line {
    /// `param X: [n, m] attribute`
    Declare(&'static str, String, String),
    /// `Z = EXPR`
    Define(String, Expression),
    /// `Z[i, j] = EXPR`
    DefineEntries(String, &'static str, Expression),
    /// As it is.
    Text(String),
    /// `loss EXPR`
    Loss(Expression),
    /// `wrt X`
    Wrt(String),
}

/// A spec.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub lines: Vec<Line>,
}

impl Spec {
    /// The text, with every name as it is.
    pub fn text(&self) -> String {
        self.write(&Writing {
            rename: &|name| name.to_owned(),
            reversed: false,
        })
    }

    pub fn write(&self, how: &Writing) -> String {
        let line = |line: &Line| match line {
            Line::Declare(role, name, shape) => format!("{role} {}: {shape}\n", (how.rename)(name)),
            Line::Define(name, value) => format!("{} = {}\n", (how.rename)(name), value.write(how)),
            Line::DefineEntries(name, indices, value) => {
                format!("{}[{indices}] = {}\n", (how.rename)(name), value.write(how))
            }
            Line::Text(text) => format!("{text}\n"),
            Line::Loss(value) => format!("loss {}\n", value.write(how)),
            Line::Wrt(name) => format!("wrt {}\n", (how.rename)(name)),
        };
        self.lines.iter().map(line).collect()
    }

    /// The names of everything declared or defined.
    pub fn names(&self) -> Vec<String> {
        let name = |line: &Line| match line {
            Line::Declare(_, name, _) | Line::Define(name, _) | Line::DefineEntries(name, ..) => {
                Some(name.clone())
            }
            Line::Text(_) | Line::Loss(_) | Line::Wrt(_) => None,
        };
        self.lines.iter().filter_map(name).collect()
    }

    /// Every definition and the loss that is a sum or product of several parts gets its first part defined on a line before.
    pub fn split(&self) -> Spec {
        let mut lines = Vec::new();
        for line in &self.lines {
            let (mut line, name) = match line {
                Line::Define(name, _) => (line.clone(), format!("{name}_part")),
                Line::Loss(_) => (line.clone(), "loss_part".to_owned()),
                other => {
                    lines.push(other.clone());
                    continue;
                }
            };
            if let Line::Define(_, value) | Line::Loss(value) = &mut line
                && let Some(part) = take_part(value, &name)
            {
                lines.push(Line::Define(name, part));
            }
            lines.push(line);
        }
        Spec { lines }
    }
}

/// Puts a name in the place of the first part that is neither a name nor a number.
fn take_part(value: &mut Expression, name: &str) -> Option<Expression> {
    let parts = match value {
        Expression::Sum(parts) | Expression::Product(parts) | Expression::Form(_, parts) => parts,
        Expression::Name(_) | Expression::Text(_) => return None,
    };
    let compound = |part: &Expression| !matches!(part, Expression::Name(_) | Expression::Text(_));
    let at = parts.iter().position(compound)?;
    Some(std::mem::replace(&mut parts[at], Expression::name(name)))
}
