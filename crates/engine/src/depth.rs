//! Networks of symbolic depth: `for l in 1..L { … }` with an L that has no size.
//!
//! The network is derived at a depth that is large enough for a layer in the middle to have neighbours of its own kind on both
//! sides. A statement about layer l mentions only what layers l − 1, l and l + 1 define, so its form cannot depend on where in the
//! middle it stands; that it does not is checked for every middle layer by renaming. The middle layer then speaks for all of them, under the
//! names l − 1, l and l + 1, and the ends speak for themselves where they differ. Other depths are derived and checked numerically as well.

use crate::run::{CheckConfig, Config, Failure, Outcome, checked, derive_with};
use derive_elaborate::{elaborate_at, unroll::Depth};
use derive_graph::{Dim, Name, Network, Shape};
use derive_index::derivation::{
    ChainLink, ClaimOutcome, Condition, Contribution, Cotangent, Derivation, Forward, Local,
    Statement, Step, Why,
};
use derive_index::substitute::Renaming;
use derive_index::{Index, Term};
use derive_syntax::ast;

/// How many layers are written out; layer `first + 2` speaks for the middle.
pub(crate) const LAYERS: i64 = 7;
/// Other numbers of layers at which the whole is checked.
const OTHERS: [i64; 3] = [2, 3, 4];

/// The derivation of a spec with one symbolic bound.
///
/// # Errors
/// As [`crate::run()`], or if the middle layers do not all have one form.
pub fn run_symbolic(spec: &ast::Spec, depth: &Depth, config: &Config) -> Result<Outcome, Failure> {
    let elaborated = elaborate_at(spec, depth, LAYERS);
    let Some(network) = elaborated.network else {
        return Err(Failure::Spec(elaborated.diagnostics));
    };
    let (derivation, solver) = derive_with(network, true)?;
    let mut derivation = match config.check {
        Some(check) => checked(derivation, &solver, check),
        None => derivation,
    };
    for layers in OTHERS {
        check_at(spec, depth, layers, config.check, &mut derivation)?;
    }
    let middle = depth.first + 2;
    // The last layer but one may still see the loss, where the last one's cotangent is short enough to be put in.
    for layer in depth.first + 1..depth.first + LAYERS - 3 {
        same_form(&derivation, layer, depth.first)?;
    }
    Ok(Outcome {
        derivation: told(derivation, depth, middle),
        diagnostics: elaborated.diagnostics,
    })
}

/// Derives and checks another depth; what fails there fails the whole.
fn check_at(
    spec: &ast::Spec,
    depth: &Depth,
    layers: i64,
    check: Option<CheckConfig>,
    derivation: &mut Derivation,
) -> Result<(), Failure> {
    let (Some(check), Some(verdict)) = (check, &mut derivation.verdict) else {
        return Ok(());
    };
    // A spec may need more layers than this; then this depth does not exist.
    let Some(network) = elaborate_at(spec, depth, layers).network else {
        return Ok(());
    };
    let (other, solver) = derive_with(network, true)?;
    let other = checked(other, &solver, check);
    let found = other
        .verdict
        .into_iter()
        .flat_map(|verdict| verdict.failures);
    verdict
        .failures
        .extend(found.map(|failure| format!("with {layers} layers: {failure}")));
    Ok(())
}

fn member(name: &Name) -> Option<i64> {
    name.member()
}

/// A renaming of members.
fn renamed(name: &Name, label: &dyn Fn(i64) -> Option<String>) -> Name {
    let Some(new) = member(name).and_then(label) else {
        return name.clone();
    };
    let text = name.as_str();
    let (stem, rest) = text.split_once('{').unwrap_or((text, ""));
    let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
    Name::new(&format!("{stem}{{{new}}}{tail}"))
}

