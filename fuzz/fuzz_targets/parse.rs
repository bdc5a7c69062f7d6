//! Bytes to a tree and back. Nothing panics; what reads without an error is formatted to a text that reads as the same tree and
//! that formatting leaves as it is.
#![no_main]

use derive_syntax::dump::dump_spec;
use derive_syntax::format::format_spec;
use derive_syntax::{parse, parse_str};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let parsed = parse(bytes);
    if !parsed.diagnostics.is_empty() {
        return;
    }
    let formatted = format_spec(&parsed.spec);
    let again = parse_str(&formatted);
    assert_eq!(dump_spec(&again.spec), dump_spec(&parsed.spec), "the tree changed");
    assert_eq!(format_spec(&again.spec), formatted, "not stable");
});
