//! Operations on whole arrays: putting together and taking apart, diagonals, Kronecker products, functions of a matrix, and the
//! largest entry.

use crate::context::{Elaborator, Outcome};
use crate::expression::Operand;
use crate::value::Value;
use derive_graph::{Dim, Einsum, Operation, Polynomial, Shape, matrix_function};
use derive_syntax::ast::{Call, Expr, ExprKind};
use derive_syntax::diagnostic::Diagnostic;
use num_rational::BigRational;

impl Elaborator<'_> {
    /// `inv(A)`, `det(A)`, `logdet(A)`
    pub(crate) fn call_matrix_function(
        &mut self,
        name: &'static str,
        call: &Call,
    ) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let value = self.elaborate_expr(arguments.positional[0])?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let shape = self.shape(&value);
        let row =
            matrix_function::row(name).filter(|_| shape.rank() == 2 && shape.0[0] == shape.0[1]);
        let Some(row) = row else {
            let what = format!("`{name}` takes a square matrix, not {shape}");
            return self.array_mismatch(call, &what, &arguments.positional, &[value]);
        };
        let result = if row.matrix { shape } else { Shape::scalar() };
        let node = self.add(
            Operation::MatrixFunction(row.name),
            vec![value.node],
            result,
        );
        Ok(Value::of(node))
    }

    /// `max(A)`, `max(A, axis=0)`
    pub(crate) fn call_extremum(&mut self, call: &Call, least: bool) -> Outcome<Value> {
        let reduction = self.reduction(call)?;
        let value = &reduction.value;
        if reduction.axes.is_empty() {
            return Ok(Value {
                row: false,
                ..value.clone()
            });
        }
        let named = value.named.len();
        let whole = self.network.graph.shape(value.node).clone();
        let axes: Vec<usize> = reduction.axes.iter().map(|axis| axis + named).collect();
        let kept = whole
            .0
            .iter()
            .enumerate()
            .filter(|(axis, _)| !axes.contains(axis));
        let shape = Shape(kept.map(|(_, dim)| dim.clone()).collect());
        let operation = Operation::Extremum {
            axes: axes.clone(),
            least,
        };
        let mut node = self.add(operation, vec![value.node], shape.clone());
        if reduction.keepdims {
            let mut dims = whole.0.clone();
            axes.iter().for_each(|&axis| dims[axis] = Dim::Size(1));
            node = self.add(Operation::Reshape, vec![node], Shape(dims));
        }
        Ok(Value {
            node,
            named: value.named.clone(),
            row: false,
        })
    }

    /// `diag(v)` puts a vector on a diagonal, `diag(M)` takes one off.
    pub(crate) fn call_diag(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let value = self.elaborate_expr(arguments.positional[0])?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let shape = self.shape(&value);
        let (pattern, result) = match shape.0.as_slice() {
            [dim] => ("i->ii", Shape(vec![dim.clone(), dim.clone()])),
            [a, b] if a == b => ("ii->i", Shape(vec![a.clone()])),
            _ => {
                let what = format!("`diag` takes a vector or a square matrix, not {shape}");
                return self.array_mismatch(call, &what, &arguments.positional, &[value]);
            }
        };
        let einsum = Einsum::parse("diag", pattern);
        Ok(Value::of(self.add(
            Operation::Einsum(einsum),
            vec![value.node],
            result,
        )))
    }

    /// `eye(n)`
    pub(crate) fn call_eye(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let dim = self.elaborate_dim(arguments.positional[0])?;
        let one = self.number(BigRational::from_integer(1.into()));
        let ones = self.expand(&one, &[], &Shape(vec![dim.clone()]));
        let einsum = Einsum::parse("diag", "i->ii");
        let shape = Shape(vec![dim.clone(), dim]);
        Ok(Value::of(self.add(
            Operation::Einsum(einsum),
            vec![ones],
            shape,
        )))
    }

    /// `kron(A, B)`: the block matrix of a_ij B.
    pub(crate) fn call_kron(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 2..=2, &[])?;
        let values = self.elaborate_all(&arguments.positional)?;
        self.without_indices(&values, call)?;
        let shapes = [self.shape(&values[0]), self.shape(&values[1])];
        let pattern = match (shapes[0].rank(), shapes[1].rank()) {
            (1, 1) => "i,k->ik",
            (2, 2) => "ij,kl->ikjl",
            _ => {
                let what = format!(
                    "`kron` takes two matrices or two vectors, not {} and {}",
                    shapes[0], shapes[1]
                );
                return self.array_mismatch(call, &what, &arguments.positional, &values);
            }
        };
        let pairs = shapes[0].0.iter().zip(&shapes[1].0);
        let apart = Shape(
            pairs
                .clone()
                .flat_map(|(a, b)| [a.clone(), b.clone()])
                .collect(),
        );
        let together = pairs
            .filter_map(|(a, b)| Polynomial::from(a).times(&b.into()).to_dim())
            .collect();
        let einsum = Einsum::parse("kron", pattern);
        let nodes = values.iter().map(|value| value.node).collect();
        let product = self.add(Operation::Einsum(einsum), nodes, apart);
        Ok(Value::of(self.add(
            Operation::Reshape,
            vec![product],
            Shape(together),
        )))
    }

    /// `concat(A, B, axis=0)`
    pub(crate) fn call_concat(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=usize::MAX, &["axis"])?;
        let values = self.elaborate_all(&arguments.positional)?;
        self.without_indices(&values, call)?;
        let first = self.shape(&values[0]);
        let axis = match arguments.named("axis") {
            Some(axis) => self.axis(axis, arguments.positional[0], &values[0])?,
            None => 0,
        };
        let mut size = Polynomial::default();
        for value in &values {
            let shape = self.shape(value);
            let same = |(at, (a, b)): (usize, (&Dim, &Dim))| at == axis || a == b;
            let fits =
                shape.rank() == first.rank() && shape.0.iter().zip(&first.0).enumerate().all(same);
            if !fits || shape.is_scalar() {
                let what = format!(
                    "{shape} cannot be put beside {first} along axis {axis}: the other axes must agree"
                );
                return self.array_mismatch(call, &what, &arguments.positional, &values);
            }
            size = size.plus(&(&shape.0[axis]).into());
        }
        if values.len() == 1 {
            return Ok(values[0].clone());
        }
        let mut dims = first.0;
        dims[axis] = size.to_dim().unwrap_or(Dim::Size(1));
        let nodes = values.iter().map(|value| value.node).collect();
        Ok(Value::of(self.add(
            Operation::Concat { axis },
            nodes,
            Shape(dims),
        )))
    }

    /// `reshape(A, [m, n])`
    pub(crate) fn call_reshape(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 2..=2, &[])?;
        let array = arguments.positional[0];
        let value = self.elaborate_expr(array)?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let items = match &arguments.positional[1].kind {
            ExprKind::List(items) => items.iter().collect(),
            _ => vec![arguments.positional[1]],
        };
        let mut dims = Vec::new();
        for item in items {
            dims.push(self.elaborate_dim(item)?);
        }
        if dims.len() > derive_graph::shape::MAX_RANK {
            let message = format!("a shape of {} axes", dims.len());
            return self.fail(Diagnostic::error(
                "E0110",
                message,
                arguments.positional[1].span,
                "too many axes",
            ));
        }
        self.reshaped(call, array, &value, Shape(dims))
    }

    /// `flatten(A)`: all entries in one vector.
    pub(crate) fn call_flatten(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let value = self.elaborate_expr(arguments.positional[0])?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let size = entries(&self.shape(&value));
        let dims = size.to_dim().into_iter().collect();
        self.reshaped(call, arguments.positional[0], &value, Shape(dims))
    }

    fn reshaped(
        &mut self,
        call: &Call,
        array: &Expr,
        value: &Value,
        shape: Shape,
    ) -> Outcome<Value> {
        let from = self.shape(value);
        let (before, after) = (entries(&from), entries(&shape));
        if before != after {
            let what =
                format!("{from} has {before} entries and cannot become {shape}, which has {after}");
            return self.array_mismatch(call, &what, &[array], std::slice::from_ref(value));
        }
        if from == shape {
            return Ok(Value {
                row: false,
                ..value.clone()
            });
        }
        Ok(Value::of(self.add(
            Operation::Reshape,
            vec![value.node],
            shape,
        )))
    }

    fn array_mismatch<T>(
        &mut self,
        call: &Call,
        what: &str,
        exprs: &[&Expr],
        values: &[Value],
    ) -> Outcome<T> {
        let mut problem = Diagnostic::error("E0304", what, call.function.span, "here");
        for (expr, value) in exprs.iter().zip(values) {
            problem = self.label_operand(problem, Operand { expr, value });
        }
        self.fail(problem)
    }
}

/// The number of entries.
pub(crate) fn entries(shape: &Shape) -> Polynomial {
    shape
        .0
        .iter()
        .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()))
}
