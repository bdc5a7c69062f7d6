//! Layers whose equations are written as text of the language: normalisation, convolution, pooling, embedding, attention and the
//! recurrent cells. A row gives the declarations and definitions with their names filled in; from there on they are elaborated
//! like any others.
//!
//! Sources: batch normalisation, Ioffe and Szegedy 2015, algorithm 1; layer normalisation, Ba, Kiros and Hinton 2016, eq. 3; attention,
//! Vaswani et al. 2017, eq. 1; LSTM, Gers et al. 2000 in the form of Greff et al. 2017 without peepholes; GRU, Cho et al. 2014.

use crate::context::{Elaborator, Outcome};
use crate::layers::{Naming, Place, written};
use crate::reductions::whole;
use crate::unroll::unroll;
use derive_graph::{Convention, Dim, Polynomial};
use derive_syntax::ast::{
    Argument, Call, Expr, ExprKind, Layer, ShapeDim, Span, StatementKind, SubscriptItem,
};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use derive_syntax::parse_str;
use std::fmt::Write as _;

/// The longest sequence that a recurrent layer is written out for.
const MAX_STEPS: u64 = 2_000;
/// The most heads of an attention layer.
const MAX_HEADS: i64 = 64;

/// What a layer comes to: declarations and definitions, and the expression of its output.
pub(crate) struct Equations {
    lines: String,
    output: String,
}

