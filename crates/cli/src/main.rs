//! The binary `derive`: arguments, files, colour and exit status. Results go to standard output, everything else to standard
//! error.

mod arguments;
mod report;

use arguments::Arguments;
use clap::Parser;
use derive_engine::{Config, Failure, Outcome};
use std::io::{Read, Write};
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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
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
        .spawn(move || work(&arguments));
    let finished = worker.ok().and_then(|worker| worker.join().ok());
    finished.unwrap_or(Status::Wrong).into()
}

fn work(arguments: &Arguments) -> Status {
    let source = match read(&arguments.spec) {
        Ok(source) => source,
        Err(error) => {
            report::line(&format!("error: cannot read `{}`: {error}", arguments.spec));
            return Status::Wrong;
        }
    };
    if arguments.equations {
        return match derive_engine::equations(&source) {
            Ok(text) => write(arguments, &text, Status::Fine),
            Err(failure) => refuse(arguments, &source, failure),
        };
    }
    let config = Config {
        jacobian: arguments.jacobian.clone(),
        wrt: arguments.wrt.clone(),
        check: arguments.check(),
    };
    match derive_engine::run(&source, &config) {
        Ok(outcome) => print(arguments, &source, &config, &outcome),
        Err(failure) => refuse(arguments, &source, failure),
    }
}

fn print(arguments: &Arguments, source: &[u8], config: &Config, outcome: &Outcome) -> Status {
    report::diagnostics(arguments, source, &outcome.diagnostics);
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
    let text = match arguments.target() {
        Some(target) => derive_engine::emit(outcome, config, target, arguments.emit_options()),
        None => derive_engine::render(derivation, &arguments.print_options())
            .map_err(|error| Failure::Engine(error.to_string())),
    };
    let text = match text {
        Ok(text) => text,
        Err(failure) => return refuse(arguments, source, failure),
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
    write(arguments, &text, status)
}

fn refuse(arguments: &Arguments, source: &[u8], failure: Failure) -> Status {
    match failure {
        Failure::Spec(diagnostics) => {
            report::diagnostics(arguments, source, &diagnostics);
            Status::Wrong
        }
        Failure::Engine(message) => {
            report::line(&format!("error: {message}"));
            Status::Unfinished
        }
    }
}

/// Larger input is refused before it is read to the end.
const MAX_INPUT: u64 = 4 << 20;

fn read(path: &str) -> std::io::Result<Vec<u8>> {
    let mut source = Vec::new();
    if path == "-" {
        std::io::stdin().take(MAX_INPUT).read_to_end(&mut source)?;
    } else {
        std::fs::File::open(path)?
            .take(MAX_INPUT)
            .read_to_end(&mut source)?;
    }
    Ok(source)
}

fn write(arguments: &Arguments, text: &str, status: Status) -> Status {
    let text = if text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    };
    let written = match &arguments.output {
        Some(path) => std::fs::write(path, &text),
        None => std::io::stdout().write_all(text.as_bytes()),
    };
    match written {
        Ok(()) => status,
        // A reader that went away (`derive … | head`) is not our error.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => status,
        Err(error) => {
            report::line(&format!("error: cannot write: {error}"));
            Status::Wrong
        }
    }
}
