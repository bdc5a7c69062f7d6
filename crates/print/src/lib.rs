//! Printing a derivation.
//!
//! A [`derive_index::derivation::Derivation`] goes in and text comes out, in two layers: [`content`] says what is written
//! and in which order as one [`document::Document`], whose formulas are [`math::Math`] trees; the formats
//! ([`layout_text`], [`layout_latex`]) only draw it. Nothing here derives anything. A closed form that does not conform is
//! refused, never printed.

mod affine;
pub mod alphabet;
mod annotations;
pub mod breaking;
pub mod content;
pub mod document;
pub mod flow;
pub mod fourier;
mod fraction;
pub mod glyphs;
pub mod html;
pub mod json;
pub mod latex;
mod latex_notes;
mod latex_path;
mod latex_reasons;
pub mod layout_latex;
pub mod layout_markdown;
pub mod layout_text;
pub mod letters;
pub mod math;
pub mod mathml;
pub mod named_forms;
pub mod names;
pub mod picture;
mod products;
pub mod shapes;
pub mod term;
pub mod text;
mod text_names;

use alphabet::Alphabet;
use derive_graph::{Name, Network, Shape};
use derive_index::Term;
use derive_index::derivation::{ClaimOutcome, Derivation, Forward, Statement};
use document::Sheet;
use layout_text::Page;
use std::fmt;

/// What a derivation is printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Unicode for a terminal.
    #[default]
    Text,
    /// The same text in ASCII alone.
    Ascii,
    /// LaTeX.
    Latex,
    /// Markdown with formulas that KaTeX and GitHub draw.
    Markdown,
    /// One HTML page that needs nothing else.
    Html,
    /// One JSON object.
    Json,
}

/// How much of the way is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steps {
    /// The results alone.
    None,
    /// What a textbook shows.
    #[default]
    Key,
    /// Every rewrite.
    Full,
}

/// How to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What to print.
    pub format: Format,
    /// How much of the way to show.
    pub steps: Steps,
    /// Columns of the terminal; text only.
    pub width: usize,
    /// Whether what a step changes is coloured, for a terminal, rather than underlined; text only.
    pub colour: bool,
    /// Whether LaTeX comes as a document that compiles as it is.
    pub standalone: bool,
    /// Whether arrays are also written out entry by entry, at the sizes that the spec gives.
    pub expand: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            format: Format::Text,
            steps: Steps::Key,
            width: 80,
            colour: false,
            standalone: false,
            expand: false,
        }
    }
}

/// Why a derivation was not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintError {
    /// A closed form does not have the shape of what it stands for.
    Shape {
        /// What it stands for.
        name: Name,
        /// The shape that it should have.
        expected: Shape,
        /// The shape that it has; `None` if its parts do not fit one another.
        found: Option<Shape>,
    },
    /// Arrays are to be written out, and dimensions have no size.
    Sizes {
        /// The dimensions.
        missing: Vec<Name>,
    },
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrintError::Sizes { missing } => {
                let names: Vec<&str> = missing.iter().map(Name::as_str).collect();
                let first = names.first().copied().unwrap_or_default();
                write!(
                    f,
                    "to write arrays out, every dimension needs a size, and `{}` has none; write `dims {first} = 2`",
                    names.join("`, `")
                )
            }
            PrintError::Shape {
                name,
                expected,
                found: Some(found),
            } => write!(
                f,
                "the form found for `{name}` has the shape {found}, not {expected}"
            ),
            PrintError::Shape {
                name,
                expected,
                found: None,
            } => write!(
                f,
                "the parts of the form found for `{name}` (shape {expected}) do not fit one another"
            ),
        }
    }
}

impl std::error::Error for PrintError {}

/// Narrower than this no formula can be laid out.
const MIN_WIDTH: usize = 40;

/// The derivation in a format.
///
/// # Errors
/// If a closed form does not conform, or its shape is not that of what it stands for.
pub fn render(derivation: &Derivation, options: &Options) -> Result<String, PrintError> {
    render_second(derivation, &[], options)
}

/// The derivation with its second derivatives, if there are any; the first ones are then given as results only.
///
/// # Errors
/// As [`render`].
pub fn render_second(
    derivation: &Derivation,
    second: &[Derivation],
    options: &Options,
) -> Result<String, PrintError> {
    let Some(mut sheet) = sheet(derivation, options) else {
        return json::render_json(derivation, second, options);
    };
    if second.is_empty() {
        content::write(derivation, options, &mut *sheet)?;
        return Ok(sheet.finish());
    }
    let document = content::second::document(derivation, second, options)?;
    Ok(document.draw(sheet))
}

