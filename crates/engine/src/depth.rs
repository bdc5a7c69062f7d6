//! Networks of symbolic depth: `for l in 1..L { … }` with an L that has no size.
//!
//! The network is derived at a depth that is large enough for a layer in the middle to have neighbours of its own kind on both
//! sides. A statement about layer l mentions only what layers l − 1, l and l + 1 define, so its form cannot depend on where in the
//! middle it stands; that it does not is checked for every middle layer by renaming. The middle layer then speaks for all of them, under the
//! names l − 1, l and l + 1, and the ends speak for themselves where they differ. Other depths are derived and checked numerically as well.

use crate::checking::{CheckConfig, checked, judged};
use crate::counting_on::form;
use crate::depth_words::{Layers, in_words};
use crate::every_layer::Every;
use crate::labels::{Labels, renamed};
use crate::layer_claims::name_claims;
use crate::run::{Config, Failure, Outcome, Pass, WrittenOut, derive_with};
use crate::savings::savings_of_layers;
use derive_elaborate::{elaborate_at, unroll::Depth};
use derive_graph::{Name, Network};
use derive_index::derivation::{Derivation, Forward, Statement};
use derive_index::{Head, Term};
use derive_rewrite::Solver;
use derive_syntax::ast;

/// How many layers are written out; layer `first + 2` speaks for the middle.
pub(crate) const LAYERS: i64 = 7;

/// Other numbers of layers at which the whole is checked.
pub(crate) const OTHERS: [i64; 3] = [2, 3, 4];

/// The derivation of a spec with one symbolic bound.
///
/// # Errors
/// As [`crate::run()`], or if the middle layers do not all have one form, or what is told depends on how many layers were written out.
pub fn run_symbolic(spec: &ast::Spec, depth: &Depth, config: &Config) -> Result<Outcome, Failure> {
    let of = |layers: i64| elaborate_at(spec, depth, layers);
    let elaborated = of(LAYERS);
    let Some(network) = elaborated.network else {
        return Err(Failure::Spec(elaborated.diagnostics));
    };
    let (derivation, mut solver, mut written) =
        derived(network, depth, LAYERS, config, Solver::default())?;
    let page = page(derivation.clone(), depth, &written)?;
    let mut derivation = match config.check {
        Some(check) => judged(
            checked(derivation, &solver, check),
            &elaborated.equations,
            check,
        ),
        None => derivation,
    };
    // Other numbers of layers have hardly a form of their own.
    if let Some(network) = of(LAYERS - 1).network {
        let (other, knowing, fewer) = derived(network, depth, LAYERS - 1, config, solver)?;
        same_page(&page, &self::page(other, depth, &fewer)?, depth)?;
        (solver, written.fewer) = (knowing, Some(Box::new(fewer)));
    }
    for layers in OTHERS {
        solver = check_at(spec, depth, layers, config.check, &mut derivation, solver)?;
    }
    name_claims(spec, depth, &mut derivation);
    Ok(Outcome {
        derivation: told(derivation, depth, &written)?,
        layers: Some(written),
        second: Vec::new(),
        diagnostics: elaborated.diagnostics,
        symbolic: true,
    })
}

/// The derivation of so many layers, and what programs are made from.
fn derived(
    network: Network,
    depth: &Depth,
    layers: i64,
    config: &Config,
    solver: Solver,
) -> Result<(Derivation, Solver, WrittenOut), Failure> {
    let (mut derivation, solver) = derive_with(network, Pass::WithinLayers, solver)?;
    let written = written_out(&derivation, depth, layers);
    if config.savings {
        derivation.savings = Some(savings_of_layers(&written)?);
    }
    Ok((derivation, solver, written))
}

/// What a page says of a derivation that is not checked yet.
fn page(derivation: Derivation, depth: &Depth, written: &WrittenOut) -> Result<String, Failure> {
    let told = told(derivation, depth, written)?;
    derive_print::render(&told, &derive_print::Options::default())
        .map_err(|error| Failure::Engine(error.to_string()))
}

/// That two pages say the same: the number of layers that were written out is no part of what holds for every depth.
fn same_page(page: &str, other: &str, depth: &Depth) -> Result<(), Failure> {
    // Columns are as wide as what stands in them.
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut lines = page.lines().zip(other.lines());
    let differs = |(line, other): &(&str, &str)| words(line) != words(other);
    let Some((line, _)) = lines.find(differs) else {
        return Ok(());
    };
    Err(Failure::Engine(format!(
        "`{}` is not the same with {LAYERS} layers and with one less, so that it cannot be written for a symbolic depth; take what does not depend on the layer out of the sums over layers, or give `{}` a number",
        words(line).join(" "),
        depth.bound
    )))
}

