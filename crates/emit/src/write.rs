//! Array expressions as text in a target's spelling.
//!
//! In: a node of the arena. Out: an expression with as few brackets as the reader needs. Nodes that already have a variable are
//! that variable.

use crate::code::{Arena, Id, Op, Reduction, Series};
use crate::language::{Kind, Language};
use crate::names::{Meaning, Names};
use crate::target::Target;
use crate::text::{Level, Text, bracketed, fill, number, plus, polynomial_text};
use crate::translate::Unsupported;
use derive_graph::{Dim, Polynomial};
use num_traits::{One, Zero};
use std::collections::{BTreeSet, HashMap};

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
    /// Whether what has no axes is a number, so that signs and functions need not work entry by entry.
    pub numbers: bool,
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

    /// Whether all of these are numbers and nothing works entry by entry.
    pub(crate) fn are_numbers(&self, ids: &[Id]) -> bool {
        self.numbers && ids.iter().all(|&id| self.arena.rank(id) == 0)
    }

    /// A sign between operands, or before an exponent.
    pub(crate) fn sign(&self, sign: &'static str, operands: &[Id]) -> String {
        match self.are_numbers(operands) {
            true => Language::plain(sign),
            false => sign.to_owned(),
        }
    }

    /// Whether the target chooses entries where others multiply by 0 or 1.
    pub(crate) fn masks(&self) -> bool {
        self.target.spelling("masked").is_some()
    }

    pub(crate) fn afresh(&mut self, id: Id) -> Result<Text, Unsupported> {
        if !self.target.language.is_python()
            && let Some(text) = self.in_columns(id)?
        {
            return Ok(text);
        }
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
                (0, true) => {
                    let name = function.name.as_str();
                    let zero = arguments
                        .last()
                        .and_then(|&last| self.arena.as_number(last))
                        .is_some_and(Zero::is_zero);
                    match name {
                        "greater" if zero && self.target.spelling("greater zero").is_some() => {
                            self.spelled("greater zero", &arguments[..1], &[])
                        }
                        _ => self.spelled(name, arguments, &[]),
                    }
                }
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
                let mut written = Vec::with_capacity(arguments.len());
                for &argument in arguments {
                    written.push(match self.promoted(argument, arguments)? {
                        Some(promoted) => promoted,
                        None => self.expression(argument, Level::Loose)?,
                    });
                }
                let written = written.join(", ");
                let labels = (labels.clone(), Level::Loose);
                self.filled("einsum", &[(written, Level::Loose), labels])
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
            Op::MatrixFunction(name) | Op::Complex(name) => self.spelled(name, arguments, &[]),
            Op::Roots => {
                let size = self.dim(&node.dims[0]);
                self.filled("roots of unity", &[(String::new(), Level::Loose), size])
            }
            Op::Gather(gather) => crate::places::gather(self, arguments[0], gather, &node.dims),
            Op::Series(series) => self.series(series),
        }
    }

    /// A sum over numbers. Python's ranges leave out their end.
    fn series(&mut self, series: &Series) -> Result<Text, Unsupported> {
        let term = self.expression(series.term, Level::Loose)?;
        let past = i64::from(self.target.language.is_python());
        let range = &series.range;
        let last = plus(&series.bound, past - range.last.1);
        let texts = [term, range.variable.clone(), range.first.to_string(), last];
        let texts = texts.map(|text| (text, Level::Loose));
        self.filled("series", &texts)
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
        // A library may want arrays where the formula has the size of one.
        if let Some(template) = self.target.spelling("size").filter(|_| is_function(name)) {
            for (text, &argument) in texts.iter_mut().zip(arguments) {
                if self.arena.is_made_of_sizes(argument) {
                    *text = (template.replace("{0}", &text.0), Level::Atom);
                }
            }
        }
        texts.extend(more.iter().map(|text| (text.clone(), Level::Loose)));
        let (text, level) = self.filled(name, &texts)?;
        let is_julia = self.target.language.kind == Kind::Julia;
        match is_julia && is_function(name) && self.are_numbers(arguments) {
            true => {
                let template = self.target.spelling(name).unwrap_or_default();
                let template = template.replace(".(", "(").replace(" .", " ");
                Ok((fill(&template, &texts), level))
            }
            false => Ok((text, level)),
        }
    }

    pub(crate) fn filled(&self, name: &str, arguments: &[Text]) -> Result<Text, Unsupported> {
        let template = self.target.spelling(name);
        let template = template.ok_or_else(|| {
            Unsupported::new(format!(
                "`{name}`, which {} does not spell",
                self.target.name
            ))
        })?;
        let text = fill(&template.replace("{np}", self.target.module), arguments);
        let level = match name {
            "power" => Level::Power,
            "transpose" if !self.target.language.is_python() => Level::Power,
            _ if template.starts_with('-') => Level::Minus,
            "full" if !template.starts_with("{np}") => Level::Product,
            "masked" if !template.starts_with("{np}") => Level::Product,
            "matmul" => Level::Product,
            "outer" if !template.starts_with("{np}") => Level::Product,
            _ => Level::Atom,
        };
        Ok((text, level))
    }

    pub(crate) fn list(&mut self, ids: &[Id]) -> Result<String, Unsupported> {
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
        let dot = match self.target.language.kind {
            Kind::Julia if !self.are_numbers(arguments) => ".",
            _ => "",
        };
        Ok((format!("{function}{dot}({written})"), Level::Atom))
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
        let left = match self.promoted(left, arguments)? {
            Some(left) => left,
            None => self.expression(left, level)?,
        };
        let right = match self.promoted(arguments[1], arguments)? {
            Some(right) => right,
            None => self.expression(arguments[1], Level::Minus)?,
        };
        Ok((format!("{left} @ {right}"), Level::Product))
    }

    /// A real array beside a complex one, where the target does not multiply these as matrices.
    fn promoted(&mut self, id: Id, beside: &[Id]) -> Result<Option<String>, Unsupported> {
        let complex = |id: Id| self.arena.is_complex(id);
        let differs = !complex(id) && beside.iter().any(|&other| complex(other));
        match self.target.spelling("complex") {
            Some(_) if differs => Ok(Some(self.spelled("complex", &[id], &[])?.0)),
            _ => Ok(None),
        }
    }

    pub(crate) fn view(&mut self, id: Id, axes: &[Option<usize>]) -> Result<Text, Unsupported> {
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
        crate::tables::tuple(&sizes)
    }

    /// A polynomial in sizes.
    pub(crate) fn polynomial(&mut self, polynomial: &Polynomial) -> Text {
        let sizes = &mut self.sizes;
        let names = &mut *self.names;
        let mut size = |name: &derive_graph::Name| {
            sizes.insert(name.clone());
            names.of(Meaning::Dimension(name.clone()))
        };
        polynomial_text(polynomial, self.target.language.quotient, &mut size)
    }
}

/// Whether a spelling is that of a function, entry by entry or of a matrix.
fn is_function(name: &str) -> bool {
    derive_graph::function::row(name).is_some()
        || derive_graph::matrix_function::row(name).is_some()
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
