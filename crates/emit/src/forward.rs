//! The forward pass: graph nodes as array expressions.
//!
//! In: a node. Out: code of the node's shape, or one that broadcasts to it. Logarithms of softmax, of sigmoid and of sums of
//! exponentials become the forms that neither overflow nor lose digits.

use crate::code::{Id, Op, Reduction};
use crate::contract::{Axis, Operand, align, contract};
use crate::names::Meaning;
use crate::translate::{Translator, Unsupported};
use derive_graph::function::{Arithmetic, Notation};
use derive_graph::{Einsum, Function, Label, NodeId, Operation, Shape, Symbol};
use derive_index::Rational;
use num_traits::One;

impl Translator<'_> {
    /// The node as code that broadcasts to its shape.
    pub(crate) fn node(&mut self, id: NodeId) -> Result<Id, Unsupported> {
        if let Some(&known) = self.nodes.get(&id) {
            return Ok(known);
        }
        let mut code = self.node_afresh(id)?;
        // What is real for a reason that the library does not know is made so.
        let graph = &self.network.graph;
        let it = graph.node(id);
        let below = it.arguments.iter().any(|&below| graph.is_complex(below));
        let transform = matches!(it.operation, Operation::Fourier { .. });
        let part = matches!(it.operation, Operation::RealPart | Operation::ImaginaryPart);
        if (below || transform) && !graph.is_complex(id) && !part {
            code = self.real_part(code);
        }
        self.nodes.insert(id, code);
        Ok(code)
    }

    /// The node as code of exactly its shape.
    pub(crate) fn full_node(&mut self, id: NodeId) -> Result<Id, Unsupported> {
        let code = self.node(id)?;
        let shape = self.network.graph.shape(id).clone();
        Ok(self.arena.filled(code, &shape.0))
    }

    fn node_afresh(&mut self, id: NodeId) -> Result<Id, Unsupported> {
        let node = self.network.graph.node(id).clone();
        let shape = node.shape.0.clone();
        let first = node.arguments.first().copied();
        let argument = |translator: &mut Self| match first {
            Some(first) => translator.full_node(first),
            None => Err(Unsupported::new("an operation without an operand")),
        };
        match &node.operation {
            Operation::Symbol(name) => self.symbol(name, &node.shape),
            Operation::Parameter(at) => self.parameter(*at),
            Operation::Number(value) => Ok(self.arena.number(value.clone())),
            Operation::Dimension(name) => Ok(self.dimension(name)),
            Operation::Elementwise(function) => self.elementwise(function, &node.arguments),
            Operation::Einsum(einsum) => self.einsum(einsum, &node.arguments, &node.shape),
            Operation::Softmax { axis, log } => {
                let argument = argument(self)?;
                let op = Op::Softmax {
                    axis: *axis,
                    log: *log,
                };
                Ok(self.arena.add(op, vec![argument], shape))
            }
            Operation::Gather(gather) => {
                let argument = argument(self)?;
                Ok(self.gather(argument, gather, &shape))
            }
            Operation::Reshape => {
                let argument = argument(self)?;
                Ok(self.arena.add(Op::Reshape, vec![argument], shape))
            }
            Operation::Concat { axis } => {
                let parts = node.arguments.iter().map(|&part| self.full_node(part));
                let parts = parts.collect::<Result<_, _>>()?;
                Ok(self.arena.add(Op::Concat(*axis), parts, shape))
            }
            Operation::Extremum { axes, least } => {
                let argument = argument(self)?;
                let kind = if *least {
                    Reduction::Min
                } else {
                    Reduction::Max
                };
                Ok(self.arena.reduce(kind, argument, axes.clone(), false))
            }
            Operation::Fourier { inverse } => {
                let argument = argument(self)?;
                let name = if *inverse { "idft" } else { "dft" };
                Ok(self.arena.add(Op::Complex(name), vec![argument], shape))
            }
            Operation::Conjugate => {
                let argument = argument(self)?;
                Ok(self
                    .arena
                    .add(Op::Complex("conjugate"), vec![argument], shape))
            }
            Operation::RealPart => {
                let argument = argument(self)?;
                Ok(self.real_part(argument))
            }
            Operation::ImaginaryPart => {
                let argument = argument(self)?;
                let op = Op::Complex("imaginary part");
                Ok(self.arena.add(op, vec![argument], shape))
            }
            Operation::MatrixFunction(name) => {
                let argument = argument(self)?;
                Ok(self
                    .arena
                    .add(Op::MatrixFunction(name), vec![argument], shape))
            }
        }
    }

    /// The real part; itself where it is real anyway.
    pub(crate) fn real_part(&mut self, code: Id) -> Id {
        if !self.arena.is_complex(code) {
            return code;
        }
        let dims = self.arena.dims(code).to_vec();
        self.arena.add(Op::Complex("real part"), vec![code], dims)
    }

    fn parameter(&mut self, at: usize) -> Result<Id, Unsupported> {
        let name = self.parameters.get(at).cloned();
        let name = name.ok_or(Unsupported::new(
            "an argument of a function outside its body",
        ))?;
        Ok(self.arena.name(&name, &[]))
    }

    fn elementwise(&mut self, function: &Function, below: &[NodeId]) -> Result<Id, Unsupported> {
        if let Some(careful) = self.careful(function, below)? {
            return Ok(careful);
        }
        let arguments = below.iter().map(|&id| self.node(id));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        self.apply(function, arguments)
    }

    /// Entry by entry, arithmetic as arithmetic.
    pub(crate) fn apply(
        &mut self,
        function: &Function,
        arguments: Vec<Id>,
    ) -> Result<Id, Unsupported> {
        if let ("log", 0, &[argument]) = (
            function.name.as_str(),
            function.primes,
            arguments.as_slice(),
        ) && let Some(careful) = self.careful_log_of_code(argument)?
        {
            return Ok(careful);
        }
        let notation = function
            .row()
            .filter(|_| function.primes == 0)
            .map(|row| row.notation);
        let minus_one = -Rational::one();
        let arena = &mut self.arena;
        Ok(match (notation, arguments.as_slice()) {
            (Some(Notation::Arithmetic(operation)), &[a, b]) => match operation {
                Arithmetic::Add => arena.sum(vec![a, b]),
                Arithmetic::Subtract => {
                    let b = arena.negate(b);
                    arena.sum(vec![a, b])
                }
                Arithmetic::Multiply => arena.product(vec![a, b]),
                Arithmetic::Divide => {
                    let b = arena.power(b, minus_one);
                    arena.product(vec![a, b])
                }
                _ => match arena.as_number(b).cloned() {
                    Some(exponent) => arena.power(a, exponent),
                    None => arena.apply(function, vec![a, b]),
                },
            },
            (Some(Notation::Arithmetic(_)), &[a]) => arena.negate(a),
            (Some(Notation::Square), &[a]) => arena.power(a, Rational::from_integer(2.into())),
            (Some(Notation::Root), &[a]) => arena.power(a, Rational::new(1.into(), 2.into())),
            _ => {
                self.use_function(function)?;
                self.arena.apply(function, arguments)
            }
        })
    }

    /// The forms that keep their digits: ln softmax, ln σ(z), ln(1 − σ(z)), ln Σ exp, and t ln p where t may be 0.
    fn careful(
        &mut self,
        function: &Function,
        below: &[NodeId],
    ) -> Result<Option<Id>, Unsupported> {
        match (function.name.as_str(), function.primes, below) {
            ("log", 0, &[argument]) => self.careful_log(argument),
            ("multiply", 0, &[a, b]) => {
                for (weight, other) in [(a, b), (b, a)] {
                    if let Some(inside) = self.log_of(other)
                        && self.careful_log(inside)?.is_none()
                        && !self.is_plain(weight)
                    {
                        let weight = self.node(weight)?;
                        let inside = self.node(inside)?;
                        let dims = self.arena.broadcast_dims(&[weight, inside]);
                        return Ok(Some(self.arena.add(Op::Xlogy, vec![weight, inside], dims)));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The logarithm of code that is a sigmoid or softmax, or a variable for one, in the form that keeps its digits.
    fn careful_log_of_code(&mut self, id: Id) -> Result<Option<Id>, Unsupported> {
        let node = self.arena.node(id).clone();
        match &node.op {
            Op::View(axes) => {
                let below = self.careful_log_of_code(node.arguments[0])?;
                Ok(below.map(|below| self.arena.view(below, axes.clone())))
            }
            Op::Name(variable) => {
                let names = &self.names;
                let is_this = |it: &&Symbol| names.is(variable, &Meaning::Value(it.name.clone()));
                let symbol = self.network.symbols.iter().find(is_this);
                match symbol.and_then(|symbol| symbol.definition) {
                    Some(definition) => {
                        let shape = self.network.graph.shape(definition).clone();
                        let careful = self.careful_log(definition)?;
                        Ok(careful.map(|it| self.arena.filled(it, &shape.0)))
                    }
                    None => Ok(None),
                }
            }
            Op::Apply(inner) if inner.name.as_str() == "sigmoid" && inner.primes == 0 => {
                let turned = self.arena.negate(node.arguments[0]);
                Ok(Some(self.minus_softplus(turned)?))
            }
            Op::Softmax { axis, log: false } => {
                let op = Op::Softmax {
                    axis: *axis,
                    log: true,
                };
                Ok(Some(self.arena.add(op, node.arguments, node.dims)))
            }
            _ => Ok(None),
        }
    }

    /// Whether a node is a number or a size, which is never a reason for 0 ln 0.
    fn is_plain(&self, id: NodeId) -> bool {
        let node = self.network.graph.node(id);
        match node.operation {
            Operation::Number(_) | Operation::Dimension(_) => true,
            Operation::Elementwise(_) => node.arguments.iter().all(|&below| self.is_plain(below)),
            Operation::Einsum(_) => node.arguments.len() == 1 && self.is_plain(node.arguments[0]),
            _ => false,
        }
    }

    /// The argument of a logarithm.
    fn log_of(&self, id: NodeId) -> Option<NodeId> {
        let node = self.network.graph.node(id);
        match &node.operation {
            Operation::Elementwise(function)
                if function.name.as_str() == "log" && function.primes == 0 =>
            {
                node.arguments.first().copied()
            }
            _ => None,
        }
    }

    fn careful_log(&mut self, argument: NodeId) -> Result<Option<Id>, Unsupported> {
        let value = self.defined(argument);
        let node = self.network.graph.node(value).clone();
        match &node.operation {
            Operation::Softmax { axis, log: false } => {
                let below = self.full_node(node.arguments[0])?;
                let op = Op::Softmax {
                    axis: *axis,
                    log: true,
                };
                Ok(Some(self.arena.add(op, vec![below], node.shape.0.clone())))
            }
            Operation::Elementwise(function) if function.primes == 0 => {
                match function.name.as_str() {
                    "sigmoid" => {
                        let below = self.node(node.arguments[0])?;
                        let turned = self.arena.negate(below);
                        Ok(Some(self.minus_softplus(turned)?))
                    }
                    "subtract" if self.is_one(node.arguments[0]) => {
                        let taken = self.defined(node.arguments[1]);
                        let taken = self.network.graph.node(taken).clone();
                        match &taken.operation {
                            Operation::Elementwise(inner)
                                if inner.name.as_str() == "sigmoid" && inner.primes == 0 =>
                            {
                                let below = self.node(taken.arguments[0])?;
                                Ok(Some(self.minus_softplus(below)?))
                            }
                            _ => Ok(None),
                        }
                    }
                    _ => Ok(None),
                }
            }
            Operation::Einsum(einsum) if einsum.operator == "sum" => {
                self.log_of_sum(einsum, node.arguments[0])
            }
            _ => Ok(None),
        }
    }

    fn log_of_sum(&mut self, einsum: &Einsum, summand: NodeId) -> Result<Option<Id>, Unsupported> {
        let node = self.network.graph.node(summand).clone();
        match &node.operation {
            Operation::Elementwise(function)
                if function.name.as_str() == "exp" && function.primes == 0 =>
            {
                let below = self.full_node(node.arguments[0])?;
                let labels = einsum.inputs[0].iter().enumerate();
                let axes: Vec<usize> = labels
                    .filter(|(_, label)| !einsum.output.contains(label))
                    .map(|(at, _)| at)
                    .collect();
                let keep = einsum.output.len() == einsum.inputs[0].len();
                Ok(Some(self.arena.reduce(
                    Reduction::LogSumExp,
                    below,
                    axes,
                    keep,
                )))
            }
            _ => Ok(None),
        }
    }

    /// −softplus(z) = ln σ(−z)
    fn minus_softplus(&mut self, argument: Id) -> Result<Id, Unsupported> {
        let softplus = self.apply(&Function::named("softplus"), vec![argument])?;
        Ok(self.arena.negate(softplus))
    }

    fn is_one(&self, id: NodeId) -> bool {
        let node = self.network.graph.node(id);
        match &node.operation {
            Operation::Number(value) => value.is_one(),
            Operation::Einsum(_) if node.arguments.len() == 1 => self.is_one(node.arguments[0]),
            _ => false,
        }
    }

    /// The definition behind a name; the node itself otherwise.
    fn defined(&self, id: NodeId) -> NodeId {
        match &self.network.graph.node(id).operation {
            Operation::Symbol(name) => {
                let symbol = self.network.symbol(name);
                symbol.and_then(|symbol| symbol.definition).unwrap_or(id)
            }
            _ => id,
        }
    }

    fn einsum(
        &mut self,
        einsum: &Einsum,
        below: &[NodeId],
        shape: &Shape,
    ) -> Result<Id, Unsupported> {
        let mut operands = Vec::with_capacity(below.len());
        // Axes added with size 1, and input axes of size 1 that are dropped, get labels of their own.
        let mut next = 256;
        let mut all: Vec<Axis> = Vec::new();
        for (labels, &argument) in einsum.inputs.iter().zip(below) {
            let dims = self.network.graph.shape(argument).0.clone();
            let mut axes = Vec::new();
            for (label, dim) in labels.iter().zip(dims) {
                let axis = labelled(*label, dim, &mut next);
                if !all.contains(&axis) {
                    all.push(axis.clone());
                }
                axes.push(axis);
            }
            let id = self.node(argument)?;
            let axes = if self.arena.rank(id) == 0 {
                Vec::new()
            } else {
                axes
            };
            operands.push(Operand { id, axes });
        }
        let out: Vec<Axis> = einsum
            .output
            .iter()
            .zip(&shape.0)
            .map(|(label, dim)| labelled(*label, dim.clone(), &mut next))
            .collect();
        if let [a, b] = out.as_slice()
            && a == b
        {
            let vector = contract(&mut self.arena, operands, &[], std::slice::from_ref(a));
            let vector = align(&mut self.arena, &vector, std::slice::from_ref(a));
            return Ok(self.arena.diagonal_matrix(vector, shape.0.clone()));
        }
        // An axis of size 1 under one label in some operand only is repeated, not summed.
        let bound: Vec<Axis> = all.into_iter().filter(|axis| !out.contains(axis)).collect();
        let result = contract(&mut self.arena, operands, &bound, &out);
        Ok(align(&mut self.arena, &result, &out))
    }

    pub(crate) fn dimension(&mut self, name: &derive_graph::Name) -> Id {
        self.arena.size(&derive_graph::Dim::Named(name.clone()))
    }

    pub(crate) fn symbol(
        &mut self,
        name: &derive_graph::Name,
        shape: &Shape,
    ) -> Result<Id, Unsupported> {
        let meaning = match name.of_cotangent() {
            Some(variable) => self.derivative(&variable),
            None => Meaning::Value(name.clone()),
        };
        let variable = self.names.of(meaning);
        Ok(self.arena.name(&variable, &shape.0))
    }
}

fn labelled(label: Label, dim: derive_graph::Dim, next: &mut u32) -> Axis {
    let unit = label == Label::UNIT || dim.is_unit();
    let label = if unit {
        *next += 1;
        *next
    } else {
        u32::from(label.0)
    };
    Axis { label, dim }
}
