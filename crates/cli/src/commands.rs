//! The subcommands.

use crate::arguments::{Command, CommandLine, Drawing, Draws, Input, OutputFormat};
use crate::{Status, explain, files, judge, quiz, refuse, report, unverified};
use clap::CommandFactory;
use clap_complete::Shell;
use derive_engine::{Config, Failure};

/// Does what a subcommand says.
pub fn run(command: &Command) -> Status {
    match command {
        Command::Check {
            input,
            draws,
            claims,
            format,
        } => checked(input, *draws, claims, *format),
        Command::Quiz { input, draws, wrt } => quiz::run(input, *draws, wrt),
        Command::Fmt(input) => printed(input, derive_engine::formatted),
        Command::Graph { input, format } => {
            let drawing = match format {
                Drawing::Svg => derive_engine::Drawing::Svg,
                Drawing::Dot => derive_engine::Drawing::Dot,
            };
            printed(input, |source| derive_engine::graph(source, drawing))
        }
        Command::Explain { rule } => explained(rule.as_deref()),
        Command::Completions { shell } => completions(*shell),
    }
}

/// The claims of a spec and more, judged.
fn checked(input: &Input, draws: Draws, claims: &[String], format: OutputFormat) -> Status {
    let Some(source) = files::read(input) else {
        return Status::Wrong;
    };
    let source = files::with_claims(source, claims);
    let config = Config {
        check: Some(draws.config()),
        spell: format == OutputFormat::Json,
        ..Config::default()
    };
    match derive_engine::run(&source, &config) {
        Ok(outcome) => {
            let status = judge(input, &source, &outcome);
            if unverified(&outcome) {
                return status;
            }
            match derive_engine::render_claims(&outcome.derivation, format.format()) {
                Ok(text) => files::write(input, &text, status),
                Err(error) => {
                    report::line(&format!("error: {error}"));
                    Status::Unfinished
                }
            }
        }
        Err(failure) => refuse(input, &source, failure),
    }
}

/// The result of something that reads a spec and makes a text of it.
fn printed(input: &Input, make: impl Fn(&[u8]) -> Result<String, Failure>) -> Status {
    let Some(source) = files::read(input) else {
        return Status::Wrong;
    };
    match make(&source) {
        Ok(text) => files::write(input, &text, Status::Fine),
        Err(failure) => refuse(input, &source, failure),
    }
}

fn explained(rule: Option<&str>) -> Status {
    let text = match rule {
        Some(name) => explain::rule(name),
        None => Some(explain::list()),
    };
    match text {
        Some(text) => files::print(&text),
        None => {
            let name = rule.unwrap_or_default();
            report::line(&format!(
                "error: there is no rule `{name}`; `derive explain` lists all"
            ));
            Status::Wrong
        }
    }
}

fn completions(shell: Shell) -> Status {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(shell, &mut command, "derive", &mut script);
    files::print(&String::from_utf8_lossy(&script))
}