/// The derivation with sums over layers as sums, in the words of a layer l in the middle.
fn told(
    mut derivation: Derivation,
    depth: &Depth,
    written: &WrittenOut,
) -> Result<Derivation, Failure> {
    let variable = Name::new(&depth.variable);
    let every = Every::of(&written.layers, &variable);
    for line in &mut derivation.forward {
        let called = format!("`{}`", line.name);
        fold_line(line, &called, &every, depth)?;
    }
    fold_line(&mut derivation.loss, "the loss", &every, depth)?;
    for layer in depth.first + 1..written.layers.last {
        same_definition(&derivation, layer, depth)?;
    }
    for statement in &mut derivation.statements {
        fold_statement(statement, &every, depth)?;
    }
    // The last layer but one may still see the loss, where the last one's cotangent is short enough to be put in.
    for layer in depth.first + 1..written.layers.last - 2 {
        same_form(&derivation, layer, depth)?;
    }
    Ok(in_words(derivation, depth, &every))
}

/// Writes a derivative that has a part of every layer as a sum over them.
fn fold_statement(
    statement: &mut Statement,
    every: &Every<'_>,
    depth: &Depth,
) -> Result<(), Failure> {
    let member = statement.variable.member();
    let own = member.is_none_or(|k| k < depth.first);
    let Some(layer) = every.stray(&statement.result).filter(|_| own) else {
        return Ok(());
    };
    *statement = every.shared(statement).ok_or_else(|| {
        Failure::Engine(format!(
            "the derivative by `{}` has a part of layer {layer} of {} that is not one of all layers alike, so it cannot be written for a symbolic depth; give `{}` a number",
            statement.variable, every.last - every.first + 1, depth.bound
        ))
    })?;
    Ok(())
}

/// Writes the sums over layers in a line of the forward pass as sums. What belongs to no layer may not mention one of them by itself.
fn fold_line(
    line: &mut Forward,
    called: &str,
    every: &Every<'_>,
    depth: &Depth,
) -> Result<(), Failure> {
    line.entry = every.folded(&line.entry);
    line.matrix = line.matrix.take().map(|whole| every.folded(&whole));
    let own = line.name.member().is_none_or(|k| k < depth.first);
    match every.stray(&line.entry).filter(|_| own) {
        Some(layer) => Err(Failure::Engine(format!(
            "{called} mentions layer {layer} of {} by itself, so it cannot be written for a symbolic depth; a sum over layers has to run over all of them, from {} to `{}`",
            every.last - every.first + 1,
            depth.first,
            depth.bound
        ))),
        None => Ok(()),
    }
}

/// The derivation of all layers for the programs, which have a line for the last layer and one for all others.
fn written_out(derivation: &Derivation, depth: &Depth, layers: i64) -> WrittenOut {
    let (middle, last) = (depth.first + 2, depth.first + layers - 1);
    let layers = Layers {
        depth,
        middle,
        last,
    };
    let declared = |name: &Name| {
        let symbol = derivation.network.symbol(name);
        symbol.is_none_or(|symbol| symbol.definition.is_none())
    };
    let member = |it: &&Statement| {
        let member = it.variable.member();
        member.filter(|k| (depth.first..=last).contains(k))
    };
    let differs = |it: &&Statement| member(it).is_some_and(|k| layers.differs(derivation, it, k));
    // An intermediate of the last layer has a line of its own in any case.
    let unlike: Vec<&Statement> = derivation.statements.iter().filter(differs).collect();
    let at_end = |it: &&&Statement| member(it) == Some(last);
    let ends = unlike
        .iter()
        .filter(at_end)
        .filter(|it| declared(&it.variable));
    let ends = ends.map(|it| it.variable.clone()).collect();
    let unlike = unlike.iter().find(|it| !at_end(it));
    WrittenOut {
        fewer: None,
        unlike: unlike.map(|it| it.variable.clone()),
        derivation: Derivation {
            statements: derivation.statements.iter().map(apart).collect(),
            ..derivation.clone()
        },
        layers: derive_emit::Layers {
            variable: depth.variable.clone(),
            bound: depth.bound.clone(),
            first: depth.first,
            middle,
            last,
            ends,
        },
    }
}

