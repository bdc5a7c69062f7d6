//! Which expressions are complex.
//!
//! Every array of a network is real; complex numbers only stand between a discrete Fourier transform and what makes its result real
//! again. So no type is declared: two facts are computed for every node from the facts of its arguments. A vector is *Hermitian*
//! if z_{−k mod n} is the conjugate of z_k: the transform of a real vector is, and the transform of a Hermitian one is real
//! (Oppenheim and Schafer, Discrete-Time Signal Processing, 2nd ed. 1999, section 8.6.4, table 8.2).

use crate::{Einsum, Operation, Shape};

/// What is known of the values of a node, whatever its symbols stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Realness {
    /// Every entry is real.
    pub real: bool,
    /// A vector with z_{−k mod n} = z̄_k; of a scalar the same as `real`, of an array of higher rank never known.
    pub hermitian: bool,
}

impl Realness {
    /// What is known of the result of an operation with this shape from what is known of its arguments.
    pub fn of(operation: &Operation, shape: &Shape, arguments: &[Realness]) -> Realness {
        let all_real = arguments.iter().all(|it| it.real);
        let all_hermitian = arguments.iter().all(|it| it.hermitian);
        let (real, hermitian) = match operation {
            // The transform exchanges the two, in both directions.
            Operation::Fourier { .. } => (all_hermitian, all_real),
            Operation::RealPart => (true, all_hermitian),
            // That of a Hermitian vector changes its sign where the index does.
            Operation::ImaginaryPart => (true, false),
            Operation::Conjugate => (all_real, all_hermitian),
            // Functions with real coefficients commute with conjugation.
            Operation::Elementwise(_) => (all_real, all_hermitian && !arguments.is_empty()),
            Operation::Einsum(einsum) if repeats(einsum) => (all_real, all_hermitian),
            // Over the whole circle the entries of a Hermitian vector meet their conjugates.
            Operation::Einsum(_) if shape.is_scalar() => (all_real || all_hermitian, false),
            _ => (all_real, false),
        };
        Realness {
            real,
            hermitian: if shape.is_scalar() { real } else { hermitian },
        }
    }
}

/// Whether a scalar is repeated along the axes of the result.
fn repeats(einsum: &Einsum) -> bool {
    matches!(einsum.inputs.as_slice(), [labels] if labels.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dim, Function, Graph, Name, NodeId, operator};

    struct Fixture {
        graph: Graph,
        shape: Shape,
    }

    impl Fixture {
        fn add(&mut self, operation: Operation, arguments: &[NodeId]) -> NodeId {
            let shape = self.shape.clone();
            self.graph.add(operation, arguments.to_vec(), shape)
        }

        fn check(&self, node: NodeId, real: bool, hermitian: bool) {
            assert_eq!(self.graph.realness(node), Realness { real, hermitian });
        }
    }

    #[test]
    fn transforms_exchange_real_and_hermitian() {
        let mut it = Fixture {
            graph: Graph::default(),
            shape: Shape(vec![Dim::Named(Name::new("n"))]),
        };
        let x = it.add(Operation::Symbol(Name::new("x")), &[]);
        let forward = Operation::Fourier { inverse: false };
        let back = Operation::Fourier { inverse: true };
        let spectrum = it.add(forward, &[x]);
        let times = Operation::Elementwise(Function::named("multiply"));
        let power = it.add(times.clone(), &[spectrum, spectrum]);
        // A real vector is in general no spectrum of one.
        let weighted = it.add(times, &[x, spectrum]);
        it.check(x, true, false);
        it.check(power, false, true);
        it.check(weighted, false, false);
        let returned = it.add(back.clone(), &[power]);
        let lost = it.add(back, &[weighted]);
        it.check(returned, true, false);
        it.check(lost, false, false);
        let total = Operation::Einsum(operator::sum(1, &[0], false));
        let sum = it.graph.add(total, vec![power], Shape::scalar());
        it.check(sum, true, true);
    }
}
