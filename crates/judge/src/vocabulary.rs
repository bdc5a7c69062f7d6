//! What a wrong formula may have left out or mixed up: the arrays, scalars, sizes and activations of a spec.

use crate::expression::{call, is_indexed, name};
use derive_graph::FunctionRow;
use derive_graph::function::Notation;
use derive_graph::function_table::FUNCTIONS;
use derive_graph::{Network, Shape};
use derive_syntax::ast::{Expr, ExprKind, Spec, StatementKind};

/// Most parts of a derived formula that are tried as factors.
const MOST_PARTS: usize = 12;

/// Names and activations of a spec.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Arrays with axes, by name, with their shapes.
    pub arrays: Vec<(String, Shape)>,
    /// Intermediates with axes: their gradients are what claims are made of.
    pub intermediates: Vec<String>,
    /// Scalars and dimensions.
    pub scalars: Vec<String>,
    /// Dimensions.
    pub dims: Vec<String>,
    /// Elementwise functions of something: name and argument.
    pub activations: Vec<(String, Expr)>,
    /// The array whose gradient is in question, which is no part of any answer.
    pub subject: Option<String>,
    /// Compound parts of what was derived, which may be what is missing.
    pub derived: Vec<Expr>,
    /// Elementwise functions of one argument: the language's own and the user's.
    pub functions: Vec<String>,
}

impl Vocabulary {
    /// The vocabulary of a network and its spec in equation form.
    pub fn of(network: &Network, equations: &Spec) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        let unnamed = crate::spelling::unnamed(equations, network);
        for symbol in &network.symbols {
            let name = symbol.name.to_string();
            let unknown = unnamed.contains(&symbol.name);
            if unknown || name.contains('(') || symbol.name == network.loss.name {
                continue;
            }
            match symbol.shape.is_scalar() {
                true => vocabulary.scalars.push(name),
                false => {
                    if symbol.definition.is_some() {
                        vocabulary.intermediates.push(name.clone());
                    }
                    vocabulary.arrays.push((name, symbol.shape.clone()));
                }
            }
        }
        for (name, _) in &network.dims {
            vocabulary.dims.push(name.to_string());
            vocabulary.scalars.push(name.to_string());
        }
        let own = FUNCTIONS.iter().filter(|row| is_named_of_one(row));
        let own = own.map(|row| row.name.to_owned());
        let users = network
            .functions
            .iter()
            .map(|function| function.name.to_string());
        vocabulary.functions = own.chain(users).collect();
        for statement in &equations.statements {
            match &statement.kind {
                StatementKind::Define(definition) => vocabulary.read(&definition.body),
                StatementKind::Loss(loss) => vocabulary.read(&loss.body),
                _ => {}
            }
        }
        vocabulary
    }

    /// Every array that may stand in a product, the gradient of every intermediate, and parts of what was derived.
    pub fn factors(&self) -> impl Iterator<Item = Expr> {
        let arrays = self.arrays.iter().map(|(text, _)| name(text));
        let signals = self.intermediates.iter();
        let signals = signals.filter_map(|text| self.gradient(text));
        let named = arrays.chain(signals);
        named.chain(self.derived.iter().cloned())
    }

    /// `grad(A)`, but not of what is in question.
    pub fn gradient(&self, text: &str) -> Option<Expr> {
        let known = self.subject.as_deref() != Some(text);
        known.then(|| call("grad", 0, name(text), &[]))
    }

    /// Notes the compound parts of a derived formula, the formula itself left out.
    pub fn read_answer(&mut self, answer: &Expr) {
        for part in crate::expression::parts(answer) {
            let compound = !matches!(part.kind, ExprKind::Name(_) | ExprKind::Number(_));
            if compound && self.derived.len() < MOST_PARTS && !is_indexed(part) {
                self.derived.push(part.clone());
            }
            self.read_answer(part);
        }
    }

    /// The shape of an array of this name.
    pub fn shape(&self, text: &str) -> Option<&Shape> {
        let known = self.arrays.iter().find(|(known, _)| known == text);
        known.map(|(_, shape)| shape)
    }

    /// Vectors and their gradients, as they are written.
    pub fn vectors(&self) -> impl Iterator<Item = String> {
        let vectors = self.arrays.iter().filter(|(_, shape)| shape.rank() == 1);
        vectors.flat_map(|(text, _)| [text.clone(), format!("grad({text})")])
    }

    /// Notes the activations of an expression.
    fn read(&mut self, expr: &Expr) {
        if let ExprKind::Call(call) = &expr.kind
            && let [argument] = call.arguments.as_slice()
            && argument.name.is_none()
        {
            let name = call.function.text.as_str();
            // The root of a size is no activation.
            let scalar = match &argument.value.kind {
                ExprKind::Name(name) => self.scalars.contains(&name.text),
                _ => false,
            };
            if !scalar && self.functions.iter().any(|known| known == name) {
                let activation = (name.to_owned(), argument.value.clone());
                self.activations.push(activation);
            }
        }
        for part in crate::expression::parts(expr) {
            self.read(part);
        }
    }
}

/// Whether a row is a function that people call by its name, of one argument and perhaps constants.
fn is_named_of_one(row: &FunctionRow) -> bool {
    let arithmetic = matches!(row.notation, Notation::Arithmetic(_));
    !row.internal && !arithmetic && row.arity - row.defaults.len() == 1
}
