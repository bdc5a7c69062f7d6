//! Array expressions as text in a target's spelling.
//!
//! In: a node of the arena. Out: an expression with as few brackets as the reader needs. Nodes that already have a variable are
//! that variable.

use crate::code::{Arena, Id, Op, Reduction};
use crate::names::{Meaning, Names};
use crate::target::Target;
use crate::translate::Unsupported;
use derive_graph::{Atom, Dim, Polynomial};
use derive_index::Rational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{BTreeSet, HashMap};

/// How tightly an expression holds together; the looser needs brackets inside the tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Between commas.
    Loose,
    /// Terms of a sum.
    Sum,
    /// Factors of a product, `@` among them.
    Product,
    /// What a minus stands before.
    Minus,
    /// Bases and exponents.
    Power,
    /// Names, calls, numbers.
    Atom,
}

/// An expression and how tightly it holds together.
type Text = (String, Level);

/// Writes expressions, and remembers what they used.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The nodes.
    pub arena: &'a Arena,
    /// The language.
    pub target: &'static Target,
    /// The variables.
    pub names: &'a mut Names,
    /// Nodes with a variable of their own.
    pub variables: HashMap<Id, String>,
    /// Dimensions whose sizes were written.
    pub sizes: BTreeSet<derive_graph::Name>,
}

