//! The rewrites that may save multiplications. Each is an equation of arithmetic that holds for all arrays.
//!
//! In: a node. Out: for every way in which the row applies, which nodes become which. Whether that saves anything is not decided
//! here.

use crate::code::{Id, Op, Reduction};
use crate::economy::Economy;
use crate::factors::{multiply_small_first, share_factors};
use crate::regroup::{cut_trace, reassociate};
use derive_graph::{Dim, Function};

/// Nodes and what takes their place.
pub(crate) type Replacement = Vec<(Id, Id)>;

/// A row: an equation, read from left to right.
#[derive(Debug)]
pub struct Move {
    /// Kebab-case name that a student may read.
    pub name: &'static str,
    /// Both sides in mathematics.
    pub statement: &'static str,
    /// Why it saves multiplications, for a reader.
    pub why: &'static str,
    /// Why both sides are equal.
    pub proof: &'static str,
    /// Whether it multiplies out or factors, so that the line no longer looks like its formula.
    pub distributes: bool,
    /// The ways in which it applies at a node.
    pub(crate) propose: fn(&mut Economy<'_>, Id) -> Vec<Replacement>,
}

/// Brackets in a chain of products: also the name of the order in which a chain without brackets is first read.
pub(crate) const GROUPING: &str = "grouping";
/// From a formula to the operations that compute it.
pub(crate) const BY_ENTRIES: &str = "entry-by-entry";
/// The same where a logarithm takes the definition of its argument.
pub const CAREFUL: &str = "careful-logarithm";
/// What multiplies by an array that may vanish meets what divides by it.
pub const MET: &str = "no-zero-quotient";
/// The name of another line is put in.
pub const NAMED: &str = "computed-once";

/// The row of this name.
pub(crate) fn row(name: &str) -> Option<&'static Move> {
    MOVES.iter().find(|row| row.name == name)
}

