//! Calls: reductions, constructors, elementwise functions, the user's functions, `grad`.

use crate::shapes::{Operand, Sign};
use crate::state::{Elaboration, Failed, State, Value};
use derive_graph::function::FunctionRow;
use derive_graph::{Dim, Function, Name, Operation, Shape, operator};
use derive_syntax::ast::{Call, Expr, ExprKind, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

/// A row of the table of calls that are not elementwise.
struct CallRow {
    name: &'static str,
    apply: fn(&mut State, &Call) -> Elaboration,
}

/// Every call that is not an elementwise function.
#[rustfmt::skip]
static CALLS: &[CallRow] = &[
    CallRow { name: "sum", apply: |state, call| state.reduce(call, false) },
    CallRow { name: "mean", apply: |state, call| state.reduce(call, true) },
    CallRow { name: "norm2", apply: |state, call| state.norm(call, "square", true) },
    CallRow { name: "norm1", apply: |state, call| state.norm(call, "abs", false) },
    CallRow { name: "tr", apply: |state, call| state.by_labels(call, "tr", 1) },
    CallRow { name: "outer", apply: |state, call| state.by_labels(call, "outer", 2) },
    CallRow { name: "dot", apply: |state, call| state.by_labels(call, "dot", 2) },
    CallRow { name: "ones", apply: |state, call| state.filled(call, BigRational::one()) },
    CallRow { name: "zeros", apply: |state, call| state.filled(call, BigRational::zero()) },
    CallRow { name: "softmax", apply: |state, call| state.softmax(call, false) },
    CallRow { name: "log_softmax", apply: |state, call| state.softmax(call, true) },
    CallRow { name: "grad", apply: State::gradient },
];

/// Calls of the language that this version cannot derive; they are errors that name the operator.
const LATER: &[&str] = &[
    "det", "logdet", "inv", "diag", "eye", "kron", "logsumexp", "concat", "reshape", "flatten", "conv1d", "conv2d",
    "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d", "circ_conv", "dft", "idft",
];

/// Whether a name belongs to the language.
pub(crate) fn is_reserved(name: &str) -> bool {
    CALLS.iter().any(|row| row.name == name) || LATER.contains(&name) || crate::losses::loss_row(name).is_some()
}

impl State {
    pub fn call(&mut self, call: &Call) -> Elaboration {
        let name = call.function.text.as_str();
        if let Some(row) = CALLS.iter().find(|row| row.name == name) {
            return (row.apply)(self, call);
        }
        if let Some(row) = crate::losses::loss_row(name) {
            return self.loss_call(row, call);
        }
        if self.functions.contains(name) {
            return self.user_function(call);
        }
        if let Some(template) = self.templates.get(name).cloned() {
            return self.expand_template(&template, call);
        }
        if let Some(row) = derive_graph::function::row(name).filter(|row| !row.internal) {
            return self.table_function(row, call);
        }
        if LATER.contains(&name) {
            return Err(self.unsupported(&format!("`{name}`"), call.function.span));
        }
        Err(self.unknown_function(name, call.function.span))
    }

    fn unknown_function(&mut self, name: &str, span: Span) -> Failed {
        if self.poisoned.contains(name) {
            return Failed;
        }
        let table = derive_graph::function_table::FUNCTIONS.iter().filter(|row| !row.internal).map(|row| row.name);
        let mut candidates: Vec<&str> = table.chain(CALLS.iter().map(|row| row.name)).collect();
        candidates.extend(self.functions.iter().chain(self.templates.keys()).map(String::as_str));
        candidates.sort_unstable();
        let help = match derive_syntax::similar::closest(name, candidates) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("declare it: `function {name}` for an unspecified function"),
        };
        let message = format!("unknown function `{name}`");
        self.error(Diagnostic::error("E0201", message, span, "not defined").help(help))
    }

    pub fn wrong_arguments(&mut self, call: &Call, needs: &str) -> Failed {
        let message = format!("`{}` takes {needs}", call.function.text);
        self.error(Diagnostic::error("E0405", message, call.span, "these arguments do not fit"))
    }

    /// The positional arguments, elaborated; an error if their number is wrong or a keyword is unknown.
    fn operands(&mut self, call: &Call, count: usize, keywords: &[&str]) -> Result<Vec<Operand>, Failed> {
        let unknown = call.arguments.iter().filter_map(|argument| argument.name.as_ref());
        if let Some(name) = unknown.into_iter().find(|name| !keywords.contains(&name.text.as_str())) {
            let message = format!("`{}` has no argument named `{}`", call.function.text, name.text);
            return Err(self.error(Diagnostic::error("E0405", message, name.span, "unknown argument")));
        }
        let given: Vec<&Expr> = call.arguments.iter().filter(|argument| argument.name.is_none()).map(|argument| &argument.value).collect();
        if given.len() != count {
            let needs = if count == 1 { "one array".to_owned() } else { format!("{count} arrays") };
            return Err(self.wrong_arguments(call, &needs));
        }
        let values: Vec<_> = given.iter().map(|&expr| self.expression(expr).map(|value| Operand::new(value, expr, expr.span))).collect();
        values.into_iter().collect()
    }

    fn keyword<'a>(&self, call: &'a Call, name: &str) -> Option<&'a Expr> {
        let named = |argument: &&derive_syntax::ast::Argument| argument.name.as_ref().is_some_and(|known| known.text == name);
        call.arguments.iter().find(named).map(|argument| &argument.value)
    }

    /// The axis of `axis=-1`; `None` if it is not given.
    fn axis(&mut self, call: &Call, rank: usize) -> Result<Option<usize>, Failed> {
        let Some(expr) = self.keyword(call, "axis") else { return Ok(None) };
        let (sign, inner) = match &expr.kind {
            ExprKind::Negate(inner) => (-1, inner.as_ref()),
            _ => (1, expr),
        };
        let value = match &inner.kind {
            ExprKind::Number(value) if value.is_integer() => value.to_integer().to_i64().map(|value| sign * value),
            _ => None,
        };
        let count = i64::try_from(rank).unwrap_or(0);
        let axis = value.map(|value| if value < 0 { value + count } else { value });
        match axis.filter(|axis| (0..count).contains(axis)).and_then(|axis| usize::try_from(axis).ok()) {
            Some(axis) => Ok(Some(axis)),
            None => {
                let message = format!("there is no axis `{}`", format_expr(expr));
                let label = format!("the array has {rank} {}", if rank == 1 { "axis" } else { "axes" });
                Err(self.error(Diagnostic::error("E0303", message, expr.span, label)))
            }
        }
    }

    fn reduce(&mut self, call: &Call, mean: bool) -> Elaboration {
        let [operand] = exactly_one(self.operands(call, 1, &["axis", "keepdims"])?);
        let rank = self.rank(&operand);
        let axis = self.axis(call, rank)?;
        let keepdims = match self.keyword(call, "keepdims").map(|expr| &expr.kind) {
            None => false,
            Some(ExprKind::Name(name)) if name.text == "true" || name.text == "false" => name.text == "true",
            Some(_) => return Err(self.wrong_arguments(call, "`keepdims=true` or `keepdims=false`")),
        };
        let axes = axis.map_or_else(|| (0..rank).collect::<Vec<_>>(), |axis| vec![axis]);
        let dims = self.positional(&operand).0;
        let einsum = operator::sum(rank, &axes, keepdims);
        let sum = if axes.is_empty() { operand.value } else { self.apply_einsum(einsum, &[&operand])? };
        if !mean {
            return Ok(sum);
        }
        let counted: Vec<Dim> = axes.iter().map(|&axis| dims[axis].clone()).collect();
        self.divided_by_dims(sum, &counted)
    }

    /// value · 1/(product of dimensions)
    pub fn divided_by_dims(&mut self, value: Value, dims: &[Dim]) -> Elaboration {
        let mut factor = self.number(BigRational::one());
        for dim in dims {
            let size = match dim {
                Dim::Named(name) => Value {
                    node: self.add(Operation::Dimension(name.clone()), Vec::new(), Shape::scalar()),
                    names: Vec::new(),
                    row: false,
                },
                Dim::Size(size) => self.number(BigRational::from_integer((*size).into())),
            };
            let node = match (self.as_number(factor.node), self.as_number(size.node)) {
                (Some(a), Some(b)) => self.number(a / b).node,
                _ => self.elementwise("divide", vec![factor.node, size.node], Shape::scalar()),
            };
            factor = Value { node, ..factor };
        }
        self.scaled(factor, value)
    }

    /// factor · value, the factor being a scalar.
    pub fn scaled(&mut self, factor: Value, value: Value) -> Elaboration {
        let placeholder = Expr { kind: ExprKind::Number(BigRational::one()), span: Span::default() };
        let a = Operand::new(factor, &placeholder, placeholder.span);
        let b = Operand::new(value, &placeholder, placeholder.span);
        let (nodes, names, shape) = self.align(&[&a, &b], Sign::Function("scale"))?;
        Ok(Value { node: self.elementwise("multiply", nodes, shape), names, row: false })
    }

    fn norm(&mut self, call: &Call, inner: &str, root: bool) -> Elaboration {
        let [operand] = exactly_one(self.operands(call, 1, &[])?);
        let shape = self.shape(&operand.value);
        let rank = self.rank(&operand);
        let node = self.elementwise(inner, vec![operand.value.node], shape);
        let inner = Operand { value: Value { node, ..operand.value }, ..operand };
        let axes: Vec<usize> = (0..rank).collect();
        let sum = self.apply_einsum(operator::sum(rank, &axes, false), &[&inner])?;
        let shape = self.shape(&sum);
        Ok(if root { Value { node: self.elementwise("sqrt", vec![sum.node], shape), ..sum } } else { sum })
    }

    fn by_labels(&mut self, call: &Call, name: &'static str, count: usize) -> Elaboration {
        let operands = self.operands(call, count, &[])?;
        self.multilinear(name, &operands.iter().collect::<Vec<_>>())
    }

    fn filled(&mut self, call: &Call, value: BigRational) -> Elaboration {
        let mut dims = Vec::new();
        for argument in &call.arguments {
            dims.push(match &argument.value.kind {
                ExprKind::Name(name) if self.dims.contains_key(&name.text) => Dim::Named(Name::new(&name.text)),
                ExprKind::Number(size) if size.is_integer() && *size >= BigRational::one() => {
                    Dim::Size(size.to_integer().to_u64().unwrap_or(u64::MAX))
                }
                _ => return Err(self.wrong_arguments(call, "dimensions")),
            });
        }
        if dims.is_empty() || dims.len() > derive_graph::shape::MAX_RANK {
            return Err(self.wrong_arguments(call, "one to four dimensions"));
        }
        let shape = Shape(dims);
        let number = self.number(value);
        let einsum = operator::broadcast(&Shape::scalar(), &shape);
        Ok(Value { node: self.add(Operation::Einsum(einsum), vec![number.node], shape), ..number })
    }

    fn softmax(&mut self, call: &Call, log: bool) -> Elaboration {
        let [operand] = exactly_one(self.operands(call, 1, &["axis"])?);
        let rank = self.rank(&operand);
        if rank == 0 || !operand.value.names.is_empty() {
            return Err(self.wrong_arguments(call, "an array with at least one axis"));
        }
        let axis = self.axis(call, rank)?.unwrap_or(rank - 1);
        let shape = self.shape(&operand.value);
        Ok(Value { node: self.add(Operation::Softmax { axis, log }, vec![operand.value.node], shape), ..operand.value })
    }

    fn gradient(&mut self, call: &Call) -> Elaboration {
        if !self.in_claim {
            let message = "`grad` may stand in a claim only";
            return Err(self.error(Diagnostic::error("E0406", message, call.span, "not in a claim")));
        }
        let name = match call.arguments.as_slice() {
            [argument] => match &argument.value.kind {
                ExprKind::Name(name) => name.clone(),
                _ => return Err(self.wrong_arguments(call, "the name of an array")),
            },
            _ => return Err(self.wrong_arguments(call, "the name of an array")),
        };
        let Some(symbol) = self.symbol(&name.text) else { return Err(self.unknown(&name.text, name.span)) };
        let (cotangent, shape) = (symbol.name.cotangent(), symbol.shape.clone());
        Ok(Value { node: self.add(Operation::Symbol(cotangent), Vec::new(), shape), names: Vec::new(), row: false })
    }

    fn table_function(&mut self, row: &'static FunctionRow, call: &Call) -> Elaboration {
        let least = row.arity - row.defaults.len();
        let given = call.arguments.len();
        if given == 1 && row.arity == 2 && least == 2 {
            return Err(self.unsupported(&format!("`{}` as a reduction", row.name), call.function.span));
        }
        if given < least || given > row.arity || (call.primes > 0 && row.arity > 1 && given > 1) {
            let needs = if least == row.arity { format!("{least}") } else { format!("{least} to {}", row.arity) };
            return Err(self.wrong_arguments(call, &format!("{needs} argument{}", if row.arity == 1 { "" } else { "s" })));
        }
        let mut operands = self.operands(call, given, &[])?;
        for default in &row.defaults[given - least..] {
            let Ok(expr) = derive_syntax::parse_expression(default) else { continue };
            let value = self.expression(&expr)?;
            operands.push(Operand::new(value, &expr, call.span));
        }
        let (nodes, names, shape) = self.align(&operands.iter().collect::<Vec<_>>(), Sign::Function(row.name))?;
        let function = Function { name: Name::new(row.name), primes: call.primes };
        Ok(Value { node: self.add(Operation::Elementwise(function), nodes, shape), names, row: false })
    }

    fn user_function(&mut self, call: &Call) -> Elaboration {
        let [operand] = exactly_one(self.operands(call, 1, &[])?);
        let function = Function { name: Name::new(&call.function.text), primes: call.primes };
        let shape = self.shape(&operand.value);
        Ok(Value { node: self.add(Operation::Elementwise(function), vec![operand.value.node], shape), ..operand.value })
    }

    /// A function of several arguments is its expression with the arguments put in.
    fn expand_template(&mut self, template: &derive_syntax::ast::FunctionDeclaration, call: &Call) -> Elaboration {
        let Some(body) = &template.body else { return Err(self.unsupported("an unspecified function of several arguments", call.span)) };
        if call.primes > 0 {
            return Err(self.unsupported("the derivative of a function of several arguments", call.span));
        }
        let operands = self.operands(call, template.parameters.len(), &[])?;
        let arguments = template.parameters.iter().zip(operands).map(|(name, operand)| (name.text.clone(), operand.value)).collect();
        let saved = std::mem::replace(&mut self.arguments, arguments);
        let value = self.expression(body);
        self.arguments = saved;
        value
    }
}

fn exactly_one(operands: Vec<Operand>) -> [Operand; 1] {
    operands.try_into().unwrap_or_else(|_| unreachable!("the count was checked"))
}
