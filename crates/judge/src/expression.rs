//! Expressions of the syntax tree as a search needs them: their parts, and copies with a part replaced.

use derive_syntax::ast::{
    Argument, BinaryOperator, Call, Expr, ExprKind, Name, Span, SubscriptItem,
};
use derive_syntax::format::format_expr;
use num_rational::BigRational;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

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
    let boxed = |part: Expr| Box::new(part);
    let kind = match &expr.kind {
        ExprKind::Negate(_) => ExprKind::Negate(boxed(part)),
        ExprKind::Transpose(_) => ExprKind::Transpose(boxed(part)),
        ExprKind::IndexSum(names, _) => ExprKind::IndexSum(names.clone(), boxed(part)),
        ExprKind::Subscript(_, items) => ExprKind::Subscript(boxed(part), items.clone()),
        ExprKind::Binary(operator, span, left, right) => match at {
            0 => ExprKind::Binary(*operator, *span, boxed(part), right.clone()),
            _ => ExprKind::Binary(*operator, *span, left.clone(), boxed(part)),
        },
        ExprKind::Call(call) => {
            let mut arguments = call.arguments[..at].to_vec();
            arguments.push(Argument {
                name: None,
                value: part,
            });
            arguments.extend_from_slice(&call.arguments[at + 1..]);
            ExprKind::Call(Call {
                function: call.function.clone(),
                primes: call.primes,
                arguments,
                span: call.span,
            })
        }
        kind => kind.clone(),
    };
    let span = expr.span;
    Expr { kind, span }
}

/// The part of a part of … that a path of places leads to; the last that there is.
pub fn part_at<'a>(expr: &'a Expr, path: &[usize]) -> &'a Expr {
    path.iter().fold(expr, |expr, at| {
        let parts = parts(expr);
        parts.get(*at).copied().unwrap_or(expr)
    })
}

/// A number that equal expressions share, wherever they stand.
pub fn digest(expr: &Expr) -> u64 {
    let mut hasher = DefaultHasher::new();
    digest_into(expr, &mut hasher);
    hasher.finish()
}

fn digest_into(expr: &Expr, hasher: &mut DefaultHasher) {
    std::mem::discriminant(&expr.kind).hash(hasher);
    match &expr.kind {
        ExprKind::Number(value) => value.hash(hasher),
        ExprKind::Name(name) => name.text.hash(hasher),
        ExprKind::Text(text) => text.hash(hasher),
        ExprKind::List(items) => items.iter().for_each(|item| digest_into(item, hasher)),
        ExprKind::Binary(operator, ..) => operator.hash(hasher),
        ExprKind::IndexSum(names, _) => names.iter().for_each(|name| name.text.hash(hasher)),
        ExprKind::Subscript(_, items) => {
            // Subscripts are changed by nobody, and their text tells them apart.
            format_expr(&subscripted(whole(0), items.clone())).hash(hasher);
        }
        ExprKind::Call(call) => {
            (&call.function.text, call.primes, call.arguments.len()).hash(hasher);
            for argument in &call.arguments {
                argument.name.as_ref().map(|name| &name.text).hash(hasher);
                digest_into(&argument.value, hasher);
            }
            return;
        }
        ExprKind::Negate(_) | ExprKind::Transpose(_) => {}
    }
    for part in parts(expr) {
        digest_into(part, hasher);
    }
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

/// A whole number.
pub fn whole(value: i64) -> Expr {
    number(BigRational::from_integer(value.into()))
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

/// A name. A member of a family, `W{2}`, is a name of its own in a spec whose repetitions are written out.
pub fn name(text: &str) -> Expr {
    made(ExprKind::Name(plain_name(text)))
}

/// `f(a, axis=0)`, with as many primes; an option's value is a number or a word.
pub fn call(function: &str, primes: u8, argument: Expr, options: &[(&str, &str)]) -> Expr {
    call_of(function, primes, vec![argument], options)
}

/// `f(a, b, axis=0)`, as [`call`].
pub fn call_of(function: &str, primes: u8, arguments: Vec<Expr>, options: &[(&str, &str)]) -> Expr {
    let positional = arguments
        .into_iter()
        .map(|value| Argument { name: None, value });
    let keyword = |(key, value): &(&str, &str)| Argument {
        name: Some(plain_name(key)),
        value: match value.parse::<i64>() {
            Ok(value) => number(BigRational::from_integer(value.into())),
            Err(_) => name(value),
        },
    };
    let arguments = positional.chain(options.iter().map(keyword));
    made(ExprKind::Call(Call {
        function: plain_name(function),
        primes,
        arguments: arguments.collect(),
        span: Span::default(),
    }))
}

/// `reshape(a, [n, 1])`
pub fn column(vector: Expr, dim: &str) -> Expr {
    let rows = match dim.parse::<i64>() {
        Ok(size) => whole(size),
        Err(_) => name(dim),
    };
    reshaped(vector, vec![rows, whole(1)])
}

/// `reshape(a, [m, n])`
pub fn reshaped(array: Expr, dims: Vec<Expr>) -> Expr {
    let shape = made(ExprKind::List(dims));
    call_of("reshape", 0, vec![array, shape], &[])
}

/// `a[i, 0:n]`
pub fn subscripted(array: Expr, items: Vec<SubscriptItem>) -> Expr {
    made(ExprKind::Subscript(Box::new(array), items))
}

/// The item `a:b` of a subscript; without ends, the whole axis.
pub fn slice(from: Option<Expr>, to: Option<Expr>) -> SubscriptItem {
    SubscriptItem::Slice(from, to, Span::default())
}

/// `sum(k) BODY`
pub fn index_sum(indices: &[String], body: Expr) -> Expr {
    let names = indices.iter().map(|index| plain_name(index)).collect();
    made(ExprKind::IndexSum(names, Box::new(body)))
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
