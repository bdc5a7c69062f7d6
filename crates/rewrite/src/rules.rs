//! The table of rewrite rules, one row a rule, in the order in which they are tried on a node.
//!
//! Rules of the families `Collapse` and `Algebra` are decided: the first that applies to a node is taken and no other. Rules
//! of the family `Contract` are searched: every alternative enters the e-graph and the cost chooses.

use crate::fact::{Fact, nonzero_reason};
use crate::lift::{lift, oriented, places};
use crate::sift::product_parts;
use crate::{contract, factor, fold, place, roots, row_major, sift, transform};
use derive_index::derivation::Condition;
use derive_index::{Head, Index, Term, build};

/// What rules may consult.
pub struct Context<'a> {
    /// Facts about the arrays of the statement.
    pub facts: &'a [Fact],
    /// Whether sums over roots of unity are read as transforms: after everything that collapses has done so.
    pub transforms: bool,
    /// Rules that are not applied.
    pub without: &'a [&'static str],
    /// The indices of the array that the statement is about, in their order.
    pub indices: &'a [Index],
}

impl Context<'_> {
    /// The condition that a term is nowhere zero, with its reason as far as the facts give one.
    pub fn nonzero(&self, term: &Term) -> Condition {
        Condition::NonZero {
            term: term.clone(),
            because: nonzero_reason(term, self.facts),
        }
    }
}

/// One application of a rule.
#[derive(Clone, Debug)]
pub struct Application {
    /// The term after.
    pub after: Term,
    /// Formulas for the places of the rule's sentence.
    pub slots: Vec<Term>,
    /// What the step needs.
    pub conditions: Vec<Condition>,
    /// The name of a more particular row, where one function serves several.
    pub kind: Option<&'static str>,
    /// The sentence, where there is more to say than the row does.
    pub why: Option<&'static str>,
}

impl Application {
    /// An application without conditions.
    pub fn new(after: Term) -> Application {
        Application {
            after,
            slots: Vec::new(),
            conditions: Vec::new(),
            kind: None,
            why: None,
        }
    }

    /// With formulas for the sentence.
    #[must_use]
    pub fn because(mut self, slots: Vec<Term>) -> Application {
        self.slots = slots;
        self
    }

    /// With a condition.
    #[must_use]
    pub fn under(mut self, condition: Condition) -> Application {
        self.conditions.push(condition);
        self
    }
}

/// How a rule is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Bookkeeping that no reader wants to see.
    Bookkeeping,
    /// Sums that collapse; decided.
    Collapse,
    /// Algebra of sums and products; decided.
    Algebra,
    /// Sums that become products of arrays; searched.
    Contract,
    /// Indices that go away; decided.
    Lift,
}

/// What a rule does to a node.
#[derive(Clone, Copy)]
pub enum Action {
    /// At most one way.
    One(fn(&Term, &Context) -> Option<Application>),
    /// Several ways; each names its row by [`Application::kind`].
    Many(fn(&Term, &Context) -> Vec<Application>),
    /// A row that is applied by the `Many` row of its family.
    Named,
}

/// What a rule needs. For each a test shows that the rules which have it are wrong without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A matrix is its own transpose.
    Symmetric,
    /// The entries along an axis sum to one.
    SumsToOne,
    /// An array is defined as the softmax of another.
    Softmax,
    /// What cancels is nowhere zero.
    NonZero,
    /// Matrices are square and have inverses.
    Invertible,
    /// What is summed does not depend on the index.
    Independent,
    /// At most two other indices meet the one that is summed over.
    FewIndices,
    /// What is beside the complex number is real.
    Real,
}

impl Requirement {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Requirement::Symmetric => "A is symmetric",
            Requirement::SumsToOne => "each row of y sums to one",
            Requirement::Softmax => "s is defined as softmax(z)",
            Requirement::NonZero => "x ≠ 0",
            Requirement::Invertible => "the matrices are square and invertible",
            Requirement::Independent => "e does not depend on k",
            Requirement::FewIndices => "at most two other indices meet it",
            Requirement::Real => "what stands beside the complex number is real",
        }
    }
}

/// A row of the table.
pub struct Rule {
    /// Kebab-case name that a student may read.
    pub name: &'static str,
    /// How it is used.
    pub family: Family,
    /// Both sides in mathematics.
    pub statement: &'static str,
    /// What it needs; `None` if it always holds.
    pub requires: Option<Requirement>,
    /// Why, for a reader; `{0}`, `{1}` … are the application's formulas. What stands in ‹ › need be told only once.
    pub why: &'static str,
    /// The function that applies it.
    pub action: Action,
}

