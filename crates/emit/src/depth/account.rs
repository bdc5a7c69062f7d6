//! What `--cost flops` says of a network of symbolic depth: the lines of its program as formulas.
//!
//! In: the derivation of a network that was written out with some layers. Out: its lines in the names of these layers, the middle one for all,
//! so that they can be evaluated at that depth; counts are in the words of layer l.

use super::passes::Part;
use super::{Layers, Module, Spelling};
use crate::Options;
use crate::counts::behind;
use crate::savings::{Account, Source, arrays};
use crate::target::target;
use crate::translate::Unsupported;
use derive_index::derivation::Derivation;
use derive_index::savings::{Line, Savings};

/// The lines that take the fewest multiplications, as [`crate::savings`] gives them of other networks.
///
/// # Errors
/// A line that mentions layers that are no neighbours, or the first construct without a program.
pub fn savings_of_layers(
    derivation: &Derivation,
    layers: &Layers,
    spelling: &Spelling<'_>,
) -> Result<Savings, Unsupported> {
    let options = Options {
        count: true,
        train: false,
    };
    let numpy = target("numpy").ok_or_else(|| Unsupported::new("an unknown target"))?;
    let mut module = Module::new(derivation, layers, numpy, options, spelling);
    let passes = module.passes(true)?;
    let mut names = passes.program.names.clone();
    let arrays = arrays(&names, &derivation.network);
    let source = Source {
        derivation,
        arena: &module.translator.arena,
        origins: &module.origins,
        arrays: &arrays,
    };
    let mut account = Account::new(source);
    let mut lines = |parts: &[Part]| {
        let of_part = |part: &Part| {
            let rounds = part.range(layers).map(|range| (range, layers.middle));
            account.forget();
            account.lines(part.lines(), rounds.as_ref())
        };
        parts.iter().flat_map(of_part).collect::<Vec<Line>>()
    };
    let (forward, backward) = (lines(&passes.forward), lines(&passes.backward));
    let counted = module.counted(&passes.backward);
    let alone = module.asked().map(|name| {
        let variable = module.derivative(name, &mut names);
        (name.clone(), behind(&counted, &variable))
    });
    Ok(Savings {
        forward,
        backward,
        alone: alone.collect(),
        meanings: account.meanings,
    })
}
