//! Claims: what is claimed about, and what it is claimed to be. An ill-shaped claim is a false claim, not an error.

use crate::state::State;
use derive_graph::{Claim, ClaimSubject, Name, Shape};
use derive_syntax::ast::{self, Expr, ExprKind, StatementKind, SubscriptItem};
use derive_syntax::format::format_statement;

impl State {
    pub fn claim(&mut self, statement: &ast::Statement) {
        let StatementKind::Claim(claim) = &statement.kind else { return };
        let before = self.diagnostics.len();
        self.in_claim = true;
        self.claim_error = None;
        let subject = self.subject(&claim.left);
        let entered = match subject {
            Some((subject, shape, indices)) => {
                let value = self.claimed(&indices, &claim.right);
                let value = match value {
                    Ok(node) => self.stretched_to(node, &shape).ok_or_else(|| {
                        let found = self.network.graph.shape(node).clone();
                        format!("it has shape {found}, but the left side has shape {shape}")
                    }),
                    Err(_) => Err(self.claim_error.take().unwrap_or_else(|| "its shapes do not fit".to_owned())),
                };
                Some((subject, value))
            }
            None => None,
        };
        self.in_claim = false;
        if self.diagnostics.len() > before {
            return;
        }
        self.equations.push(statement.clone());
        if let Some((subject, value)) = entered {
            let text = format_statement(statement).trim().to_owned();
            let text = text.strip_prefix("claim ").unwrap_or(&text).to_owned();
            self.network.claims.push(Claim { text, span: (statement.span.start, statement.span.end), subject, value });
        }
    }

    /// What the left side names: `grad(W)`, `grad(W)[i, j]`, or any expression.
    fn subject(&mut self, left: &Expr) -> Option<(ClaimSubject, Shape, Vec<ast::Name>)> {
        let (call, indices) = match &left.kind {
            ExprKind::Subscript(base, items) => (base.as_ref(), plain_indices(items)?),
            _ => (left, Vec::new()),
        };
        if let ExprKind::Call(call) = &call.kind
            && call.function.text == "grad"
            && let [argument] = call.arguments.as_slice()
            && let ExprKind::Name(name) = &argument.value.kind
        {
            let Some(symbol) = self.symbol(&name.text) else {
                self.unknown(&name.text, name.span);
                return None;
            };
            return Some((ClaimSubject::Gradient(Name::clone(&symbol.name)), symbol.shape.clone(), indices));
        }
        let node = self.expression(left).ok()?.node;
        Some((ClaimSubject::Expression(node), self.network.graph.shape(node).clone(), Vec::new()))
    }
}

fn plain_indices(items: &[SubscriptItem]) -> Option<Vec<ast::Name>> {
    let index = |item: &SubscriptItem| match item {
        SubscriptItem::At(Expr { kind: ExprKind::Name(name), .. }) => Some(name.clone()),
        _ => None,
    };
    items.iter().map(index).collect()
}
