//! Convolution and pooling: an array read through a moving window, `x[s*p + d*r - pad]`, and what is done with the window.
//!
//! All of them are one reading at affine places followed by a contraction, a mean or a maximum. Convolution means cross-correlation,
//! as in every framework; the output has ⌊(n + 2 pad − d (k − 1) − 1) / s⌋ + 1 places (Dumoulin and Visin, A guide to
//! convolution arithmetic for deep learning, 2016, section 4).

use crate::calls::Arguments;
use crate::context::{Elaborator, Outcome};
use crate::expression::Operand;
use crate::reductions::whole;
use crate::value::Value;
use derive_graph::{Dim, Einsum, Gather, Label, NodeId, Operation, Polynomial, Shape, Subscript};
use derive_syntax::ast::{Call, Expr, ExprKind};
use derive_syntax::diagnostic::Diagnostic;
use num_rational::BigRational;

/// How a window moves along one axis.
#[derive(Clone, Debug)]
struct Motion {
    stride: i64,
    dilation: i64,
    /// Places in front of the first entry.
    before: Polynomial,
    /// Places after the last one.
    after: Polynomial,
}

/// What is done with the entries of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The largest.
    Max,
    /// Their mean; zeros of the padding count.
    Mean,
}

/// The axes of an array and a kernel, by their meaning.
struct Layout {
    /// Axes of the array in front of the channels.
    batch: usize,
    /// Whether both have an axis of channels.
    channels: bool,
    /// Whether the kernel has an axis of filters.
    filters: bool,
}

