//! What names mean: arrays, dimensions and functions, and why a name means nothing.
//!
//! Arrays and functions share one namespace; dimensions have their own, so that `y` may be both an array and a dimension.

use crate::calls;
use crate::context::{Elaborator, Outcome, Poisoned};
use crate::value::Value;
use derive_graph::{Dim, Name, NodeId, Operation, Shape};
use derive_syntax::ast::{self, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::similar::closest;
use rustc_hash::{FxHashMap, FxHashSet};

/// After this many errors nothing more is suggested for unknown names.
const MAX_SUGGESTIONS: usize = 50;

/// An array that is known.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Its number among the network's symbols.
    pub(crate) symbol: usize,
    pub(crate) node: NodeId,
    /// Where it is defined.
    pub(crate) place: Span,
}

/// A dimension that is known.
#[derive(Clone, Debug)]
pub(crate) struct KnownDim {
    /// Its number among the network's dimensions.
    pub(crate) number: usize,
    /// Where it was first met, and what that is.
    pub(crate) place: Span,
    pub(crate) origin: String,
    /// The `dims` line that gives it.
    pub(crate) declared: Option<Span>,
}

/// A function of the user's.
#[derive(Clone, Debug)]
pub(crate) struct UserFunction {
    pub(crate) place: Span,
    pub(crate) declaration: ast::FunctionDeclaration,
    /// Whether calls are replaced by the body instead of naming the function.
    pub(crate) inlined: bool,
    /// How many operations a call stands for, those of the functions that it calls included.
    pub(crate) operations: usize,
}

/// Every name in scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) symbols: FxHashMap<String, Known>,
    pub(crate) dims: FxHashMap<String, KnownDim>,
    pub(crate) functions: FxHashMap<String, UserFunction>,
    /// Second names of what layers made.
    pub(crate) aliases: FxHashMap<String, String>,
    /// Names of complex values, which stand for their expressions: the node and the place of the definition.
    pub(crate) complex: FxHashMap<String, (NodeId, Span)>,
    /// Names whose definitions failed.
    pub(crate) poisoned: FxHashSet<String>,
}

impl Scope {
    /// The name that a second name stands for, or the name itself.
    pub(crate) fn resolve<'b>(&'b self, text: &'b str) -> &'b str {
        self.aliases.get(text).map_or(text, String::as_str)
    }

    /// Where a name is defined, if it is taken.
    fn taken(&self, text: &str) -> Option<Span> {
        let text = self.resolve(text);
        let symbol = self.symbols.get(text).map(|known| known.place);
        let symbol = symbol.or_else(|| self.complex.get(text).map(|(_, place)| *place));
        symbol.or_else(|| self.functions.get(text).map(|function| function.place))
    }
}

