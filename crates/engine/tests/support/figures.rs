//! What became of planted mistakes, counted.

use derive_engine::derivation::ClaimOutcome;
use std::collections::BTreeMap;
use std::fmt;

/// What may be said of a planted change: what undoes it, by row. A planted transpose is a transpose too much, and so on.
#[rustfmt::skip]
pub const NAMES: &[(&str, &[&str])] = &[
    ("missing-transpose", &["extra-transpose", "missing-transpose", "order", "transposed", "arrangement", "other-array"]),
    ("transposed", &["extra-transpose", "transposed", "order", "missing-transpose", "arrangement"]),
    ("extra-transpose", &["missing-transpose", "order", "transposed", "arrangement", "other-array"]),
    ("order", &["order", "arrangement", "missing-transpose", "extra-transpose", "transposed", "entrywise-for-matrix-product"]),
    ("entrywise-for-matrix-product", &["matrix-for-entrywise-product", "arrangement"]),
    ("matrix-for-entrywise-product", &["entrywise-for-matrix-product", "arrangement", "missing-transpose"]),
    ("difference", &["difference", "sign", "number"]),
    ("sign", &["sign", "difference", "number"]),
    ("number", &["number", "missing-factor", "extra-factor", "sign", "missing-term", "extra-term", "difference", "missing-array", "other-derivative"]),
    ("missing-factor", &["extra-factor", "missing-factor", "number", "quotient"]),
    ("extra-factor", &["missing-factor", "missing-matrix", "missing-array", "missing-derivative", "number", "other-derivative", "other-array"]),
    ("quotient", &["quotient", "missing-factor", "extra-factor", "number", "missing-array"]),
    ("missing-derivative", &["extra-factor", "other-derivative"]),
    ("other-derivative", &["other-array", "missing-array", "missing-factor", "other-derivative", "extra-factor", "missing-matrix", "missing-derivative"]),
    ("missing-sum", &["extra-sum", "other-sum", "missing-factor", "extra-factor"]),
    ("extra-sum", &["missing-sum", "missing-factor"]),
    ("other-sum", &["other-sum", "missing-factor", "extra-factor", "extra-sum"]),
    ("as-column", &["as-column", "arrangement", "entrywise-for-matrix-product", "missing-transpose", "order"]),
    ("missing-term", &["extra-term", "missing-factor", "extra-factor", "difference", "sign"]),
    ("extra-term", &["missing-term", "missing-array", "missing-factor", "other-derivative", "number"]),
    ("other-function", &["other-function", "other-derivative"]),
    ("other-array", &["other-array", "other-gradient", "number", "missing-transpose"]),
    ("missing-matrix", &["extra-factor"]),
    ("missing-array", &["extra-factor", "number", "other-derivative"]),
];

/// The figures of a run.
#[derive(Default)]
pub struct Figures {
    /// False claims.
    pub count: usize,
    /// Claims that are true in spite of the mistake.
    pub equal: usize,
    /// Mistakes that were named as what was planted.
    pub named: usize,
    /// Mistakes that were undone, whatever they were called.
    pub undone: usize,
    /// What was not named, by the row that was planted.
    pub missed: BTreeMap<&'static str, usize>,
}

impl Figures {
    /// Counts a claim with a mistake of this row.
    pub fn add(&mut self, case: &str, row: &'static str, outcome: &ClaimOutcome) {
        if outcome.holds {
            self.equal += 1;
            return;
        }
        self.count += 1;
        let found = outcome.diagnosis.as_ref();
        let called = found.map_or("", |diagnosis| diagnosis.mistake);
        self.undone += usize::from(!called.is_empty());
        let fitting = NAMES.iter().find(|(planted, _)| *planted == row);
        let (_, fitting) = fitting.expect("every row has its names");
        if fitting.contains(&called) {
            self.named += 1;
            return;
        }
        *self.missed.entry(row).or_default() += 1;
        if std::env::var_os("DERIVE_CLAIMS").is_some() {
            let correction = found.and_then(|diagnosis| diagnosis.correction.as_ref());
            println!(
                "{row} CALLED `{called}` in {case}: {} -> {correction:?}",
                outcome.text
            );
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} false claims, all judged false; {} more were equal; {} mistakes named, {} undone; not named: {:?}",
            self.count, self.equal, self.named, self.undone, self.missed
        )
    }
}
