//! The table of elementwise functions, one row a function.
//!
//! Sources: SELU's constants from Klambauer et al. 2017; GELU in its exact form from Hendrycks and Gimpel 2016; ELU from
//! Clevert et al. 2015; SiLU from Elfwing et al. 2017; Huber's loss from Huber 1964.

use crate::function::{Arithmetic, Domain, FunctionRow, Notation, Range};
use crate::numeric::{Dual, Real};

/// Both evaluators of one forward meaning.
macro_rules! meaning {
    ($name:ident, |$x:ident| $body:expr) => {
        fn $name<R: Real>($x: &[R]) -> R {
            $body
        }
    };
}

meaning!(add, |x| x[0] + x[1]);
meaning!(subtract, |x| x[0] - x[1]);
meaning!(multiply, |x| x[0] * x[1]);
meaning!(divide, |x| x[0] / x[1]);
meaning!(negate, |x| -x[0]);
meaning!(square, |x| x[0] * x[0]);
meaning!(exp, |x| x[0].exp());
meaning!(log, |x| x[0].ln());
meaning!(sqrt, |x| x[0].sqrt());
meaning!(sin, |x| x[0].sin());
meaning!(cos, |x| x[0].cos());
meaning!(tan, |x| x[0].sin() / x[0].cos());
meaning!(tanh, |x| x[0].tanh());
meaning!(arcsin, |x| x[0].asin());
meaning!(arccos, |x| R::constant(core::f64::consts::FRAC_PI_2)
    - x[0].asin());
meaning!(arctan, |x| x[0].atan());
meaning!(erf, |x| x[0].erf());
meaning!(relu, |x| if x[0].value() > 0.0 {
    x[0]
} else {
    R::constant(0.0)
});
meaning!(leaky_relu, |x| if x[0].value() > 0.0 {
    x[0]
} else {
    x[1] * x[0]
});
// Smooth at zero on either branch, and neither overflows.
meaning!(softplus, |x| if x[0].value() > 0.0 {
    x[0] + (R::constant(1.0) + (-x[0]).exp()).ln()
} else {
    (R::constant(1.0) + x[0].exp()).ln()
});
meaning!(silu, |x| x[0] * logistic(x[0]));
meaning!(gelu, |x| x[0] * cumulative(x[0]));
meaning!(sigmoid, |x| logistic(x[0]));
meaning!(abs, |x| absolute(x[0]));
meaning!(sign, |x| R::constant(signum(x[0].value())));
// Equal entries share the slope equally.
meaning!(maximum, |x| if x[0].value() > x[1].value() {
    x[0]
} else if x[0].value() < x[1].value() {
    x[1]
} else {
    R::constant(0.5) * (x[0] + x[1])
});
meaning!(minimum, |x| if x[0].value() < x[1].value() {
    x[0]
} else if x[0].value() > x[1].value() {
    x[1]
} else {
    R::constant(0.5) * (x[0] + x[1])
});
meaning!(elu, |x| if x[0].value() > 0.0 {
    x[0]
} else {
    x[1] * (x[0].exp() - R::constant(1.0))
});
meaning!(selu, |x| if x[0].value() > 0.0 {
    R::constant(SELU_SCALE) * x[0]
} else {
    R::constant(SELU_SCALE * SELU_ALPHA) * (x[0].exp() - R::constant(1.0))
});
meaning!(huber, |x| if absolute(x[0]).value() <= x[1].value() {
    R::constant(0.5) * x[0] * x[0]
} else {
    x[1] * (absolute(x[0]) - R::constant(0.5) * x[1])
});
meaning!(clip, |x| if x[0].value() > x[1].value() {
    x[1]
} else if x[0].value() < -x[1].value() {
    -x[1]
} else {
    x[0]
});
meaning!(positive, |x| R::constant(f64::from(u8::from(
    x[0].value() > 0.0
))));
meaning!(nonpositive, |x| R::constant(f64::from(u8::from(
    x[0].value() <= 0.0
))));
meaning!(greater, |x| R::constant(share(x[0].value(), x[1].value())));
meaning!(equal, |x| R::constant(f64::from(u8::from(
    x[0].value() == x[1].value()
))));
// A quotient of whole numbers that is itself whole may come out a little low.
meaning!(floor, |x| R::constant((x[0].value() + 1e-9).floor()));
meaning!(normal_cdf, |x| cumulative(x[0]));
meaning!(normal_pdf, |x| density(x[0]));
meaning!(pi, |_x| R::constant(core::f64::consts::PI));
meaning!(selu_scale, |_x| R::constant(SELU_SCALE));
meaning!(selu_alpha, |_x| R::constant(SELU_ALPHA));