/// Writes a layer down; the names of its arrays come from the naming.
type Write = fn(&mut Elaborator<'_>, &Layer, &Place, &Naming) -> Outcome<Equations>;

/// The layers that are written as text. Each takes a number.
pub(crate) const WRITTEN: &[(&str, Write)] = &[
    ("batchnorm", |it, layer, place, naming| {
        it.write_batchnorm(layer, place, naming)
    }),
    ("layernorm", |it, layer, place, naming| {
        it.write_layernorm(layer, place, naming)
    }),
    ("embedding", |it, layer, place, naming| {
        it.write_embedding(layer, place, naming)
    }),
    ("attention", |it, layer, place, naming| {
        it.write_attention(layer, place, naming)
    }),
    ("conv1d", |it, layer, place, naming| {
        it.write_convolution(layer, place, naming, 1)
    }),
    ("conv2d", |it, layer, place, naming| {
        it.write_convolution(layer, place, naming, 2)
    }),
    ("maxpool1d", |it, layer, place, _| {
        it.write_pool(layer, place)
    }),
    ("maxpool2d", |it, layer, place, _| {
        it.write_pool(layer, place)
    }),
    ("avgpool1d", |it, layer, place, _| {
        it.write_pool(layer, place)
    }),
    ("avgpool2d", |it, layer, place, _| {
        it.write_pool(layer, place)
    }),
    ("rnn", |it, layer, place, naming| {
        it.write_recurrence(layer, place, naming, "rnn")
    }),
    ("lstm", |it, layer, place, naming| {
        it.write_recurrence(layer, place, naming, "lstm")
    }),
    ("gru", |it, layer, place, naming| {
        it.write_recurrence(layer, place, naming, "gru")
    }),
];

impl Elaborator<'_> {
    /// Elaborates a layer of the table.
    pub(crate) fn expand_written(
        &mut self,
        layer: &Layer,
        place: &Place,
        write: Write,
    ) -> Outcome<()> {
        self.layers.count += 1;
        let naming = self.naming(layer);
        if let Some(activation) = &layer.activation {
            self.check_activation(activation)?;
        }
        let equations = write(self, layer, place, &naming)?;
        self.elaborate_text(&equations.lines, &naming, place.span)?;
        let mut output = self.parsed(&equations.output, place.span)?;
        if let Some(activation) = &layer.activation {
            let z = naming.name("Z");
            self.made_definition(&z, output, place.span)?;
            self.sign("Z", &naming);
            output = self.activated(activation, &z, place.span);
        }
        self.made_output("A", &naming, output, place)
    }

    /// Elaborates lines of the language as if the layer had written them.
    fn elaborate_text(&mut self, lines: &str, naming: &Naming, span: Span) -> Outcome<()> {
        let parsed = parse_str(lines);
        let (spec, problems) = unroll(&parsed.spec);
        if let Some(problem) = parsed.diagnostics.into_iter().chain(problems).next() {
            return self.fail(Diagnostic::error(
                problem.code,
                problem.message,
                span,
                "in the equations of this layer",
            ));
        }
        for statement in spec.statements {
            let mut kind = statement.kind;
            let name = respan_statement(&mut kind, span);
            self.elaborate_made(kind, span)?;
            let Some(name) = name else { continue };
            let whole = name
                .split_once('{')
                .map_or(name.as_str(), |(whole, _)| whole);
            if let Some(stem) = whole.strip_suffix(&naming.suffix) {
                self.sign(stem, naming);
            }
        }
        Ok(())
    }

    fn parsed(&mut self, text: &str, span: Span) -> Outcome<Expr> {
        // Read as a definition, so that members of families become names.
        let (spec, _) = unroll(&parse_str(&format!("output = {text}")).spec);
        match spec
            .statements
            .into_iter()
            .next()
            .map(|statement| statement.kind)
        {
            Some(StatementKind::Define(mut definition)) => {
                respan(&mut definition.body, span);
                Ok(definition.body)
            }
            _ => self.fail(Diagnostic::error(
                "E0407",
                "the equations of this layer cannot be written",
                span,
                "here",
            )),
        }
    }

    /// The feature axis of the input: its place and how a dimension is written. Samples are the other axis.
    fn features(
        &mut self,
        layer: &Layer,
        place: &Place,
        ranks: std::ops::RangeInclusive<usize>,
    ) -> Outcome<(usize, Dim)> {
        let rank = place.shape.rank();
        if !ranks.contains(&rank) {
            let name = &layer.operation.function.text;
            let message = format!(
                "`{name}` cannot work on `{}`, which has shape {}",
                place.input, place.shape
            );
            return self.fail(Diagnostic::error(
                "E0407",
                message,
                place.span,
                "this layer",
            ));
        }
        let axis = self.class_axis(&place.shape);
        Ok((axis, place.shape.0[axis].clone()))
    }

    /// The scalar `eps`, declared once for all layers.
    fn epsilon(&self) -> &'static str {
        let known = self.scope.symbols.contains_key("eps");
        if known { "" } else { "input eps: scalar\n" }
    }

    fn write_batchnorm(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
    ) -> Outcome<Equations> {
        self.arguments(&layer.operation, 0..=0, &[])?;
        let (axis, dim) = self.features(layer, place, 2..=2)?;
        let (samples, keep, shape) = match axis {
            1 => (0, "", format!("[{dim}]")),
            _ => (1, ", keepdims=true", format!("[{dim}, 1]")),
        };
        Ok(self.write_normalisation(place, naming, &format!("axis={samples}{keep}"), &shape))
    }

    fn write_layernorm(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
    ) -> Outcome<Equations> {
        self.arguments(&layer.operation, 0..=0, &[])?;
        let (axis, dim) = self.features(layer, place, 1..=4)?;
        let column = axis == 0 && place.shape.rank() == 2;
        let shape = if column {
            format!("[{dim}, 1]")
        } else {
            format!("[{dim}]")
        };
        let along = match place.shape.rank() {
            1 => "axis=0".to_owned(),
            _ => format!("axis={axis}, keepdims=true"),
        };
        Ok(self.write_normalisation(place, naming, &along, &shape))
    }

    fn write_normalisation(
        &self,
        place: &Place,
        naming: &Naming,
        along: &str,
        shape: &str,
    ) -> Equations {
        let s = &naming.suffix;
        let x = &place.input;
        let lines = format!(
            "{eps}param gamma{s}: {shape}\nparam beta{s}: {shape}\nmu{s} = mean({x}, {along})\n\
             var{s} = mean(({x} - mu{s})^2, {along})\nxhat{s} = ({x} - mu{s}) / sqrt(var{s} + eps)\n",
            eps = self.epsilon()
        );
        Equations {
            lines,
            output: format!("gamma{s} * xhat{s} + beta{s}"),
        }
    }

    fn write_embedding(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(&layer.operation, 2..=2, &[])?;
        let vocabulary = self.units(arguments.positional[0])?;
        let units = self.units(arguments.positional[1])?;
        let (_, dim) = self.features(layer, place, 1..=2)?;
        if dim_text(&vocabulary) != dim.to_string() {
            let message = format!(
                "the vocabulary has {} words, but `{}` has shape {}",
                dim_text(&vocabulary),
                place.input,
                place.shape
            );
            let problem = Diagnostic::error(
                "E0407",
                message,
                arguments.positional[0].span,
                "not the features of the input",
            );
            return self
                .fail(problem.help("an embedding reads one-hot rows, `input X: [N, v] onehot`"));
        }
        let s = &naming.suffix;
        let lines = format!(
            "param E{s}: [{}, {}]\n",
            dim_text(&vocabulary),
            dim_text(&units)
        );
        let columns = self.network.convention == Convention::Columns;
        let output = match columns {
            false => format!("{} @ E{s}", place.input),
            true => format!("E{s}.T @ {}", place.input),
        };
        Ok(Equations { lines, output })
    }

    fn write_attention(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(&layer.operation, 0..=0, &["heads", "mask"])?;
        let heads = match arguments.named("heads") {
            None => 1,
            Some(heads) => match whole(heads).filter(|heads| (1..=MAX_HEADS).contains(heads)) {
                Some(heads) => heads,
                None => {
                    let message =
                        format!("the number of heads is a whole number from 1 to {MAX_HEADS}");
                    return self.fail(Diagnostic::error("E0211", message, heads.span, "not one"));
                }
            },
        };
        let mask = match arguments.named("mask") {
            Some(mask) if format_expr(mask) != "none" => format!(" + {}", format_expr(mask)),
            _ => String::new(),
        };
        let (axis, dim) = self.features(layer, place, 2..=2)?;
        if axis == 0 {
            return self.unsupported("the layer `attention` with samples as columns", place.span);
        }
        let size = Polynomial::from(&dim).quotient(heads);
        let divides = match self.network.size(&dim) {
            Some(size) => size % heads.unsigned_abs() == 0,
            None => true,
        };
        if !divides {
            let message = format!(
                "{heads} heads do not divide the {dim} features of `{}`",
                place.input
            );
            return self.fail(Diagnostic::error(
                "E0407",
                message,
                layer.operation.span,
                "a rest is left",
            ));
        }
        if heads > 1 && size.as_constant().is_none() {
            self.note(format!(
                "{heads} heads need {dim} to be a multiple of {heads}"
            ));
        }
        let (s, x) = (&naming.suffix, &place.input);
        let mut lines = String::new();
        for stem in ["Wq", "Wk", "Wv", "Wo"] {
            let _ = writeln!(lines, "param {stem}{s}: [{dim}, {dim}]");
        }
        for (stem, weights) in [("Q", "Wq"), ("K", "Wk"), ("V", "Wv")] {
            let _ = writeln!(lines, "{stem}{s} = {x} @ {weights}{s}");
        }
        if heads == 1 {
            let _ = writeln!(lines, "S{s} = Q{s} @ K{s}.T / sqrt({dim}){mask}");
            let _ = writeln!(lines, "P{s} = softmax(S{s})\nH{s} = P{s} @ V{s}");
            return Ok(Equations {
                lines,
                output: format!("H{s} @ Wo{s}"),
            });
        }
        // Each head is as wide as its share of the features.
        let width = match size.as_constant() {
            Some(width) => width.to_string(),
            None => format!("({dim}/{heads})"),
        };
        let mut parts = Vec::new();
        for head in 0..heads {
            let from = size.scaled(head);
            let to = size.scaled(head + 1);
            let h = head + 1;
            for stem in ["Q", "K", "V"] {
                let _ = writeln!(lines, "{stem}{s}{{{h}}} = {stem}{s}[:, {from}:{to}]");
            }
            let _ = writeln!(
                lines,
                "S{s}{{{h}}} = Q{s}{{{h}}} @ K{s}{{{h}}}.T / sqrt({width}){mask}"
            );
            let _ = writeln!(
                lines,
                "P{s}{{{h}}} = softmax(S{s}{{{h}}})\nH{s}{{{h}}} = P{s}{{{h}}} @ V{s}{{{h}}}"
            );
            parts.push(format!("H{s}{{{h}}}"));
        }
        let together = size.scaled(heads) == Polynomial::from(&dim);
        let output = if together {
            let _ = writeln!(lines, "H{s} = concat({}, axis=1)", parts.join(", "));
            format!("H{s} @ Wo{s}")
        } else {
            // Without knowing that the heads fill all features, each meets its own rows of the output weights.
            let part = |(head, part): (i64, &String)| {
                format!(
                    "{part} @ Wo{s}[{}:{}, :]",
                    size.scaled(head),
                    size.scaled(head + 1)
                )
            };
            (0..).zip(&parts).map(part).collect::<Vec<_>>().join(" + ")
        };
        Ok(Equations { lines, output })
    }

    fn write_convolution(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
        spatial: usize,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(
            &layer.operation,
            2..=4,
            &["stride", "padding", "dilation", "bias"],
        )?;
        self.features(layer, place, spatial..=spatial + 2)?;
        let channels = dim_text(&self.units(arguments.positional[0])?);
        let kernel = dim_text(&self.units(arguments.positional[1])?);
        let bias = match arguments.named("bias") {
            Some(flag) => self.flag(flag)?,
            None => true,
        };
        let lead = place.shape.rank() - spatial;
        let mut shape = vec![channels.clone()];
        shape.extend(lead.checked_sub(1).map(|at| place.shape.0[at].to_string()));
        shape.extend(vec![kernel; spatial]);
        let s = &naming.suffix;
        let mut lines = format!("param K{s}: [{}]\n", shape.join(", "));
        let mut options = String::new();
        for (at, name) in ["stride", "padding", "dilation"].into_iter().enumerate() {
            if let Some(given) = arguments
                .positional
                .get(2 + at)
                .copied()
                .or(arguments.named(name))
            {
                let _ = write!(options, ", {name}={}", format_expr(given));
            }
        }
        let mut output = format!("conv{spatial}d({}, K{s}{options})", place.input);
        if bias {
            let _ = writeln!(lines, "param b{s}: [{channels}]");
            let ones = ", 1".repeat(spatial);
            let _ = write!(output, " + reshape(b{s}, [{channels}{ones}])");
        }
        Ok(Equations { lines, output })
    }

    fn write_pool(&mut self, layer: &Layer, place: &Place) -> Outcome<Equations> {
        let call = &layer.operation;
        self.arguments(call, 1..=3, &["stride", "padding"])?;
        let argument = |argument: &Argument| match &argument.name {
            Some(name) => format!(", {}={}", name.text, format_expr(&argument.value)),
            None => format!(", {}", format_expr(&argument.value)),
        };
        let arguments: String = call.arguments.iter().map(argument).collect();
        let output = format!("{}({}{arguments})", call.function.text, place.input);
        Ok(Equations {
            lines: String::new(),
            output,
        })
    }

    /// The time axis is the first: `[T, d]` or `[T, N, d]` with T a number. The state before the first step is zero, so the first step
    /// has no recurrent term.
    fn write_recurrence(
        &mut self,
        layer: &Layer,
        place: &Place,
        naming: &Naming,
        cell: &str,
    ) -> Outcome<Equations> {
        let arguments = self.arguments(&layer.operation, 1..=1, &[])?;
        let units = dim_text(&self.units(arguments.positional[0])?);
        let steps = place
            .shape
            .0
            .first()
            .filter(|_| place.shape.rank() >= 2)
            .and_then(|dim| self.network.size(dim));
        let Some(steps) = steps.filter(|steps| *steps <= MAX_STEPS && place.shape.rank() <= 3)
        else {
            let message = format!(
                "`{cell}` needs a sequence of known length, and `{}` has shape {}",
                place.input, place.shape
            );
            let problem = Diagnostic::error("E0407", message, place.span, "this layer");
            let help = "the first axis is time: `input X: [5, d]` or `[5, N, d]`, or a dimension with a size";
            return self
                .fail(problem.help(format!("{help}; at most {MAX_STEPS} steps are written out")));
        };
        let features = place.shape.0[place.shape.rank() - 1].to_string();
        let s = naming.suffix.clone();
        let gates = CELLS
            .iter()
            .find(|row| row.name == cell)
            .map_or(&[][..], |row| row.gates);
        let mut lines = String::new();
        for gate in gates {
            let _ = writeln!(
                lines,
                "param Wx{gate}{s}: [{features}, {units}]\nparam Wh{gate}{s}: [{units}, {units}]\nparam b{gate}{s}: [{units}]"
            );
        }
        for step in 1..=steps {
            let _ = writeln!(lines, "X{s}{{{step}}} = {}[{}]", place.input, step - 1);
            write_step(cell, &s, step, &mut lines);
        }
        Ok(Equations {
            lines,
            output: format!("H{s}{{{steps}}}"),
        })
    }
}