/// Every rewrite.
#[rustfmt::skip]
pub static MOVES: &[Move] = &[
    Move { name: GROUPING, statement: "(A B) C = A (B C)", why: "‹a chain of products is multiplied in the order that takes the fewest multiplications›", proof: "Σ_k (Σ_l A_il B_lk) C_kj = Σ_l A_il (Σ_k B_lk C_kj).", distributes: false, propose: reassociate },
    Move { name: "known-transpose", statement: "A B = (Bᵀ Aᵀ)ᵀ", why: "the transpose of this product is computed anyway", proof: "Σ_k A_ik B_kj = Σ_k [Bᵀ]_jk [Aᵀ]_ki.", distributes: false, propose: transpose },
    Move { name: "trace-as-sum", statement: "tr(A B C) = 𝟏ᵀ (A ⊙ (B C)ᵀ) 𝟏", why: "a trace needs the diagonal of a product only, and may begin at any factor", proof: "both are Σ_ij A_ij [B C]_ji, which is also that of B C A and C A B.", distributes: false, propose: cut_trace },
    Move { name: "scale-later", statement: "(s A) B = s (A B)", why: "a scalar is multiplied where there are the fewest entries", proof: "s stands in every term of Σ_k s A_ik B_kj.", distributes: false, propose: scale_later },
    Move { name: "small-factors-first", statement: "(s A) ⊙ (𝟏 vᵀ) = A ⊙ (𝟏 (s v)ᵀ)", why: "what repeats along an axis is multiplied before it does", proof: "both have the entries s A_ij v_j.", distributes: false, propose: multiply_small_first },
    Move { name: "transpose-entries", statement: "f(A)ᵀ = f(Aᵀ)", why: "what is done entry by entry may be done before axes change places, and is there already", proof: "both have the entries f(A_ji).", distributes: false, propose: see_through },
    Move { name: "sums-of-transpose", statement: "𝟏ᵀ A = (Aᵀ 𝟏)ᵀ", why: "the sums of columns are those of the rows of the transpose, which is there already", proof: "both have the entries Σ_i A_ij.", distributes: false, propose: reduce_turned },
    Move { name: "sums-of-product", statement: "A v = (A ⊙ 𝟏 vᵀ) 𝟏", why: "the product entry by entry is computed anyway, and its sums are the product of matrices", proof: "both have the entries Σ_j A_ij v_j.", distributes: false, propose: sum_known_product },
    Move { name: "shared-factors", statement: "a b c and a b d share a b", why: "several products have these factors in common", proof: "numbers may be multiplied in any order.", distributes: false, propose: share_factors },
    Move { name: "multiply-out-product", statement: "(A + B) C = A C + B C", why: "by themselves the products take fewer multiplications", proof: "Σ_k (A_ik + B_ik) C_kj = Σ_k A_ik C_kj + Σ_k B_ik C_kj.", distributes: true, propose: multiply_out },
    Move { name: "factor-out-matrix", statement: "A C + B C = (A + B) C", why: "one product takes fewer multiplications than two", proof: "Σ_k A_ik C_kj + Σ_k B_ik C_kj = Σ_k (A_ik + B_ik) C_kj.", distributes: true, propose: factor_matrix },
    Move { name: "factor-out-entries", statement: "a c + b c = (a + b) c", why: "one product entry by entry takes fewer multiplications than two", proof: "the distributive law of numbers.", distributes: true, propose: factor_entries },
    Move { name: "softmax-from-logarithm", statement: "softmax(z) = exp(ln softmax(z))", why: "its logarithm is computed anyway", proof: "exp(ln x) = x for x > 0.", distributes: false, propose: softmax_from_logarithm },
    Move { name: BY_ENTRIES, statement: "A diag(v) = A ⊙ (𝟏 vᵀ)", why: "products with diagonal matrices and with ones, and outer products, need no products of matrices", proof: "Σ_k A_ik δ_kj v_j has one term, A_ij v_j.", distributes: false, propose: named },
    Move { name: CAREFUL, statement: "ln σ(z) = −softplus(−z), ln softmax(z) = z − logsumexp(z)", why: "with the definition of what stands under the logarithm it needs neither that nor a quotient, and keeps its digits", proof: "the definitions of σ and softmax, put under the logarithm.", distributes: false, propose: named },
    Move { name: MET, statement: "P ⊙ (A + T ⊘ P) = P ⊙ A + T", why: "multiplied out, with the derivative that divides by it put in, nothing is divided by an array that comes to 0 where exponentials are too small for a float", proof: "the distributive law, and P_ij · 1/P_ij = 1: softmax, σ and exp are never 0 in real numbers. Likewise w (a + ln w) = w a + w ln w, which is 0 where w is.", distributes: false, propose: named },
    Move { name: NAMED, statement: "T = A B, so C (A B) = C T", why: "‹what several lines use is computed once and has a name›", proof: "a name may stand for what it names.", distributes: false, propose: named },
];

/// A row that is not searched for: its steps come with the formulas of lines.
fn named(_: &mut Economy<'_>, _: Id) -> Vec<Replacement> {
    Vec::new()
}

/// The arguments of a matrix product.
pub(crate) fn matmul(economy: &Economy<'_>, id: Id) -> Option<(Id, Id)> {
    let node = economy.arena.node(id);
    match node.arguments.as_slice() {
        &[a, b] if node.op == Op::MatMul => Some((a, b)),
        _ => None,
    }
}

/// `a @ b` for arrays of at most two axes.
pub(crate) fn product(economy: &mut Economy<'_>, a: Id, b: Id) -> Id {
    let left = economy.arena.dims(a);
    let right = economy.arena.dims(b);
    let rows = &left[..left.len() - 1];
    let columns = &right[1..];
    let dims: Vec<Dim> = rows.iter().chain(columns).cloned().collect();
    economy.arena.add(Op::MatMul, vec![a, b], dims)
}

/// Whether all are vectors or matrices.
pub(crate) fn is_small(economy: &Economy<'_>, ids: &[Id]) -> bool {
    ids.iter()
        .all(|&id| (1..=2).contains(&economy.arena.rank(id)))
}

fn softmax_from_logarithm(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    let Op::Softmax { axis, log: false } = node.op else {
        return Vec::new();
    };
    let log = Op::Softmax { axis, log: true };
    let other = economy.arena.add(log, node.arguments, node.dims);
    if !economy.is_alive(other) {
        return Vec::new();
    }
    let exp = economy.arena.apply(&Function::named("exp"), vec![other]);
    vec![vec![(id, exp)]]
}

