//! Every array entry by entry at the sizes that the spec gives: forward, local derivatives, and derivatives.

use super::{chain, result_name, section};
use crate::PrintError;
use crate::document::{Block, Equation, Inline, sentence, words};
use crate::math::{self, Math};
use crate::term::Speller;
use derive_graph::{Dim, Name, Network, Shape};
use derive_index::derivation::{ChainLink, Cotangent, Derivation, Statement};
use derive_index::write_out::{Values, WriteOut, entry_at, numbered};
use derive_index::{Fresh, Index, Term};

/// Arrays with more entries than this are not written out, and the output says so.
const MOST_ENTRIES: usize = 64;

/// The section of everything written out.
///
/// # Errors
/// The dimensions without a size, if there are any.
pub fn written_out(derivation: &Derivation, blocks: &mut Vec<Block>) -> Result<(), PrintError> {
    let network = &derivation.network;
    let missing: Vec<Name> = unsized_dims(derivation);
    if !missing.is_empty() {
        return Err(PrintError::Sizes { missing });
    }
    let mut page = Page {
        network,
        blank: Speller::new(network),
        blocks,
    };
    page.blocks.push(section("Written out"));
    let told =
        "Every array entry by entry at the sizes given; rows and columns are counted from 1 here.";
    page.blocks.push(Block::Paragraph(sentence(told)));
    for step in &derivation.forward {
        let left = page.blank.name(&step.name);
        page.array(
            &left,
            &step.shape,
            &step.indices,
            &step.entry,
            |speller, place| chain::at(speller, &step.name, place),
        );
    }
    if derivation.loss.shape.is_scalar() {
        let left = page.blank.name(&derivation.loss.name);
        page.array(
            &left,
            &derivation.loss.shape,
            &[],
            &derivation.loss.entry,
            |speller, _| speller.name(&derivation.loss.name),
        );
    }
    for statement in &derivation.statements {
        page.statement(statement);
    }
    Ok(())
}

fn unsized_dims(derivation: &Derivation) -> Vec<Name> {
    let network = &derivation.network;
    let mut missing: Vec<Name> = Vec::new();
    let shapes = network.symbols.iter().map(|symbol| &symbol.shape);
    for dim in shapes.flat_map(|shape| &shape.0) {
        dim.mention(&mut |name| {
            let known = network.size(&Dim::Named(name.clone())).is_some();
            if !known && !missing.contains(name) {
                missing.push(name.clone());
            }
        });
    }
    missing
}

struct Page<'a, 'b> {
    network: &'a Network,
    blank: Speller<'a>,
    blocks: &'b mut Vec<Block>,
}

impl Page<'_, '_> {
    fn statement(&mut self, statement: &Statement) {
        if statement.chain.is_empty() {
            return;
        }
        for link in &statement.chain {
            self.local(statement, link);
        }
        let all = [&statement.numerator[..], &statement.indices].concat();
        let mut fresh = Fresh::starting_at(statement.result.next_index().max(next(&all)));
        let left = result_name(&self.blank, statement);
        match entry_at(&statement.result, &all, &mut fresh) {
            Some(entry) => self.array(&left, &statement.shape, &all, &entry, |speller, place| {
                entry_name(speller, statement, place)
            }),
            None => self.left_out(&left, "its form has no entries of its own"),
        }
    }

    /// ∂U/∂V: the entries that are not zero.
    fn local(&mut self, statement: &Statement, link: &ChainLink) {
        if matches!(link.cotangent, Cotangent::Loss) {
            return;
        }
        let all = [&link.indices[..], &statement.indices].concat();
        let shape = Shape(all.iter().map(Index::dim).collect());
        let whole = math::partial(
            self.blank.name(&link.user),
            self.blank.name(&statement.variable),
        );
        let Some(entries) = self.entries(&shape, &all, &link.local.value) else {
            return self.left_out(&whole, "a sum in it has too many terms");
        };
        let apart = link.indices.len();
        let kept: Vec<&(Vec<Index>, Term)> =
            entries.iter().filter(|(_, term)| !term.is_zero()).collect();
        if kept.len() > MOST_ENTRIES {
            let why = format!("{} of its entries are not zero", kept.len());
            return self.left_out(&whole, &why);
        }
        let zero = entries.len() - kept.len();
        self.blocks.push(those_not_zero(whole, zero, entries.len()));
        let equation = |(place, term): &&(Vec<Index>, Term)| {
            let mut speller = self.blank.clone();
            let top = chain::at(&speller, &link.user, &place[..apart]);
            let bottom = chain::at(&speller, &statement.variable, &place[apart..]);
            Equation::plain(math::partial(top, bottom), speller.spell(term))
        };
        let equations = kept.iter().map(equation).collect();
        self.blocks.push(Block::Equations(equations));
    }