/// A row: a recurrent cell and the letters of its gates.
struct CellRow {
    name: &'static str,
    gates: &'static [&'static str],
}

const CELLS: &[CellRow] = &[
    CellRow {
        name: "rnn",
        gates: &[""],
    },
    CellRow {
        name: "lstm",
        gates: &["i", "f", "o", "g"],
    },
    CellRow {
        name: "gru",
        gates: &["r", "z", "n"],
    },
];

/// The equations of one step.
fn write_step(cell: &str, s: &str, t: u64, lines: &mut String) {
    let first = t == 1;
    let before = format!("H{s}{{{}}}", t - 1);
    let linear = |gate: &str, state: &str| {
        let recurrent = if first {
            String::new()
        } else {
            format!(" + {state} @ Wh{gate}{s}")
        };
        format!("X{s}{{{t}}} @ Wx{gate}{s}{recurrent} + b{gate}{s}")
    };
    let mut gate = |letter: &str, value: &str, function: &str, state: &str| {
        let _ = writeln!(lines, "Z{letter}{s}{{{t}}} = {}", linear(letter, state));
        let _ = writeln!(lines, "{value}{s}{{{t}}} = {function}(Z{letter}{s}{{{t}}})");
    };
    match cell {
        "rnn" => gate("", "H", "tanh", &before),
        "lstm" => {
            for (letter, value, function) in [
                ("i", "I", "sigmoid"),
                ("f", "F", "sigmoid"),
                ("o", "O", "sigmoid"),
                ("g", "G", "tanh"),
            ] {
                // Nothing is there to forget before the first step.
                if !(first && letter == "f") {
                    gate(letter, value, function, &before);
                }
            }
            let kept = if first {
                String::new()
            } else {
                format!("F{s}{{{t}}} * C{s}{{{}}} + ", t - 1)
            };
            let _ = writeln!(lines, "C{s}{{{t}}} = {kept}I{s}{{{t}}} * G{s}{{{t}}}");
            let _ = writeln!(lines, "H{s}{{{t}}} = O{s}{{{t}}} * tanh(C{s}{{{t}}})");
        }
        _ => {
            if !first {
                gate("r", "R", "sigmoid", &before);
            }
            gate("z", "U", "sigmoid", &before);
            gate("n", "G", "tanh", &format!("(R{s}{{{t}}} * {before})"));
            let kept = if first {
                String::new()
            } else {
                format!(" + U{s}{{{t}}} * {before}")
            };
            let _ = writeln!(lines, "H{s}{{{t}}} = (1 - U{s}{{{t}}}) * G{s}{{{t}}}{kept}");
        }
    }
}

