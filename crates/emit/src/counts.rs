//! What a program says of its multiplications: by line, by pass, by gradient and in all.
//!
//! In: lines, and how often each of them is computed. Out: comments; nothing where counts were not asked for.

use crate::Options;
use crate::program::Program;
use crate::schedule::Line;
use derive_index::count::Count;
use std::collections::BTreeSet;

/// A line, and what it takes as often as it is computed.
pub(crate) type Counted<'a> = (&'a Line, Count);

/// Lines that are computed once.
pub(crate) fn once(lines: &[Line]) -> Vec<Counted<'_>> {
    lines.iter().map(|line| (line, line.work.clone())).collect()
}

/// What stands behind a line.
pub(crate) fn work_of(line: &Line, options: Options) -> String {
    match options.count && !line.work.is_zero() {
        true => format!("  # {} multiplications", line.work),
        false => String::new(),
    }
}

/// How many multiplications lines take together.
pub(crate) fn total(lines: &[Counted<'_>]) -> Count {
    Count::sum(lines.iter().map(|(_, count)| count))
}

/// What stands behind the title of a pass.
pub(crate) fn pass_total(lines: &[Counted<'_>], options: Options) -> String {
    match options.count {
        true => format!(": {} multiplications", total(lines)),
        false => String::new(),
    }
}

/// The multiplications behind every gradient of a program without loops, and of the whole.
pub(crate) fn program_total(program: &Program, options: Options, margin: &str) -> String {
    let passes = [once(&program.forward), once(&program.backward)];
    let answers = program.gradients.iter();
    let answers = answers.map(|it| (it.key("_"), it.variable.clone()));
    in_all(&passes, &answers.collect::<Vec<_>>(), options, margin)
}

/// The multiplications behind every gradient, what it shares with others included, and of both passes. A gradient is given by its name and
/// its variable.
pub(crate) fn in_all(
    [forward, backward]: &[Vec<Counted<'_>>; 2],
    gradients: &[(String, String)],
    options: Options,
    margin: &str,
) -> String {
    if !options.count {
        return String::new();
    }
    let mut text = String::from("\n");
    for (name, variable) in gradients {
        let work = behind(backward, variable);
        text.push_str(&format!(
            "{margin}# d_{name} alone: {work} multiplications after the forward pass.\n"
        ));
    }
    let all = total(forward).plus(&total(backward));
    text.push_str(&format!("{margin}# In all: {all} multiplications.\n"));
    text
}

/// The multiplications of the lines that a variable needs. A list needs all lines that write to it.
pub(crate) fn behind(lines: &[Counted<'_>], variable: &str) -> Count {
    let mut needed: BTreeSet<&str> = BTreeSet::from([list(variable)]);
    // A line in a loop may need what stands further down in it: once more, until nothing new is needed.
    loop {
        let before = needed.len();
        let mut work = Count::default();
        for (line, count) in lines.iter().rev() {
            if needed.contains(list(&line.variable)) {
                work = work.plus(count);
                let is_letter = |c: char| c.is_alphanumeric() || c == '_';
                needed.extend(line.expression.split(|c| !is_letter(c)));
            }
        }
        if needed.len() == before {
            return work;
        }
    }
}

/// The list that a variable is an array of, or the variable itself.
fn list(variable: &str) -> &str {
    variable.split(['[', '{']).next().unwrap_or(variable)
}
