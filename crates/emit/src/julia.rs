//! The spellings and helper functions of Julia. Functions of numbers are applied entry by entry with a dot.

use crate::target::Helper;

/// Keywords, and functions that a program may call.
#[rustfmt::skip]
pub(crate) const RESERVED: &[&str] = &[
    "baremodule", "begin", "break", "catch", "const", "continue", "do", "else", "elseif", "end", "export", "false", "finally", "for",
    "function", "global", "if", "import", "in", "isa", "let", "local", "macro", "module", "quote", "return", "struct", "true", "try",
    "using", "where", "while", "abs", "acos", "asin", "atan", "cat", "clamp", "cos", "det", "diag", "diagm", "dropdims", "erf", "erfc", "exp", "fill",
    "fld", "floor", "ifelse", "inv", "log", "logabsdet", "max", "maximum", "min", "minimum", "mod", "ones", "only", "permutedims", "pi",
    "reshape", "sign", "sin", "size", "sqrt", "sum", "tan", "tanh", "vec", "zeros", "I", "Inf", "Matrix", "_", "loss", "gradients", "loss_and_gradients",
];

/// One row an operation.
#[rustfmt::skip]
pub(crate) const SPELLINGS: &[(&str, &str)] = &[
    ("power", "{0!} .^ {1!}"),
    ("exp", "exp.({0})"),
    ("log", "log.({0})"),
    ("sqrt", "sqrt.({0})"),
    ("sin", "sin.({0})"),
    ("cos", "cos.({0})"),
    ("tan", "tan.({0})"),
    ("tanh", "tanh.({0})"),
    ("arcsin", "asin.({0})"),
    ("arccos", "acos.({0})"),
    ("arctan", "atan.({0})"),
    ("erf", "erf.({0})"),
    ("sigmoid", "sigmoid.({0})"),
    ("softplus", "softplus.({0})"),
    ("silu", "silu.({0})"),
    ("gelu", "gelu.({0})"),
    ("relu", "max.({0}, 0.0)"),
    ("leaky_relu", "leaky_relu.({0}, {1})"),
    ("elu", "elu.({0}, {1})"),
    ("selu", "selu.({0})"),
    ("abs", "abs.({0})"),
    ("sign", "sign.({0})"),
    ("max", "max.({0}, {1})"),
    ("min", "min.({0}, {1})"),
    ("huber_value", "huber.({0}, {1})"),
    ("clip", "clamp.({0}, -{1!}, {1})"),
    ("positive", "float.({0!} .> 0)"),
    ("nonpositive", "float.({0!} .<= 0)"),
    ("greater", "greater.({0}, {1})"),
    ("equal", "float.({0!} .== {1!})"),
    ("floor", "floor.({0} .+ 1e-9)"),
    ("normal_cdf", "normal_cdf.({0})"),
    ("normal_pdf", "normal_pdf.({0})"),
    ("pi", "pi"),
    ("selu_scale", "1.0507009873554805"),
    ("selu_alpha", "1.6732632423543772"),
    ("inv", "inv({0})"),
    ("det", "det({0})"),
    ("logdet", "logabsdet({0})[1]"),
    ("dft", "dft({0}, -1)"),
    ("idft", "idft({0})"),
    ("conjugate", "conj.({0})"),
    ("real part", "real.({0})"),
    ("imaginary part", "imag.({0})"),
    ("imaginary unit", "im"),
    ("roots of unity", "cispi.(2 .* (0:{1!}-1) .* (0:{1!}-1)' ./ {1!})"),
    ("xlogy", "xlogy.({0}, {1})"),
    ("largest_where", "ifelse.({1!} .!= 0, {0}, -Inf)"),
    ("least_where", "ifelse.({1!} .!= 0, {0}, Inf)"),
    ("outer", "{0!} * {1!}'"),
    ("transpose", "{0!}'"),
    ("permute", "permutedims({0}, ({1},))"),
    ("view", "reshape({0}, {1})"),
    ("only", "only({0})"),
    ("broadcast", "{0!} .* ones({1})"),
    ("full", "fill(float({0}), {1})"),
    ("zeros", "zeros({1})"),
    ("ones", "ones({1})"),
    ("vec", "vec({0})"),
    ("dropped", "dropdims({0}; dims={1})"),
    ("sum all", "sum({0})"),
    ("sum keep", "sum({0}; dims={1})"),
    ("max all", "maximum({0})"),
    ("max keep", "maximum({0}; dims={1})"),
    ("min all", "minimum({0})"),
    ("min keep", "minimum({0}; dims={1})"),
    ("logsumexp keep", "logsumexp({0}; dims={1})"),
    ("einsum", "einsum(\"{1}\", {0})"),
    ("identity", "Matrix(1.0I, {1}, {1})"),
    ("reshape", "reshape_rows({0}, {1})"),
    ("concat", "cat({0}; dims={1})"),
    ("diagonal", "diag({0})"),
    ("diagonal matrix", "diagm({0})"),
    ("softmax", "softmax({0}; dims={1})"),
    ("log_softmax", "log_softmax({0}; dims={1})"),
    ("index", "{0!}[{1}]"),
    ("series", "sum({0} for {1} in {2}:{3})"),
    ("gather", "gather({0}, ({1},), ({2},) -> ({3},), 0.0)"),
    ("gather lowest", "gather({0}, ({1},), ({2},) -> ({3},), -Inf)"),
];

