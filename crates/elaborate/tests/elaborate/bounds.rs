//! Samples and goldens, and specs that are deep, wide or broken: always an answer, in bounded time.

use crate::support::{CLASSIFIER, ONE_LAYER, check, listing, network, reject, run};
use derive_elaborate::elaborate;
use derive_syntax::format::format_spec;
use derive_syntax::parse_str;

#[test]
fn deep_and_wide_specs_are_bounded() {
    let chain = format!("param W: [n, n]\nloss sum(W{})", " @ W".repeat(990));
    assert!(run(&chain).network.is_some());
    let turns = format!("param W: [n, n]\nloss sum(W{})", ".T".repeat(990));
    assert!(run(&turns).network.is_some());
    let mut doubling = "param W: [n]\nfunction f0(a, b) = a*b + a\n".to_owned();
    for at in 1..400 {
        let below = at - 1;
        doubling += &format!("function f{at}(a, b) = f{below}(f{below}(a, b), f{below}(b, a))\n");
    }
    let bounded = run(&format!("{doubling}loss sum(f399(W, W))"));
    assert_eq!(bounded.diagnostics[0].code, "E0503");
}

#[test]
fn many_indices_and_many_errors_are_bounded() {
    let names: Vec<String> = (0..40).map(|at| format!("i{at}")).collect();
    let product: Vec<String> = names.iter().map(|name| format!("x[{name}]")).collect();
    let many = format!(
        "param x: [n]\nloss sum({}) {}",
        names.join(", "),
        product.join(" * ")
    );
    reject(&many, "E0503", "16 indices");
    let definitions: String = (0..5000)
        .map(|at| format!("a{at} = x\nb{at} = q{at}\n"))
        .collect();
    let bounded = run(&format!("param x: [n]\n{definitions}loss sum(x)"));
    assert_eq!(bounded.diagnostics.len(), 1001);
}

#[test]
fn every_layer_adds_as_many_nodes() {
    let nodes = |layers: usize| {
        let mut source = "input x: [N, d]\ntarget y: [N, d]\n".to_owned();
        source += &"layer dense(d) -> tanh\n".repeat(layers);
        source += "loss mse\n";
        let network = network(&source);
        assert_eq!(network.symbols.len(), 2 + 4 * layers);
        network.graph.len()
    };
    let [few, more, many] = [256, 512, 4096].map(nodes);
    assert_eq!(many - more, (more - few) / 256 * (4096 - 512));
}

#[test]
fn rejected_samples_give_their_codes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../grammar/reject");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        let first = source.lines().next().unwrap_or_default();
        let codes = first.strip_prefix("# expect: ").unwrap_or_default();
        let later = |code: &str| {
            ["E02", "E03", "E04", "E05"]
                .iter()
                .any(|kind| code.starts_with(kind))
        };
        if codes.split_whitespace().any(later) {
            reject(&source, codes, "");
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} samples were found");
}

fn golden_specs() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let specs = paths.filter(|path| path.extension().is_some_and(|end| end == "spec"));
    let mut sources: Vec<String> = specs
        .map(|path| std::fs::read_to_string(path).expect("it can be read"))
        .collect();
    sources.sort();
    sources
}

#[test]
fn golden_specs_mean_what_their_equations_mean() {
    for source in golden_specs() {
        let listed = listing(&network(&source));
        let expected: Vec<&str> = listed.lines().collect();
        check(&source, &expected.join("\n"));
    }
}

/// A small generator, so that the same specs are broken in the same ways each time.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn broken_specs_never_panic_and_always_say_why() {
    let mut sources = golden_specs();
    sources.extend([CLASSIFIER.to_owned(), ONE_LAYER.to_owned()]);
    sources.push("param A: [n, m]\nZ[j,i] = sum(k) A[i,k] * A[j,k]\nloss sum(i, j) Z[i,j]\nclaim grad(A)[i,j] = A[i,j]\n".to_owned());
    let words: Vec<String> = sources
        .iter()
        .flat_map(|source| source.split(' ').map(str::to_owned))
        .collect();
    let mut state = 7;
    for _ in 0..4000 {
        let source = &sources[next(&mut state) % sources.len()];
        let mut parts: Vec<&str> = source.split(' ').collect();
        for _ in 0..1 + next(&mut state) % 3 {
            let at = next(&mut state) % parts.len();
            parts[at] = &words[next(&mut state) % words.len()];
        }
        let parsed = parse_str(&parts.join(" "));
        let elaborated = elaborate(&parsed.spec);
        assert_eq!(
            elaborated.network.is_none(),
            !elaborated.diagnostics.is_empty()
        );
        if elaborated.network.is_some() {
            let text = format_spec(&elaborated.equations);
            let again = elaborate(&parse_str(&text).spec);
            assert!(
                again.network.is_some(),
                "{}\n{text}\n{:?}",
                parts.join(" "),
                again.diagnostics
            );
        }
    }
}

#[test]
fn functions_that_call_one_another_are_bounded() {
    let calls = (1..40).map(|at| format!("function f{at}(z) = f{0}(f{0}(z))\n", at - 1));
    let source = format!(
        "function f0(z) = z * z\n{}param W: [n]\nloss sum(W)",
        calls.collect::<String>()
    );
    let bounded = run(&source);
    let first = &bounded.diagnostics[0];
    assert_eq!(first.code, "E0503");
    assert!(first.message.contains("`f11`"), "{}", first.message);
}
