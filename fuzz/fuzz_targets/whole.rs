//! A short spec through everything: derived, checked, printed in every format and as a program. Nothing panics, and the check finds
//! nothing: what it would find is a wrong derivation.
#![no_main]

use derive_engine::{Config, EmitOptions, Format, PrintOptions, emit, render_second, run, target};
use libfuzzer_sys::fuzz_target;

/// Longer inputs only take longer.
const LONGEST: usize = 400;
/// As much as the command line gives itself.
const STACK: usize = 256 << 20;

const FORMATS: [Format; 6] = [
    Format::Text,
    Format::Ascii,
    Format::Latex,
    Format::Markdown,
    Format::Html,
    Format::Json,
];

fn whole(source: &[u8]) {
    let config = Config::default();
    let Ok(outcome) = run(source, &config) else {
        return;
    };
    if let Some(verdict) = &outcome.derivation.verdict {
        assert!(verdict.failures.is_empty(), "{:?}", verdict.failures);
    }
    for format in FORMATS {
        let options = PrintOptions {
            format,
            ..PrintOptions::default()
        };
        let _ = render_second(&outcome.derivation, &outcome.second, &options);
    }
    for name in ["numpy", "octave"] {
        if let Some(target) = target(name) {
            let _ = emit(&outcome, &config, target, EmitOptions::default());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() > LONGEST {
        return;
    }
    let source = bytes.to_vec();
    let worker = std::thread::Builder::new().stack_size(STACK);
    let worker = worker.spawn(move || whole(&source)).expect("a thread");
    worker.join().expect("no panic");
});
