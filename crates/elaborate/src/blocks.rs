//! Layers that put other layers or axes together: `residual` and `flatten`.

use crate::context::{Elaborator, Outcome};
use crate::layer_equations::dim_text;
use crate::layers::{Naming, Place, written};
use derive_graph::Polynomial;
use derive_syntax::ast::{Layer, StatementKind};
use derive_syntax::diagnostic::Diagnostic;

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
        let naming = self.naming_after(layer, "R");
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