/// The statement with what each layer contributes as a term by itself: added up, what is the same in all of them would be as many times as
/// there are layers.
fn apart(statement: &Statement) -> Statement {
    let terms: Vec<Term> = statement
        .contributions
        .iter()
        .map(|it| it.result.clone())
        .collect();
    let closed = terms.iter().all(|it| *it.head() != Head::Comprehension);
    let result = match closed && terms.len() > 1 {
        true => Term::raw(Head::Sum, terms),
        false => statement.result.clone(),
    };
    Statement {
        result,
        ..statement.clone()
    }
}

/// The names of layers as they are told: l and its neighbours, L and the one before.
pub(crate) fn told_label(layers: &derive_emit::Layers, k: i64) -> Option<String> {
    label(
        &layers.variable,
        &layers.bound,
        layers.middle,
        layers.last,
        k,
    )
}

/// How layer k is called: l and its neighbours, L and the one before; nothing for others.
pub(crate) fn label(l: &str, bound: &str, middle: i64, last: i64, k: i64) -> Option<String> {
    match k - middle {
        -1 => Some(format!("{l}-1")),
        0 => Some(l.to_owned()),
        1 => Some(format!("{l}+1")),
        _ if k == last => Some(bound.to_owned()),
        _ if k == last - 1 => Some(format!("{bound}-1")),
        _ => None,
    }
}

/// Derives and checks another depth; what fails there fails the whole.
fn check_at(
    spec: &ast::Spec,
    depth: &Depth,
    layers: i64,
    check: Option<CheckConfig>,
    derivation: &mut Derivation,
    solver: Solver,
) -> Result<Solver, Failure> {
    let (Some(check), Some(verdict)) = (check, &mut derivation.verdict) else {
        return Ok(solver);
    };
    // A spec may need more layers than this; then this depth does not exist.
    let Some(network) = elaborate_at(spec, depth, layers).network else {
        return Ok(solver);
    };
    let (other, solver) = derive_with(network, Pass::WithinLayers, solver)?;
    let other = checked(other, &solver, check);
    let Some(other) = other.verdict else {
        return Ok(solver);
    };
    let deeper = |what: String| format!("with {layers} layers: {what}");
    verdict
        .failures
        .extend(other.failures.into_iter().map(deeper));
    verdict
        .unchecked
        .extend(other.unchecked.into_iter().map(deeper));
    Ok(solver)
}

/// That the statements about a layer become those about the next by counting on.
fn same_form(derivation: &Derivation, layer: i64, depth: &Depth) -> Result<(), Failure> {
    let (first, bound) = (depth.first, &depth.bound);
    let next = |k: i64| Some((k + 1).to_string());
    // A member before the first layer may belong to the family or be an array of its own.
    let inside = |k: i64| (k >= first).then(|| (k + 1).to_string());
    for statement in derivation
        .statements
        .iter()
        .filter(|it| it.variable.member() == Some(layer))
    {
        let follower = renamed(&statement.variable, &next);
        let moved = [Labels(&next), Labels(&inside)].map(|labels| labels.term(&statement.result));
        let found = derivation
            .statements
            .iter()
            .find(|it| it.variable == follower);
        if found.is_none_or(|found| !moved.contains(&found.result)) {
            return Err(Failure::Engine(format!(
                "the derivative by `{}` has not the same form in every layer, so it cannot be written for a symbolic depth; give a sum over layers a name of its own, or `{bound}` a number",
                statement.variable
            )));
        }
    }
    Ok(())
}

/// That the definitions of a layer become those of the next by counting on: they may not use the layer's number as a number.
fn same_definition(derivation: &Derivation, layer: i64, depth: &Depth) -> Result<(), Failure> {
    let next = |k: i64| Some((k + 1).to_string());
    let inside = |k: i64| (k >= depth.first).then(|| (k + 1).to_string());
    let lines = &derivation.forward;
    for line in lines.iter().filter(|it| it.name.member() == Some(layer)) {
        let follower = renamed(&line.name, &next);
        let moved = [Labels(&next), Labels(&inside)].map(|it| form(&it.term(&line.entry)));
        let found = lines.iter().find(|it| it.name == follower);
        // Not every definition reaches to the last layer.
        if found.is_some_and(|found| !moved.contains(&form(&found.entry))) {
            let (variable, bound) = (&depth.variable, &depth.bound);
            let of_any = renamed(&line.name, &|_| Some(variable.clone()));
            return Err(Failure::Engine(format!(
                "`{of_any}` is not defined alike in every layer: with a symbolic depth `{variable}` stands between braces only, not for a number; give `{bound}` a number"
            )));
        }
    }
    Ok(())
}
