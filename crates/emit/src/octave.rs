//! The spellings and helper functions of GNU Octave. Signs broadcast by themselves.

use crate::target::Helper;

/// Keywords, and functions that a program may call.
#[rustfmt::skip]
pub(crate) const RESERVED: &[&str] = &[
    "break", "case", "catch", "continue", "do", "else", "elseif", "end", "end_try_catch", "end_unwind_protect", "endfor", "endfunction",
    "endif", "endparfor", "endswitch", "endwhile", "enumeration", "events", "for", "function", "global", "if", "methods", "otherwise",
    "parfor", "persistent", "properties", "return", "switch", "try", "until", "unwind_protect", "unwind_protect_cleanup", "while",
    "__FILE__", "__LINE__", "_", "abs", "acos", "asin", "atan", "cat", "cell", "cos", "det", "diag", "double", "erf", "erfc", "exp", "eye", "floor",
    "inv", "log", "max", "min", "mod", "numel", "ones", "permute", "pi", "repmat", "reshape", "sign", "sin", "size", "sqrt", "struct", "sum",
    "tan", "tanh", "zeros", "Inf", "values", "loss", "gradients", "loss_and_gradients",
];

/// One row an operation.
#[rustfmt::skip]
pub(crate) const SPELLINGS: &[(&str, &str)] = &[
    ("power", "{0!} .^ {1!}"),
    ("exp", "exp({0})"),
    ("log", "log({0})"),
    ("sqrt", "sqrt({0})"),
    ("sin", "sin({0})"),
    ("cos", "cos({0})"),
    ("tan", "tan({0})"),
    ("tanh", "tanh({0})"),
    ("arcsin", "asin({0})"),
    ("arccos", "acos({0})"),
    ("arctan", "atan({0})"),
    ("erf", "erf({0})"),
    ("sigmoid", "sigmoid({0})"),
    ("softplus", "softplus({0})"),
    ("silu", "silu({0})"),
    ("gelu", "gelu({0})"),
    ("relu", "max({0}, 0)"),
    ("leaky_relu", "leaky_relu({0}, {1})"),
    ("elu", "elu({0}, {1})"),
    ("selu", "selu({0})"),
    ("abs", "abs({0})"),
    ("sign", "sign({0})"),
    ("max", "max({0}, {1})"),
    ("min", "min({0}, {1})"),
    ("huber_value", "huber({0}, {1})"),
    ("clip", "min(max({0}, -{1!}), {1})"),
    ("positive", "double({0!} > 0)"),
    ("nonpositive", "double({0!} <= 0)"),
    ("greater", "greater({0}, {1})"),
    ("equal", "double({0!} == {1!})"),
    ("floor", "floor({0} + 1e-9)"),
    ("normal_cdf", "normal_cdf({0})"),
    ("normal_pdf", "normal_pdf({0})"),
    ("pi", "pi"),
    ("selu_scale", "1.0507009873554805"),
    ("selu_alpha", "1.6732632423543772"),
    ("inv", "inv({0})"),
    ("det", "det({0})"),
    ("logdet", "logdet({0})"),
    ("dft", "fft({0})"),
    ("idft", "ifft({0})"),
    ("conjugate", "conj({0})"),
    ("real part", "real({0})"),
    ("imaginary part", "imag({0})"),
    ("imaginary unit", "1i"),
    ("roots of unity", "exp(2i * pi / {1} * (0:{1!}-1)' * (0:{1!}-1))"),
    ("xlogy", "xlogy({0}, {1})"),
    ("largest_where", "choose({1!} != 0, {0}, -Inf)"),
    ("least_where", "choose({1!} != 0, {0}, Inf)"),
    ("outer", "{0!} * {1!}.'"),
    ("transpose", "{0!}.'"),
    ("permute", "permute({0}, [{1}])"),
    ("broadcast", "{0!} .* ones({1})"),
    ("full", "repmat({0}, {1})"),
    ("zeros", "zeros({1})"),
    ("ones", "ones({1})"),
    ("sum all", "sum({0!}(:))"),
    ("sum keep", "sum({0}, {1})"),
    ("max all", "max({0!}(:))"),
    ("max keep", "max({0}, [], {1})"),
    ("min all", "min({0!}(:))"),
    ("min keep", "min({0}, [], {1})"),
    ("logsumexp keep", "logsumexp({0}, {1})"),
    ("einsum", "einsum('{1}', {0})"),
    // eye alone is of a type of its own, which does not broadcast.
    ("identity", "full(eye({1}))"),
    ("reshape", "reshape_rows({0}, {2}, [{1}])"),
    ("concat", "cat({1}, {0})"),
    ("diagonal", "diag({0})"),
    ("diagonal matrix", "diag({0})"),
    ("softmax", "softmax({0}, {1})"),
    ("log_softmax", "log_softmax({0}, {1})"),
    ("index", "{0!}({1})"),
    ("series", "series(@({1}) {0}, {2}:{3})"),
    ("gather", "gather({0}, [{1}], @({2}) {{3}}, 0)"),
    ("gather lowest", "gather({0}, [{1}], @({2}) {{3}}, -Inf)"),
];

