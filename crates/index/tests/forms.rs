//! Constructors one by one: what is written how.

mod support;

use derive_graph::{Attribute, Dim, Function, Name, Polynomial};
use derive_index::expand::expand;
use derive_index::normal_form::{Known, normal_form};
use derive_index::{Affine, Fresh, Head, Index, Rational, Term, build};
use support::{array, dim, indices, text};

fn number(top: i64, bottom: i64) -> Term {
    build::number(Rational::new(top.into(), bottom.into()))
}

fn to_the(base: Term, top: i64, bottom: i64) -> Term {
    build::power(base, Rational::new(top.into(), bottom.into()))
}

#[track_caller]
fn same(a: Term, b: Term) {
    assert!(a == b, "{} and {}", text(&a), text(&b));
}

#[test]
fn powers_of_numbers_are_exact_or_left() {
    same(to_the(number(9, 4), 1, 2), number(3, 2));
    same(to_the(number(9, 4), -3, 2), number(8, 27));
    same(to_the(number(2, 3), 3, 1), number(8, 27));
    same(to_the(number(2, 3), -1, 1), number(3, 2));
    for left in [
        to_the(number(2, 9), 1, 2),
        to_the(number(4, 3), 1, 2),
        to_the(number(-4, 1), 1, 2),
    ] {
        assert!(matches!(left.head(), Head::Power(_)), "{}", text(&left));
    }
    // 1/0 has no value, and 2^100000 is too long to be written out.
    for left in [
        to_the(number(0, 1), -1, 1),
        to_the(number(2, 1), 100_000, 1),
    ] {
        assert!(matches!(left.head(), Head::Power(_)), "{}", text(&left));
    }
    same(to_the(number(0, 1), 3, 1), number(0, 1));
    same(to_the(number(8, 1), 0, 1), number(1, 1));
}

#[test]
fn powers_of_powers_and_products() {
    let x = || array("x", &["a"]);
    let s = || array("s", &[]);
    same(to_the(to_the(x(), 1, 2), 4, 1), to_the(x(), 2, 1));
    // √(x²) is |x|, not x.
    assert_ne!(to_the(to_the(x(), 2, 1), 1, 2), x());
    let scaled = build::product(Vec::new(), vec![s(), x()]);
    same(
        to_the(scaled.clone(), 2, 1),
        build::product(Vec::new(), vec![to_the(s(), 2, 1), to_the(x(), 2, 1)]),
    );
    assert!(matches!(to_the(scaled, 1, 2).head(), Head::Power(_)));
    let sum = build::product(indices(&mut Fresh::default(), &["a"]), vec![s()]);
    assert!(
        matches!(to_the(sum, 2, 1).head(), Head::Power(_)),
        "the square of a sum is no sum of squares"
    );
    same(to_the(x(), 0, 1), build::ones(&[dim("a")]));
}

#[test]
fn scalars_stand_in_front() {
    let (x, s) = (array("x", &["a"]), array("s", &[]));
    let i = indices(&mut Fresh::default(), &["a"]);
    let entry = build::entry(x.clone(), i.clone());
    let product = build::product(
        Vec::new(),
        vec![entry.clone(), number(3, 1), s.clone(), number(1, 2)],
    );
    assert_eq!(product.children(), [number(3, 2), s.clone(), entry.clone()]);
    assert!(
        build::is_plain_scalar(&s)
            && !build::is_plain_scalar(&entry)
            && !build::is_plain_scalar(&x)
    );
    let total = build::product(i.clone(), vec![entry.clone()]);
    assert!(
        !build::is_plain_scalar(&total),
        "a sum over an index is none"
    );
    same(
        build::product(Vec::new(), vec![number(0, 1), entry]),
        number(0, 1),
    );
    assert_ne!(
        build::product(Vec::new(), vec![number(0, 1), x.clone()]),
        number(0, 1)
    );
    // A sum over an index of an axis that has one place is none.
    same(
        build::product(vec![Index::Unit], vec![s.clone()]),
        s.clone(),
    );
    assert_eq!(
        build::sum(vec![build::negate(s.clone()), x.clone()]).children()[0],
        x
    );
    same(
        build::difference(s.clone(), number(0, 1)),
        build::sum(vec![s.clone(), number(0, 1)]),
    );
    assert_eq!(
        build::coefficient(&build::product(Vec::new(), vec![number(-2, 1), s.clone()])),
        Rational::from_integer((-2).into())
    );
    assert_eq!(build::coefficient(&s), Rational::from_integer(1.into()));
}

