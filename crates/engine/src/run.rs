//! From spec text to a checked derivation.

use crate::chain::{Backward, Stop};
use crate::checking::{CheckConfig, checked, checked_meanwhile, judged, spelt};
use crate::depth::run_symbolic;
use crate::functions::{function_facts, kinks};
use crate::normalisation;
use crate::savings::savings_of;
use crate::second::{Second, notes_on_bound, second_derivatives};
use derive_calculus::{MissingDerivative, Users};
use derive_elaborate::elaborate;
use derive_elaborate::unroll::symbolic_depth;
use derive_graph::{Claim, ClaimSubject, Loss, Name, Network, NodeId};
use derive_index::derivation::Derivation;
use derive_print::Drawing;
use derive_rewrite::Solver;
use derive_syntax::ast;
use derive_syntax::diagnostic::{Diagnostic, Severity};
use derive_syntax::format::{format_source, format_spec};

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Differentiate by these instead of by what the spec says; empty for what the spec says.
    pub wrt: Vec<String>,
    /// The intermediate whose Jacobian is asked for instead of the gradients of the loss.
    pub jacobian: Option<String>,
    /// The second derivatives that are asked for beside the gradients.
    pub second: Option<Second>,
    /// How to check; `None` turns the check off.
    pub check: Option<CheckConfig>,
    /// Whether to say how the derivation is computed with the fewest multiplications.
    pub savings: bool,
    /// Whether to write the derivatives in the language of the spec as well; what is not checked is not.
    pub spell: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            wrt: Vec::new(),
            jacobian: None,
            second: None,
            check: Some(CheckConfig::default()),
            savings: false,
            spell: false,
        }
    }
}

/// A derivation, and what there was to say about the spec.
#[derive(Debug)]
pub struct Outcome {
    /// The derivation.
    pub derivation: Derivation,
    /// The second derivatives, if they were asked for: each derivation's loss is a gradient of the first.
    pub second: Vec<Derivation>,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the depth is symbolic, so that the statements speak for layers in general.
    pub symbolic: bool,
    /// Where it is, the layers as they were written out, from which programs are made.
    pub layers: Option<WrittenOut>,
}

/// A network of symbolic depth with as many layers as were derived.
#[derive(Debug)]
pub struct WrittenOut {
    /// The derivation of all layers.
    pub derivation: Derivation,
    /// Which of them speaks for all, and what the numbers are called.
    pub layers: derive_emit::Layers,
    /// The same with one layer less: what both say depends on no depth.
    pub fewer: Option<Box<WrittenOut>>,
    /// A statement that is not like those of the other layers although no program could tell it from them.
    pub unlike: Option<Name>,
}

/// Why there is no derivation.
#[derive(Debug)]
pub enum Failure {
    /// The spec is wrong.
    Spec(Vec<Diagnostic>),
    /// The engine lacks a rule, and names the operator.
    Engine(String),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        match stop {
            Stop::Missing(missing) => missing.into(),
            Stop::TooLong { of, by, size } => Failure::Engine(format!(
                "an entry of the derivative of {} by {} has {size} signs, which is more than is written out; ask for less with `--wrt`, or for the product of the Hessian with a direction, `--hessian-vector`",
                of.spoken(),
                by.spoken()
            )),
        }
    }
}

impl From<MissingDerivative> for Failure {
    fn from(missing: MissingDerivative) -> Failure {
        let (function, argument) = (missing.function, missing.argument + 1);
        Failure::Engine(format!(
            "there is no derivative of `{function}` by its argument {argument}"
        ))
    }
}

/// Derives, rewrites and checks a spec.
///
/// # Errors
/// [`Failure::Spec`] with every error of the spec, or [`Failure::Engine`] where a rule is missing.
pub fn run(source: &[u8], config: &Config) -> Result<Outcome, Failure> {
    let (outcome, _) = run_meanwhile(source, config, None::<fn(&Derivation)>)?;
    Ok(outcome)
}

