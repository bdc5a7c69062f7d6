//! What is known of the arrays that steps mention, and random arrays that keep it.

use crate::function::with_defaults;
use crate::random::Random;
use crate::rounding::Around;
use crate::sample::{self, Mode};
use crate::sizes::Dims;
use crate::{Array, Environment, Functions, Sizes, array};
use derive_graph::{Attribute, Dim, Function, Name, Network, Operation, Shape};
use derive_index::{Head, Index, Term};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Something that holds for every value of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TensorFact {
    /// A declared attribute.
    Declared {
        /// The array.
        name: Name,
        /// What is promised of it.
        attribute: Attribute,
    },
    /// `value = softmax(argument)` along `axis`, or its logarithm.
    SoftmaxOf {
        /// The softmax.
        value: Name,
        /// Of what.
        argument: Name,
        /// The axis that sums to one.
        axis: usize,
        /// Whether this is log-softmax.
        log: bool,
    },
    /// `value` is this closed term.
    Defined {
        /// The array.
        value: Name,
        /// What it is.
        definition: Term,
    },
    /// `value = function(argument)`, entry by entry; further arguments take their defaults.
    FunctionOf {
        /// The function's value.
        value: Name,
        /// The function.
        function: Function,
        /// Its argument.
        argument: Name,
    },
}

/// What a network's declarations and definitions say of its arrays: attributes, and definitions that are a softmax or a
/// function of one other array.
pub fn network_facts(network: &Network) -> Vec<TensorFact> {
    let mut facts = Vec::new();
    for symbol in &network.symbols {
        facts.extend(
            symbol
                .attributes
                .iter()
                .map(|attribute| TensorFact::Declared {
                    name: symbol.name.clone(),
                    attribute: *attribute,
                }),
        );
        let node = symbol
            .definition
            .map(|definition| network.graph.node(definition));
        let Some(node) = node else { continue };
        let [argument] = node.arguments[..] else {
            continue;
        };
        let Operation::Symbol(argument) = &network.graph.node(argument).operation else {
            continue;
        };
        let (value, argument) = (symbol.name.clone(), argument.clone());
        match &node.operation {
            Operation::Softmax { axis, log } => facts.push(TensorFact::SoftmaxOf {
                value,
                argument,
                axis: *axis,
                log: *log,
            }),
            Operation::Elementwise(function) => facts.push(TensorFact::FunctionOf {
                value,
                function: function.clone(),
                argument,
            }),
            _ => {}
        }
    }
    facts
}

/// The arrays and dimensions that a set of terms mentions, in order of first mention.
#[derive(Debug, Default)]
pub(crate) struct Mentioned {
    tensors: Vec<(Name, Shape)>,
    known: FxHashSet<Name>,
    dims: Dims,
    seen: FxHashSet<Term>,
}

impl Mentioned {
    /// Adds what a term mentions.
    pub(crate) fn add(&mut self, term: &Term) {
        match term.head() {
            Head::Tensor(name, shape) => self.add_tensor(name, shape),
            Head::Dimension(name) => self.dims.mention(&Dim::Named(name.clone())),
            Head::Index(index) => self.add_index(index),
            Head::Identity(dim) => self.dims.mention(dim),
            Head::Ones(shape) | Head::Gather(_, shape) | Head::Reshape(shape) => {
                self.dims.mention_shape(shape);
            }
            _ => {}
        }
        if !term.children().is_empty() && self.seen.insert(term.clone()) {
            term.children().iter().for_each(|child| self.add(child));
        }
    }

    fn add_index(&mut self, index: &Index) {
        if *index == Index::Unit {
            return;
        }
        self.dims.mention(&index.dim());
        if let Some(affine) = index.as_affine() {
            affine
                .terms()
                .iter()
                .for_each(|(variable, _)| self.dims.mention(&variable.dim()));
            let coefficients = affine.terms().iter().map(|(_, coefficient)| coefficient);
            for polynomial in coefficients.chain([affine.constant()]) {
                self.dims.mention_polynomial(polynomial);
            }
        }
    }

    fn add_tensor(&mut self, name: &Name, shape: &Shape) {
        if self.known.insert(name.clone()) {
            self.tensors.push((name.clone(), shape.clone()));
            self.dims.mention_shape(shape);
        }
    }

    /// Adds what the definitions of mentioned arrays mention.
    pub(crate) fn add_definitions(&mut self, facts: &[TensorFact]) {
        for fact in facts {
            if let TensorFact::Defined { value, definition } = fact
                && self.known.contains(value)
            {
                self.add(definition);
            }
        }
    }

