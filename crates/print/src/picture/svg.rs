//! The graph as a picture that needs nothing else: boxes with text, solid arrows forward, dashed arrows backward.

use super::layout::{LINE, Layout, Place, layout};
use super::{Kind, Node, Picture};
use crate::mathml::escape;

/// How far the two arrows of an edge stand apart.
const APART: f64 = 5.0;

const STYLE: &str = ".graph{--b:#fffdf9;--i:#1c1b19;--s:#5e5a52;--l:#a59d8d;--t:#e9f1f6;--a:#1f5f8b}\
@media (prefers-color-scheme:dark){.graph{--b:#16181b;--i:#e6e3dc;--s:#a49f94;--l:#6b7078;--t:#1d2a33;--a:#7fb8e0}}\
@media print{.graph{--b:#fff;--i:#000;--s:#333;--l:#777;--t:#fff;--a:#000}}\
.graph{max-width:100%;height:auto}\
.graph text{font:15px Charter,Cambria,Georgia,\"DejaVu Serif\",serif;fill:var(--i);text-anchor:middle;white-space:pre}\
.graph .t{font-weight:600}.graph .d{fill:var(--a)}.graph .n{fill:var(--s);text-anchor:start;font-size:13px}\
.graph rect{fill:var(--b);stroke:var(--l);stroke-width:1.2}.graph .given rect{stroke-dasharray:4 3}\
.graph .asked rect{fill:var(--t);stroke:var(--a)}.graph .loss rect{stroke:var(--i);stroke-width:1.8}\
.graph path{fill:none;stroke:var(--s);stroke-width:1.3}.graph .back{stroke:var(--a);stroke-dasharray:5 4}\
.graph marker path{stroke:none;fill:var(--s)}.graph #graph-back path{fill:var(--a)}";

/// What the arrows mean, below the picture.
const LEGEND: [&str; 2] = [
    "solid: what is computed from what",
    "dashed: how derivatives flow back",
];
/// What the legend takes at least in width, and in height.
const LEGEND_SIZE: (f64, f64) = (250.0, 44.0);

/// Narrower than this the graph is not drawn within a page, as far as it is that wide at all.
const READABLE: f64 = 640.0;

/// The graph as SVG: a file of its own, or a part of a page.
pub fn render_svg(picture: &Picture, within_page: bool) -> String {
    let places = layout(picture);
    let width = places.width.max(LEGEND_SIZE.0);
    let height = places.height + LEGEND_SIZE.1;
    let shift = (width - places.width) / 2.0;
    let own = if within_page {
        format!("style=\"min-width:{}px\"", width.min(READABLE))
    } else {
        "xmlns=\"http://www.w3.org/2000/svg\"".to_owned()
    };
    let mut out = format!(
        "<svg {own} class=\"graph\" role=\"img\" \
         aria-labelledby=\"graph-title graph-text\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n"
    );
    out.push_str("<title id=\"graph-title\">The computation graph</title>\n");
    out.push_str(&format!(
        "<desc id=\"graph-text\">{}</desc>\n",
        escape(&told(picture))
    ));
    out.push_str(&format!("<style>{STYLE}</style>\n<defs>\n"));
    for name in ["graph-on", "graph-back"] {
        out.push_str(&format!(
            "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\n"
        ));
    }
    out.push_str(&format!(
        "</defs>\n<g transform=\"translate({shift} 0)\">\n"
    ));
    edges(&mut out, picture, &places);
    for (node, place) in picture.nodes.iter().zip(&places.nodes) {
        draw(&mut out, node, place);
    }
    out.push_str("</g>\n");
    for (line, base) in LEGEND.iter().zip([height - 26.0, height - 8.0]) {
        out.push_str(&format!(
            "<text class=\"n\" x=\"12\" y=\"{base}\">{line}</text>\n"
        ));
    }
    out.push_str("</svg>\n");
    out
}

/// The graph in words, for those who do not see it.
fn told(picture: &Picture) -> String {
    let sentence = |(at, node): (usize, &Node)| {
        let from = picture.edges.iter().filter(|(_, to)| *to == at);
        let from: Vec<&str> = from
            .map(|(from, _)| picture.nodes[*from].title.as_str())
            .collect();
        let from = if from.is_empty() {
            "given".to_owned()
        } else {
            format!("computed from {}", from.join(", "))
        };
        let derivative = node.derivative.as_ref();
        let derivative = derivative.map_or_else(String::new, |it| format!("; derivative {it}"));
        format!("{}: {from}{derivative}.", node.title)
    };
    let all = picture.nodes.iter().enumerate().map(sentence);
    all.collect::<Vec<_>>().join(" ")
}

fn edges(out: &mut String, picture: &Picture, places: &Layout) {
    for (edge, points) in picture.edges.iter().zip(&places.edges) {
        let back = picture.flows_back(*edge);
        let apart = if back { APART } else { 0.0 };
        let path = curve(points.iter().map(|(x, y)| (x - apart, *y)));
        out.push_str(&format!(
            "<path d=\"{path}\" marker-end=\"url(#graph-on)\"/>\n"
        ));
        if back {
            let path = curve(points.iter().rev().map(|(x, y)| (x + apart, *y)));
            out.push_str(&format!(
                "<path class=\"back\" d=\"{path}\" marker-end=\"url(#graph-back)\"/>\n"
            ));
        }
    }
}

/// A curve that leaves and enters every point upright.
fn curve(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    let mut last: Option<(f64, f64)> = None;
    for (x, y) in points {
        path.push_str(&match last {
            None => format!("M{x} {y}"),
            Some((before, _)) if before == x => format!("L{x} {y}"),
            Some((before, above)) => {
                let middle = ((above + y) / 2.0).round();
                format!("C{before} {middle} {x} {middle} {x} {y}")
            }
        });
        last = Some((x, y));
    }
    path
}

fn draw(out: &mut String, node: &Node, place: &Place) {
    let class = match node.kind {
        Kind::Given => "given",
        Kind::Asked => "asked",
        Kind::Computed => "computed",
        Kind::Loss => "loss",
    };
    let Place {
        x,
        y,
        width,
        height,
    } = place;
    let left = x - width / 2.0;
    out.push_str(&format!(
        "<g class=\"{class}\"><rect x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
    ));
    let formula = node.formula.iter().map(|line| (" class=\"f\"", line));
    let derivative = node.derivative.iter().map(|line| (" class=\"d\"", line));
    let lines = std::iter::once((" class=\"t\"", &node.title));
    let mut base = y + LINE;
    for (class, line) in lines.chain(formula).chain(derivative) {
        out.push_str(&format!(
            "<text{class} x=\"{x}\" y=\"{base}\">{}</text>\n",
            escape(line.trim())
        ));
        base += LINE;
    }
    out.push_str("</g>\n");
}
