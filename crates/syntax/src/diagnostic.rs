//! Errors as data: a code, a message, labelled spans, notes and a fix. Rendering is the command line's work.

use crate::ast::Span;

/// One error or warning about a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code such as `E0101`; the table of codes is [`CODES`].
    pub code: &'static str,
    /// Whether it stops the derivation.
    pub severity: Severity,
    /// Lower case, names in backticks, no full stop.
    pub message: String,
    /// Labelled places; the first is the primary one.
    pub labels: Vec<Label>,
    /// Further sentences.
    pub notes: Vec<String>,
    /// A suggested fix.
    pub help: Option<String>,
}

/// Whether a diagnostic is an error or a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The spec is wrong.
    Error,
    /// The spec is right and something is worth saying.
    Warning,
}

/// A span with a text under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said of it; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// An error with its primary label.
    pub fn error(
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: vec![Label {
                span,
                text: label.into(),
            }],
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets the suggested fix.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// A row of the table of error codes.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// The code.
    pub code: &'static str,
    /// What it means, a few words.
    pub title: &'static str,
}

/// Every code, in order. `E00xx` text and lexing, `E01xx` grammar, `E02xx` names, `E03xx` shapes,
/// `E04xx` the loss and what is asked, `E05xx` limits and constructs that are not supported.
pub const CODES: &[CodeRow] = &[
    CodeRow {
        code: "E0001",
        title: "the file is not UTF-8",
    },
    CodeRow {
        code: "E0002",
        title: "a character that begins no word of the language",
    },
    CodeRow {
        code: "E0003",
        title: "a quoted text is not closed",
    },
    CodeRow {
        code: "E0004",
        title: "a number is too long",
    },
    CodeRow {
        code: "E0005",
        title: "the file is too large",
    },
    CodeRow {
        code: "E0006",
        title: "brackets or blocks are nested too deep",
    },
    CodeRow {
        code: "E0007",
        title: "an expression has too many operators",
    },
    CodeRow {
        code: "E0008",
        title: "too many errors",
    },
    CodeRow {
        code: "E0101",
        title: "something else was expected",
    },
    CodeRow {
        code: "E0102",
        title: "a bracket is not closed",
    },
    CodeRow {
        code: "E0103",
        title: "two operands with no sign between them",
    },
    CodeRow {
        code: "E0104",
        title: "no statement begins with this word",
    },
    CodeRow {
        code: "E0105",
        title: "`==` where `=` is meant",
    },
    CodeRow {
        code: "E0106",
        title: "an unknown attribute",
    },
    CodeRow {
        code: "E0107",
        title: "a closing bracket that closes nothing",
    },
    CodeRow {
        code: "E0108",
        title: "a line that is not a statement",
    },
    CodeRow {
        code: "E0109",
        title: "a shape is missing",
    },
    CodeRow {
        code: "E0110",
        title: "a shape has too many axes",
    },
    CodeRow {
        code: "E0111",
        title: "a size is not a whole number from 1 on",
    },
    CodeRow {
        code: "E0112",
        title: "an unknown convention",
    },
    CodeRow {
        code: "E0113",
        title: "a positional argument after a named one",
    },
    CodeRow {
        code: "E0201",
        title: "an unknown name",
    },
    CodeRow {
        code: "E0202",
        title: "a name is defined twice",
    },
    CodeRow {
        code: "E0203",
        title: "a name is used before its definition",
    },
    CodeRow {
        code: "E0204",
        title: "a definition that leads back to itself",
    },
    CodeRow {
        code: "E0205",
        title: "a name of the language is redefined",
    },
    CodeRow {
        code: "E0206",
        title: "a function where an array is meant, or an array where a function is",
    },
    CodeRow {
        code: "E0207",
        title: "an unknown function, layer or activation",
    },
    CodeRow {
        code: "E0208",
        title: "`grad` outside of a claim, or of something that is no array",
    },
    CodeRow {
        code: "E0209",
        title: "an index without a range",
    },
    CodeRow {
        code: "E0210",
        title: "an index stands twice",
    },
    CodeRow {
        code: "E0211",
        title: "the arguments of a call are wrong",
    },
    CodeRow {
        code: "E0212",
        title: "a repetition or a member without a number",
    },
    CodeRow {
        code: "E0301",
        title: "the operands of a matrix product do not fit",
    },
    CodeRow {
        code: "E0302",
        title: "shapes do not broadcast",
    },
    CodeRow {
        code: "E0303",
        title: "a matrix product with a scalar",
    },
    CodeRow {
        code: "E0304",
        title: "an operator of arrays of other shapes",
    },
    CodeRow {
        code: "E0305",
        title: "there is no such axis",
    },
    CodeRow {
        code: "E0306",
        title: "prediction and target differ in shape",
    },
    CodeRow {
        code: "E0307",
        title: "an attribute does not fit the shape",
    },
    CodeRow {
        code: "E0308",
        title: "an index runs over two dimensions",
    },
    CodeRow {
        code: "E0309",
        title: "the subscripts do not fit the axes",
    },
    CodeRow {
        code: "E0310",
        title: "no size or affine subscript",
    },
    CodeRow {
        code: "E0311",
        title: "the range of an index is unknown",
    },
    CodeRow {
        code: "E0312",
        title: "a window does not fit its array",
    },
    CodeRow {
        code: "E0313",
        title: "a complex value where a real one is needed",
    },
    CodeRow {
        code: "E0401",
        title: "the loss is missing",
    },
    CodeRow {
        code: "E0402",
        title: "the loss is not a scalar",
    },
    CodeRow {
        code: "E0403",
        title: "a second loss",
    },
    CodeRow {
        code: "E0404",
        title: "there is nothing to differentiate by",
    },
    CodeRow {
        code: "E0405",
        title: "a loss is reduced by `sum` or `mean`",
    },
    CodeRow {
        code: "E0406",
        title: "the short form of a loss is ambiguous",
    },
    CodeRow {
        code: "E0407",
        title: "a layer has no input that fits",
    },
    CodeRow {
        code: "E0408",
        title: "an update rule or a penalty is wrong",
    },
    CodeRow {
        code: "E0409",
        title: "both conventions are named",
    },
    CodeRow {
        code: "E0410",
        title: "the body of a function is not elementwise",
    },
    CodeRow {
        code: "E0501",
        title: "a construct that this version does not support",
    },
    CodeRow {
        code: "E0502",
        title: "a number is too large",
    },
    CodeRow {
        code: "E0503",
        title: "the network is too large",
    },
    CodeRow {
        code: "E0504",
        title: "division by zero",
    },
];