impl Writer<'_> {
    /// The expression of a node, in brackets if it is looser than `level`.
    ///
    /// # Errors
    /// An operation or function that the target cannot spell.
    pub fn expression(&mut self, id: Id, level: Level) -> Result<String, Unsupported> {
        let text = match self.variables.get(&id) {
            Some(variable) => (variable.clone(), Level::Atom),
            None => self.afresh(id)?,
        };
        Ok(bracketed(text, level))
    }

    fn afresh(&mut self, id: Id) -> Result<Text, Unsupported> {
        let node = self.arena.node(id).clone();
        let arguments = &node.arguments;
        match &node.op {
            Op::Number(value) => Ok(number(value)),
            Op::Size(polynomial) => Ok(self.polynomial(polynomial)),
            Op::Name(name) => Ok((name.clone(), Level::Atom)),
            Op::Sum => self.sum(arguments),
            Op::Product => self.product(arguments),
            Op::Power(exponent) => self.power(arguments[0], exponent),
            Op::Apply(function) => match (function.primes, function.row().is_some()) {
                (0, true) => self.spelled(function.name.as_str(), arguments, &[]),
                (0, false) if self.target.spelling(function.name.as_str()).is_some() => {
                    self.spelled(function.name.as_str(), arguments, &[])
                }
                (primes, _) => self.call(&function.name.clone(), primes, arguments),
            },
            Op::Xlogy => self.spelled("xlogy", arguments, &[]),
            Op::MatMul => self.matmul(arguments),
            Op::View(axes) => self.view(arguments[0], axes),
            Op::Broadcast => self.broadcast(arguments[0], &node.dims),
            Op::Reduce { kind, axes, keep } => self.reduce(*kind, arguments[0], axes, *keep),
            Op::Einsum(labels) => {
                let written = self.list(arguments)?;
                let optimize = if arguments.len() > 1 {
                    ", optimize=True"
                } else {
                    ""
                };
                self.filled(
                    "einsum",
                    &[
                        (format!("{written}{optimize}"), Level::Loose),
                        (labels.clone(), Level::Loose),
                    ],
                )
            }
            Op::Identity => {
                let size = self.dim(&node.dims[0]);
                self.filled("identity", &[(String::new(), Level::Loose), size])
            }
            Op::Reshape => {
                let shape = self.shape(&node.dims);
                self.spelled("reshape", arguments, &[shape])
            }
            Op::Concat(axis) => {
                let written = self.list(arguments)?;
                let written = if arguments.len() == 1 {
                    format!("{written},")
                } else {
                    written
                };
                self.filled(
                    "concat",
                    &[(written, Level::Loose), (axis.to_string(), Level::Atom)],
                )
            }
            Op::Diagonal => self.spelled("diagonal", arguments, &[]),
            Op::DiagonalMatrix => self.spelled("diagonal matrix", arguments, &[]),
            Op::Softmax { axis, log } => {
                let name = if *log { "log_softmax" } else { "softmax" };
                self.spelled(name, arguments, &[axis.to_string()])
            }
            Op::MatrixFunction(name) => self.spelled(name, arguments, &[]),
            Op::Gather(gather) => crate::places::gather(self, arguments[0], gather, &node.dims),
        }
    }

    /// A template with these arguments and further texts.
    pub(crate) fn spelled(
        &mut self,
        name: &str,
        arguments: &[Id],
        more: &[String],
    ) -> Result<Text, Unsupported> {
        let mut texts = Vec::with_capacity(arguments.len() + more.len());
        for &argument in arguments {
            texts.push(match self.variables.get(&argument) {
                Some(variable) => (variable.clone(), Level::Atom),
                None => self.afresh(argument)?,
            });
        }
        texts.extend(more.iter().map(|text| (text.clone(), Level::Loose)));
        self.filled(name, &texts)
    }

    fn filled(&self, name: &str, arguments: &[Text]) -> Result<Text, Unsupported> {
        let template = self.target.spelling(name);
        let template = template.ok_or_else(|| {
            Unsupported::new(format!(
                "`{name}`, which {} does not spell",
                self.target.name
            ))
        })?;
        let mut text = template.replace("{np}", self.target.module);
        for (at, (argument, level)) in arguments.iter().enumerate() {
            let tight = bracketed((argument.clone(), *level), Level::Atom);
            text = text.replace(&format!("{{{at}!}}"), &tight);
            text = text.replace(&format!("{{{at}}}"), argument);
        }
        let level = match name {
            "power" => Level::Power,
            "matmul" => Level::Product,
            _ => Level::Atom,
        };
        Ok((text, level))
    }

    fn list(&mut self, ids: &[Id]) -> Result<String, Unsupported> {
        let texts = ids.iter().map(|&id| self.expression(id, Level::Loose));
        Ok(texts.collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// A function of the user's, or a derivative.
    fn call(
        &mut self,
        name: &derive_graph::Name,
        primes: u8,
        arguments: &[Id],
    ) -> Result<Text, Unsupported> {
        let meaning = match primes {
            0 => Meaning::Function(name.clone()),
            _ => Meaning::Prime(name.clone()),
        };
        let function = self.names.of(meaning);
        let written = self.list(arguments)?;
        Ok((format!("{function}({written})"), Level::Atom))
    }

    fn sum(&mut self, terms: &[Id]) -> Result<Text, Unsupported> {
        let rank = terms
            .iter()
            .map(|&term| self.arena.rank(term))
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for (at, &term) in terms.iter().enumerate() {
            let shown = self.shown(term, terms, rank);
            let own = self.variables.contains_key(&shown);
            let negative = !own && self.arena.is_negative(shown);
            let written = if negative {
                self.without_minus(shown)?
            } else {
                self.expression(shown, Level::Sum)?
            };
            text.push_str(match (at, negative) {
                (0, true) => "-",
                (0, false) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            });
            text.push_str(&written);
        }
        Ok((text, Level::Sum))
    }

    /// A term with a negative number in front, without its sign.
    fn without_minus(&mut self, id: Id) -> Result<String, Unsupported> {
        let node = self.arena.node(id).clone();
        match &node.op {
            Op::Number(value) => Ok(bracketed(number(&value.abs()), Level::Product)),
            _ => {
                let (text, level) = self.factors(&node.arguments, true)?;
                Ok(bracketed((text, level), Level::Product))
            }
        }
    }

    fn product(&mut self, factors: &[Id]) -> Result<Text, Unsupported> {
        if let [a, b] = factors
            && let Some(outer) = self.outer(*a, *b)?
        {
            return Ok(outer);
        }
        let negative = factors
            .first()
            .and_then(|&first| self.arena.as_number(first))
            .is_some_and(Rational::is_negative);
        let (text, level) = self.factors(factors, true)?;
        if negative {
            return Ok((
                format!("-{}", bracketed((text, level), Level::Product)),
                Level::Minus,
            ));
        }
        Ok((text, level))
    }

    /// u vᵀ
    fn outer(&mut self, a: Id, b: Id) -> Result<Option<Text>, Unsupported> {
        let vector = |id: Id, wanted: &[Option<usize>]| {
            let node = self.arena.node(id);
            match &node.op {
                Op::View(axes) if axes == wanted && !self.variables.contains_key(&id) => {
                    Some(node.arguments[0])
                }
                _ => None,
            }
        };
        let (column, row) = ([Some(0), None], [None, Some(0)]);
        let pair = match (
            vector(a, &column),
            vector(b, &row),
            vector(a, &row),
            vector(b, &column),
        ) {
            (Some(u), Some(v), ..) | (_, _, Some(v), Some(u)) => [u, v],
            _ => return Ok(None),
        };
        self.spelled("outer", &pair, &[]).map(Some)
    }

    /// Factors as `s * A * B / C`, scalars gathered in front so that arrays are scaled once. The sign of the number is left out.
    fn factors(&mut self, factors: &[Id], unsigned: bool) -> Result<Text, Unsupported> {
        let rank = factors
            .iter()
            .map(|&factor| self.arena.rank(factor))
            .max()
            .unwrap_or(0);
        let mut parts = Parts::default();
        for &factor in factors {
            if let Some(value) = self.arena.as_number(factor) {
                let value = if unsigned { value.abs() } else { value.clone() };
                parts.number = value;
                continue;
            }
            let shown = self.shown(factor, factors, rank);
            let scalar = self.arena.rank(factor) == 0;
            let (below, base) = match self.reciprocal(shown) {
                Some(base) => (true, base),
                None => (false, None),
            };
            let written = match base {
                Some((base, exponent)) => {
                    let (text, level) = self.power(base, &exponent)?;
                    bracketed((text, level), Level::Minus)
                }
                None => self.expression(shown, Level::Minus)?,
            };
            parts.list(scalar, below).push(written);
        }
        Ok(parts.written())
    }

    /// The base and the positive exponent of a negative power that has no variable of its own.
    #[allow(
        clippy::type_complexity,
        reason = "a base with its exponent, if there is one"
    )]
    fn reciprocal(&self, id: Id) -> Option<Option<(Id, Rational)>> {
        if self.variables.contains_key(&id) {
            return None;
        }
        let node = self.arena.node(id);
        match &node.op {
            Op::Power(exponent) if exponent.is_negative() => {
                Some(Some((node.arguments[0], -exponent)))
            }
            _ => None,
        }
    }

    /// A leading axis of size 1 needs no mention where another operand has all axes: the target lines axes up at the last.
    fn shown(&self, id: Id, others: &[Id], rank: usize) -> Id {
        if self.variables.contains_key(&id) {
            return id;
        }
        let Some(below) = self.without_leading(id) else {
            return id;
        };
        let full = |other: &Id| {
            let hidden = match &self.arena.node(*other).op {
                Op::View(axes) => {
                    axes.first() == Some(&None) && !self.variables.contains_key(other)
                }
                _ => false,
            };
            self.arena.rank(*other) == rank && !hidden
        };
        if others.iter().any(full) { below } else { id }
    }

    /// What a view with nothing but new axes in front is a view of.
    fn without_leading(&self, id: Id) -> Option<Id> {
        let node = self.arena.node(id);
        let Op::View(axes) = &node.op else {
            return None;
        };
        let below = *node.arguments.first()?;
        let leading = axes.iter().take_while(|axis| axis.is_none()).count();
        let mut rest = axes[leading..].iter().enumerate();
        let whole = rest.all(|(at, axis)| *axis == Some(at))
            && axes.len() - leading == self.arena.rank(below);
        (leading > 0 && whole && !self.variables.contains_key(&id)).then_some(below)
    }

    fn power(&mut self, base: Id, exponent: &Rational) -> Result<Text, Unsupported> {
        if exponent.is_negative() {
            let (text, level) = self.power(base, &-exponent)?;
            return Ok((
                format!("1 / {}", bracketed((text, level), Level::Minus)),
                Level::Product,
            ));
        }
        if exponent.is_one() {
            return self
                .expression(base, Level::Minus)
                .map(|text| (text, Level::Minus));
        }
        if *exponent == Rational::new(1.into(), 2.into()) {
            return self.spelled("sqrt", &[base], &[]);
        }
        let base = self.expression(base, Level::Atom)?;
        let exponent = bracketed(number(exponent), Level::Power);
        Ok((format!("{base} ** {exponent}"), Level::Power))
    }

    fn matmul(&mut self, arguments: &[Id]) -> Result<Text, Unsupported> {
        // The left factor of a chain needs no brackets.
        let left = arguments[0];
        let chained = !self.variables.contains_key(&left) && self.arena.node(left).op == Op::MatMul;
        let level = if chained {
            Level::Product
        } else {
            Level::Minus
        };
        let left = self.expression(left, level)?;
        let right = self.expression(arguments[1], Level::Minus)?;
        Ok((format!("{left} @ {right}"), Level::Product))
    }

    fn view(&mut self, id: Id, axes: &[Option<usize>]) -> Result<Text, Unsupported> {
        let rank = self.arena.rank(id);
        let moved: Vec<usize> = axes.iter().copied().flatten().collect();
        let dropped: Vec<usize> = (0..rank).filter(|axis| !moved.contains(axis)).collect();
        let sorted = moved.windows(2).all(|pair| pair[0] < pair[1]);
        if rank == 0 {
            let shape = self.shape(&vec![Dim::Size(1); axes.len()]);
            return self.spelled("full", &[id], &[shape]);
        }
        if sorted {
            let base = self.expression(id, Level::Atom)?;
            let index = subscripts(axes, &dropped);
            return Ok((format!("{base}[{}]", index.join(", ")), Level::Atom));
        }
        // First every axis in its new order, the dropped ones last; then what is new or gone.
        let order: Vec<usize> = moved.iter().chain(&dropped).copied().collect();
        let turned = if order == [1, 0] {
            self.spelled("transpose", &[id], &[])?
        } else {
            let listed: Vec<String> = order.iter().map(ToString::to_string).collect();
            self.spelled("permute", &[id], &[format!("({})", listed.join(", "))])?
        };
        if moved.len() == axes.len() && dropped.is_empty() {
            return Ok(turned);
        }
        let mut next = 0..;
        let placed: Vec<Option<usize>> = axes
            .iter()
            .map(|axis| axis.and_then(|_| next.next()))
            .collect();
        let last: Vec<usize> = (moved.len()..rank).collect();
        let index = subscripts(&placed, &last);
        Ok((
            format!("{}[{}]", bracketed(turned, Level::Atom), index.join(", ")),
            Level::Atom,
        ))
    }

    fn broadcast(&mut self, id: Id, dims: &[Dim]) -> Result<Text, Unsupported> {
        let shape = self.shape(dims);
        if self.arena.rank(id) == 0 {
            let value = self.arena.as_number(id);
            return match value {
                Some(value) if value.is_zero() => self.spelled("zeros", &[id], &[shape]),
                Some(value) if value.is_one() => self.spelled("ones", &[id], &[shape]),
                _ => self.spelled("full", &[id], &[shape]),
            };
        }
        // The target lines axes up at the last by itself.
        let inner = self.without_leading(id).unwrap_or(id);
        if self.arena.rank(inner) == 0 {
            return self.broadcast(inner, dims);
        }
        self.spelled("broadcast", &[inner], &[shape])
    }

    fn reduce(
        &mut self,
        kind: Reduction,
        id: Id,
        axes: &[usize],
        keep: bool,
    ) -> Result<Text, Unsupported> {
        let all = axes.len() == self.arena.rank(id) && !keep;
        let name = match (kind, all, keep) {
            (Reduction::Sum, true, _) => "sum all",
            (Reduction::Sum, _, false) => "sum",
            (Reduction::Sum, _, true) => "sum keep",
            (Reduction::Max, true, _) => "max all",
            (Reduction::Max, _, false) => "max axis",
            (Reduction::Max, _, true) => "max keep",
            (Reduction::Min, true, _) => "min all",
            (Reduction::Min, _, false) => "min axis",
            (Reduction::Min, _, true) => "min keep",
            (Reduction::LogSumExp, _, false) => "logsumexp",
            (Reduction::LogSumExp, _, true) => "logsumexp keep",
        };
        let listed: Vec<String> = axes.iter().map(ToString::to_string).collect();
        let written = match listed.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        };
        self.spelled(name, &[id], &[written])
    }

    /// The size of an axis.
    pub(crate) fn dim(&mut self, dim: &Dim) -> Text {
        self.polynomial(&Polynomial::from(dim))
    }

    /// Sizes as a tuple.
    pub(crate) fn shape(&mut self, dims: &[Dim]) -> String {
        let sizes: Vec<String> = dims.iter().map(|dim| self.dim(dim).0).collect();
        match sizes.as_slice() {
            [one] => format!("({one},)"),
            sizes => format!("({})", sizes.join(", ")),
        }
    }

    /// A polynomial in sizes.
    pub(crate) fn polynomial(&mut self, polynomial: &Polynomial) -> Text {
        let sizes = &mut self.sizes;
        let names = &mut *self.names;
        let mut size = |name: &derive_graph::Name| {
            sizes.insert(name.clone());
            names.of(Meaning::Dimension(name.clone()))
        };
        polynomial_text(polynomial, &mut size)
    }
}

