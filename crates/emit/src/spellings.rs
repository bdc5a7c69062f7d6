//! How the libraries of Python spell every operation, and the helper functions that they lack.
//!
//! One row of [`SPELLINGS`] an operation: a template in which `{0}` stands for an argument, `{0!}` for an argument in brackets
//! unless it is a name or a call, and `{np}` for the array module; a library's own rows come before the common ones. A helper
//! function is printed only if a line uses it.

use crate::target::Helper;

/// Keywords and builtins of Python, what the module itself defines, and letters that linters refuse.
#[rustfmt::skip]
pub(crate) const RESERVED: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield", "match", "case", "type",
    "abs", "all", "any", "bin", "bool", "bytes", "callable", "chr", "complex", "dict", "dir", "eval", "exec", "filter", "float",
    "format", "hash", "help", "hex", "id", "input", "int", "iter", "len", "list", "map", "max", "min", "next", "object", "oct", "open",
    "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "super", "tuple",
    "vars", "zip",
    "l", "O", "I", "jax", "torch", "derived_loss", "Loss", "math", "values", "loss", "gradients", "loss_and_gradients", "SHAPES", "GRADIENTS", "ATTRIBUTES", "sliding_window_view",
];

/// The common spellings, by the names of the function table, of the matrix functions, and of the operations of the arena.
#[rustfmt::skip]
pub(crate) static SPELLINGS: &[(&str, &str)] = &[
    // Elementwise functions. Arithmetic is written with operators.
    ("power", "{0!} ** {1!}"),
    ("exp", "{np}.exp({0})"),
    ("log", "{np}.log({0})"),
    ("sqrt", "{np}.sqrt({0})"),
    ("sin", "{np}.sin({0})"),
    ("cos", "{np}.cos({0})"),
    ("tan", "{np}.tan({0})"),
    ("tanh", "{np}.tanh({0})"),
    ("arcsin", "{np}.arcsin({0})"),
    ("arccos", "{np}.arccos({0})"),
    ("arctan", "{np}.arctan({0})"),
    ("erf", "erf({0})"),
    ("sigmoid", "sigmoid({0})"),
    ("softplus", "softplus({0})"),
    ("silu", "silu({0})"),
    ("gelu", "gelu({0})"),
    ("relu", "{np}.maximum({0}, 0.0)"),
    ("leaky_relu", "leaky_relu({0}, {1})"),
    ("elu", "elu({0}, {1})"),
    ("selu", "selu({0})"),
    ("abs", "{np}.abs({0})"),
    ("sign", "{np}.sign({0})"),
    ("max", "{np}.maximum({0}, {1})"),
    ("min", "{np}.minimum({0}, {1})"),
    ("huber_value", "huber({0}, {1})"),
    ("clip", "{np}.clip({0}, -{1!}, {1})"),
    ("positive", "{np}.heaviside({0}, 0.0)"),
    ("nonpositive", "{np}.heaviside(-{0!}, 1.0)"),
    ("greater", "{np}.heaviside({0} - {1!}, 0.5)"),
    ("greater zero", "{np}.heaviside({0}, 0.5)"),
    ("equal", "{np}.where({0} == {1}, 1.0, 0.0)"),
    // A product with one of these is a choice of entries.
    ("masked", "{np}.where({1}, {0}, 0.0)"),
    ("positive condition", "{0!} > 0"),
    ("nonpositive condition", "{0!} <= 0"),
    ("equal condition", "{0!} == {1!}"),
    ("floor", "{np}.floor({0} + 1e-9)"),
    ("normal_cdf", "normal_cdf({0})"),
    ("normal_pdf", "normal_pdf({0})"),
    ("pi", "{np}.pi"),
    ("selu_scale", "1.0507009873554805"),
    ("selu_alpha", "1.6732632423543772"),
    // Functions of a matrix.
    ("inv", "{np}.linalg.inv({0})"),
    ("det", "{np}.linalg.det({0})"),
    ("logdet", "{np}.linalg.slogdet({0})[1]"),
    // Complex numbers.
    ("dft", "{np}.fft.fft({0})"),
    ("idft", "{np}.fft.ifft({0})"),
    ("conjugate", "{np}.conj({0})"),
    ("real part", "{np}.real({0})"),
    ("imaginary part", "{np}.imag({0})"),
    ("imaginary unit", "1j"),
    ("roots of unity", "roots_of_unity({1})"),
    // Operations of the arena.
    ("xlogy", "xlogy({0}, {1})"),
    ("largest_where", "{np}.where({1} != 0, {0}, -{np}.inf)"),
    ("least_where", "{np}.where({1} != 0, {0}, {np}.inf)"),
    ("matmul", "{0!} @ {1!}"),
    ("outer", "{np}.outer({0}, {1})"),
    ("transpose", "{0!}.T"),
    ("permute", "{np}.transpose({0}, {1})"),
    ("broadcast", "{np}.broadcast_to({0}, {1})"),
    ("full", "{np}.full({1}, {0}, dtype=float)"),
    ("zeros", "{np}.zeros({1})"),
    ("ones", "{np}.ones({1})"),
    ("sum all", "{np}.sum({0})"),
    ("sum", "{np}.sum({0}, axis={1})"),
    ("sum keep", "{np}.sum({0}, axis={1}, keepdims=True)"),
    ("max all", "{np}.max({0})"),
    ("max axis", "{np}.max({0}, axis={1})"),
    ("max keep", "{np}.max({0}, axis={1}, keepdims=True)"),
    ("min all", "{np}.min({0})"),
    ("min axis", "{np}.min({0}, axis={1})"),
    ("min keep", "{np}.min({0}, axis={1}, keepdims=True)"),
    ("logsumexp", "logsumexp({0}, axis={1})"),
    ("logsumexp keep", "logsumexp({0}, axis={1}, keepdims=True)"),
    ("einsum", "{np}.einsum(\"{1}\", {0}, optimize=True)"),
    ("identity", "{np}.eye({1})"),
    ("reshape", "{np}.reshape({0}, {1})"),
    ("concat", "{np}.concatenate(({0}), axis={1})"),
    ("diagonal", "{np}.diagonal({0})"),
    ("diagonal matrix", "{np}.diag({0})"),
    ("softmax", "softmax({0}, axis={1})"),
    ("log_softmax", "log_softmax({0}, axis={1})"),
    ("series", "sum({0} for {1} in range({2}, {3}))"),
    ("own entries", "{0}.copy()"),
    ("array", "{np}.asarray({0}, dtype=float)"),
    ("result", "float({0})"),
];

