//! What rules may use about a network's arrays: declared attributes, and what definitions say of their values.

use derive_graph::function::Range;
use derive_graph::{Attribute, Name, Network, NodeId, Operation, Shape, Symbol};
use derive_index::lower::{lower_entry, lower_matrix};
use derive_index::normal_form::{Known, normal_form};
use derive_index::write_out::entry_at;
use derive_index::{Fresh, Head, Index, Term, build};
use derive_rewrite::Fact;
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts by the array they can be used on.
#[derive(Default)]
pub struct Facts {
    by_array: FxHashMap<Name, Vec<Fact>>,
    /// Arrays whose entries change alone.
    free: FxHashSet<Name>,
}

impl Facts {
    /// Every fact of a network.
    pub fn of(network: &Network) -> Facts {
        Facts::with_free(network, FxHashSet::default())
    }

    /// The facts that a derivative may be simplified by which is differentiated once more by the same arrays. What binds their entries to one
    /// another is not among them: the derivative of x_ij by x_ji is zero, also where both are equal.
    pub fn between_derivatives(network: &Network) -> Facts {
        Facts::with_free(network, network.wrt.iter().cloned().collect())
    }

    fn with_free(network: &Network, free: FxHashSet<Name>) -> Facts {
        let mut facts = Facts {
            by_array: FxHashMap::default(),
            free,
        };
        for symbol in &network.symbols {
            for attribute in &symbol.attributes {
                facts.add(symbol.name.clone(), declared(symbol, *attribute));
            }
            facts.add_defined(network, symbol);
        }
        facts
    }

    fn add(&mut self, array: Name, fact: Fact) {
        let binds = matches!(
            fact,
            Fact::Symmetric { .. } | Fact::SumsToOne { .. } | Fact::Softmax { .. }
        );
        if !binds || !self.free.contains(fact.array()) {
            self.by_array.entry(array).or_default().push(fact);
        }
    }

