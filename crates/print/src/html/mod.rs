//! A document as one HTML page that needs nothing else: style and script are in it, formulas are MathML.
//!
//! Every statement and every run of steps folds. The script only hides and shows; without it everything is there to read.
//! A long formula is cut into pieces between which a browser may break, and what is still too wide scrolls by itself.

use crate::breaking::{self, Markup, width};
use crate::document::{
    Block, Document, Equation, Inline, Path, Reading, Reason, Right, Sheet, Sign, Stop, words,
};
use crate::layout_latex;
use crate::layout_text::unicode;
use crate::math::Math;
use crate::mathml::{MathMl, escape};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Formulas wider than this many columns may break, in pieces of at most that width.
const PIECE: usize = 22;
/// Formulas up to this width are never broken.
const WHOLE: usize = 25;

/// Left sides wider than this stand above the right side on a phone.
const LEFT: usize = 10;

/// A page on its way out, and what is open in it.
#[derive(Default)]
struct Page {
    graph: String,
    out: String,
    section: bool,
    statement: bool,
    sections: usize,
}

/// The document as a page, with a picture of the computation graph before its first section.
pub fn render_html(document: &Document, graph: &str) -> String {
    document.draw(html_sheet(graph.to_owned()))
}

/// A page with a picture of the computation graph before its first section.
pub fn html_sheet(graph: String) -> Box<dyn Sheet> {
    Box::new(Page {
        graph,
        ..Page::default()
    })
}

