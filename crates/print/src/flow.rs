//! Where the text of a formula goes: onto one line, or into a layout that breaks it.
//!
//! Both take the same calls, so that a formula is spelt in one place only.

use pretty::{DocAllocator, RcAllocator, RcDoc};

/// Takes a formula piece by piece.
pub trait Flow {
    /// Signs that stay together.
    fn text(&mut self, text: &str);
    /// A space where the line may break if what follows does not fit.
    fn soft_space(&mut self);
    /// A space that breaks together with the others of its block, if the block is too long.
    fn block_space(&mut self);
    /// Begins a block: what continues stands under its beginning.
    fn open(&mut self);
    /// Ends the block; the block spaces of a group break together.
    fn close(&mut self, group: bool);
}

/// One line.
impl Flow for String {
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }

    fn soft_space(&mut self) {
        self.push(' ');
    }

    fn block_space(&mut self) {
        self.push(' ');
    }

    fn open(&mut self) {}

    fn close(&mut self, _group: bool) {}
}

/// A layout: the blocks that are open, innermost last.
pub struct Layout {
    open: Vec<RcDoc<'static, ()>>,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout {
            open: vec![RcDoc::nil()],
        }
    }
}

impl Layout {
    fn push(&mut self, doc: RcDoc<'static, ()>) {
        let before = self.open.pop().unwrap_or_else(RcDoc::nil);
        self.open.push(before.append(doc));
    }

    /// The lines of the layout at a width.
    pub fn lines(mut self, width: usize) -> Vec<String> {
        while self.open.len() > 1 {
            self.close(false);
        }
        let whole = self.open.pop().unwrap_or_else(RcDoc::nil);
        let text = whole.pretty(width).to_string();
        let lines = text.lines().map(|line| line.trim_end().to_owned());
        lines.collect()
    }
}

impl Flow for Layout {
    fn text(&mut self, text: &str) {
        self.push(RcDoc::as_string(text));
    }

    fn soft_space(&mut self) {
        self.push(RcDoc::softline());
    }

    fn block_space(&mut self) {
        self.push(RcDoc::line());
    }

    fn open(&mut self) {
        self.open.push(RcDoc::nil());
    }

    fn close(&mut self, group: bool) {
        let block = self.open.pop().unwrap_or_else(RcDoc::nil);
        let aligned = RcAllocator.nil().append(block).align().into_doc();
        self.push(if group { aligned.group() } else { aligned });
    }
}