/// That the statements about a layer become those about the next by counting on.
fn same_form(derivation: &Derivation, layer: i64, first: i64) -> Result<(), Failure> {
    let next = |k: i64| Some((k + 1).to_string());
    // A member before the first layer may belong to the family or be an array of its own.
    let inside = |k: i64| (k >= first).then(|| (k + 1).to_string());
    for statement in derivation
        .statements
        .iter()
        .filter(|it| member(&it.variable) == Some(layer))
    {
        let follower = renamed(&statement.variable, &next);
        let moved = [Labels(&next), Labels(&inside)].map(|labels| labels.term(&statement.result));
        let found = derivation
            .statements
            .iter()
            .find(|it| it.variable == follower);
        if found.is_none_or(|found| !moved.contains(&found.result)) {
            return Err(Failure::Engine(format!(
                "the derivative by `{}` has not the same form in every layer, so it cannot be written for a symbolic depth",
                statement.variable
            )));
        }
    }
    Ok(())
}

/// The derivation in the words of a layer l in the middle.
fn told(mut derivation: Derivation, depth: &Depth, middle: i64) -> Derivation {
    let last = depth.first + LAYERS - 1;
    let (l, bound) = (depth.variable.as_str(), depth.bound.as_str());
    let label = |k: i64| match k - middle {
        -1 => Some(format!("{l}-1")),
        0 => Some(l.to_owned()),
        1 => Some(format!("{l}+1")),
        _ if k == last => Some(bound.to_owned()),
        _ if k == last - 1 => Some(format!("{bound}-1")),
        _ => None,
    };
    let labels = Labels(&label);
    // An end is shown where its form is not that of the middle.
    let differs = |statement: &Statement, k: i64| {
        let here = |other: i64| Some((other + middle - k).to_string());
        let inside = |other: i64| (other >= depth.first).then(|| (other + middle - k).to_string());
        let counterpart = renamed(&statement.variable, &here);
        let middle = derivation
            .statements
            .iter()
            .find(|it| it.variable == counterpart);
        let moved = [Labels(&here), Labels(&inside)].map(|labels| labels.term(&statement.result));
        middle.is_none_or(|middle| !moved.contains(&middle.result))
    };
    let kept = |statement: &Statement| match member(&statement.variable) {
        None => true,
        Some(k) if k == middle => true,
        Some(k) => {
            let end = k >= last - 1 || k <= depth.first;
            end && differs(statement, k)
        }
    };
    let statements = derivation
        .statements
        .iter()
        .filter(|statement| kept(statement));
    let statements = statements
        .map(|statement| labels.statement(statement))
        .collect();
    let begun: Vec<(String, i64)> = derivation
        .statements
        .iter()
        .filter(|it| member(&it.variable) == Some(middle))
        .filter_map(|it| {
            let at = |k: i64| {
                let there = |_: i64| Some(k.to_string());
                let name = renamed(&it.variable, &there);
                derivation
                    .statements
                    .iter()
                    .find(|other| other.variable == name)
            };
            let ends = [last - 1, last]
                .into_iter()
                .find(|k| at(*k).is_some_and(|other| differs(other, *k)))?;
            let generic = |_: i64| Some(l.to_owned());
            Some((
                format!("`{}`", renamed(&it.variable, &generic)),
                last - ends + 1,
            ))
        })
        .collect();
    let range = range_note(&begun, depth);
    let shown = |name: &Name| member(name).is_none_or(|k| k == middle || k < depth.first);
    derivation.statements = statements;
    derivation.forward.retain(|forward| shown(&forward.name));
    derivation.forward = derivation
        .forward
        .iter()
        .map(|forward| labels.forward(forward))
        .collect();
    derivation.loss = labels.forward(&derivation.loss);
    if let Some(verdict) = &mut derivation.verdict {
        verdict
            .errors
            .iter_mut()
            .for_each(|(name, _)| *name = renamed(name, &label));
    }
    let checked = derivation.verdict.is_some();
    let depths: Vec<String> = OTHERS.iter().chain([&LAYERS]).map(i64::to_string).collect();
    derivation.claims = told_claims(&derivation.claims, &label, depth.first..=last);
    derivation.network.notes.extend(range);
    derivation.network.notes.push(format!(
        "Here {l} stands for every layer from {} to {bound}; what holds for the last or the first one only is given under its own number{}",
        depth.first,
        if checked { format!("; checked with {} layers", depths.join(", ")) } else { String::new() }
    ));
    rename_network(&mut derivation.network, &labels, middle, &shown);
    derivation
}

