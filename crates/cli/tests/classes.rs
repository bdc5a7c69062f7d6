//! Every member of every class of every golden's e-graphs, evaluated against one another: catches any unsound rule, even
//! one whose result is never chosen.

mod support;

use derive_check::{Config, class_disagreement};
use derive_engine::checking::check_facts;
use derive_engine::run::{derive, read};
use derive_rewrite::{Limits, Run};

#[test]
fn members_of_a_class_are_equal() {
    let mut classes_seen = 0;
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let (network, _) = read(&source).expect("elaborates");
        let (derivation, solver) = derive(network).expect("derives");
        for form in solver.forms() {
            assert!(
                !form.solution.clash,
                "{}: two shapes in one class",
                spec.display()
            );
            let mut start = form.start.clone();
            let mut classes = Vec::new();
            for transforms in [false, true] {
                let facts = &form.facts;
                let limits = Limits::default();
                let mut run = match transforms {
                    false => Run::new(&start, facts, limits),
                    true => Run::with_transforms(&start, facts, limits),
                };
                classes.extend(run.classes());
                start = run.solution(facts).result;
            }
            classes.retain(|members| members.len() > 1);
            classes_seen += classes.len();
            let config = Config { seed: 7, draws: 2 };
            let wrong = class_disagreement(
                &derivation.network,
                &classes,
                &check_facts(&form.facts),
                &config,
            );
            assert!(wrong.is_empty(), "{}: {wrong:#?}", spec.display());
        }
    }
    assert!(
        classes_seen > 100,
        "only {classes_seen} classes have more than one member"
    );
}
