//! `derive quiz`: asks for the gradients of a spec one at a time, judges the answers, gives hints and keeps score.
//!
//! On a terminal lines are edited and remembered; from anything else they are read as they come, so that a quiz can be scripted.

use crate::arguments::{Draws, Input};
use crate::{Status, files, refuse, report, unverified};
use derive_engine::derivation::{Derivation, Statement, StatementKind};
use derive_engine::diagnostic::Diagnostic;
use derive_engine::{Config, Failure, Name, Outcome, hint, render_verdict};
use rustyline::DefaultEditor;
use std::io::{BufRead, IsTerminal, StdinLock, Write};

/// What a right answer is worth; every hint and every wrong answer costs one, down to nothing.
const WORTH: u32 = 3;

const RULES: &str = "Type the derivative as an expression of the spec's language, for example\n\
`X.T @ grad(Z)`, or entry by entry, `grad(W)[i, j] = sum(k) X[k, i] * grad(Z)[k, j]`.\n\
`hint` helps a little more each time, `show` tells the answer, `skip` goes on,\n\
`help` says this again, `quit` stops. A right answer is worth 3 points; a hint or\n\
a wrong answer costs one.";

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

/// What became of a question.
struct Asked<'a> {
    statement: &'a Statement,
    points: u32,
}

/// Whether to go on to the next question.
enum Next {
    Question,
    End,
}

/// Asks for every derivative of a spec, or for those by `wrt`.
pub fn run(input: &Input, draws: Draws, wrt: &[String]) -> Status {
    if input.spec == "-" {
        report::line("error: standard input is for the answers; a quiz needs its spec in a file");
        return Status::Wrong;
    }
    let Some(source) = files::read(input) else {
        return Status::Wrong;
    };
    let config = Config {
        check: Some(draws.config()),
        wrt: wrt.to_vec(),
        spell: true,
        ..Config::default()
    };
    let outcome = match derive_engine::run(&source, &config) {
        Ok(outcome) => outcome,
        Err(failure) => return refuse(input, &source, failure),
    };
    if outcome.symbolic {
        report::line("error: a network of symbolic depth has no single derivatives to ask for");
        return Status::Wrong;
    }
    if unverified(&outcome) {
        return crate::judge(input, &source, &outcome);
    }
    let mut quiz = Quiz {
        source: &source,
        config: &config,
        outcome: &outcome,
        lines: Lines::new(),
        asked: Vec::new(),
    };
    say(RULES);
    for statement in questions(&outcome.derivation, wrt) {
        if let Next::End = quiz.ask(statement) {
            break;
        }
    }
    quiz.close();
    Status::Fine
}

/// What is asked for: error signals from the loss down, then the gradients that are written by them. With `wrt`, these alone. What
/// the spec has no name for cannot be answered by name.
fn questions<'a>(
    derivation: &'a Derivation,
    wrt: &[String],
) -> impl Iterator<Item = &'a Statement> {
    let all = !wrt.is_empty();
    derivation.statements.iter().filter(move |statement| {
        let chosen = !all || statement.kind == StatementKind::Gradient;
        let named = derivation.spelling(&statement.variable).is_some();
        chosen
            && !statement.chain.is_empty()
            && (named || statement.kind == StatementKind::Gradient)
    })
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
    asked: Vec<Asked<'a>>,
}

impl<'a> Quiz<'a> {
    fn ask(&mut self, statement: &'a Statement) -> Next {
        let (name, derivation) = (&statement.variable, &self.outcome.derivation);
        let loss = &derivation.network.loss.name;
        say(&format!(
            "\nWhat is grad({name}), the derivative of {loss} by {name}?"
        ));
        let (mut worth, mut hints) = (WORTH, 0);
        let (points, next) = loop {
            let Some(line) = self.lines.next(&format!("grad({name}) = ")) else {
                break (0, Next::End);
            };
            match line.as_str() {
                "" => {}
                "help" | "?" => say(RULES),
                "quit" | "exit" => break (0, Next::End),
                "skip" => break (0, Next::Question),
                "show" => {
                    self.show(statement);
                    break (0, Next::Question);
                }
                "hint" => {
                    say(&hint(derivation, statement, hints));
                    hints += 1;
                    worth = worth.saturating_sub(1);
                }
                answer => match self.judge(name, answer) {
                    Judged::Right => break (worth, Next::Question),
                    Judged::Wrong => worth = worth.saturating_sub(1),
                    Judged::NotUnderstood => {}
                },
            }
        };
        self.asked.push(Asked { statement, points });
        next
    }

