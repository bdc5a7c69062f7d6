//! The README: its two commands, and its console blocks run as they stand.

mod support;

use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string(support::root().join("README.md")).expect("a README")
}

#[test]
fn leads_with_the_two_commands() {
    let text = readme();
    let block = text
        .split("```sh\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a shell block");
    assert_eq!(
        block,
        "cargo run --release -- golden/networks/two_layer.spec --latex\ncargo test --workspace\n"
    );
}

#[test]
fn console_blocks_print_what_they_say() {
    let text = readme();
    let mut count = 0;
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("an end");
        let (command, expected) = block.split_once('\n').expect("a command");
        let arguments = command
            .strip_prefix("$ derive ")
            .expect("a call of derive")
            .split(' ');
        let output = Command::new(env!("CARGO_BIN_EXE_derive"))
            .args(arguments)
            .current_dir(support::root())
            .output();
        let printed = String::from_utf8(output.expect("it runs").stdout).expect("UTF-8");
        assert_eq!(printed, expected, "the README is behind");
        count += 1;
    }
    assert!(count > 0);
}
