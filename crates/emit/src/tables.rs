//! What the program says of its arguments: shapes, promises, and where sizes are read off.

use crate::asked::Question;
use crate::language::Language;
use crate::names::{Meaning, ascii};
use crate::program::Program;
use crate::translate::Unsupported;
use derive_graph::{Attribute, Dim, Name, Network, Role, Symbol};

/// What is declared: everything that has no definition.
pub(crate) fn declared(network: &Network) -> impl Iterator<Item = &Symbol> {
    let update: Vec<&Name> = network
        .update
        .iter()
        .flat_map(|update| &update.scalars)
        .collect();
    network.symbols.iter().filter(move |symbol| {
        symbol.definition.is_none()
            && !(symbol.role == Role::Const && update.contains(&&symbol.name))
    })
}

/// The declared shapes, and what is promised of the entries.
pub(crate) fn tables(network: &Network, question: Question) -> String {
    let entries = declared(network).map(|symbol| (ascii(&symbol.name), symbol, false));
    let gradients: Vec<String> = network.wrt.iter().map(ascii).collect();
    multiples(network) + &tables_of(&entries.collect::<Vec<_>>(), &gradients, question)
}

/// A line for every size that is a multiple of a number.
pub(crate) fn multiples(network: &Network) -> String {
    let lines = network.multiples();
    let lines = lines.map(|(name, by)| format!("# {name} is a multiple of {by}.\n"));
    lines.collect()
}

/// The same of given arguments, each with its name and whether it is a list of such arrays.
pub(crate) fn tables_of(
    entries: &[(String, &Symbol, bool)],
    gradients: &[String],
    question: Question,
) -> String {
    let mut text = "# The shape of every argument. A size is a number, or a name that stands for one size throughout.\n".to_owned();
    if entries.iter().any(|(_, _, is_list)| *is_list) {
        text.push_str("# In brackets: a list with an array for every layer.\n");
    }
    text.push_str("SHAPES = {\n");
    for (key, symbol, is_list) in entries {
        let size = |dim: &Dim| match dim {
            Dim::Size(size) => size.to_string(),
            _ => format!("\"{}\"", crate::places::size_text(dim)),
        };
        let sizes: Vec<String> = symbol.shape.0.iter().map(size).collect();
        let shape = tuple(&sizes);
        let shape = if *is_list {
            format!("[{shape}]")
        } else {
            shape
        };
        text.push_str(&format!("    \"{key}\": {shape},\n"));
    }
    text.push_str("}\n");
    text.push_str(&format!("# {}\n", question.differentiated()));
    let names = gradients.iter().map(|name| format!("\"{name}\""));
    text.push_str(&format!(
        "GRADIENTS = {}\n",
        tuple(&names.collect::<Vec<_>>())
    ));
    let promised = entries.iter();
    let promised: Vec<_> = promised
        .filter(|(_, symbol, _)| !symbol.attributes.is_empty())
        .collect();
    if !promised.is_empty() {
        text.push_str(
            "# What is promised of their entries, and along which axis.\nATTRIBUTES = {\n",
        );
        for (key, symbol, _) in promised {
            let words: Vec<String> = symbol.attributes.iter().map(attribute).collect();
            text.push_str(&format!("    \"{key}\": [{}],\n", words.join(", ")));
        }
        text.push_str("}\n");
    }
    text
}

/// `(a, b)`, and `(a,)` for one.
pub(crate) fn tuple(items: &[String]) -> String {
    match items {
        [one] => format!("({one},)"),
        several => format!("({})", several.join(", ")),
    }
}

fn attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::OneHot { axis } => format!("(\"onehot\", {axis})"),
        Attribute::Simplex { axis } => format!("(\"simplex\", {axis})"),
        Attribute::Symmetric => "(\"symmetric\", None)".to_owned(),
        Attribute::Positive => "(\"positive\", None)".to_owned(),
    }
}

/// A size that is used.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// Its variable.
    pub(crate) variable: String,
    /// Its value.
    pub(crate) value: String,
    /// The argument that it is read off, if it is.
    pub(crate) from: Option<Name>,
}

/// Where the sizes that are used come from: an axis of an argument, or their declaration.
///
/// # Errors
/// A dimension that is neither.
pub(crate) fn sizes(
    network: &Network,
    program: &mut Program,
    language: &Language,
) -> Result<Vec<Size>, Unsupported> {
    let wanted: Vec<Name> = program.sizes.iter().cloned().collect();
    let mut sizes = Vec::with_capacity(wanted.len());
    for name in wanted {
        let dim = Dim::Named(name.clone());
        let axis = declared(network).find_map(|symbol| {
            let axis = symbol.shape.0.iter().position(|own| *own == dim)?;
            Some((symbol.name.clone(), axis))
        });
        let (value, from) = match (axis, network.size(&dim)) {
            (Some((array, axis)), _) => {
                let variable = program.names.of(Meaning::Value(array.clone()));
                (language.size_of(&variable, axis), Some(array))
            }
            (None, Some(size)) => (size.to_string(), None),
            (None, None) => {
                let what = format!("the dimension `{name}`, which no argument has as an axis");
                return Err(Unsupported::new(what));
            }
        };
        let variable = program.names.of(Meaning::Dimension(name));
        sizes.push(Size {
            variable,
            value,
            from,
        });
    }
    Ok(sizes)
}