/// `np.where` and `np.heaviside` branch at every entry: a product with a condition takes a twentieth of their time. On small arrays the functions
/// `np.sum` and `np.max` take longer to be called than the methods.
pub(crate) const NUMPY: &[(&str, &str)] = &[
    ("sum all", "{0!}.sum()"),
    ("sum", "{0!}.sum(axis={1})"),
    ("sum keep", "{0!}.sum(axis={1}, keepdims=True)"),
    ("max all", "{0!}.max()"),
    ("max axis", "{0!}.max(axis={1})"),
    ("max keep", "{0!}.max(axis={1}, keepdims=True)"),
    ("min all", "{0!}.min()"),
    ("min axis", "{0!}.min(axis={1})"),
    ("min keep", "{0!}.min(axis={1}, keepdims=True)"),
    ("masked", "{0} * ({1})"),
    ("positive", "({0} > 0).astype(float)"),
    ("nonpositive", "({0} <= 0).astype(float)"),
    ("equal", "({0!} == {1!}).astype(float)"),
];

pub(crate) const JAX: &[(&str, &str)] = &[
    ("erf", "jax.scipy.special.erf({0})"),
    ("sigmoid", "jax.nn.sigmoid({0})"),
    ("normal_cdf", "jax.scipy.stats.norm.cdf({0})"),
    ("relu", "jax.nn.relu({0})"),
    ("gelu", "jax.nn.gelu({0}, approximate=False)"),
    ("own entries", "{0}"),
    ("result", "{0}"),
];