fn transpose(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let Some((a, b)) = matmul(economy, id) else {
        return Vec::new();
    };
    if !is_small(economy, &[a, b]) {
        return Vec::new();
    }
    let (left, right) = (turned(economy, b), turned(economy, a));
    let other = product(economy, left, right);
    if !economy.is_alive(other) {
        return Vec::new();
    }
    let back = turned(economy, other);
    vec![vec![(id, back)]]
}

/// The sums of a product entry by entry that some line has.
fn sum_known_product(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let Some((a, b)) = matmul(economy, id) else {
        return Vec::new();
    };
    let (matrix, vector, axes, summed) = match (economy.arena.rank(a), economy.arena.rank(b)) {
        (2, 1) => (a, b, [None, Some(0)], 1),
        (1, 2) => (b, a, [Some(0), None], 0),
        _ => return Vec::new(),
    };
    let along = economy.arena.view(vector, axes.to_vec());
    let all = economy.arena.product(vec![matrix, along]);
    if !economy.is_alive(all) {
        return Vec::new();
    }
    let sums = economy
        .arena
        .reduce(Reduction::Sum, all, vec![summed], false);
    vec![vec![(id, sums)]]
}

/// A matrix transposed; a vector as it is.
pub(crate) fn turned(economy: &mut Economy<'_>, id: Id) -> Id {
    match economy.arena.rank(id) {
        2 => economy.arena.view(id, vec![Some(1), Some(0)]),
        _ => id,
    }
}

/// The scalar factors of a product and the rest of it, if there are both.
fn scalars(economy: &mut Economy<'_>, id: Id) -> Option<(Vec<Id>, Id)> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Product {
        return None;
    }
    let is_scalar = |factor: &Id| economy.arena.rank(*factor) == 0;
    let (scalars, rest): (Vec<Id>, Vec<Id>) = node.arguments.iter().partition(|it| is_scalar(it));
    if scalars.is_empty() || rest.is_empty() {
        return None;
    }
    let rest = economy.arena.product(rest);
    (economy.arena.dims(rest) == node.dims).then_some((scalars, rest))
}

fn scale_later(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if !matches!(node.op, Op::MatMul) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for at in 0..node.arguments.len() {
        let Some((mut factors, rest)) = scalars(economy, node.arguments[at]) else {
            continue;
        };
        let mut arguments = node.arguments.clone();
        arguments[at] = rest;
        let inner = economy
            .arena
            .add(node.op.clone(), arguments, node.dims.clone());
        factors.push(inner);
        found.push(vec![(id, economy.arena.product(factors))]);
    }
    found
}

fn multiply_out(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let Some((a, b)) = matmul(economy, id) else {
        return Vec::new();
    };
    if !is_small(economy, &[a, b]) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (sum, first) in [(a, true), (b, false)] {
        let node = economy.arena.node(sum).clone();
        let fits = |part: &Id| economy.arena.dims(*part) == node.dims;
        if node.op != Op::Sum || !node.arguments.iter().all(fits) {
            continue;
        }
        let parts = node.arguments.iter().map(|&part| {
            let (mut factors, rest) = scalars(economy, part).unwrap_or((Vec::new(), part));
            let inner = match first {
                true => product(economy, rest, b),
                false => product(economy, a, rest),
            };
            factors.push(inner);
            economy.arena.product(factors)
        });
        let parts = parts.collect();
        found.push(vec![(id, economy.arena.sum(parts))]);
    }
    found
}

/// The pairs of terms of a sum, and the others.
fn pairs(terms: &[Id]) -> impl Iterator<Item = (Id, Id, Vec<Id>)> + '_ {
    /// Of a longer sum only so many terms are paired.
    const MOST: usize = 12;
    let count = terms.len().min(MOST);
    let places = (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)));
    places.map(move |(a, b)| {
        let others = (0..terms.len()).filter(|at| *at != a && *at != b);
        (terms[a], terms[b], others.map(|at| terms[at]).collect())
    })
}

