//! The discrete Fourier transform and what is done with complex numbers.
//!
//! Whether a value is complex is computed, not declared ([`derive_graph::complex`]). Complex values may be added, multiplied, divided by
//! real ones, summed, conjugated and transformed; every other operation is for real numbers and says so. A name for a complex
//! value stands for its expression: it is no quantity of the network, since gradients are real.

use crate::context::{Elaborator, Outcome};
use crate::value::Value;
use derive_graph::{Node, NodeId, Operation};
use derive_syntax::ast::{self, Call, Expr, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

/// Complex powers above this are not multiplied out.
const MOST_FACTORS: u32 = 8;

/// The elementwise functions that complex values may have.
const COMPLEX_FUNCTIONS: &[&str] = &["add", "subtract", "multiply", "negate", "divide"];

impl Elaborator<'_> {
    pub(crate) fn is_complex(&self, value: &Value) -> bool {
        self.network.graph.is_complex(value.node)
    }

    /// `dft(x)`, `idft(x)`: Σ_n ω^{−kn} x_n and (1/N) Σ_k ω^{kn} x_k with ω = e^{2πi/N}, as NumPy has them.
    pub(crate) fn call_fourier(&mut self, call: &Call, inverse: bool) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let argument = arguments.positional[0];
        let value = self.elaborate_expr(argument)?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let shape = self.shape(&value);
        if shape.rank() != 1 {
            let name = &call.function.text;
            let message = format!("`{name}` transforms a vector, not an array of shape {shape}");
            let problem = Diagnostic::error("E0305", message, argument.span, shape.to_string());
            return self.fail(match shape.rank() {
                0 => problem.help("a scalar is its own transform"),
                _ => problem.help(format!(
                    "transform one row at a time, as in `{name}({}[0, :])`, or `flatten` it first",
                    short(argument)
                )),
            });
        }
        let node = self.add(Operation::Fourier { inverse }, vec![value.node], shape);
        Ok(Value::of(node))
    }

    /// `conj(z)`: a real value is its own conjugate.
    pub(crate) fn call_conjugate(&mut self, call: &Call) -> Outcome<Value> {
        let value = self.only_argument(call)?;
        Ok(self.conjugated(&value))
    }

    /// `real(z)`
    pub(crate) fn call_real(&mut self, call: &Call) -> Outcome<Value> {
        let value = self.only_argument(call)?;
        Ok(self.real_part(&value))
    }

    /// `imag(z)`: a real value has none.
    pub(crate) fn call_imaginary(&mut self, call: &Call) -> Outcome<Value> {
        let value = self.only_argument(call)?;
        if self.is_complex(&value) {
            return Ok(self.entrywise(Operation::ImaginaryPart, &value));
        }
        let zero = self.number(BigRational::zero());
        let zeros = self.apply("multiply", &[zero, value.clone()]);
        Ok(zeros.unwrap_or(value))
    }

    /// `abs(z)` of a complex value: √(z z̄).
    pub(crate) fn magnitude(&mut self, value: &Value) -> Value {
        let square = self.squared_magnitude(value);
        self.apply_one("sqrt", &square)
    }

    /// z z̄
    pub(crate) fn squared_magnitude(&mut self, value: &Value) -> Value {
        let turned = self.conjugated(value);
        let product = self.apply("multiply", &[value.clone(), turned]);
        let product = product.unwrap_or_else(|_| value.clone());
        self.real_part(&product)
    }

    fn only_argument(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        self.elaborate_expr(arguments.positional[0])
    }

    fn conjugated(&mut self, value: &Value) -> Value {
        self.entrywise(Operation::Conjugate, value)
    }

    fn real_part(&mut self, value: &Value) -> Value {
        self.entrywise(Operation::RealPart, value)
    }

    /// An operation that leaves real values as they are.
    fn entrywise(&mut self, operation: Operation, value: &Value) -> Value {
        if !self.is_complex(value) {
            return value.clone();
        }
        let shape = self.network.graph.shape(value.node).clone();
        let node = self.add(operation, vec![value.node], shape);
        Value {
            node,
            ..value.clone()
        }
    }

    /// The power of a complex value with a whole exponent, multiplied out. `None` where it is none.
    pub(crate) fn complex_power(&mut self, base: &Value, exponent: &Value) -> Option<Value> {
        let whole = self.literal(exponent)?;
        let count = whole.to_u32().filter(|_| whole.is_integer())?;
        if !(1..=MOST_FACTORS).contains(&count) {
            return None;
        }
        let mut power = base.clone();
        for _ in 1..count {
            power = self.apply("multiply", &[power, base.clone()]).ok()?;
        }
        Some(power)
    }

    /// z²
    pub(crate) fn squared(&mut self, value: &Value) -> Value {
        let product = self.apply("multiply", &[value.clone(), value.clone()]);
        product.unwrap_or_else(|_| value.clone())
    }

    /// a/z = a z̄/(z z̄)
    pub(crate) fn complex_quotient(&mut self, above: &Value, below: &Value) -> Option<Value> {
        let turned = self.conjugated(below);
        let size = self.squared_magnitude(below);
        let top = self.apply("multiply", &[above.clone(), turned]).ok()?;
        self.apply("divide", &[top, size]).ok()
    }

    /// Checks the nodes that an expression has added: complex values stand only where there is a meaning for them.
    pub(crate) fn check_complex(&mut self, expr: &Expr) -> Outcome<()> {
        let graph = &self.network.graph;
        let first = self.checked_nodes;
        self.checked_nodes = graph.len();
        let new = (first..graph.len()).map(|at| graph.node(NodeId(at)));
        let takes_complex = |node: &&Node| node.arguments.iter().any(|&at| graph.is_complex(at));
        let Some(node) = new
            .filter(takes_complex)
            .find(|node| !is_complex_operation(node))
        else {
            return Ok(());
        };
        let what = match &node.operation {
            Operation::Elementwise(function) if function.row().is_none_or(|row| !row.internal) => {
                format!("`{function}` is for real numbers, and its argument is complex")
            }
            _ => "this operation is for real numbers, and its argument is complex".to_owned(),
        };
        let problem = Diagnostic::error("E0313", what, expr.span, "complex inside");
        self.fail(problem.help(
            "`abs(…)` is the magnitude, `real(…)` and `imag(…)` are its parts; `idft` of a product of transforms of real vectors is real",
        ))
    }

    /// A definition with a complex value: the name stands for the expression.
    pub(crate) fn define_complex(&mut self, text: &str, body: &Expr, node: NodeId, place: Span) {
        self.network.notes.push(format!(
            "`{text} = {}` is complex: the name stands for the expression, and has no error signal of its own",
            format_expr(body)
        ));
        let known = (node, place);
        self.scope.complex.insert(text.to_owned(), known);
    }

    /// That a name is not one of a complex value, which nothing is differentiated by.
    pub(crate) fn check_real_name(&mut self, name: &ast::Name, code: &'static str) -> Outcome<()> {
        let Some(&(_, place)) = self.scope.complex.get(&name.text) else {
            return Ok(());
        };
        let message = format!(
            "`{}` is complex, and nothing is differentiated by it",
            name.text
        );
        let problem = Diagnostic::error(code, message, name.span, "complex");
        let problem = problem.label(place, "defined here");
        self.fail(problem.help("differentiate by the real array that it is the transform of"))
    }

    /// That the loss is real.
    pub(crate) fn check_real_loss(&mut self, value: &Value, body: &Expr) -> Outcome<()> {
        if !self.is_complex(value) {
            return Ok(());
        }
        let message = "the loss is complex, and only a real number can be made small";
        let problem = Diagnostic::error("E0402", message, body.span, "complex");
        self.fail(problem.help("square the magnitude, as in `sum(abs(…)^2)` or `norm2(…)^2`"))
    }
}

/// Whether an operation has a meaning for complex arguments.
fn is_complex_operation(node: &Node) -> bool {
    match &node.operation {
        Operation::Fourier { .. }
        | Operation::Conjugate
        | Operation::RealPart
        | Operation::ImaginaryPart => true,
        Operation::Einsum(einsum) => einsum.inputs.len() <= 2,
        Operation::Elementwise(function) => {
            function.primes == 0 && COMPLEX_FUNCTIONS.contains(&function.name.as_str())
        }
        _ => false,
    }
}

fn short(expr: &Expr) -> String {
    match format_expr(expr) {
        text if text.len() <= 20 => text,
        _ => "X".to_owned(),
    }
}