pub(crate) const JAX_TAIL: &str = "@jax.custom_vjp
def derived_loss(values):
    \"\"\"The loss of a dictionary of arrays, with the derived gradients as its derivative.\"\"\"
    return loss_and_gradients(**values)[0]


def derived_loss_forward(values):
    value, gradients = loss_and_gradients(**values)
    return value, {name: gradients.get(name) for name in values}


def derived_loss_backward(gradients, cotangent):
    # What has no gradient is None, and stays so.
    return (jax.tree.map(lambda it: cotangent * it, gradients),)


derived_loss.defvjp(derived_loss_forward, derived_loss_backward)
";

#[rustfmt::skip]
pub(crate) const TORCH: &[(&str, &str)] = &[
    ("relu", "torch.relu({0})"),
    ("sigmoid", "torch.sigmoid({0})"),
    ("erf", "torch.erf({0})"),
    ("normal_cdf", "torch.special.ndtr({0})"),
    ("gelu", "torch.nn.functional.gelu({0})"),
    ("max", "maximum({0}, {1})"),
    ("min", "-maximum(-{0!}, -{1!})"),
    ("clip", "-maximum(-maximum({0}, -{1!}), -{1!})"),
    ("positive", "heaviside({0}, 0.0)"),
    ("nonpositive", "heaviside(-{0!}, 1.0)"),
    ("greater", "heaviside({0} - {1!}, 0.5)"),
    ("greater zero", "heaviside({0}, 0.5)"),
    // `torch.where` of two numbers has 32 bits.
    ("equal", "({0!} == {1!}).to(torch.float64)"),
    ("pi", "math.pi"),
    ("full", "{0!} * torch.ones({1}, dtype=torch.float64)"),
    ("zeros", "torch.zeros({1}, dtype=torch.float64)"),
    ("ones", "torch.ones({1}, dtype=torch.float64)"),
    ("identity", "torch.eye({1}, dtype=torch.float64)"),
    ("permute", "torch.permute({0}, {1})"),
    ("sum", "torch.sum({0}, dim={1})"),
    ("sum keep", "torch.sum({0}, dim={1}, keepdim=True)"),
    ("max axis", "torch.amax({0}, dim={1})"),
    ("max keep", "torch.amax({0}, dim={1}, keepdim=True)"),
    ("min axis", "torch.amin({0}, dim={1})"),
    ("min keep", "torch.amin({0}, dim={1}, keepdim=True)"),
    ("logsumexp", "torch.logsumexp({0}, dim={1})"),
    ("logsumexp keep", "torch.logsumexp({0}, dim={1}, keepdim=True)"),
    ("einsum", "torch.einsum(\"{1}\", {0})"),
    ("concat", "torch.cat(({0}), dim={1})"),
    ("softmax", "torch.softmax({0}, dim={1})"),
    ("log_softmax", "torch.log_softmax({0}, dim={1})"),
    ("array", "torch.as_tensor({0}, dtype=torch.float64)"),
    ("own entries", "{0}.clone()"),
    // A matrix product of a complex array and a real one is an error.
    ("complex", "{0!}.to(torch.complex128)"),
    ("size", "torch.tensor({0}, dtype=torch.float64)"),
    ("result", "{0}"),
];

