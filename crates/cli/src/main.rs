//! The binary `derive`: arguments, files, colour and exit status. Results go to standard output, everything else to standard
//! error.

mod arguments;
mod commands;
mod explain;
mod files;
mod quiz;
mod report;

use arguments::{Arguments, CommandLine, Input};
use clap::Parser;
use derive_engine::derivation::Derivation;
use derive_engine::{Config, Draft, Failure, Outcome, PrintError};
use std::process::ExitCode;

/// Terms are many small allocations; this allocator serves and takes them back in half the time of the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the exit status says.
#[derive(Clone, Copy)]
enum Status {
    Fine = 0,
    Refused = 1,
    Wrong = 2,
    Unfinished = 3,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            let status = if error.use_stderr() {
                Status::Wrong
            } else {
                Status::Fine
            };
            let _ = error.print();
            return status.into();
        }
    };
    let worker = std::thread::Builder::new()
        .stack_size(derive_engine::STACK)
        .spawn(move || match line.command {
            Some(command) => commands::run(&command),
            None => work(&line.arguments),
        });
    let finished = worker.ok().and_then(|worker| worker.join().ok());
    finished.unwrap_or(Status::Wrong).into()
}

fn work(arguments: &Arguments) -> Status {
    let input = arguments.input();
    if arguments.ascii && !arguments.is_text() {
        report::line("error: `--ascii` is for the text format, which it spells in ASCII");
        return Status::Wrong;
    }
    let Some(source) = files::read(&input) else {
        return Status::Wrong;
    };
    let source = files::with_claims(source, &arguments.claims);
    if arguments.equations {
        return match derive_engine::equations(&source) {
            Ok(text) => files::write(&input, &text, Status::Fine),
            Err(failure) => refuse(&input, &source, failure),
        };
    }
    let config = Config {
        jacobian: arguments.jacobian.clone(),
        wrt: arguments.wrt.clone(),
        second: arguments.second(),
        check: arguments.check(),
        savings: arguments.savings(),
        spell: arguments.is_json(),
    };
    let options = arguments.print_options();
    let meanwhile = arguments
        .target()
        .is_none()
        .then_some(|derivation: &Derivation| derive_engine::draft(derivation, &options));
    match derive_engine::run_meanwhile(&source, &config, meanwhile) {
        Ok((outcome, draft)) => {
            let status = print(arguments, &source, &config, &outcome, draft);
            // The process ends here: what a deep network's derivation took need not be given back piece by piece.
            std::mem::forget(outcome);
            status
        }
        Err(failure) => refuse(&input, &source, failure),
    }
}

/// Prints what came out, from what was drawn of it while it was checked.
fn print(
    arguments: &Arguments,
    source: &[u8],
    config: &Config,
    outcome: &Outcome,
    draft: Option<Result<Option<Draft>, PrintError>>,
) -> Status {
    let input = arguments.input();
    let status = judge(&input, source, outcome);
    if unverified(outcome) {
        return status;
    }
    if let Some(target) = arguments.target() {
        return match derive_engine::emit(outcome, config, target, arguments.emit_options()) {
            Ok(text) => files::write(&input, &text, status),
            Err(failure) => refuse(&input, source, failure),
        };
    }
    let begun = draft.transpose().map(Option::flatten);
    let page = begun.and_then(|begun| match begun {
        Some(draft) => Ok(draft.finish(&outcome.derivation)),
        None => {
            let second = verified_second(outcome);
            derive_engine::render_second(&outcome.derivation, second, &arguments.print_options())
        }
    });
    match page {
        Ok(text) => files::write(&input, &text, status),
        Err(error) => {
            report::line(&format!("error: {error}"));
            match error {
                PrintError::Sizes { .. } => Status::Wrong,
                PrintError::Shape { .. } => Status::Unfinished,
            }
        }
    }
}

/// The derivation and its second derivatives.
fn every(outcome: &Outcome) -> impl Iterator<Item = &Derivation> {
    std::iter::once(&outcome.derivation).chain(&outcome.second)
}

/// What was too large for the check.
fn unchecked<'a>(
    derivations: impl IntoIterator<Item = &'a Derivation>,
) -> impl Iterator<Item = &'a String> {
    let verdicts = derivations.into_iter().filter_map(|it| it.verdict.as_ref());
    verdicts.flat_map(|verdict| &verdict.unchecked)
}

/// The second derivatives, if they were all checked as far as was asked.
fn verified_second(outcome: &Outcome) -> &[Derivation] {
    match unchecked(&outcome.second).next() {
        Some(_) => &[],
        None => &outcome.second,
    }
}

/// What the check found.
fn failures(outcome: &Outcome) -> impl Iterator<Item = &String> {
    let verdicts = every(outcome).filter_map(|derivation| derivation.verdict.as_ref());
    verdicts.flat_map(|verdict| &verdict.failures)
}

/// Whether the check found something: nothing prints as correct that was not verified.
fn failed(outcome: &Outcome) -> bool {
    failures(outcome).next().is_some()
}

/// Whether the first derivatives failed their check or were not checked: then nothing is printed.
fn unverified(outcome: &Outcome) -> bool {
    failed(outcome) || unchecked([&outcome.derivation]).next().is_some()
}

/// Says what there is to say about a derivation, and what the exit status is.
fn judge(input: &Input, source: &[u8], outcome: &Outcome) -> Status {
    report::diagnostics(input, source, &outcome.diagnostics);
    if failed(outcome) {
        report::line("error: the derivation did not pass its check and is not printed");
        failures(outcome).for_each(|failure| report::line(&format!("  {failure}")));
        return Status::Refused;
    }
    if unchecked(every(outcome)).next().is_some() {
        let what = match unchecked([&outcome.derivation]).next() {
            Some(_) => "the derivation is too large to be checked and is not printed",
            None => "the second derivatives are too large to be checked and are not printed",
        };
        report::line(&format!("error: {what}"));
        unchecked(every(outcome)).for_each(|what| report::line(&format!("  {what}")));
        report::line("  ask for less with `--wrt`, or do without the check with `--check off`");
        return Status::Unfinished;
    }
    if outcome.derivation.claims.iter().any(|claim| !claim.holds) {
        return Status::Refused;
    }
    let mut statements = every(outcome).flat_map(|derivation| &derivation.statements);
    match statements.all(|statement| statement.saturated) {
        true => Status::Fine,
        false => Status::Unfinished,
    }
}

/// Says what is wrong.
fn refuse(input: &Input, source: &[u8], failure: Failure) -> Status {
    match failure {
        Failure::Spec(diagnostics) => {
            report::diagnostics(input, source, &diagnostics);
            Status::Wrong
        }
        Failure::Engine(message) => {
            report::line(&format!("error: {message}"));
            Status::Unfinished
        }
    }
}