    /// The answer as it is printed and as it is typed.
    fn show(&self, statement: &Statement) {
        let derivation = &self.outcome.derivation;
        say(hint(derivation, statement, usize::MAX).trim_end());
        match derivation.spelling(&statement.variable) {
            Some(spelling) => say(&format!("\nTyped: {}", spelling.claim())),
            None => say("\nThe language of specs has no expression for this."),
        }
    }

    /// The score, and the answers to what was not found.
    fn close(&self) {
        let points: u32 = self.asked.iter().map(|asked| asked.points).sum();
        let of = WORTH * self.asked.len() as u32;
        say(&format!("\nScore: {points} of {of}."));
        let missed = self.asked.iter().filter(|asked| asked.points == 0);
        let answers =
            missed.filter_map(|asked| self.outcome.derivation.spelling(&asked.statement.variable));
        let answers: Vec<String> = answers
            .map(|spelling| format!("    {}", spelling.claim()))
            .collect();
        if !answers.is_empty() {
            say(&format!("No points for these:\n{}", answers.join("\n")));
        }
    }

    /// Judges an answer and says what became of it.
    fn judge(&self, name: &Name, answer: &str) -> Judged {
        let claim = Answer::read(name, answer);
        if claim.says_nothing(name) {
            say(&format!("grad({name}) is what is asked for."));
            return Judged::NotUnderstood;
        }
        let source = [self.source, b"\n", claim.text.as_bytes(), b"\n"].concat();
        match derive_engine::run(&source, self.config) {
            Ok(outcome) => {
                let Some(judged) = outcome.derivation.claims.last() else {
                    return Judged::NotUnderstood;
                };
                if judged.subject.as_ref() != Some(name) {
                    say(&format!("Not understood: this is not about grad({name})."));
                    return Judged::NotUnderstood;
                }
                say(render_verdict(&outcome.derivation, judged).trim_end());
                match judged.holds {
                    true => Judged::Right,
                    false => Judged::Wrong,
                }
            }
            Err(Failure::Spec(problems)) => {
                let start = self.source.len() + 1;
                if let Some(problem) = problems.first() {
                    say(&claim.not_understood(problem, start));
                }
                Judged::NotUnderstood
            }
            Err(Failure::Engine(message)) => {
                say(&message);
                Judged::NotUnderstood
            }
        }
    }
}

/// What became of an answer. What is not understood costs nothing.
enum Judged {
    Right,
    Wrong,
    NotUnderstood,
}

/// An answer as a claim.
struct Answer {
    text: String,
    /// How much of the text was not typed.
    front: usize,
}

impl Answer {
    /// A right side, or a whole claim with its left side.
    fn read(name: &Name, typed: &str) -> Answer {
        let whole = typed.split_once('=').is_some_and(|(left, _)| {
            let left = left.trim();
            left.starts_with("grad(") && left.ends_with([')', ']'])
        });
        let front = match whole {
            true => "claim ".to_owned(),
            false => format!("claim grad({name}) = "),
        };
        Answer {
            text: format!("{front}{typed}"),
            front: front.len(),
        }
    }

    /// Whether the right side uses what is asked for.
    fn says_nothing(&self, name: &Name) -> bool {
        let right = self.text.split_once('=').map_or("", |(_, right)| right);
        let tight: String = right.split_whitespace().collect();
        tight.contains(&format!("grad({name})"))
    }

    /// What is wrong with the answer, with marks under the place; `start` is where it stands in the spec.
    fn not_understood(&self, problem: &Diagnostic, start: usize) -> String {
        let message = problem.message.replace("the end of the file", "the end");
        let mut said = format!("Not understood: {message}");
        // To declare something is no help where an answer is expected.
        let help = problem.help.as_deref();
        if let Some(help) = help.filter(|help| !help.starts_with("declare")) {
            said += &format!("; {help}");
        }
        let typed = self.text.get(self.front..).unwrap_or_default();
        let place = |at: usize| at.checked_sub(start + self.front);
        let span = problem.labels.first().map(|label| label.span);
        let marks = span.and_then(|span| {
            let from = place(span.start)?;
            let before = typed.get(..from)?.chars().count();
            let marked = typed.get(from..place(span.end)?.min(typed.len()))?;
            let count = marked.chars().count().max(1);
            Some(format!("{}{}", " ".repeat(before), "^".repeat(count)))
        });
        if let Some(marks) = marks {
            said += &format!("\n    {typed}\n    {marks}");
        }
        said
    }
}
