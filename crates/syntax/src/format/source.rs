//! A source text and its tree in, the same spec in canonical spelling out, with its comments and its empty lines.
//!
//! The tree has no comments, so they come from the source: one on a line of its own stays before the statement that it stands
//! before, one behind a statement stays behind it, and one in the middle of a statement moves before it. Several empty
//! lines in a row become one. Writing the result again gives the same text.

use super::{INDENT, format_statement};
use crate::ast::{Spec, Statement, StatementKind};
use crate::lexer::tokenize;

/// A spec in canonical spelling with everything that its author said beside it. The tree is the one of this source.
pub fn format_source(source: &str, spec: &Spec) -> String {
    let mut writer = Writer {
        source,
        comments: comments(source),
        next: 0,
        end: 0,
        out: String::new(),
    };
    writer.statements(&spec.statements, 0);
    writer.comments_before(source.len(), 0);
    writer.out
}

/// A comment with its place; the text begins with `#`.
struct Comment<'a> {
    start: usize,
    text: &'a str,
}

/// What stands between two tokens is blanks and comments and nothing else.
fn comments(source: &str) -> Vec<Comment<'_>> {
    let (tokens, _) = tokenize(source, 0);
    let mut found = Vec::new();
    let mut from = 0;
    for token in tokens {
        let gap = source.get(from..token.span.start).unwrap_or_default();
        let mut at = from;
        for line in gap.split_inclusive('\n') {
            if let Some(place) = line.find('#') {
                found.push(Comment {
                    start: at + place,
                    text: line[place..].trim_end(),
                });
            }
            at += line.len();
        }
        from = token.span.end.max(from);
    }
    found
}

struct Writer<'a> {
    source: &'a str,
    comments: Vec<Comment<'a>>,
    /// The first comment that is not written yet.
    next: usize,
    /// Where in the source the last thing that was written ends.
    end: usize,
    out: String,
}

impl Writer<'_> {
    fn statements(&mut self, statements: &[Statement], depth: usize) {
        for statement in statements {
            let body = body(statement);
            // What stands inside a statement without statements of its own has no better place than before it.
            let limit = match body.and_then(|body| body.first()) {
                Some(first) => statement.span.start.min(first.span.start),
                None => statement.span.end,
            };
            self.comments_before(limit, depth);
            self.empty_line(statement.span.start);
            let text = format_statement(statement);
            match body {
                None => self.line(text.trim_end(), depth),
                Some(body) => {
                    let first = text.lines().next().unwrap_or_default();
                    let last = text.lines().last().unwrap_or_default();
                    self.line(first, depth);
                    let start = body.first().map_or(statement.span.end, |it| it.span.start);
                    self.end = start;
                    self.statements(body, depth + 1);
                    self.comments_before(statement.span.end, depth + 1);
                    self.line(last, depth);
                }
            }
            self.end = statement.span.end;
            self.comment_behind();
        }
    }

    fn line(&mut self, text: &str, depth: usize) {
        for line in text.lines() {
            self.out.push_str(&INDENT.repeat(depth));
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    /// Every comment that is left before a place, each on a line of its own.
    fn comments_before(&mut self, place: usize, depth: usize) {
        while let Some(comment) = self.comments.get(self.next) {
            if comment.start >= place {
                break;
            }
            let (start, text) = (comment.start, comment.text.to_owned());
            self.next += 1;
            self.empty_line(start);
            self.line(&text, depth);
            self.end = start + text.len();
        }
    }

    /// An empty line, if the source has one between what was written last and this place.
    fn empty_line(&mut self, start: usize) {
        let gap = self.source.get(self.end..start).unwrap_or_default();
        let empty = gap.matches('\n').count() > 1;
        if empty && !self.out.is_empty() && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
    }

    /// The comment on the line where the last statement ended.
    fn comment_behind(&mut self) {
        let Some(comment) = self.comments.get(self.next) else {
            return;
        };
        let gap = self.source.get(self.end..comment.start);
        if gap.is_some_and(|gap| gap.trim().is_empty() && !gap.contains('\n')) {
            self.out.truncate(self.out.trim_end().len());
            self.out.push_str(&format!("  {}\n", comment.text));
            self.end = comment.start + comment.text.len();
            self.next += 1;
        }
    }
}

/// The statements inside a statement.
fn body(statement: &Statement) -> Option<&[Statement]> {
    match &statement.kind {
        StatementKind::For(repeat) => Some(&repeat.body),
        StatementKind::Layer(layer) => layer.body.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let parsed = crate::parse_str(source);
        assert!(parsed.diagnostics.is_empty(), "{source}");
        let once = format_source(source, &parsed.spec);
        assert_eq!(once, expected);
        assert_eq!(format_source(&once, &crate::parse_str(&once).spec), once);
    }

    #[test]
    fn comments_and_empty_lines_stay() {
        check(
            "# head\n\n\n\ninput  X:[N,d]   # data\nparam w : [d]\n\n# the \"loss\"\nloss sum( (X@w)^2 )#end\n# last\n",
            "# head\n\ninput X: [N, d]  # data\nparam w: [d]\n\n# the \"loss\"\nloss sum((X @ w)^2)  #end\n# last\n",
        );
        check(
            "param w: scalar\nZ = (w + # why\n  1)\nloss Z\n",
            "param w: scalar\n# why\nZ = w + 1\nloss Z\n",
        );
        check(
            "param w: scalar\nH{0} = w\nfor t in 1..3 { # steps\n  H{t} = H{t-1}*w # one\n\n  # inside\n}\nloss H{3}\n",
            "param w: scalar\nH{0} = w\nfor t in 1..3 {\n  # steps\n  H{t} = H{t-1} * w  # one\n\n  # inside\n}\nloss H{3}\n",
        );
    }
}