pub(crate) const TORCH_HELPERS: &[Helper] = &[
    Helper {
        name: "roots_of_unity",
        text: "def roots_of_unity(n):
    \"\"\"exp(2 pi i k m / n) for all k and m.\"\"\"
    turns = torch.outer(torch.arange(n), torch.arange(n)) % n
    return torch.exp(2j * math.pi * turns.to(torch.float64) / n)
",
    },
    Helper {
        name: "softplus",
        text: "def softplus(z):
    \"\"\"ln(1 + exp(z)), of which no part overflows.\"\"\"
    return torch.logaddexp(z, torch.zeros_like(z))
",
    },
    Helper {
        name: "heaviside",
        text: "def heaviside(z, at_zero):
    \"\"\"1 where z is positive, 0 where it is negative.\"\"\"
    return torch.where(z == 0, at_zero, (z > 0).to(z.dtype))
",
    },
    Helper {
        name: "maximum",
        text: "def maximum(a, b):
    \"\"\"The larger of two, each an array or a number.\"\"\"
    a, b = (torch.as_tensor(it, dtype=torch.float64) for it in (a, b))
    return torch.maximum(a, b)
",
    },
    Helper {
        name: "elu",
        text: "def elu(z, alpha):
    \"\"\"expm1 keeps the digits near 0; its argument is never positive, so that nothing overflows.\"\"\"
    return torch.where(z > 0, z, alpha * torch.expm1(torch.clamp(z, max=0.0)))
",
    },
    Helper {
        name: "normal_pdf",
        text: "def normal_pdf(z):
    return torch.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
",
    },
    Helper {
        name: "gather",
        text: "def gather(array, shape, places, outside=0.0):
    \"\"\"The array of this shape that reads `array` at places(i, j, ...), and `outside` where that is no place of it.\"\"\"
    counts = [torch.arange(size) for size in shape]
    axes = [[-1 if at == axis else 1 for at in range(len(shape))] for axis in range(len(shape))]
    where = places(*(count.reshape(axis) for count, axis in zip(counts, axes, strict=True)))
    where = [torch.as_tensor(place) for place in where]
    inside = torch.tensor(True)
    for place, size in zip(where, array.shape, strict=True):
        inside = inside & (place >= 0) & (place < size)
    found = array[tuple(torch.where(inside, place, 0) for place in where)]
    return torch.where(inside, found, outside)
",
    },
];

pub(crate) const TORCH_TAIL: &str = "class Loss(torch.autograd.Function):
    \"\"\"The loss of named arrays, with the derived gradients as its backward pass.\"\"\"

    @staticmethod
    def forward(ctx, names, *arrays):
        value, gradients = loss_and_gradients(**dict(zip(names, arrays, strict=True)))
        ctx.gradients = [gradients.get(name) for name in names]
        return value

    @staticmethod
    def backward(ctx, cotangent):
        return (None, *(None if it is None else cotangent * it for it in ctx.gradients))


def loss(**values):
    return Loss.apply(tuple(values), *values.values())
";

pub(crate) const TORCH_TAIL_OF_LISTS: &str = "class Loss(torch.autograd.Function):
    \"\"\"The loss of named arrays, with the derived gradients as its backward pass.\"\"\"

    @staticmethod
    def forward(ctx, lengths, *arrays):
        arrays = iter(arrays)
        values = {
            name: next(arrays) if length is None else [next(arrays) for _ in range(length)]
            for name, length in lengths.items()
        }
        value, gradients = loss_and_gradients(**values)
        ctx.gradients = []
        for name, length in lengths.items():
            found = gradients.get(name)
            if length is None:
                ctx.gradients.append(found)
            else:
                ctx.gradients.extend([None] * length if found is None else found)
        return value

    @staticmethod
    def backward(ctx, cotangent):
        return (None, *(None if it is None else cotangent * it for it in ctx.gradients))


def loss(**values):
    # The length of every list; None for an array alone.
    lengths = {name: len(it) if isinstance(it, list | tuple) else None for name, it in values.items()}
    arrays = []
    for name, length in lengths.items():
        arrays.extend([values[name]] if length is None else values[name])
    return Loss.apply(lengths, *arrays)
";

