//! Complex nodes of the forward pass.
//!
//! A complex array is a real one with a last axis for its real and its imaginary part. Multiplication, conjugation and the discrete
//! Fourier transform are contractions of such arrays with constants: the multiplication table of 1 and i, and the matrix of the
//! roots of unity. So values and slopes need no arithmetic but that of contractions.

use crate::Sizes;
use crate::contraction::Contraction;
use crate::forward::{Instruction, Plan};
use crate::wave::on_circle;
use derive_graph::{Einsum, Graph, Label, NodeId, Operation};

/// The axis of parts of the first operand, of the second, and of the result.
const PARTS: [Label; 3] = [Label(b'X'), Label(b'Y'), Label(b'Z')];
/// The product of the parts X and Y has the part Z with this sign: 1·1 = 1, 1·i = i, i·i = −1.
const MULTIPLICATION: [f64; 8] = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0];
const CONJUGATION: [f64; 4] = [1.0, 0.0, 0.0, -1.0];
const REAL_PART: [f64; 2] = [1.0, 0.0];
const IMAGINARY_PART: [f64; 2] = [0.0, 1.0];
const BOTH_PARTS: [f64; 2] = [1.0, 1.0];

/// Whether a node is complex or computed from something that is.
pub(crate) fn involves_complex(graph: &Graph, node: NodeId) -> bool {
    let it = graph.node(node);
    let below = it.arguments.iter().any(|&below| graph.is_complex(below));
    let transform = matches!(it.operation, Operation::Fourier { .. });
    below || transform || graph.is_complex(node)
}

impl Plan {
    /// Adds the instructions of a node with complex arguments or values.
    ///
    /// # Errors
    /// A sentence, where a dimension has no size or the operation has no meaning for complex numbers.
    pub(crate) fn add_complex(
        &mut self,
        graph: &Graph,
        node: NodeId,
        sizes: &Sizes,
    ) -> Result<(), String> {
        let it = graph.node(node);
        let dims = sizes.dims(&it.shape)?;
        let arguments: Vec<(usize, bool)> = it
            .arguments
            .iter()
            .map(|&below| (self.places[&below], graph.is_complex(below)))
            .collect();
        let value = match &it.operation {
            Operation::Fourier { inverse } => self.transform(arguments[0], dims[0], *inverse),
            Operation::Conjugate => {
                let table = self.constant(vec![2, 2], CONJUGATION.to_vec());
                self.applied(arguments[0].0, table, &[PARTS[0], PARTS[2]], &dims)
            }
            Operation::RealPart => self.projected(arguments[0].0, REAL_PART, &dims),
            Operation::ImaginaryPart => self.projected(arguments[0].0, IMAGINARY_PART, &dims),
            Operation::Einsum(einsum) => self.complex_einsum(einsum, &arguments, &dims)?,
            Operation::Elementwise(function) => {
                self.complex_function(function.name.as_str(), &arguments, &dims)?
            }
            _ => return Err("an operation has no meaning for complex numbers".to_string()),
        };
        let computed_complex = self.dims[value].len() > dims.len();
        let value = match computed_complex && !graph.is_complex(node) {
            true => self.projected(value, REAL_PART, &dims),
            false => value,
        };
        self.places.insert(node, value);
        Ok(())
    }

    fn push(&mut self, instruction: Instruction, dims: Vec<usize>) -> usize {
        self.instructions.push(instruction);
        self.dims.push(dims);
        self.instructions.len() - 1
    }

    fn constant(&mut self, dims: Vec<usize>, values: Vec<f64>) -> usize {
        self.push(Instruction::Constant(values), dims)
    }

    fn contract(
        &mut self,
        inputs: Vec<Vec<Label>>,
        output: Vec<Label>,
        arguments: Vec<usize>,
        dims: Vec<usize>,
    ) -> usize {
        let einsum = Einsum {
            operator: "contract",
            inputs,
            output,
        };
        let operands: Vec<&[usize]> = arguments
            .iter()
            .map(|&at| self.dims[at].as_slice())
            .collect();
        let contraction = Contraction::new(&einsum, &operands, &dims);
        self.push(Instruction::Contract(contraction, arguments), dims)
    }

    /// The parts of an array turned into others by a constant table.
    fn applied(
        &mut self,
        argument: usize,
        table: usize,
        labels: &[Label],
        dims: &[usize],
    ) -> usize {
        let axes = axis_labels(dims.len());
        let old = |label: &Label| *label == PARTS[0];
        let (from, to): (Vec<Label>, Vec<Label>) = labels.iter().copied().partition(old);
        let complex = self.dims[argument].len() > dims.len();
        let input = [&axes[..], if complex { &from[..] } else { &[] }].concat();
        let sizes = [dims, if to.is_empty() { &[] } else { &[2] }].concat();
        self.contract(
            vec![input, labels.to_vec()],
            [axes, to].concat(),
            vec![argument, table],
            sizes,
        )
    }