/// As [`run`], and what `meanwhile` makes of the derivation of a long network while a second thread checks it. It may read everything but
/// the verdict, and what it makes may be shown only if that is good.
///
/// # Errors
/// As [`run`].
pub fn run_meanwhile<T>(
    source: &[u8],
    config: &Config,
    meanwhile: Option<impl FnOnce(&Derivation) -> T>,
) -> Result<(Outcome, Option<T>), Failure> {
    let parsed = parse(source)?;
    if let Some(depth) = symbolic_depth(&parsed) {
        if config.jacobian.is_some() || config.second.is_some() || !config.wrt.is_empty() {
            let message =
                "a network of symbolic depth is differentiated by its parameters only, and once"
                    .to_owned();
            return Err(Failure::Engine(message));
        }
        return Ok((run_symbolic(&parsed, &depth, config)?, None));
    }
    let (mut network, mut equations, diagnostics) = read_whole(&parsed)?;
    if !config.wrt.is_empty() {
        network.wrt = asked(&network, &config.wrt, "--wrt")?;
    }
    if let Some(name) = &config.jacobian {
        let name = asked(&network, std::slice::from_ref(name), "--jacobian")?.remove(0);
        let claims = network.claims.iter();
        let kept: Vec<bool> = claims.map(|claim| is_identity(&network, claim)).collect();
        equations = with_kept_claims(equations, &kept);
        network = network_of(network, &name, !config.wrt.is_empty())?;
    }
    if config.second.is_some() {
        network.notes.extend(notes_on_bound(&network));
    }
    let (mut derivation, mut solver) = match config.second {
        Some(_) => derive_with(network, Pass::BeforeAnother, Solver::default())?,
        None => derive(network)?,
    };
    if config.check.is_some() && config.jacobian.is_none() {
        normalisation::propose(&mut derivation, &mut solver);
    }
    if config.savings {
        derivation.savings = Some(savings_of(&derivation, config)?);
    }
    let second = match config.second {
        Some(second) => second_derivatives(&derivation, second)?,
        None => Vec::new(),
    };
    let check = |(block, solver): (Derivation, Solver)| match config.check {
        Some(settings) => checked(block, &solver, settings),
        None => block,
    };
    let (mut derivation, made) = match (config.check, meanwhile) {
        (Some(settings), Some(meanwhile)) if second.is_empty() => {
            checked_meanwhile(derivation, &solver, settings, meanwhile)
        }
        _ => (check((derivation, solver)), None),
    };
    if let Some(settings) = config.check {
        derivation = judged(derivation, &equations, settings);
        if config.spell && config.jacobian.is_none() {
            derivation = spelt(derivation, &equations, settings);
        }
    }
    let outcome = Outcome {
        derivation,
        second: second.into_iter().map(check).collect(),
        diagnostics,
        symbolic: false,
        layers: None,
    };
    Ok((outcome, made))
}

/// The spec in equation form.
///
/// # Errors
/// [`Failure::Spec`] with every error of the spec.
pub fn equations(source: &[u8]) -> Result<String, Failure> {
    let parsed = parse(source)?;
    // A symbolic bound stays as it is: the equations are those that were written.
    if let Some(depth) = symbolic_depth(&parsed) {
        let elaborated = derive_elaborate::elaborate_at(&parsed, &depth, 3);
        return match elaborated.network {
            Some(_) => Ok(format_spec(&parsed)),
            None => Err(Failure::Spec(elaborated.diagnostics)),
        };
    }
    let elaborated = elaborate(&parsed);
    match elaborated.network {
        Some(_) => Ok(format_spec(&elaborated.equations)),
        None => Err(Failure::Spec(elaborated.diagnostics)),
    }
}

/// The spec as it is, in canonical spelling, with its comments.
///
/// # Errors
/// [`Failure::Spec`] with every error of the syntax; what the spec means is not looked at.
pub fn formatted(source: &[u8]) -> Result<String, Failure> {
    let parsed = parse(source)?;
    Ok(format_source(&String::from_utf8_lossy(source), &parsed))
}

fn parse(source: &[u8]) -> Result<ast::Spec, Failure> {
    let parsed = derive_syntax::parse(source);
    let failed = parsed
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    if failed {
        Err(Failure::Spec(parsed.diagnostics))
    } else {
        Ok(parsed.spec)
    }
}

/// The elaborated network of a spec, with its warnings; one of symbolic depth with so many layers as its derivation uses.
///
/// # Errors
/// [`Failure::Spec`] with every error of the spec.
pub fn read(source: &[u8]) -> Result<(Network, Vec<Diagnostic>), Failure> {
    let (network, _, diagnostics) = read_whole(&parse(source)?)?;
    Ok((network, diagnostics))
}

/// The network, the spec in equation form, and the warnings.
fn read_whole(parsed: &ast::Spec) -> Result<(Network, ast::Spec, Vec<Diagnostic>), Failure> {
    let elaborated = match symbolic_depth(parsed) {
        Some(depth) => derive_elaborate::elaborate_at(parsed, &depth, crate::depth::LAYERS),
        None => elaborate(parsed),
    };
    match elaborated.network {
        Some(network) => Ok((network, elaborated.equations, elaborated.diagnostics)),
        None => Err(Failure::Spec(elaborated.diagnostics)),
    }
}

/// The computation graph of a spec.
///
/// # Errors
/// [`Failure::Spec`] with every error of the spec; as [`run`] where layers of a symbolic depth do not all have one form.
pub fn graph(source: &[u8], drawing: Drawing) -> Result<String, Failure> {
    let parsed = parse(source)?;
    // The layers of a symbolic depth have one box for all of them, as on the page.
    if let Some(depth) = symbolic_depth(&parsed) {
        let unchecked = Config {
            check: None,
            ..Config::default()
        };
        let told = run_symbolic(&parsed, &depth, &unchecked)?.derivation;
        let (forward, loss) = (&told.forward, &told.loss);
        return Ok(derive_print::render_graph(
            &told.network,
            forward,
            loss,
            drawing,
        ));
    }
    let (network, _, _) = read_whole(&parsed)?;
    let (forward, loss) = Backward::new(&network).forward();
    Ok(derive_print::render_graph(
        &network, &forward, &loss, drawing,
    ))
}