impl Elaborator<'_> {
    /// `conv2d(x, K, stride=1, padding=0, dilation=1)` with so many spatial axes.
    pub(crate) fn call_convolution(&mut self, call: &Call, spatial: usize) -> Outcome<Value> {
        let arguments = self.arguments(call, 2..=5, &["stride", "padding", "dilation"])?;
        let exprs = [arguments.positional[0], arguments.positional[1]];
        let values = self.elaborate_all(&exprs)?;
        self.without_indices(&values, call)?;
        let shapes = [self.shape(&values[0]), self.shape(&values[1])];
        let Some(layout) = layout(&shapes, spatial) else {
            return self.window_mismatch(call, &exprs, &values, spatial);
        };
        let lead = shapes[0].rank() - spatial;
        let kernel = shapes[1].rank() - spatial;
        let sizes = shapes[1].0[kernel..].to_vec();
        let motions = self.motions(&arguments, 2, &sizes, Some(1), call)?;
        let windows = self.window_sizes(&shapes[0].0[lead..], &sizes, &motions, call)?;
        let patches = self.patches(values[0].node, lead, &sizes, &motions, &windows, false);
        let einsum = layout.einsum(spatial);
        let mut dims = shapes[0].0[..layout.batch].to_vec();
        dims.extend(layout.filters.then(|| shapes[1].0[0].clone()));
        dims.extend(windows);
        let node = self.add(
            Operation::Einsum(einsum),
            vec![values[1].node, patches],
            Shape(dims),
        );
        Ok(Value::of(node))
    }

    /// `maxpool2d(x, window, stride=window, padding=0)`
    pub(crate) fn call_pool(
        &mut self,
        call: &Call,
        spatial: usize,
        pooling: Pooling,
    ) -> Outcome<Value> {
        let arguments = self.arguments(call, 2..=4, &["stride", "padding"])?;
        let expr = arguments.positional[0];
        let value = self.elaborate_expr(expr)?;
        self.without_indices(std::slice::from_ref(&value), call)?;
        let shape = self.shape(&value);
        if shape.rank() < spatial {
            return self.window_mismatch(call, &[expr], &[value], spatial);
        }
        let numbers = self.numbers(arguments.positional[1], spatial, 1, "a window")?;
        let sizes: Vec<Dim> = numbers
            .iter()
            .map(|size| Dim::Size(size.unsigned_abs()))
            .collect();
        let lead = shape.rank() - spatial;
        let mut motions = self.motions(&arguments, 2, &sizes, None, call)?;
        if arguments.named("stride").is_none() && arguments.positional.len() < 3 {
            motions
                .iter_mut()
                .zip(&numbers)
                .for_each(|(motion, size)| motion.stride = *size);
        }
        let windows = self.window_sizes(&shape.0[lead..], &sizes, &motions, call)?;
        let largest = pooling == Pooling::Max;
        let patches = self.patches(value.node, lead, &sizes, &motions, &windows, largest);
        let rank = lead + 2 * spatial;
        let axes: Vec<usize> = (lead + spatial..rank).collect();
        let result = Shape([&shape.0[..lead], &windows[..]].concat());
        if largest {
            let operation = Operation::Extremum { axes, least: false };
            return Ok(Value::of(self.add(operation, vec![patches], result)));
        }
        let einsum = derive_graph::operator::sum(rank, &axes, false);
        let sum = self.add(Operation::Einsum(einsum), vec![patches], result);
        let count: i64 = numbers.iter().product();
        let share = self.number(BigRational::new(1.into(), count.into()));
        Ok(self
            .apply("multiply", &[share, Value::of(sum)])
            .unwrap_or_else(|_| Value::of(sum)))
    }

    /// `circ_conv(a, b)`: Σ_r a_r b_{(p − r) mod n}
    pub(crate) fn call_circular(&mut self, call: &Call) -> Outcome<Value> {
        let arguments = self.arguments(call, 2..=2, &[])?;
        let values = self.elaborate_all(&arguments.positional)?;
        self.without_indices(&values, call)?;
        let shapes = [self.shape(&values[0]), self.shape(&values[1])];
        if shapes[0].rank() != 1 || shapes[0] != shapes[1] {
            return self.window_mismatch(call, &arguments.positional, &values, 1);
        }
        let dim = shapes[0].0[0].clone();
        let turned = Subscript {
            cyclic: true,
            ..Subscript::affine(vec![(0, 1.into()), (1, (-1).into())], 0.into())
        };
        let gather = Gather {
            axes: vec![turned],
            lowest: false,
        };
        let places = Shape(vec![dim.clone(), dim.clone()]);
        let circulant = self.add(Operation::Gather(gather), vec![values[1].node], places);
        let einsum = Einsum::parse("contract", "k,ik->i");
        let node = self.add(
            Operation::Einsum(einsum),
            vec![values[0].node, circulant],
            Shape(vec![dim]),
        );
        Ok(Value::of(node))
    }

    /// The array read through the windows: its leading axes, the windows' places, then the places inside a window.
    fn patches(
        &mut self,
        array: NodeId,
        lead: usize,
        sizes: &[Dim],
        motions: &[Motion],
        windows: &[Dim],
        lowest: bool,
    ) -> NodeId {
        let spatial = sizes.len();
        let mut axes: Vec<Subscript> = (0..lead).map(Subscript::axis).collect();
        for (axis, motion) in motions.iter().enumerate() {
            let terms = vec![
                (lead + axis, motion.stride.into()),
                (lead + spatial + axis, motion.dilation.into()),
            ];
            axes.push(Subscript::affine(terms, motion.before.scaled(-1)));
        }
        let shape = self.network.graph.shape(array).0[..lead].to_vec();
        let shape = Shape([&shape[..], windows, sizes].concat());
        self.add(
            Operation::Gather(Gather { axes, lowest }),
            vec![array],
            shape,
        )
    }

    /// How many places a window has along each axis.
    fn window_sizes(
        &mut self,
        dims: &[Dim],
        sizes: &[Dim],
        motions: &[Motion],
        call: &Call,
    ) -> Outcome<Vec<Dim>> {
        let mut windows = Vec::new();
        for ((dim, size), motion) in dims.iter().zip(sizes).zip(motions) {
            let reach = Polynomial::from(size)
                .minus(&1.into())
                .scaled(motion.dilation);
            let room = Polynomial::from(dim)
                .plus(&motion.before)
                .plus(&motion.after);
            let room = room.minus(&reach).minus(&1.into());
            let places = room.quotient(motion.stride).plus(&1.into());
            match places.to_dim() {
                Some(dim) if self.sizes_missing(&dim) || self.network.size(&dim).is_some() => {
                    windows.push(dim)
                }
                _ => {
                    let message =
                        format!("a window of size {size} does not fit an axis of size {dim}");
                    let problem =
                        Diagnostic::error("E0312", message, call.span, "no place for the window");
                    return self.fail(problem.help("make the window smaller, or add `padding`"));
                }
            }
        }
        Ok(windows)
    }

    /// Stride, padding and dilation, given by position from `first` on or by name.
    fn motions(
        &mut self,
        arguments: &Arguments<'_>,
        first: usize,
        sizes: &[Dim],
        dilation: Option<i64>,
        call: &Call,
    ) -> Outcome<Vec<Motion>> {
        let given = |at: usize, name: &str| {
            arguments
                .positional
                .get(first + at)
                .copied()
                .or(arguments.named(name))
        };
        let count = sizes.len();
        let strides = match given(0, "stride") {
            Some(stride) => self.numbers(stride, count, 1, "a stride")?,
            None => vec![1; count],
        };
        let dilations = match given(2, "dilation").filter(|_| dilation.is_some()) {
            Some(dilation) => self.numbers(dilation, count, 1, "a dilation")?,
            None => vec![1; count],
        };
        let mut motions: Vec<Motion> = Vec::new();
        for (stride, dilation) in strides.into_iter().zip(dilations) {
            motions.push(Motion {
                stride,
                dilation,
                before: 0.into(),
                after: 0.into(),
            });
        }
        let Some(padding) = given(1, "padding") else {
            return Ok(motions);
        };
        match &padding.kind {
            ExprKind::Text(text) if text == "valid" => {}
            ExprKind::Text(text) if text == "same" => {
                if motions.iter().any(|motion| motion.stride != 1) {
                    let message = "padding \"same\" needs stride 1";
                    let problem = Diagnostic::error(
                        "E0312",
                        message,
                        padding.span,
                        "with another stride the size changes",
                    );
                    return self.fail(
                        problem
                            .help("give the padding as a number")
                            .label(call.span, "in this call"),
                    );
                }
                for (motion, size) in motions.iter_mut().zip(sizes) {
                    let whole = Polynomial::from(size)
                        .minus(&1.into())
                        .scaled(motion.dilation);
                    motion.before = whole.quotient(2);
                    motion.after = whole.minus(&motion.before);
                }
            }
            ExprKind::Text(_) => {
                let message = "padding is a number, \"same\" or \"valid\"";
                return self.fail(Diagnostic::error(
                    "E0211",
                    message,
                    padding.span,
                    "none of these",
                ));
            }
            _ => {
                let numbers = self.numbers(padding, count, 0, "padding")?;
                for (motion, number) in motions.iter_mut().zip(numbers) {
                    (motion.before, motion.after) = (number.into(), number.into());
                }
            }
        }
        Ok(motions)
    }

    /// A whole number for every spatial axis: one for all, or a list.
    fn numbers(&mut self, expr: &Expr, count: usize, least: i64, what: &str) -> Outcome<Vec<i64>> {
        const MOST: i64 = 1 << 20;
        let items: Vec<&Expr> = match &expr.kind {
            ExprKind::List(items) => items.iter().collect(),
            _ => vec![expr; count],
        };
        let numbers: Vec<i64> = items
            .iter()
            .filter_map(|item| match &item.kind {
                ExprKind::Name(name) => {
                    let size = self
                        .network
                        .size(&Dim::Named(derive_graph::Name::new(&name.text)))?;
                    i64::try_from(size).ok()
                }
                _ => whole(item),
            })
            .filter(|number| (least..=MOST).contains(number))
            .collect();
        if numbers.len() == count && items.len() == count {
            return Ok(numbers);
        }
        let message = format!("{what} is a whole number from {least} on, or a list of {count}");
        self.fail(Diagnostic::error(
            "E0211",
            message,
            expr.span,
            "none of these",
        ))
    }

    /// That no index stands in the arguments of an operation on whole arrays.
    pub(crate) fn without_indices(&mut self, values: &[Value], call: &Call) -> Outcome<()> {
        let Some(index) = values.iter().find_map(|value| value.named.first()) else {
            return Ok(());
        };
        let name = &call.function.text;
        let message = format!("`{name}` takes whole arrays, not entries with the index `{index}`");
        self.fail(Diagnostic::error(
            "E0309",
            message,
            call.span,
            "an index inside",
        ))
    }

    fn window_mismatch<T>(
        &mut self,
        call: &Call,
        exprs: &[&Expr],
        values: &[Value],
        spatial: usize,
    ) -> Outcome<T> {
        let name = &call.function.text;
        let shapes: Vec<String> = values
            .iter()
            .map(|value| self.shape(value).to_string())
            .collect();
        let message = format!("`{name}` cannot take {}", shapes.join(" and "));
        let mut problem = Diagnostic::error("E0312", message, call.function.span, "here");
        for (expr, value) in exprs.iter().zip(values) {
            problem = self.label_operand(problem, Operand { expr, value });
        }
        let layouts = match (name.as_str(), spatial) {
            ("circ_conv", _) => "two vectors of one size",
            ("conv1d", _) => {
                "`[W]`, `[C, W]` or `[N, C, W]` with a kernel `[R]`, `[C, R]` or `[O, C, R]`"
            }
            ("conv2d", _) => {
                "`[H, W]`, `[C, H, W]` or `[N, C, H, W]` with a kernel `[R, S]`, `[C, R, S]` or `[O, C, R, S]`"
            }
            (_, 1) => "an array whose last axis is pooled",
            _ => "an array whose last two axes are pooled",
        };
        self.fail(problem.help(format!("it takes {layouts}")))
    }
}

