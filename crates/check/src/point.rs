//! A random point of a network: sizes, values of everything declared, and the forward pass there.

use crate::forward::Plan;
use crate::random::Random;
use crate::rounding::Around;
use crate::sample::{self, MODES, Mode};
use crate::sizes::Dims;
use crate::{Array, Environment, Functions, Sizes};
use derive_graph::{Name, Network, NodeId, Operation, Role};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A network at a point where the loss and every intermediate are finite.
#[derive(Debug)]
pub struct Point {
    /// The sizes of the dimensions.
    pub sizes: Sizes,
    /// The functions.
    pub functions: Functions,
    /// The network's nodes on these sizes.
    pub plan: Plan,
    /// The value of every node of the plan.
    pub values: Vec<Vec<f64>>,
    /// Where the loss stands in the plan.
    pub loss: usize,
    /// Values of the declared arrays and of the intermediates by name.
    pub arrays: FxHashMap<Name, Rc<Array>>,
}

/// How often a point on a kink is drawn again. Some networks sit on one always, as relu after relu does.
const TIES: usize = 2;
/// On how many sizes a finite point is looked for.
const SIZES: usize = 8;

impl Point {
    /// The point of this seed and draw.
    ///
    /// # Errors
    /// A sentence, if no finite point was found or an array is too large.
    pub fn draw(network: &Network, seed: u64, draw: u64) -> Result<Point, String> {
        Point::draw_around(
            network,
            &network_dims(network),
            (seed, draw),
            Around::default(),
        )
    }

    /// A point around that of this seed and draw, as [`Point::draw`]; the dimensions are those of [`network_dims`].
    pub(crate) fn draw_around(
        network: &Network,
        dims: &Dims,
        (seed, draw): (u64, u64),
        around: Around,
    ) -> Result<Point, String> {
        let mut random = Random::new(seed, draw);
        let mut undefined = String::new();
        // Some expressions are defined on some sizes only: the Gram matrix of more columns than rows is singular.
        for _ in 0..SIZES {
            match Point::on_sizes(network, dims, around, &mut random)? {
                Ok(point) => return Ok(point),
                Err(reason) => undefined = reason,
            }
        }
        Err(undefined)
    }

    /// A point on sizes of its own; the inner error where nothing is finite there.
    fn on_sizes(
        network: &Network,
        dims: &Dims,
        around: Around,
        random: &mut Random,
    ) -> Result<Result<Point, String>, String> {
        let sizes = Sizes::choose(dims, random);
        let functions = Functions::new(network, &sizes, random.bits());
        let roots: Vec<NodeId> = network
            .symbols
            .iter()
            .filter_map(|symbol| symbol.definition)
            .chain([network.loss.node])
            .collect();
        let plan = Plan::new(network, &sizes, &functions, &roots, true)?;
        let loss = plan.place(network.loss.node);
        let loss = loss.ok_or_else(|| "the loss has no expression".to_string())?;
        let mut tied = None;
        for (attempt, mode) in MODES.into_iter().enumerate() {
            let arrays = draw_declared(network, &sizes, (mode, around), random)?;
            let values = plan.run(&arrays)?;
            if !plan.is_finite(&values) {
                continue;
            }
            let tie = plan.has_tie(&values);
            tied = Some((arrays, values));
            if !tie || attempt >= TIES {
                break;
            }
        }
        let Some((arrays, values)) = tied else {
            return Ok(Err(undefined(&network.loss.name)));
        };
        let arrays = with_intermediates(network, &plan, &values, arrays);
        Ok(Ok(Point {
            sizes,
            functions,
            plan,
            values,
            loss,
            arrays,
        }))
    }

    /// Whether a softmax or a function of one argument has levelled off here, so that nothing comes back through it.
    pub(crate) fn is_saturated(&self) -> bool {
        self.plan.is_saturated(&self.values)
    }

    /// An environment in which terms see the values at this point.
    pub fn environment(&self) -> Environment {
        Environment::new(
            self.sizes.clone(),
            self.functions.clone(),
            self.arrays.clone(),
        )
    }
}

fn undefined(loss: &Name) -> String {
    let tries = MODES.len();
    format!("{loss} or an intermediate is not a finite number at any of {tries} random points")
}

/// Every dimension that a network mentions.
pub(crate) fn network_dims(network: &Network) -> Dims {
    let mut dims = Dims::default();
    for (name, _) in &network.dims {
        dims.mention(&derive_graph::Dim::Named(name.clone()));
    }
    for symbol in &network.symbols {
        dims.mention_shape(&symbol.shape);
    }
    for share in &network.shares {
        dims.mention_polynomial(share);
    }
    for at in 0..network.graph.len() {
        let node = network.graph.node(NodeId(at));
        dims.mention_shape(&node.shape);
        if let Operation::Dimension(name) = &node.operation {
            dims.mention(&derive_graph::Dim::Named(name.clone()));
        }
    }
    dims
}

fn draw_declared(
    network: &Network,
    sizes: &Sizes,
    mode: (Mode, Around),
    random: &mut Random,
) -> Result<FxHashMap<Name, Rc<Array>>, String> {
    let mut arrays = FxHashMap::default();
    for symbol in network
        .symbols
        .iter()
        .filter(|symbol| symbol.definition.is_none())
    {
        let dims = sizes.dims(&symbol.shape)?;
        let scale = match symbol.role {
            Role::Param => sample::parameter_scale(&dims),
            _ => 1.0,
        };
        let array = sample::array(dims, &symbol.attributes, mode, scale, random);
        arrays.insert(symbol.name.clone(), Rc::new(array));
    }
    Ok(arrays)
}

fn with_intermediates(
    network: &Network,
    plan: &Plan,
    values: &[Vec<f64>],
    mut arrays: FxHashMap<Name, Rc<Array>>,
) -> FxHashMap<Name, Rc<Array>> {
    let mut add = |name: &Name, node: NodeId| {
        if let Some(at) = plan.place(node) {
            let (dims, data) = (plan.dims[at].clone(), values[at].clone());
            arrays.insert(name.clone(), Rc::new(Array { dims, data }));
        }
    };
    add(&network.loss.name, network.loss.node);
    for symbol in &network.symbols {
        if let Some(node) = symbol.definition {
            add(&symbol.name, node);
        }
    }
    arrays
}
