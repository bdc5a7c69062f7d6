//! The derivative table: one row for every argument of every elementwise function.
//!
//! A row gives ∂f/∂xₖ as a term in the arguments `x` and the value `a = f(x…)`, so that a derivative can be written through the
//! value already computed: tanh′ = 1 − a². Sources: any calculus text; GELU′ = Φ + xφ from Hendrycks and Gimpel 2016; the
//! clipped residual of Huber 1964. Values at kinks are the conventions stated in the function table.

use derive_graph::Function;
use derive_index::{Rational, Term, build};

/// One partial derivative.
#[derive(Debug)]
pub struct DerivativeRow {
    /// The function's name in the function table.
    pub function: &'static str,
    /// Which argument.
    pub argument: usize,
    /// The derivative in words of mathematics, for documentation.
    pub written: &'static str,
    /// Whether formulas write `f′(x)` and state the derivative once, because it is long.
    pub primed: bool,
    /// The derivative in the arguments and the value.
    pub derivative: fn(&[Term], &Term) -> Term,
}

fn call(name: &str, arguments: &[&Term]) -> Term {
    build::apply(
        Function::named(name),
        arguments.iter().map(|&term| term.clone()).collect(),
    )
}

fn times(factors: &[Term]) -> Term {
    build::product(Vec::new(), factors.to_vec())
}

fn plus(terms: &[Term]) -> Term {
    build::sum(terms.to_vec())
}

fn one() -> Term {
    build::integer(1)
}

fn power(base: &Term, exponent: i64) -> Term {
    build::power(base.clone(), Rational::from_integer(exponent.into()))
}

/// (1 − x²)^(−1/2)
fn inverse_circle(x: &Term) -> Term {
    build::power(
        build::difference(one(), power(x, 2)),
        Rational::new((-1).into(), 2.into()),
    )
}

const fn row(
    function: &'static str,
    argument: usize,
    written: &'static str,
    primed: bool,
    derivative: fn(&[Term], &Term) -> Term,
) -> DerivativeRow {
    DerivativeRow {
        function,
        argument,
        written,
        primed,
        derivative,
    }
}