#[test]
fn sums_stay_by_themselves_beside_arrays() {
    let i = indices(&mut Fresh::default(), &["a"]);
    let (x, y) = (array("x", &["a"]), array("y", &["b"]));
    let total = build::product(i.clone(), vec![build::entry(x, i)]);
    let product = build::product(Vec::new(), vec![total.clone(), y.clone()]);
    assert_eq!(product.children(), [total.clone(), y]);
    let both = build::product(Vec::new(), vec![total.clone(), total]);
    assert_eq!(both.split().0.len(), 2, "{}", text(&both));
}

#[test]
fn transposes() {
    let (a, b) = (|| array("A", &["a", "b"]), || array("B", &["b", "d"]));
    let (u, v, s) = (array("u", &["a"]), array("v", &["b"]), array("s", &[]));
    let turned = |term: Term| Term::raw(Head::Transpose, vec![term]);
    same(build::transpose(build::transpose(a())), a());
    same(build::transpose(u.clone()), u.clone());
    same(
        build::transpose(build::outer(u.clone(), v.clone())),
        build::outer(v, u.clone()),
    );
    same(
        build::transpose(build::matmul(vec![a(), b()])),
        build::matmul(vec![turned(b()), turned(a())]),
    );
    same(
        build::transpose(build::ones(&[dim("a"), dim("b")])),
        build::ones(&[dim("b"), dim("a")]),
    );
    let diagonal = Term::raw(Head::DiagonalMatrix, vec![u]);
    same(build::transpose(diagonal.clone()), diagonal.clone());
    let identity = Term::leaf(Head::Identity(dim("a")));
    same(build::transpose(identity.clone()), identity);
    let scaled = build::product(Vec::new(), vec![s.clone(), a()]);
    same(
        build::transpose(scaled),
        build::product(Vec::new(), vec![s, turned(a())]),
    );
    let inverse = |term: Term| Term::raw(Head::MatrixFunction("inv"), vec![term]);
    same(
        build::transpose(inverse(diagonal.clone())),
        inverse(diagonal),
    );
    let square = || array("S", &["a", "a"]);
    same(
        build::transpose(inverse(square())),
        turned(inverse(square())),
    );
}

/// What is its own transpose by its form alone, and what is so only because S is.
#[test]
fn forms_that_are_their_own_transposes() {
    let (a, x) = (|| array("A", &["a", "a"]), || array("X", &["b", "a"]));
    let (symmetric, u, v) = (
        || array("S", &["a", "a"]),
        array("u", &["a"]),
        array("v", &["a"]),
    );
    let turned = build::transpose;
    let identity = || Term::leaf(Head::Identity(dim("a")));
    let gram = || build::matmul(vec![turned(x()), x()]);
    let scaled = |term: Term| build::product(Vec::new(), vec![array("s", &[]), term]);
    let inverse = |term: Term| Term::raw(Head::MatrixFunction("inv"), vec![term]);
    let through = |inner: Term| build::matmul(vec![a(), inner, turned(a())]);
    let with = |other: Term| build::sum(vec![gram(), scaled(other)]);
    let always = [
        gram(),
        with(identity()),
        build::sum(vec![a(), turned(a())]),
        inverse(with(identity())),
        build::outer(u.clone(), u.clone()),
        build::product(Vec::new(), vec![gram(), gram()]),
        build::power(with(identity()), Rational::from_integer(2.into())),
        through(gram()),
        build::product(Vec::new(), vec![a(), turned(a())]),
    ];
    let because = [
        symmetric(),
        with(symmetric()),
        inverse(symmetric()),
        through(symmetric()),
        inverse(with(through(symmetric()))),
        inverse(with(inverse(symmetric()))),
        through(build::sum(vec![
            inverse(with(symmetric())),
            build::power(symmetric(), Rational::from_integer(2.into())),
        ])),
    ];
    let never = [
        a(),
        with(a()),
        inverse(a()),
        through(a()),
        build::outer(u, v),
        build::matmul(vec![symmetric(), gram()]),
        build::sum(vec![a(), a(), turned(a())]),
    ];
    let plain = |term: &Term| build::is_own_transpose(term, &Term::clone);
    let known = |term: &Term| {
        let normal = |term: &Term| build::without_turns(term, &|name: &Name| name.as_str() == "S");
        build::is_own_transpose(term, &normal)
    };
    let told = |terms: &[Term]| -> Vec<(bool, bool)> {
        terms.iter().map(|it| (plain(it), known(it))).collect()
    };
    assert_eq!(told(&always), [(true, true); 9]);
    assert_eq!(told(&because), [(false, true); 7]);
    assert_eq!(told(&never), [(false, false); 7]);
}

