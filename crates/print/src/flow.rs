//! Where the text of a formula goes: onto one line, or into a layout that breaks it.
//!
//! Both take the same calls, so that a formula is spelt in one place only.

use pretty::{DocAllocator, RcAllocator, RcDoc};

/// Takes a formula piece by piece.
pub trait Flow {
    /// Whether a line may break at all: if not, nobody need measure what comes.
    fn breaks(&self) -> bool;
    /// Signs that stay together.
    fn text(&mut self, text: &str);
    /// A space where the line may break if what follows does not fit.
    fn soft_space(&mut self);
    /// Begins a part before which the line breaks if the part does not fit behind what stands there; a space stands before it, or nothing.
    fn open_part(&mut self, space: bool);
    /// Ends the part.
    fn close_part(&mut self);
    /// A space that breaks together with the others of its block, if the block is too long.
    fn block_space(&mut self);
    /// Begins a block: what continues stands under its beginning.
    fn open(&mut self);
    /// Ends the block; the block spaces of a group break together.
    fn close(&mut self, group: bool);
}

/// One line.
impl Flow for String {
    fn breaks(&self) -> bool {
        false
    }

    fn text(&mut self, text: &str) {
        self.push_str(text);
    }

    fn soft_space(&mut self) {
        self.push(' ');
    }

    fn open_part(&mut self, space: bool) {
        if space {
            self.push(' ');
        }
    }

    fn close_part(&mut self) {}

    fn block_space(&mut self) {
        self.push(' ');
    }

    fn open(&mut self) {}

    fn close(&mut self, _group: bool) {}
}

/// How much what continues is indented where it cannot stand under its beginning.
const HANGING: isize = 4;

/// A layout: the blocks that are open, innermost last. Each is kept twice: with what continues under its beginning, and, for
/// formulas that are too deep for that, with what continues a little to the right of the line before.
pub struct Layout {
    open: Vec<[RcDoc<'static, ()>; 2]>,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout {
            open: vec![[RcDoc::nil(), RcDoc::nil()]],
        }
    }
}

impl Layout {
    fn push(&mut self, doc: [RcDoc<'static, ()>; 2]) {
        let [aligned, hanging] = self
            .open
            .pop()
            .unwrap_or_else(|| [RcDoc::nil(), RcDoc::nil()]);
        let [doc, other] = doc;
        self.open.push([aligned.append(doc), hanging.append(other)]);
    }

    fn push_both(&mut self, doc: &RcDoc<'static, ()>) {
        self.push([doc.clone(), doc.clone()]);
    }

    /// The lines of the layout at a width.
    pub fn lines(mut self, width: usize) -> Vec<String> {
        while self.open.len() > 1 {
            self.close(false);
        }
        let [aligned, hanging] = self
            .open
            .pop()
            .unwrap_or_else(|| [RcDoc::nil(), RcDoc::nil()]);
        let lines = |doc: RcDoc<'static, ()>| -> Vec<String> {
            let text = doc.pretty(width).to_string();
            text.lines()
                .map(|line| line.trim_end().to_owned())
                .collect()
        };
        let wide = |lines: &[String]| lines.iter().any(|line| crate::text::columns(line) > width);
        let first = lines(aligned);
        if !wide(&first) {
            return first;
        }
        let second = lines(hanging);
        if wide(&second) { first } else { second }
    }
}

impl Flow for Layout {
    fn breaks(&self) -> bool {
        true
    }

    fn text(&mut self, text: &str) {
        self.push_both(&RcDoc::as_string(text));
    }

    fn soft_space(&mut self) {
        self.push_both(&RcDoc::softline());
    }

    fn open_part(&mut self, space: bool) {
        self.open.push([RcDoc::nil(), RcDoc::nil()]);
        self.push_both(&if space { RcDoc::line() } else { RcDoc::line_() });
    }

    fn close_part(&mut self) {
        if let Some(part) = self.open.pop() {
            self.push(part.map(RcDoc::group));
        }
    }

    fn block_space(&mut self) {
        self.push_both(&RcDoc::line());
    }

    fn open(&mut self) {
        self.open.push([RcDoc::nil(), RcDoc::nil()]);
    }

    fn close(&mut self, group: bool) {
        let [aligned, hanging] = self
            .open
            .pop()
            .unwrap_or_else(|| [RcDoc::nil(), RcDoc::nil()]);
        // Only the innermost blocks hang; the outermost keeps its column.
        let outermost = self.open.len() == 1;
        let aligned = RcAllocator.nil().append(aligned).align().into_doc();
        let hanging = if outermost {
            RcAllocator.nil().append(hanging).align().into_doc()
        } else {
            hanging.nest(HANGING)
        };
        self.push([aligned, hanging].map(|doc| if group { doc.group() } else { doc }));
    }
}
