//! A derivation as a program: what the emitter needs of the other stages.

use crate::run::{Config, Failure, Outcome};
use derive_emit::{Options, Target};

/// The program of a derivation in a target's language.
///
/// # Errors
/// [`Failure::Engine`] naming the first construct that has no program: a network of symbolic depth, a Jacobian, second derivatives, or what
/// [`derive_emit::emit`] refuses.
pub fn emit(
    outcome: &Outcome,
    config: &Config,
    target: &'static Target,
    options: Options,
) -> Result<String, Failure> {
    let derivation = &outcome.derivation;
    if config.jacobian.is_some() {
        return Err(refused("a Jacobian"));
    }
    if config.second.is_some() {
        return Err(refused("second derivatives"));
    }
    if outcome.symbolic {
        return Err(refused(
            "a network of symbolic depth; give the bound a number",
        ));
    }
    let formula = |term: &_| derive_print::render_term_text(term, &derivation.network);
    derive_emit::emit(derivation, target, options, &formula)
        .map_err(|error| Failure::Engine(error.to_string()))
}

fn refused(what: &str) -> Failure {
    Failure::Engine(derive_emit::Unsupported::new(what).to_string())
}
