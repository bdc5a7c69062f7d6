//! Claims and what should be equal, judged by their values against derivatives.

mod support;

use derive_check::{Config, Equal, check_all_equal, check_claims, check_equal};
use derive_graph::{Claim, ClaimSubject, Name, NodeId, Operation};
use derive_index::derivation::How;
use derive_index::{Term, build};
use support::{cotangent, derivation, linear, linear_results, number, shape, tensor, twice};

fn claim(text: &str, subject: ClaimSubject, value: Result<NodeId, String>) -> Claim {
    Claim {
        text: text.to_string(),
        span: (0, 0),
        subject,
        value,
    }
}

#[test]
fn terms_are_equal_where_every_derivative_is_what_was_derived() {
    let derivation = derivation(linear().network, &linear_results(1));
    let (network, statements) = (&derivation.network, &derivation.statements[..]);
    let x = || build::transpose(tensor("X", &["N", "d"]));
    let dw = || cotangent("W", &["d", "h"]);
    let product = |factor: i64| {
        let product = build::matmul(vec![x(), cotangent("Y", &["N", "h"])]);
        build::product(Vec::new(), vec![build::integer(factor), product])
    };
    let squared = || twice(build::matmul(vec![x(), tensor("Y", &["N", "h"])]));
    let config = Config { seed: 3, draws: 2 };
    let equal = |terms: &[Term]| check_equal(network, statements, terms, &config);
    assert!(equal(&[dw(), product(1), squared()]));
    assert!(!equal(&[dw(), product(2)]) && !equal(&[dw(), squared(), product(-1)]));
    assert!(!equal(&[dw(), tensor("W", &["d", "h"])]) && !equal(&[dw(), x()]));
    assert!(!equal(&[dw(), tensor("Q", &["d", "h"])]));
    // What terms cancel to is measured against the terms where they are given.
    let tiny = |by: i64| {
        build::product(
            Vec::new(),
            vec![
                build::number(number(by, 1_000_000_000)),
                tensor("W", &["d", "h"]),
            ],
        )
    };
    let group = |terms: [Term; 2], against: Option<Term>| Equal {
        terms: terms.to_vec(),
        against,
    };
    let groups = [
        group([tiny(1), tiny(2)], None),
        group([tiny(1), tiny(2)], Some(dw())),
        group([dw(), product(1)], None),
        group([dw(), product(2)], Some(dw())),
    ];
    assert_eq!(
        check_all_equal(network, statements, &groups, &config),
        [false, true, true, false]
    );
}

#[test]
fn claims_are_judged_by_value() {
    let mut builder = linear();
    let cotangent = Operation::Symbol(Name::new("Y").cotangent());
    let dy = builder
        .network
        .graph
        .add(cotangent, Vec::new(), shape(&["N", "h"]));
    let x = NodeId(0);
    let einsum = derive_graph::Einsum::parse(".T", "ij->ji");
    let xt = builder.einsum(einsum, &[x], shape(&["d", "N"]));
    let right = builder.matmul(xt, dy);
    let wrong = builder.apply("negate", &[right]);
    let gradient = |name: &str| ClaimSubject::Gradient(Name::new(name));
    let ill = "the product does not fit".to_string();
    builder.network.claims = vec![
        claim("right", gradient("W"), Ok(right)),
        claim("wrong", gradient("W"), Ok(wrong)),
        claim("ill-shaped", gradient("W"), Err(ill.clone())),
        claim("an input, which nothing derived", gradient("X"), Ok(x)),
        claim("equal expressions", ClaimSubject::Expression(xt), Ok(xt)),
    ];
    let derivation = derivation(builder.network, &linear_results(1));
    let outcomes = check_claims(&derivation.network, &derivation.statements, 1, 2);
    let holds: Vec<bool> = outcomes.iter().map(|outcome| outcome.holds).collect();
    assert_eq!(holds, [true, false, false, false, true], "{outcomes:?}");
    assert!(
        outcomes[1].reason.contains("of ∂L/∂W is"),
        "{}",
        outcomes[1].reason
    );
    assert_eq!(outcomes[2].reason, ill);
    let texts: Vec<&str> = outcomes.iter().map(|it| it.text.as_str()).collect();
    let stated = derivation.network.claims.iter().map(|it| it.text.as_str());
    assert_eq!(texts, stated.collect::<Vec<_>>());
    let subjects: Vec<Option<&str>> = outcomes
        .iter()
        .map(|it| it.subject.as_ref().map(Name::as_str))
        .collect();
    assert_eq!(subjects, [Some("W"), Some("W"), Some("W"), Some("X"), None]);
    let how = [
        How::Numeric,
        How::Refuted,
        How::IllShaped,
        How::Refuted,
        How::Numeric,
    ];
    assert_eq!(outcomes.iter().map(|it| it.how).collect::<Vec<_>>(), how);
}
