//! Expressions of the syntax tree as a search needs them: their parts, and copies with a part replaced.

use derive_syntax::ast::{BinaryOperator, Call, Expr, ExprKind, Name, Span, SubscriptItem};
use num_rational::BigRational;

/// The parts that are expressions of their own.
pub fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Negate(part) | ExprKind::Transpose(part) | ExprKind::IndexSum(_, part) => {
            vec![part]
        }
        ExprKind::Binary(_, _, left, right) => vec![left, right],
        // Positional arguments come first; options such as an axis are no expressions of their own.
        ExprKind::Call(call) if call.function.text != "grad" => {
            let positional = call.arguments.iter();
            let positional = positional.take_while(|argument| argument.name.is_none());
            positional.map(|argument| &argument.value).collect()
        }
        ExprKind::Subscript(base, _) => vec![base],
        _ => Vec::new(),
    }
}

/// The expression with one of its [`parts`] replaced.
pub fn with_part(expr: &Expr, at: usize, part: Expr) -> Expr {
    let mut copy = expr.clone();
    match &mut copy.kind {
        ExprKind::Negate(own)
        | ExprKind::Transpose(own)
        | ExprKind::IndexSum(_, own)
        | ExprKind::Subscript(own, _) => **own = part,
        ExprKind::Binary(_, _, left, right) => {
            let side = if at == 0 { left } else { right };
            **side = part;
        }
        ExprKind::Call(call) => call.arguments[at].value = part,
        _ => {}
    }
    copy
}

/// The number of nodes.
pub fn size(expr: &Expr) -> usize {
    1 + parts(expr).into_iter().map(size).sum::<usize>()
}

fn made(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

/// `left OP right`
pub fn binary(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    made(ExprKind::Binary(
        operator,
        Span::default(),
        Box::new(left),
        Box::new(right),
    ))
}

/// `a.T`; the transpose of a transpose is what it was.
pub fn transposed(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Transpose(inner) => *inner,
        _ => made(ExprKind::Transpose(Box::new(expr))),
    }
}

/// `-a`
pub fn negated(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Negate(inner) => *inner,
        _ => made(ExprKind::Negate(Box::new(expr))),
    }
}

/// A number.
pub fn number(value: BigRational) -> Expr {
    made(ExprKind::Number(value))
}

fn plain_name(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        member: None,
        span: Span::default(),
    }
}

/// A name, `W` or `W{2}`.
pub fn name(text: &str) -> Expr {
    let Some((stem, member)) = text.strip_suffix('}').and_then(|text| text.split_once('{')) else {
        return made(ExprKind::Name(plain_name(text)));
    };
    let member = member
        .parse::<i64>()
        .map(|at| BigRational::from_integer(at.into()));
    let member = member.map_or_else(|_| name(stem), number);
    made(ExprKind::Name(Name {
        member: Some(Box::new(member)),
        ..plain_name(stem)
    }))
}

/// `f(a, axis=0)`, with as many primes; an option's value is a number or a word.
pub fn call(function: &str, primes: u8, argument: Expr, options: &[(&str, &str)]) -> Expr {
    let positional = derive_syntax::ast::Argument {
        name: None,
        value: argument,
    };
    let keyword = |(key, value): &(&str, &str)| derive_syntax::ast::Argument {
        name: Some(plain_name(key)),
        value: match value.parse::<i64>() {
            Ok(value) => number(BigRational::from_integer(value.into())),
            Err(_) => name(value),
        },
    };
    let arguments = std::iter::once(positional).chain(options.iter().map(keyword));
    made(ExprKind::Call(Call {
        function: plain_name(function),
        primes,
        arguments: arguments.collect(),
        span: Span::default(),
    }))
}

/// `reshape(a, [n, 1])`
pub fn column(vector: Expr, dim: &str) -> Expr {
    let one = number(BigRational::from_integer(1.into()));
    let rows = match dim.parse::<i64>() {
        Ok(size) => number(BigRational::from_integer(size.into())),
        Err(_) => name(dim),
    };
    let mut reshaped = call("reshape", 0, vector, &[]);
    if let ExprKind::Call(own) = &mut reshaped.kind {
        own.arguments.push(derive_syntax::ast::Argument {
            name: None,
            value: made(ExprKind::List(vec![rows, one])),
        });
    }
    reshaped
}

/// Whether the expression has subscripts or sums over indices, and so no axes of its own.
pub fn is_indexed(expr: &Expr) -> bool {
    let at = |item: &SubscriptItem| matches!(item, SubscriptItem::At(_));
    match &expr.kind {
        ExprKind::IndexSum(..) => true,
        ExprKind::Subscript(_, items) if items.iter().any(at) => true,
        _ => parts(expr).into_iter().any(is_indexed),
    }
}
