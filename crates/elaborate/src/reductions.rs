//! Sums, means and norms, softmax, and arrays of one number.

use crate::context::{Elaborator, Outcome};
use crate::value::Value;
use derive_graph::{Dim, Operation, Shape, operator};
use derive_syntax::ast::{Call, Expr, ExprKind};
use derive_syntax::diagnostic::Diagnostic;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};

/// What a reduction runs over.
pub(crate) struct Reduction {
    pub(crate) value: Value,
    /// Positional axes.
    pub(crate) axes: Vec<usize>,
    pub(crate) keepdims: bool,
}

/// The whole number that an expression is, if it is one.
pub(crate) fn whole(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Number(value) if value.is_integer() => value.to_integer().to_i64(),
        ExprKind::Negate(inner) => whole(inner)?.checked_neg(),
        _ => None,
    }
}

impl Elaborator<'_> {
    /// `sum(A, axis=0, keepdims=true)`, `sum(A, axis=[0, 1])`
    pub(crate) fn call_sum(&mut self, call: &Call) -> Outcome<Value> {
        let reduction = self.reduction(call)?;
        Ok(self.summed(&reduction.value, &reduction.axes, reduction.keepdims))
    }

    /// A mean is a sum divided by the number of what was summed.
    pub(crate) fn call_mean(&mut self, call: &Call) -> Outcome<Value> {
        let reduction = self.reduction(call)?;
        let shape = self.shape(&reduction.value);
        let sum = self.summed(&reduction.value, &reduction.axes, reduction.keepdims);
        let dims = reduction.axes.iter().map(|&axis| &shape.0[axis]);
        let share = self.reciprocal_size(dims);
        Ok(match share {
            None => sum,
            Some(share) => self.scaled(&share, &sum),
        })
    }

    /// One over the product of dimensions, exact; `None` where that is one.
    fn reciprocal_size<'d>(&mut self, dims: impl Iterator<Item = &'d Dim>) -> Option<Value> {
        let mut number = BigRational::one();
        let mut product: Option<Value> = None;
        for dim in dims {
            match dim {
                Dim::Size(size) => number *= BigRational::from_integer((*size).into()),
                Dim::Named(_) | Dim::Formula(_) => {
                    let factor = self.size_of(dim);
                    product = Some(match product {
                        None => factor,
                        Some(product) => self.scaled(&product, &factor),
                    });
                }
            }
        }
        let one = self.number(BigRational::one());
        let Some(product) = product else {
            return (!number.is_one()).then(|| self.number(number.recip()));
        };
        let size = if number.is_one() {
            product
        } else {
            let number = self.number(number);
            self.scaled(&number, &product)
        };
        self.apply("divide", &[one, size]).ok()
    }

    /// `logsumexp(A, axis=1)`: the logarithm of a sum of exponentials.
    pub(crate) fn call_logsumexp(&mut self, call: &Call) -> Outcome<Value> {
        let reduction = self.reduction(call)?;
        let powers = self.apply_one("exp", &reduction.value);
        let sum = self.summed(&powers, &reduction.axes, reduction.keepdims);
        Ok(self.apply_one("log", &sum))
    }

    /// A scalar times a value; the two always go together.
    fn scaled(&mut self, scalar: &Value, value: &Value) -> Value {
        self.apply("multiply", &[scalar.clone(), value.clone()])
            .unwrap_or_else(|_| value.clone())
    }

    /// `norm2(A)` is the root of a sum of squares, `norm1(A)` a sum of magnitudes.
    pub(crate) fn call_norm(
        &mut self,
        call: &Call,
        inner: &str,
        outer: Option<&str>,
    ) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=1, &[])?;
        let value = self.elaborate_expr(arguments.positional[0])?;
        let entries = match (self.is_complex(&value), outer) {
            (false, _) => self.apply_one(inner, &value),
            (true, None) => self.magnitude(&value),
            (true, Some(_)) => self.squared_magnitude(&value),
        };
        let all: Vec<usize> = (0..self.shape(&entries).rank()).collect();
        let sum = self.summed(&entries, &all, false);
        Ok(match outer {
            None => sum,
            Some(outer) => self.apply_one(outer, &sum),
        })
    }

    /// The sum over positional axes.
    pub(crate) fn summed(&mut self, value: &Value, axes: &[usize], keepdims: bool) -> Value {
        if axes.is_empty() {
            return Value {
                row: false,
                ..value.clone()
            };
        }
        let named = value.named.len();
        let axes: Vec<usize> = axes.iter().map(|axis| axis + named).collect();
        let node = self.sum_axes(value, &axes, keepdims);
        Value {
            node,
            named: value.named.clone(),
            row: false,
        }
    }

    /// The sum over axes, named ones counted.
    pub(crate) fn sum_axes(
        &mut self,
        value: &Value,
        axes: &[usize],
        keepdims: bool,
    ) -> derive_graph::NodeId {
        let shape = self.network.graph.shape(value.node).clone();
        let einsum = operator::sum(shape.rank(), axes, keepdims);
        let kept = |(axis, dim): (usize, Dim)| match (axes.contains(&axis), keepdims) {
            (false, _) => Some(dim),
            (true, true) => Some(Dim::Size(1)),
            (true, false) => None,
        };
        let result = Shape(shape.0.into_iter().enumerate().filter_map(kept).collect());
        self.add(Operation::Einsum(einsum), vec![value.node], result)
    }

    pub(crate) fn reduction(&mut self, call: &Call) -> Outcome<Reduction> {
        let arguments = self.arguments(call, 1..=2, &["axis", "keepdims"])?;
        let value = self.elaborate_expr(arguments.positional[0])?;
        let axis = arguments
            .positional
            .get(1)
            .copied()
            .or(arguments.named("axis"));
        let axes = match axis {
            None => (0..self.shape(&value).rank()).collect(),
            Some(axis) => self.axes(axis, arguments.positional[0], &value)?,
        };
        let keepdims = match arguments.named("keepdims") {
            None => false,
            Some(flag) => self.flag(flag)?,
        };
        Ok(Reduction {
            value,
            axes,
            keepdims,
        })
    }

    /// One axis, or a list of several, in the order of the array.
    fn axes(&mut self, axes: &Expr, array: &Expr, value: &Value) -> Outcome<Vec<usize>> {
        let ExprKind::List(items) = &axes.kind else {
            return Ok(vec![self.axis(axes, array, value)?]);
        };
        let mut found = Vec::new();
        for item in items {
            let axis = self.axis(item, array, value)?;
            if found.contains(&axis) {
                let message = format!("the axis {axis} is named twice");
                let problem = Diagnostic::error("E0305", message, item.span, "again");
                return self.fail(problem.help("name every axis once"));
            }
            found.push(axis);
        }
        found.sort_unstable();
        Ok(found)
    }

    /// An axis counted from the front, or from the back if negative.
    pub(crate) fn axis(&mut self, axis: &Expr, array: &Expr, value: &Value) -> Outcome<usize> {
        let shape = self.shape(value);
        let rank = i64::try_from(shape.rank()).unwrap_or(i64::MAX);
        let Some(number) = whole(axis) else {
            let message = "an axis is a whole number";
            return self.fail(Diagnostic::error(
                "E0211",
                message,
                axis.span,
                "not a whole number",
            ));
        };
        let counted = if number < 0 { number + rank } else { number };
        match usize::try_from(counted) {
            Ok(counted) if counted < shape.rank() => Ok(counted),
            _ => {
                let message = format!("an array of shape {shape} has no axis {number}");
                let problem = Diagnostic::error("E0305", message, axis.span, "no such axis")
                    .label(array.span, shape.to_string());
                self.fail(match rank {
                    0 => problem.help("a scalar has no axes"),
                    _ => problem.help(format!("its axes are 0 to {}", rank - 1)),
                })
            }
        }
    }

    /// `true` or `false`
    pub(crate) fn flag(&mut self, expr: &Expr) -> Outcome<bool> {
        match &expr.kind {
            ExprKind::Name(name) if name.text.eq_ignore_ascii_case("true") => Ok(true),
            ExprKind::Name(name) if name.text.eq_ignore_ascii_case("false") => Ok(false),
            _ => {
                let message = "this argument is `true` or `false`";
                self.fail(Diagnostic::error("E0211", message, expr.span, "neither"))
            }
        }
    }

    /// `softmax(A, axis=-1)`
    pub(crate) fn call_softmax(&mut self, call: &Call, log: bool) -> Outcome<Value> {
        let arguments = self.arguments(call, 1..=2, &["axis"])?;
        let array = arguments.positional[0];
        let value = self.elaborate_expr(array)?;
        let shape = self.shape(&value);
        let axis = match arguments
            .positional
            .get(1)
            .copied()
            .or(arguments.named("axis"))
        {
            Some(axis) => self.axis(axis, array, &value)?,
            None if shape.is_scalar() => {
                let message = format!("`{}` needs an axis to sum along", call.function.text);
                let problem = Diagnostic::error("E0305", message, array.span, "a scalar");
                return self.fail(problem);
            }
            None => shape.rank() - 1,
        };
        let axis = axis + value.named.len();
        let whole = self.network.graph.shape(value.node).clone();
        let node = self.add(Operation::Softmax { axis, log }, vec![value.node], whole);
        Ok(Value {
            node,
            named: value.named,
            row: false,
        })
    }

    /// `ones(m, n)`, `zeros(m, n)`
    pub(crate) fn call_filled(&mut self, call: &Call, entry: i64) -> Outcome<Value> {
        let arguments = self.arguments(call, 0..=derive_graph::shape::MAX_RANK, &[])?;
        let mut dims = Vec::new();
        for argument in arguments.positional {
            dims.push(self.written_dim(argument)?);
        }
        let number = self.number(BigRational::from_integer(entry.into()));
        let node = self.expand(&number, &[], &Shape(dims));
        Ok(Value::of(node))
    }

    /// A dimension as an argument: its name or a size.
    fn written_dim(&mut self, expr: &Expr) -> Outcome<Dim> {
        if let ExprKind::Name(name) = &expr.kind {
            let text = self.plain(name)?;
            if self.scope.dims.contains_key(text) {
                return Ok(Dim::Named(derive_graph::Name::new(text)));
            }
        }
        let size = whole(expr).and_then(|size| u64::try_from(size).ok());
        if let Some(size) = size.filter(|size| *size > 0) {
            return Ok(Dim::Size(size));
        }
        let message = "a shape is made of dimensions that are known and of sizes from 1 on";
        self.fail(Diagnostic::error(
            "E0201",
            message,
            expr.span,
            "not a dimension",
        ))
    }
}
