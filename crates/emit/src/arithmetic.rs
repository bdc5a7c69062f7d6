//! Sums, products, quotients and powers as a person writes them.

use crate::code::{Id, Op};
use crate::language::Language;
use crate::translate::Unsupported;
use crate::work::masked;
use crate::write::{Level, Text, Writer, bracketed, decimal, number};
use derive_index::Rational;
use num_traits::{One, Signed};

impl Writer<'_> {
    /// Terms with their signs between them.
    pub(crate) fn sum(&mut self, terms: &[Id]) -> Result<Text, Unsupported> {
        let rank = self.largest_rank(terms);
        let mut text = String::new();
        for (at, &term) in terms.iter().enumerate() {
            let covered = terms
                .iter()
                .any(|&other| other != term && self.is_full(other, rank));
            let shown = self.shown(term, covered);
            let own = self.variables.contains_key(&shown);
            let negative = !own && self.arena.is_negative(shown);
            let node = self.arena.node(shown).clone();
            let written = match &node.op {
                Op::Number(value) if negative => bracketed(number(&value.abs()), Level::Product),
                Op::Product if !own => {
                    bracketed(self.factors(&node.arguments, covered)?, Level::Product)
                }
                _ => self.expression(shown, Level::Sum)?,
            };
            text.push_str(match (at, negative) {
                (0, true) => "-",
                (0, false) => "",
                (_, true) => self.target.language.minus,
                (_, false) => self.target.language.plus,
            });
            text.push_str(&written);
        }
        Ok((text, Level::Sum))
    }

    /// Factors with the sign of their number in front.
    pub(crate) fn product(&mut self, factors: &[Id]) -> Result<Text, Unsupported> {
        let first = factors
            .first()
            .and_then(|&first| self.arena.as_number(first));
        let negative = first.is_some_and(Rational::is_negative);
        let written = self.factors(factors, false)?;
        if negative {
            let written = bracketed(written, Level::Product);
            return Ok((format!("-{written}"), Level::Minus));
        }
        Ok(written)
    }

    fn is_product(&self, id: Id) -> bool {
        self.arena.node(id).op == Op::Product && self.arena.rank(id) > 0
    }

    fn largest_rank(&self, ids: &[Id]) -> usize {
        ids.iter().map(|&id| self.arena.rank(id)).max().unwrap_or(0)
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
    /// `covered` says that something outside has all axes.
    fn factors(&mut self, factors: &[Id], covered: bool) -> Result<Text, Unsupported> {
        if let [a, b] = factors
            && let Some(outer) = self.outer(*a, *b)?
        {
            return Ok(outer);
        }
        let rank = self.largest_rank(factors);
        if let Some(chosen) = self.chosen(factors, covered)? {
            return Ok(chosen);
        }
        let mut parts = Parts::default();
        for &factor in factors {
            if let Some(value) = self.arena.as_number(factor) {
                parts.number = value.abs();
                continue;
            }
            let covered = covered
                || factors
                    .iter()
                    .any(|&other| other != factor && self.is_full(other, rank));
            let shown = self.shown(factor, covered);
            let scalar = self.arena.rank(factor) == 0;
            let reciprocal = self.reciprocal(shown);
            let below = reciprocal.is_some();
            let written = match reciprocal {
                Some((base, exponent)) => {
                    let base = self.shown(base, covered);
                    bracketed(self.power(base, &exponent)?, Level::Minus)
                }
                // What is multiplied first anyway needs no brackets.
                None if parts.is_empty() && self.is_product(shown) => {
                    self.expression(shown, Level::Product)?
                }
                None => self.expression(shown, Level::Minus)?,
            };
            parts.list(scalar, below).push(written);
        }
        Ok(parts.written(self.target.language))
    }

    /// Factors where conditions hold, and 0 elsewhere, in targets that choose rather than multiply by 0 or 1.
    fn chosen(&mut self, factors: &[Id], covered: bool) -> Result<Option<Text>, Unsupported> {
        let chooses = |id: Id| !self.variables.contains_key(&id);
        let (masks, rest) = masked(self.arena, factors, &chooses);
        if masks.is_empty() || self.target.spelling("masked").is_none() {
            return Ok(None);
        }
        let rank = self.largest_rank(factors);
        let full = |writer: &Self, ids: &[Id]| ids.iter().any(|&id| writer.is_full(id, rank));
        let covered_rest = covered || full(self, &masks);
        let is_call = self
            .target
            .spelling("masked")
            .is_some_and(|it| it.starts_with("{np}"));
        let (alone, product) = match is_call {
            true => (Level::Loose, Level::Loose),
            false => (Level::Minus, Level::Product),
        };
        let written = match rest.as_slice() {
            &[one] => {
                let shown = self.shown(one, covered_rest);
                self.expression(shown, alone)?
            }
            several => bracketed(self.factors(several, covered_rest)?, product),
        };
        let mut conditions = Vec::with_capacity(masks.len());
        for &mask in &masks {
            let Op::Apply(function) = self.arena.node(mask).op.clone() else {
                continue;
            };
            let name = format!("{} condition", function.name);
            let arguments = self.arena.node(mask).arguments.clone();
            let condition = self.spelled(&name, &arguments, &[])?;
            conditions.push(condition.0);
        }
        let condition = match conditions.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(") & (")),
        };
        let texts = [(written, Level::Loose), (condition, Level::Loose)];
        self.filled("masked", &texts).map(Some)
    }

    /// The base and the positive exponent of a negative power that has no variable of its own.
    fn reciprocal(&self, id: Id) -> Option<(Id, Rational)> {
        let node = self.arena.node(id);
        match &node.op {
            Op::Power(exponent) if exponent.is_negative() && !self.variables.contains_key(&id) => {
                Some((node.arguments[0], -exponent))
            }
            _ => None,
        }
    }

    /// A leading axis of size 1 needs no mention where another operand has all axes: the target lines axes up at the last.
    fn shown(&self, id: Id, covered: bool) -> Id {
        let covered = covered && self.target.language.is_python();
        let below = self.without_leading(id).filter(|_| covered);
        below.unwrap_or(id)
    }

    /// Whether what is written for an operand has so many axes, whatever stands beside it.
    fn is_full(&self, id: Id, rank: usize) -> bool {
        if self.arena.rank(id) != rank {
            return false;
        }
        let node = self.arena.node(id);
        match node.op {
            _ if self.variables.contains_key(&id) => true,
            Op::View(_) => self.without_leading(id).is_none(),
            Op::Sum | Op::Product => node.arguments.iter().any(|&part| self.is_full(part, rank)),
            Op::Power(_) => self.is_full(node.arguments[0], rank),
            _ => true,
        }
    }

    /// What a view with nothing but new axes in front is a view of.
    pub(crate) fn without_leading(&self, id: Id) -> Option<Id> {
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

    pub(crate) fn power(&mut self, base: Id, exponent: &Rational) -> Result<Text, Unsupported> {
        if exponent.is_negative() {
            let (text, level) = self.power(base, &-exponent)?;
            return Ok((
                format!(
                    "1{}{}",
                    self.target.language.over,
                    bracketed((text, level), Level::Minus)
                ),
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
        let power = self.target.language.power;
        Ok((format!("{base}{power}{exponent}"), Level::Power))
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
    /// Whether nothing stands before the first array.
    fn is_empty(&self) -> bool {
        let lists = [&self.scalars, &self.scalars_below, &self.arrays];
        self.number.is_one() && lists.iter().all(|list| list.is_empty())
    }

    fn list(&mut self, scalar: bool, below: bool) -> &mut Vec<String> {
        match (scalar, below) {
            (true, false) => &mut self.scalars,
            (true, true) => &mut self.scalars_below,
            (false, false) => &mut self.arrays,
            (false, true) => &mut self.arrays_below,
        }
    }

    /// The scalars as one quotient, then the arrays.
    fn written(mut self, language: &Language) -> Text {
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
            _ => Some(quotient(&self.scalars, &self.scalars_below, language)),
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
        let (text, single) = quotient(&self.arrays, &self.arrays_below, language);
        (text, if single { Level::Minus } else { Level::Product })
    }
}

/// `a * b / (c * d)`, and whether it is a single factor.
fn quotient(above: &[String], below: &[String], language: &Language) -> (String, bool) {
    let (times, over) = (language.times, language.over);
    let top = if above.is_empty() {
        "1".to_owned()
    } else {
        above.join(times)
    };
    let text = match below {
        [] => top,
        [one] => format!("{top}{over}{one}"),
        several => format!("{top}{over}({})", several.join(times)),
    };
    (text, above.len() <= 1 && below.is_empty())
}