/// A dimension as text of the language.
pub(crate) fn dim_text(dim: &ShapeDim) -> String {
    match dim {
        ShapeDim::Named(name) => name.text.clone(),
        ShapeDim::Size(size, _) => size.to_string(),
        ShapeDim::Formula(formula) => format_expr(formula),
    }
}

/// Puts the layer's place on a statement that the layer wrote; answers with the name it introduces.
fn respan_statement(kind: &mut StatementKind, span: Span) -> Option<String> {
    match kind {
        StatementKind::Declare(_, declarations) => {
            let declaration = declarations.first_mut()?;
            declaration.name.span = span;
            declaration.shape_span = span;
            for dim in &mut declaration.shape {
                match dim {
                    ShapeDim::Named(name) => name.span = span,
                    ShapeDim::Size(_, place) => *place = span,
                    ShapeDim::Formula(formula) => respan(formula, span),
                }
            }
            Some(declaration.name.text.clone())
        }
        StatementKind::Define(definition) => {
            definition.name.span = span;
            respan(&mut definition.body, span);
            Some(definition.name.text.clone())
        }
        _ => None,
    }
}

fn respan(expr: &mut Expr, span: Span) {
    expr.span = span;
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => {}
        ExprKind::Name(name) => name.span = span,
        ExprKind::List(items) => items.iter_mut().for_each(|item| respan(item, span)),
        ExprKind::Negate(inner) | ExprKind::Transpose(inner) | ExprKind::IndexSum(_, inner) => {
            respan(inner, span)
        }
        ExprKind::Binary(_, place, left, right) => {
            *place = span;
            respan(left, span);
            respan(right, span);
        }
        ExprKind::Call(Call {
            function,
            arguments,
            span: place,
            ..
        }) => {
            *place = span;
            function.span = span;
            arguments
                .iter_mut()
                .for_each(|argument| respan(&mut argument.value, span));
        }
        ExprKind::Subscript(base, items) => {
            respan(base, span);
            for item in items {
                match item {
                    SubscriptItem::At(at) => respan(at, span),
                    SubscriptItem::Slice(from, to, place) => {
                        *place = span;
                        from.iter_mut()
                            .chain(to.iter_mut())
                            .for_each(|end| respan(end, span));
                    }
                }
            }
        }
    }
}

