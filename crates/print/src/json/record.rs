//! The fields of the JSON object, in the order in which they are written.

use serde::Serialize;
use serde_json::value::RawValue;

/// Everything.
#[derive(Serialize)]
pub struct Page {
    pub schema: u32,
    pub network: Option<String>,
    pub dimensions: Vec<Dimension>,
    pub inputs: Vec<Array>,
    pub params: Vec<Array>,
    pub targets: Vec<Array>,
    pub consts: Vec<Array>,
    pub definitions: Vec<Definition>,
    pub loss: Definition,
    pub error_signals: Vec<Gradient>,
    pub signal_paths: Vec<Vec<SignalStep>>,
    pub gradients: Vec<Gradient>,
    pub second_derivatives: Vec<Second>,
    pub written_out: Option<Vec<WrittenOut>>,
    pub savings: Option<Savings>,
    pub update: Option<Update>,
    pub claims: Vec<Claim>,
    pub conventions: Vec<String>,
    pub check: Option<Overall>,
}

/// An arrow on the way of the error signal through the layers.
#[derive(Serialize)]
pub struct SignalStep {
    /// By what the loss is differentiated where the arrow begins, and where it leads.
    pub from: String,
    pub to: String,
    /// What happens on the way, with a dot for what arrives, where that is short.
    pub map: Option<Spelt>,
}

/// How both passes are computed with the fewest multiplications.
#[derive(Serialize)]
pub struct Savings {
    pub forward: Vec<Line>,
    pub backward: Vec<Line>,
    pub forward_multiplications: String,
    pub backward_multiplications: String,
}

/// A line of it.
#[derive(Serialize)]
pub struct Line {
    pub name: String,
    pub shape: Vec<String>,
    pub left: String,
    pub text: String,
    pub latex: String,
    pub tree: Box<RawValue>,
    pub multiplications: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<String>,
    pub steps: Vec<Step>,
}

/// A named size.
#[derive(Serialize)]
pub struct Dimension {
    pub name: String,
    pub size: Option<u64>,
    pub multiple_of: i64,
}

/// A declared array.
#[derive(Serialize)]
pub struct Array {
    pub name: String,
    pub shape: Vec<String>,
    pub text: String,
    pub latex: String,
    pub facts: Vec<&'static str>,
}

/// A formula in all forms.
#[derive(Serialize)]
pub struct Formula {
    pub text: String,
    pub latex: String,
    pub tree: Box<RawValue>,
}

/// A quantity of the forward pass: its name, the whole where that has a form, and its entry.
#[derive(Serialize)]
pub struct Definition {
    pub name: String,
    pub shape: Vec<String>,
    pub text: String,
    pub latex: String,
    pub number: Option<usize>,
    pub whole: Option<Formula>,
    pub indices: Vec<String>,
    pub entry: Formula,
}

/// A derivative and the way to it.
#[derive(Serialize)]
pub struct Gradient {
    pub wrt: String,
    pub shape: Vec<String>,
    pub number: Option<usize>,
    pub left: String,
    pub indices: Option<Vec<String>>,
    pub text: String,
    pub latex: String,
    pub tree: Box<RawValue>,
    pub factors: Vec<Factor>,
    pub in_full: Option<Formula>,
    pub three_terms: Option<ThreeTerms>,
    pub spec: Option<String>,
    pub flops: Option<String>,
    pub complete: bool,
    pub steps: Vec<Step>,
    pub check: Option<Check>,
}

/// The derivative through a normalisation in three terms.
#[derive(Serialize)]
pub struct ThreeTerms {
    pub normalised: String,
    pub indices: Vec<String>,
    pub entry: Formula,
    pub whole: Option<Formula>,
}

/// A factor of a matrix product, and its shape there.
#[derive(Serialize)]
pub struct Factor {
    pub text: String,
    pub latex: String,
    pub shape: Vec<String>,
}

/// A gradient, or its product with a direction, differentiated again.
#[derive(Serialize)]
pub struct Second {
    pub of: String,
    pub text: String,
    pub latex: String,
    pub definitions: Vec<Definition>,
    pub error_signals: Vec<Gradient>,
    pub gradients: Vec<Gradient>,
}

/// An array or its derivative, entry by entry, or why it is not written out.
#[derive(Serialize)]
pub struct WrittenOut {
    pub note: Option<String>,
    pub entries: Vec<Entry>,
}

/// One entry: what it is of, and its value.
#[derive(Serialize)]
pub struct Entry {
    pub left: Spelt,
    pub right: Spelt,
}

/// A formula for readers.
#[derive(Serialize)]
pub struct Spelt {
    pub text: String,
    pub latex: String,
}

/// One step.
#[derive(Serialize)]
pub struct Step {
    pub stage: &'static str,
    pub rule: String,
    pub why: String,
    pub left: String,
    pub before: String,
    pub after: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trees: Option<Trees>,
    pub verified: bool,
}

/// How an entry is read as that of a product of matrices.
#[derive(Serialize)]
pub struct Reading {
    pub front: Option<Spelt>,
    pub summed: Vec<String>,
    pub parts: Vec<Part>,
    pub result: Spelt,
}

/// A factor, and what its indices are.
#[derive(Serialize)]
pub struct Part {
    pub factor: Spelt,
    pub indices: String,
}

/// What a step leads from and to, for programs that replay it, and the places in both lists, outermost first, that lead to what it
/// changes: outside they are equal.
#[derive(Serialize)]
pub struct Trees {
    pub before: Box<RawValue>,
    pub after: Box<RawValue>,
    pub changed: Vec<usize>,
}

/// The check of one derivative.
#[derive(Serialize)]
pub struct Check {
    pub method: &'static str,
    pub draws: usize,
    pub max_relative_error: Option<f64>,
}

/// The check of everything.
#[derive(Serialize)]
pub struct Overall {
    pub method: &'static str,
    pub seed: u64,
    pub draws: usize,
    pub max_relative_error: Option<f64>,
    pub steps: usize,
    pub max_step_error: Option<f64>,
    pub failures: Vec<String>,
}

/// The rule that updates the parameters.
#[derive(Serialize)]
pub struct Update {
    pub rule: String,
    pub scalars: Vec<String>,
}

/// What became of a claim.
#[derive(Serialize)]
pub struct Claim {
    pub text: String,
    pub verdict: &'static str,
    pub reason: String,
    pub how: &'static str,
    pub assumptions: Vec<String>,
    pub proof: Vec<ProofLine>,
    pub ways: Vec<ProofLine>,
    pub mistake: Option<String>,
    pub correction: Option<String>,
}

/// A line of a proof: a side, equal to the line before of the same side.
#[derive(Serialize)]
pub struct ProofLine {
    pub left: String,
    pub text: String,
    pub latex: String,
    pub why: String,
}

/// A tree on one line, however long the object around it is.
pub fn compact(tree: &serde_json::Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(tree).expect("strings, numbers and lists can be written")
}

/// The object on lines of its own.
pub fn written(page: &Page) -> String {
    serde_json::to_string_pretty(page).expect("strings, numbers and lists can be written")
}