/// Helper functions. What keeps them careful stands in their first line.
pub(crate) static HELPERS: &[Helper] = &[
    Helper {
        name: "roots_of_unity",
        text: "def roots_of_unity(n):
    \"\"\"exp(2 pi i k m / n) for all k and m.\"\"\"
    turns = {np}.outer({np}.arange(n), {np}.arange(n)) % n
    return {np}.exp(2j * {np}.pi / n * turns)
",
    },
    Helper {
        name: "softmax",
        text: "def softmax(z, axis):
    \"\"\"The largest entry is taken out, so that nothing overflows.\"\"\"
    e = {np}.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
",
    },
    Helper {
        name: "log_softmax",
        text: "def log_softmax(z, axis):
    \"\"\"The logarithm of softmax without softmax: the largest entry is taken out, and there is no log(0).\"\"\"
    s = z - z.max(axis=axis, keepdims=True)
    return s - {np}.log({np}.exp(s).sum(axis=axis, keepdims=True))
",
    },
    Helper {
        name: "logsumexp",
        text: "def logsumexp(z, axis, keepdims=False):
    \"\"\"The logarithm of a sum of exponentials: the largest entry is taken out, so that nothing overflows.\"\"\"
    largest = z.max(axis=axis, keepdims=True)
    result = largest + {np}.log({np}.exp(z - largest).sum(axis=axis, keepdims=True))
    return result if keepdims else {np}.squeeze(result, axis=axis)
",
    },
    Helper {
        name: "xlogy",
        text: "def xlogy(t, p):
    \"\"\"t ln p, and 0 where t is 0, whatever p is.\"\"\"
    return t * {np}.log({np}.where(t == 0, 1.0, p))
",
    },
    Helper {
        name: "sigmoid",
        text: "def sigmoid(z):
    \"\"\"1 / (1 + exp(-z)), written so that neither sign of z overflows.\"\"\"
    e = {np}.exp(-{np}.abs(z))
    return {np}.where(z >= 0, 1.0, e) / (1.0 + e)
",
    },
    Helper {
        name: "softplus",
        text: "def softplus(z):
    \"\"\"ln(1 + exp(z)), of which no part overflows.\"\"\"
    return {np}.logaddexp(0.0, z)
",
    },
    Helper {
        name: "silu",
        text: "def silu(z):
    return z * sigmoid(z)
",
    },
    Helper {
        name: "erf",
        text: "def erf(z):
    \"\"\"NumPy has no error function: the standard library's, entry by entry.\"\"\"
    return {np}.vectorize(math.erf, otypes=[float])(z)
",
    },
    Helper {
        name: "normal_cdf",
        text: "def normal_cdf(z):
    \"\"\"By the complementary error function, which keeps the digits of the lower tail.\"\"\"
    return 0.5 * {np}.vectorize(math.erfc, otypes=[float])(-z / math.sqrt(2.0))
",
    },
    Helper {
        name: "normal_pdf",
        text: "def normal_pdf(z):
    return {np}.exp(-0.5 * z**2) / {np}.sqrt(2.0 * {np}.pi)
",
    },
    Helper {
        name: "gelu",
        text: "def gelu(z):
    return z * normal_cdf(z)
",
    },
    Helper {
        name: "leaky_relu",
        text: "def leaky_relu(z, slope):
    return {np}.where(z > 0, z, slope * z)
",
    },
    Helper {
        name: "elu",
        text: "def elu(z, alpha):
    \"\"\"expm1 keeps the digits near 0; its argument is never positive, so that nothing overflows.\"\"\"
    return {np}.where(z > 0, z, alpha * {np}.expm1({np}.minimum(z, 0.0)))
",
    },
    Helper {
        name: "selu",
        text: "def selu(z):
    return 1.0507009873554805 * elu(z, 1.6732632423543772)
",
    },
    Helper {
        name: "huber",
        text: "def huber(z, threshold):
    inside = 0.5 * z**2
    outside = threshold * ({np}.abs(z) - 0.5 * threshold)
    return {np}.where({np}.abs(z) <= threshold, inside, outside)
",
    },
    Helper {
        name: "gather",
        text: "def gather(array, shape, places, outside=0.0):
    \"\"\"The array of this shape that reads `array` at places(i, j, ...), and `outside` where that is no place of it.\"\"\"
    where = places(*{np}.indices(shape, sparse=True))
    inside = True
    for place, size in zip(where, array.shape, strict=True):
        inside = inside & (place >= 0) & (place < size)
    found = array[tuple({np}.where(inside, place, 0) for place in where)]
    return {np}.where(inside, found, outside)
",
    },
    Helper {
        name: "exact_quotient",
        text: "def exact_quotient(place, divisor):
    \"\"\"place / divisor where that is a whole number, and no place (-1) elsewhere.\"\"\"
    return {np}.where(place % divisor == 0, place // divisor, -1)
",
    },
];
