//! Elaboration from outside: what specs mean, what is refused, and that there is always an answer.

mod bounds;
mod meaning;
mod refusals;
mod support;