impl Sheet for Page {
    fn title(&mut self, title: &[Inline]) {
        self.head(title);
        self.line("<details class=\"picture\" open>\n<summary>The computation graph</summary>");
        let graph = std::mem::take(&mut self.graph);
        self.line(&format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"computation graph\">\n{graph}</div>\n</details>"
        ));
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let mut blocks = blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            match (block, blocks.peek()) {
                (Block::Lead(lead), Some(Block::Equations(equations))) => {
                    self.part(lead, equations);
                    blocks.next();
                }
                (block, _) => self.block(block),
            }
        }
    }

    fn finish(mut self: Box<Self>) -> String {
        self.close_section();
        self.line("</main>");
        self.line(&format!("<script>\n{SCRIPT}</script>"));
        self.line("</body>\n</html>");
        self.out
    }
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn head(&mut self, title: &[Inline]) {
        self.line("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        self.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        self.line("<meta name=\"color-scheme\" content=\"light dark\">");
        self.line(&format!("<title>{}</title>", escape(&unicode(title))));
        self.line(&format!(
            "<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
        ));
        self.line(&format!("<h1>{}</h1>", inlines(title)));
        self.line(concat!(
            "<div class=\"controls\" role=\"group\" aria-label=\"How to read this page\" hidden>\n",
            "<button type=\"button\" id=\"hints\" aria-pressed=\"false\">One step at a time</button>\n",
            "<button type=\"button\" id=\"fold\">Fold all</button>\n",
            "<button type=\"button\" id=\"unfold\">Unfold all</button>\n",
            "</div>"
        ));
    }

    fn close_statement(&mut self) {
        if std::mem::take(&mut self.statement) {
            self.line("</details>");
        }
    }

    fn close_section(&mut self) {
        self.close_statement();
        if std::mem::take(&mut self.section) {
            self.line("</section>");
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Section(title) => {
                self.close_section();
                self.section = true;
                self.sections += 1;
                let name = format!("section-{}", self.sections);
                self.line(&format!("<section aria-labelledby=\"{name}\">"));
                self.line(&format!("<h2 id=\"{name}\">{}</h2>", inlines(title)));
            }
            Block::Subsection(title) => {
                self.close_statement();
                self.statement = true;
                let title = inlines(title);
                self.line(&format!(
                    "<details class=\"statement\" open>\n<summary><h3>{title}</h3></summary>"
                ));
            }
            Block::Paragraph(parts) | Block::Lead(parts) => {
                self.line(&format!("<p>{}</p>", inlines(parts)));
            }
            Block::List(items) => {
                self.line("<ul>");
                for item in items {
                    self.line(&format!("<li>{}</li>", inlines(item)));
                }
                self.line("</ul>");
            }
            Block::Table(rows) => self.table(rows),
            Block::Equations(equations) => self.equations(equations),
            Block::Path(path) => self.path(path),
            // One that is wider than a printed page is told entry by entry.
            Block::Matrix {
                left,
                rows,
                entries,
            } => match layout_latex::matrix(left, rows) {
                Some(_) => self.matrix(left, rows),
                None => self.equations(entries),
            },
        }
    }

    /// A path goes on below where the screen ends.
    fn path(&mut self, path: &Path) {
        let stop = |stop: &Stop| {
            format!(
                "<math displaystyle=\"true\">{}</math>",
                MathMl::default().with_sizes(&stop.name, &stop.sizes)
            )
        };
        self.line(
            "<div class=\"path\" tabindex=\"0\" role=\"group\" aria-label=\"error signals\">",
        );
        self.line(&stop(&path.first));
        // Fonts for mathematics do not all have arrows of every length.
        const ARROW: &str = "<span class=\"arrow\" role=\"img\" aria-label=\"leads to\"></span>";
        for step in &path.steps {
            let above = step.above.as_ref();
            let above = above.map(|it| format!("<math>{}</math>", MathMl::default().math(it)));
            self.line(&format!(
                "<span><span class=\"by\">{}{ARROW}</span> {}</span>",
                above.unwrap_or_default(),
                stop(&step.to)
            ));
        }
        self.line("</div>");
    }

    /// On a screen that is too narrow for it a matrix scrolls.
    fn matrix(&mut self, left: &Math, rows: &[Vec<Math>]) {
        let (left, matrix) = (display(left), MathMl::default().matrix(rows));
        self.line(&format!(
            "<div class=\"equations\">\n<div class=\"left\">{left}</div>\n<div class=\"sign\"><math><mo>=</mo></math></div>\n\
             <div class=\"right\" tabindex=\"0\" role=\"group\" aria-label=\"matrix\"><math displaystyle=\"true\">{matrix}</math></div>\n</div>"
        ));
    }

    fn table(&mut self, rows: &[Vec<Vec<Inline>>]) {
        self.line("<div class=\"scroll\"><table>");
        for row in rows {
            let cell = |(at, cell): (usize, &Vec<Inline>)| match at {
                0 => format!("<th scope=\"row\">{}</th>", inlines(cell)),
                _ => format!("<td>{}</td>", inlines(cell)),
            };
            let cells: String = row.iter().enumerate().map(cell).collect();
            self.line(&format!("<tr>{cells}</tr>"));
        }
        self.line("</table></div>");
    }

    /// Words and the equations that they lead to; they fold if the equations have steps.
    fn part(&mut self, lead: &[Inline], equations: &[Equation]) {
        let rights = equations.iter().flat_map(|equation| &equation.rights);
        let steps = rights.filter(|right| !right.reasons.is_empty()).count();
        let lead = inlines(lead);
        if steps > 0 {
            self.line(&format!(
                "<details class=\"part\" open>\n<summary>{lead}</summary>"
            ));
            self.equations(equations);
            self.line("</details>");
        } else {
            self.line(&format!("<div class=\"part\">\n<p>{lead}</p>"));
            self.equations(equations);
            self.line("</div>");
        }
    }

    fn equations(&mut self, equations: &[Equation]) {
        let wide = equations.iter().any(|it| drawn(&it.left) > LEFT);
        let wide = if wide { " wide" } else { "" };
        self.line(&format!("<div class=\"equations{wide}\">"));
        for equation in equations {
            let mut left = display(&equation.left);
            for right in &equation.rights {
                let id = right
                    .number
                    .map(|number| format!(" id=\"equation-{number}\""));
                self.line(&format!("<div class=\"step\"{}>", id.unwrap_or_default()));
                self.line(&format!("<div class=\"left\">{left}</div>"));
                self.right(equation.sign, right);
                self.line("</div>");
                left.clear();
            }
        }
        self.line("</div>");
    }

    fn right(&mut self, sign: Sign, right: &Right) {
        let sign = match sign {
            Sign::Equal => "=",
            Sign::Assign => "←",
        };
        // What may be wider than a phone can be scrolled with the keyboard as well.
        let reach = if width(&right.math) > WHOLE {
            " tabindex=\"0\" role=\"group\" aria-label=\"long formula\""
        } else {
            ""
        };
        let sizes = right.sizes.as_ref().map(|sizes| {
            let sizes = pieces(sizes, MathMl::default(), "<math>");
            format!(" <span class=\"sizes\">{sizes}</span>")
        });
        self.line(&format!(
            "<div class=\"sign\"><math><mo>{sign}</mo></math></div>\n<div class=\"right\"{reach}>{}{}</div>",
            display(&right.math),
            sizes.unwrap_or_default()
        ));
        if let Some(number) = right.number {
            self.line(&format!("<div class=\"number\">({number})</div>"));
        }
        for reason in &right.reasons {
            self.line(&format!("<p class=\"why\">{}</p>", reason_words(reason)));
            for reading in &reason.readings {
                self.reading(reading);
            }
        }
    }
}

