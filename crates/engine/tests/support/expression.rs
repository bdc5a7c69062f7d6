//! Expressions of the language as far as the invariance tests look into them: sums, products, names; the rest is text with holes.

/// An expression.
#[derive(Clone, Debug)]
pub enum Expression {
    /// A number, or text without names.
    Text(String),
    /// A name.
    Name(String),
    /// Summands in order.
    Sum(Vec<Expression>),
    /// Factors of an elementwise product, in order.
    Product(Vec<Expression>),
    /// Text with expressions in its holes, which are written `{}`.
    Form(&'static str, Vec<Expression>),
}

/// How an expression is written.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// The name to write for a name.
    pub rename: &'a dyn Fn(&str) -> String,
    /// Whether summands and factors come last to first.
    pub reversed: bool,
}

impl Expression {
    pub fn name(name: &str) -> Expression {
        Expression::Name(name.to_owned())
    }

    pub fn text(text: &str) -> Expression {
        Expression::Text(text.to_owned())
    }

    /// In brackets wherever it is not a name or a call.
    pub fn write(&self, how: &Writing) -> String {
        match self {
            Expression::Text(text) => text.clone(),
            Expression::Name(name) => (how.rename)(name),
            Expression::Sum(parts) => list(parts, " + ", how),
            Expression::Product(parts) => list(parts, " * ", how),
            Expression::Form(form, parts) => {
                let mut pieces = form.split("{}");
                let mut text = pieces.next().unwrap_or_default().to_owned();
                for (piece, part) in pieces.zip(parts) {
                    text += &part.write(how);
                    text += piece;
                }
                text
            }
        }
    }
}

fn list(parts: &[Expression], sign: &str, how: &Writing) -> String {
    let mut parts: Vec<String> = parts.iter().map(|part| part.write(how)).collect();
    if how.reversed {
        parts.reverse();
    }
    format!("({})", parts.join(sign))
}
