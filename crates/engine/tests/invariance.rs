//! What must not change an answer: the names, the order of summands and factors, a definition taken apart.
//!
//! Renaming must give the very same terms and steps. The other two may give other forms (products keep the order in which they
//! were written, and a definition that is split has a cotangent of its own), so their values are compared; how many forms differ is printed.

#![allow(
    clippy::print_stdout,
    reason = "how many forms differ is for the reader of the test's output"
)]

mod support;

use derive_graph::{Dim, Name};
use derive_index::Term;
use derive_index::derivation::{Derivation, Statement};
use derive_index::substitute::Renaming;
use std::collections::HashMap;
use support::expression::Writing;
use support::values::{check_values, derivation_of, gradients};
use support::{generate, spec::Spec};

const CASES: u64 = 200;

/// Specs that derive and have a finite value somewhere, with their derivations and a point of each.
fn each_case(mut check: impl FnMut(&Spec, &Derivation)) {
    for case in 0..CASES {
        let spec = generate::spec(&numbers(case));
        if let Some(derivation) = derivation_of(&spec.text()) {
            check(&spec, &derivation);
        }
    }
}

/// A stream of choices: SplitMix64.
fn numbers(case: u64) -> Vec<u16> {
    let number = |at: u64| {
        let mut mixed = (case * 64 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 40) as u16
    };
    (0..50).map(number).collect()
}

/// Names in the opposite order, for the names in theirs.
fn reversed_names(spec: &Spec) -> HashMap<String, String> {
    let mut names = spec.names();
    names.sort();
    let last = names.len();
    let name = |(at, name): (usize, String)| {
        let rank = last - at;
        let letter = |value: usize| char::from(b'a' + u8::try_from(value % 26).unwrap_or_default());
        (name, format!("V{}{}", letter(rank / 26), letter(rank)))
    };
    names.into_iter().enumerate().map(name).collect()
}

/// Dimensions under names in the opposite order.
const DIMS: [(&str, &str); 3] = [("k", "zk"), ("m", "yk"), ("n", "xk")];

/// The text with every word that is a dimension's name replaced.
fn with_other_dims(text: &str) -> String {
    let replaced = |word: &str| {
        let found = DIMS.iter().find(|(old, _)| *old == word);
        found.map_or(word, |(_, new)| new).to_owned()
    };
    let mut written = String::new();
    let mut word = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            written += &replaced(&std::mem::take(&mut word));
            written.push(character);
        }
    }
    written + &replaced(&word)
}

#[test]
fn names_do_not_matter() {
    each_case(|spec, derivation| {
        let names = reversed_names(spec);
        let rename = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let text = spec.write(&Writing {
            rename: &rename,
            reversed: false,
        });
        let text = with_other_dims(&text);
        let other = derivation_of(&text).unwrap_or_else(|| panic!("does not derive\n{text}"));
        let back: HashMap<Name, Name> = names
            .iter()
            .flat_map(|(old, new)| {
                let (old, new) = (Name::new(old), Name::new(new));
                [(new.cotangent(), old.cotangent()), (new, old)]
            })
            .collect();
        let tensor = |name: &Name| back.get(name).unwrap_or(name).clone();
        let renaming = Renaming {
            tensor: &tensor,
            dim: &|name| {
                let known = DIMS.iter().find(|(_, new)| *new == name.as_str());
                Dim::Named(known.map_or_else(|| name.clone(), |(old, _)| Name::new(old)))
            },
            index: &|id| id,
        };
        assert_eq!(
            derivation.statements.len(),
            other.statements.len(),
            "{text}"
        );
        for (first, second) in derivation.statements.iter().zip(&other.statements) {
            assert_eq!(first.variable, tensor(&second.variable), "{text}");
            assert!(
                same_statement(first, second, &renaming),
                "∂L/∂{}\n{}\n{text}",
                first.variable,
                spec.text()
            );
        }
    });
}

fn same_statement(first: &Statement, second: &Statement, renaming: &Renaming) -> bool {
    let same = |a: &Term, b: &Term| *a == renaming.apply(b);
    let steps = first.steps.iter().zip(&second.steps);
    first.steps.len() == second.steps.len()
        && same(&first.result, &second.result)
        && steps
            .into_iter()
            .all(|(a, b)| a.rule == b.rule && same(&a.after, &b.after))
}

#[test]
fn the_order_of_summands_and_factors_does_not_matter() {
    let (mut same, mut all, mut compared) = (0, 0, 0);
    each_case(|spec, derivation| {
        let text = spec.write(&Writing {
            rename: &|name| name.to_owned(),
            reversed: true,
        });
        let other = derivation_of(&text).unwrap_or_else(|| panic!("does not derive\n{text}"));
        compared += u64::from(check_values(&text, &derivation.network, derivation, &other));
        for statement in gradients(derivation) {
            let twin = gradients(&other).find(|twin| twin.variable == statement.variable);
            all += 1;
            same += usize::from(twin.is_some_and(|twin| twin.result == statement.result));
        }
    });
    assert!(compared > CASES / 2, "only {compared} were compared");
    println!("{same} of {all} gradients have the same form");
}

#[test]
fn a_definition_may_be_split() {
    let mut compared = 0;
    each_case(|spec, derivation| {
        // A name that was made for a part of an expression may be made for another part after the split.
        let names = spec.names();
        let made =
            |symbol: &derive_graph::Symbol| !names.iter().any(|name| name == symbol.name.as_str());
        if derivation.network.symbols.iter().any(made) {
            return;
        }
        let text = spec.split().text();
        let other = derivation_of(&text).unwrap_or_else(|| panic!("does not derive\n{text}"));
        compared += u64::from(check_values(&text, &other.network, derivation, &other));
    });
    assert!(compared > CASES / 3, "only {compared} were compared");
}
