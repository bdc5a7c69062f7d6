//! Families of arrays as lists: which there are, and how the array of a layer is spelt.
//!
//! In Python a list begins with the place 0, so that `W[l]` is the array of layer l as in the formulas. Lists of Octave and Julia begin with the
//! place 1: a family whose layers begin with 0 is shifted by one.

use super::Layers;
use crate::language::{Kind, Language};
use crate::names::{Meaning, Names, ascii};
use crate::text::plus;
use derive_graph::{Dim, Name, Network, Symbol};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Instead of a layer: all layers.
pub(super) const ALL: i64 = i64::MAX;

/// The lists of one family.
struct Family {
    /// Of its arrays, and of the derivatives by them.
    lists: [String; 2],
    /// Its least number.
    lowest: i64,
    /// How many axes its arrays have.
    rank: usize,
}

/// All families that have an array for every layer.
pub(super) struct Families {
    language: &'static Language,
    by_stem: BTreeMap<String, Family>,
    /// The list and the layer of every array, by its text.
    members: HashMap<String, (String, i64)>,
    /// The text of every array, by its list and layer.
    texts: HashMap<(String, i64), String>,
    /// The stems of the sizes that differ from layer to layer.
    sizes: BTreeSet<String>,
    /// Where such a size is read off: a list, a layer and an axis.
    axes: HashMap<Name, (String, i64, usize)>,
}

/// The name of the family of a member.
fn stem(name: &Name) -> Option<String> {
    name.member()?;
    let text = name.as_str();
    let (stem, rest) = text.split_once('{')?;
    let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
    Some(ascii(&Name::new(&format!("{stem}{tail}"))))
}

impl Families {
    /// The families of a network that have a member in the middle layer, with variables for their lists.
    pub(super) fn new(
        network: &Network,
        layers: &Layers,
        language: &'static Language,
        names: &mut Names,
    ) -> Families {
        let in_middle = |name: &&Name| name.member() == Some(layers.middle);
        let mut by_stem = BTreeMap::new();
        for symbol in network.symbols.iter().filter(|it| in_middle(&&it.name)) {
            let Some(stem) = stem(&symbol.name) else {
                continue;
            };
            let all = network.symbols.iter().map(|symbol| &symbol.name);
            let members = all.filter(|name| self::stem(name).as_ref() == Some(&stem));
            let lowest = members.filter_map(Name::member).min();
            let family = Family {
                lists: [names.fresh(&stem), names.fresh(&format!("d_{stem}"))],
                lowest: lowest.unwrap_or(layers.first),
                rank: symbol.shape.rank(),
            };
            by_stem.insert(stem, family);
        }
        let sizes = network.dims.iter().map(|(name, _)| name);
        Families {
            language,
            by_stem,
            members: HashMap::new(),
            texts: HashMap::new(),
            sizes: sizes.filter(in_middle).filter_map(stem).collect(),
            axes: HashMap::new(),
        }
    }

    /// Whether a name is that of an array in a list, or of a size that differs from layer to layer.
    pub(super) fn has(&self, name: &Name) -> bool {
        stem(name)
            .is_some_and(|stem| self.by_stem.contains_key(&stem) || self.sizes.contains(&stem))
    }

    /// The layer of an array in a list.
    pub(super) fn layer(&self, name: &Name) -> Option<i64> {
        self.family(name).and(name.member())
    }

    /// The family's name in the program.
    pub(super) fn stem(&self, name: &Name) -> Option<String> {
        stem(name).filter(|stem| self.by_stem.contains_key(stem))
    }

    fn family(&self, name: &Name) -> Option<&Family> {
        self.by_stem.get(&stem(name)?)
    }

    /// The list of an array.
    pub(super) fn list_of(&self, name: &Name) -> Option<&str> {
        self.family(name).map(|family| family.lists[0].as_str())
    }

    /// The list of the derivatives by an array.
    pub(super) fn derivatives_of(&self, name: &Name) -> Option<&str> {
        self.family(name).map(|family| family.lists[1].as_str())
    }

    /// The list and the layer of an array, by its text.
    pub(super) fn member(&self, text: &str) -> Option<(&str, i64)> {
        self.members
            .get(text)
            .map(|(list, layer)| (list.as_str(), *layer))
    }

    /// The array of a list in a layer; nothing if the family has none there.
    pub(super) fn spelt(&self, list: &str, layer: i64) -> Option<String> {
        self.texts.get(&(list.to_owned(), layer)).cloned()
    }

    fn of_list(&self, list: &str) -> Option<&Family> {
        let mut families = self.by_stem.values();
        families.find(|family| family.lists.iter().any(|own| own == list))
    }

    /// How many axes the arrays of a list have.
    pub(super) fn rank(&self, list: &str) -> usize {
        self.of_list(list).map_or(0, |family| family.rank)
    }

