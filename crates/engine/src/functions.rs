//! The functions that occur with a prime, and the conventions at kinks.

use derive_calculus::derivative_table::derivative_row;
use derive_calculus::{Differential, MissingDerivative, differentiate};
use derive_graph::{Function, Name, Network, Operation, Shape};
use derive_index::derivation::{FunctionFact, Statement};
use derive_index::lower::{lower_entry, parameter_name};
use derive_index::substitute::replace_tensor;
use derive_index::{Fresh, Head, Term, build};

/// Every function that a statement writes with a prime, in order of name.
///
/// # Errors
/// A function of the user's whose body has no derivative.
pub fn function_facts(
    network: &Network,
    statements: &[Statement],
) -> Result<Vec<FunctionFact>, MissingDerivative> {
    let mut primed: Vec<Function> = Vec::new();
    for statement in statements {
        collect_primed(&statement.start, &mut primed);
        collect_primed(&statement.result, &mut primed);
    }
    primed.sort();
    primed.dedup();
    primed
        .iter()
        .map(|function| function_fact(network, function))
        .collect()
}

fn collect_primed(term: &Term, primed: &mut Vec<Function>) {
    if let Head::Apply(function) = term.head()
        && function.primes > 0
    {
        primed.push(Function {
            name: function.name.clone(),
            primes: 0,
        });
    }
    term.children()
        .iter()
        .for_each(|child| collect_primed(child, primed));
}

fn function_fact(
    network: &Network,
    function: &Function,
) -> Result<FunctionFact, MissingDerivative> {
    let argument = build::tensor(&Name::new(FunctionFact::ARGUMENT), &Shape::scalar());
    if let Some(row) = derivative_row(function.name.as_str(), 0) {
        let value = build::apply(function.clone(), vec![argument.clone()]);
        let extra = function.row().map_or(0, |row| row.arity.saturating_sub(1));
        let arguments = (0..=extra).map(|at| match at {
            0 => argument.clone(),
            _ => build::tensor(&parameter_name(at), &Shape::scalar()),
        });
        let derivative = (row.derivative)(&arguments.collect::<Vec<_>>(), &value);
        return Ok(FunctionFact {
            function: function.clone(),
            value: None,
            derivative: Some(derivative),
        });
    }
    let definition = network
        .functions
        .iter()
        .find(|definition| definition.name == function.name);
    let Some(body) = definition.and_then(|definition| definition.body) else {
        return Ok(FunctionFact {
            function: function.clone(),
            value: None,
            derivative: None,
        });
    };
    let lowered = lower_entry(&network.graph, body, &[], &mut Fresh::default());
    let value = replace_tensor(&lowered, &parameter_name(0), &argument);
    let name = Name::new(FunctionFact::ARGUMENT);
    let by = Differential {
        variable: &name,
        indices: &[],
        named: None,
    };
    let derivative =
        differentiate(&value, &by, &mut Fresh::default())?.unwrap_or_else(|| build::integer(0));
    Ok(FunctionFact {
        function: function.clone(),
        value: Some(value),
        derivative: Some(derivative),
    })
}

/// The conventions at points without a derivative, for the functions of the graph, in the table's order.
pub fn kinks(network: &Network) -> Vec<&'static str> {
    let used = |name: &str| {
        (0..network.graph.len()).any(|id| {
            match &network.graph.node(derive_graph::NodeId(id)).operation {
                Operation::Elementwise(function) => function.name.as_str() == name,
                _ => false,
            }
        })
    };
    let rows = derive_graph::function_table::FUNCTIONS
        .iter()
        .filter(|row| row.kink.is_some() && used(row.name));
    let extremum = (0..network.graph.len()).any(|id| {
        let node = network.graph.node(derive_graph::NodeId(id));
        matches!(node.operation, Operation::Extremum { .. })
    });
    let tie = extremum.then_some("equal largest (or least) entries share the cotangent equally");
    rows.filter_map(|row| row.kink).chain(tie).collect()
}
