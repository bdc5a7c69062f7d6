//! Why the rules of [`crate::RULES`] hold, a row a rule: for `derive explain` and `docs/rules.md`.
//!
//! A proof is a sentence or two in elementary terms, or a place where it stands.

/// Why a rule holds.
pub struct Proof {
    /// The name of the rule's row.
    pub rule: &'static str,
    /// The proof.
    pub text: &'static str,
}

const fn row(rule: &'static str, text: &'static str) -> Proof {
    Proof { rule, text }
}

/// Every rule has exactly one row.
#[rustfmt::skip]
pub static PROOFS: &[Proof] = &[
    row("normal-form", "Addition and multiplication are associative and commutative, so brackets and order inside them do not matter."),
    row("symmetric", "This is what symmetric means."),
    row("symmetric-transpose", "This is what symmetric means, for all entries at once."),
    row("real-part", "z = a + √(−1) b and z̄ = a − √(−1) b: their sum is 2 a."),
    row("imaginary-part", "z = a + √(−1) b and z̄ = a − √(−1) b: their difference is 2 √(−1) b."),
    row("common-factor", "The distributive law from right to left, for every entry; 1/x² is (1/x) (1/x)."),
    row("like-terms", "The distributive law from right to left, where x and y are numbers; then they are added."),
    row("softmax", "The definition of s, read from right to left."),
    row("softmax-form", "The definition of softmax, read from right to left."),
    row("cancel", "x · (1/x) = 1 is what 1/x means; it needs x ≠ 0, which the step shows or says that it assumes."),
    row("sift", "Split the sum over k into the term k = j and the others. In the others δ_kj = 0; in that term δ_kj = 1. What is left is the term with k = j. (Where j is not among the values of k, nothing is left: an entry at a place that does not exist counts as zero.)"),
    row("row-major", "iN + j with j below N has the quotient i and the remainder j when it is divided by N, and these are unique."),
    row("sift-place", "Every number below M N is iN + j for exactly one i below M and one j below N, so the sums over i and j are one sum over places; then sift."),
    row("flatten", "In row-major order the entry (i, j) of an array with N columns is the entry number i N + j of the flat one."),
    row("count-from-there", "B_(k−ci) is zero unless k − ci is a place l of B, so only the terms k = ci + l are left of the sum, one for every l for which ci + l is a place of A; for the others A_(ci+l) is zero."),
    row("distribute", "The distributive law inside the sum, and a sum of sums is the sum of each."),
    row("multiply-out-roots", "The distributive law inside the sum, and a sum of sums is the sum of each."),
    row("roots-multiply", "ω^(ki) turns the circle by ki steps; two turns after one another are one by the sum of their steps."),
    row("orthogonality", "Write s for the sum. Multiplying it by ω^i takes every term to the next one and the last to the first, so ω^i s = s, that is (ω^i − 1) s = 0. Unless n divides i, ω^i ≠ 1 and so s = 0; if it does, all n terms are 1."),
    row("multiply-in", "The distributive law, then cancel."),
    row("sums-to-one", "This is what was declared of y, or what softmax makes of it: its entries are divided by their sum."),
    row("count", "A sum of n equal terms is n times one of them."),
    row("reshape", "In row-major order the entry (i, j) of an array with N columns is the entry number i N + j of the flat one."),
    row("fixed-place", "The definition of the part of an array at a fixed place: its entries are those of the array with that number among their indices."),
    row("slice", "The definition of a slice: its entry i is the entry i + c of the array; what lies outside counts as zero on both sides."),
    row("restrict", "Both sides are A_(i+c) where i is one of the m places and i + c one of A's, and zero elsewhere."),
    row("side-by-side", "Entry by entry: at every place one of the two terms is zero and the other is the entry of the whole."),
    row("part-of-conjugate", "This is what a conjugate is: a + √(−1) b becomes a − √(−1) b."),
    row("part-of-sum", "A real number times a + √(−1) b has the real part times a and the imaginary part times b, and parts of a sum add up."),
    row("transform", "Each of the transforms below is defined as such a sum."),
    row("fourier-transform", "The definition of the discrete Fourier transform."),
    row("inverse-transform", "The definition of the inverse transform, multiplied by n."),
    row("conjugate-transform", "The conjugate of ω^(−ik) is ω^(ik), since their product is 1 and both lie on the circle; a real x_k is its own conjugate, and the conjugate of a sum is the sum of the conjugates."),
    row("turn-around", "k ↦ −k takes every place of the circle to one other place: the same terms are added in another order."),
    row("trace", "The definition of the trace."),
    row("contract", "Each of the products below is defined as such a sum; which one it is depends on the indices that are left."),
    row("matrix-product", "The definition of the matrix product: row index i, column index j, summed index k. A factor whose summed index stands on the other side is transposed first."),
    row("scaled-product", "Multiplying by diag(v) from the left multiplies row k by v_k: [diag(v) B]_kj = Σ_l v_k δ_kl B_lj = v_k B_kj. Then the definition of the matrix product."),
    row("matrix-vector", "The definition of the product of a matrix and a vector, which is a matrix product with one column."),
    row("dot", "The definition of the dot product, which is a matrix product of a row and a column."),
    row("row-sum", "A product with a vector of ones multiplies every entry of a row by one and adds them up."),
    row("column-sum", "The same from the left: the ones multiply every entry of a column and add them up."),
    row("total", "The dot product with a vector of ones."),
    row("factor-matrix", "The matrix product is linear in each factor: Σ_k A_ik (B_kj + C_kj) = Σ_k A_ik B_kj + Σ_k A_ik C_kj."),
    row("diagonal", "The definition of the vector diag A."),
    row("entrywise", "Arrays are added entry by entry: this is the definition of their sum."),
    row("matrix-form", "Two arrays of one shape are equal if all their entries are."),
    row("transpose", "The definition of the transpose: its entry (i, j) is the entry (j, i) of A."),
    row("hadamard", "The definition of ⊙: the entry (i, j) is the product of the entries (i, j)."),
    row("broadcast", "The entry (i, j) of 𝟏 vᵀ is v_j in every row i, and ⊙ multiplies entries at the same place."),
    row("single-entry", "The definition of the matrix product: Σ_k A_ik M_kj, where k and j take the value 1 only."),
    row("diagonal-matrix", "a_i δ_ij is a_i where i = j and 0 elsewhere, which are the entries of the matrix with a on its diagonal. What multiplies a bracket with a delta in it is multiplied out first."),
    row("inverse-of-product", "(A B)(B⁻¹ A⁻¹) = A (B B⁻¹) A⁻¹ = A A⁻¹ = I, and a square matrix has only one inverse."),
    row("inverse-cancels", "The definition of the inverse."),
    row("outer", "The definition of the outer product: column times row, nothing summed."),
];

/// The proof of the rule of this name.
pub fn proof(rule: &str) -> Option<&'static Proof> {
    PROOFS.iter().find(|proof| proof.rule == rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RULES;

    #[test]
    fn every_rule_has_one_proof_and_every_proof_a_rule() {
        let rules: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        for rule in &rules {
            let count = PROOFS.iter().filter(|proof| proof.rule == *rule).count();
            assert_eq!(count, 1, "`{rule}` has {count} rows in PROOFS");
        }
        for proof in PROOFS {
            assert!(
                rules.contains(&proof.rule),
                "there is no rule `{}`",
                proof.rule
            );
        }
    }
}
