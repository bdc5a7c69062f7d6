//! The README and the guide: the README's two commands, and every console block run as it stands.
//!
//! `DERIVE_BLESS=1 cargo test -p derive-cli --test readme` writes the outputs into the blocks.

mod support;

use std::process::Command;

/// The pages with console blocks.
const PAGES: &[&str] = &["README.md", "docs/guide.md"];

fn page(name: &str) -> String {
    std::fs::read_to_string(support::root().join(name)).expect("a page")
}

#[test]
fn leads_with_the_two_commands() {
    let text = page("README.md");
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
    for name in PAGES {
        let text = page(name);
        let (now, count) = with_outputs(&text);
        assert!(count > 0, "{name} shows nothing");
        if std::env::var_os("DERIVE_BLESS").is_some() {
            std::fs::write(support::root().join(name), &now).expect("writable");
        } else {
            assert!(
                now == text,
                "{name} is behind: DERIVE_BLESS=1 cargo test -p derive-cli --test readme"
            );
        }
    }
}

/// The page with the output of every console block as it is now, and how many there are.
fn with_outputs(text: &str) -> (String, usize) {
    let mut blocks = text.split("```console\n");
    let mut now = blocks.next().unwrap_or_default().to_owned();
    let mut count = 0;
    for block in blocks {
        let (command, rest) = block.split_once('\n').expect("a command");
        let (_, after) = rest.split_once("```").expect("an end");
        let printed = printed(command);
        now.push_str(&format!("```console\n{command}\n{printed}```{after}"));
        count += 1;
    }
    (now, count)
}

fn printed(command: &str) -> String {
    let arguments = command.strip_prefix("$ derive ").expect("a call of derive");
    let output = Command::new(env!("CARGO_BIN_EXE_derive"))
        .args(arguments.split(' '))
        .current_dir(support::root())
        .output();
    String::from_utf8(output.expect("it runs").stdout).expect("UTF-8")
}