/// Functions that the program brings along.
pub(crate) const HELPERS: &[Helper] = &[
    Helper {
        name: "choose",
        text: "function result = choose(mask, a, b)
  # a where the mask holds, b elsewhere; all three broadcast.
  blank = zeros(size(mask)) + zeros(size(a)) + zeros(size(b));
  mask = logical(mask + blank);
  a = a + blank;
  result = b + blank;
  result(mask) = a(mask);
end
",
    },
    Helper {
        name: "softmax",
        text: "function result = softmax(z, axis)
  # The largest entry is taken out, so that nothing overflows.
  e = exp(z - max(z, [], axis));
  result = e ./ sum(e, axis);
end
",
    },
    Helper {
        name: "log_softmax",
        text: "function result = log_softmax(z, axis)
  # The logarithm of softmax without softmax: the largest entry is taken out, and there is no log(0).
  s = z - max(z, [], axis);
  result = s - log(sum(exp(s), axis));
end
",
    },
    Helper {
        name: "logsumexp",
        text: "function result = logsumexp(z, axes)
  # The logarithm of a sum of exponentials: the largest entry is taken out, so that nothing overflows.
  largest = z;
  for axis = axes
    largest = max(largest, [], axis);
  end
  e = exp(z - largest);
  for axis = axes
    e = sum(e, axis);
  end
  result = largest + log(e);
end
",
    },
    Helper {
        name: "xlogy",
        text: "function result = xlogy(t, p)
  # t ln p, and 0 where t is 0, whatever p is.
  result = t .* log(choose(t == 0, 1, p));
end
",
    },
    Helper {
        name: "sigmoid",
        text: "function result = sigmoid(z)
  # 1 / (1 + exp(-z)), written so that neither sign of z overflows.
  e = exp(-abs(z));
  result = choose(z >= 0, 1, e) ./ (1 + e);
end
",
    },
    Helper {
        name: "softplus",
        text: "function result = softplus(z)
  # log(1 + exp(z)), written so that nothing overflows.
  result = max(z, 0) + log1p(exp(-abs(z)));
end
",
    },
    Helper {
        name: "silu",
        text: "function result = silu(z)
  result = z .* sigmoid(z);
end
",
    },
    Helper {
        name: "greater",
        text: "function result = greater(a, b)
  # 1 where a is greater, 0 where b is, a half where they are equal.
  result = (a > b) + 0.5 * (a == b);
end
",
    },
    Helper {
        name: "normal_cdf",
        text: "function result = normal_cdf(z)
  # By the complementary error function, which keeps the digits of the lower tail.
  result = 0.5 * erfc(-z / sqrt(2));
end
",
    },
    Helper {
        name: "normal_pdf",
        text: "function result = normal_pdf(z)
  result = exp(-0.5 * z .^ 2) / sqrt(2 * pi);
end
",
    },
    Helper {
        name: "gelu",
        text: "function result = gelu(z)
  result = z .* normal_cdf(z);
end
",
    },
    Helper {
        name: "leaky_relu",
        text: "function result = leaky_relu(z, slope)
  result = choose(z > 0, z, slope .* z);
end
",
    },
    Helper {
        name: "elu",
        text: "function result = elu(z, alpha)
  # expm1 keeps the digits near 0; its argument is never positive, so that nothing overflows.
  result = choose(z > 0, z, alpha .* expm1(min(z, 0)));
end
",
    },
    Helper {
        name: "selu",
        text: "function result = selu(z)
  result = 1.0507009873554805 * elu(z, 1.6732632423543772);
end
",
    },
    Helper {
        name: "huber",
        text: "function result = huber(z, threshold)
  result = choose(abs(z) <= threshold, 0.5 * z .^ 2, threshold .* (abs(z) - 0.5 * threshold));
end
",
    },
    Helper {
        name: "logdet",
        text: "function result = logdet(matrix)
  # The logarithm of |det|, as a sum, so that nothing overflows.
  [~, upper] = lu(matrix);
  result = sum(log(abs(diag(upper))));
end
",
    },
    Helper {
        name: "reshape_rows",
        text: "function result = reshape_rows(array, rank, shape)
  # The same entries, row by row, under another shape. Octave keeps columns together: axes are turned around before and after.
  reversed = @(count) [count:-1:1, (count + 1):2];
  array = permute(array, reversed(rank));
  result = permute(reshape(array, [fliplr(shape), 1, 1]), reversed(numel(shape)));
end
",
    },
    Helper {
        name: "einsum",
        text: "function result = einsum(labels, varargin)
  # The product of arrays with labelled axes, summed over the labels that the result lacks.
  parts = strsplit(labels, '->');
  words = strsplit(parts{1}, ',');
  order = unique([parts{2}, strrep(parts{1}, ',', '')], 'stable');
  result = 1;
  for at = 1:numel(words)
    [array, word] = on_diagonals(varargin{at}, words{at});
    [~, places] = ismember(word, order);
    axes = zeros(1, max(numel(order), 2));
    axes(places) = 1:numel(word);
    axes(axes == 0) = (numel(word) + 1):numel(axes);
    result = result .* permute(array, axes);
  end
  for axis = (numel(parts{2}) + 1):numel(order)
    result = sum(result, axis);
  end
end
",
    },
    Helper {
        name: "on_diagonals",
        text: "function [array, word] = on_diagonals(array, word)
  # The entries where axes with equal labels have equal places; each label stays once.
  q = 2;
  while q <= numel(word)
    p = find(word(1:(q - 1)) == word(q));
    if isempty(p)
      q += 1;
      continue;
    end
    axes = zeros(1, numel(word));
    axes([p, q]) = [1, 2];
    axes(axes == 0) = 3:numel(word);
    array = sum(array .* permute(eye(size(array, q)), axes), q);
    array = permute(array, [1:(q - 1), (q + 1):numel(word), q]);
    word(q) = [];
  end
end
",
    },
    Helper {
        name: "gather",
        text: "function result = gather(array, shape, places, outside)
  # The array of this shape that reads `array` at places(i, j, ...), counted from 0, and `outside` where that is no place of it.
  counts = cell(1, numel(shape));
  for axis = 1:numel(shape)
    counts{axis} = reshape(0:(shape(axis) - 1), [ones(1, axis - 1), shape(axis), 1, 1]);
  end
  where = places(counts{:});
  blank = zeros([shape, 1, 1]);
  inside = true;
  place = 1;
  stride = 1;
  for axis = 1:numel(where)
    inside = inside & (0 <= where{axis}) & (where{axis} < size(array, axis));
    place = place + stride * where{axis};
    stride *= size(array, axis);
  end
  inside = logical(inside + blank);
  place = place + blank;
  place(!inside) = 1;
  result = reshape(array(place(:)), size(blank));
  result(!inside) = outside;
end
",
    },
    Helper {
        name: "series",
        text: "function result = series(term, places)
  # The sum of term(k) over the numbers k of places.
  result = 0;
  for k = places
    result = result + term(k);
  end
end
",
    },
    Helper {
        name: "exact_quotient",
        text: "function result = exact_quotient(place, divisor)
  # place / divisor where that is a whole number, and no place (-1) elsewhere.
  result = choose(mod(place, divisor) == 0, floor(place / divisor), -1);
end
",
    },
];
