//! New labels for the members of families, wherever their names stand in a derivation.

use derive_graph::{Dim, Name, Shape};
use derive_index::derivation::{
    ChainLink, Condition, Contribution, Cotangent, Forward, Local, Statement, Step, Why,
};
use derive_index::substitute::Renaming;
use derive_index::{Index, StepList, Term};

/// A renaming of members.
pub(crate) fn renamed(name: &Name, label: &dyn Fn(i64) -> Option<String>) -> Name {
    let Some(new) = name.member().and_then(label) else {
        return name.clone();
    };
    let text = name.as_str();
    let (stem, rest) = text.split_once('{').unwrap_or((text, ""));
    let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
    Name::new(&format!("{stem}{{{new}}}{tail}"))
}

/// New labels for members, wherever a name stands.
pub(crate) struct Labels<'a>(pub(crate) &'a dyn Fn(i64) -> Option<String>);

impl Labels<'_> {
    pub(crate) fn term(&self, term: &Term) -> Term {
        let rename = Renaming {
            tensor: &|name| renamed(name, self.0),
            dim: &|name| Dim::Named(renamed(name, self.0)),
            index: &|id| id,
        };
        rename.apply(term)
    }

    pub(crate) fn shape(&self, shape: &Shape) -> Shape {
        Shape(
            shape
                .0
                .iter()
                .map(|dim| dim.renamed(&|name| Dim::Named(renamed(name, self.0))))
                .collect(),
        )
    }

    fn indices(&self, indices: &[Index]) -> Vec<Index> {
        let rename = Renaming {
            tensor: &|name| renamed(name, self.0),
            dim: &|name| Dim::Named(renamed(name, self.0)),
            index: &|id| id,
        };
        indices
            .iter()
            .map(|index| rename.rename_index(index))
            .collect()
    }

    pub(crate) fn forward(&self, forward: &Forward) -> Forward {
        Forward {
            name: renamed(&forward.name, self.0),
            shape: self.shape(&forward.shape),
            indices: self.indices(&forward.indices),
            entry: self.term(&forward.entry),
            matrix: forward.matrix.as_ref().map(|matrix| self.term(matrix)),
        }
    }

    fn steps(&self, steps: &[Step]) -> StepList {
        let all: Vec<Step> = steps.iter().map(|step| self.step(step)).collect();
        StepList::from(all)
    }

    pub(crate) fn step(&self, step: &Step) -> Step {
        Step {
            before: self.term(&step.before),
            after: self.term(&step.after),
            why: Why {
                template: step.why.template,
                slots: step.why.slots.iter().map(|slot| self.term(slot)).collect(),
            },
            conditions: step
                .conditions
                .iter()
                .map(|condition| self.condition(condition))
                .collect(),
            ..step.clone()
        }
    }

    fn condition(&self, condition: &Condition) -> Condition {
        match condition {
            Condition::NonZero { term, because } => Condition::NonZero {
                term: self.term(term),
                because,
            },
            Condition::Declared { array, fact } => Condition::Declared {
                array: renamed(array, self.0),
                fact,
            },
            Condition::Invertible { term } => Condition::Invertible {
                term: self.term(term),
            },
            Condition::Defined { value, definition } => Condition::Defined {
                value: self.term(value),
                definition: self.term(definition),
            },
        }
    }

    fn link(&self, link: &ChainLink) -> ChainLink {
        ChainLink {
            user: renamed(&link.user, self.0),
            indices: self.indices(&link.indices),
            cotangent: match &link.cotangent {
                Cotangent::Loss => Cotangent::Loss,
                Cotangent::Named => Cotangent::Named,
                Cotangent::Substituted(term) => Cotangent::Substituted(self.term(term)),
                Cotangent::Chained(links) => {
                    Cotangent::Chained(links.iter().map(|link| self.link(link)).collect())
                }
            },
            local: Local {
                raw: self.term(&link.local.raw),
                steps: self.steps(&link.local.steps),
                value: self.term(&link.local.value),
            },
            layers: link.layers.clone(),
        }
    }

    fn contribution(&self, contribution: &Contribution) -> Contribution {
        Contribution {
            user: renamed(&contribution.user, self.0),
            layers: contribution.layers.clone(),
            start: self.term(&contribution.start),
            steps: self.steps(&contribution.steps),
            result: self.term(&contribution.result),
            like: contribution.like,
        }
    }

    pub(crate) fn statement(&self, statement: &Statement) -> Statement {
        Statement {
            variable: renamed(&statement.variable, self.0),
            shape: self.shape(&statement.shape),
            indices: self.indices(&statement.indices),
            chain: statement.chain.iter().map(|link| self.link(link)).collect(),
            start: self.term(&statement.start),
            steps: self.steps(&statement.steps),
            contributions: statement
                .contributions
                .iter()
                .map(|it| self.contribution(it))
                .collect(),
            numerator: self.indices(&statement.numerator),
            result: self.term(&statement.result),
            // Written out in full it would hold for one depth only.
            in_full: None,
            dilated: None,
            three_terms: None,
            ..statement.clone()
        }
    }
}