fn factor_matrix(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Sum {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (one, other, mut rest) in pairs(&node.arguments) {
        let (Some((a, b)), Some((c, d))) = (matmul(economy, one), matmul(economy, other)) else {
            continue;
        };
        if !is_small(economy, &[a, b, c, d]) {
            continue;
        }
        let same = |economy: &Economy<'_>, x, y| economy.arena.dims(x) == economy.arena.dims(y);
        let joined = if b == d && same(economy, a, c) {
            let sum = economy.arena.sum(vec![a, c]);
            product(economy, sum, b)
        } else if a == c && same(economy, b, d) {
            let sum = economy.arena.sum(vec![b, d]);
            product(economy, a, sum)
        } else {
            continue;
        };
        rest.push(joined);
        found.push(vec![(id, economy.arena.sum(rest))]);
    }
    found
}

/// The factors of a product, or the node itself as the only one.
fn factors(economy: &Economy<'_>, id: Id) -> Vec<Id> {
    let node = economy.arena.node(id);
    match node.op {
        Op::Product => node.arguments.clone(),
        _ => vec![id],
    }
}

fn factor_entries(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    if node.op != Op::Sum {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (one, other, mut rest) in pairs(&node.arguments) {
        let (left, right) = (factors(economy, one), factors(economy, other));
        let is_number = |economy: &Economy<'_>, id: &Id| economy.arena.as_number(*id).is_some();
        let mut common = shared(&left, &right);
        common.retain(|it| !is_number(economy, it));
        if common.is_empty() {
            continue;
        }
        let (left, right) = (without(left, &common), without(right, &common));
        let inner = [economy.arena.product(left), economy.arena.product(right)];
        let same = economy.arena.rank(inner[0]) == economy.arena.rank(inner[1])
            || inner.iter().any(|&it| economy.arena.rank(it) == 0);
        if !same {
            continue;
        }
        let sum = economy.arena.sum(inner.to_vec());
        let mut whole = common;
        whole.push(sum);
        let joined = economy.arena.product(whole);
        if economy.arena.dims(joined) != node.dims && rest.is_empty() {
            continue;
        }
        rest.push(joined);
        found.push(vec![(id, economy.arena.sum(rest))]);
    }
    found
}

/// What two lists share, an item as often as it stands in both.
pub(crate) fn shared(left: &[Id], right: &[Id]) -> Vec<Id> {
    let mut right = right.to_vec();
    let mut found = Vec::new();
    for id in left {
        if let Some(at) = right.iter().position(|other| other == id) {
            found.push(right.remove(at));
        }
    }
    found
}

/// A list without these items, each taken once.
fn without(mut list: Vec<Id>, gone: &[Id]) -> Vec<Id> {
    for id in gone {
        if let Some(at) = list.iter().position(|own| own == id) {
            list.remove(at);
        }
    }
    list
}

fn see_through(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    let (Op::View(axes), &[below]) = (&node.op, node.arguments.as_slice()) else {
        return Vec::new();
    };
    // Without its axes a number would still do in a product, but not on a diagonal or at the end of a list.
    match pushed(economy, below, axes) {
        Some(other) if other != id && economy.arena.dims(other) == node.dims => {
            vec![vec![(id, other)]]
        }
        _ => Vec::new(),
    }
}

fn reduce_turned(economy: &mut Economy<'_>, id: Id) -> Vec<Replacement> {
    let node = economy.arena.node(id).clone();
    let (Op::Reduce { kind, axes, keep }, &[below]) = (&node.op, node.arguments.as_slice()) else {
        return Vec::new();
    };
    if *keep || economy.arena.rank(below) != 2 || axes.len() != 1 {
        return Vec::new();
    }
    let Some(other) = pushed(economy, below, &[Some(1), Some(0)]) else {
        return Vec::new();
    };
    let other = economy.arena.reduce(*kind, other, vec![1 - axes[0]], false);
    vec![vec![(id, other)]]
}

/// Axes moved in the operands of an operation entry by entry rather than in its result.
fn pushed(economy: &mut Economy<'_>, id: Id, axes: &[Option<usize>]) -> Option<Id> {
    let node = economy.arena.node(id).clone();
    if node.dims.is_empty() {
        return Some(id);
    }
    match node.op {
        Op::Sum | Op::Product | Op::Power(_) | Op::Apply(_) => {
            let parts = node.arguments.iter();
            let parts = parts.map(|&part| pushed(economy, part, axes));
            let parts: Vec<Id> = parts.collect::<Option<_>>()?;
            let dims = economy.arena.broadcast_dims(&parts);
            Some(economy.arena.add(node.op, parts, dims))
        }
        _ => Some(economy.arena.view(id, axes.to_vec())),
    }
}