/// Every rule.
#[rustfmt::skip]
pub static RULES: &[Rule] = &[
    Rule { name: "normal-form", family: Family::Bookkeeping, statement: "nested sums and products are written flat", requires: None, why: "nested sums and products are written as one", action: Action::One(normal_form) },
    Rule { name: "symmetric", family: Family::Bookkeeping, statement: "A_ji = A_ij", requires: Some(Requirement::Symmetric), why: "{0} = {1}", action: Action::One(fold::symmetric) },
    Rule { name: "symmetric-transpose", family: Family::Algebra, statement: "Aᵀ = A", requires: Some(Requirement::Symmetric), why: "{0} = {1}", action: Action::One(fold::symmetric_whole) },
    Rule { name: "real-part", family: Family::Algebra, statement: "z + z̄ = 2 Re z", requires: None, why: "a number and its conjugate have the same real part and opposite imaginary parts‹, which cancel›: {0} = {1}", action: Action::One(transform::real_part) },
    Rule { name: "imaginary-part", family: Family::Algebra, statement: "z − z̄ = 2 √(−1) Im z", requires: None, why: "a number and its conjugate have the same real part and opposite imaginary parts: {0} = {1}", action: Action::Named },
    Rule { name: "common-factor", family: Family::Algebra, statement: "a c + b c = (a + b) c, a/x + b/x² = (a + b/x)/x", requires: None, why: "{0} is common to all terms", action: Action::One(factor::common_factor) },
    Rule { name: "like-terms", family: Family::Algebra, statement: "x a + y a = (x + y) a", requires: None, why: "multiply out and collect equal terms", action: Action::One(factor::like_terms) },
    Rule { name: "softmax", family: Family::Algebra, statement: "exp(z_i) / Σ_k exp(z_k) = s_i", requires: Some(Requirement::Softmax), why: "this quotient is {0} by definition", action: Action::One(fold::fold_softmax) },
    Rule { name: "softmax-form", family: Family::Algebra, statement: "exp(z_i) / Σ_k exp(z_k) = [softmax(z)]_i", requires: None, why: "this quotient is what softmax means: {0}", action: Action::One(fold::softmax_form) },
    Rule { name: "cancel", family: Family::Algebra, statement: "x · (1/x) = 1", requires: Some(Requirement::NonZero), why: "{0} cancels", action: Action::One(sift::cancel) },
    Rule { name: "row-major", family: Family::Collapse, statement: "δ_(iN+j)(kN+l) = δ_ik δ_jl", requires: None, why: "{0} compares places that are counted row by row: they are one place only where row and column are", action: Action::One(row_major::digits_agree) },
    Rule { name: "sift-place", family: Family::Collapse, statement: "Σ_ij δ_(iN+j)k e_(iN+j) = e_k", requires: None, why: "{0} is zero unless {1} = {2}‹, and every place is one row and one column, so the sums over both keep one term›", action: Action::One(row_major::sift_places) },
    Rule { name: "flatten", family: Family::Collapse, statement: "A_ij = [reshape A]_(iN+j)", requires: None, why: "{0} is the same entry of the array with its places counted row by row, as the delta counts them: {1}", action: Action::One(row_major::flatten) },
    Rule { name: "sift", family: Family::Collapse, statement: "Σ_k δ_kj e_k = e_j", requires: None, why: "{0} is zero unless {1} = {2}‹, so the sum over {1} keeps one term›", action: Action::One(sift::sift) },
    Rule { name: "count-from-there", family: Family::Collapse, statement: "Σ_k A_k B_(k−ci) = Σ_l A_(ci+l) B_l", requires: None, why: "{0} is counted from where the other array begins: {0} = {1}, and {2} runs over that array‹; where there is no such place, both sides have a zero›", action: Action::One(place::count_from_there) },
    Rule { name: "distribute", family: Family::Collapse, statement: "Σ_k (a_k + b_k) c_k = Σ_k a_k c_k + Σ_k b_k c_k", requires: None, why: "multiply out {0}‹, so that its delta can act›", action: Action::One(sift::distribute) },
    Rule { name: "multiply-out-roots", family: Family::Collapse, statement: "Σ_k (a_k + b_k) ω^(kj) = Σ_k a_k ω^(kj) + Σ_k b_k ω^(kj)", requires: None, why: "multiply out {0}‹, so that the sum over {1} meets nothing but roots of unity›", action: Action::One(roots::distribute) },
    Rule { name: "roots-multiply", family: Family::Collapse, statement: "ω^(ki) ω^(kj) = ω^(k(i + j))", requires: None, why: "exponents add up: {0} = {1}", action: Action::One(roots::multiply) },
    Rule { name: "orthogonality", family: Family::Collapse, statement: "Σ_k ω^(ki) = n where n divides i, and 0 elsewhere", requires: None, why: "{0} = {1} {2}‹: where the exponent is 0 around the circle all {1} terms are 1, and elsewhere they go around the circle and cancel›", action: Action::One(roots::orthogonality) },
    Rule { name: "multiply-in", family: Family::Algebra, statement: "(y/x + z) x = y + z x", requires: Some(Requirement::NonZero), why: "multiplying {0} into the sum cancels a denominator", action: Action::One(sift::distribute_to_cancel) },
    Rule { name: "sums-to-one", family: Family::Collapse, statement: "Σ_k y_ik = 1", requires: Some(Requirement::SumsToOne), why: "{0} = 1", action: Action::One(sift::sums_to_one) },
    Rule { name: "count", family: Family::Collapse, statement: "Σ_k e = n e", requires: Some(Requirement::Independent), why: "nothing depends on {0}, so its sum counts {1} equal terms", action: Action::One(sift::count) },
    Rule { name: "reshape", family: Family::Lift, statement: "A_(iN+j) = [reshape A]_ij", requires: None, why: "{0} counts the entries row by row, which is the array in another shape", action: Action::One(place::reshape) },
    Rule { name: "fixed-place", family: Family::Lift, statement: "A_cj = [A[c, :]]_j", requires: None, why: "{0} is read at a fixed place, in {1}", action: Action::One(place::fixed_place) },
    Rule { name: "slice", family: Family::Lift, statement: "A_(i+c) = [A[c:c+n]]_i", requires: None, why: "{0} is an entry of the slice {1}‹, which has zeros where it leaves the array›", action: Action::One(place::slice) },
    Rule { name: "restrict", family: Family::Lift, statement: "A_(i+c) [i < m] = [A[c:c+m]]_i", requires: None, why: "{0} is zero where it does not hold‹, so that only a part of the array is read›: {1}", action: Action::One(place::restrict) },
    Rule { name: "side-by-side", family: Family::Algebra, statement: "A with zeros after it + B with zeros before it = [A; B]", requires: None, why: "where one has its entries the other has zeros, so the sum puts them side by side: {0}", action: Action::One(place::side_by_side) },
    Rule { name: "part-of-conjugate", family: Family::Algebra, statement: "Re(z̄) = Re(z), Im(z̄) = −Im(z)", requires: None, why: "{0} and {1} have the same real part and opposite imaginary parts", action: Action::One(transform::part_of_conjugate) },
    Rule { name: "part-of-sum", family: Family::Algebra, statement: "Σ_k a_k Re(z_k) = Re(Σ_k a_k z_k)", requires: Some(Requirement::Real), why: "everything beside {0} is real, so the part may be taken of the sum as a whole", action: Action::One(transform::part_of_sum) },
    Rule { name: "transform", family: Family::Contract, statement: "a sum over one index of a root of unity is one of the transforms below", requires: None, why: "{0} is {1}", action: Action::Many(transform::transforms) },
    Rule { name: "fourier-transform", family: Family::Contract, statement: "Σ_k ω^(−ik) x_k = [DFT(x)]_i", requires: None, why: "this sum is what the discrete Fourier transform means: {0} = {1}", action: Action::Named },
    Rule { name: "inverse-transform", family: Family::Contract, statement: "Σ_k ω^(ik) x_k = n [IDFT(x)]_i", requires: None, why: "the exponent has no minus, so this sum is what the inverse transform means, which divides by the number of terms: {0} = {1}", action: Action::Named },
    Rule { name: "conjugate-transform", family: Family::Contract, statement: "Σ_k ω^(ik) x_k = [conj(DFT(x))]_i for a real x", requires: Some(Requirement::Real), why: "turning every root of unity the other way conjugates it, and what it is multiplied by is real: {0} = {1}", action: Action::Named },
    Rule { name: "turn-around", family: Family::Contract, statement: "Σ_k f(ω^k) = Σ_k f(ω^(−k))", requires: None, why: "{0} goes once around the circle, and may as well go the other way: every {0} becomes −{0}", action: Action::Named },
    Rule { name: "trace", family: Family::Contract, statement: "Σ_k A_kk = tr A", requires: None, why: "a sum over a repeated index of one matrix is its trace", action: Action::One(contract::trace) },
    Rule { name: "contract", family: Family::Contract, statement: "a sum over one index is one of the products below", requires: Some(Requirement::FewIndices), why: "{0} is {1}", action: Action::Many(contract::contract) },
    Rule { name: "matrix-product", family: Family::Contract, statement: "Σ_k A_ik B_kj = [A B]_ij", requires: None, why: "{0} is a matrix product‹, which joins the columns of the left factor to the rows of the right one›: {1}", action: Action::Named },
    Rule { name: "scaled-product", family: Family::Contract, statement: "Σ_k A_ik v_k B_kj = [A diag(v) B]_ij", requires: None, why: "{0} weighs every term of a matrix product by an entry of a vector‹, which a diagonal matrix between the factors does›: {1}", action: Action::Named },
    Rule { name: "matrix-vector", family: Family::Contract, statement: "Σ_k A_ik v_k = [A v]_i", requires: None, why: "{0} is a matrix times a vector‹, which runs over the one index that they share›: {1}", action: Action::Named },
    Rule { name: "dot", family: Family::Contract, statement: "Σ_k u_k v_k = uᵀv", requires: None, why: "{0} leaves no index, a dot product: {1}", action: Action::Named },
    Rule { name: "row-sum", family: Family::Contract, statement: "Σ_k A_ik = [A 𝟏]_i", requires: None, why: "{0} adds up a row‹, which is what a product with ones does›: {1}", action: Action::Named },
    Rule { name: "column-sum", family: Family::Contract, statement: "Σ_k A_kj = [𝟏ᵀ A]_j", requires: None, why: "{0} adds up a column‹, which is what a product with ones does›: {1}", action: Action::Named },
    Rule { name: "total", family: Family::Contract, statement: "Σ_k v_k = 𝟏ᵀv", requires: None, why: "{0} adds up all entries‹, which is what a product with ones does›: {1}", action: Action::Named },
    Rule { name: "factor-matrix", family: Family::Algebra, statement: "A B + A C = A (B + C)", requires: None, why: "{0} is common to all products", action: Action::One(factor::factor_matrix) },
    Rule { name: "entrywise", family: Family::Lift, statement: "A_ij + B_ij = [A + B]_ij", requires: None, why: "all terms are read at the same place", action: Action::One(entrywise) },
    Rule { name: "matrix-form", family: Family::Lift, statement: "the array whose (i, j) entry is [A]_ij is A", requires: None, why: "‹this holds for every entry, so the indices can go›", action: Action::Many(matrix_form) },
    Rule { name: "transpose", family: Family::Lift, statement: "[A]_ji = [Aᵀ]_ij", requires: None, why: "the row index stands where the column index belongs, so the matrix is transposed as its indices go", action: Action::Named },
    Rule { name: "hadamard", family: Family::Lift, statement: "A_ij B_ij = [A ⊙ B]_ij", requires: None, why: "‹all factors are read at the same place and nothing is summed: ›⊙, entry by entry", action: Action::Named },
    Rule { name: "broadcast", family: Family::Lift, statement: "A_ij v_j = [A ⊙ (𝟏 vᵀ)]_ij", requires: None, why: "an outer product with ones repeats what lacks the row or the column index‹, for it is the same for all of them, and nothing is summed›", action: Action::Named },
    Rule { name: "single-entry", family: Family::Lift, statement: "A_i1 m_11 = [A M]_i1", requires: None, why: "a single entry multiplies all entries of a row or a column‹: that is the matrix product with a 1×1 matrix, whose sum has one term›", action: Action::Named },
    Rule { name: "diagonal", family: Family::Lift, statement: "A_ii = [diag A]_i", requires: None, why: "row and column index are equal‹, so that only the diagonal is read›", action: Action::Named },
    Rule { name: "diagonal-matrix", family: Family::Lift, statement: "a_i δ_ij + b_ij = [diag(a) + B]_ij", requires: None, why: "multiply out {0}: what stands beside the delta counts on the diagonal only", action: Action::Named },
    Rule { name: "inverse-of-product", family: Family::Algebra, statement: "(A B)⁻¹ = B⁻¹ A⁻¹", requires: Some(Requirement::Invertible), why: "the inverse of a product is the product of the inverses, the other way round", action: Action::One(place::inverse_of_product) },
    Rule { name: "inverse-cancels", family: Family::Algebra, statement: "A A⁻¹ = I", requires: Some(Requirement::Invertible), why: "{0} meets its own inverse‹, and together they are the identity›", action: Action::One(place::inverse_cancels) },
    Rule { name: "outer", family: Family::Lift, statement: "u_i v_j = [u vᵀ]_ij", requires: None, why: "one factor has the row index, the other the column index‹, and no index is summed (a single row or column has nothing to sum over)›: an outer product‹, column times row›", action: Action::Named },
];

