//! Diagnostics of shapes that do not fit: both operands with their shapes, where each dimension came from, and the form that
//! would conform, if there is one.

use crate::context::{Elaborator, Outcome, Poisoned};
use crate::expression::Operand;
use crate::make;
use crate::value::{Clash, Value};
use crate::walk::each_name;
use derive_graph::{Dim, Name, Shape};
use derive_syntax::ast::{BinaryOperator, Call, Expr, Span};
use derive_syntax::diagnostic::{Diagnostic, Severity};
use derive_syntax::format::format_expr;
use derive_syntax::operators::operator_row;
use rustc_hash::FxHashSet;

/// How many symbols are asked at most for the origin of a dimension.
const MAX_ORIGINS: usize = 200;
/// The longest operand that a message repeats in full.
const MAX_QUOTED: usize = 60;

/// The expression as written, shortened if it is long.
pub(crate) fn quoted(expr: &Expr) -> String {
    let text = format_expr(expr);
    if text.chars().count() <= MAX_QUOTED {
        return text;
    }
    let start: String = text.chars().take(MAX_QUOTED).collect();
    format!("{start}…")
}

impl Elaborator<'_> {
    /// Labels an operand with its shape.
    pub(crate) fn label_operand(&self, problem: Diagnostic, operand: Operand) -> Diagnostic {
        let shape = self.described(operand.value);
        let text = format!("`{}`: {shape}", quoted(operand.expr));
        problem.label(operand.expr.span, text)
    }

    /// The shape of a value, in words where it is a row.
    fn described(&self, value: &Value) -> String {
        let shape = self.shape(value);
        match value.row {
            true => format!("a row of {}", shape.0[0]),
            false => shape.to_string(),
        }
    }

    /// Says where a dimension of an operand came from.
    pub(crate) fn label_origin(
        &self,
        problem: Diagnostic,
        operand: Operand,
        dim: &Dim,
    ) -> Diagnostic {
        let Some((text, place)) = self.origin(operand.expr, dim) else {
            return problem;
        };
        if problem
            .labels
            .iter()
            .any(|label| label.span == place && label.text == text)
        {
            return problem;
        }
        problem.label(place, text)
    }

    /// The declaration from which a dimension reached an expression.
    fn origin(&self, expr: &Expr, dim: &Dim) -> Option<(String, Span)> {
        let mut queue: Vec<String> = Vec::new();
        each_name(expr, &mut |name| {
            queue.push(self.scope.resolve(&name.text).to_owned());
        });
        let mut seen: FxHashSet<String> = FxHashSet::default();
        let mut next = 0;
        while next < queue.len().min(MAX_ORIGINS) {
            let text = queue[next].clone();
            next += 1;
            let Some(known) = self
                .scope
                .symbols
                .get(&text)
                .filter(|_| seen.insert(text.clone()))
            else {
                continue;
            };
            let symbol = &self.network.symbols[known.symbol];
            match symbol.definition {
                Some(definition) => {
                    let mentioned = self.network.graph.mentioned(definition);
                    queue.extend(mentioned.iter().map(|name| name.as_str().to_owned()));
                }
                None if symbol.shape.0.contains(dim) => {
                    let what = match &symbol.layer {
                        Some(_) => format!("`{dim}` comes from `{text}`, which this layer makes"),
                        None => format!("`{dim}` comes from the declaration of `{text}`"),
                    };
                    return Some((what, known.place));
                }
                None => {}
            }
        }
        let Dim::Named(name) = dim else {
            return None;
        };
        let known = self.scope.dims.get(name.as_str())?;
        Some((format!("`{dim}` comes from {}", known.origin), known.place))
    }

    /// Whether this is a claim that a search tries, of which nobody will read what is wrong with it.
    pub(crate) fn is_only_tried(&self) -> bool {
        self.lenient && self.frame.claim
    }

    /// `A @ B` of shapes that do not fit.
    pub(crate) fn product_mismatch(
        &mut self,
        span: Span,
        left: Operand,
        right: Operand,
    ) -> Outcome<Value> {
        if self.is_only_tried() {
            return Err(Poisoned);
        }
        let (a, b) = (self.shape(left.value), self.shape(right.value));
        let inner = |shape: &Shape, from_right: usize| {
            let at = shape.rank().checked_sub(from_right)?;
            shape.0.get(at).cloned()
        };
        let (last, first) = (inner(&a, 1), inner(&b, b.rank().min(2)));
        let whole = make::binary(
            BinaryOperator::MatMul,
            left.expr.clone(),
            right.expr.clone(),
        );
        let mut message = format!(
            "`{}` does not fit: {} times {}",
            quoted(&whole),
            self.described(left.value),
            self.described(right.value)
        );
        if let (Some(last), Some(first)) = (&last, &first)
            && last != first
            && !right.value.row
        {
            message += &format!(", and `{last}` is not `{first}`");
        }
        let label = match right.value.row {
            true => "a row cannot stand on the right here",
            false => "the inner dimensions differ",
        };
        let mut problem = Diagnostic::error("E0301", message, span, label);
        problem = self.label_operand(problem, left);
        problem = self.label_operand(problem, right);
        for (operand, dim) in [(left, last), (right, first)] {
            if let Some(dim) = dim {
                problem = self.label_origin(problem, operand, &dim);
            }
        }
        if let Some(help) = self.product_help(left, right, &a, &b) {
            problem = problem.help(help);
        }
        self.fail(problem)
    }

    /// The forms of a product that conform, the nearest to what was written first.
    fn product_help(&self, left: Operand, right: Operand, a: &Shape, b: &Shape) -> Option<String> {
        let form = |operator, (x, x_turned): (&Expr, bool), (y, y_turned): (&Expr, bool)| {
            let turn = |expr: &Expr, turned: bool| match turned {
                true => make::transpose(expr.clone()),
                false => expr.clone(),
            };
            format_expr(&make::binary(
                operator,
                turn(x, x_turned),
                turn(y, y_turned),
            ))
        };
        let turned = |shape: &Shape, turn: bool| match turn {
            true => Shape(shape.0.iter().rev().cloned().collect()),
            false => shape.clone(),
        };
        let (x, y) = (left.expr, right.expr);
        if right.value.row {
            let plain = make::transpose(right.expr.clone());
            let column = format_expr(&make::binary(BinaryOperator::MatMul, x.clone(), plain));
            return self
                .conforms("@", &[a, b])
                .map(|_| format!("did you mean `{column}`?"));
        }
        if (a.rank(), b.rank()) == (1, 1) {
            let x = match left.value.row {
                true => &make::transpose(x.clone()),
                false => x,
            };
            let outer = form(BinaryOperator::MatMul, (x, false), (y, true));
            return Some(format!("did you mean the outer product `{outer}`?"));
        }
        let matmul = BinaryOperator::MatMul;
        let mut forms = Vec::new();
        let flips = [(true, false), (false, true), (false, false), (true, true)];
        let possible =
            |(flip_a, flip_b): &(bool, bool)| !(*flip_a && a.rank() < 2 || *flip_b && b.rank() < 2);
        // The order that was written comes first: exchanging the operands changes more than turning one.
        for swapped in [false, true] {
            for (flip_a, flip_b) in flips.into_iter().filter(possible) {
                let (p, q) = (turned(a, flip_a), turned(b, flip_b));
                let pair = if swapped { [&q, &p] } else { [&p, &q] };
                if self.conforms("@", &pair).is_none() {
                    continue;
                }
                forms.push(match swapped {
                    true => form(matmul, (y, flip_b), (x, flip_a)),
                    false => form(matmul, (x, flip_a), (y, flip_b)),
                });
            }
        }
        if a == b && !right.value.row {
            forms.push(form(BinaryOperator::Multiply, (x, false), (y, false)));
        }
        suggestion(&forms)
    }

    /// `A @ B` where one of the two is a scalar.
    pub(crate) fn scalar_product(
        &mut self,
        span: Span,
        left: Operand,
        right: Operand,
    ) -> Outcome<Value> {
        let scalar = if self.shape(left.value).is_scalar() {
            left
        } else {
            right
        };
        let message = format!(
            "`{}` is a scalar, and `@` multiplies matrices",
            quoted(scalar.expr)
        );
        let mut problem = Diagnostic::error("E0303", message, span, "a matrix product");
        problem = self.label_operand(problem, left);
        problem = self.label_operand(problem, right);
        let form = make::binary(
            BinaryOperator::Multiply,
            left.expr.clone(),
            right.expr.clone(),
        );
        let help = format!(
            "write `{}` for the product with a scalar",
            format_expr(&form)
        );
        self.fail(problem.help(help))
    }

    /// `A + B` and its like, where the shapes do not broadcast or an index runs over two dimensions.
    pub(crate) fn elementwise_mismatch(
        &mut self,
        operator: BinaryOperator,
        span: Span,
        operands: [Operand; 2],
        clash: Clash,
    ) -> Outcome<Value> {
        if self.is_only_tried() {
            return Err(Poisoned);
        }
        if let Clash::Index(index) = clash {
            return self.index_mismatch(&index, span, &operands);
        }
        let [left, right] = operands;
        let (a, b) = (self.shape(left.value), self.shape(right.value));
        let whole = make::binary(operator, left.expr.clone(), right.expr.clone());
        let message = format!(
            "`{}` does not fit: {a} and {b} do not broadcast",
            quoted(&whole)
        );
        let mut problem = Diagnostic::error("E0302", message, span, "entry by entry");
        problem = self.label_operand(problem, left);
        problem = self.label_operand(problem, right);
        if let Some((x, y)) = differing(&a, &b) {
            problem = self.label_origin(problem, left, &x);
            problem = self.label_origin(problem, right, &y);
        }
        if let Some(help) = self.elementwise_help(operator, left, right, &a, &b) {
            problem = problem.help(help);
        }
        self.fail(problem)
    }

    fn elementwise_help(
        &self,
        operator: BinaryOperator,
        left: Operand,
        right: Operand,
        a: &Shape,
        b: &Shape,
    ) -> Option<String> {
        let form = |operator, x: Expr, y: Expr| format_expr(&make::binary(operator, x, y));
        let turned = |shape: &Shape| Shape(shape.0.iter().rev().cloned().collect());
        let (x, y) = (left.expr.clone(), right.expr.clone());
        let (x_turned, y_turned) = (make::transpose(x.clone()), make::transpose(y.clone()));
        let mut forms = Vec::new();
        if a.rank() == 2 && turned(a).broadcast(b).is_some() {
            forms.push(form(operator, x_turned.clone(), y.clone()));
        }
        if b.rank() == 2 && a.broadcast(&turned(b)).is_some() {
            forms.push(form(operator, x.clone(), y_turned.clone()));
        }
        if operator == BinaryOperator::Multiply {
            let product = BinaryOperator::MatMul;
            let pairs = [
                (self.conforms("@", &[a, b]), (&x, &y)),
                (
                    self.conforms("@", &[&turned(a), b])
                        .filter(|_| a.rank() == 2),
                    (&x_turned, &y),
                ),
                (
                    self.conforms("@", &[a, &turned(b)])
                        .filter(|_| b.rank() == 2),
                    (&x, &y_turned),
                ),
            ];
            let conforming = pairs.into_iter().filter(|(shape, _)| shape.is_some());
            forms.extend(conforming.map(|(_, (x, y))| form(product, x.clone(), y.clone())));
        }
        self.column_help(operator, left, right, a, b)
            .or_else(|| suggestion(&forms))
    }

    /// A vector whose entries belong to the rows of a matrix must be declared as a column.
    fn column_help(
        &self,
        operator: BinaryOperator,
        left: Operand,
        right: Operand,
        a: &Shape,
        b: &Shape,
    ) -> Option<String> {
        let (vector, matrix, operand) = match (a.rank(), b.rank()) {
            (1, 2) => (a, b, left),
            (2, 1) => (b, a, right),
            _ => return None,
        };
        (vector.0[0] == matrix.0[0]).then(|| {
            format!(
                "`{}` lines up the last axes; for one entry a row, `{}` must be [{}, 1]",
                operator_row(operator).spelling(),
                quoted(operand.expr),
                vector.0[0]
            )
        })
    }

    /// Arguments of an elementwise function that do not go together.
    pub(crate) fn call_mismatch(
        &mut self,
        call: &Call,
        exprs: &[&Expr],
        values: &[Value],
        clash: Clash,
    ) -> Outcome<Value> {
        if self.is_only_tried() {
            return Err(Poisoned);
        }
        let operands: Vec<Operand> = exprs
            .iter()
            .zip(values)
            .map(|(expr, value)| Operand { expr, value })
            .collect();
        if let Clash::Index(index) = clash {
            return self.index_mismatch(&index, call.span, &operands);
        }
        let shapes: Vec<String> = values
            .iter()
            .map(|value| self.shape(value).to_string())
            .collect();
        let message = format!(
            "the arguments of `{}` do not broadcast: {}",
            call.function.text,
            shapes.join(" and ")
        );
        let mut problem = Diagnostic::error("E0302", message, call.function.span, "entry by entry");
        for operand in operands {
            problem = self.label_operand(problem, operand);
        }
        self.fail(problem)
    }

    /// An index that runs over two dimensions.
    fn index_mismatch<T>(&mut self, index: &str, span: Span, operands: &[Operand]) -> Outcome<T> {
        let ranges: Vec<(Operand, Dim)> = operands
            .iter()
            .filter_map(|operand| Some((*operand, self.index_dim(operand.value, index)?)))
            .collect();
        let dims: Vec<String> = ranges.iter().map(|(_, dim)| format!("`{dim}`")).collect();
        let message = format!("the index `{index}` runs over {}", dims.join(" and "));
        let mut problem = Diagnostic::error("E0308", message, span, "one index, two dimensions");
        for (operand, dim) in &ranges {
            problem = problem.label(
                operand.expr.span,
                format!("`{index}` runs over `{dim}` here"),
            );
        }
        for (operand, dim) in &ranges {
            problem = self.label_origin(problem, *operand, dim);
        }
        self.fail(problem)
    }

    /// Where a symbol is defined.
    pub(crate) fn place_of(&self, name: &Name) -> Option<Span> {
        self.scope
            .symbols
            .get(name.as_str())
            .map(|known| known.place)
    }
}

fn suggestion(forms: &[String]) -> Option<String> {
    let mut seen: Vec<&String> = Vec::new();
    for form in forms {
        if !seen.contains(&form) {
            seen.push(form);
        }
    }
    let listed: Vec<String> = seen
        .iter()
        .take(3)
        .map(|form| format!("`{form}`"))
        .collect();
    (!listed.is_empty()).then(|| format!("did you mean {}?", listed.join(" or ")))
}

/// The last pair of dimensions that neither match nor stretch.
fn differing(a: &Shape, b: &Shape) -> Option<(Dim, Dim)> {
    let pairs = a.0.iter().rev().zip(b.0.iter().rev());
    let clashing = |(x, y): &(&Dim, &Dim)| x != y && !x.is_unit() && !y.is_unit();
    pairs
        .into_iter()
        .find(clashing)
        .map(|(x, y)| (x.clone(), y.clone()))
}

/// Whether a diagnostic is about shapes alone: what makes a claim false instead of the spec wrong.
pub(crate) fn is_about_shapes(problem: &Diagnostic) -> bool {
    problem.severity == Severity::Error && problem.code.starts_with("E03")
}
