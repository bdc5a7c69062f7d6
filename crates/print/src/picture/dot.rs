//! The graph as input for Graphviz.

use super::{Kind, Picture};

/// The graph in the language DOT: solid edges forward, dashed ones backward.
pub fn render_dot(picture: &Picture) -> String {
    let mut out =
        String::from("digraph derivation {\n  rankdir=TB;\n  node [fontname=\"serif\"];\n");
    for (at, node) in picture.nodes.iter().enumerate() {
        let lines = std::iter::once(&node.title)
            .chain(&node.formula)
            .chain(&node.derivative);
        let label: Vec<String> = lines.map(|line| escaped(line)).collect();
        let shape = match node.kind {
            Kind::Given => "box, style=dashed",
            Kind::Asked => "box, style=bold",
            Kind::Computed => "box",
            Kind::Loss => "box, style=rounded",
        };
        let label = label.join("\\n");
        out.push_str(&format!("  n{at} [label=\"{label}\", shape={shape}];\n"));
    }
    for &(from, to) in &picture.edges {
        out.push_str(&format!("  n{from} -> n{to};\n"));
        if picture.flows_back((from, to)) {
            let style = "style=dashed, color=\"#1f5f8b\", constraint=false";
            out.push_str(&format!("  n{to} -> n{from} [{style}];\n"));
        }
    }
    out.push_str("}\n");
    out
}

fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('"', "\\\"")
}
