//! Array operations in languages whose arrays count from 1 and keep columns together.
//!
//! In: a node that NumPy would index, reshape or reduce. Out: the same in Octave, where axes of size 1 at the end are free, or Julia, where
//! every axis is there or not. Entries are the same at the same places: only what speaks of the order in memory is turned around.

use crate::code::{Id, Op, Reduction};
use crate::language::Kind;
use crate::places::{place, slices};
use crate::text::{Level, Text, bracketed};
use crate::translate::Unsupported;
use crate::write::Writer;
use derive_graph::{Dim, Gather};

impl Writer<'_> {
    /// The node in such a language; `None` where the common way will do.
    pub(crate) fn in_columns(&mut self, id: Id) -> Result<Option<Text>, Unsupported> {
        let node = self.arena.node(id).clone();
        let arguments = &node.arguments;
        let text = match &node.op {
            Op::MatMul => self.product_of_matrices(arguments[0], arguments[1], &node.dims)?,
            Op::View(axes) => {
                let text = self.spelled_expression(arguments[0])?;
                let own = self.arena.dims(arguments[0]).to_vec();
                self.turned(text, &own, axes)?
            }
            Op::Broadcast => self.repeated(arguments[0], &node.dims)?,
            Op::Reduce { kind, axes, keep } => self.reduced(*kind, arguments[0], axes, *keep)?,
            Op::Concat(axis) => {
                let written = self.list(arguments)?;
                self.filled("concat", &[loose(written), loose((axis + 1).to_string())])?
            }
            Op::Softmax { axis, log } => {
                let name = if *log { "log_softmax" } else { "softmax" };
                self.spelled(name, arguments, &[(axis + 1).to_string()])?
            }
            Op::Reshape => {
                let shape = self.sizes(&node.dims);
                let rank = self.arena.rank(arguments[0]).to_string();
                self.spelled("reshape", arguments, &[shape, rank])?
            }
            Op::Gather(gather) => self.gathered(arguments[0], gather, &node.dims)?,
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    fn octave(&self) -> bool {
        self.target.language.kind == Kind::Octave
    }

    /// An expression with its level.
    fn spelled_expression(&mut self, id: Id) -> Result<Text, Unsupported> {
        match self.variables.get(&id) {
            Some(variable) => Ok((variable.clone(), Level::Atom)),
            None => self.afresh(id),
        }
    }

    /// Sizes between commas.
    fn sizes(&mut self, dims: &[Dim]) -> String {
        let sizes: Vec<String> = dims.iter().map(|dim| self.dim(dim).0).collect();
        sizes.join(", ")
    }

    /// The sizes that a constructor is given: in Octave, where one size makes a square, at least two.
    fn sizes_to_fill(&mut self, dims: &[Dim]) -> String {
        let text = self.sizes(dims);
        match (self.octave(), dims.len()) {
            (true, 0) => "1, 1".to_owned(),
            (true, 1) => format!("{text}, 1"),
            _ => text,
        }
    }

    fn product_of_matrices(&mut self, a: Id, b: Id, dims: &[Dim]) -> Result<Text, Unsupported> {
        let level = |writer: &Self, id: Id| {
            let chained =
                !writer.variables.contains_key(&id) && writer.arena.node(id).op == Op::MatMul;
            let plain = writer.arena.rank(id) == 2;
            if chained && plain {
                Level::Product
            } else {
                Level::Minus
            }
        };
        let (rank_a, rank_b) = (self.arena.rank(a), self.arena.rank(b));
        if rank_a > 2 || rank_b > 2 {
            return self.many_products(a, b, dims.len());
        }
        let transposed =
            |writer: &Self, text: String| writer.filled("transpose", &[(text, Level::Atom)]);
        let times = self.target.language.matmul;
        let (left, right) = match (rank_a, rank_b) {
            (1, 1) => {
                let text = self.expression(a, Level::Atom)?;
                (transposed(self, text)?.0, self.expression(b, Level::Minus)?)
            }
            // v A = (Aᵀ v), a column.
            (1, _) => {
                let text = self.expression(b, Level::Atom)?;
                (transposed(self, text)?.0, self.expression(a, Level::Minus)?)
            }
            _ => {
                let level = level(self, a);
                (
                    self.expression(a, level)?,
                    self.expression(b, Level::Minus)?,
                )
            }
        };
        Ok((format!("{left}{times}{right}"), Level::Product))
    }

    /// Products of many matrices at once: leading axes go together, lined up at the last.
    fn many_products(&mut self, a: Id, b: Id, rank: usize) -> Result<Text, Unsupported> {
        let (rank_a, rank_b) = (self.arena.rank(a), self.arena.rank(b));
        let together: Vec<char> = ('a'..'m').collect();
        let word = |own: usize, matrix: &str| -> String {
            let leading = own.saturating_sub(matrix.len());
            let most = rank_a.max(rank_b) - 2;
            together[most - leading..most].iter().collect::<String>() + matrix
        };
        let left = if rank_a == 1 { "k" } else { "ik" };
        let right = if rank_b == 1 { "k" } else { "kj" };
        // An axis of size 1 that is repeated has no einsum.
        let (words_a, words_b) = (
            word(rank_a, &left.replace('i', "y").replace('k', "x")),
            word(rank_b, &right.replace('j', "z").replace('k', "x")),
        );
        let mut result: String = together[..rank_a.max(rank_b) - 2].iter().collect();
        result.push_str(if rank_a == 1 { "" } else { "y" });
        result.push_str(if rank_b == 1 { "" } else { "z" });
        debug_assert_eq!(result.len(), rank);
        let written = self.list(&[a, b])?;
        let labels = format!("{words_a},{words_b}->{result}");
        self.filled("einsum", &[loose(written), loose(labels)])
    }

    /// A text of these axes with the axes moved, added or dropped.
    pub(crate) fn turned(
        &mut self,
        text: Text,
        own: &[Dim],
        axes: &[Option<usize>],
    ) -> Result<Text, Unsupported> {
        let rank = own.len();
        let moved: Vec<usize> = axes.iter().copied().flatten().collect();
        let dropped = (0..rank).filter(|axis| !moved.contains(axis));
        if self.octave() {
            let mut fresh = rank..;
            let mut order: Vec<usize> = axes
                .iter()
                .filter_map(|axis| axis.or_else(|| fresh.next()))
                .collect();
            order.extend(dropped);
            while order.len() < 2 {
                order.push(order.len());
            }
            if rank == 0 || order.windows(2).all(|pair| pair[0] < pair[1]) {
                return Ok(text);
            }
            if order == [1, 0] {
                return self.filled("transpose", &[text]);
            }
            let order: Vec<String> = order.iter().map(|axis| (axis + 1).to_string()).collect();
            return self.filled("permute", &[text, loose(order.join(", "))]);
        }
        self.turned_in_julia(text, own, axes, &moved)
    }

    fn turned_in_julia(
        &mut self,
        text: Text,
        own: &[Dim],
        axes: &[Option<usize>],
        moved: &[usize],
    ) -> Result<Text, Unsupported> {
        if own.is_empty() {
            let ones = vec!["1"; axes.len()].join(", ");
            return self.filled("full", &[text, loose(ones)]);
        }
        if axes.is_empty() {
            return self.filled("only", &[text]);
        }
        if own.len() == 1 && axes == [None, Some(0)] {
            return self.filled("transpose", &[text]);
        }
        let text = if moved.windows(2).all(|pair| pair[0] < pair[1]) {
            text
        } else if own.len() == 2 {
            self.filled("transpose", &[text])?
        } else {
            let dropped = (0..own.len()).filter(|axis| !moved.contains(axis));
            let order: Vec<String> = moved
                .iter()
                .copied()
                .chain(dropped)
                .map(|axis| (axis + 1).to_string())
                .collect();
            self.filled("permute", &[text, loose(order.join(", "))])?
        };
        if moved.len() == own.len() && axes.len() == own.len() {
            return Ok(text);
        }
        let unit = Dim::Size(1);
        let dims: Vec<Dim> = axes
            .iter()
            .map(|axis| axis.map_or(unit.clone(), |axis| own[axis].clone()))
            .collect();
        let named = dims.iter().filter(|dim| !dim.is_unit()).count();
        let shape = if named == 1 {
            // What is left over is the one size that is not 1.
            let size = |dim: &Dim| if dim.is_unit() { "1" } else { ":" };
            dims.iter().map(size).collect::<Vec<_>>().join(", ")
        } else {
            self.sizes(&dims)
        };
        self.filled("view", &[text, loose(shape)])
    }

    fn repeated(&mut self, id: Id, dims: &[Dim]) -> Result<Text, Unsupported> {
        let shape = self.sizes_to_fill(dims);
        let mut inner = id;
        // A number under new axes is the number.
        while let (Op::View(_), false) = (
            &self.arena.node(inner).op,
            self.variables.contains_key(&inner),
        ) {
            let below = self.arena.node(inner).arguments[0];
            if self.arena.rank(below) > 0 {
                break;
            }
            inner = below;
        }
        if self.arena.rank(inner) > 0 {
            let text = self.spelled_expression(inner)?;
            return self.product_text("broadcast", &[text, loose(shape)]);
        }
        if dims.is_empty() {
            return self.spelled_expression(inner);
        }
        let zero = derive_index::Rational::from_integer(0.into());
        let one = derive_index::Rational::from_integer(1.into());
        match self.arena.as_number(inner) {
            Some(value) if *value == zero => self
                .filled("zeros", &[loose(String::new()), loose(shape.clone())])
                .map(|_| (format!("zeros({shape})"), Level::Atom)),
            Some(value) if *value == one => Ok((format!("ones({shape})"), Level::Atom)),
            _ => self.spelled("full", &[inner], &[shape]),
        }
    }

    fn product_text(&self, name: &str, texts: &[Text]) -> Result<Text, Unsupported> {
        self.filled(name, texts)
            .map(|(text, _)| (text, Level::Product))
    }

    fn reduced(
        &mut self,
        kind: Reduction,
        id: Id,
        axes: &[usize],
        keep: bool,
    ) -> Result<Text, Unsupported> {
        let (word, nested) = match kind {
            Reduction::Sum => ("sum", true),
            Reduction::Max => ("max", true),
            Reduction::Min => ("min", true),
            Reduction::LogSumExp => ("logsumexp", false),
        };
        let rank = self.arena.rank(id);
        if axes.len() == rank && !keep && nested {
            return self.spelled(&format!("{word} all"), &[id], &[]);
        }
        let name = format!("{word} keep");
        let listed: Vec<String> = axes.iter().map(|axis| (axis + 1).to_string()).collect();
        let mut text = self.spelled_expression(id)?;
        if self.octave() && nested {
            for axis in listed {
                text = self.filled(&name, &[text, loose(axis)])?;
            }
        } else {
            let axes = match (listed.as_slice(), self.octave()) {
                ([one], _) => one.clone(),
                (several, true) => format!("[{}]", several.join(", ")),
                (several, false) => format!("({})", several.join(", ")),
            };
            text = self.filled(&name, &[text, loose(axes)])?;
        }
        if keep {
            return Ok(text);
        }
        self.without_axes(text, id, axes)
    }

    /// A text whose axes of size 1 go.
    fn without_axes(&mut self, text: Text, id: Id, axes: &[usize]) -> Result<Text, Unsupported> {
        let rank = self.arena.rank(id);
        let left: Vec<Option<usize>> = (0..rank)
            .filter(|axis| !axes.contains(axis))
            .map(Some)
            .collect();
        if self.octave() {
            let own = self.arena.dims(id).to_vec();
            return self.turned(text, &own, &left);
        }
        if left.is_empty() {
            return self.filled("only", &[text]);
        }
        if left.len() == 1 {
            return self.filled("vec", &[text]);
        }
        let listed: Vec<String> = axes.iter().map(|axis| (axis + 1).to_string()).collect();
        let axes = match listed.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(", ")),
        };
        self.filled("dropped", &[text, loose(axes)])
    }

    fn gathered(&mut self, array: Id, gather: &Gather, dims: &[Dim]) -> Result<Text, Unsupported> {
        if let Some(slices) = slices(self, array, gather, dims) {
            let base = self.spelled_expression(array)?;
            let text = self.filled("index", &[base, loose(slices.join(", "))])?;
            let left: Vec<Option<usize>> = gather
                .axes
                .iter()
                .enumerate()
                .filter(|(_, subscript)| !subscript.terms.is_empty())
                .map(|(axis, _)| Some(axis))
                .collect();
            if self.octave() {
                let own = self.arena.dims(array).to_vec();
                return self.turned(text, &own, &left);
            }
            return Ok(text);
        }
        if dims.is_empty() {
            return Err(Unsupported::new(format!(
                "one entry at a place outside, in {}",
                self.target.name
            )));
        }
        let own = self.arena.dims(array).to_vec();
        let letters = crate::places::letters(self, dims.len());
        let places: Vec<String> = gather
            .axes
            .iter()
            .zip(&own)
            .map(|(subscript, dim)| place(self, subscript, dim, &letters))
            .collect();
        let name = if gather.lowest {
            "gather lowest"
        } else {
            "gather"
        };
        let base = self.spelled_expression(array)?;
        let shape = self.sizes(dims);
        self.filled(
            name,
            &[
                base,
                loose(shape),
                loose(letters.join(", ")),
                loose(places.join(", ")),
            ],
        )
    }
}

fn loose(text: String) -> Text {
    (text, Level::Loose)
}

/// The first place as this language counts, of a size and its level.
pub(crate) fn counted_from_one(constant: Text) -> String {
    match constant.0.parse::<i64>() {
        Ok(value) => (value + 1).to_string(),
        Err(_) => format!("{} + 1", bracketed(constant, Level::Sum)),
    }
}