/// Functions that the program brings along.
pub(crate) const HELPERS: &[Helper] = &[
    Helper {
        name: "dft",
        text: "function dft(z, sign)
    # Term by term: Julia's standard library has no fast transform. With FFTW, this is fft(z), or bfft(z) for sign 1.
    n = length(z)
    [sum(z[m + 1] * cispi(2 * sign * mod(k * m, n) / n) for m in 0:n-1) for k in 0:n-1]
end
",
    },
    Helper {
        name: "idft",
        text: "idft(z) = dft(z, 1) ./ length(z)
",
    },
    Helper {
        name: "softmax",
        text: "function softmax(z; dims)
    # The largest entry is taken out, so that nothing overflows.
    e = exp.(z .- maximum(z; dims))
    e ./ sum(e; dims)
end
",
    },
    Helper {
        name: "log_softmax",
        text: "function log_softmax(z; dims)
    # The logarithm of softmax without softmax: the largest entry is taken out, and there is no log(0).
    s = z .- maximum(z; dims)
    s .- log.(sum(exp.(s); dims))
end
",
    },
    Helper {
        name: "logsumexp",
        text: "function logsumexp(z; dims)
    # The logarithm of a sum of exponentials: the largest entry is taken out, so that nothing overflows.
    largest = maximum(z; dims)
    largest .+ log.(sum(exp.(z .- largest); dims))
end
",
    },
    Helper {
        name: "xlogy",
        text: "# t ln p, and 0 where t is 0, whatever p is.
xlogy(t, p) = t == 0 ? 0.0 : t * log(p)
",
    },
    Helper {
        name: "sigmoid",
        text: "function sigmoid(z)
    # 1 / (1 + exp(-z)), written so that neither sign of z overflows.
    e = exp(-abs(z))
    (z >= 0 ? 1.0 : e) / (1 + e)
end
",
    },
    Helper {
        name: "softplus",
        text: "# log(1 + exp(z)), written so that nothing overflows.
softplus(z) = max(z, 0.0) + log1p(exp(-abs(z)))
",
    },
    Helper {
        name: "silu",
        text: "silu(z) = z * sigmoid(z)
",
    },
    Helper {
        name: "greater",
        text: "# 1 where a is greater, 0 where b is, a half where they are equal.
greater(a, b) = (a > b) + 0.5 * (a == b)
",
    },
    Helper {
        name: "normal_cdf",
        text: "# By the complementary error function, which keeps the digits of the lower tail.
normal_cdf(z) = 0.5 * erfc(-z / sqrt(2))
",
    },
    Helper {
        name: "normal_pdf",
        text: "normal_pdf(z) = exp(-0.5 * z^2) / sqrt(2 * pi)
",
    },
    Helper {
        name: "gelu",
        text: "gelu(z) = z * normal_cdf(z)
",
    },
    Helper {
        name: "leaky_relu",
        text: "leaky_relu(z, slope) = z > 0 ? z : slope * z
",
    },
    Helper {
        name: "elu",
        text: "# expm1 keeps the digits near 0.
elu(z, alpha) = z > 0 ? z : alpha * expm1(z)
",
    },
    Helper {
        name: "selu",
        text: "selu(z) = 1.0507009873554805 * elu(z, 1.6732632423543772)
",
    },
    Helper {
        name: "huber",
        text: "huber(z, threshold) = abs(z) <= threshold ? 0.5 * z^2 : threshold * (abs(z) - 0.5 * threshold)
",
    },
    Helper {
        name: "reshape_rows",
        text: "function reshape_rows(array, shape...)
    # The same entries, row by row, under another shape. Julia keeps columns together: axes are turned around before and after.
    turned(a) = permutedims(a, ndims(a):-1:1)
    turned(reshape(turned(array), reverse(shape)))
end
",
    },
    Helper {
        name: "einsum",
        text: "function einsum(labels, arrays...)
    # The product of arrays with labelled axes, summed over the labels that the result lacks.
    inputs, output = split(labels, \"->\")
    words = split(inputs, \",\")
    order = unique(output * join(words))
    result = 1.0
    for (word, array) in zip(words, arrays)
        axes = unique(word)
        if length(axes) < length(word)
            # Axes with equal labels: the entries where they have equal places.
            sizes = Tuple(size(array, findfirst(label, word)) for label in axes)
            place(index) = (index[findfirst(==(label), axes)] for label in word)
            array = [array[place(index)...] for index in CartesianIndices(sizes)]
        end
        places = [findfirst(==(label), order) for label in axes]
        shape = ones(Int, length(order))
        shape[places] .= size(array)
        result = result .* reshape(permutedims(array, sortperm(places)), shape...)
    end
    isempty(output) && return sum(result)
    summed = Tuple(length(output)+1:length(order))
    dropdims(sum(result; dims=summed); dims=summed)
end
",
    },
    Helper {
        name: "gather",
        text: "function gather(array, shape, places, outside)
    # The array of this shape that reads `array` at places(i, j, ...), counted from 0, and `outside` where that is no place of it.
    function entry(index)
        at = places((Tuple(index) .- 1)...) .+ 1
        checkbounds(Bool, array, at...) ? array[at...] : outside
    end
    [entry(index) for index in CartesianIndices(shape)]
end
",
    },
    Helper {
        name: "exact_quotient",
        text: "# place / divisor where that is a whole number, and no place (-1) elsewhere.
exact_quotient(place, divisor) = mod(place, divisor) == 0 ? div(place, divisor) : -1
",
    },
];
