//! The document tree: what is said, in which order, before any format.

use crate::math::Math;

/// A whole document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its title.
    pub title: Vec<Inline>,
    /// Its parts in order.
    pub blocks: Vec<Block>,
}

/// Takes a document part by part, so that the parts of a long one need not all be there at once.
pub trait Sheet {
    /// Takes the title; it comes first, and once.
    fn title(&mut self, title: &[Inline]);
    /// Takes the next blocks. A lead comes together with the equations that it leads to.
    fn blocks(&mut self, blocks: &[Block]);
    /// All that was taken, drawn.
    fn finish(self: Box<Self>) -> String;
}

impl Document {
    /// The document, drawn.
    pub fn draw(&self, mut sheet: Box<dyn Sheet>) -> String {
        sheet.title(&self.title);
        sheet.blocks(&self.blocks);
        sheet.finish()
    }
}

/// One part of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// The heading of a section.
    Section(Vec<Inline>),
    /// The heading of a subsection.
    Subsection(Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A few words that lead to the equations below.
    Lead(Vec<Inline>),
    /// A list of sentences.
    List(Vec<Vec<Inline>>),
    /// Rows of cells with their columns aligned.
    Table(Vec<Vec<Vec<Inline>>>),
    /// Equations aligned at their relation sign.
    Equations(Vec<Equation>),
    /// Arrays that follow from one another, with arrows between them.
    Path(Path),
    /// A matrix of formulas; the entries one by one where that is too wide.
    Matrix {
        /// What it is equal to.
        left: Math,
        /// Its rows.
        rows: Vec<Vec<Math>>,
        /// The same as an equation for every entry.
        entries: Vec<Equation>,
    },
}

/// A run of text or a formula within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Words that stand out: the name of a rule.
    Strong(String),
    /// Something literal from the spec.
    Code(String),
    /// A formula.
    Math(Math),
    /// The number of an equation: `(3)`.
    Cite(usize),
}

/// Arrays in a line, each following from the one before.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it begins.
    pub first: Stop,
    /// The others, with the arrows that lead to them.
    pub steps: Vec<PathStep>,
}

/// An array on a path.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Its name.
    pub name: Math,
    /// Its sizes, one an axis.
    pub sizes: Vec<Math>,
}

/// An arrow, and where it leads.
#[derive(Clone, Debug)]
pub struct PathStep {
    /// What happens on the way, with a dot for what arrives; nothing where that has no short formula.
    pub above: Option<Math>,
    /// Where it leads.
    pub to: Stop,
}

/// A left side and what it is equal to, step by step.
#[derive(Clone, Debug)]
pub struct Equation {
    /// The left side.
    pub left: Math,
    /// The sign between the sides: `=` or `←`.
    pub sign: Sign,
    /// The right sides, one below the other.
    pub rights: Vec<Right>,
}

/// The sign between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `=`
    Equal,
    /// `←`
    Assign,
}

/// One right side.
#[derive(Clone, Debug)]
pub struct Right {
    /// The formula.
    pub math: Math,
    /// The sizes of the array, beside it.
    pub sizes: Option<Math>,
    /// The number that later lines refer to it by.
    pub number: Option<usize>,
    /// Why it is equal to the one above.
    pub reasons: Vec<Reason>,
}

/// Why a step holds.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The name of the rule.
    pub rule: String,
    /// A sentence for every place where it was used, without full stops.
    pub sentences: Vec<Vec<Inline>>,
    /// Where it leads from indices to matrices: what every index is.
    pub readings: Vec<Reading>,
}

/// How an entry is read as that of a product of matrices: `Σ_k A_ik B_kj = [A B]_ij` with the roles of the indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What scales all of it.
    pub front: Option<Math>,
    /// What is summed over; empty where nothing is.
    pub summed: Vec<Math>,
    /// Every factor, and what its indices are: `row i, summed k`.
    pub parts: Vec<(Math, Vec<Inline>)>,
    /// The entry that it is.
    pub result: Math,
}

impl Reading {
    /// Whether every factor is read alike and as it stands, so that there is nothing to see once that was explained.
    pub fn is_plain(&self) -> bool {
        let as_it_stands =
            |(factor, _): &(Math, Vec<Inline>)| !matches!(factor, Math::Relation { .. });
        let alike = self.parts.windows(2).all(|pair| pair[0].1 == pair[1].1);
        alike && self.parts.iter().all(as_it_stands)
    }
}

impl Right {
    /// A right side with nothing beside it.
    pub fn plain(math: Math) -> Right {
        Right {
            math,
            sizes: None,
            number: None,
            reasons: Vec::new(),
        }
    }
}

impl Equation {
    /// `left = right`, with the sizes beside it.
    pub fn sized(left: Math, right: Math, sizes: Option<Math>) -> Equation {
        let right = Right {
            sizes,
            ..Right::plain(right)
        };
        Equation {
            left,
            sign: Sign::Equal,
            rights: vec![right],
        }
    }

    /// The same with a number at its last line.
    #[must_use]
    pub fn numbered(mut self, number: Option<usize>) -> Equation {
        if let Some(last) = self.rights.last_mut() {
            last.number = number;
        }
        self
    }

    /// `left = right`
    pub fn plain(left: Math, right: Math) -> Equation {
        Equation::sized(left, right, None)
    }
}

/// Words.
pub fn words(text: impl Into<String>) -> Inline {
    Inline::Text(text.into())
}

/// Words with what stands between backticks taken literally.
pub fn marked(text: &str) -> Vec<Inline> {
    let pieces = text.split('`').enumerate();
    let part = |(at, piece): (usize, &str)| match at % 2 {
        0 => words(piece),
        _ => Inline::Code(piece.to_owned()),
    };
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(part)
        .collect()
}

/// Ends a sentence by a stop where no formula follows that it would lead to.
pub fn without_formula(said: &mut [Inline]) {
    if let Some(Inline::Text(last)) = said.last_mut()
        && let Some(front) = last.strip_suffix(':')
    {
        *last = format!("{front}.");
    }
}

/// A sentence of words alone.
pub fn sentence(text: impl Into<String>) -> Vec<Inline> {
    vec![words(text)]
}
