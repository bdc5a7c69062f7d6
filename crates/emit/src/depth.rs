//! Programs for networks of symbolic depth: loops over lists of arrays.
//!
//! In: the derivation of a network that was written out with some layers, and which of them speaks for all. Out: a module in which a
//! family `W{l}` is a list with an array for every layer ([`families`]), and the line of layer l stands in a loop ([`passes`]). Sums of a term of
//! every layer become one sum again ([`sums`]). A line may mention its own layer and its neighbours; in front of a
//! loop the last layer, behind it the first. What mentions others is refused.

mod account;
mod columns;
mod families;
mod passes;
mod python;
mod sums;
mod training;

use crate::Options;
use crate::counts::{Counted, in_all};
use crate::language::Kind;
use crate::names::{Meaning, Names};
use crate::program::{Origin, Program};
use crate::schedule::{Line, mentioned};
use crate::tables::declared;
use crate::target::Target;
use crate::trains;
use crate::translate::{Translator, Unsupported};
pub use account::savings_of_layers;
use derive_graph::{Dim, Function, Name, Shape, Symbol};
use derive_index::Term;
use derive_index::derivation::Derivation;
use families::Families;
use passes::Part;
use std::collections::{BTreeSet, HashMap};

/// Which layers were written out, and how they are called.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The variable that counts layers in the spec.
    pub variable: String,
    /// The name of the last layer's number.
    pub bound: String,
    /// The number of the first layer.
    pub first: i64,
    /// The layer that speaks for all.
    pub middle: i64,
    /// The last layer that was written out.
    pub last: i64,
    /// The gradients of the last layer that are not as those of the others.
    pub ends: Vec<Name>,
}

/// How terms and names are spelt in comments.
pub struct Spelling<'a> {
    /// A term on one line.
    pub formula: &'a dyn Fn(&Term) -> String,
    /// A name as the spec would write it of layer l.
    pub name: &'a dyn Fn(&Name) -> String,
}

impl Spelling<'_> {
    /// A shape with sizes of layer l.
    fn shape(&self, shape: &Shape) -> Shape {
        let told = |name: &Name| Dim::Named(Name::new(&(self.name)(name)));
        Shape(shape.0.iter().map(|dim| dim.renamed(&told)).collect())
    }
}

/// The module for a target, with loops over layers.
///
/// # Errors
/// A line that mentions layers that are no neighbours, or the first construct that has no program.
pub fn emit_depth(
    derivation: &Derivation,
    layers: &Layers,
    target: &'static Target,
    options: Options,
    spelling: &Spelling<'_>,
) -> Result<String, Unsupported> {
    trains(target, options)?;
    let module = || Module::new(derivation, layers, target, options, spelling);
    match target.language.kind {
        Kind::Python => python::text(&module, options),
        Kind::Octave | Kind::Julia => columns::text(module()),
    }
}

/// What a program is written from, and what its lines have used so far.
struct Module<'a> {
    derivation: &'a Derivation,
    layers: &'a Layers,
    target: &'static Target,
    options: Options,
    spelling: &'a Spelling<'a>,
    translator: Translator<'a>,
    families: Families,
    /// The variables for the number of a layer, for the number of the last one, and for the numbers in a sum.
    counter: String,
    bound: String,
    summed: String,
    /// How the lines that compute quantities and derivatives came about, by their variables.
    origins: HashMap<String, Origin>,
    /// The variables of arrays that may come to 0 where exponentials are too small for a float.
    vanishing: BTreeSet<String>,
    /// The variables that lines mention, the functions that they call, the sizes that they need.
    used: BTreeSet<String>,
    called: BTreeSet<Function>,
    sizes: BTreeSet<Name>,
}

/// Both passes in parts, and the variables and functions that belong to them.
struct Passes {
    forward: Vec<Part>,
    backward: Vec<Part>,
    program: Program,
}