    fn add_defined(&mut self, network: &Network, symbol: &Symbol) {
        let Some(definition) = symbol.definition else {
            return;
        };
        let node = network.graph.node(definition);
        let array = symbol.name.clone();
        // What is differentiated by itself is not bound by its definition: a second derivative changes each of its entries alone.
        let bound = !network.wrt.contains(&symbol.name);
        if bound && self.is_defined_symmetric(network, symbol, definition) {
            let because = "its definition is its own transpose";
            let array = array.clone();
            self.add(array.clone(), Fact::Symmetric { array, because });
        }
        if reads_extremum(network, definition, MOST_READINGS) {
            let mut fresh = Fresh::default();
            let indices = fresh.indices(&symbol.shape.0);
            let entry = lower_entry(&network.graph, definition, &indices, &mut fresh);
            // Where the definition is more than that, the derivative names the extremum by itself.
            if matches!(entry.head(), Head::Extremum { .. }) {
                let definition = build::comprehension(&indices, entry);
                let array = array.clone();
                self.add(array.clone(), Fact::Defined { array, definition });
            }
        }
        match &node.operation {
            Operation::Softmax { axis, log } => {
                if let Operation::Symbol(argument) =
                    &network.graph.node(node.arguments[0]).operation
                {
                    let fact = Fact::Softmax {
                        value: array.clone(),
                        argument: argument.clone(),
                        axis: *axis,
                        log: *log,
                    };
                    self.add(argument.clone(), fact.clone());
                    self.add(array.clone(), fact);
                }
                if !log {
                    let because = sum_words(symbol, *axis, true);
                    self.add(
                        array.clone(),
                        Fact::SumsToOne {
                            array: array.clone(),
                            axis: *axis,
                            because,
                        },
                    );
                    self.add(
                        array.clone(),
                        Fact::Positive {
                            array,
                            because: "softmax is positive",
                        },
                    );
                }
            }
            Operation::Elementwise(function) => match function.row().map(|row| row.range) {
                Some(Range::Positive) => {
                    self.add(
                        array.clone(),
                        Fact::Positive {
                            array,
                            because: "the function takes positive values only",
                        },
                    );
                }
                Some(Range::OpenUnitInterval) => {
                    let because = "its values lie strictly between 0 and 1";
                    self.add(array.clone(), Fact::OpenUnitInterval { array, because });
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether a matrix is symmetric by its definition: `X @ X.T + eye(n)`.
    fn is_defined_symmetric(&self, network: &Network, symbol: &Symbol, definition: NodeId) -> bool {
        if !is_square(&symbol.shape) {
            return false;
        }
        let by_form = lower_matrix(&network.graph, definition)
            .is_some_and(|matrix| self.is_own_transpose(&matrix));
        by_form || {
            let mut fresh = Fresh::default();
            let place = fresh.indices(&symbol.shape.0);
            let entry = lower_entry(&network.graph, definition, &place, &mut fresh);
            self.has_turned_entries(&build::comprehension(&place, entry))
        }
    }

    /// Whether a square matrix is its own transpose, by its form and by what is known of the arrays in it.
    fn is_own_transpose(&self, matrix: &Term) -> bool {
        let normal = |term: &Term| build::without_turns(term, &|name| self.is_symmetric(name));
        build::is_own_transpose(matrix, &normal)
    }

    /// Whether the entry at (j, i) has the normal form of that at (i, j): `sum(k) (x[i,k] - x[j,k])^2`.
    fn has_turned_entries(&self, matrix: &Term) -> bool {
        let symmetric = |name: &Name| match self.is_symmetric(name) {
            true => vec![Attribute::Symmetric],
            false => Vec::new(),
        };
        let known = Known {
            definition: &|_| None,
            attributes: &symmetric,
            multiplied: true,
        };
        let mut fresh = Fresh::starting_at(matrix.next_index());
        let Some(shape) = matrix.shape() else {
            return false;
        };
        let place = fresh.indices(&shape.0);
        let turned: Vec<Index> = place.iter().rev().cloned().collect();
        let mut form = |place: &[Index]| {
            let entry = entry_at(matrix, place, &mut fresh)?;
            normal_form(&entry, &known).map(|form| form.term)
        };
        form(&place).is_some_and(|straight| form(&turned) == Some(straight))
    }

    fn is_symmetric(&self, name: &Name) -> bool {
        let mut facts = self.by_array.get(name).into_iter().flatten();
        facts.any(|fact| matches!(fact, Fact::Symmetric { .. }))
    }

    /// Notes what the derivative of the loss by `variable` says of the error signal, for the statements that name it.
    ///
    /// A symmetric form makes a symmetric signal. What is differentiated by itself has no fact that the form could rest on, so this holds
    /// wherever the derivative is taken.
    pub fn add_derivative(&mut self, variable: &Name, shape: &Shape, result: &Term) {
        let same = is_square(shape) && result.shape() == Some(shape);
        if same && (self.is_own_transpose(result) || self.has_turned_entries(result)) {
            let because = "its formula is its own transpose";
            let array = variable.cotangent();
            self.add(array.clone(), Fact::Symmetric { array, because });
        }
    }

    /// The facts about these arrays.
    pub fn about<'a>(&'a self, arrays: impl Iterator<Item = &'a Name>) -> Vec<Fact> {
        let mut facts: Vec<Fact> = arrays
            .filter_map(|name| self.by_array.get(name))
            .flatten()
            .cloned()
            .collect();
        facts.sort();
        facts.dedup();
        facts
    }
}

fn is_square(shape: &Shape) -> bool {
    matches!(shape.0.as_slice(), [rows, columns] if rows == columns)
}

fn declared(symbol: &Symbol, attribute: Attribute) -> Fact {
    let array = symbol.name.clone();
    match attribute {
        Attribute::OneHot { axis } | Attribute::Simplex { axis } => Fact::SumsToOne {
            array,
            axis,
            because: sum_words(symbol, axis, false),
        },
        Attribute::Symmetric => Fact::Symmetric {
            array,
            because: "it is symmetric",
        },
        Attribute::Positive => Fact::Positive {
            array,
            because: "its entries are declared positive",
        },
    }
}

fn sum_words(symbol: &Symbol, axis: usize, softmax: bool) -> &'static str {
    match (symbol.shape.rank(), axis, softmax) {
        (1, _, false) => "its entries sum to one",
        (1, _, true) => "the entries of a softmax sum to one",
        (_, 0, false) => "each column sums to one",
        (_, 0, true) => "each column of a softmax sums to one",
        (_, _, false) => "each row sums to one",
        (_, _, true) => "each row of a softmax sums to one",
    }
}
/// Through so many operations that repeat, move or rename entries an extremum is looked for.
const MOST_READINGS: usize = 4;

/// Whether the entries of a node may be those of an extremum: `max(W, axis=1)`, `ones(4) * max(W)`.
fn reads_extremum(network: &Network, node: NodeId, left: usize) -> bool {
    let node = network.graph.node(node);
    match &node.operation {
        Operation::Extremum { .. } => true,
        Operation::Elementwise(_)
        | Operation::Einsum(_)
        | Operation::Gather(_)
        | Operation::Reshape
            if left > 0 =>
        {
            let mut arguments = node.arguments.iter();
            arguments.any(|below| reads_extremum(network, *below, left - 1))
        }
        _ => false,
    }
}