impl Elaborator<'_> {
    /// `residual { layer … }`: the block's output plus its input.
    pub(crate) fn expand_residual(&mut self, layer: &Layer, place: &Place) -> Outcome<()> {
        self.arguments(&layer.operation, 0..=0, &[])?;
        let Some(body) = &layer.body else {
            let message = "`residual` needs a block of layers";
            let problem = Diagnostic::error("E0407", message, place.span, "nothing inside");
            return self.fail(problem.help("write `residual { layer dense(h) -> relu }`"));
        };
        self.layers.inside += 1;
        let inner = body.iter().try_for_each(|statement| match &statement.kind {
            StatementKind::Layer(layer) => self.elaborate_layer(layer, statement.span),
            _ => self.unsupported("anything but layers in a `residual` block", statement.span),
        });
        self.layers.inside -= 1;
        inner?;
        let output = match &self.layers.current {
            Some(Ok(name)) => name.clone(),
            _ => place.input.clone(),
        };
        let naming = self.naming(layer);
        let shape = self
            .scope
            .symbols
            .get(&output)
            .map(|known| self.network.symbols[known.symbol].shape.clone());
        if shape.as_ref() != Some(&place.shape) {
            let found = shape.map_or_else(String::new, |shape| shape.to_string());
            let message = format!(
                "the block turns shape {} into {found}, so its input cannot be added",
                place.shape
            );
            let problem =
                Diagnostic::error("E0407", message, place.span, "the residual connection");
            return self.fail(problem.help(format!(
                "`{}` and `{output}` must have one shape",
                place.input
            )));
        }
        let sum = self.parsed(&format!("{} + {output}", place.input), place.span)?;
        let sum = match &layer.activation {
            None => sum,
            Some(activation) => {
                self.check_activation(activation)?;
                let name = naming.name("U");
                self.made_definition(&name, sum, place.span)?;
                self.activated(activation, &name, place.span)
            }
        };
        self.made_output("R", &naming, sum, place)
    }

    /// `flatten`: every sample's entries in one row; the first axis counts samples.
    pub(crate) fn expand_flattened(&mut self, place: &Place) -> Outcome<()> {
        self.layers.count += 1;
        let suffix = self.layers.count.to_string();
        let naming = Naming {
            label: suffix.clone(),
            suffix,
        };
        let size = place.shape.0[1..]
            .iter()
            .fold(Polynomial::from(1), |size, dim| size.times(&dim.into()));
        let samples = dim_text(&written(&place.shape.0[0], place.span));
        let output = self.parsed(
            &format!("reshape({}, [{samples}, {size}])", place.input),
            place.span,
        )?;
        self.made_output("A", &naming, output, place)
    }
}