impl<'a> Module<'a> {
    fn new(
        derivation: &'a Derivation,
        layers: &'a Layers,
        target: &'static Target,
        options: Options,
        spelling: &'a Spelling<'a>,
    ) -> Module<'a> {
        let network = &derivation.network;
        let mut names = Names::new(target.reserved());
        let mut families = Families::new(network, layers, target.language, &mut names);
        names.reserve(network, |name| !families.has(name));
        let counter = match names.is_taken(&layers.variable) {
            true => names.fresh("layer"),
            false => names.fresh(&layers.variable),
        };
        let bound = names.fresh(&layers.bound);
        let summed = names.fresh("k");
        families.name_members(network, layers, [&counter, &bound], &mut names);
        Module {
            derivation,
            layers,
            target,
            options,
            spelling,
            translator: Translator::new(network, names),
            families,
            counter,
            bound,
            summed,
            origins: HashMap::new(),
            vanishing: BTreeSet::new(),
            used: BTreeSet::new(),
            called: BTreeSet::new(),
            sizes: BTreeSet::new(),
        }
    }

    /// The lines of a program; those of the forward pass alone unless `with_backward` is set.
    fn passes(&mut self, with_backward: bool) -> Result<Passes, Unsupported> {
        let mut order = passes::Order::new(self);
        let backward = match with_backward {
            true => Module::backward,
            false => |_: &mut Self| Ok(Vec::new()),
        };
        let mut planned = [self.forward()?, backward(self)?];
        self.needed(&mut planned);
        let [forward, backward] = planned;
        let forward = self.parts(forward, &mut order)?;
        let backward = self.parts(backward, &mut order)?;
        let mut program = Program::empty(self.translator.names.clone());
        let met = &self.translator.functions;
        program.functions = met.intersection(&self.called).cloned().collect();
        Ok(Passes {
            forward,
            backward,
            program,
        })
    }

    /// The variable of the loss.
    fn loss(&self) -> String {
        let name = &self.derivation.network.loss.name;
        let mut names = self.translator.names.clone();
        match self.derivation.network.symbol(name) {
            Some(_) => names.of(Meaning::Value(name.clone())),
            None => "loss".to_owned(),
        }
    }

    /// Whether a name is that of the layer that speaks for all, or belongs to no layer.
    fn speaks(&self, name: &Name) -> bool {
        match self.families.layer(name) {
            Some(k) => k < self.layers.first || k == self.layers.middle,
            None => true,
        }
    }

    /// What is asked for, a member of every family for all.
    fn asked(&self) -> impl Iterator<Item = &'a Name> {
        let wrt = self.derivation.network.wrt.iter();
        wrt.filter(|name| self.speaks(name))
    }

    /// The arguments: an array for every layer, or one alone.
    fn arguments(&self) -> impl Iterator<Item = &'a Symbol> {
        let all = declared(&self.derivation.network);
        all.filter(|symbol| self.speaks(&symbol.name))
    }

    /// The variable of a derivative, or its list.
    fn derivative(&self, name: &Name, names: &mut Names) -> String {
        let list = self.families.derivatives_of(name);
        match list.filter(|_| self.is_list(name)) {
            Some(list) => list.to_owned(),
            None => names.of(Meaning::Derivative(name.clone())),
        }
    }

    /// What is said of the multiplications behind every gradient, and of all.
    fn in_all(&self, passes: &Passes, margin: &str) -> String {
        let mut names = passes.program.names.clone();
        let asked = self.asked();
        let gradients = asked.map(|name| (self.key(name), self.derivative(name, &mut names)));
        let gradients: Vec<(String, String)> = gradients.collect();
        let counted = [&passes.forward, &passes.backward].map(|parts| self.counted(parts));
        in_all(&counted, &gradients, self.options, margin)
    }

    /// The lines of parts, each with what it takes in all its rounds.
    fn counted<'p>(&self, parts: &'p [Part]) -> Vec<Counted<'p>> {
        let of_part = |part: &'p Part| {
            let range = part.range(self.layers);
            let all = move |line: &'p Line| match &range {
                Some(range) => (line, line.work.over(range)),
                None => (line, line.work.clone()),
            };
            part.lines().iter().map(all)
        };
        parts.iter().flat_map(of_part).collect()
    }

    /// Whether a name stands for an array of every layer.
    fn is_list(&self, name: &Name) -> bool {
        self.families.layer(name) == Some(self.layers.middle)
    }

    /// Whether the number of layers is an argument by itself, because there is no list to count.
    fn counts_layers(&self) -> bool {
        !self.arguments().any(|symbol| self.is_list(&symbol.name))
    }

    /// The documented name of an argument.
    fn key(&self, name: &Name) -> String {
        match self.is_list(name) {
            true => self.families.stem(name).unwrap_or_default(),
            false => crate::names::ascii(name),
        }
    }

    /// Notes what a root's code uses.
    fn note(&mut self, roots: &[crate::schedule::Root]) {
        let (used, called) = mentioned(&self.translator.arena, roots);
        self.used.extend(used);
        self.called.extend(called);
    }

    /// The lists that lines write to and no argument fills.
    fn written_lists(&self, passes: &Passes) -> BTreeSet<String> {
        let parts = passes.forward.iter().chain(&passes.backward);
        let variables = parts
            .flat_map(Part::lines)
            .map(|line| line.variable.as_str());
        let mut found: BTreeSet<String> = variables
            .filter_map(|variable| self.families.member(variable))
            .map(|(list, _)| list.to_owned())
            .collect();
        let names = self.arguments().map(|symbol| &symbol.name);
        let (filled, single): (Vec<&Name>, Vec<&Name>) = names.partition(|name| self.is_list(name));
        let list = |name: &Name| self.families.list_of(name).map(str::to_owned);
        found.extend(single.into_iter().filter_map(list));
        for list in filled.into_iter().filter_map(list) {
            found.remove(&list);
        }
        found
    }

    /// Sizes that are used and belong to no layer, each a variable and an expression: an axis of an argument, or a number.
    fn sizes_read(&self, program: &mut Program) -> Result<Vec<(String, String)>, Unsupported> {
        let network = &self.derivation.network;
        let mut found = Vec::new();
        for name in self
            .sizes
            .iter()
            .filter(|name| !name.as_str().contains('{'))
        {
            let dim = Dim::Named(name.clone());
            let axis = self.arguments().find_map(|symbol| {
                let axis = symbol.shape.0.iter().position(|own| *own == dim)?;
                Some((symbol, axis))
            });
            let value = match (axis, network.size(&dim)) {
                (Some((symbol, axis)), _) => {
                    let array = match self.is_list(&symbol.name) {
                        true => self.families.first_of(&symbol.name, self.layers.first),
                        false => program.names.of(Meaning::Value(symbol.name.clone())),
                    };
                    self.target.language.size_of(&array, axis)
                }
                (None, Some(size)) => size.to_string(),
                (None, None) => {
                    let what = format!("the dimension `{name}`, which no argument has as an axis");
                    return Err(Unsupported::new(what));
                }
            };
            found.push((program.names.of(Meaning::Dimension(name.clone())), value));
        }
        Ok(found)
    }

    /// Whether a line mentions an argument that is no list.
    fn is_used(&self, variable: &str) -> bool {
        self.used.contains(variable)
            || self
                .families
                .member(variable)
                .is_some_and(|(list, _)| self.is_read(list))
    }

    /// Whether a line mentions an array of a list.
    fn is_read(&self, list: &str) -> bool {
        let of_list = |used: &String| {
            self.families
                .member(used)
                .is_some_and(|(own, _)| own == list)
        };
        self.used.iter().any(of_list)
    }
}