/// What the leading axes of an array and a kernel mean; `None` if they do not go together.
fn layout(shapes: &[Shape; 2], spatial: usize) -> Option<Layout> {
    let lead = shapes[0].rank().checked_sub(spatial)?;
    let kernel = shapes[1].rank().checked_sub(spatial)?;
    let channel = |at: usize| lead >= 1 && shapes[0].0[lead - 1] == shapes[1].0[at];
    match kernel {
        0 => Some(Layout {
            batch: lead,
            channels: false,
            filters: false,
        }),
        1 if lead == 0 => Some(Layout {
            batch: 0,
            channels: false,
            filters: true,
        }),
        1 => channel(0).then_some(Layout {
            batch: lead - 1,
            channels: true,
            filters: false,
        }),
        2 => channel(1).then_some(Layout {
            batch: lead.checked_sub(1)?,
            channels: true,
            filters: true,
        }),
        _ => None,
    }
}

impl Layout {
    /// `ocrs,ncpqrs->nopq`, without the axes that are not there.
    fn einsum(&self, spatial: usize) -> Einsum {
        let labels = |text: &str| text.bytes().map(Label).collect::<Vec<_>>();
        let batch = labels(&"nm"[..self.batch]);
        let channels = labels(if self.channels { "c" } else { "" });
        let filters = labels(if self.filters { "o" } else { "" });
        let places = labels(&"pq"[..spatial]);
        let inside = labels(&"rs"[..spatial]);
        Einsum {
            operator: "contract",
            inputs: vec![
                [filters.clone(), channels.clone(), inside.clone()].concat(),
                [batch.clone(), channels, places.clone(), inside].concat(),
            ],
            output: [batch, filters, places].concat(),
        }
    }
}