/// The page of a derivation without claims up to where its verdict stands, drawn before there is one.
pub struct Draft(Box<dyn Sheet>);

/// Draws what does not depend on the verdict; `None` for JSON, which is no page.
///
/// # Errors
/// As [`render`].
pub fn draft(derivation: &Derivation, options: &Options) -> Result<Option<Draft>, PrintError> {
    let Some(mut sheet) = sheet(derivation, options) else {
        return Ok(None);
    };
    content::begin(derivation, options, &mut *sheet)?;
    Ok(Some(Draft(sheet)))
}

impl Draft {
    /// The whole page of the derivation that was begun, with its verdict: what [`render`] gives.
    pub fn finish(mut self, derivation: &Derivation) -> String {
        content::end(derivation, &mut *self.0);
        self.0.finish()
    }
}

/// An empty sheet for a derivation; `None` for JSON, which is no page.
fn sheet(derivation: &Derivation, options: &Options) -> Option<Box<dyn Sheet>> {
    let width = options.width.max(MIN_WIDTH);
    Some(match options.format {
        Format::Text | Format::Ascii => layout_text::text_sheet(Page {
            width,
            alphabet: match options.format {
                Format::Ascii => Alphabet::Ascii,
                _ => Alphabet::Unicode,
            },
            colour: options.colour,
        }),
        Format::Latex => layout_latex::latex_sheet(options.standalone),
        Format::Markdown => layout_markdown::markdown_sheet(),
        Format::Html => {
            let Derivation {
                network,
                forward,
                loss,
                ..
            } = derivation;
            let graph = picture::picture(network, forward, loss);
            html::html_sheet(picture::svg::render_svg(&graph, true))
        }
        Format::Json => return None,
    })
}

/// What became of the claims of a spec, with the proofs; JSON has everything else as well.
///
/// # Errors
/// As [`render`], for JSON.
pub fn render_claims(derivation: &Derivation, format: Format) -> Result<String, PrintError> {
    let document = content::judgement(derivation);
    let width = Options::default().width;
    Ok(match format {
        Format::Text => layout_text::render_text(&document, width, Alphabet::Unicode),
        Format::Ascii => layout_text::render_text(&document, width, Alphabet::Ascii),
        Format::Latex => layout_latex::render_latex(&document, false),
        Format::Markdown => layout_markdown::render_markdown(&document),
        Format::Html => html::render_html(&document, ""),
        Format::Json => {
            let options = Options {
                steps: Steps::None,
                ..Options::default()
            };
            json::render_json(derivation, &[], &options)?
        }
    })
}

/// What became of one claim, as text, and what is wrong with it; not what would be right.
pub fn render_verdict(derivation: &Derivation, claim: &ClaimOutcome) -> String {
    let document = content::claims::verdict(derivation, claim);
    layout_text::render_text(&document, Options::default().width, Alphabet::Unicode)
}

/// A hint for somebody who looks for a derivative, as text: its shape, the rules, the first line, and from level 3 on the answer.
pub fn hint(derivation: &Derivation, statement: &Statement, level: usize) -> String {
    let document = content::hints::hint(derivation, statement, level);
    layout_text::render_text(&document, Options::default().width, Alphabet::Unicode)
}

/// How a computation graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// A picture.
    Svg,
    /// Input for Graphviz.
    Dot,
}

/// The computation graph of a network whose forward pass this is.
pub fn render_graph(
    network: &Network,
    forward: &[Forward],
    loss: &Forward,
    drawing: Drawing,
) -> String {
    let picture = picture::picture(network, forward, loss);
    match drawing {
        Drawing::Svg => picture::svg::render_svg(&picture, false),
        Drawing::Dot => picture::dot::render_dot(&picture),
    }
}

/// A term as Unicode text on one line.
pub fn render_term_text(term: &Term, network: &Network) -> String {
    text::inline(&term::Speller::new(network).spell(term))
}

/// A term as LaTeX on one line, without math delimiters.
pub fn render_term_latex(term: &Term, network: &Network) -> String {
    latex::inline(&term::Speller::new(network).spell(term))
}
