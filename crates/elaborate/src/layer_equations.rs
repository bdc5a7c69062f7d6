//! Layers whose equations are written as text of the language: normalisation, convolution, pooling, embedding, and in files of their own
//! attention and the recurrent cells. A row gives the declarations and definitions with their names filled in; from there on they are elaborated
//! like any others.
//!
//! Sources: batch normalisation, Ioffe and Szegedy 2015, algorithm 1; layer normalisation, Ba, Kiros and Hinton 2016, eq. 3; attention,
//! Vaswani et al. 2017, eq. 1; LSTM, Gers et al. 2000 in the form of Greff et al. 2017 without peepholes; GRU, Cho et al. 2014.

use crate::context::{Elaborator, Outcome};
use crate::layers::{Naming, Place};
use crate::respan::{respan, respan_statement};
use crate::unroll::unroll;
use derive_graph::{Convention, Dim};
use derive_syntax::ast::{Argument, Expr, Layer, ShapeDim, Span, StatementKind};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::format::format_expr;
use derive_syntax::parse_str;
use std::fmt::Write as _;

/// What a layer comes to: declarations and definitions, and the expression of its output.
pub(crate) struct Equations {
    /// Declarations and definitions.
    pub(crate) lines: String,
    /// The expression of the output.
    pub(crate) output: String,
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

    pub(crate) fn parsed(&mut self, text: &str, span: Span) -> Outcome<Expr> {
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
    pub(crate) fn features(
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
        if place.shape.rank() == 4 {
            return Ok(self.write_image_batchnorm(place, naming));
        }
        let (axis, dim) = self.features(layer, place, 2..=2)?;
        let (samples, keep, shape) = match axis {
            1 => (0, "", format!("[{dim}]")),
            _ => (1, ", keepdims=true", format!("[{dim}, 1]")),
        };
        Ok(self.write_normalisation(place, naming, &format!("axis={samples}{keep}"), &shape))
    }

    /// Images `[N, C, H, W]`: every place of every image is a sample of its channel (Ioffe and Szegedy 2015, section 3.2).
    fn write_image_batchnorm(&self, place: &Place, naming: &Naming) -> Equations {
        let (s, x, channels) = (&naming.suffix, &place.input, &place.shape.0[1]);
        let mean = |of: &str| {
            [3, 2, 0].iter().fold(of.to_owned(), |inner, axis| {
                format!("mean({inner}, axis={axis}, keepdims=true)")
            })
        };
        let lines = format!(
            "{eps}param gamma{s}: [{channels}]\nparam beta{s}: [{channels}]\nmu{s} = {mu}\n\
             var{s} = {var}\nxhat{s} = ({x} - mu{s}) / sqrt(var{s} + eps)\n",
            eps = self.epsilon(),
            mu = mean(x),
            var = mean(&format!("({x} - mu{s})^2")),
        );
        let spread = |name: &str| format!("reshape({name}{s}, [{channels}, 1, 1])");
        Equations {
            lines,
            output: format!("{} * xhat{s} + {}", spread("gamma"), spread("beta")),
        }
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
}

/// A dimension as text of the language.
pub(crate) fn dim_text(dim: &ShapeDim) -> String {
    match dim {
        ShapeDim::Named(name) => name.text.clone(),
        ShapeDim::Size(size, _) => size.to_string(),
        ShapeDim::Formula(formula) => format_expr(formula),
    }
}