/// Numbers and texts of a product, by where they stand.
#[derive(Debug)]
struct Parts {
    number: Rational,
    scalars: Vec<String>,
    scalars_below: Vec<String>,
    arrays: Vec<String>,
    arrays_below: Vec<String>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            number: Rational::one(),
            scalars: Vec::new(),
            scalars_below: Vec::new(),
            arrays: Vec::new(),
            arrays_below: Vec::new(),
        }
    }
}

impl Parts {
    fn list(&mut self, scalar: bool, below: bool) -> &mut Vec<String> {
        match (scalar, below) {
            (true, false) => &mut self.scalars,
            (true, true) => &mut self.scalars_below,
            (false, false) => &mut self.arrays,
            (false, true) => &mut self.arrays_below,
        }
    }

    /// The scalars as one quotient, then the arrays.
    fn written(mut self) -> Text {
        let (top, bottom) = (self.number.numer().clone(), self.number.denom().clone());
        let decimal = decimal(&self.number);
        match decimal {
            Some(text) if text.contains('.') => self.scalars.insert(0, text),
            _ => {
                if !top.is_one() {
                    self.scalars.insert(0, top.to_string());
                }
                if !bottom.is_one() {
                    self.scalars_below.insert(0, bottom.to_string());
                }
            }
        }
        // A lone division is done at the end; several scalars first, so that the array is scaled once.
        if self.scalars.is_empty() && !self.arrays.is_empty() {
            self.arrays_below.append(&mut self.scalars_below);
        }
        let scalar = match (self.scalars.is_empty(), self.scalars_below.is_empty()) {
            (true, true) => None,
            _ => Some(quotient(&self.scalars, &self.scalars_below)),
        };
        if self.arrays.is_empty() && self.arrays_below.is_empty() {
            let (text, single) = scalar.unwrap_or(("1".to_owned(), true));
            return (text, if single { Level::Minus } else { Level::Product });
        }
        if let Some((text, _)) = scalar {
            let text = if self.scalars_below.is_empty() {
                text
            } else {
                format!("({text})")
            };
            self.arrays.insert(0, text);
        }
        let (text, single) = quotient(&self.arrays, &self.arrays_below);
        (text, if single { Level::Minus } else { Level::Product })
    }
}