#[test]
fn chains_are_flat_and_vectors_stand_at_their_ends() {
    let (a, b) = (|| array("A", &["a", "b"]), || array("B", &["b", "d"]));
    let (u, w, s) = (array("u", &["a"]), array("w", &["d"]), array("s", &[]));
    let chain = build::matmul(vec![build::matmul(vec![a(), b()]), w.clone()]);
    assert_eq!(chain.children(), [a(), b(), w.clone()]);
    let scaled = build::product(Vec::new(), vec![s.clone(), a()]);
    same(
        build::matmul(vec![scaled, b()]),
        build::product(Vec::new(), vec![s, build::matmul(vec![a(), b()])]),
    );
    // (Bᵀ Aᵀ u)ᵀ w = uᵀ A B w
    let column = build::matmul(vec![
        build::transpose(b()),
        build::transpose(a()),
        u.clone(),
    ]);
    same(
        build::matmul(vec![column, w.clone()]),
        Term::raw(Head::MatMul, vec![u.clone(), a(), b(), w.clone()]),
    );
    let row = build::matmul(vec![u.clone(), a()]);
    same(
        build::matmul(vec![build::transpose(b()), row]),
        Term::raw(
            Head::MatMul,
            vec![build::transpose(b()), build::transpose(a()), u.clone()],
        ),
    );
    // A dot product is a scalar, and no part of another chain.
    let dot = build::matmul(vec![w.clone(), w.clone()]);
    assert_eq!(
        build::outer(
            build::product(Vec::new(), vec![dot.clone(), u.clone()]),
            w.clone()
        )
        .children()[0],
        dot
    );
    let (scalars, rest) =
        build::split_scalars(build::product(Vec::new(), vec![dot.clone(), u.clone()]));
    assert_eq!((scalars, rest), (vec![dot], u));
}

#[test]
fn entries_that_are_known() {
    let mut fresh = Fresh::default();
    let place = indices(&mut fresh, &["a", "a"]);
    same(
        build::entry(Term::leaf(Head::Identity(dim("a"))), place.clone()),
        build::delta(&place[0], &place[1]),
    );
    same(
        build::entry(build::ones(&[dim("a"), dim("a")]), place.clone()),
        number(1, 1),
    );
    let at = |constant: Polynomial| Affine::new(Vec::new(), constant, dim("a")).to_index();
    let outside = at((-1).into());
    same(
        build::entry(array("x", &["a"]), vec![outside.clone()]),
        number(0, 1),
    );
    same(build::delta(&place[0], &outside), number(0, 1));
    same(build::delta(&place[0], &place[0]), number(1, 1));
    same(build::delta(&at(0.into()), &at(1.into())), number(0, 1));
    let next = Affine::new(vec![(place[0].clone(), 1.into())], 1.into(), dim("a")).to_index();
    // Whether the next place is one is not known: it stays a factor that says so.
    same(
        build::delta(&next, &next),
        build::inside(std::slice::from_ref(&next)),
    );
    assert_ne!(build::inside(std::slice::from_ref(&next)), number(1, 1));
    same(
        build::inside(&[place[0].clone(), next.clone()]),
        build::inside(&[next]),
    );
    same(build::dimension(&Dim::Size(7)), number(7, 1));
    same(
        build::extremum(true, vec![Index::Unit], number(2, 1), number(1, 1)),
        number(2, 1),
    );
}