    /// Whether an array of this name is mentioned.
    pub(crate) fn mentions(&self, name: &Name) -> bool {
        self.known.contains(name)
    }

    /// Random values for everything mentioned that keep the facts, on random sizes; the mode says where they are drawn from.
    ///
    /// # Errors
    /// A sentence, where an array would be too large.
    pub(crate) fn draw(
        &self,
        network: &Network,
        facts: &[TensorFact],
        mode: (Mode, Around),
        random: &mut Random,
    ) -> Result<Environment, String> {
        let sizes = Sizes::choose(&self.dims, random);
        let functions = Functions::new(network, &sizes, random.bits());
        let mut drawn = Drawing {
            facts: by_name(facts),
            sizes: &sizes,
            functions: &functions,
            mode,
            random,
            arrays: FxHashMap::default(),
        };
        for (name, shape) in &self.tensors {
            drawn.draw(name, shape, 0)?;
        }
        let arrays = drawn.arrays;
        Ok(Environment::new(sizes, functions, arrays).widened(mode.1.wide))
    }
}

fn by_name(facts: &[TensorFact]) -> FxHashMap<&Name, Vec<&TensorFact>> {
    let mut by_name: FxHashMap<&Name, Vec<&TensorFact>> = FxHashMap::default();
    for fact in facts {
        let name = match fact {
            TensorFact::Declared { name, .. } => name,
            TensorFact::SoftmaxOf { value, .. }
            | TensorFact::FunctionOf { value, .. }
            | TensorFact::Defined { value, .. } => value,
        };
        by_name.entry(name).or_default().push(fact);
    }
    by_name
}

/// Facts about facts about facts end here; longer chains are not followed.
const DEEPEST: usize = 32;

struct Drawing<'a> {
    facts: FxHashMap<&'a Name, Vec<&'a TensorFact>>,
    sizes: &'a Sizes,
    functions: &'a Functions,
    mode: (Mode, Around),
    random: &'a mut Random,
    arrays: FxHashMap<Name, Rc<Array>>,
}

impl Drawing<'_> {
    /// The entries of a definition, the arrays that it mentions drawn first.
    fn defined(&mut self, definition: &Term, depth: usize) -> Result<Vec<f64>, String> {
        let mut below = Mentioned::default();
        below.add(definition);
        for (name, shape) in &below.tensors {
            self.draw(name, shape, depth + 1)?;
        }
        let (sizes, functions) = (self.sizes.clone(), self.functions.clone());
        let mut environment = Environment::new(sizes, functions, self.arrays.clone());
        let value = environment.evaluate(definition, &[]);
        let value = value.map_err(|reason| reason.to_string())?;
        Ok(value.data.clone())
    }

    /// The array of this name: what it was before, what a fact defines, or a random one with its attributes.
    fn draw(&mut self, name: &Name, shape: &Shape, depth: usize) -> Result<Rc<Array>, String> {
        if let Some(known) = self.arrays.get(name) {
            return Ok(Rc::clone(known));
        }
        let facts = self.facts.get(name).cloned().unwrap_or_default();
        let dims = self.sizes.dims(shape)?;
        let mut attributes = Vec::new();
        let mut defined = None;
        for fact in facts {
            match fact {
                TensorFact::Declared { attribute, .. } => attributes.push(*attribute),
                _ if depth > DEEPEST => {}
                TensorFact::SoftmaxOf {
                    argument,
                    axis,
                    log,
                    ..
                } => {
                    let below = self.draw(argument, shape, depth + 1)?;
                    defined = Some(array::softmax(&dims, &below.data, *axis, *log));
                }
                TensorFact::Defined { definition, .. } => {
                    defined = Some(self.defined(definition, depth)?);
                }
                TensorFact::FunctionOf {
                    argument, function, ..
                } => {
                    let below = self.draw(argument, shape, depth + 1)?;
                    let callable = self.functions.callable(function);
                    let value = |x: &f64| callable.real(&with_defaults(function, vec![*x]));
                    defined = Some(below.data.iter().map(value).collect());
                }
            }
        }
        let array = Rc::new(match defined {
            Some(data) => Array { dims, data },
            None => sample::array(dims, &attributes, self.mode, 1.0, self.random),
        });
        self.arrays.insert(name.clone(), Rc::clone(&array));
        Ok(array)
    }
}
