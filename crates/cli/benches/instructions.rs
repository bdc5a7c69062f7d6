//! How many instructions every stage takes, over depth, sequence length, blocks, heads and terms: the same numbers on a busy machine.
//!
//! The program runs itself under `valgrind --tool=cachegrind`, once for every stage, which counts what is executed up to the end of that
//! stage; a stage's own count is the difference to the one before. Without valgrind it says so and measures nothing.
//! `cargo bench --bench instructions`; `DERIVE_MOST=64` leaves out larger sizes; unless it is given,
//! those above 300 are left out, which take long under valgrind.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what the program is for"
)]

mod networks;

use derive_engine::run::{derive, equations, formatted, read};
use derive_engine::{Config, PrintOptions, render, run};
use networks::{GROUPS, TWO_LAYER};
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// The stage that a child runs to the end.
const STAGE: &str = "DERIVE_STAGE";

/// A stage and what runs it together with all before it.
type Stage = (&'static str, fn(&[u8]));

/// In order; the first is what the process itself takes. `derive` differentiates and rewrites, statement by statement.
const STAGES: &[Stage] = &[
    ("start", |_| {}),
    ("parse", |source| drop(black_box(formatted(source)))),
    ("elaborate", |source| drop(black_box(equations(source)))),
    ("derive", |source| {
        black_box(derived(source));
    }),
    ("check", |source| {
        drop(black_box(run(source, &Config::default())))
    }),
    ("print", |source| drop(black_box(printed(source)))),
];

fn derived(source: &[u8]) -> usize {
    let (network, _) = read(source).expect("it is a network");
    let (derivation, _) = derive(network).expect("it derives");
    derivation.statements.len()
}

fn printed(source: &[u8]) -> String {
    let outcome = run(source, &Config::default()).expect("derives");
    render(&outcome.derivation, &PrintOptions::default()).expect("prints")
}

fn main() {
    match std::env::var(STAGE) {
        Ok(stage) => run_stage(&stage),
        Err(_) if !has_valgrind() => {
            eprintln!("valgrind is not installed: no instructions were counted");
        }
        Err(_) => table(),
    }
}

/// The child's part: one stage of what stands on standard input.
fn run_stage(name: &str) {
    let mut source = Vec::new();
    let read = std::io::stdin().read_to_end(&mut source);
    read.expect("the parent writes a spec");
    let stage = STAGES.iter().find(|(stage, _)| *stage == name);
    let (_, work) = stage.expect("the parent names a stage");
    work(&source);
}

fn has_valgrind() -> bool {
    let asked = Command::new("valgrind").arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

/// One row a network, one column a stage, in millions of instructions.
fn table() {
    let most = std::env::var("DERIVE_MOST").ok();
    let most = most.and_then(|text| text.parse().ok()).unwrap_or(300);
    print!("{:<18}", "million");
    STAGES[1..]
        .iter()
        .for_each(|(name, _)| print!("{name:>11}"));
    println!("{:>11}", "whole");
    row("two_layer", TWO_LAYER);
    for (group, sizes, write) in GROUPS {
        for size in sizes.iter().filter(|size| **size <= most) {
            row(&format!("{group} {size}"), &write(*size));
        }
    }
}

fn row(name: &str, source: &str) {
    print!("{name:<18}");
    let counts: Vec<u64> = STAGES
        .iter()
        .map(|(stage, _)| count(stage, source))
        .collect();
    let million = |count: u64| count as f64 / 1e6;
    for pair in counts.windows(2) {
        print!("{:>11.2}", million(pair[1].saturating_sub(pair[0])));
    }
    let last = counts.last().copied().unwrap_or_default();
    println!("{:>11.2}", million(last - counts[0]));
}

/// The instructions of this program up to the end of a stage.
fn count(stage: &str, source: &str) -> u64 {
    let mut child = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(std::env::current_exe().expect("a program"))
        .env(STAGE, stage)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("valgrind is installed");
    let mut input = child.stdin.take().expect("it was asked for");
    input
        .write_all(source.as_bytes())
        .expect("the child reads all");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stage}: {said}");
    counted(&said).unwrap_or_else(|| panic!("no count in {said}"))
}

/// The number after `I refs:`, its digits in groups of three.
fn counted(said: &str) -> Option<u64> {
    let (_, after) = said.lines().find_map(|line| line.split_once("refs:"))?;
    after.trim().replace(',', "").parse().ok()
}
