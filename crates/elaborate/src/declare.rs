//! Declarations: dimensions, arrays with shapes and attributes, functions.

use crate::context::{Elaborator, Frame, Outcome, Poisoned};
use crate::scope::UserFunction;
use crate::statements::symbol;
use crate::value::Value;
use crate::walk;
use derive_graph::{
    Attribute, Convention, Dim, FunctionDefinition, Name, NodeId, Operation, Role, Shape, Symbol,
};
use derive_syntax::ast::{self, Declaration, DimDeclaration, FunctionDeclaration, ShapeDim, Span};
use derive_syntax::diagnostic::Diagnostic;

/// The most operations that a function which keeps its name may stand for; others are bounded where they are written out.
const MOST_OPERATIONS: usize = 10_000;

impl Elaborator<'_> {
    /// `dims N, d = 2`
    pub(crate) fn elaborate_dims(&mut self, dims: &[DimDeclaration]) -> Outcome<()> {
        for declaration in dims {
            let text = self.plain(&declaration.name)?.to_owned();
            let span = declaration.name.span;
            self.dimension(&text, span, "the `dims` line");
            let Some(known) = self.scope.dims.get_mut(&text) else {
                continue;
            };
            if let Some(first) = known.declared {
                let message = format!("the dimension `{text}` is declared twice");
                let problem = Diagnostic::error("E0202", message, span, "declared again");
                return self.fail(problem.label(first, "first declared here"));
            }
            known.declared = Some(span);
            let number = known.number;
            self.network.dims[number].1 = declaration.size.map(|(size, _)| size);
        }
        Ok(())
    }

    /// `param W: [d, h], b: [h]`
    pub(crate) fn elaborate_declarations(
        &mut self,
        role: ast::Role,
        declarations: &[Declaration],
    ) -> Outcome<()> {
        let mut all = Ok(());
        for declaration in declarations {
            if self.elaborate_array(role, declaration).is_err() {
                self.poison(&declaration.name);
                all = Err(Poisoned);
            }
        }
        all
    }

    fn elaborate_array(&mut self, role: ast::Role, declaration: &Declaration) -> Outcome<()> {
        let text = self.check_free(&declaration.name, false)?;
        let shape = self.elaborate_shape(&declaration.shape, &text)?;
        let mut attributes = Vec::new();
        for (attribute, span) in &declaration.attributes {
            attributes.push(self.elaborate_attribute(*attribute, *span, declaration, &shape)?);
        }
        let role = match role {
            ast::Role::Input => Role::Input,
            ast::Role::Param => Role::Param,
            ast::Role::Target => Role::Target,
            ast::Role::Const => Role::Const,
        };
        self.add_symbol(Symbol {
            attributes,
            latex: declaration.latex.clone(),
            ..symbol(&text, role, shape)
        });
        self.know(&text, declaration.name.span.to(declaration.shape_span));
        Ok(())
    }

    fn elaborate_shape(&mut self, axes: &[ShapeDim], owner: &str) -> Outcome<Shape> {
        let origin = format!("the declaration of `{owner}`");
        let mut dims = Vec::new();
        for axis in axes {
            dims.push(match axis {
                ShapeDim::Size(size, _) => Dim::Size(*size),
                ShapeDim::Formula(formula) => {
                    let mut names = Vec::new();
                    walk::each_name(formula, &mut |name| names.push(name.clone()));
                    for name in names {
                        let text = self.plain(&name)?.to_owned();
                        self.dimension(&text, name.span, &origin);
                    }
                    self.elaborate_dim(formula)?
                }
                ShapeDim::Named(name) => {
                    let text = self.plain(name)?.to_owned();
                    self.dimension(&text, name.span, &origin)
                }
            });
        }
        Ok(Shape(dims))
    }

    fn elaborate_attribute(
        &mut self,
        attribute: ast::Attribute,
        span: Span,
        declaration: &Declaration,
        shape: &Shape,
    ) -> Outcome<Attribute> {
        let name = &declaration.name.text;
        let sums = matches!(attribute, ast::Attribute::OneHot | ast::Attribute::Simplex);
        let square = shape.rank() == 2 && shape.0[0] == shape.0[1];
        let problem = if sums && shape.is_scalar() {
            Some(format!("`{name}` is a scalar and has no axis to sum along"))
        } else if attribute == ast::Attribute::Symmetric && !square {
            Some(format!(
                "`{name}` has shape {shape} and cannot be symmetric"
            ))
        } else {
            None
        };
        if let Some(message) = problem {
            let problem = Diagnostic::error("E0307", message, span, "does not fit the shape");
            return self.fail(problem.label(declaration.shape_span, shape.to_string()));
        }
        let axis = self.class_axis(shape);
        Ok(match attribute {
            ast::Attribute::OneHot => Attribute::OneHot { axis },
            ast::Attribute::Simplex => Attribute::Simplex { axis },
            ast::Attribute::Symmetric => Attribute::Symmetric,
            ast::Attribute::Positive => Attribute::Positive,
        })
    }

    /// The axis of the classes or features: the last one. Where samples are columns, the last axis of a matrix counts samples,
    /// so there it is the first.
    pub(crate) fn class_axis(&self, shape: &Shape) -> usize {
        match (self.network.convention, shape.rank()) {
            (Convention::Columns, 2) => 0,
            (_, rank) => rank.saturating_sub(1),
        }
    }

    /// `function f` or `function swish(z) = z * sigmoid(z)`
    pub(crate) fn elaborate_function(&mut self, function: &FunctionDeclaration) -> Outcome<()> {
        let operations = self.operations(function);
        let made = self.check_free(&function.name, true).and_then(|text| {
            let body = self.elaborate_body(function)?;
            Ok((text, body))
        });
        let Ok((text, body)) = made else {
            self.poison(&function.name);
            return Err(Poisoned);
        };
        // The derivative of a function of several arguments, or of one that uses other arrays, has no single f′.
        let closed = body.is_none_or(|body| self.network.graph.mentioned(body).is_empty());
        let inlined = function.parameters.len() > 1 || !closed;
        if !inlined {
            self.check_operations(function, operations)?;
            let parameters = function.parameters.iter();
            self.network.functions.push(FunctionDefinition {
                name: Name::new(&text),
                parameters: parameters.map(|name| Name::new(&name.text)).collect(),
                body,
            });
        }
        let known = UserFunction {
            place: function.name.span,
            declaration: function.clone(),
            inlined,
            operations,
        };
        self.scope.functions.insert(text, known);
        Ok(())
    }

    /// How many operations a call of the function stands for.
    fn operations(&self, function: &FunctionDeclaration) -> usize {
        let mut count = 1usize;
        if let Some(body) = &function.body {
            walk::replace(body, &mut |expr| {
                let called = match &expr.kind {
                    ast::ExprKind::Call(call) => self.scope.functions.get(&call.function.text),
                    _ => None,
                };
                let more = called.map_or(1, |called| called.operations);
                count = count.saturating_add(more);
                None
            });
        }
        count
    }

    /// Functions that call one another twice each would stand for a number of operations that doubles every time.
    fn check_operations(
        &mut self,
        function: &FunctionDeclaration,
        operations: usize,
    ) -> Outcome<()> {
        if operations <= MOST_OPERATIONS {
            return Ok(());
        }
        let name = &function.name;
        let message = format!(
            "with what it calls `{}` stands for more than {MOST_OPERATIONS} operations",
            name.text
        );
        self.fail(Diagnostic::error("E0503", message, name.span, "too large"))
    }

    fn elaborate_body(&mut self, function: &FunctionDeclaration) -> Outcome<Option<NodeId>> {
        let Some(body) = &function.body else {
            return Ok(None);
        };
        let mut frame = Frame {
            elementwise: true,
            ..Frame::default()
        };
        for (at, name) in function.parameters.iter().enumerate() {
            let text = self.plain(name)?.to_owned();
            let node = self.add(Operation::Parameter(at), Vec::new(), Shape::scalar());
            if frame.locals.insert(text, Value::of(node)).is_some() {
                let message = format!("the parameter `{}` stands twice", name.text);
                return self.fail(Diagnostic::error("E0202", message, name.span, "again"));
            }
        }
        let value = self.within(frame, |inner| inner.elaborate_expr(body))?;
        if self.network.graph.shape(value.node).is_scalar() {
            return Ok(Some(value.node));
        }
        let message = format!(
            "the body of `{}` is not elementwise: it mentions an array",
            function.name.text
        );
        let problem = Diagnostic::error("E0410", message, body.span, "not a scalar");
        self.fail(problem.help("a function maps one entry to one entry"))
    }
}