/// The row of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// Every application of the rules to this node, each with its row, as the families say.
pub fn applications(term: &Term, context: &Context) -> Vec<(&'static Rule, Application)> {
    for row in RULES {
        let found = match row.action {
            Action::One(apply) => apply(term, context).into_iter().collect(),
            Action::Many(apply) => apply(term, context),
            Action::Named => Vec::new(),
        };
        let found = found.into_iter().filter(|found| found.after != *term);
        let found = found.map(|found| (found.kind.and_then(rule).unwrap_or(row), found));
        let found: Vec<_> = found
            .filter(|(row, _)| !context.without.contains(&row.name))
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn normal_form(term: &Term, _: &Context) -> Option<Application> {
    let after = build::node(term.head().clone(), term.children().to_vec());
    (after != *term).then(|| Application::new(after))
}

/// A sum with a compound array in it is read as one entry, so that f′([X W + b]_ij) is written in one bracket.
fn entrywise(term: &Term, _: &Context) -> Option<Application> {
    if *term.head() != Head::Sum {
        return None;
    }
    let compound = |part: &Term| {
        part.any(&|part| {
            part.as_entry()
                .is_some_and(|(array, _)| !array.children().is_empty())
        })
    };
    let target = places(term);
    if target.is_empty() || target.len() > 2 || !term.children().iter().any(compound) {
        return None;
    }
    let closed = lift(term, &target)?;
    (closed.rank() == target.len()).then(|| Application::new(build::entry(closed, target)))
}

/// Why a vector beside a delta is a diagonal matrix.
const ON_THE_DIAGONAL: &str = "what stands beside the delta counts on the diagonal only";
/// The same where other terms stand beside it.
const ON_THE_DIAGONAL_OF_A_TERM: &str = "what stands beside the delta counts on the diagonal only, and what has no delta is an array as it stands";

fn matrix_form(term: &Term, _: &Context) -> Vec<Application> {
    let lifted = || {
        let (target, rest) = (*term.head() == Head::Comprehension).then(|| term.split())?;
        let body = rest.first()?;
        let closed = match target.as_slice() {
            [i, j] => oriented(body, i, j)?,
            _ => lift(body, &target)?,
        };
        let whole = if closed.rank() == target.len() {
            closed
        } else {
            let dims: Vec<_> = target.iter().map(Index::dim).collect();
            build::product(Vec::new(), vec![closed, build::ones(&dims)])
        };
        let mut application = Application::new(whole);
        application.kind = Some(lift_kind(body, &target, &application.after));
        if application.kind == Some("diagonal-matrix") {
            application.why = Some(match body.head() {
                Head::Sum => ON_THE_DIAGONAL_OF_A_TERM,
                _ => ON_THE_DIAGONAL,
            });
        }
        Some(application)
    };
    lifted().into_iter().chain(diagonal_form(term)).collect()
}

/// a_i (δ_ij − b_j) as an array: multiplied out, the delta leaves a diagonal matrix.
fn diagonal_form(term: &Term) -> Option<Application> {
    let (target, rest) = (*term.head() == Head::Comprehension).then(|| term.split())?;
    let [i, j] = target.as_slice() else {
        return None;
    };
    let (bound, factors) = product_parts(rest.first()?).filter(|(bound, _)| bound.is_empty())?;
    let holds = |part: &Term| part.any(&|part| *part.head() == Head::Delta);
    let at = factors
        .iter()
        .position(|factor| *factor.head() == Head::Sum && factor.children().iter().any(holds))?;
    let summands = factors[at].children().iter().map(|summand| {
        let mut copy = factors.clone();
        copy[at] = summand.clone();
        build::product(bound.clone(), copy)
    });
    let closed = lift(&build::sum(summands.collect()), &[i.clone(), j.clone()])?;
    let mut application = (closed.rank() == 2)
        .then(|| Application::new(closed))?
        .because(vec![factors[at].clone()]);
    application.kind = Some("diagonal-matrix");
    Some(application)
}

/// What the reader should call the step from entries to arrays.
fn lift_kind(body: &Term, target: &[Index], array: &Term) -> &'static str {
    let (_, array_of_body) = build::split_scalars(body.clone());
    let reversed: Vec<_> = target.iter().rev().cloned().collect();
    let turned = array_of_body
        .as_entry()
        .is_some_and(|(_, place)| place == reversed);
    if target.len() == 2 && turned {
        return "transpose";
    }
    if let Some(kind) = kind_of_diagonal(body, array) {
        return kind;
    }
    if *body.head() == Head::Sum
        && let Some(kind) = kind_of_terms(body, target)
    {
        return kind;
    }
    if *body.head() == Head::Product && has_single_entry(body, target) {
        return "single-entry";
    }
    let arrays = body
        .split()
        .1
        .iter()
        .filter(|factor| !places(factor).is_empty())
        .count();
    // An outer product that stood in an entry before was not made by this step.
    let entry_of_outer = |factor: &Term| {
        let array = factor.as_entry().map(|(array, _)| array.clone());
        array.is_some_and(|array| on_surface(&array, &is_outer))
    };
    let outer = on_surface(array, &is_outer) && !body.split().1.iter().any(entry_of_outer);
    let is_product = *body.head() == Head::Product;
    let repeats = |term: &Term| is_outer(term) && term.children().iter().any(is_ones);
    let proper = |term: &Term| is_outer(term) && !repeats(term);
    match (is_product && arrays >= 2, outer) {
        (true, true) if !on_surface(array, &proper) => "broadcast",
        (true, true) => "outer",
        (true, false) => "hadamard",
        (false, true) if !on_surface(array, &proper) => "broadcast",
        _ => "matrix-form",
    }
}

/// Whether entries at (1, 1) multiply a row or a column, which is read as a product of matrices.
fn has_single_entry(product: &Term, target: &[Index]) -> bool {
    let single = |places: &[Index]| *places == [Index::Unit];
    let units = target.iter().filter(|index| **index == Index::Unit);
    let places: Vec<_> = product.split().1.iter().map(places).collect();
    let whole = |places: &[Index]| target.iter().all(|index| places.contains(index));
    let known = |places: &[Index]| places.is_empty() || single(places) || whole(places);
    target.len() == 2
        && units.count() == 1
        && places.iter().all(|it| known(it))
        && places.iter().any(|it| single(it))
        && places.iter().any(|it| whole(it))
}

/// Whether a delta became a diagonal matrix, or equal indices the diagonal of one.
fn kind_of_diagonal(body: &Term, array: &Term) -> Option<&'static str> {
    let made = |head: &Head| on_surface(array, &|part| part.head() == head);
    let read = |head: &Head| body.any(&|part| part.head() == head);
    let new = |head: &Head| made(head) && !read(head);
    if new(&Head::DiagonalMatrix) && read(&Head::Delta) {
        return Some("diagonal-matrix");
    }
    new(&Head::Diagonal).then_some("diagonal")
}

