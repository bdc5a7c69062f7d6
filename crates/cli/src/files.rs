//! Specs in, results out; what goes wrong is said on standard error.

use crate::arguments::Input;
use crate::{Status, report};
use std::io::{ErrorKind, Read, Write};

/// Larger input is refused before it is read to the end.
const MAX_INPUT: u64 = 4 << 20;

/// The bytes of the spec; nothing if they cannot be read.
pub fn read(input: &Input) -> Option<Vec<u8>> {
    let mut source = Vec::new();
    let read = if input.spec == "-" {
        std::io::stdin().take(MAX_INPUT).read_to_end(&mut source)
    } else {
        let file = std::fs::File::open(&input.spec);
        file.and_then(|file| file.take(MAX_INPUT).read_to_end(&mut source))
    };
    match read {
        Ok(_) => Some(source),
        Err(error) => {
            report::line(&format!("error: cannot read `{}`: {error}", input.spec));
            None
        }
    }
}

/// The spec with these claims at its end.
pub fn with_claims(mut source: Vec<u8>, claims: &[String]) -> Vec<u8> {
    for claim in claims {
        source.extend_from_slice(format!("\nclaim {claim}\n").as_bytes());
    }
    source
}

/// Writes the text, with a line end, and says so with this status.
pub fn write(input: &Input, text: &str, status: Status) -> Status {
    let text = if text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    };
    told(
        match &input.output {
            Some(path) => std::fs::write(path, &text),
            None => std::io::stdout().write_all(text.as_bytes()),
        },
        status,
    )
}

/// Writes to standard output.
pub fn print(text: &str) -> Status {
    told(std::io::stdout().write_all(text.as_bytes()), Status::Fine)
}

fn told(written: std::io::Result<()>, status: Status) -> Status {
    match written {
        Ok(()) => status,
        // A reader that went away (`derive … | head`) is not our error.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => status,
        Err(error) => {
            report::line(&format!("error: cannot write: {error}"));
            Status::Wrong
        }
    }
}