    /// How far the place of a layer is from its number, by a list.
    pub(super) fn shift(&self, list: &str) -> i64 {
        let lowest = self.of_list(list).map_or(0, |family| family.lowest);
        match self.language.kind {
            Kind::Python => (-lowest).max(0),
            Kind::Octave | Kind::Julia => 1 - lowest,
        }
    }

    /// How many places a list needs beyond the number of the last layer.
    pub(super) fn more(&self, list: &str) -> i64 {
        let counted_from_zero = i64::from(self.language.is_python());
        self.shift(list) + counted_from_zero
    }

    /// An array of a list: that of the layer `variable` + `number`.
    pub(super) fn at(&self, list: &str, variable: &str, number: i64) -> String {
        let number = number + self.shift(list);
        let place = match variable {
            "" => number.to_string(),
            _ => plus(variable, number),
        };
        match self.language.kind {
            Kind::Octave => format!("{list}{{{place}}}"),
            Kind::Python | Kind::Julia => format!("{list}[{place}]"),
        }
    }

    /// Notes an array of a sum over layers, which stands for all arrays of its list.
    pub(super) fn add_summed(&mut self, list: &str, counter: &str, number: i64) {
        let text = self.at(list, counter, number);
        self.members.insert(text, (list.to_owned(), ALL));
    }

    /// The first array of a list that is an argument.
    pub(super) fn first_of(&self, name: &Name, first: i64) -> String {
        self.list_of(name)
            .map_or(String::new(), |list| self.at(list, "", first))
    }

    /// Gives every array in a list its text, in terms of the variables for a layer and for the last one; and sizes that differ from layer to layer theirs.
    pub(super) fn name_members(
        &mut self,
        network: &Network,
        layers: &Layers,
        variables: [&str; 2],
        names: &mut Names,
    ) {
        for symbol in &network.symbols {
            let (Some(k), Some(family)) = (symbol.name.member(), self.family(&symbol.name)) else {
                continue;
            };
            let lists = family.lists.clone();
            let (variable, number) = relative(layers, variables, k);
            let texts = [0, 1].map(|at| self.at(&lists[at], variable, number));
            for (list, text) in lists.into_iter().zip(&texts) {
                self.texts.insert((list.clone(), k), text.clone());
                self.members.insert(text.clone(), (list, k));
            }
            let [value, derivative] = texts;
            names.give(Meaning::Value(symbol.name.clone()), value);
            names.give(Meaning::Derivative(symbol.name.clone()), derivative);
        }
        self.name_sizes(network, names);
    }

    /// A size of a layer is read off a declared array where it is needed.
    fn name_sizes(&mut self, network: &Network, names: &mut Names) {
        let sizes: Vec<&Name> = network
            .dims
            .iter()
            .map(|(name, _)| name)
            .filter(|name| self.has(name))
            .collect();
        for name in sizes {
            let dim = Dim::Named(name.clone());
            let axis = |symbol: &Symbol| symbol.shape.0.iter().position(|own| *own == dim);
            let far = |symbol: &&Symbol| symbol.name.member() != name.member();
            let declared = network.symbols.iter().filter(|it| it.definition.is_none());
            let listed = declared.filter(|it| axis(it).is_some() && self.has(&it.name));
            let Some(array) = listed.min_by_key(far) else {
                continue;
            };
            let (list, layer) = (self.list_of(&array.name), array.name.member());
            if let (Some(list), Some(layer), Some(axis)) = (list, layer, axis(array)) {
                let place = (list.to_owned(), layer, axis);
                let text = names.of(Meaning::Value(array.name.clone()));
                let size = self.language.size_of(&text, axis);
                names.give(Meaning::Dimension(name.clone()), size);
                self.axes.insert(name.clone(), place);
            }
        }
    }

    /// A size of the layer that a variable in a sum stands for, and how it is read off; `begins` is the layer that the variable has now.
    pub(super) fn counted_size(
        &self,
        name: &Name,
        counter: &str,
        begins: i64,
    ) -> Option<(Name, String)> {
        let (list, layer, axis) = self.axes.get(name)?;
        let array = self.at(list, counter, layer - begins);
        let family = name.as_str().split_once('{')?.0;
        let told = plus(counter, name.member()? - begins).replace(' ', "");
        let counted = Name::new(&format!("{family}{{{told}}}"));
        Some((counted, self.language.size_of(&array, *axis)))
    }
}

/// A layer as a variable and what is added: l and its neighbours, L and the one before; the number itself of others.
pub(super) fn relative<'a>(layers: &Layers, [l, bound]: [&'a str; 2], k: i64) -> (&'a str, i64) {
    let Layers { middle, last, .. } = *layers;
    match k {
        _ if (middle - 1..=middle + 1).contains(&k) => (l, k - middle),
        _ if (last - 1..=last).contains(&k) => (bound, k - last),
        _ => ("", k),
    }
}