/// Of the terms of a sum, what most needs to be said.
fn kind_of_terms(sum: &Term, target: &[Index]) -> Option<&'static str> {
    let kind = |term: &Term| {
        let array = match target {
            [i, j] => oriented(term, i, j)?,
            _ => lift(term, target)?,
        };
        Some(lift_kind(term, target, &array))
    };
    let kinds: Vec<_> = sum.children().iter().filter_map(kind).collect();
    let named = ["outer", "broadcast", "single-entry", "hadamard"];
    named.into_iter().find(|name| kinds.contains(name))
}

/// Whether this is such an array, or multiplies or adds entry by entry one that is.
fn on_surface(array: &Term, such: &dyn Fn(&Term) -> bool) -> bool {
    let inside = matches!(array.head(), Head::Product | Head::Sum);
    such(array) || (inside && array.children().iter().any(|part| on_surface(part, such)))
}

fn is_ones(term: &Term) -> bool {
    matches!(term.head(), Head::Ones(_))
}

/// `u vᵀ`, also as a matrix product over an axis of size 1.
fn is_outer(term: &Term) -> bool {
    let single = |factor: &Term| {
        factor.rank() == 2 && factor.shape().is_some_and(|shape| shape.0[1].is_unit())
    };
    match term.head() {
        Head::Outer => true,
        Head::MatMul => term
            .children()
            .split_last()
            .is_some_and(|(_, front)| front.iter().any(single)),
        _ => false,
    }
}
