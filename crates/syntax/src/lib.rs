//! Spec text in, syntax tree and diagnostics out.
//!
//! The only crate that knows `nom`. A spec is read as `spec-language.md` says; every node keeps the bytes it came from,
//! and all errors of a file are reported together. Nothing here knows shapes or what a name means.
//!
//! In: the bytes of a file ([`parse`]) or a text ([`parse_str`], [`parse_expression`]). Out: an [`ast::Spec`] of the
//! statements that could be read and the [`diagnostic::Diagnostic`]s of those that could not. Back to text:
//! [`format::format_spec`]. Nothing panics on any input, and no input needs a deep stack.

pub mod ast;
pub mod diagnostic;
pub mod dump;
pub mod format;
pub mod letters;
mod lexer;
mod number;
pub mod operators;
pub mod parser;
pub mod similar;

pub use parser::{Parsed, parse, parse_expression, parse_str};