    /// All entries of an array, each with its subscripts; `None` where a sum is too long to be written out.
    fn entries(
        &self,
        shape: &Shape,
        indices: &[Index],
        entry: &Term,
    ) -> Option<Vec<(Vec<Index>, Term)>> {
        let size = |name: &Name| {
            let size = self.network.size(&Dim::Named(name.clone()))?;
            i64::try_from(size).ok()
        };
        let write = WriteOut { size: &size };
        let written = write.places(shape)?.into_iter().map(|place| {
            let values: Values = indices.iter().cloned().zip(place.iter().copied()).collect();
            let subscripts = place.iter().zip(&shape.0);
            let subscripts = subscripts.map(|(at, dim)| numbered(*at, dim)).collect();
            Some((subscripts, write.entry(entry, &values)?))
        });
        written.collect()
    }

    /// An array as a matrix; a format lists the entries where the matrix is too wide.
    fn array(
        &mut self,
        left: &Math,
        shape: &Shape,
        indices: &[Index],
        entry: &Term,
        name: impl Fn(&Speller<'_>, &[Index]) -> Math,
    ) {
        if let Some(count) = self.count(shape).filter(|count| *count > MOST_ENTRIES) {
            return self.left_out(left, &format!("it has {count} entries"));
        }
        let Some(entries) = self.entries(shape, indices, entry) else {
            return self.left_out(left, "a sum in it has too many terms");
        };
        let zero = entries.iter().filter(|(_, term)| term.is_zero()).count();
        if shape.rank() > 2 && zero > 0 {
            let kept = entries.iter().filter(|(_, term)| !term.is_zero());
            let equation = |(place, term): &(Vec<Index>, Term)| {
                let speller = self.blank.clone();
                Equation::plain(name(&speller, place), speller.clone().spell(term))
            };
            let kept = kept.map(equation).collect();
            let lead = those_not_zero(left.clone(), zero, entries.len());
            self.blocks.extend([lead, Block::Equations(kept)]);
            return;
        }
        let mut speller = self.blank.clone();
        let spelt: Vec<(Math, Math)> = entries
            .iter()
            .map(|(place, term)| (name(&speller, place), speller.clone().spell(term)))
            .collect();
        speller.letters = self.blank.letters.clone();
        let columns = match shape.0.as_slice() {
            [] | [_, _, _, ..] => 0,
            [_] => 1,
            [rows, _] => match rows.size(&|name| self.size(name)) {
                Some(rows) if rows > 0 => spelt.len() / rows as usize,
                _ => 0,
            },
        };
        let entries = spelt.iter().cloned();
        let entries = entries.map(|(left, right)| Equation::plain(left, right));
        let entries = entries.collect();
        self.blocks.push(match columns {
            0 => Block::Equations(entries),
            _ => Block::Matrix {
                left: left.clone(),
                rows: spelt
                    .chunks(columns)
                    .map(|row| row.iter().map(|(_, right)| right.clone()).collect())
                    .collect(),
                entries,
            },
        });
    }

    fn size(&self, name: &Name) -> Option<i64> {
        let size = self.network.size(&Dim::Named(name.clone()))?;
        i64::try_from(size).ok()
    }

    fn count(&self, shape: &Shape) -> Option<usize> {
        let mut sizes = shape.0.iter().map(|dim| dim.size(&|name| self.size(name)));
        let product = sizes.try_fold(1u64, |all, size| all.checked_mul(size?));
        product.and_then(|product| usize::try_from(product).ok())
    }

    fn left_out(&mut self, what: &Math, why: &str) {
        self.blocks.push(Block::Lead(vec![
            Inline::Math(what.clone()),
            words(format!(" is not written out: {why}.")),
        ]));
    }
}

/// What leads to the entries that are listed.
fn those_not_zero(whole: Math, zero: usize, all: usize) -> Block {
    let which = match zero {
        0 => ":".to_owned(),
        _ => format!(" that are not zero ({zero} of {all} are zero):"),
    };
    Block::Lead(vec![
        words("The entries of "),
        Inline::Math(whole),
        words(which),
    ])
}

fn entry_name(speller: &Speller<'_>, statement: &Statement, place: &[Index]) -> Math {
    let (numerator, indices) = place.split_at(statement.numerator.len());
    let named = speller.name(&statement.variable.cotangent());
    match named {
        Math::Symbol(_) if statement.numerator.is_empty() => {
            chain::at(speller, &statement.variable.cotangent(), indices)
        }
        _ => {
            let mut speller = speller.clone();
            speller.numerator = numerator.to_vec();
            chain::derivative_at(&speller, &statement.variable, indices)
        }
    }
}

fn next(indices: &[Index]) -> u32 {
    let ids = indices.iter().filter_map(Index::id);
    ids.max().map_or(0, |id| id + 1)
}
