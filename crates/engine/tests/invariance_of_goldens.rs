//! What must not change the answer to a golden: the order of summands and factors, a definition taken apart, the names, and whether
//! samples are rows or columns.
//!
//! The specs are changed as syntax trees, after their layers were written as equations.

#![allow(
    clippy::print_stdout,
    reason = "how many goldens were compared is for the reader of the test's output"
)]

mod support;

use derive_check::{Array, Point};
use derive_engine::run::equations;
use derive_graph::Name;
use derive_index::Term;
use derive_index::derivation::Derivation;
use derive_index::substitute::Renaming;
use derive_syntax::ast::{self, BinaryOperator, Expr, ExprKind, Statement, StatementKind};
use derive_syntax::format::format_spec;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use support::values::{check_values, derivation_of, gradients, values};

/// Every spec under `golden/`.
fn goldens() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).expect("the goldens are there") {
        let folder = folder.expect("an entry").path();
        let files = std::fs::read_dir(folder).into_iter().flatten();
        let files = files.map(|file| file.expect("an entry").path());
        found.extend(files.filter(|file| file.extension().is_some_and(|it| it == "spec")));
    }
    found.sort();
    found
}

/// A golden's equations without its claims, as a tree and as text; `None` for those that are refused, as they should be.
fn spec_of(path: &Path) -> Option<(ast::Spec, Derivation)> {
    let text = equations(&std::fs::read(path).expect("a file")).ok()?;
    let mut spec = derive_syntax::parse(text.as_bytes()).spec;
    let is_claim = |statement: &Statement| matches!(statement.kind, StatementKind::Claim(_));
    spec.statements.retain(|statement| !is_claim(statement));
    let derivation = derivation_of(&format_spec(&spec))?;
    Some((spec, derivation))
}

/// Holds every golden that `change` can be made to: the text has to derive, and `compare` has to find the same.
fn each_golden(
    change: impl Fn(&ast::Spec) -> Option<ast::Spec>,
    mut compare: impl FnMut(&str, &Derivation, &Derivation) -> bool,
) -> usize {
    let mut compared = 0;
    for path in goldens() {
        let Some((spec, derivation)) = spec_of(&path) else {
            continue;
        };
        let Some(changed) = change(&spec) else {
            continue;
        };
        let text = format!("# {}\n{}", path.display(), format_spec(&changed));
        let other = derivation_of(&text).unwrap_or_else(|| panic!("does not derive\n{text}"));
        compared += usize::from(compare(&text, &derivation, &other));
    }
    println!("{compared} of {} goldens were compared", goldens().len());
    compared
}

/// The tree with every part changed, from the leaves on.
fn changed(expr: &Expr, change: &dyn Fn(ExprKind) -> ExprKind) -> Expr {
    let inner = |expr: &Expr| changed(expr, change);
    let boxed = |expr: &Expr| Box::new(inner(expr));
    let kind = match &expr.kind {
        ExprKind::Negate(a) => ExprKind::Negate(boxed(a)),
        ExprKind::Transpose(a) => ExprKind::Transpose(boxed(a)),
        ExprKind::Binary(operator, span, a, b) => {
            ExprKind::Binary(*operator, *span, boxed(a), boxed(b))
        }
        ExprKind::Subscript(a, places) => ExprKind::Subscript(boxed(a), places.clone()),
        ExprKind::IndexSum(names, body) => ExprKind::IndexSum(names.clone(), boxed(body)),
        ExprKind::Call(call) => {
            let mut call = call.clone();
            for argument in &mut call.arguments {
                argument.value = inner(&argument.value);
            }
            ExprKind::Call(call)
        }
        leaf => leaf.clone(),
    };
    let (kind, span) = (change(kind), expr.span);
    Expr { kind, span }
}

/// The spec with the right sides of definitions and the loss changed.
fn with_changed_formulas(spec: &ast::Spec, change: &dyn Fn(ExprKind) -> ExprKind) -> ast::Spec {
    let mut spec = spec.clone();
    for statement in &mut spec.statements {
        match &mut statement.kind {
            StatementKind::Define(definition) => {
                definition.body = changed(&definition.body, change)
            }
            StatementKind::Loss(loss) => loss.body = changed(&loss.body, change),
            _ => {}
        }
    }
    spec
}

/// a + b as b + a, and a ⊙ b as b ⊙ a.
fn turned(kind: ExprKind) -> ExprKind {
    match kind {
        ExprKind::Binary(
            operator @ (BinaryOperator::Add | BinaryOperator::Multiply),
            span,
            a,
            b,
        ) => ExprKind::Binary(operator, span, b, a),
        other => other,
    }
}

