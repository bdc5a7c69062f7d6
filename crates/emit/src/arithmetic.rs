//! Sums, products, quotients and powers as a person writes them.

use crate::code::{Id, Op};
use crate::language::{Kind, Language};
use crate::text::{Level, Text, bracketed, decimal, number};
use crate::translate::Unsupported;
use crate::work::masked;
use crate::write::Writer;
use derive_index::Rational;
use num_traits::{One, Signed};

impl Writer<'_> {
    /// Terms with their signs between them.
    pub(crate) fn sum(&mut self, terms: &[Id]) -> Result<Text, Unsupported> {
        let rank = self.largest_rank(terms);
        let language = self.target.language;
        let (plus, minus) = (
            self.sign(language.plus, terms),
            self.sign(language.minus, terms),
        );
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
                (_, true) => &minus,
                (_, false) => &plus,
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
            let product = self.alone(factors).is_some();
            let written = bracketed(
                written,
                if product {
                    Level::Minus
                } else {
                    Level::Product
                },
            );
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
        let longest = self.largest_rank(&pair);
        // A matrix of one column is as good as a vector where vectors are columns.
        let columns = !self.target.language.is_python();
        if longest == 1 || (longest == 2 && columns) {
            return self.spelled("outer", &pair, &[]).map(Some);
        }
        if columns {
            return Ok(None);
        }
        let mut texts = Vec::with_capacity(pair.len());
        for id in pair {
            texts.push(match self.arena.rank(id) {
                1 => (self.expression(id, Level::Loose)?, Level::Loose),
                _ => self.view(id, &[Some(0)])?,
            });
        }
        self.filled("outer", &texts).map(Some)
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
        if let Some(product) = self.alone(factors) {
            return Ok((self.expression(product, Level::Product)?, Level::Product));
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
        let signs = Signs {
            language: self.target.language,
            numbers: self.numbers,
        };
        Ok(parts.written(signs))
    }

    /// A product of matrices beside nothing but a sign.
    fn alone(&self, factors: &[Id]) -> Option<Id> {
        let is_sign = |id: Id| {
            self.arena
                .as_number(id)
                .is_some_and(|value| value.abs().is_one())
        };
        match *factors {
            [sign, product] if is_sign(sign) => {
                let written =
                    !self.variables.contains_key(&product) && self.target.language.is_python();
                (written && self.arena.node(product).op == Op::MatMul).then_some(product)
            }
            _ => None,
        }
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
        let language = self.target.language;
        if exponent.is_negative() {
            let text = bracketed(self.power(base, &-exponent)?, Level::Minus);
            let over = self.sign(language.over, &[base]);
            return Ok((format!("1{over}{text}"), Level::Product));
        }
        if exponent.is_one() {
            return self
                .expression(base, Level::Minus)
                .map(|text| (text, Level::Minus));
        }
        if *exponent == Rational::new(1.into(), 2.into()) {
            return self.spelled("sqrt", &[base], &[]);
        }
        let power = self.sign(language.power, &[base]);
        let base = self.expression(base, Level::Atom)?;
        let exponent = bracketed(number(exponent), Level::Power);
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
    fn written(mut self, signs: Signs) -> Text {
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
        let [mut scalars, mut scalars_below] =
            [self.scalars, self.scalars_below].map(|texts| factors(texts, false));
        let [mut arrays, mut arrays_below] =
            [self.arrays, self.arrays_below].map(|texts| factors(texts, true));
        // A lone division is done at the end; several scalars first, so that the array is scaled once.
        if scalars.is_empty() && !arrays.is_empty() {
            arrays_below.append(&mut scalars_below);
        }
        let scalar = match (scalars.is_empty(), scalars_below.is_empty()) {
            (true, true) => None,
            _ => Some(signs.quotient(&scalars, &scalars_below)),
        };
        if arrays.is_empty() && arrays_below.is_empty() {
            let (text, single) = scalar.unwrap_or(("1".to_owned(), true));
            return (text, if single { Level::Minus } else { Level::Product });
        }
        match scalar {
            // Each by itself: signs go from the left to the right.
            Some(_) if scalars_below.is_empty() => {
                scalars.append(&mut arrays);
                arrays = scalars;
            }
            Some((text, _)) => arrays.insert(0, (format!("({text})"), false)),
            None => {}
        }
        let (text, single) = signs.quotient(&arrays, &arrays_below);
        (text, if single { Level::Minus } else { Level::Product })
    }
}

/// A factor, and whether it is an array.
type Factor = (String, bool);

fn factors(texts: Vec<String>, are_arrays: bool) -> Vec<Factor> {
    texts.into_iter().map(|text| (text, are_arrays)).collect()
}

/// The signs between factors.
struct Signs {
    language: &'static Language,
    /// Whether scalars are numbers: their signs have no dots.
    numbers: bool,
}

impl Signs {
    /// A sign between two factors, of which each may be an array. Octave scales an array by a number without a dot as well; in Julia the dots make
    /// one loop of a line.
    fn sign(&self, sign: &str, left: bool, right: bool, scales: bool) -> String {
        let plain = match self.language.kind {
            Kind::Octave => scales,
            Kind::Python | Kind::Julia => !left && !right,
        };
        match self.numbers && plain {
            true => Language::plain(sign),
            false => sign.to_owned(),
        }
    }

    fn product(&self, factors: &[Factor]) -> Factor {
        let mut factors = factors.iter().cloned();
        let first = factors.next().unwrap_or(("1".to_owned(), false));
        factors.fold(first, |(left, is_array), (right, other)| {
            let scales = !is_array || !other;
            let sign = self.sign(self.language.times, is_array, other, scales);
            (format!("{left}{sign}{right}"), is_array || other)
        })
    }

    /// `a * b / (c * d)`, and whether it is a single factor.
    fn quotient(&self, above: &[Factor], below: &[Factor]) -> (String, bool) {
        let (top, is_array) = self.product(above);
        let (bottom, other) = self.product(below);
        let over = self.sign(self.language.over, is_array, other, !other);
        let text = match below.len() {
            0 => top,
            1 => format!("{top}{over}{bottom}"),
            _ => format!("{top}{over}({bottom})"),
        };
        (text, above.len() <= 1 && below.is_empty())
    }
}