/// Claims about the layers that are shown, in their names; false ones about any layer.
fn told_claims(
    claims: &[ClaimOutcome],
    label: &dyn Fn(i64) -> Option<String>,
    layers: std::ops::RangeInclusive<i64>,
) -> Vec<ClaimOutcome> {
    // The first member in a claim is the layer that it is about.
    let subject = |text: &str| member(&Name::new(text));
    let told = |claim: &&ClaimOutcome| {
        let about = subject(&claim.text).and_then(label);
        !claim.holds || about.is_none_or(|label| !label.contains(['+', '-']))
    };
    let brace = |k: i64| format!("{{{k}}}");
    let hidden =
        |text: &str| subject(text).is_some_and(|k| layers.contains(&k) && label(k).is_none());
    let kept = claims
        .iter()
        .filter(told)
        .filter(|claim| !claim.holds || !hidden(&claim.text));
    let put = |text: &str| {
        layers
            .clone()
            .fold(text.to_owned(), |text, k| match label(k) {
                Some(new) => text.replace(&brace(k), &format!("{{{new}}}")),
                None => text,
            })
    };
    kept.map(|claim| ClaimOutcome {
        text: put(&claim.text),
        reason: put(&claim.reason),
        ..claim.clone()
    })
    .collect()
}

/// For which layers the recurrences hold, and where they begin.
fn range_note(begun: &[(String, i64)], depth: &Depth) -> Vec<String> {
    let (l, bound, first) = (&depth.variable, &depth.bound, depth.first);
    let mut notes = Vec::new();
    for offset in [1, 2] {
        let names: Vec<&str> = begun
            .iter()
            .filter(|(_, own)| *own == offset)
            .map(|(name, _)| name.as_str())
            .collect();
        if !names.is_empty() {
            notes.push(format!(
                "The derivatives by {} are recurrences: they hold for {l} from {bound} - {offset} down to {first}, and begin with what stands before them",
                names.join(", ")
            ));
        }
    }
    notes
}

fn rename_network(
    network: &mut Network,
    labels: &Labels,
    middle: i64,
    shown: &dyn Fn(&Name) -> bool,
) {
    let declared =
        |symbol: &derive_graph::Symbol| symbol.definition.is_none() && !shown(&symbol.name);
    network.symbols.retain(|symbol| !declared(symbol));
    for symbol in &mut network.symbols {
        symbol.name = renamed(&symbol.name, labels.0);
        symbol.shape = labels.shape(&symbol.shape);
    }
    network
        .dims
        .iter_mut()
        .for_each(|(name, _)| *name = renamed(name, labels.0));
    // One member speaks for its family.
    let anyone = |_: i64| (labels.0)(middle);
    network
        .wrt
        .iter_mut()
        .for_each(|name| *name = renamed(name, &anyone));
    let mut met = Vec::new();
    network.wrt.retain(|name| {
        !met.contains(name) && {
            met.push(name.clone());
            true
        }
    });
}

/// New labels for members, wherever a name stands.
struct Labels<'a>(&'a dyn Fn(i64) -> Option<String>);

impl Labels<'_> {
    fn term(&self, term: &Term) -> Term {
        let rename = Renaming {
            tensor: &|name| renamed(name, self.0),
            dim: &|name| Dim::Named(renamed(name, self.0)),
            index: &|id| id,
        };
        rename.apply(term)
    }

    fn shape(&self, shape: &Shape) -> Shape {
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

    fn forward(&self, forward: &Forward) -> Forward {
        Forward {
            name: renamed(&forward.name, self.0),
            shape: self.shape(&forward.shape),
            indices: self.indices(&forward.indices),
            entry: self.term(&forward.entry),
            matrix: forward.matrix.as_ref().map(|matrix| self.term(matrix)),
        }
    }

    fn steps(&self, steps: &[Step]) -> Vec<Step> {
        let step = |step: &Step| Step {
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
        };
        steps.iter().map(step).collect()
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
        }
    }

    fn contribution(&self, contribution: &Contribution) -> Contribution {
        Contribution {
            start: self.term(&contribution.start),
            steps: self.steps(&contribution.steps),
            result: self.term(&contribution.result),
            like: contribution.like,
        }
    }

    fn statement(&self, statement: &Statement) -> Statement {
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
            ..statement.clone()
        }
    }
}