#[test]
fn the_order_of_summands_and_factors_does_not_matter() {
    let change = |spec: &ast::Spec| {
        let other = with_changed_formulas(spec, &turned);
        (format_spec(spec) != format_spec(&other)).then_some(other)
    };
    let compared = each_golden(change, |text, first, second| {
        check_values(text, &first.network, first, second)
    });
    assert!(
        2 * compared > goldens().len(),
        "only {compared} were compared"
    );
}

/// A part of an expression that can have a name of its own: an operand, or the first argument of a call.
fn part_of(expr: &mut Expr) -> Option<&mut Expr> {
    let compound = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Binary(..) | ExprKind::Call(_) | ExprKind::Transpose(_)
        )
    };
    let parts: Vec<&mut Expr> = match &mut expr.kind {
        ExprKind::Binary(_, _, a, b) => vec![a, b],
        ExprKind::Negate(a) | ExprKind::Transpose(a) => vec![a],
        ExprKind::Call(call) => call.arguments.iter_mut().map(|it| &mut it.value).collect(),
        _ => Vec::new(),
    };
    parts.into_iter().find(|part| compound(part))
}

/// The spec with a part of its first definition in equation form that has one, or else of its loss, under a name of its own.
fn split(spec: &ast::Spec) -> Option<ast::Spec> {
    let mut spec = spec.clone();
    let mut bodies = spec
        .statements
        .iter_mut()
        .enumerate()
        .filter_map(|(at, it)| {
            let span = it.span;
            let body = match &mut it.kind {
                StatementKind::Define(definition) if definition.indices.is_some() => return None,
                StatementKind::Define(definition) => &mut definition.body,
                StatementKind::Loss(loss) => &mut loss.body,
                _ => return None,
            };
            part_of(body).map(|part| (at, span, part))
        });
    let (at, span, part) = bodies.next()?;
    let name = ast::Name {
        text: "Part".to_owned(),
        member: None,
        span,
    };
    let kind = ExprKind::Name(name.clone());
    let body = std::mem::replace(part, Expr { kind, span });
    let kind = StatementKind::Define(ast::Definition {
        name,
        indices: None,
        body,
        latex: None,
    });
    spec.statements.insert(at, Statement { kind, span });
    Some(spec)
}

#[test]
fn a_definition_may_be_split() {
    let compared = each_golden(split, |text, first, second| {
        check_values(text, &second.network, first, second)
    });
    assert!(
        5 * compared > 4 * goldens().len(),
        "only {compared} were compared"
    );
}