#[test]
fn arithmetic_becomes_sums_products_and_powers() {
    let (x, y) = (array("x", &[]), array("y", &[]));
    let apply = |name: &str, arguments: &[&Term]| {
        build::apply(
            Function::named(name),
            arguments.iter().map(|&it| it.clone()).collect(),
        )
    };
    let product = |factors: Vec<Term>| build::product(Vec::new(), factors);
    same(
        apply("add", &[&x, &y]),
        build::sum(vec![x.clone(), y.clone()]),
    );
    same(
        apply("subtract", &[&x, &y]),
        build::sum(vec![x.clone(), product(vec![number(-1, 1), y.clone()])]),
    );
    same(
        apply("multiply", &[&x, &y]),
        product(vec![x.clone(), y.clone()]),
    );
    same(
        apply("divide", &[&x, &y]),
        product(vec![x.clone(), to_the(y.clone(), -1, 1)]),
    );
    same(
        apply("negate", &[&x]),
        product(vec![number(-1, 1), x.clone()]),
    );
    same(apply("sqrt", &[&x]), to_the(x.clone(), 1, 2));
    same(
        apply("power", &[&x, &number(3, 1)]),
        to_the(x.clone(), 3, 1),
    );
    assert!(matches!(apply("power", &[&x, &y]).head(), Head::Apply(_)));
    assert!(matches!(apply("tanh", &[&x]).head(), Head::Apply(_)));
}

/// Normal forms in which y is one-hot along its second axis, S symmetric, and D stands for A + A.
fn form(term: &Term) -> (Term, Vec<Name>) {
    let double = build::sum(vec![array("A", &["a", "b"]), array("A", &["a", "b"])]);
    let known = Known {
        definition: &|name| (name.as_str() == "D").then(|| double.clone()),
        attributes: &|name| match name.as_str() {
            "y" => vec![Attribute::OneHot { axis: 1 }],
            "S" => vec![Attribute::Symmetric],
            _ => Vec::new(),
        },
        multiplied: true,
    };
    let found = normal_form(term, &known).expect("it is small");
    (found.term, found.assumed)
}

#[test]
fn promises_and_definitions_are_used() {
    let mut fresh = Fresh::default();
    let place = indices(&mut fresh, &["a", "b", "a"]);
    let (i, k, j) = (&place[0], &place[1], &place[2]);
    let at = |name: &str, dims: &[&str], place: &[&Index]| {
        build::entry(
            array(name, dims),
            place.iter().map(|&it| it.clone()).collect(),
        )
    };
    let total = |factors| build::product(vec![k.clone()], factors);
    // Σ_k y_ik = 1, by a promise that is named.
    assert_eq!(
        form(&total(vec![at("y", &["a", "b"], &[i, k])])),
        (number(1, 1), vec![Name::new("y")])
    );
    // Along the other axis, or beside what depends on k, nothing is promised.
    let over_rows = build::product(vec![i.clone()], vec![at("y", &["a", "b"], &[i, k])]);
    assert_ne!(form(&over_rows).0, number(1, 1));
    let beside = total(vec![at("y", &["a", "b"], &[i, k]), at("v", &["b"], &[k])]);
    assert!(form(&beside).1.is_empty());
    let unpromised = total(vec![at("x", &["a", "b"], &[i, k])]);
    assert_ne!(form(&unpromised).0, number(1, 1));
    let squared = total(vec![to_the(at("y", &["a", "b"], &[i, k]), 2, 1)]);
    assert!(form(&squared).1.is_empty());
    same(
        form(&at("S", &["a", "a"], &[i, j])).0,
        form(&at("S", &["a", "a"], &[j, i])).0,
    );
    assert_ne!(
        form(&at("A", &["a", "a"], &[i, j])).0,
        form(&at("A", &["a", "a"], &[j, i])).0
    );
    let twice = build::product(
        Vec::new(),
        vec![number(2, 1), at("A", &["a", "b"], &[i, k])],
    );
    same(form(&at("D", &["a", "b"], &[i, k])).0, form(&twice).0);
    // Σ_k e = b e, and Σ_j δ_ji e_j = e_i.
    let counted = build::product(
        Vec::new(),
        vec![build::dimension(&dim("b")), at("u", &["a"], &[i])],
    );
    same(
        form(&total(vec![at("u", &["a"], &[i])])).0,
        form(&counted).0,
    );
    let sifted = build::product(
        vec![j.clone()],
        vec![build::delta(i, j), at("u", &["a"], &[j])],
    );
    same(form(&sifted).0, form(&at("u", &["a"], &[i])).0);
}

