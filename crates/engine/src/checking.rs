//! What was derived, checked: against numbers, and against what the spec claims.

use crate::normalisation;
use crate::proofs::find_ways;
use crate::savings::check_savings;
use derive_calculus::function_derivative;
use derive_check::{StepCheck, TensorFact};
use derive_graph::{Attribute, Function, Name, Network};
use derive_index::derivation::{Derivation, Verdict};
use derive_index::{Head, Term};
use derive_rewrite::{Fact, Solver};
use derive_syntax::ast;

/// The stack that a thread needs for what is derived, checked and printed, in bytes: all of these recurse over expressions, which the parser bounds.
pub const STACK: usize = 256 << 20;

/// How the numeric check draws.
pub use derive_check::Config as CheckConfig;

/// With fewer statements a derivation is checked before a second thread has begun.
const WORTH_A_THREAD: usize = 16;

/// The derivation with its verdict.
pub(crate) fn checked(derivation: Derivation, solver: &Solver, check: CheckConfig) -> Derivation {
    let verdict = verdict(&derivation, solver, &check);
    with_verdict(derivation, verdict, check)
}

/// As [`checked`], and what `meanwhile` makes of the derivation while a second thread checks it. Nothing is made where there is more to
/// say of the derivation after the check than a verdict, and where a second thread is not there or not worth its time.
pub(crate) fn checked_meanwhile<T>(
    derivation: Derivation,
    solver: &Solver,
    check: CheckConfig,
    meanwhile: impl FnOnce(&Derivation) -> T,
) -> (Derivation, Option<T>) {
    let alone = derivation.statements.len() < WORTH_A_THREAD
        || std::thread::available_parallelism().is_ok_and(|there| there.get() == 1)
        || !derivation.network.claims.is_empty()
        || normalisation::proposed(&derivation);
    if alone {
        return (checked(derivation, solver, check), None);
    }
    let (verdict, made) = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let at_work = thread.spawn_scoped(scope, || verdict(&derivation, solver, &check));
        let made = meanwhile(&derivation);
        let verdict = match at_work.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // The system gave no thread.
            Err(_) => verdict(&derivation, solver, &check),
        };
        (verdict, made)
    });
    (with_verdict(derivation, verdict, check), Some(made))
}

fn with_verdict(mut derivation: Derivation, verdict: Verdict, check: CheckConfig) -> Derivation {
    derivation.verdict = Some(verdict);
    normalisation::confirm(&mut derivation, &check);
    derivation
}

/// The gradients against duals, and every step of every form that was solved, once each.
fn verdict(derivation: &Derivation, solver: &Solver, config: &CheckConfig) -> Verdict {
    let mut verdict = derive_check::check_derivation(derivation, config);
    for form in solver.forms() {
        if !verdict.unchecked.is_empty() {
            break;
        }
        check_form(&derivation.network, form, config).add_to(&mut verdict);
    }
    if let (Some(savings), true) = (&derivation.savings, verdict.unchecked.is_empty()) {
        check_savings(derivation, savings, config).add_to(&mut verdict);
    }
    let functions = &derivation.functions;
    let facts = derive_check::check_function_facts(functions, &derivation.network, config.seed);
    verdict.failures.extend(facts);
    verdict
}

/// The derivation with its claims judged, against what was derived and checked.
pub(crate) fn judged(
    mut derivation: Derivation,
    equations: &ast::Spec,
    check: CheckConfig,
) -> Derivation {
    derivation.claims = derive_judge::judge(equations, &derivation, &check, derivative_of);
    find_ways(&mut derivation, &check);
    derivation
}

/// The derivation with its derivatives in the language of the spec, which are checked as claims are.
pub(crate) fn spelt(
    mut derivation: Derivation,
    equations: &ast::Spec,
    check: CheckConfig,
) -> Derivation {
    derivation.spellings = derive_judge::spelling::confirmed(equations, &derivation, &check);
    derivation
}

/// f′ at an argument by the derivative table; `None` where it has no row, or says no more than f′.
fn derivative_of(function: &Function, argument: &Term) -> Option<Term> {
    let plain = Function {
        primes: 0,
        ..function.clone()
    };
    let arguments = std::slice::from_ref(argument);
    let value = derive_index::build::apply(plain.clone(), arguments.to_vec());
    let derivative = function_derivative(&plain, 0, arguments, &value).ok()?;
    let same = |term: &Term| matches!(term.head(), Head::Apply(known) if known == function);
    (!derivative.any(&same)).then_some(derivative)
}

pub(crate) fn check_form(
    network: &Network,
    form: &derive_rewrite::canonical::Form,
    config: &CheckConfig,
) -> StepCheck {
    let pairs: Vec<_> = form
        .solution
        .steps
        .iter()
        .map(|step| (step.before.clone(), step.after.clone()))
        .collect();
    let mut outcome = derive_check::check_steps(network, &pairs, &check_facts(&form.facts), config);
    if form.solution.clash {
        outcome
            .failures
            .push("two forms of different shapes were found equal".to_owned());
    }
    outcome
}

/// The same facts in the words of the check.
pub fn check_facts(facts: &[Fact]) -> Vec<TensorFact> {
    let declared = |name: &Name, attribute| TensorFact::Declared {
        name: name.clone(),
        attribute,
    };
    let translate = |fact: &Fact| match fact {
        Fact::SumsToOne { array, axis, .. } => declared(array, Attribute::Simplex { axis: *axis }),
        Fact::Symmetric { array, .. } => declared(array, Attribute::Symmetric),
        Fact::Positive { array, .. } | Fact::OpenUnitInterval { array, .. } => {
            declared(array, Attribute::Positive)
        }
        Fact::Defined { array, definition } => TensorFact::Defined {
            value: array.clone(),
            definition: definition.clone(),
        },
        Fact::Softmax {
            value,
            argument,
            axis,
            log,
        } => TensorFact::SoftmaxOf {
            value: value.clone(),
            argument: argument.clone(),
            axis: *axis,
            log: *log,
        },
    };
    facts.iter().map(translate).collect()
}