impl Page {
    /// The entry with a brace below every factor that says what its indices are.
    fn reading(&mut self, reading: &Reading) {
        let brace = |(factor, roles): &(Math, Vec<Inline>)| {
            MathMl::default().braced(factor, &roles.iter().map(role).collect::<String>())
        };
        let sum = match reading.summed.as_slice() {
            [] => String::new(),
            summed => format!(
                "<math displaystyle=\"true\">{}</math> ",
                MathMl::default().big_sum(summed)
            ),
        };
        let front = reading.front.as_ref().map(display);
        let front = front.map_or(String::new(), |front| format!("{front} "));
        let pieces = reading.parts.iter().map(brace);
        let pieces = pieces.map(|it| format!("<math displaystyle=\"true\">{it}</math>"));
        let pieces: Vec<String> = pieces.collect();
        self.line(&format!(
            "<div class=\"why reading\" tabindex=\"0\" role=\"group\" aria-label=\"what the indices are\">{front}{sum}{} <math><mo>=</mo></math> {}</div>",
            pieces.join(" "),
            display(&reading.result)
        ));
    }
}

/// What an index is, below a brace.
fn role(part: &Inline) -> String {
    match part {
        Inline::Math(math) => MathMl::default().math(math),
        part => format!(
            "<mtext>{}</mtext>",
            escape(&unicode(std::slice::from_ref(part))).replace(' ', "\u{a0}")
        ),
    }
}

/// The columns that a left side takes: of a derivative, only as many as the longer one of its halves.
fn drawn(left: &Math) -> usize {
    match left {
        Math::Partial { top, bottoms } => width(top).max(bottoms.iter().map(width).sum()),
        left => width(left),
    }
}

/// A formula on a line of its own, in pieces if it is long.
fn display(math: &Math) -> String {
    pieces(math, MathMl::default(), "<math displaystyle=\"true\">")
}

fn pieces(math: &Math, markup: MathMl, open: &str) -> String {
    let room = if width(math) > WHOLE { PIECE } else { WHOLE };
    let pieces = breaking::pieces(math, room, &markup);
    let piece = |piece: &breaking::Piece| format!("{open}{}</math>", piece.markup);
    pieces.iter().map(piece).collect::<Vec<_>>().join(" ")
}

fn reason_words(reason: &Reason) -> String {
    let mut said = vec![Inline::Strong(reason.rule.clone())];
    for (at, sentence) in reason.sentences.iter().enumerate() {
        said.push(words(if at == 0 { ": " } else { "; " }));
        said.extend(sentence.iter().cloned());
    }
    said.push(words("."));
    inlines(&said)
}

fn inlines(parts: &[Inline]) -> String {
    let mut told = String::new();
    for (at, part) in parts.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| parts.get(at));
        match (before, part) {
            (Some(Inline::Math(_)), Inline::Text(text)) => close(&mut told, text),
            _ => told.push_str(&inline(part)),
        }
    }
    told
}

/// Words behind a formula: a sign that closes stays on the line of the formula's end, where browsers would break before it.
fn close(told: &mut String, text: &str) {
    let signs = text.len() - text.trim_start_matches([',', '.', ';', ':', ')']).len();
    let (signs, rest) = text.split_at(signs);
    if let Some(at) = told.rfind("<math").filter(|_| !signs.is_empty()) {
        told.insert_str(at, "<span class=\"closed\">");
        told.push_str(&format!("{signs}</span>"));
    }
    if !rest.is_empty() {
        told.push_str(&inline(&words(rest)));
    }
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Text(text) if text.len() > 1 && text.trim().is_empty() => {
            "<span class=\"room\"> </span>".to_owned()
        }
        Inline::Text(text) => escape(text),
        Inline::Strong(text) => {
            let (words, after) = text.split_at(text.trim_end().len());
            format!("<strong>{}</strong>{after}", escape(words))
        }
        Inline::Code(code) => format!("<code>{}</code>", escape(code)),
        Inline::Math(math) => pieces(math, MathMl { slashed: true }, "<math>"),
        Inline::Cite(number) => format!("<a href=\"#equation-{number}\">({number})</a>"),
    }
}
