//! The forward pass as equations: each intermediate in matrix and in index notation.

use derive_graph::{Name, Network, NodeId, Shape};
use derive_index::Fresh;
use derive_index::derivation::Forward;
use derive_index::lower::{lower_entry, lower_matrix};

/// The definition of one quantity as equations.
pub fn forward_line(network: &Network, name: &Name, node: NodeId) -> Forward {
    let shape: Shape = network.graph.shape(node).clone();
    let mut fresh = Fresh::default();
    let indices = fresh.indices(&shape.0);
    let entry = lower_entry(&network.graph, node, &indices, &mut fresh);
    let matrix = lower_matrix(&network.graph, node).filter(|matrix| {
        // Broadcast scalars leave a term of rank 0; a matrix line must have the quantity's own shape.
        matrix.shape() == Some(&shape)
    });
    Forward {
        name: name.clone(),
        shape,
        indices,
        entry,
        matrix,
    }
}