/// x^y: an integer exponent keeps negative bases defined.
fn power<R: Real>(x: &[R]) -> R {
    let exponent = x[1].value();
    let base = x[0].powf(exponent);
    // d x^y = … + x^y ln x dy; the term is left out for a constant exponent, where ln x need not exist.
    let direction = x[1] - R::constant(exponent);
    if x[0].value() > 0.0 {
        base + base * x[0].ln() * direction
    } else {
        base
    }
}

const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

fn absolute<R: Real>(x: R) -> R {
    if x.value() > 0.0 {
        x
    } else if x.value() < 0.0 {
        -x
    } else {
        R::constant(0.0)
    }
}

fn signum(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

/// The share of x in the maximum of x and y: equal entries share it equally.
fn share(x: f64, y: f64) -> f64 {
    if x == y {
        0.5
    } else {
        f64::from(u8::from(x > y))
    }
}

/// Written so that neither sign of x overflows.
fn logistic<R: Real>(x: R) -> R {
    let one = R::constant(1.0);
    if x.value() >= 0.0 {
        one / (one + (-x).exp())
    } else {
        let e = x.exp();
        e / (one + e)
    }
}

fn cumulative<R: Real>(x: R) -> R {
    let half = R::constant(0.5);
    half + half * (x * R::constant(core::f64::consts::FRAC_1_SQRT_2)).erf()
}

fn density<R: Real>(x: R) -> R {
    let scale = 0.5 * core::f64::consts::FRAC_1_SQRT_2 * core::f64::consts::FRAC_2_SQRT_PI;
    R::constant(scale) * (R::constant(-0.5) * x * x).exp()
}

/// A row whose remaining fields are the common ones; each row below states what differs.
const fn plain(
    name: &'static str,
    real: fn(&[f64]) -> f64,
    dual: fn(&[Dual]) -> Dual,
    text: &'static str,
    latex: &'static str,
) -> FunctionRow {
    FunctionRow {
        name,
        arity: 1,
        defaults: &[],
        real,
        dual,
        notation: Notation::Call,
        text,
        latex,
        domain: Domain::Real,
        range: Range::Real,
        kink: None,
        internal: false,
    }
}

const fn arithmetic(
    name: &'static str,
    arity: usize,
    real: fn(&[f64]) -> f64,
    dual: fn(&[Dual]) -> Dual,
    operation: Arithmetic,
) -> FunctionRow {
    let row = plain(name, real, dual, name, name);
    FunctionRow {
        arity,
        notation: Notation::Arithmetic(operation),
        internal: true,
        ..row
    }
}

/// Every elementwise function, in the order in which documentation lists them.
#[rustfmt::skip]
pub static FUNCTIONS: &[FunctionRow] = &[
    arithmetic("add", 2, add, add, Arithmetic::Add),
    arithmetic("subtract", 2, subtract, subtract, Arithmetic::Subtract),
    arithmetic("multiply", 2, multiply, multiply, Arithmetic::Multiply),
    arithmetic("divide", 2, divide, divide, Arithmetic::Divide),
    arithmetic("negate", 1, negate, negate, Arithmetic::Negate),
    arithmetic("power", 2, power, power, Arithmetic::Power),

    FunctionRow { notation: Notation::Exponential, range: Range::Positive, ..plain("exp", exp, exp, "exp", r"\exp") },
    FunctionRow { domain: Domain::Positive, ..plain("log", log, log, "ln", r"\ln") },
    FunctionRow { notation: Notation::Root, domain: Domain::Positive, range: Range::Positive, ..plain("sqrt", sqrt, sqrt, "sqrt", r"\sqrt") },
    FunctionRow { notation: Notation::Square, ..plain("square", square, square, "square", r"\operatorname{square}") },
    plain("sin", sin, sin, "sin", r"\sin"),
    plain("cos", cos, cos, "cos", r"\cos"),
    plain("tan", tan, tan, "tan", r"\tan"),
    plain("tanh", tanh, tanh, "tanh", r"\tanh"),
    FunctionRow { domain: Domain::OpenUnitBall, ..plain("arcsin", arcsin, arcsin, "arcsin", r"\arcsin") },
    FunctionRow { domain: Domain::OpenUnitBall, ..plain("arccos", arccos, arccos, "arccos", r"\arccos") },
    plain("arctan", arctan, arctan, "arctan", r"\arctan"),
    plain("erf", erf, erf, "erf", r"\operatorname{erf}"),
    FunctionRow { range: Range::OpenUnitInterval, ..plain("sigmoid", sigmoid, sigmoid, "σ", r"\sigma") },
    FunctionRow { range: Range::Positive, ..plain("softplus", softplus, softplus, "softplus", r"\operatorname{softplus}") },
    plain("silu", silu, silu, "silu", r"\operatorname{silu}"),
    plain("gelu", gelu, gelu, "gelu", r"\operatorname{gelu}"),
    FunctionRow { kink: Some("relu′(0) = 0"), ..plain("relu", relu, relu, "relu", r"\operatorname{relu}") },
    FunctionRow { arity: 2, defaults: &["0.01"], kink: Some("leaky_relu′(0) is the slope of the left side"), ..plain("leaky_relu", leaky_relu, leaky_relu, "leaky_relu", r"\operatorname{leaky\_relu}") },
    FunctionRow { arity: 2, defaults: &["1"], kink: Some("elu′(0) = α, the slope of the left side"), ..plain("elu", elu, elu, "elu", r"\operatorname{elu}") },
    FunctionRow { kink: Some("selu′(0) is the slope of the left side"), ..plain("selu", selu, selu, "selu", r"\operatorname{selu}") },
    FunctionRow { notation: Notation::Bars, domain: Domain::NonZero, kink: Some("the derivative of |x| at 0 is 0"), ..plain("abs", abs, abs, "abs", r"\operatorname{abs}") },
    FunctionRow { domain: Domain::NonZero, kink: Some("the derivative of sign is 0 everywhere, at 0 too"), ..plain("sign", sign, sign, "sign", r"\operatorname{sign}") },
    FunctionRow { arity: 2, kink: Some("the maximum of equal entries shares the cotangent equally"), ..plain("max", maximum, maximum, "max", r"\max") },
    FunctionRow { arity: 2, kink: Some("the minimum of equal entries shares the cotangent equally"), ..plain("min", minimum, minimum, "min", r"\min") },
    FunctionRow { arity: 2, defaults: &["1"], internal: true, ..plain("huber_value", huber, huber, "H", r"\operatorname{H}") },

    // Functions that only derivations use.
    FunctionRow { arity: 2, internal: true, ..plain("clip", clip, clip, "clip", r"\operatorname{clip}") },
    FunctionRow { notation: Notation::Indicator, internal: true, domain: Domain::NonZero, ..plain("positive", positive, positive, "> 0", "> 0") },
    FunctionRow { notation: Notation::Indicator, internal: true, domain: Domain::NonZero, ..plain("nonpositive", nonpositive, nonpositive, "≤ 0", r"\le 0") },
    FunctionRow { notation: Notation::Comparison, arity: 2, internal: true, ..plain("greater", greater, greater, ">", ">") },
    FunctionRow { notation: Notation::Comparison, arity: 2, internal: true, ..plain("equal", equal, equal, "=", "=") },
    FunctionRow { notation: Notation::Floor, internal: true, ..plain("floor", floor, floor, "floor", r"\operatorname{floor}") },
    FunctionRow { internal: true, range: Range::OpenUnitInterval, ..plain("normal_cdf", normal_cdf, normal_cdf, "Φ", r"\Phi") },
    FunctionRow { internal: true, range: Range::Positive, ..plain("normal_pdf", normal_pdf, normal_pdf, "φ", r"\varphi") },
    FunctionRow { notation: Notation::Constant, arity: 0, internal: true, range: Range::Positive, ..plain("pi", pi, pi, "π", r"\pi") },
    FunctionRow { notation: Notation::Constant, arity: 0, internal: true, range: Range::Positive, ..plain("selu_scale", selu_scale, selu_scale, "λ_selu", r"\lambda_{\mathrm{selu}}") },
    FunctionRow { notation: Notation::Constant, arity: 0, internal: true, range: Range::Positive, ..plain("selu_alpha", selu_alpha, selu_alpha, "α_selu", r"\alpha_{\mathrm{selu}}") },
];
