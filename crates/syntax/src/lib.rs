//! Spec text in, syntax tree and diagnostics out.
//!
//! The only crate that knows `nom`. A spec is read as `spec-language.md` says; every node keeps the bytes it came from,
//! and all errors of a file are reported together. Nothing here knows shapes or what a name means.

pub mod ast;
pub mod diagnostic;