impl Elaborator<'_> {
    /// The text of a name that is no member of a family.
    pub(crate) fn plain<'b>(&mut self, name: &'b ast::Name) -> Outcome<&'b str> {
        match name.member {
            None => Ok(&name.text),
            Some(_) => {
                let what = format!("the family member `{}{{…}}`", name.text);
                self.unsupported(&what, name.span)
            }
        }
    }

    /// The value that a name stands for.
    pub(crate) fn look_up(&mut self, name: &ast::Name) -> Outcome<Value> {
        let text = self.plain(name)?;
        if let Some(value) = self.frame.locals.get(text) {
            return Ok(value.clone());
        }
        if let Some(known) = self.scope.symbols.get(self.scope.resolve(text)) {
            return Ok(Value::of(known.node));
        }
        if let Some(&(node, _)) = self.scope.complex.get(text) {
            return Ok(Value::of(node));
        }
        if self.scope.poisoned.contains(text) {
            return Err(Poisoned);
        }
        if self.frame.indices.iter().any(|index| index.text == text) {
            return self.unsupported(&format!("the index `{text}` as a number"), name.span);
        }
        if self.scope.dims.contains_key(text) {
            let operation = Operation::Dimension(Name::new(text));
            return Ok(Value::of(self.add(operation, Vec::new(), Shape::scalar())));
        }
        let problem = self.unknown_value(name);
        self.fail(problem)
    }

    /// The arrays that an unknown name is compared with: none once there are many errors, since each comparison takes time.
    fn suggestible(&self) -> impl Iterator<Item = &str> {
        let few = self.diagnostics.len() < MAX_SUGGESTIONS;
        let all = self.scope.symbols.keys().map(String::as_str);
        all.filter(move |_| few)
    }

    fn unknown_value(&self, name: &ast::Name) -> Diagnostic {
        let text = name.text.as_str();
        if self.scope.functions.contains_key(text) || calls::is_function(text) {
            let message = format!("the function `{text}` stands where an array is expected");
            return Diagnostic::error("E0206", message, name.span, "a function")
                .help(format!("apply it to something, as in `{text}(X)`"));
        }
        if let Some(problem) = self.too_early(name) {
            return problem;
        }
        let mut known: Vec<&str> = self.suggestible().collect();
        known.extend(self.scope.aliases.keys().map(String::as_str));
        known.extend(self.scope.complex.keys().map(String::as_str));
        known.extend(self.scope.dims.keys().map(String::as_str));
        known.extend(self.frame.locals.keys().map(String::as_str));
        let message = format!("`{text}` is not defined");
        let problem = Diagnostic::error("E0201", message, name.span, "unknown name");
        match nearest(text, known) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help(format!(
                "declare it, for example with `input {text}: scalar`, or define it before this line"
            )),
        }
    }

    /// Why a name cannot be used yet, if the spec defines it here or later.
    pub(crate) fn too_early(&self, name: &ast::Name) -> Option<Diagnostic> {
        let defined = *self.outline.defined.get(name.text.as_str())?;
        let text = &name.text;
        if defined.statement < self.at {
            return None;
        }
        if defined.statement == self.at {
            let message = format!("the definition of `{text}` mentions `{text}` itself");
            let problem = Diagnostic::error("E0204", message, name.span, "used here");
            return Some(
                problem
                    .label(defined.span, "defined here")
                    .help("give one of them another name"),
            );
        }
        let message = format!("`{text}` is used before its definition");
        let problem = Diagnostic::error("E0203", message, name.span, "used here")
            .label(defined.span, "defined here");
        let own = self
            .outline
            .defined
            .iter()
            .find(|(_, it)| it.statement == self.at && it.body.is_some());
        match own {
            Some((own, _)) if self.outline.leads_to(text, own, self.at) => {
                let message =
                    format!("`{own}` and `{text}` are defined by each other: a cycle has no value");
                Some(Diagnostic {
                    code: "E0204",
                    message,
                    ..problem
                })
            }
            _ => Some(problem.help("move the definition before this line")),
        }
    }

    /// Checks that an array or a function may have this name.
    pub(crate) fn check_free(&mut self, name: &ast::Name, function: bool) -> Outcome<String> {
        let text = self.plain(name)?.to_owned();
        if calls::is_reserved(&text, function) {
            let message = format!("`{text}` belongs to the language and cannot be redefined");
            let problem = Diagnostic::error("E0205", message, name.span, "a reserved name");
            return self.fail(problem.help(format!("choose another name, for example `{text}_1`")));
        }
        if let Some(place) = self.scope.taken(&text) {
            let message = format!("`{text}` is defined twice");
            let problem = Diagnostic::error("E0202", message, name.span, "defined again")
                .label(place, "first defined here");
            return self.fail(problem);
        }
        Ok(text)
    }

    /// The dimension of this name, which becomes known if it is not.
    pub(crate) fn dimension(&mut self, text: &str, place: Span, origin: &str) -> Dim {
        if !self.scope.dims.contains_key(text) {
            let known = KnownDim {
                number: self.network.dims.len(),
                place,
                origin: origin.to_owned(),
                declared: None,
            };
            self.scope.dims.insert(text.to_owned(), known);
            self.network.dims.push((Name::new(text), None));
        }
        Dim::Named(Name::new(text))
    }
}

/// The candidate that was probably meant: the same letters in another case, then in another order, then the closest.
/// Ties are broken by text, since candidates come in hash order.
pub(crate) fn nearest<'b>(text: &str, mut candidates: Vec<&'b str>) -> Option<&'b str> {
    candidates.sort_unstable();
    let recased = |known: &&&str| known.eq_ignore_ascii_case(text);
    let swapped = |known: &&&str| letters(known) == letters(text);
    let found = candidates.iter().find(recased);
    let found = found.or_else(|| candidates.iter().find(swapped)).copied();
    found.or_else(|| closest(text, candidates))
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}
