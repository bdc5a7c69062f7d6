//! A spec to a network of known shapes. Nothing panics, and a network is drawn whatever it is.
#![no_main]

use derive_engine::{Drawing, graph};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = graph(bytes, Drawing::Dot);
});
