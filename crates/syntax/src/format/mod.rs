//! A syntax tree in, its canonical spec text out.
//!
//! Brackets stand only where the table in [`crate::operators`] makes them necessary, blanks around infix operators
//! (but `W{l-1}` is tight), transposes are `.T`. Reading the text back gives the same tree but for its spans, and
//! writing that again gives the same text. Comments and empty lines are not in the tree; [`format_source`] takes them from the source. Nothing
//! here can fail: a tree that no text reads as, such as a negative literal, is printed as the expression it equals.

mod expression;
mod source;

use std::fmt::Write as _;

pub use expression::format_expr;
use expression::{format_call, format_name, format_names};
pub use source::format_source;

use crate::ast::{
    Declaration, Definition, DimDeclaration, For, FunctionDeclaration, Layer, Loss, Name, Role,
    ShapeDim, Spec, Statement, StatementKind,
};
use crate::parser::{attribute_spelling, convention_spelling};

/// How far each block is moved in.
const INDENT: &str = "  ";

/// A whole spec, a statement to a line.
pub fn format_spec(spec: &Spec) -> String {
    let mut text = String::new();
    for statement in &spec.statements {
        text.push_str(&format_statement(statement));
        text.push('\n');
    }
    text
}

/// One statement, without the line end after it. Those with a block go over several lines.
pub fn format_statement(statement: &Statement) -> String {
    match &statement.kind {
        StatementKind::Network(name) => format!("network {}", format_name(name)),
        StatementKind::Dims(dims) => format!("dims {}", join(dims, format_dim)),
        StatementKind::Declare(role, all) => {
            format!("{} {}", role_keyword(*role), join(all, format_declaration))
        }
        StatementKind::Function(function) => format_function(function),
        StatementKind::Convention(convention) => {
            format!("convention {}", convention_spelling(*convention))
        }
        StatementKind::Layer(layer) => format_layer(layer),
        StatementKind::Define(definition) => format_definition(definition),
        StatementKind::Loss(loss) => format_loss(loss),
        StatementKind::Wrt(names) => format!("wrt {}", format_names(names)),
        StatementKind::Update(call) => format!("update {}", format_call(call, true)),
        StatementKind::Regularize(call, names) => {
            format!(
                "regularize {} on {}",
                format_call(call, true),
                format_names(names)
            )
        }
        StatementKind::Claim(claim) => format!(
            "claim {} = {}",
            format_expr(&claim.left),
            format_expr(&claim.right)
        ),
        StatementKind::For(repeat) => format_for(repeat),
    }
}

/// The items with commas between them.
fn join<T>(items: &[T], format: impl Fn(&T) -> String) -> String {
    items.iter().map(format).collect::<Vec<_>>().join(", ")
}

fn format_dim(dim: &DimDeclaration) -> String {
    match dim.size {
        Some((size, _)) => format!("{} = {size}", format_name(&dim.name)),
        None => format_name(&dim.name),
    }
}

fn role_keyword(role: Role) -> &'static str {
    match role {
        Role::Input => "input",
        Role::Param => "param",
        Role::Target => "target",
        Role::Const => "const",
    }
}

fn format_declaration(declaration: &Declaration) -> String {
    let mut text = format!(
        "{}: {}",
        format_name(&declaration.name),
        format_shape(&declaration.shape)
    );
    for (attribute, _) in &declaration.attributes {
        text.push(' ');
        text.push_str(attribute_spelling(*attribute));
    }
    text + &format_latex(declaration.latex.as_deref())
}

fn format_shape(shape: &[ShapeDim]) -> String {
    if shape.is_empty() {
        return "scalar".to_owned();
    }
    let dim = |dim: &ShapeDim| match dim {
        ShapeDim::Named(name) => format_name(name),
        ShapeDim::Size(size, _) => size.to_string(),
        ShapeDim::Formula(formula) => format_expr(formula),
    };
    format!("[{}]", join(shape, dim))
}

fn format_latex(latex: Option<&str>) -> String {
    latex.map_or_else(String::new, |latex| format!(" as \"{latex}\""))
}

fn format_function(function: &FunctionDeclaration) -> String {
    let mut text = format!("function {}", format_name(&function.name));
    if let Some(body) = &function.body {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "({}) = {}",
            join(&function.parameters, format_name),
            format_expr(body)
        );
    }
    text
}

fn format_definition(definition: &Definition) -> String {
    let mut text = format_name(&definition.name);
    if let Some(indices) = &definition.indices {
        let _ = write!(text, "[{}]", format_names(indices));
    }
    let latex = format_latex(definition.latex.as_deref());
    format!("{text} = {}{latex}", format_expr(&definition.body))
}

fn format_loss(loss: &Loss) -> String {
    let body = format_expr(&loss.body);
    match &loss.name {
        Some(name) => format!("loss {} = {body}", format_name(name)),
        None => format!("loss {body}"),
    }
}

fn format_layer(layer: &Layer) -> String {
    let mut text = "layer ".to_owned();
    if let Some(name) = &layer.name {
        let _ = write!(text, "{}: ", format_name(name));
    }
    text.push_str(&format_call(&layer.operation, true));
    if let Some(body) = &layer.body {
        text.push_str(&format_block(body));
    }
    if let Some(activation) = &layer.activation {
        let _ = write!(text, " -> {}", format_call(activation, true));
    }
    text
}

fn format_for(repeat: &For) -> String {
    let Name { text: variable, .. } = &repeat.variable;
    let range = [&repeat.first, &repeat.last].map(expression::format_range_end);
    format!(
        "for {variable} in {}..{}{}",
        range[0],
        range[1],
        format_block(&repeat.body)
    )
}

/// ` { … }` with each statement on a line of its own, moved in.
fn format_block(body: &[Statement]) -> String {
    let mut text = " {\n".to_owned();
    for line in body
        .iter()
        .map(format_statement)
        .collect::<Vec<_>>()
        .join("\n")
        .lines()
    {
        let _ = writeln!(text, "{INDENT}{line}");
    }
    text + "}"
}
