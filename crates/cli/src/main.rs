//! The binary `derive`: arguments, files, colour and exit status. Results go to standard output, everything else to standard
//! error.

mod arguments;
mod commands;
mod explain;
mod files;
mod report;

use arguments::{Arguments, CommandLine, Input};
use clap::Parser;
use derive_engine::{Config, Failure, Outcome};
use std::process::ExitCode;

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
    // The evaluators and printers recurse over expressions, which the parser bounds; a deep stack leaves them ample room.
    let worker = std::thread::Builder::new()
        .stack_size(256 << 20)
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
    if arguments.equations {
        return match derive_engine::equations(&source) {
            Ok(text) => files::write(&input, &text, Status::Fine),
            Err(failure) => refuse(&input, &source, failure),
        };
    }
    let config = Config {
        jacobian: arguments.jacobian.clone(),
        wrt: arguments.wrt.clone(),
        check: arguments.check(),
    };
    match derive_engine::run(&source, &config) {
        Ok(outcome) => print(arguments, &source, &outcome),
        Err(failure) => refuse(&input, &source, failure),
    }
}

fn print(arguments: &Arguments, source: &[u8], outcome: &Outcome) -> Status {
    report::diagnostics(&arguments.input(), source, &outcome.diagnostics);
    let derivation = &outcome.derivation;
    let failures = derivation
        .verdict
        .iter()
        .flat_map(|verdict| &verdict.failures);
    let failures: Vec<&String> = failures.collect();
    if !failures.is_empty() {
        // Nothing prints as correct that was not verified.
        report::line("error: the derivation did not pass its check and is not printed");
        failures
            .iter()
            .for_each(|failure| report::line(&format!("  {failure}")));
        return Status::Refused;
    }
    let text = match derive_engine::render(derivation, &arguments.print_options()) {
        Ok(text) => text,
        Err(error) => {
            report::line(&format!("error: {error}"));
            return Status::Unfinished;
        }
    };
    let unfinished = derivation
        .statements
        .iter()
        .any(|statement| !statement.saturated);
    let refused = derivation.claims.iter().any(|claim| !claim.holds);
    let status = if refused {
        Status::Refused
    } else if unfinished {
        Status::Unfinished
    } else {
        Status::Fine
    };
    files::write(&arguments.input(), &text, status)
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
