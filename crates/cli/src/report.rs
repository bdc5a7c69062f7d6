//! Diagnostics on standard error.

use crate::arguments::{Colour, Input};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use derive_engine::diagnostic::{Diagnostic, Severity};
use std::io::{IsTerminal, Write};

/// Writes a line to standard error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes every diagnostic with the source lines it is about.
pub fn diagnostics(input: &Input, source: &[u8], diagnostics: &[Diagnostic]) {
    let source = String::from_utf8_lossy(source);
    let renderer = if coloured(input.color, &std::io::stderr()) {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    for diagnostic in diagnostics {
        line(&rendered(&renderer, &input.spec, &source, diagnostic));
    }
}

/// Whether what goes there is coloured.
pub fn coloured(colour: Colour, to: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => to.is_terminal() && !refused,
    }
}

fn rendered(renderer: &Renderer, path: &str, source: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut snippet = Snippet::source(source).path(path).fold(true);
    for (at, label) in diagnostic.labels.iter().enumerate() {
        let kind = if at == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let end = label.span.end.min(source.len());
        let start = label.span.start.min(end);
        let whole = source.is_char_boundary(start) && source.is_char_boundary(end);
        let range = if whole { start..end } else { 0..0 };
        let annotation = kind.span(range);
        snippet = snippet.annotation(if label.text.is_empty() {
            annotation
        } else {
            annotation.label(label.text.as_str())
        });
    }
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .element(snippet);
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}
