//! Dimensions, arrays, functions and the convention.

use crate::state::{Failed, State, Value, plain_symbol};
use derive_graph::{Attribute, Dim, FunctionDefinition, Name, Operation, Role, Shape};
use derive_syntax::ast::{self, ShapeDim};
use derive_syntax::diagnostic::Diagnostic;

impl State {
    pub fn declare_dims(&mut self, dims: &[ast::DimDeclaration]) {
        for dim in dims {
            if dim.name.member.is_some() {
                self.unsupported("names in families", dim.name.span);
                continue;
            }
            let size = dim.size.map(|(size, _)| size);
            if let Some((0, span)) = dim.size {
                self.error(Diagnostic::error("E0111", "a dimension has at least one entry", span, "zero"));
            }
            if let Some(&span) = self.dims.get(&dim.name.text) {
                let known = self.network.dims.iter_mut().find(|(name, _)| name.as_str() == dim.name.text);
                match known {
                    Some((_, none @ None)) => *none = size,
                    _ => {
                        let message = format!("dimension `{}` is declared twice", dim.name.text);
                        self.error(Diagnostic::error("E0202", message, dim.name.span, "again here").label(span, "first here"));
                    }
                }
                continue;
            }
            self.mention_dim(&dim.name.text, size, dim.name.span);
        }
    }

    pub fn declare(&mut self, role: ast::Role, declaration: &ast::Declaration) {
        if self.check_new(&declaration.name).is_err() {
            self.poisoned.insert(declaration.name.text.clone());
            return;
        }
        let shape = self.written_shape(&declaration.shape);
        let role = match role {
            ast::Role::Input => Role::Input,
            ast::Role::Param => Role::Param,
            ast::Role::Target => Role::Target,
            ast::Role::Const => Role::Const,
        };
        let mut symbol = plain_symbol(&declaration.name.text, role, shape);
        symbol.latex.clone_from(&declaration.latex);
        for (attribute, span) in &declaration.attributes {
            match self.attribute(*attribute, &symbol.shape, declaration) {
                Some(attribute) => symbol.attributes.push(attribute),
                None => {
                    let message = format!("this attribute does not fit the shape {}", symbol.shape);
                    let needs = if *attribute == ast::Attribute::Symmetric { "needs a square matrix" } else { "needs an axis" };
                    self.error(Diagnostic::error("E0304", message, *span, needs).label(declaration.shape_span, "the shape"));
                }
            }
        }
        if role == Role::Input && self.layers.current.is_none() && !symbol.shape.is_scalar() {
            self.layers.current = Some(declaration.name.text.clone());
        }
        self.define(symbol, declaration.name.span);
    }

    fn attribute(&self, attribute: ast::Attribute, shape: &Shape, _: &ast::Declaration) -> Option<Attribute> {
        // The classes of a sample lie along the last axis; where samples are columns, along the first.
        let columns = self.network.convention == derive_graph::Convention::Columns && shape.rank() == 2;
        let axis = if columns { Some(0) } else { shape.rank().checked_sub(1) };
        match attribute {
            ast::Attribute::OneHot => axis.map(|axis| Attribute::OneHot { axis }),
            ast::Attribute::Simplex => axis.map(|axis| Attribute::Simplex { axis }),
            ast::Attribute::Symmetric => (shape.rank() == 2 && shape.0[0] == shape.0[1]).then_some(Attribute::Symmetric),
            ast::Attribute::Positive => Some(Attribute::Positive),
        }
    }

    pub fn written_shape(&mut self, dims: &[ShapeDim]) -> Shape {
        let mut shape = Vec::new();
        for dim in dims {
            shape.push(match dim {
                ShapeDim::Named(name) => {
                    self.mention_dim(&name.text, None, name.span);
                    Dim::Named(Name::new(&name.text))
                }
                ShapeDim::Size(size, _) => Dim::Size(*size),
            });
        }
        Shape(shape)
    }

    pub fn declare_function(&mut self, function: &ast::FunctionDeclaration) {
        if self.check_new(&function.name).is_err() {
            return;
        }
        let name = function.name.text.clone();
        self.defined_at.insert(name.clone(), function.name.span);
        if function.parameters.len() > 1 {
            self.templates.insert(name, function.clone());
            return;
        }
        let body = function.body.as_ref().map(|body| self.function_body(function, body));
        let body = match body {
            Some(Err(Failed)) => {
                self.poisoned.insert(name);
                return;
            }
            Some(Ok(value)) => Some(value.node),
            None => None,
        };
        let parameters = function.parameters.iter().map(|name| Name::new(&name.text)).collect();
        self.network.functions.push(FunctionDefinition { name: Name::new(&name), parameters, body });
        self.functions.insert(name);
    }

    fn function_body(&mut self, function: &ast::FunctionDeclaration, body: &ast::Expr) -> Result<Value, Failed> {
        let saved = std::mem::take(&mut self.arguments);
        for (at, parameter) in function.parameters.iter().enumerate() {
            let node = self.add(Operation::Parameter(at), Vec::new(), Shape::scalar());
            self.arguments.insert(parameter.text.clone(), Value { node, names: Vec::new(), row: false });
        }
        let value = self.expression(body);
        self.arguments = saved;
        value
    }

    pub fn set_convention(&mut self, convention: ast::Convention) {
        self.network.convention = match convention {
            ast::Convention::Rows => derive_graph::Convention::Rows,
            ast::Convention::Columns => derive_graph::Convention::Columns,
        };
    }
}