fn asked(network: &Network, names: &[String], option: &str) -> Result<Vec<Name>, Failure> {
    let find = |text: &String| {
        let name = Name::new(text);
        let known: Vec<&str> = network
            .symbols
            .iter()
            .map(|symbol| symbol.name.as_str())
            .collect();
        network.symbol(&name).map(|_| name).ok_or_else(|| {
            let close = derive_syntax::similar::closest(text, known)
                .map(|close| format!("; did you mean `{close}`?"));
            let message = format!(
                "`{option}` names `{text}`, which the spec does not define{}",
                close.unwrap_or_default()
            );
            Failure::Spec(vec![Diagnostic::error(
                "E0201",
                message,
                ast::Span::default(),
                "",
            )])
        })
    };
    names.iter().map(find).collect()
}

/// Whether a claim says something of expressions alone, whatever the loss is.
fn is_identity(network: &Network, claim: &Claim) -> bool {
    let free = |node: NodeId| {
        let names = network.graph.mentioned(node);
        names.iter().all(|name| name.of_cotangent().is_none())
    };
    match (&claim.subject, &claim.value) {
        (ClaimSubject::Expression(left), Ok(right)) => free(*left) && free(*right),
        (ClaimSubject::Expression(left), Err(_)) => free(*left),
        (ClaimSubject::Gradient(_), _) => false,
    }
}

/// The spec with those of its claims that are kept, in order.
fn with_kept_claims(mut equations: ast::Spec, kept: &[bool]) -> ast::Spec {
    let mut kept = kept.iter();
    equations
        .statements
        .retain(|statement| match statement.kind {
            ast::StatementKind::Claim(_) => kept.next().copied().unwrap_or(true),
            _ => true,
        });
    equations
}

/// The network with an intermediate in the place of the loss, differentiated by what it depends on.
fn network_of(network: Network, name: &Name, wrt_given: bool) -> Result<Network, Failure> {
    let definition = network.symbol(name).and_then(|symbol| symbol.definition);
    let Some(definition) = definition else {
        let message =
            format!("`--jacobian` names `{name}`, which is no intermediate: nothing defines it");
        return Err(Failure::Spec(vec![Diagnostic::error(
            "E0208",
            message,
            ast::Span::default(),
            "",
        )]));
    };
    let (identities, others): (Vec<Claim>, Vec<Claim>) = network
        .claims
        .iter()
        .cloned()
        .partition(|claim| is_identity(&network, claim));
    let mut network = with_loss(network, name, definition);
    network.claims = identities;
    if !others.is_empty() {
        let texts: Vec<String> = others.iter().map(|it| format!("`{}`", it.text)).collect();
        network.notes.push(format!(
            "Not judged here, because gradients of the loss are in it and the loss is not differentiated: {}; leave out `--jacobian` for that",
            texts.join(", ")
        ));
    }
    if !wrt_given {
        let users = Users::of(&network);
        network.wrt.retain(|wanted| users.reaches_loss(wanted));
    }
    Ok(network)
}

/// The network with the intermediate `name` in the place of the loss, and nothing that speaks of the loss.
pub(crate) fn with_loss(mut network: Network, name: &Name, definition: NodeId) -> Network {
    network.loss = Loss {
        name: name.clone(),
        node: definition,
    };
    network.claims.clear();
    network.notes.clear();
    network.update = None;
    network
}

/// The derivation of a network, not yet checked, and the solver with every form that was solved.
///
/// # Errors
/// A function without a row in the derivative table.
pub fn derive(network: Network) -> Result<(Derivation, Solver), Failure> {
    derive_with(network, Pass::Plain, Solver::default())
}

/// What a backward pass is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pass {
    /// The derivatives of a loss or of an intermediate.
    Plain,
    /// The same of a symbolic depth: a cotangent is put in within a layer only.
    WithinLayers,
    /// Derivatives that are differentiated once more.
    BeforeAnother,
}

/// As [`derive`], for one of several purposes.
///
/// # Errors
/// As [`derive`].
pub(crate) fn derive_with(
    network: Network,
    pass: Pass,
    solver: Solver,
) -> Result<(Derivation, Solver), Failure> {
    let backward = Backward::new(&network).knowing(solver);
    let backward = match pass {
        Pass::Plain => backward,
        Pass::WithinLayers => backward.within_layers(),
        Pass::BeforeAnother => backward.before_another(),
    };
    let (forward, loss) = backward.forward();
    let (statements, solver) = backward.run()?;
    let functions = function_facts(&network, &statements)?;
    let kinks = kinks(&network);
    let notes = network.notes.clone();
    let derivation = Derivation {
        forward,
        loss,
        functions,
        kinks,
        statements,
        notes,
        verdict: None,
        claims: Vec::new(),
        spellings: Vec::new(),
        savings: None,
        network,
    };
    Ok((derivation, solver))
}
