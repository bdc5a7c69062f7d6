//! What goes into a program of symbolic depth and comes out of it: lists of arrays, arrays alone, sizes, gradients.
//!
//! In: the module with its lines written. Out: the head of its function, its tables, and the dictionary of its gradients.

use super::{Layers, Module, needed, stem};
use crate::names::{Meaning, Names, ascii};
use crate::program::Program;
use crate::python::arguments_of;
use crate::tables::declared;
use crate::translate::Unsupported;
use derive_graph::{Dim, Name, Symbol};
use std::collections::BTreeSet;

impl<'a> Module<'a> {
    /// What is asked for, a member of every family for all.
    fn asked(&self) -> impl Iterator<Item = &Name> {
        let Layers { first, middle, .. } = *self.layers;
        let wrt = self.derivation.network.wrt.iter();
        wrt.filter(move |name| name.member().is_none_or(|k| k < first || k == middle))
    }

    fn key(&self, name: &Name) -> String {
        match name.member() {
            Some(k) if k >= self.layers.first => stem(name).unwrap_or_default(),
            _ => ascii(name),
        }
    }

    pub(super) fn gradients(&self, names: &Names) -> String {
        let mut names = names.clone();
        let mut text = String::from("    gradients = {\n");
        for name in self.asked() {
            let value = match name.member() {
                Some(k) if k >= self.layers.first => {
                    let list = &self.lists[&stem(name).unwrap_or_default()][1];
                    format!("{list}[{}:]", self.layers.first)
                }
                _ => names.of(Meaning::Derivative(name.clone())),
            };
            text.push_str(&format!("        \"{}\": {value},\n", self.key(name)));
        }
        text.push_str("    }\n");
        text
    }

    /// The arguments: an array for every layer, or one alone.
    fn arguments(&self) -> impl Iterator<Item = &'a Symbol> {
        let Layers { first, middle, .. } = *self.layers;
        let all = declared(&self.derivation.network);
        all.filter(move |symbol| {
            symbol
                .name
                .member()
                .is_none_or(|k| k < first || k == middle)
        })
    }

    fn is_list(&self, symbol: &Symbol) -> bool {
        symbol.name.member() == Some(self.layers.middle)
    }

    pub(super) fn tables(&self) -> String {
        let entries: Vec<(String, &Symbol, bool)> = self
            .arguments()
            .map(|symbol| (self.key(&symbol.name), symbol, self.is_list(symbol)))
            .collect();
        let gradients: Vec<String> = self.asked().map(|name| self.key(name)).collect();
        crate::tables::tables_of(&entries, &gradients)
    }

    /// The head of a function: its arguments, the number of layers, lists for what is computed, sizes, functions.
    pub(super) fn head(
        &mut self,
        program: &mut Program,
        backward: bool,
    ) -> Result<String, Unsupported> {
        let network = &self.derivation.network;
        let array = self.target.spelling("array").unwrap_or("{0}");
        let array = array.replace("{np}", self.target.module);
        let first = self.layers.first;
        let mut text = crate::python::head(backward).to_owned();
        let (mut counted, mut single) = (None, String::new());
        let mut filled = BTreeSet::new();
        text.push_str(
            "    # Lists begin with the place 0, so that the array of layer 1 stands at 1.\n",
        );
        for symbol in self.arguments() {
            let key = self.key(&symbol.name);
            let variable = program.names.of(Meaning::Value(symbol.name.clone()));
            if self.is_list(symbol) {
                let list = &self.lists[&key][0];
                let one = array.replace("{0}", "it");
                let empty = vec!["None"; usize::try_from(first).unwrap_or(0)].join(", ");
                let empty = if empty.is_empty() {
                    empty
                } else {
                    format!("{empty}, ")
                };
                text.push_str(&format!(
                    "    {list} = [{empty}*({one} for it in values[\"{key}\"])]\n"
                ));
                counted.get_or_insert_with(|| list.clone());
                filled.insert(list.clone());
            } else if self.is_used(&variable) {
                let value = array.replace("{0}", &format!("values[\"{key}\"]"));
                single.push_str(&format!("    {variable} = {value}\n"));
            }
        }
        let Some(counted) = counted else {
            return Err(Unsupported::new(
                "a network of symbolic depth in which no layer has an array of its own",
            ));
        };
        text.push_str(&format!("    {} = len({counted}) - 1\n", self.bound));
        let mut lists: BTreeSet<&String> = BTreeSet::new();
        for used in self.lists.values().flatten() {
            let prefix = format!("{used}[");
            let assigned = |name: &Name| {
                program
                    .names
                    .clone()
                    .of(Meaning::Value(name.clone()))
                    .starts_with(&prefix)
            };
            let value = network.symbols.iter().any(|it| assigned(&it.name));
            let derivative = used.starts_with("d_") && backward;
            if !filled.contains(used) && (value || derivative && self.is_derived(used)) {
                lists.insert(used);
            }
        }
        for list in lists {
            text.push_str(&format!("    {list} = [None] * ({} + 1)\n", self.bound));
        }
        text.push_str(&single);
        arguments_of(&mut text, network, program);
        text.push_str(&self.sizes_read(program)?);
        Ok(text)
    }

    /// Whether a line mentions an argument; the places of a list are mentioned by the variable that counts.
    fn is_used(&self, variable: &str) -> bool {
        let list = variable.split_once('[').map(|(list, _)| format!("{list}["));
        match list {
            Some(list) => self.used.iter().any(|used| used.starts_with(&list)),
            None => self.used.contains(variable),
        }
    }

    /// Whether a list of derivatives is written to.
    fn is_derived(&self, list: &str) -> bool {
        let family = self.lists.iter().find(|(_, names)| names[1] == list);
        let needed = needed(self.derivation).unwrap_or_default();
        family.is_some_and(|(own, _)| needed.iter().any(|name| stem(name).as_ref() == Some(own)))
    }

    /// Sizes that are used, read off an argument.
    fn sizes_read(&self, program: &mut Program) -> Result<String, Unsupported> {
        let network = &self.derivation.network;
        let mut text = String::new();
        for name in &self.sizes {
            let dim = Dim::Named(name.clone());
            let axis = self.arguments().find_map(|symbol| {
                let axis = symbol.shape.0.iter().position(|own| *own == dim)?;
                Some((symbol, axis))
            });
            let value = match (axis, network.size(&dim)) {
                _ if name.member().is_some() => None,
                (Some((symbol, axis)), _) => {
                    let array = match self.is_list(symbol) {
                        true => format!(
                            "{}[{}]",
                            self.lists[&self.key(&symbol.name)][0],
                            self.layers.first
                        ),
                        false => program.names.of(Meaning::Value(symbol.name.clone())),
                    };
                    Some(format!("{array}.shape[{axis}]"))
                }
                (None, size) => size.map(|size| size.to_string()),
            };
            let Some(value) = value else {
                let what = format!(
                    "the dimension `{name}`, which differs from layer to layer or is no argument's"
                );
                return Err(Unsupported::new(what));
            };
            let variable = program.names.of(Meaning::Dimension(name.clone()));
            text.push_str(&format!("    {variable} = {value}\n"));
        }
        Ok(text)
    }
}