/// `a * b / (c * d)`, and whether it is a single factor.
fn quotient(above: &[String], below: &[String]) -> (String, bool) {
    let top = if above.is_empty() {
        "1".to_owned()
    } else {
        above.join(" * ")
    };
    let text = match below {
        [] => top,
        [one] => format!("{top} / {one}"),
        several => format!("{top} / ({})", several.join(" * ")),
    };
    (text, above.len() <= 1 && below.is_empty())
}

/// Brackets where an expression is looser than needed.
pub(crate) fn bracketed((text, own): Text, needed: Level) -> String {
    if own < needed {
        format!("({text})")
    } else {
        text
    }
}

/// An exact number: whole, decimal where that is exact and short, a quotient otherwise.
pub(crate) fn number(value: &Rational) -> Text {
    let level = if value.is_negative() {
        Level::Minus
    } else {
        Level::Atom
    };
    match decimal(value) {
        Some(text) => (text, level),
        None => (
            format!("{} / {}", value.numer(), value.denom()),
            Level::Product,
        ),
    }
}

/// Exact decimal digits, if there are few.
fn decimal(value: &Rational) -> Option<String> {
    if value.is_integer() {
        return Some(value.to_integer().to_string());
    }
    let float = value.to_f64()?;
    let text = format!("{float:?}");
    let exact = (0..=9u32)
        .any(|digits| (value * Rational::from_integer(10i64.pow(digits).into())).is_integer());
    (exact && text.len() <= 12).then_some(text)
}

