//! Layers in, equations out: each layer becomes declarations and definitions that are elaborated like any others.
//!
//! Layers are numbered in order; `dropout` and `residual` take the number of the layer before them, a second one in a row its own. The output
//! of the last layer is `yhat`, unless the spec defines a `yhat` of its own; the name it would have otherwise is a second name.

use crate::calls;
use crate::context::{Elaborator, Outcome, Poisoned};
use crate::layer_equations::WRITTEN;
use crate::make;
use crate::scope::nearest;
use crate::shape_errors::quoted;
use derive_graph::{
    Convention, Dim, Layer as Maker, Role, Shape, function, function_table::FUNCTIONS,
};
use derive_syntax::ast::{self, BinaryOperator, Call, Expr, ExprKind, Layer, ShapeDim, Span};
use derive_syntax::diagnostic::Diagnostic;
use derive_syntax::parse_expression;
use num_traits::{One, Signed};

/// What a layer does.
type Expand = fn(&mut Elaborator<'_>, &Layer, &Place) -> Outcome<()>;

/// The layers that this version expands.
const LAYERS: &[(&str, Expand)] = &[
    ("dense", |it, layer, place| it.expand_dense(layer, place)),
    ("dropout", |it, layer, place| {
        it.expand_dropout(layer, place)
    }),
    ("flatten", |it, layer, place| {
        it.expand_flatten(layer, place)
    }),
    ("residual", |it, layer, place| {
        it.expand_residual(layer, place)
    }),
];

/// Activations that are not elementwise.
const SOFTMAX: &[&str] = &["softmax", "log_softmax"];

/// Where a layer stands.
pub(crate) struct Place {
    pub(crate) span: Span,
    /// The array that feeds it, and its shape.
    pub(crate) input: String,
    pub(crate) shape: Shape,
    /// Whether its output is the network's.
    pub(crate) last: bool,
}

/// The names that a layer gives.
pub(crate) struct Naming {
    /// `1`, or the name before the colon.
    pub(crate) label: String,
    /// What follows a stem: `1` or `_out`.
    pub(crate) suffix: String,
}

impl Naming {
    pub(crate) fn name(&self, stem: &str) -> String {
        format!("{stem}{}", self.suffix)
    }
}

impl Elaborator<'_> {
    /// `layer [NAME:] OP(ARGS) [-> ACTIVATION]`
    pub(crate) fn elaborate_layer(&mut self, layer: &Layer, span: Span) -> Outcome<()> {
        let made = self.expand_layer(layer, span);
        if made.is_err() {
            self.layers.current = Some(Err(Poisoned));
            let naming = self.naming(layer);
            let stems = ["W", "b", "Z", "A", "D", "R", "K", "E", "mask"];
            self.scope
                .poisoned
                .extend(stems.iter().map(|stem| naming.name(stem)));
            self.scope.poisoned.insert("yhat".to_owned());
        }
        made
    }

    fn expand_layer(&mut self, layer: &Layer, span: Span) -> Outcome<()> {
        let text = self.plain(&layer.operation.function)?.to_owned();
        let row = LAYERS.iter().find(|(name, _)| *name == text);
        let written = WRITTEN.iter().find(|(name, _)| *name == text);
        if row.is_none() && written.is_none() {
            let problem = self.unknown_layer(&layer.operation, &text);
            return self.fail(problem);
        }
        if layer.body.is_some() && text != "residual" {
            return self.unsupported(&format!("a block after `{text}`"), span);
        }
        let (input, shape) = self.feed(span)?;
        let last = self.outline.last_layer == Some(self.at);
        let last = last && self.layers.inside == 0 && !self.outline.defined.contains_key("yhat");
        let place = Place {
            span,
            input,
            shape,
            last,
        };
        match (row, written) {
            (Some((_, expand)), _) => expand(self, layer, &place),
            (None, Some((_, write))) => self.expand_written(layer, &place, *write),
            (None, None) => Err(Poisoned),
        }
    }

    fn unknown_layer(&self, operation: &Call, text: &str) -> Diagnostic {
        let span = operation.function.span;
        let mut known: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
        known.extend(WRITTEN.iter().map(|(name, _)| *name));
        let problem = Diagnostic::error(
            "E0207",
            format!("there is no layer `{text}`"),
            span,
            "unknown layer",
        );
        match nearest(text, known) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("a fully connected layer is written `layer dense(h) -> tanh`"),
        }
    }

    /// The array that feeds the next layer: the output of the last one, or the first input that is no scalar.
    fn feed(&mut self, span: Span) -> Outcome<(String, Shape)> {
        let name = match self.layers.current.clone() {
            Some(current) => Some(current?),
            None => {
                let inputs = self
                    .network
                    .symbols
                    .iter()
                    .filter(|symbol| symbol.role == Role::Input);
                let first = inputs.into_iter().find(|symbol| !symbol.shape.is_scalar());
                first.map(|symbol| symbol.name.as_str().to_owned())
            }
        };
        let known = name.and_then(|name| {
            let symbol = self.scope.symbols.get(&name)?.symbol;
            Some((name, self.network.symbols[symbol].shape.clone()))
        });
        if let Some(known) = known {
            return Ok(known);
        }
        if !self.scope.poisoned.is_empty() {
            return Err(Poisoned);
        }
        let problem = Diagnostic::error(
            "E0407",
            "the first layer has no input",
            span,
            "nothing to work on",
        );
        self.fail(problem.help("declare one before it, as in `input X: [N, d]`"))
    }

    pub(crate) fn naming(&self, layer: &Layer) -> Naming {
        match &layer.name {
            Some(name) => Naming {
                label: name.text.clone(),
                suffix: format!("_{}", name.text),
            },
            None => {
                let label = self.layers.count.to_string();
                let suffix = label.clone();
                Naming { label, suffix }
            }
        }
    }

    /// The naming of a layer that takes the number of the one before it. Where a layer there has made a `stem` already, as the first of two
    /// `dropout` in a row has, this one takes a number of its own.
    pub(crate) fn naming_after(&mut self, layer: &Layer, stem: &str) -> Naming {
        let naming = self.naming(layer);
        let text = naming.name(stem);
        let known = self.scope.symbols.get(self.scope.resolve(&text));
        let by_layer = known.is_some_and(|it| self.network.symbols[it.symbol].layer.is_some());
        if layer.name.is_some() || !by_layer {
            return naming;
        }
        self.layers.count += 1;
        self.naming(layer)
    }

    /// `dense(units, bias=true)`
    fn expand_dense(&mut self, layer: &Layer, place: &Place) -> Outcome<()> {
        self.layers.count += 1;
        let naming = self.naming(layer);
        let span = place.span;
        let (units, bias) = self.dense_arguments(&layer.operation)?;
        if let Some(activation) = &layer.activation {
            self.check_activation(activation)?;
        }
        let columns = self.network.convention == Convention::Columns;
        let features = match (place.shape.rank(), columns) {
            (1, _) | (2, true) => &place.shape.0[0],
            (2, false) => &place.shape.0[1],
            _ => return self.wrong_input(place),
        };
        let features = written(features, span);
        let one = ShapeDim::Size(1, span);
        let (weights, biases) = match (columns, place.shape.rank()) {
            (false, _) => (vec![features, units.clone()], vec![units]),
            (true, 1) => (vec![units.clone(), features], vec![units]),
            (true, _) => (vec![units.clone(), features], vec![units, one]),
        };
        let input = make::variable(&place.input, span);
        let w = self.made_param(&naming, "W", weights, span)?;
        let (left, right) = if columns { (w, input) } else { (input, w) };
        let mut linear = make::binary(BinaryOperator::MatMul, left, right);
        if bias {
            let b = self.made_param(&naming, "b", biases, span)?;
            linear = make::binary(BinaryOperator::Add, linear, b);
        }
        self.finish_layer(layer, &naming, linear, place)
    }

    fn dense_arguments(&mut self, operation: &Call) -> Outcome<(ShapeDim, bool)> {
        let arguments = self.arguments(operation, 0..=2, &["units", "bias"])?;
        let mut given = arguments.positional.iter().copied();
        let Some(units) = given.next().or(arguments.named("units")) else {
            let message = "`dense` needs the number of its units";
            let problem = Diagnostic::error("E0211", message, operation.span, "here");
            return self.fail(problem.help("write `dense(h)` or `dense(3)`"));
        };
        let units = self.units(units)?;
        match given.next().or(arguments.named("bias")) {
            None => Ok((units, true)),
            Some(flag) => Ok((units, self.flag(flag)?)),
        }
    }

    fn wrong_input(&mut self, place: &Place) -> Outcome<()> {
        let message = format!(
            "`dense` works on vectors and matrices, and `{}` has shape {}",
            place.input, place.shape
        );
        let name = derive_graph::Name::new(&place.input);
        let mut problem = Diagnostic::error("E0407", message, place.span, "this layer");
        if let Some(origin) = self.place_of(&name) {
            problem = problem.label(origin, format!("`{}`: {}", place.input, place.shape));
        }
        self.fail(problem)
    }

    /// The number of units: a dimension's name, which becomes known here, or a size.
    pub(crate) fn units(&mut self, units: &Expr) -> Outcome<ShapeDim> {
        let size = crate::reductions::whole(units).and_then(|size| u64::try_from(size).ok());
        match (&units.kind, size) {
            (ExprKind::Name(name), _) => {
                let text = self.plain(name)?.to_owned();
                self.dimension(&text, name.span, "this layer");
                Ok(ShapeDim::Named(name.clone()))
            }
            (_, Some(size)) if size > 0 => Ok(ShapeDim::Size(size, units.span)),
            _ => {
                let message = format!("`{}` is no number of units", quoted(units));
                let problem = Diagnostic::error("E0211", message, units.span, "not a dimension");
                self.fail(problem.help("units are a dimension's name or a whole number from 1 on"))
            }
        }
    }

    fn made_param(
        &mut self,
        naming: &Naming,
        stem: &str,
        shape: Vec<ShapeDim>,
        span: Span,
    ) -> Outcome<Expr> {
        let name = naming.name(stem);
        self.elaborate_made(
            make::declaration(ast::Role::Param, &name, shape, span),
            span,
        )?;
        self.sign(stem, naming);
        Ok(make::variable(&name, span))
    }

    /// Marks the symbol added last as made by a layer.
    pub(crate) fn sign(&mut self, stem: &str, naming: &Naming) {
        if let Some(symbol) = self.network.symbols.last_mut() {
            symbol.layer = Some(Maker {
                stem: stem.to_owned(),
                label: naming.label.clone(),
            });
        }
    }

    /// Defines what a layer computes, under names that depend on what comes after it.
    fn finish_layer(
        &mut self,
        layer: &Layer,
        naming: &Naming,
        linear: Expr,
        place: &Place,
    ) -> Outcome<()> {
        let (z, a) = (naming.name("Z"), naming.name("A"));
        let Some(activation) = &layer.activation else {
            let name = if place.last { "yhat" } else { &z };
            self.made_definition(name, linear, place.span)?;
            self.sign("Z", naming);
            let others = [&z, &a].into_iter().filter(|other| *other != name);
            let aliases: Vec<_> = others
                .map(|other| (other.clone(), name.to_owned()))
                .collect();
            self.scope.aliases.extend(aliases);
            return self.output_is(name);
        };
        self.made_definition(&z, linear, place.span)?;
        self.sign("Z", naming);
        let body = self.activated(activation, &z, place.span);
        self.made_output("A", naming, body, place)
    }

    /// Defines the output of a layer, which is `yhat` for the last one.
    pub(crate) fn made_output(
        &mut self,
        stem: &str,
        naming: &Naming,
        body: Expr,
        place: &Place,
    ) -> Outcome<()> {
        let own = naming.name(stem);
        if place.last {
            self.made_definition("yhat", body, place.span)?;
            self.scope.aliases.insert(own, "yhat".to_owned());
            return self.output_is("yhat");
        }
        self.made_definition(&own, body, place.span)?;
        self.sign(stem, naming);
        self.output_is(&own)
    }

    pub(crate) fn made_definition(&mut self, name: &str, body: Expr, span: Span) -> Outcome<()> {
        self.elaborate_made(make::definition(name, body, span), span)
    }

    fn output_is(&mut self, name: &str) -> Outcome<()> {
        self.layers.current = Some(Ok(name.to_owned()));
        Ok(())
    }

    /// The activation applied. Softmax runs along the features, which are the first axis where samples are columns.
    pub(crate) fn activated(&mut self, activation: &Call, input: &str, span: Span) -> Expr {
        let mut arguments = vec![make::positional(make::variable(input, span))];
        arguments.extend(activation.arguments.iter().cloned());
        let shape = self
            .scope
            .symbols
            .get(input)
            .map(|known| &self.network.symbols[known.symbol].shape);
        let axis = shape.map_or(0, |shape| self.class_axis(shape));
        let first = shape.is_some_and(|shape| axis + 1 != shape.rank());
        if first && SOFTMAX.contains(&activation.function.text.as_str()) && arguments.len() == 1 {
            arguments.push(ast::Argument {
                name: Some(make::name("axis", span)),
                value: make::integer(i64::try_from(axis).unwrap_or(0), span),
            });
        }
        let call = Call {
            function: activation.function.clone(),
            primes: activation.primes,
            arguments,
            span: activation.span,
        };
        let span = activation.span;
        Expr {
            kind: ExprKind::Call(call),
            span,
        }
    }

    pub(crate) fn check_activation(&mut self, activation: &Call) -> Outcome<()> {
        let text = self.plain(&activation.function)?.to_owned();
        let of_table = function::row(&text)
            .is_some_and(|row| !row.internal && row.arity == row.defaults.len() + 1);
        if of_table || SOFTMAX.contains(&text.as_str()) || self.scope.functions.contains_key(&text)
        {
            return Ok(());
        }
        if self.scope.poisoned.contains(&text) {
            return Err(Poisoned);
        }
        if let Some(problem) = self.too_early(&activation.function) {
            return self.fail(problem);
        }
        let message = match calls::is_function(&text) {
            true => format!("`{text}` is not an activation"),
            false => format!("there is no activation `{text}`"),
        };
        let mut known: Vec<&str> = FUNCTIONS
            .iter()
            .filter(|row| !row.internal)
            .map(|row| row.name)
            .collect();
        known.extend(SOFTMAX);
        known.extend(self.scope.functions.keys().map(String::as_str));
        let problem = Diagnostic::error(
            "E0207",
            message,
            activation.function.span,
            "after the arrow",
        );
        let help = match nearest(&text, known).filter(|meant| *meant != text) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if matches!(text.as_str(), "linear" | "identity" | "none") => {
                "leave the arrow out for a linear layer".to_owned()
            }
            None => format!("declare it before this line, as in `function {text}`"),
        };
        self.fail(problem.help(help))
    }

    /// `dropout(p)`: its mask of zeros and 1/(1−p) is an input.
    fn expand_dropout(&mut self, layer: &Layer, place: &Place) -> Outcome<()> {
        let naming = self.naming_after(layer, "mask");
        let arguments = self.arguments(&layer.operation, 1..=1, &[])?;
        let rate = arguments.positional[0];
        let fits = match &rate.kind {
            ExprKind::Number(value) => {
                !value.is_negative() && *value < num_rational::BigRational::one()
            }
            ExprKind::Name(_) => true,
            _ => false,
        };
        if !fits {
            let message = format!("`{}` is no rate of dropout", quoted(rate));
            let problem =
                Diagnostic::error("E0211", message, rate.span, "from 0 up to, but not, 1");
            return self.fail(problem);
        }
        let span = place.span;
        let mask = naming.name("mask");
        let shape = place.shape.0.iter().map(|dim| written(dim, span)).collect();
        self.elaborate_made(
            make::declaration(ast::Role::Input, &mask, shape, span),
            span,
        )?;
        self.sign("mask", &naming);
        self.note(format!(
            "`{mask}` holds zeros, and 1/(1 - p) with p = {} elsewhere",
            quoted(rate)
        ));
        let (input, mask) = (
            make::variable(&place.input, span),
            make::variable(&mask, span),
        );
        let mut body = make::binary(BinaryOperator::Multiply, input, mask);
        if let Some(activation) = &layer.activation {
            self.check_activation(activation)?;
            let z = naming.name("Z");
            self.made_definition(&z, body, span)?;
            body = self.activated(activation, &z, span);
        }
        self.made_output("D", &naming, body, place)
    }

    /// `flatten` has nothing to do where a sample is a vector already. What stands before it is the output then.
    fn expand_flatten(&mut self, layer: &Layer, place: &Place) -> Outcome<()> {
        if layer.activation.is_some() {
            return self.unsupported("an activation after `flatten`", layer.operation.span);
        }
        if place.shape.rank() > 2 {
            return self.expand_flattened(place);
        }
        if place.last {
            let aliases = &mut self.scope.aliases;
            aliases.insert("yhat".to_owned(), place.input.clone());
        }
        self.output_is(&place.input)
    }
}

/// A dimension as syntax.
pub(crate) fn written(dim: &Dim, span: Span) -> ShapeDim {
    match dim {
        Dim::Named(name) => ShapeDim::Named(make::name(name.as_str(), span)),
        Dim::Size(size) => ShapeDim::Size(*size, span),
        Dim::Formula(formula) => match parse_expression(&formula.to_string()) {
            Ok(formula) => ShapeDim::Formula(Box::new(Expr { span, ..formula })),
            Err(_) => ShapeDim::Named(make::name(&formula.to_string(), span)),
        },
    }
}
