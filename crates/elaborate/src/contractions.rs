//! Products and traces: operators whose axes meet by labels, with the named axes of index notation in front.

use crate::context::{Elaborator, Outcome};
use crate::expression::Operand;
use crate::value::{Clash, Value};
use derive_graph::operator::{self, OPERATORS, OperatorRow};
use derive_graph::{Einsum, Label, Operation, Shape};
use derive_syntax::ast::{Call, Expr, Span};
use derive_syntax::diagnostic::Diagnostic;

/// The label of the first named axis; labels of patterns are lower case.
const NAMED: u8 = b'A';

/// The same labels renamed in order of first appearance, for comparison.
fn renamed(einsum: &Einsum) -> Vec<Vec<u8>> {
    let mut met: Vec<Label> = Vec::new();
    let mut rename = |label: &Label| {
        let at = met.iter().position(|known| known == label);
        let at = at.unwrap_or_else(|| {
            met.push(*label);
            met.len() - 1
        });
        u8::try_from(at).unwrap_or(u8::MAX)
    };
    let lists = einsum.inputs.iter().chain([&einsum.output]);
    lists
        .map(|labels| labels.iter().map(&mut rename).collect())
        .collect()
}

/// The operator whose pattern these labels are, whatever they are called; `otherwise` if there is none.
pub(crate) fn recognise(einsum: Einsum, otherwise: &'static str) -> Einsum {
    let wanted = renamed(&einsum);
    let patterns = OPERATORS.iter().flat_map(|row| {
        row.patterns
            .iter()
            .map(|pattern| Einsum::parse(row.name, pattern))
    });
    let known = patterns
        .into_iter()
        .find(|pattern| renamed(pattern) == wanted);
    known.unwrap_or(Einsum {
        operator: otherwise,
        ..einsum
    })
}

impl Elaborator<'_> {
    /// The operator applied to values; `None` where no pattern has their ranks or two dimensions differ.
    fn contract(&mut self, row: &OperatorRow, values: &[Value]) -> Result<Option<Value>, Clash> {
        let shapes: Vec<Shape> = values.iter().map(|value| self.shape(value)).collect();
        let references: Vec<&Shape> = shapes.iter().collect();
        let Some(mut einsum) = row.einsum(&references) else {
            return Ok(None);
        };
        let Ok(shape) = einsum.output_shape(&references) else {
            return Ok(None);
        };
        let (named, mut dims) = self.union(values)?;
        if !named.is_empty() {
            let label = |index: &String| {
                let at = named.iter().position(|known| known == index).unwrap_or(0);
                Label(NAMED + u8::try_from(at).unwrap_or(0))
            };
            for (labels, value) in einsum.inputs.iter_mut().zip(values) {
                labels.splice(0..0, value.named.iter().map(label));
            }
            einsum.output.splice(0..0, named.iter().map(label));
            einsum = recognise(einsum, "contract");
        }
        dims.extend(shape.0);
        let arguments = values.iter().map(|value| value.node).collect();
        let node = self.add(Operation::Einsum(einsum), arguments, Shape(dims));
        let row = false;
        Ok(Some(Value { node, named, row }))
    }

    /// Whether the operator fits these shapes.
    pub(crate) fn conforms(&self, operator: &str, shapes: &[&Shape]) -> Option<Shape> {
        let einsum = operator::row(operator)?.einsum(shapes)?;
        einsum.output_shape(shapes).ok()
    }

    /// `left @ right`
    pub(crate) fn elaborate_product(
        &mut self,
        span: Span,
        left: Operand,
        right: Operand,
    ) -> Outcome<Value> {
        let ranks = (
            self.shape(left.value).rank(),
            self.shape(right.value).rank(),
        );
        if ranks.0 == 0 || ranks.1 == 0 {
            return self.scalar_product(span, left, right);
        }
        // A row to the right of anything but a column, or a column that is a matrix's right neighbour, is what a textbook says.
        let name = match (ranks, left.value.row, right.value.row) {
            ((1, 1), false, true) => "outer",
            (_, _, true) => return self.product_mismatch(span, left, right),
            _ => "@",
        };
        let Some(row) = operator::row(name) else {
            return self.unsupported("`@`", span);
        };
        match self.contract(row, &[left.value.clone(), right.value.clone()]) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => self.product_mismatch(span, left, right),
            Err(clash) => self.elementwise_mismatch(
                derive_syntax::ast::BinaryOperator::MatMul,
                span,
                [left, right],
                clash,
            ),
        }
    }

    /// `outer(u, v)`, `dot(u, v)`, `tr(A)`
    pub(crate) fn call_contraction(&mut self, name: &'static str, call: &Call) -> Outcome<Value> {
        let Some(row) = operator::row(name) else {
            return self.unsupported(&format!("`{name}`"), call.span);
        };
        let arguments = self.arguments(call, row.arity..=row.arity, &[])?;
        let values = self.elaborate_all(&arguments.positional)?;
        match self.contract(row, &values) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => self.contraction_mismatch(row, call, &arguments.positional, &values),
            Err(clash) => self.call_mismatch(call, &arguments.positional, &values, clash),
        }
        .map(|value| Value {
            row: false,
            ..value
        })
    }

    fn contraction_mismatch(
        &mut self,
        row: &OperatorRow,
        call: &Call,
        exprs: &[&Expr],
        values: &[Value],
    ) -> Outcome<Value> {
        let wanted = match row.name {
            "tr" => "a square matrix",
            "outer" => "two vectors",
            _ => "two vectors or two matrices of one shape",
        };
        let shapes: Vec<String> = values
            .iter()
            .map(|value| self.shape(value).to_string())
            .collect();
        let message = format!(
            "`{}` takes {wanted}, not {}",
            row.name,
            shapes.join(" and ")
        );
        let mut problem = Diagnostic::error("E0304", message, call.function.span, row.title);
        for (expr, value) in exprs.iter().zip(values) {
            problem = self.label_operand(problem, Operand { expr, value });
        }
        self.fail(problem)
    }
}
