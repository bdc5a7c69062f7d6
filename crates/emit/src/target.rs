//! The targets: a language, an array library, and what is particular to both. How each spells an operation stands in
//! `crate::spellings` and beside the languages that are no Python.

use crate::language::{JULIA, Kind, Language, OCTAVE, PYTHON};
use crate::spellings::{
    HELPERS, JAX, JAX_TAIL, NUMPY, RESERVED, SPELLINGS, TORCH, TORCH_HELPERS, TORCH_TAIL,
    TORCH_TAIL_OF_LISTS,
};
use crate::{julia, octave};

/// A language and its array library.
#[derive(Debug)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// The language that it is written in.
    pub language: &'static Language,
    /// The array module's name in the program.
    pub module: &'static str,
    /// The lines that import what is used.
    pub imports: &'static [&'static str],
    /// Spellings that differ from the common ones.
    pub own: &'static [(&'static str, &'static str)],
    /// Helper functions that differ from the common ones.
    pub own_helpers: &'static [Helper],
    /// What follows the functions: the derived gradients as the library's own rule. Left out where functions are passed.
    pub tail: &'static str,
    /// The same where some arguments are lists, if that differs.
    pub tail_of_lists: Option<&'static str>,
    /// Whether windows are strided views; gathers otherwise.
    pub strided: bool,
    /// Whether the module also has the loss alone as a function, for the library to differentiate.
    pub loss_alone: bool,
}

/// A function that the program brings along.
#[derive(Debug)]
pub struct Helper {
    /// Its name.
    pub name: &'static str,
    /// Its definition.
    pub text: &'static str,
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target {
        name: "numpy",
        language: &PYTHON,
        module: "np",
        imports: &["import numpy as np"],
        own: NUMPY,
        own_helpers: &[],
        tail: "",
        tail_of_lists: None,
        strided: true,
        loss_alone: false,
    },
    Target {
        name: "jax",
        language: &PYTHON,
        module: "jnp",
        imports: &["import jax.numpy as jnp"],
        own: JAX,
        own_helpers: &[],
        tail: JAX_TAIL,
        tail_of_lists: None,
        strided: false,
        loss_alone: true,
    },
    Target {
        name: "torch",
        language: &PYTHON,
        module: "torch",
        imports: &["import torch"],
        own: TORCH,
        own_helpers: TORCH_HELPERS,
        tail: TORCH_TAIL,
        tail_of_lists: Some(TORCH_TAIL_OF_LISTS),
        strided: false,
        loss_alone: false,
    },
    Target {
        name: "octave",
        language: &OCTAVE,
        module: "octave",
        imports: &[],
        own: octave::SPELLINGS,
        own_helpers: octave::HELPERS,
        tail: "",
        tail_of_lists: None,
        strided: false,
        loss_alone: false,
    },
    Target {
        name: "julia",
        language: &JULIA,
        module: "julia",
        imports: &[],
        own: julia::SPELLINGS,
        own_helpers: julia::HELPERS,
        tail: "",
        tail_of_lists: None,
        strided: false,
        loss_alone: false,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// The template of an operation or function.
    pub fn spelling(&self, name: &str) -> Option<&'static str> {
        let row = |rows: &'static [(&'static str, &'static str)]| {
            rows.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, template)| *template)
        };
        let common: &[_] = match self.language.is_python() {
            true => SPELLINGS,
            false => &[],
        };
        row(self.own).or_else(|| row(common))
    }

    /// The helper functions: the target's own, and the common ones that these do not replace.
    pub fn helpers(&self) -> impl Iterator<Item = &'static Helper> {
        let common: &[Helper] = match self.language.is_python() {
            true => HELPERS,
            false => &[],
        };
        let own = self.own_helpers;
        let replaced = |name: &str| own.iter().any(|helper| helper.name == name);
        own.iter()
            .chain(common.iter().filter(move |helper| !replaced(helper.name)))
    }

    /// Names that a variable may not take.
    pub fn reserved(&self) -> impl Iterator<Item = &'static str> {
        let helpers = self.helpers().map(|helper| helper.name);
        let words = match self.language.kind {
            Kind::Python => RESERVED,
            Kind::Octave => octave::RESERVED,
            Kind::Julia => julia::RESERVED,
        };
        words.iter().copied().chain(helpers).chain([self.module])
    }
}
