//! `derive quiz`: asks for the gradients of a spec one at a time, judges the answers, gives hints and keeps score.
//!
//! On a terminal lines are edited and remembered; from anything else they are read as they come, so that a quiz can be scripted.

use crate::arguments::{Draws, Input};
use crate::{Status, files, refuse, report, unverified};
use derive_engine::derivation::{Derivation, Statement, StatementKind};
use derive_engine::{Config, Outcome, hint, render_verdict};
use rustyline::DefaultEditor;
use std::io::{BufRead, IsTerminal, StdinLock, Write};

/// What a right answer is worth; every hint and every wrong answer costs one, down to nothing.
const WORTH: u32 = 3;

const RULES: &str = "Type the gradient as an expression of the spec's language, for example `X.T @ grad(Z)`.\n\
`hint` helps a little more each time, `show` tells the answer, `skip` goes on, `quit` stops.";

/// Where answers come from.
enum Lines {
    Terminal(Box<DefaultEditor>),
    Script(StdinLock<'static>),
}

impl Lines {
    fn new() -> Lines {
        match DefaultEditor::new() {
            Ok(editor) if std::io::stdin().is_terminal() => Lines::Terminal(Box::new(editor)),
            _ => Lines::Script(std::io::stdin().lock()),
        }
    }

    /// The next line; nothing at the end.
    fn next(&mut self, prompt: &str) -> Option<String> {
        match self {
            Lines::Terminal(editor) => {
                let line = editor.readline(prompt).ok()?;
                let _ = editor.add_history_entry(line.as_str());
                Some(line.trim().to_owned())
            }
            Lines::Script(input) => {
                let mut line = String::new();
                let read = input.read_line(&mut line).ok()?;
                (read > 0).then(|| line.trim().to_owned())
            }
        }
    }
}

/// Points so far.
#[derive(Default)]
struct Score {
    points: u32,
    of: u32,
}

/// Whether to go on to the next question.
enum Next {
    Question,
    End,
}

/// Asks for every gradient of a spec.
pub fn run(input: &Input, draws: Draws) -> Status {
    if input.spec == "-" {
        report::line("error: standard input is for the answers; a quiz needs its spec in a file");
        return Status::Wrong;
    }
    let Some(source) = files::read(input) else {
        return Status::Wrong;
    };
    let config = Config {
        check: Some(draws.config()),
        ..Config::default()
    };
    let outcome = match derive_engine::run(&source, &config) {
        Ok(outcome) => outcome,
        Err(failure) => return refuse(input, &source, failure),
    };
    if unverified(&outcome) {
        return crate::judge(input, &source, &outcome);
    }
    let mut quiz = Quiz {
        source: &source,
        config: &config,
        outcome: &outcome,
        lines: Lines::new(),
        score: Score::default(),
    };
    say(RULES);
    for statement in questions(&outcome.derivation) {
        if let Next::End = quiz.ask(statement) {
            break;
        }
    }
    say(&format!(
        "\nScore: {} of {}.",
        quiz.score.points, quiz.score.of
    ));
    Status::Fine
}

/// What is asked for: the answers of the derivation, error signals first, since later ones are written by them.
fn questions(derivation: &Derivation) -> impl Iterator<Item = &Statement> {
    let all = derivation.statements.iter();
    all.filter(|statement| statement.kind == StatementKind::Gradient && !statement.chain.is_empty())
}

fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

struct Quiz<'a> {
    source: &'a [u8],
    config: &'a Config,
    outcome: &'a Outcome,
    lines: Lines,
    score: Score,
}

impl Quiz<'_> {
    fn ask(&mut self, statement: &Statement) -> Next {
        let (name, derivation) = (&statement.variable, &self.outcome.derivation);
        let loss = &derivation.network.loss.name;
        say(&format!(
            "\nWhat is grad({name}), the derivative of {loss} by {name}?"
        ));
        self.score.of += WORTH;
        let (mut worth, mut hints) = (WORTH, 0);
        loop {
            let Some(line) = self.lines.next(&format!("grad({name}) = ")) else {
                return Next::End;
            };
            match line.as_str() {
                "" => {}
                "quit" => return Next::End,
                "skip" => return Next::Question,
                "show" => {
                    say(&hint(derivation, statement, usize::MAX));
                    return Next::Question;
                }
                "hint" => {
                    say(&hint(derivation, statement, hints));
                    hints += 1;
                    worth = worth.saturating_sub(1);
                }
                answer => {
                    if self.judge(&format!("claim grad({name}) = {answer}")) {
                        self.score.points += worth;
                        return Next::Question;
                    }
                    worth = worth.saturating_sub(1);
                }
            }
        }
    }

    /// Judges an answer, says what became of it, and whether it is right.
    fn judge(&self, claim: &str) -> bool {
        let source = [self.source, b"\n", claim.as_bytes(), b"\n"].concat();
        match derive_engine::run(&source, self.config) {
            Ok(outcome) => {
                let Some(claim) = outcome.derivation.claims.last() else {
                    return false;
                };
                say(&render_verdict(&outcome.derivation, claim));
                claim.holds
            }
            Err(derive_engine::Failure::Spec(diagnostics)) => {
                for diagnostic in diagnostics.iter().take(1) {
                    let help = diagnostic.help.as_ref().map(|help| format!("; {help}"));
                    say(&format!(
                        "Not understood: {}{}",
                        diagnostic.message,
                        help.unwrap_or_default()
                    ));
                }
                false
            }
            Err(derive_engine::Failure::Engine(message)) => {
                say(&message);
                false
            }
        }
    }
}
