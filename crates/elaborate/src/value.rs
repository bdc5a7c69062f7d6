//! Values of expressions, and how they are brought to one shape.
//!
//! In index notation a value has named axes, one an index, in front of its positional ones: `X[i,:]` has the named axis `i` and one
//! positional axis. Without index notation there are no named axes. Broadcasting aligns positional axes at the last one and
//! named axes by their names.

use crate::context::Elaborator;
use derive_graph::{
    Atom, Dim, Einsum, Function, Label, Name, NodeId, Operation, Polynomial, Shape, operator,
};
use num_rational::BigRational;
use num_traits::One;

/// The value of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// Its node.
    pub(crate) node: NodeId,
    /// The indices that name its first axes.
    pub(crate) named: Vec<String>,
    /// Whether it is the transpose of a vector, which matters to `@` alone.
    pub(crate) row: bool,
}

impl Value {
    pub(crate) fn of(node: NodeId) -> Value {
        let named = Vec::new();
        let row = false;
        Value { node, named, row }
    }
}

/// Why values do not go together.
#[derive(Clone, Debug)]
pub(crate) enum Clash {
    /// Two shapes do not broadcast.
    Shapes,
    /// This index runs over two dimensions.
    Index(String),
}

impl Elaborator<'_> {
    /// The shape without the named axes.
    pub(crate) fn shape(&self, value: &Value) -> Shape {
        Shape(self.network.graph.shape(value.node).0[value.named.len()..].to_vec())
    }

    /// The dimension that an index runs over.
    pub(crate) fn index_dim(&self, value: &Value, index: &str) -> Option<Dim> {
        let axis = value.named.iter().position(|known| known == index)?;
        Some(self.network.graph.shape(value.node).0[axis].clone())
    }

    pub(crate) fn add(
        &mut self,
        operation: Operation,
        arguments: Vec<NodeId>,
        shape: Shape,
    ) -> NodeId {
        self.network.graph.add(operation, arguments, shape)
    }

    pub(crate) fn number(&mut self, value: BigRational) -> Value {
        Value::of(self.add(Operation::Number(value), Vec::new(), Shape::scalar()))
    }

    /// The size of a dimension as a scalar.
    pub(crate) fn size_of(&mut self, dim: &Dim) -> Value {
        match dim {
            Dim::Size(size) => self.number(BigRational::from_integer((*size).into())),
            Dim::Named(name) => {
                let operation = Operation::Dimension(name.clone());
                Value::of(self.add(operation, Vec::new(), Shape::scalar()))
            }
            Dim::Formula(formula) => self.polynomial(formula),
        }
    }

    /// A polynomial in dimensions as a scalar.
    fn polynomial(&mut self, polynomial: &Polynomial) -> Value {
        let mut total: Option<Value> = None;
        for (atoms, coefficient) in polynomial.in_reading_order() {
            let (above, below) = (*coefficient.numer(), *coefficient.denom());
            let mut term = (!coefficient.is_one() || atoms.is_empty())
                .then(|| self.number(BigRational::new(above.into(), below.into())));
            for atom in atoms {
                let factor = match atom {
                    Atom::Named(name) => self.size_of(&Dim::Named(name.clone())),
                    Atom::Quotient(inner, by) => {
                        let inner = self.polynomial(inner);
                        let by = self.number(BigRational::from_integer((*by).into()));
                        let quotient = self.scalars("divide", &[inner, by]);
                        self.scalars("floor", &[quotient])
                    }
                };
                term = Some(match term {
                    None => factor,
                    Some(term) => self.scalars("multiply", &[term, factor]),
                });
            }
            total = match (total, term) {
                (Some(total), Some(term)) => Some(self.scalars("add", &[total, term])),
                (total, term) => total.or(term),
            };
        }
        total.unwrap_or_else(|| self.number(BigRational::from_integer(0.into())))
    }

    /// A function of scalars, which always go together.
    fn scalars(&mut self, function: &str, values: &[Value]) -> Value {
        let arguments = values.iter().map(|value| value.node).collect();
        let operation = Operation::Elementwise(Function::named(function));
        Value::of(self.add(operation, arguments, Shape::scalar()))
    }

    /// The literal number that a scalar value is.
    pub(crate) fn literal(&self, value: &Value) -> Option<&BigRational> {
        match &self.network.graph.node(value.node).operation {
            Operation::Number(number) => Some(number),
            _ => None,
        }
    }

    /// An elementwise function of the table, of values that go together.
    pub(crate) fn apply(&mut self, function: &str, values: &[Value]) -> Result<Value, Clash> {
        self.apply_function(Function::named(function), values)
    }

    pub(crate) fn apply_function(
        &mut self,
        function: Function,
        values: &[Value],
    ) -> Result<Value, Clash> {
        let (named, shape) = self.common(values)?;
        let arguments = values
            .iter()
            .map(|value| self.expand(value, &named, &shape))
            .collect();
        let node = self.add(Operation::Elementwise(function), arguments, shape);
        let row = false;
        Ok(Value { node, named, row })
    }

    /// The union of the named axes, and the shape that all values broadcast to.
    pub(crate) fn common(&self, values: &[Value]) -> Result<(Vec<String>, Shape), Clash> {
        let (named, mut dims) = self.union(values)?;
        let mut shape = Shape::scalar();
        for value in values {
            let own = self.shape(value);
            shape = match shape.broadcast(&own) {
                Some(shape) => shape,
                None => return Err(Clash::Shapes),
            };
        }
        dims.extend(shape.0);
        Ok((named, Shape(dims)))
    }

    /// The named axes of all values, each once, and their dimensions.
    pub(crate) fn union(&self, values: &[Value]) -> Result<(Vec<String>, Vec<Dim>), Clash> {
        let mut named: Vec<String> = Vec::new();
        let mut met: Vec<Dim> = Vec::new();
        for value in values {
            let dims = &self.network.graph.shape(value.node).0;
            for (index, dim) in value.named.iter().zip(dims) {
                match named.iter().position(|known| known == index) {
                    Some(place) if met[place] != *dim => {
                        return Err(Clash::Index(index.clone()));
                    }
                    Some(_) => {}
                    None => {
                        named.push(index.clone());
                        met.push(dim.clone());
                    }
                }
            }
        }
        Ok((named, met))
    }

    /// The value repeated along whatever axes of the target it lacks. It must broadcast.
    pub(crate) fn expand(&mut self, value: &Value, named: &[String], to: &Shape) -> NodeId {
        let from = self.network.graph.shape(value.node).clone();
        if from == *to && value.named == named {
            return value.node;
        }
        if value.named.is_empty() {
            let einsum = operator::broadcast(&from, to);
            return self.add(Operation::Einsum(einsum), vec![value.node], to.clone());
        }
        let places: Vec<usize> = (0..from.rank())
            .map(|axis| match value.named.get(axis) {
                Some(index) => named.iter().position(|known| known == index).unwrap_or(0),
                None => to.rank() - (from.rank() - axis),
            })
            .collect();
        self.rearrange(value.node, &places, to)
    }

    /// Axis `k` put in place `places[k]`: a permutation, a repetition along new axes, or one after the other.
    fn rearrange(&mut self, node: NodeId, places: &[usize], to: &Shape) -> NodeId {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&axis| places[axis]);
        let from = self.network.graph.shape(node).clone();
        let shape = Shape(order.iter().map(|&axis| from.0[axis].clone()).collect());
        let node = match order.is_sorted() {
            true => node,
            false => self.permute(node, &order, shape.clone()),
        };
        if shape == *to {
            return node;
        }
        let output: Vec<Label> = (b'a'..).take(to.rank()).map(Label).collect();
        let label = |(axis, dim): (&usize, &Dim)| {
            let place = places[*axis];
            let stretched = dim.is_unit() && !to.0[place].is_unit();
            if stretched {
                Label::UNIT
            } else {
                output[place]
            }
        };
        let input: Vec<Label> = order.iter().zip(&shape.0).map(label).collect();
        let mut einsum = operator::broadcast(&shape, to);
        if einsum.inputs[0] != input {
            einsum = Einsum {
                operator: "repeat",
                inputs: vec![input],
                output,
            };
        }
        self.add(Operation::Einsum(einsum), vec![node], to.clone())
    }

    /// The axes in another order.
    pub(crate) fn permute(&mut self, node: NodeId, order: &[usize], shape: Shape) -> NodeId {
        let input: Vec<Label> = (b'i'..).take(order.len()).map(Label).collect();
        let output = order.iter().map(|&axis| input[axis]).collect();
        let operator = if order == [1, 0] { ".T" } else { "permute" };
        let inputs = vec![input];
        let einsum = Einsum {
            operator,
            inputs,
            output,
        };
        self.add(Operation::Einsum(einsum), vec![node], shape)
    }

    /// The node that stands for a symbol.
    pub(crate) fn symbol_node(&mut self, name: &Name, shape: Shape) -> NodeId {
        self.add(Operation::Symbol(name.clone()), Vec::new(), shape)
    }
}
