//! The computation graph of a network as a picture: what is computed from what, with shapes, and where derivatives flow back.
//!
//! The definitions come from the forward pass of a derivation and are spelt as everywhere else. [`layout`] says where things
//! stand; [`svg`] and [`dot`] draw them.

pub mod dot;
pub mod layout;
pub mod svg;

use crate::names;
use crate::term::Speller;
use crate::text;
use derive_graph::{Name, Network, Role, Shape};
use derive_index::derivation::Forward;
use derive_index::{Head, Term};

/// Formulas in a box are broken at this many columns.
const WIDTH: usize = 30;

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Given: an input, a target, a constant.
    Given,
    /// What the loss is differentiated by.
    Asked,
    /// Computed on the way.
    Computed,
    /// The loss.
    Loss,
}

/// One box.
#[derive(Clone, Debug)]
pub struct Node {
    /// The name in the spec's spelling.
    pub name: Name,
    /// What it stands for.
    pub kind: Kind,
    /// Its symbol and its sizes.
    pub title: String,
    /// Its definition, laid out in lines; empty for what is given.
    pub formula: Vec<String>,
    /// The derivative of the loss by it, where the backward pass needs that.
    pub derivative: Option<String>,
}

/// A graph: boxes, and for every box those that it is computed from.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The boxes; what is computed comes after what it is computed from.
    pub nodes: Vec<Node>,
    /// Pairs of places in `nodes`: from, to.
    pub edges: Vec<(usize, usize)>,
}

/// The graph of a network whose forward pass is this; `loss` comes last.
pub fn picture(network: &Network, forward: &[Forward], loss: &Forward) -> Picture {
    let speller = Speller::new(network);
    let mut picture = Picture::default();
    for step in forward.iter().chain([loss]) {
        let from: Vec<usize> = mentioned(network, step)
            .iter()
            .map(|array| picture.place(array, network, &speller))
            .collect();
        let derivative = from
            .iter()
            .any(|at| picture.nodes[*at].derivative.is_some());
        let to = picture.nodes.len();
        let kind = match step.name == loss.name {
            true => Kind::Loss,
            false if network.wrt.contains(&step.name) => Kind::Asked,
            false => Kind::Computed,
        };
        let flows = kind != Kind::Loss && (derivative || kind == Kind::Asked);
        picture.nodes.push(Node {
            kind,
            title: title(&speller, &step.name, &step.shape),
            formula: formula(&speller, step),
            derivative: flows.then(|| derivative_name(&speller, &step.name)),
            name: step.name.clone(),
        });
        picture.edges.extend(from.into_iter().map(|at| (at, to)));
    }
    picture.tell_neighbours(network, &speller);
    picture
}

impl Picture {
    /// Where the box of a name is; what is given gets one when it is first mentioned.
    fn place(
        &mut self,
        (name, shape): &(Name, Shape),
        network: &Network,
        speller: &Speller<'_>,
    ) -> usize {
        let known = self.nodes.iter().position(|node| node.name == *name);
        known.unwrap_or_else(|| {
            let asked = network.wrt.contains(name);
            self.nodes.push(Node {
                name: name.clone(),
                kind: if asked { Kind::Asked } else { Kind::Given },
                title: title(speller, name, shape),
                formula: Vec::new(),
                derivative: asked.then(|| derivative_name(speller, name)),
            });
            self.nodes.len() - 1
        })
    }

    /// Where one layer speaks for all, the neighbours that it mentions are computed as it is, and derivatives reach them as they reach it.
    fn tell_neighbours(&mut self, network: &Network, speller: &Speller<'_>) {
        let family = |name: &Name| Some(name.as_str().split_once('{')?.0.to_owned());
        let told: Vec<(String, bool)> = self
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Computed)
            .filter_map(|node| Some((family(&node.name)?, node.derivative.is_some())))
            .collect();
        for node in self
            .nodes
            .iter_mut()
            .filter(|node| node.kind == Kind::Given)
        {
            let declared = network.symbol(&node.name);
            let given = declared.is_some_and(|symbol| symbol.role != Role::Intermediate);
            let own = family(&node.name).filter(|_| !given);
            let known = told.iter().find(|(name, _)| Some(name) == own.as_ref());
            if let Some((_, flows)) = known {
                node.kind = Kind::Computed;
                node.derivative = flows.then(|| derivative_name(speller, &node.name));
            }
        }
    }

    /// Whether the derivative flows back along an edge: to what the backward pass needs.
    pub fn flows_back(&self, (from, _): (usize, usize)) -> bool {
        self.nodes[from].derivative.is_some()
    }
}

/// The arrays that a definition mentions and their shapes, in the order of the spec's declarations. The terms are asked, which name a
/// layer of a network of symbolic depth as the page does.
fn mentioned(network: &Network, step: &Forward) -> Vec<(Name, Shape)> {
    let mut found = Vec::new();
    collect(&step.entry, &mut found);
    let order = |(name, _): &(Name, Shape)| {
        let place = network
            .symbols
            .iter()
            .position(|symbol| symbol.name == *name);
        let computed = network
            .symbol(name)
            .is_some_and(|symbol| symbol.role == Role::Intermediate);
        (!computed, place)
    };
    found.retain(|(name, _)| *name != step.name);
    found.sort_by_key(order);
    found
}

fn collect(term: &Term, found: &mut Vec<(Name, Shape)>) {
    if let Head::Tensor(name, shape) = term.head()
        && !found.iter().any(|(known, _)| known == name)
    {
        found.push((name.clone(), shape.clone()));
    }
    term.children()
        .iter()
        .for_each(|child| collect(child, found));
}

/// `Z (N×h)`; nothing is said of a scalar.
fn title(speller: &Speller<'_>, name: &Name, shape: &Shape) -> String {
    let symbol = text::inline(&speller.name(name));
    match shape.is_scalar() {
        true => symbol,
        false => format!("{symbol} {}", text::inline(&speller.sizes(shape))),
    }
}

/// `δ = ∂L/∂Z`; `∂L/∂W` where there is no other name, or none that a line of text can show.
fn derivative_name(speller: &Speller<'_>, name: &Name) -> String {
    let meaning = text::inline(&names::derivative_math(name, speller.network));
    let own = text::inline(&speller.name(&name.cotangent()));
    if own == meaning || own.contains('^') {
        meaning
    } else {
        format!("{own} = {meaning}")
    }
}

/// The definition as a whole where it has such a form, else as the definition of its entry.
fn formula(blank: &Speller<'_>, step: &Forward) -> Vec<String> {
    let mut speller = blank.clone();
    let whole = step.matrix.as_ref();
    let whole = whole.filter(|matrix| matrix.shape() == Some(&step.shape));
    let lines = |math, width| text::laid_out(&math, width, crate::alphabet::Alphabet::Unicode).0;
    match whole {
        Some(matrix) => lines(speller.spell(matrix), WIDTH),
        None => {
            let mut seen = Vec::new();
            let kind = crate::letters::Kind::Free;
            speller.letters.give(kind, &step.indices, &mut seen);
            let left = match step.indices.is_empty() {
                true => String::new(),
                false => {
                    let entry = crate::math::entry(
                        speller.name(&step.name),
                        speller.indices(&step.indices),
                    );
                    format!("{} = ", text::inline(&entry))
                }
            };
            let mut found = lines(speller.spell(&step.entry), WIDTH);
            if let Some(first) = found.first_mut() {
                first.insert_str(0, &left);
            }
            found
        }
    }
}
