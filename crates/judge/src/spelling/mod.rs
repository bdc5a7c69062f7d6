//! Derivatives in the language of the spec, as somebody would type them.
//!
//! In: a term that was derived. Out: an expression of the syntax tree, closed (`X.T @ grad(Z)`) or, where the language has no operator
//! for it, entry by entry (`grad(K)[r] = sum(p) grad(Y)[p] * x[p + r]`). What has neither, such as places that wrap around, has no
//! spelling. Nothing is handed out as it is: [`confirmed`] reads every spelling back as a claim, gives it its meaning and
//! compares it with what was derived at random points.

mod arrays;
mod broadcast;
mod entries;
mod internal;
mod letters;
mod sizes;
mod unnamed;

use crate::expression::{call, name, subscripted};
use crate::statement;
use derive_check::{Config, check_claims};
use derive_elaborate::elaborate_proposals;
use derive_graph::{Name, Network};
use derive_index::derivation::{self, Derivation, Spelling};
use derive_index::write_out::entry_at;
use derive_index::{Fresh, Term};
use derive_syntax::ast::{Claim, Expr, Spec, Statement, StatementKind, SubscriptItem};
use derive_syntax::format::format_expr;
use derive_syntax::parse_expression;
use letters::Letters;
use std::collections::HashSet;
pub(crate) use unnamed::unnamed;

/// What spells a term: the letters that are in scope.
struct Speller {
    letters: Letters,
}

/// The claim that an array is the derivative by a variable, in the language of the spec; `None` where the language cannot say it.
pub fn claim(network: &Network, variable: &Name, derivative: &Term) -> Option<Claim> {
    let mut speller = Speller {
        letters: Letters::new(network),
    };
    let gradient = call("grad", 0, name(variable.as_str()), &[]);
    if let Some(right) = speller.term(derivative) {
        let left = gradient;
        return Some(Claim { left, right });
    }
    let shape = &network.symbol(variable)?.shape;
    let mut fresh = Fresh::starting_at(derivative.next_index());
    let indices = fresh.indices(&shape.0);
    let entry = entry_at(derivative, &indices, &mut fresh)?;
    let letters = indices.iter().map(|index| speller.letters.enter(index));
    let letters: Vec<String> = letters.collect();
    let items = letters.iter().map(|letter| SubscriptItem::At(name(letter)));
    Some(Claim {
        left: match letters.is_empty() {
            true => gradient,
            false => subscripted(gradient, items.collect()),
        },
        right: speller.term(&entry)?,
    })
}

/// The derivatives of a checked derivation that have a spelling, each confirmed at random points: as a claim of the spec it is true.
/// `equations` is the spec in equation form.
pub fn confirmed(equations: &Spec, derivation: &Derivation, config: &Config) -> Vec<Spelling> {
    confirmed_of(equations, derivation, config, &derivation.statements)
}

/// The spelling of the derivative by one variable, confirmed.
pub fn confirmed_by(
    equations: &Spec,
    derivation: &Derivation,
    config: &Config,
    variable: &Name,
) -> Option<Spelling> {
    let statement = std::slice::from_ref(statement(derivation, variable)?);
    confirmed_of(equations, derivation, config, statement).pop()
}

/// The claim that the derivative by a variable is what was derived, not yet confirmed.
pub(crate) fn proposed(
    equations: &Spec,
    derivation: &Derivation,
    variable: &Name,
) -> Option<Claim> {
    let names = unnamed(equations, &derivation.network);
    in_names(&names, derivation, statement(derivation, variable)?)
}

fn in_names(
    names: &HashSet<Name>,
    derivation: &Derivation,
    statement: &derivation::Statement,
) -> Option<Claim> {
    let result = unnamed::put_in(&statement.result, names, derivation)?;
    claim(&derivation.network, &statement.variable, &result)
}

fn confirmed_of(
    equations: &Spec,
    derivation: &Derivation,
    config: &Config,
    statements: &[derivation::Statement],
) -> Vec<Spelling> {
    let names = unnamed(equations, &derivation.network);
    let asked = statements.iter();
    let asked = asked.filter(|statement| !names.contains(&statement.variable));
    let spelt = asked.filter_map(|statement| {
        let claim = in_names(&names, derivation, statement).filter(is_readable)?;
        Some((statement.variable.clone(), claim))
    });
    let spelt: Vec<(Name, Claim)> = spelt.collect();
    let mut spec = crate::search::without_claims(equations);
    let claims = spelt.iter().map(|(_, claim)| claim);
    spec.statements.extend(claims.cloned().map(statement_of));
    let Some(read) = elaborate_proposals(&spec).network else {
        return Vec::new();
    };
    let outcomes = check_claims(&read, &derivation.statements, config.seed, config.draws);
    let kept = spelt.into_iter().zip(outcomes);
    let kept = kept.filter(|(_, outcome)| outcome.holds);
    kept.map(|((variable, claim), _)| Spelling {
        variable,
        left: format_expr(&claim.left),
        right: format_expr(&claim.right),
    })
    .collect()
}

/// Whether the parser reads the text of a claim as the claim that it is.
fn is_readable(claim: &Claim) -> bool {
    let same = |side: &Expr| {
        let text = format_expr(side);
        parse_expression(&text).is_ok_and(|read| format_expr(&read) == text)
    };
    same(&claim.left) && same(&claim.right)
}

/// The claim as a statement of a spec.
pub(crate) fn statement_of(claim: Claim) -> Statement {
    Statement {
        kind: StatementKind::Claim(claim),
        span: derive_syntax::ast::Span::default(),
    }
}

impl Speller {
    /// The expression of a term; `None` where the language has none.
    fn term(&mut self, term: &Term) -> Option<Expr> {
        self.scalar(term).or_else(|| self.array(term))
    }

    fn all(&mut self, terms: &[Term]) -> Option<Vec<Expr>> {
        terms.iter().map(|term| self.term(term)).collect()
    }
}
