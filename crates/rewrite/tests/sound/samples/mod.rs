//! For every row of the rule table a generator of terms on which it acts.

mod algebra;
mod places;
mod products;
mod roots;

use crate::generate::Generator;
use derive_index::Term;
use derive_rewrite::Fact;

/// A term and what is known of its arrays.
pub struct Sample {
    pub term: Term,
    pub facts: Vec<Fact>,
}

fn plain(term: Term) -> Sample {
    Sample {
        term,
        facts: Vec::new(),
    }
}

/// Makes a random term on which a row acts.
pub type Sampler = fn(&mut Generator) -> Sample;

/// The generators by the name of the row.
#[rustfmt::skip]
pub static SAMPLERS: &[(&str, Sampler)] = &[
    ("normal-form", algebra::unordered),
    ("symmetric", algebra::symmetric),
    ("symmetric-transpose", algebra::symmetric_whole),
    ("common-factor", algebra::common_factor),
    ("like-terms", algebra::like_terms),
    ("softmax", algebra::softmax),
    ("softmax-form", algebra::softmax_form),
    ("cancel", algebra::cancel),
    ("row-major", places::digits),
    ("sift-place", places::sift_places),
    ("sift", algebra::sift),
    ("distribute", algebra::distribute),
    ("multiply-out-roots", roots::multiply_out),
    ("roots-multiply", roots::multiply),
    ("orthogonality", roots::orthogonality),
    ("multiply-in", algebra::multiply_in),
    ("sums-to-one", algebra::sums_to_one),
    ("count", algebra::count),
    ("reshape", places::reshape),
    ("fixed-place", places::fixed_place),
    ("slice", places::slice),
    ("flatten", places::flat),
    ("restrict", places::restricted),
    ("count-from-there", places::from_there),
    ("side-by-side", places::side_by_side),
    ("real-part", roots::conjugates),
    ("imaginary-part", roots::conjugates),
    ("part-of-conjugate", roots::part_of_conjugate),
    ("part-of-sum", roots::part_of_sum),
    ("transform", roots::transform),
    ("fourier-transform", roots::transform),
    ("inverse-transform", roots::transform),
    ("conjugate-transform", roots::transform),
    ("turn-around", roots::around),
    ("trace", products::trace),
    ("contract", products::contraction),
    ("matrix-product", products::contraction),
    ("scaled-product", products::contraction),
    ("matrix-vector", products::contraction),
    ("dot", products::contraction),
    ("row-sum", products::contraction),
    ("column-sum", products::contraction),
    ("total", products::contraction),
    ("factor-matrix", products::factor_matrix),
    ("diagonal", products::diagonal),
    ("entrywise", products::entrywise),
    ("matrix-form", products::lifted),
    ("transpose", products::lifted),
    ("hadamard", products::lifted),
    ("broadcast", products::repeated),
    ("single-entry", products::single_entry),
    ("diagonal-matrix", products::diagonal_matrix),
    ("inverse-of-product", products::inverse_of_product),
    ("inverse-cancels", products::inverse_cancels),
    ("outer", products::repeated),
];

/// Rows whose applications all carry the name of a more particular row.
pub const NEVER_BY_ITSELF: &[&str] = &["contract", "transform"];
