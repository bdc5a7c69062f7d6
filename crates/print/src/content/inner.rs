//! Derivatives that are a part of another one's chain rule and are used nowhere else: those of activations.
//!
//! The chain rule of δ⁽¹⁾ runs through A⁽¹⁾ and begins with all of ∂L/∂A⁽¹⁾. To derive that by itself first would say the same twice,
//! so a page that keeps the textbook's steps gives it as what the chain rule is without its last link.

use super::numbers;
use crate::Steps;
use derive_graph::Name;
use derive_index::Term;
use derive_index::derivation::{ChainLink, Cotangent, Derivation, Statement, StatementKind};
use std::collections::{BTreeMap, BTreeSet};

/// The inner derivatives of a page, by the variable whose chain rule contains them.
#[derive(Default)]
pub struct Inner<'a> {
    told_in: BTreeMap<&'a Name, Vec<&'a Statement>>,
    passed_over: BTreeSet<&'a Name>,
}

impl<'a> Inner<'a> {
    /// Those of a page that keeps this much; where everything is told or nothing, there are none.
    pub fn on_page(derivation: &'a Derivation, detail: Steps) -> Inner<'a> {
        match detail {
            Steps::Key => Inner::of(derivation),
            Steps::None | Steps::Full => Inner::default(),
        }
    }

    fn of(derivation: &'a Derivation) -> Inner<'a> {
        let mut inner = Inner::default();
        let needed = needed(derivation);
        let links =
            |statement: &'a Statement| statement.chain.iter().map(move |link| (statement, link));
        for (outer, link) in derivation.statements.iter().flat_map(links) {
            let mut all = derivation.statements.iter();
            let own = all.find(|it| it.variable == link.user && is_inner(it, derivation));
            if let (Cotangent::Chained(_), Some(own)) = (&link.cotangent, own)
                && !needed.contains(&own.variable)
                && inner.passed_over.insert(&own.variable)
            {
                inner.told_in.entry(&outer.variable).or_default().push(own);
            }
        }
        inner
    }

    /// Whether the derivative by a variable has no section of its own.
    pub fn passes_over(&self, variable: &Name) -> bool {
        self.passed_over.contains(variable)
    }

    /// The derivatives that the chain rule of a variable contains.
    pub fn within(&self, variable: &Name) -> &[&'a Statement] {
        self.told_in.get(variable).map_or(&[], Vec::as_slice)
    }
}

/// Whether it may be told within another one: a claim that went wrong in it is referred to by its section.
fn is_inner(statement: &Statement, derivation: &Derivation) -> bool {
    let parting = derivation.claims.iter().any(|claim| {
        let parting = claim.diagnosis.as_ref().and_then(|it| it.parting.as_ref());
        parting.is_some_and(|(name, _)| *name == statement.variable)
    });
    statement.kind == StatementKind::Cotangent && !parting
}

/// The variables whose derivatives other lines use, by name or by what they are.
fn needed(derivation: &Derivation) -> BTreeSet<Name> {
    let mut needed = BTreeSet::new();
    for statement in &derivation.statements {
        let in_full = statement.in_full.iter();
        for term in in_full.chain([&statement.start, &statement.result]) {
            signals(term, &mut needed);
        }
        users(&statement.chain, &mut needed);
    }
    needed
}

fn signals(term: &Term, needed: &mut BTreeSet<Name>) {
    numbers::names(term, &mut |name| needed.extend(name.of_cotangent()));
}

fn users(chain: &[ChainLink], needed: &mut BTreeSet<Name>) {
    for link in chain {
        match &link.cotangent {
            Cotangent::Named | Cotangent::Substituted(_) => {
                needed.insert(link.user.clone());
            }
            Cotangent::Chained(inner) => users(inner, needed),
            Cotangent::Loss => {}
        }
    }
}