/// Every derivative.
#[rustfmt::skip]
pub static DERIVATIVES: &[DerivativeRow] = &[
    row("exp", 0, "a", false, |_, a| a.clone()),
    row("log", 0, "1/x", false, |x, _| build::reciprocal(x[0].clone())),
    row("sin", 0, "cos x", false, |x, _| call("cos", &[&x[0]])),
    row("cos", 0, "−sin x", false, |x, _| build::negate(call("sin", &[&x[0]]))),
    row("tan", 0, "1 + a²", false, |_, a| plus(&[one(), power(a, 2)])),
    row("tanh", 0, "1 − a²", false, |_, a| build::difference(one(), power(a, 2))),
    row("arcsin", 0, "1/√(1 − x²)", false, |x, _| inverse_circle(&x[0])),
    row("arccos", 0, "−1/√(1 − x²)", false, |x, _| build::negate(inverse_circle(&x[0]))),
    row("arctan", 0, "1/(1 + x²)", false, |x, _| build::reciprocal(plus(&[one(), power(&x[0], 2)]))),
    row("erf", 0, "2 exp(−x²)/√π", true, |x, _| times(&[
        build::integer(2), build::power(call("pi", &[]), Rational::new((-1).into(), 2.into())),
        call("exp", &[&build::negate(power(&x[0], 2))]),
    ])),
    row("sigmoid", 0, "a (1 − a)", false, |_, a| times(&[a.clone(), build::difference(one(), a.clone())])),
    row("softplus", 0, "σ(x)", false, |x, _| call("sigmoid", &[&x[0]])),
    row("silu", 0, "σ(x) + x σ(x) (1 − σ(x))", true, |x, _| {
        let s = call("sigmoid", &[&x[0]]);
        plus(&[s.clone(), times(&[x[0].clone(), s.clone(), build::difference(one(), s)])])
    }),
    row("gelu", 0, "Φ(x) + x φ(x)", true, |x, _| plus(&[
        call("normal_cdf", &[&x[0]]), times(&[x[0].clone(), call("normal_pdf", &[&x[0]])]),
    ])),
    row("relu", 0, "[x > 0]", false, |x, _| call("positive", &[&x[0]])),
    row("leaky_relu", 0, "[x > 0] + s [x ≤ 0]", false, |x, _| plus(&[
        call("positive", &[&x[0]]), times(&[x[1].clone(), call("nonpositive", &[&x[0]])]),
    ])),
    row("leaky_relu", 1, "x [x ≤ 0]", false, |x, _| times(&[x[0].clone(), call("nonpositive", &[&x[0]])])),
    row("elu", 0, "[x > 0] + α exp(x) [x ≤ 0]", false, |x, _| plus(&[
        call("positive", &[&x[0]]), times(&[x[1].clone(), call("exp", &[&x[0]]), call("nonpositive", &[&x[0]])]),
    ])),
    row("elu", 1, "(exp(x) − 1) [x ≤ 0]", false, |x, _| times(&[
        build::difference(call("exp", &[&x[0]]), one()), call("nonpositive", &[&x[0]]),
    ])),
    row("selu", 0, "λ ([x > 0] + α exp(x) [x ≤ 0])", true, |x, _| times(&[call("selu_scale", &[]), plus(&[
        call("positive", &[&x[0]]),
        times(&[call("selu_alpha", &[]), call("exp", &[&x[0]]), call("nonpositive", &[&x[0]])]),
    ])])),
    row("abs", 0, "sign x", false, |x, _| call("sign", &[&x[0]])),
    row("sign", 0, "0", false, |_, _| build::integer(0)),
    row("max", 0, "[x > y]", false, |x, _| call("greater", &[&x[0], &x[1]])),
    row("max", 1, "[y > x]", false, |x, _| call("greater", &[&x[1], &x[0]])),
    row("min", 0, "[y > x]", false, |x, _| call("greater", &[&x[1], &x[0]])),
    row("min", 1, "[x > y]", false, |x, _| call("greater", &[&x[0], &x[1]])),
    row("huber_value", 0, "clip(x, t)", false, |x, _| call("clip", &[&x[0], &x[1]])),
    row("huber_value", 1, "|x| − t where |x| > t, else 0", false, |x, _| times(&[
        build::difference(call("abs", &[&x[0]]), x[1].clone()),
        call("positive", &[&build::difference(call("abs", &[&x[0]]), x[1].clone())]),
    ])),
    row("power", 0, "y x^(y − 1)", false, |x, _| times(&[
        x[1].clone(), call("power", &[&x[0], &build::difference(x[1].clone(), one())]),
    ])),
    row("power", 1, "x^y ln x", false, |x, a| times(&[a.clone(), call("log", &[&x[0]])])),
    row("clip", 0, "[t > |x|]", false, |x, _| call("greater", &[&x[1], &call("abs", &[&x[0]])])),
    row("normal_cdf", 0, "φ(x)", false, |x, _| call("normal_pdf", &[&x[0]])),
    row("normal_pdf", 0, "−x φ(x)", false, |x, a| build::negate(times(&[x[0].clone(), a.clone()]))),
    row("positive", 0, "0", false, |_, _| build::integer(0)),
    row("nonpositive", 0, "0", false, |_, _| build::integer(0)),
    row("greater", 0, "0", false, |_, _| build::integer(0)),
    row("greater", 1, "0", false, |_, _| build::integer(0)),
    row("equal", 0, "0", false, |_, _| build::integer(0)),
    row("equal", 1, "0", false, |_, _| build::integer(0)),
    row("floor", 0, "0", false, |_, _| build::integer(0)),
];

/// The row for this argument of this function.
pub fn derivative_row(function: &str, argument: usize) -> Option<&'static DerivativeRow> {
    DERIVATIVES
        .iter()
        .find(|row| row.function == function && row.argument == argument)
}