    /// One part of an array with parts.
    fn projected(&mut self, argument: usize, part: [f64; 2], dims: &[usize]) -> usize {
        let table = self.constant(vec![2], part.to_vec());
        self.applied(argument, table, &[PARTS[0]], dims)
    }

    /// A real array with a last axis: `parts` of each entry.
    fn with_parts(&mut self, argument: usize, parts: [f64; 2], dims: &[usize]) -> usize {
        let table = self.constant(vec![2], parts.to_vec());
        self.applied(argument, table, &[PARTS[2]], dims)
    }

    /// Σ_n ω^{∓kn} z_n, divided by N for the inverse.
    fn transform(
        &mut self,
        (argument, complex): (usize, bool),
        size: usize,
        inverse: bool,
    ) -> usize {
        let argument = match complex {
            true => argument,
            false => self.with_parts(argument, REAL_PART, &[size]),
        };
        let roots = self.constant(vec![size, size, 2], roots(size, inverse));
        let table = self.constant(vec![2, 2, 2], MULTIPLICATION.to_vec());
        let (k, n, [x, y, z]) = (Label(b'k'), Label(b'n'), PARTS);
        self.contract(
            vec![vec![k, n, x], vec![n, y], vec![x, y, z]],
            vec![k, z],
            vec![roots, argument, table],
            vec![size, 2],
        )
    }

    fn complex_einsum(
        &mut self,
        einsum: &Einsum,
        arguments: &[(usize, bool)],
        dims: &[usize],
    ) -> Result<usize, String> {
        let mut inputs = einsum.inputs.clone();
        let mut places: Vec<usize> = arguments.iter().map(|(at, _)| *at).collect();
        let complex: Vec<usize> = (0..arguments.len()).filter(|&at| arguments[at].1).collect();
        match complex.as_slice() {
            [only] => inputs[*only].push(PARTS[2]),
            [first, second] => {
                inputs[*first].push(PARTS[0]);
                inputs[*second].push(PARTS[1]);
                inputs.push(PARTS.to_vec());
                places.push(self.constant(vec![2, 2, 2], MULTIPLICATION.to_vec()));
            }
            _ => return Err("more than two complex arrays meet in one product".to_string()),
        }
        let output = [&einsum.output[..], &[PARTS[2]]].concat();
        Ok(self.contract(inputs, output, places, [dims, &[2]].concat()))
    }

    fn complex_function(
        &mut self,
        function: &str,
        arguments: &[(usize, bool)],
        dims: &[usize],
    ) -> Result<usize, String> {
        let axes = axis_labels(dims.len());
        match function {
            "multiply" => {
                let einsum = Einsum {
                    operator: "contract",
                    inputs: vec![axes.clone(), axes.clone()],
                    output: axes,
                };
                self.complex_einsum(&einsum, arguments, dims)
            }
            "add" | "subtract" | "negate" | "divide" => {
                // Real summands have no imaginary part; a real divisor divides both parts.
                let parts = match function {
                    "divide" if arguments[1].1 => {
                        return Err("a complex array is divided by".to_string());
                    }
                    "divide" => BOTH_PARTS,
                    _ => REAL_PART,
                };
                let stacked = arguments.iter().map(|&(at, complex)| match complex {
                    true => at,
                    false => self.with_parts(at, parts, dims),
                });
                let stacked: Vec<usize> = stacked.collect();
                let callable =
                    crate::Functions::default().callable(&derive_graph::Function::named(function));
                let dims = [dims, &[2]].concat();
                Ok(self.push(Instruction::Elementwise(callable, stacked), dims))
            }
            _ => Err(format!("`{function}` has no meaning for complex numbers")),
        }
    }
}

fn axis_labels(rank: usize) -> Vec<Label> {
    (b'a'..).take(rank).map(Label).collect()
}

/// ω^{∓kn} for all k and n, both parts; the inverse is divided by N.
fn roots(size: usize, inverse: bool) -> Vec<f64> {
    let (sign, share) = match inverse {
        true => (1.0, 1.0 / size as f64),
        false => (-1.0, 1.0),
    };
    let turns = (0..size).flat_map(|k| (0..size).map(move |n| k * n % size));
    turns
        .flat_map(|turns| {
            let [cosine, sine] = on_circle(turns, size);
            [share * cosine, sign * share * sine]
        })
        .collect()
}