/// The names of arrays that a spec declares or defines.
fn names_of(spec: &ast::Spec) -> Vec<String> {
    let mut names = Vec::new();
    for statement in &spec.statements {
        match &statement.kind {
            StatementKind::Declare(_, declared) => {
                names.extend(declared.iter().map(|it| it.name.text.clone()));
            }
            StatementKind::Define(definition) => names.push(definition.name.text.clone()),
            StatementKind::Loss(loss) => names.extend(loss.name.iter().map(|it| it.text.clone())),
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Letters in the opposite order, for names in theirs.
fn new_name(names: &[String], name: &str) -> Option<String> {
    let rank = names.len() - names.iter().position(|it| it == name)?;
    let letter = |value: usize| char::from(b'a' + u8::try_from(value % 26).unwrap_or_default());
    Some(format!("V{}{}", letter(rank / 26), letter(rank)))
}

fn renamed(spec: &ast::Spec) -> Option<ast::Spec> {
    let names = names_of(spec);
    let put = |name: &mut ast::Name| {
        if let Some(new) = new_name(&names, &name.text) {
            name.text = new;
        }
    };
    let in_formula = |kind: ExprKind| match kind {
        ExprKind::Name(mut name) => {
            put(&mut name);
            ExprKind::Name(name)
        }
        other => other,
    };
    let mut spec = with_changed_formulas(spec, &in_formula);
    for statement in &mut spec.statements {
        match &mut statement.kind {
            StatementKind::Declare(_, declared) => {
                declared.iter_mut().for_each(|it| put(&mut it.name))
            }
            StatementKind::Define(definition) => put(&mut definition.name),
            StatementKind::Loss(loss) => loss.name.iter_mut().for_each(put),
            StatementKind::Wrt(wrt) => wrt.iter_mut().for_each(put),
            StatementKind::Regularize(_, on) => on.iter_mut().for_each(put),
            // Families, layers and repetitions have more names than these.
            StatementKind::For(_) | StatementKind::Layer(_) => return None,
            _ => {}
        }
    }
    Some(spec)
}

#[test]
fn names_do_not_matter() {
    let compared = each_golden(renamed, |text, first, second| {
        let counts = [first, second].map(|it| it.network.symbols.len());
        assert_eq!(counts[0], counts[1], "{text}");
        let pairs = first.network.symbols.iter().zip(&second.network.symbols);
        let pairs: Vec<(Name, Name)> = pairs
            .map(|(a, b)| (a.name.clone(), b.name.clone()))
            .collect();
        let back = |name: &Name| {
            let found = pairs.iter().find_map(|(old, new)| {
                let plain = (new == name).then(|| old.clone());
                plain.or_else(|| (new.cotangent() == *name).then(|| old.cotangent()))
            });
            found.unwrap_or_else(|| name.clone())
        };
        let renaming = Renaming {
            tensor: &back,
            dim: &|name| derive_graph::Dim::Named(name.clone()),
            index: &|id| id,
        };
        assert_eq!(first.statements.len(), second.statements.len(), "{text}");
        for (a, b) in first.statements.iter().zip(&second.statements) {
            let same = |a: &Term, b: &Term| *a == renaming.apply(b);
            assert_eq!(a.variable, back(&b.variable), "{text}");
            assert!(same(&a.result, &b.result), "∂L/∂{}\n{text}", a.variable);
            assert_eq!(a.steps.len(), b.steps.len(), "∂L/∂{}\n{text}", a.variable);
            let mut steps = a.steps.iter().zip(&b.steps);
            let alike = steps.all(|(a, b)| a.rule == b.rule && same(&a.after, &b.after));
            assert!(alike, "∂L/∂{}\n{text}", a.variable);
        }
        true
    });
    assert!(
        5 * compared > 4 * goldens().len(),
        "only {compared} were compared"
    );
}

/// Layers whose samples may be rows or columns: everything after the declarations.
const NETWORKS: &[&str] = &[
    "layer dense(h) -> tanh\nlayer dense(c)\nloss half_squared_error",
    "layer dense(h) -> sigmoid\nlayer dense(h) -> relu\nlayer dense(c) -> softmax\nloss cross_entropy(mean)",
    "layer dense(c) -> softmax\nloss cross_entropy",
    "layer dense(h, bias=false) -> softplus\nlayer dense(c)\nloss mse",
];

/// A matrix with rows and columns exchanged; a vector as a column, as biases are where samples are columns.
fn transposed(array: &Array) -> Array {
    match array.dims.as_slice() {
        [rows, columns] => {
            let entry = |at: usize| array.data[at % rows * columns + at / rows];
            let data = (0..array.data.len()).map(entry).collect();
            Array {
                dims: vec![*columns, *rows],
                data,
            }
        }
        [entries] => Array {
            dims: vec![*entries, 1],
            data: array.data.clone(),
        },
        _ => array.clone(),
    }
}

/// With samples as columns every matrix is the transpose of what it is with samples as rows, and so is every gradient.
#[test]
fn samples_may_be_rows_or_columns() {
    for body in NETWORKS {
        let target = if body.contains("softmax") {
            " onehot"
        } else {
            ""
        };
        let rows = format!("input X: [N, d]\ntarget Y: [N, c]{target}\n{body}\n");
        let columns =
            format!("convention columns\ninput X: [d, N]\ntarget Y: [c, N]{target}\n{body}\n");
        let [first, second] = [&rows, &columns]
            .map(|text| derivation_of(text).unwrap_or_else(|| panic!("does not derive\n{text}")));
        let point = Point::draw(&first.network, 7, 0).expect("it has values");
        let environment = point.environment();
        let mut turned = environment.clone();
        for symbol in &first.network.symbols {
            if let Some(array) = environment.array(&symbol.name) {
                turned.insert(symbol.name.clone(), Rc::new(transposed(array)));
            }
        }
        let a = values(&first, &environment).expect("has values");
        let b = values(&second, &turned).expect("has values");
        assert_eq!(
            gradients(&first).count(),
            gradients(&second).count(),
            "{columns}"
        );
        for (name, value) in &a {
            let expected = transposed(value);
            let found = b
                .get(name)
                .unwrap_or_else(|| panic!("no gradient by {name}\n{columns}"));
            assert_eq!(found.dims, expected.dims, "∂L/∂{name}\n{columns}");
            let close = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-9 * (1.0 + x.abs());
            let same = found.data.iter().zip(&expected.data).all(close);
            assert!(same, "∂L/∂{name}: {found:?} and {expected:?}\n{columns}");
        }
    }
}