/// `[:, None, 0]`: an index for every axis of the source, and one for every new axis.
fn subscripts(axes: &[Option<usize>], dropped: &[usize]) -> Vec<String> {
    let mut index = Vec::new();
    let mut next = 0;
    let drop_until = |index: &mut Vec<String>, next: &mut usize, end: usize| {
        while *next < end {
            if dropped.contains(next) {
                index.push("0".to_owned());
            }
            *next += 1;
        }
    };
    for axis in axes {
        match axis {
            None => index.push("None".to_owned()),
            Some(source) => {
                drop_until(&mut index, &mut next, *source);
                index.push(":".to_owned());
                next = source + 1;
            }
        }
    }
    let end = dropped.iter().max().map_or(next, |last| last + 1);
    drop_until(&mut index, &mut next, end);
    index
}

/// A polynomial in sizes, each spelled by `size`.
pub(crate) fn polynomial_text(
    polynomial: &Polynomial,
    size: &mut dyn FnMut(&derive_graph::Name) -> String,
) -> Text {
    let mut text = String::new();
    let mut count = 0;
    for (atoms, coefficient) in polynomial.in_reading_order() {
        let mut factors: Vec<String> = Vec::new();
        if coefficient.abs() != 1 || atoms.is_empty() {
            factors.push(coefficient.abs().to_string());
        }
        for atom in atoms {
            factors.push(match atom {
                Atom::Named(name) => size(name),
                Atom::Quotient(inner, by) => {
                    let inner = bracketed(polynomial_text(inner, size), Level::Minus);
                    let quotient = format!("{inner} // {by}");
                    if atoms.len() > 1 || coefficient.abs() != 1 {
                        format!("({quotient})")
                    } else {
                        quotient
                    }
                }
            });
        }
        text.push_str(match (count, *coefficient < 0) {
            (0, true) => "-",
            (0, false) => "",
            (_, true) => " - ",
            (_, false) => " + ",
        });
        text.push_str(&factors.join(" * "));
        count += 1;
    }
    if count == 0 {
        return ("0".to_owned(), Level::Atom);
    }
    let level = match (count, polynomial.terms().first()) {
        (1, Some((atoms, 1))) if atoms.len() == 1 && matches!(atoms[0], Atom::Named(_)) => {
            Level::Atom
        }
        (1, Some((atoms, value))) if atoms.is_empty() && *value >= 0 => Level::Atom,
        (1, Some((_, value))) if *value > 0 => Level::Product,
        _ => Level::Sum,
    };
    (text, level)
}
