//! How many multiplications lines take: what is computed once, and what is computed for every layer of a symbolic depth.
//!
//! A polynomial in the sizes where nothing is repeated; beside it, how often something is repeated, and what that takes each time. Where the sizes
//! differ from layer to layer there is no product, and the sum over the layers stays.

use derive_graph::{Dim, Name, Polynomial};
use num_traits::Signed;
use std::fmt;

/// Numbers that a variable goes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The variable, as names of sizes have it between their braces.
    pub variable: String,
    /// The least number.
    pub first: i64,
    /// The greatest: a name, and what is taken from it.
    pub last: (Name, i64),
}

impl Range {
    /// How many numbers there are.
    pub fn times(&self) -> Polynomial {
        let last = Polynomial::from(&Dim::Named(self.last.0.clone()));
        last.plus(&Polynomial::from(1 - self.first - self.last.1))
    }

    /// The greatest number.
    pub fn end(&self) -> String {
        match self.last.1 {
            0 => self.last.0.to_string(),
            less => format!("{} - {less}", self.last.0),
        }
    }
}

/// What is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// How often.
    pub times: Polynomial,
    /// The ranges whose variables the sizes mention, the innermost first.
    pub over: Vec<Range>,
    /// What it takes each time.
    pub each: Polynomial,
}

/// How many multiplications something takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that are made once.
    pub once: Polynomial,
    /// Those that are made again and again, no two of them alike in how often.
    pub repeated: Vec<Repeated>,
}

impl From<Polynomial> for Count {
    fn from(once: Polynomial) -> Count {
        Count {
            once,
            repeated: Vec::new(),
        }
    }
}

impl Count {
    /// Whether there are none.
    pub fn is_zero(&self) -> bool {
        self.once.is_zero() && self.repeated.is_empty()
    }

    /// Both together.
    pub fn plus(&self, other: &Count) -> Count {
        let mut sum = self.clone();
        sum.once = sum.once.plus(&other.once);
        for it in &other.repeated {
            let mut alike = sum.repeated.iter_mut();
            match alike.find(|own| own.times == it.times && own.over == it.over) {
                Some(own) => own.each = own.each.plus(&it.each),
                None => sum.repeated.push(it.clone()),
            }
        }
        sum
    }

    /// The sum of several.
    pub fn sum<'a>(counts: impl IntoIterator<Item = &'a Count>) -> Count {
        let none = Count::default();
        counts.into_iter().fold(none, |sum, it| sum.plus(it))
    }

    /// The same for every number of a range.
    pub fn over(&self, range: &Range) -> Count {
        let once = Repeated {
            times: Polynomial::from(1),
            over: Vec::new(),
            each: self.once.clone(),
        };
        let all = self.repeated.iter().cloned().chain([once]);
        let repeated = all.filter(|it| !it.each.is_zero()).map(|it| {
            let mut it = it;
            match mentions(&it.each, &range.variable) {
                true => it.over.push(range.clone()),
                false => it.times = it.times.times(&range.times()),
            }
            Count {
                repeated: vec![it],
                ..Count::default()
            }
        });
        Count::sum(&repeated.collect::<Vec<_>>())
    }

    /// With other names of sizes.
    pub fn renamed(&self, rename: &dyn Fn(&Name) -> Name) -> Count {
        let dim = |name: &Name| Dim::Named(rename(name));
        let told = |it: &Repeated| Repeated {
            each: it.each.renamed(&dim),
            ..it.clone()
        };
        Count {
            once: self.once.renamed(&dim),
            repeated: self.repeated.iter().map(told).collect(),
        }
    }
}

/// Whether a size is that of the layer that a variable counts, or of a neighbour.
fn mentions(polynomial: &Polynomial, variable: &str) -> bool {
    let mut found = false;
    polynomial.mention(&mut |name| {
        let inside = name.as_str().split(['{', '}']).nth(1).unwrap_or("");
        let counted = inside.split([' ', '+', '-']).next();
        found = found || counted == Some(variable);
    });
    found
}

impl fmt::Display for Count {
    /// As a formula of a program: `L*(N*h + h) + c`, `sum(h{l-1}*h{l} for l = 1..L)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.repeated.iter().map(Repeated::to_string).collect();
        if !self.once.is_zero() || parts.is_empty() {
            parts.push(self.once.to_string());
        }
        f.write_str(&parts.join(" + "))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}..{}", self.variable, self.first, self.end())
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = |it: &Polynomial| match it.terms() {
            [(_, coefficient)] if coefficient.is_positive() => it.to_string(),
            _ => format!("({it})"),
        };
        let mut each = match self.over.is_empty() {
            true => factor(&self.each),
            false => self.each.to_string(),
        };
        for range in &self.over {
            each = format!("sum({each} for {range})");
        }
        match self.times.is(1) {
            true => f.write_str(&each),
            false => write!(f, "{}*{each}", factor(&self.times)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(name: &str) -> Polynomial {
        Polynomial::from(&Dim::Named(Name::new(name)))
    }

    fn layers(less: i64) -> Range {
        Range {
            variable: "l".to_owned(),
            first: 1,
            last: (Name::new("L"), less),
        }
    }

    #[test]
    fn alike_repetitions_are_told_once() {
        let square = size("h").times(&size("h"));
        let all = [
            Count::from(square.clone()).over(&layers(0)),
            Count::from(size("h")).over(&layers(1)),
            Count::from(size("n")).over(&layers(0)),
            Count::from(size("c")),
        ];
        assert_eq!(Count::sum(&all).to_string(), "L*(h*h + n) + (L - 1)*h + c");
        assert_eq!(Count::default().to_string(), "0");
    }

    #[test]
    fn sizes_of_layers_are_added_up() {
        let work = size("h{l}").times(&size("h{l-1}")).plus(&size("n"));
        let own = Count::from(size("h{l}").times(&size("h{l-1}")));
        assert_eq!(
            own.over(&layers(1)).to_string(),
            "sum(h{l-1}*h{l} for l = 1..L - 1)"
        );
        let told = own.plus(&Count::from(size("n"))).over(&layers(0));
        assert_eq!(
            Count::from(work).over(&layers(0)).repeated.len(),
            1,
            "one line's work is not torn apart"
        );
        assert_eq!(told.to_string(), "sum(h{l-1}*h{l} + n for l = 1..L)");
        let inner = Range {
            variable: "k".to_owned(),
            ..layers(0)
        };
        let nested = Count::from(size("h{k}")).over(&inner).over(&layers(0));
        assert_eq!(nested.to_string(), "L*sum(h{k} for k = 1..L)");
    }
}