#[test]
fn circles_are_walked_to_the_end() {
    let mut fresh = Fresh::default();
    let place = indices(&mut fresh, &["d", "d", "d", "b"]);
    let (i, j, k, other) = (&place[0], &place[1], &place[2], &place[3]);
    let back = |index: &Index| index.to_affine().scaled(-1).wrapping(true).to_index();
    let n = build::dimension(&dim("d"));
    // Σ_k ω^{ki} ω^{−kj} = n δ_ij
    let sum = build::product(
        vec![k.clone()],
        vec![build::root(k, i), build::root(k, &back(j))],
    );
    let both = |delta: Term| build::product(Vec::new(), vec![n.clone(), delta]);
    same(form(&sum).0, form(&both(build::delta(i, j))).0);
    // Σ_jk ω^{ki} ω^{−kj} x_j = n x_i
    let entry = |place: &Index| build::entry(array("x", &["d"]), vec![place.clone()]);
    let factors = vec![build::root(k, i), build::root(k, &back(j)), entry(j)];
    let there_and_back = build::product(vec![k.clone(), j.clone()], factors);
    same(form(&there_and_back).0, form(&both(entry(i))).0);
    // x[i − 1 mod n], summed over i, is the sum of x.
    let before = Affine::new(vec![(i.clone(), 1.into())], (-1).into(), dim("d")).wrapping(true);
    let turned = build::product(vec![i.clone()], vec![entry(&before.to_index())]);
    let straight = build::product(vec![i.clone()], vec![entry(i)]);
    same(form(&turned).0, form(&straight).0);
    // Without the circle the last entry is missing.
    let cut = Affine::new(vec![(i.clone(), 1.into())], (-1).into(), dim("d"));
    assert_ne!(
        form(&build::product(
            vec![i.clone()],
            vec![entry(&cut.to_index())]
        ))
        .0,
        form(&straight).0
    );
    // Another circle's index is none of this one's.
    let across = Affine::new(
        vec![(other.clone(), 1.into()), (i.clone(), (-1).into())],
        0.into(),
        dim("d"),
    );
    let zero = Affine::new(Vec::new(), 0.into(), dim("d")).wrapping(true);
    let condition = build::delta(&across.wrapping(true).to_index(), &zero.to_index());
    let kept = build::product(
        vec![other.clone()],
        vec![
            condition,
            build::entry(array("z", &["b"]), vec![other.clone()]),
        ],
    );
    assert!(form(&kept).0.any(&|term| *term.head() == Head::Delta));
}

#[test]
fn chains_products_and_diagonals_have_entries() {
    let mut fresh = Fresh::default();
    let place = indices(&mut fresh, &["a", "a"]);
    let (a, u) = (array("A", &["a", "a"]), array("u", &["a"]));
    let at = |array: &Term, places: &[Index]| build::entry(array.clone(), places.to_vec());
    let product = |factors| build::product(Vec::new(), factors);
    let entry = |term: &Term| expand(term, &place, &mut fresh.clone());
    let scaled = product(vec![array("s", &[]), a.clone(), a.clone()]);
    let expected = vec![array("s", &[]), at(&a, &place), at(&a, &place)];
    assert_eq!(entry(&scaled), Some(product(expected)));
    let turned = [place[1].clone(), place[0].clone()];
    assert_eq!(entry(&build::transpose(a.clone())), Some(at(&a, &turned)));
    let outer = build::outer(u.clone(), u.clone());
    let both = vec![at(&u, &place[..1]), at(&u, &place[1..])];
    assert_eq!(entry(&outer), Some(product(both)));
    let diagonal = Term::raw(Head::DiagonalMatrix, vec![u.clone()]);
    let only = vec![at(&u, &place[..1]), build::delta(&place[0], &place[1])];
    assert_eq!(entry(&diagonal), Some(product(only)));
    // A sum over an index is no array, and a gathered one has no entry of its own here.
    let total = build::product(place[..1].to_vec(), vec![at(&u, &place[..1])]);
    assert_eq!(expand(&total, &[], &mut fresh.clone()), None);
    let softmax = Term::raw(
        Head::Softmax {
            axis: 0,
            log: false,
        },
        vec![a],
    );
    assert_eq!(entry(&softmax), None);
}
