//! What a training script needs to know of a network of symbolic depth: how many layers, and which arguments are lists.
//!
//! In: a module. Out: [`Script`], whose lists have an array for every layer. A size that may differ from layer to layer is one entry of SIZES, `h{l}`,
//! beside which a layer may have its own, `h{2}`.

use super::Module;
use super::families::relative;
use crate::outcomes::outcomes;
use crate::text::plus;
use crate::train::{Script, is_trained, made_up, shape, shapes_of};
use crate::translate::Unsupported;
use derive_graph::{Name, Symbol};
use std::cell::Cell;

/// How many layers there are unless the command line says otherwise.
const MADE_LAYERS: u64 = 3;

impl Module<'_> {
    /// The script's second half.
    ///
    /// # Errors
    /// As [`Script::text`].
    pub(super) fn training(&self) -> Result<String, Unsupported> {
        let (network, layers) = (&self.derivation.network, self.layers);
        let trained = self.asked().filter(|name| is_trained(network, name));
        let targets = outcomes(network).into_iter();
        let targets = targets.filter(|(name, _)| self.speaks(name));
        let mut sizes = made_up(network, &|name| self.told_size(name));
        sizes.push((
            Name::new(&layers.bound),
            MADE_LAYERS.max(layers.first.unsigned_abs()),
        ));
        let script = Script {
            network,
            trained: trained.map(|name| self.key(name)).collect(),
            sizes,
            targets: targets
                .map(|(name, outcome)| (self.key(name), outcome))
                .collect(),
            shapes: self.shapes(),
            lists: Some(format!(
                "# How SHAPES calls a layer and the last one, and the number of the first.\nLAYER, LAST, FIRST = \"{}\", \"{}\", {}\n",
                layers.variable, layers.bound, layers.first
            )),
        };
        script.text()
    }

    /// Sizes of a family's layers by one name; those before the first layer by their own.
    fn told_size(&self, name: &Name) -> Name {
        let of_layer = name.member().filter(|k| *k >= self.layers.first);
        match of_layer.filter(|_| self.families.has(name)) {
            Some(_) => Name::new(&format!("{}{{{}}}", stem(name), self.layers.variable)),
            None => name.clone(),
        }
    }

    /// The function from sizes to shapes, for a list to those of its layers.
    fn shapes(&self) -> String {
        let (counter, bound, first) = (&self.counter, &self.bound, self.layers.first);
        let counts = Cell::new(false);
        let named = |name: &Name| match name.member().filter(|_| self.families.has(name)) {
            Some(k) => {
                let (variable, number) = relative(self.layers, [counter, bound], k);
                counts.set(counts.get() || variable == bound);
                let layer = match variable {
                    "" => number.to_string(),
                    _ => plus(variable, number),
                };
                format!("width(sizes, \"{}\", {layer})", stem(name))
            }
            None => format!("sizes[\"{name}\"]"),
        };
        let entry = |symbol: &Symbol| {
            let own = shape(symbol, &named);
            let told = match self.is_list(&symbol.name) {
                true => format!(
                    "[{own} for {counter} in range({first}, {})]",
                    plus(bound, 1)
                ),
                false => own,
            };
            (self.key(&symbol.name), told)
        };
        let entries: Vec<(String, String)> = self.arguments().map(entry).collect();
        let has_list = self.arguments().any(|symbol| self.is_list(&symbol.name));
        let begin = match has_list || counts.get() {
            true => format!("    {bound} = sizes[\"{}\"]\n", self.layers.bound),
            false => String::new(),
        };
        shapes_of(&begin, &entries)
    }
}

/// The name of a family of sizes.
fn stem(name: &Name) -> &str {
    let text = name.as_str();
    text.split_once('{').map_or(text, |(stem, _)| stem)
}
