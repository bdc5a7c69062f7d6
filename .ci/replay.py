#!/usr/bin/env python3
"""Replays derivations: reads JSON of `--steps full`, evaluates both sides of every step, and says what agreed.

Shares no code with `derive`: it knows the trees of crates/print/src/json/tree.rs and their meaning. Arithmetic is exact, modulo a prime; where a step
takes more square roots than residues have, it is in decimals of 80 digits. Sizes and entries are random, defined arrays have the value of their definition, and a function that it knows nothing of has a random value at
every argument. A root of unity is a residue of that order; its conjugate is its inverse, so that the conjugate of a term is its value with every
root inverted. A step counts as replayed if both sides agree at DRAWS points; a single point where they differ is a failure. What it
cannot evaluate is counted, by reason, and never counts as replayed.
"""

import contextlib, decimal, functools, hashlib, itertools, json, math, pathlib, random, re, sys
from collections import Counter
from fractions import Fraction

def is_prime(n):
    """Miller and Rabin; these bases decide every n below 2⁶⁴."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(base, odd, n)
        if x not in (1, n - 1) and not any((x := x * x % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True


# p − 1 is twice an odd number: of two square roots one is a square itself, which makes them multiply as they should.
PLAIN = (1 << 61) - 1
# The largest prime below 2⁶¹ for which p − 1 is a multiple of all numbers up to 16: there are roots of unity of these orders.
ORDERS = math.lcm(*range(1, 17))
CYCLIC = next(p for p in range((1 << 61) // ORDERS * ORDERS + 1, 0, -ORDERS) if is_prime(p))
DRAWS = 4
TRIES = 100
# Sizes of dimensions, and those that are tried where windows do not fit into small ones.
SMALL, LARGER = (2, 3, 4), (2, 5, 6, 7, 8)
WORK = 60_000
# The part of all steps that may go without a replay; more means that the trees have changed.
MOST_UNKNOWN = Fraction(1, 100)


@functools.cache
def generator_of_order(n):
    """A residue whose powers are n different ones, modulo the prime of derivations with roots of unity."""
    if (CYCLIC - 1) % n:
        raise Again
    divisors = [d for d in range(1, n) if n % d == 0]
    for base in itertools.count(2):
        root = pow(base, (CYCLIC - 1) // n, CYCLIC)
        if all(pow(root, d, CYCLIC) != 1 for d in divisors):
            return root


class Unknown(Exception):
    """Something has no exact value here."""


class Again(Exception):
    """This point will not do: a root or an inverse does not exist, or a size is not positive."""


def chance(*key):
    """A number that is as good as random, the same for the same key."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big")


class Residues:
    """Arithmetic modulo a prime; exact."""

    def __init__(self, prime):
        self.prime = prime

    def reduced(self, x):
        return x % self.prime

    def entry(self, source):
        return source.randrange(1, self.prime)

    def opaque(self, *key):
        """The value of a function that nothing is known of."""
        return chance(*key) % self.prime

    def inverse(self, x):
        if x % self.prime == 0:
            raise Again
        return pow(x, self.prime - 2, self.prime)

    def square_root(self, x):
        """The residue among the two roots, so that roots multiply as they should."""
        # Where p − 1 is 2^k times an odd number, the numbers of odd order have one square root among themselves.
        odd = self.prime - 1
        while odd % 2 == 0:
            odd //= 2
        if pow(x, odd, self.prime) != 1:
            raise Again
        return pow(x, (odd + 1) // 2, self.prime)

    def root_of_unity(self, order, exponent):
        if self.prime != CYCLIC:
            raise Unknown("a root of unity where there are none")
        return pow(generator_of_order(order), exponent, self.prime)

    def alike(self, a, b):
        return a == b


class Decimals:
    """Arithmetic with 80 digits of which 40 are compared: where so many roots are taken that no residues have all of them."""

    CONTEXT = decimal.Context(prec=80)
    NOTICED = decimal.Decimal("1e-40")

    def reduced(self, x):
        return self.CONTEXT.plus(decimal.Decimal(x))

    def entry(self, source):
        return decimal.Decimal(source.randrange(10**12, 2 * 10**12)).scaleb(-12)

    def opaque(self, *key):
        *name, entries = key
        digits = [str(x.quantize(self.NOTICED, context=self.CONTEXT)) for x in entries]
        return 1 + decimal.Decimal(chance(name, digits)).scaleb(-20)

    def inverse(self, x):
        if x == 0:
            raise Again
        return self.CONTEXT.divide(1, x)

    def square_root(self, x):
        if x < 0:
            raise Again
        return self.CONTEXT.sqrt(x)

    def root_of_unity(self, order, exponent):
        raise Unknown("a root of unity in decimals")

    def alike(self, a, b):
        return abs(a - b) <= self.NOTICED * max(1, abs(a), abs(b))


# What is counted in; modulo CYCLIC for a derivation with roots of unity.
FIELD = Residues(PLAIN)


@contextlib.contextmanager
def counting_in(field):
    global FIELD
    before, FIELD = FIELD, field
    try:
        with decimal.localcontext(Decimals.CONTEXT):
            yield
    finally:
        FIELD = before


def inverse(x):
    return FIELD.inverse(x)


def power(x, exponent):
    """x^(n/d) for d = 1 or 2."""
    q = Fraction(exponent)
    if q.denominator == 2:
        return power(FIELD.square_root(x), q.numerator)
    if q.denominator != 1:
        raise Unknown("a root that is not a square root")
    base, product = x if q >= 0 else inverse(x), 1
    for _ in range(abs(q.numerator)):
        product = FIELD.reduced(product * base)
    return product


def determinant_and_inverse(rows):
    n = len(rows)
    rows = [list(row) + [int(i == j) for j in range(n)] for i, row in enumerate(rows)]
    det = 1
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            raise Again
        if pivot != k:
            rows[k], rows[pivot], det = rows[pivot], rows[k], -det
        det = FIELD.reduced(det * rows[k][k])
        scale = inverse(rows[k][k])
        rows[k] = [FIELD.reduced(x * scale) for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [FIELD.reduced(x - factor * y) for x, y in zip(rows[i], rows[k])]
    return FIELD.reduced(det), [row[n:] for row in rows]


class Array:
    """Entries in row-major order."""

    def __init__(self, dims, data):
        self.dims, self.data = tuple(dims), data
        assert len(data) == math.prod(self.dims)

    @staticmethod
    def of(dims, entry):
        return Array(dims, [entry(*place) for place in itertools.product(*map(range, dims))])

    def __getitem__(self, place):
        at = 0
        for i, n in zip(place, self.dims):
            at = at * n + i
        return self.data[at]

    def matrix(self):
        n = self.dims[1]
        return [self.data[i * n : (i + 1) * n] for i in range(self.dims[0])]


def scalar(value):
    return Array((), [FIELD.reduced(value)])


class Point:
    """Random sizes and entries for one derivation."""

    def __init__(self, page, seed, choice=SMALL, derived=False):
        self.choice = choice
        # The formulas of error signals, where a step is true of what they come to and not of any array.
        self.signals = {row["wrt"]: row["tree"] for row in page["error_signals"]} if derived else {}
        self.random, self.sizes, self.arrays, self.work = random.Random(seed), {}, {}, 0
        self.declared, self.defined = {}, {}
        self.evaluated = {}
        # 1, or −1 within a conjugate: every root of unity is raised to it.
        self.turn = 1
        # What the logarithm is of, by its value.
        self.logarithms = {}
        # Dimensions of free indices in the order in which they were met.
        self.met = {}
        # What was found already, by the term and the places of the indices that it mentions.
        self.known, self.words = {}, {}
        self.multiples = {row["name"]: row["multiple_of"] for row in page["dimensions"]}
        for kind in ("inputs", "params", "targets", "consts"):
            for row in page[kind]:
                self.declared[row["name"]] = row
        for row in page["definitions"] + [page["loss"]]:
            self.defined[row["name"]] = row

    def size(self, dim):
        if dim in self.evaluated:
            return self.evaluated[dim]

        def named(match):
            name = match.group(0)
            if name == "floor":
                return name
            size = self.random.choice(self.choice) * self.multiples.get(name, 1)
            return f"Fraction({self.sizes.setdefault(name, size)})"

        text = re.sub(r"[A-Za-z_]\w*(\{\w*\})?", named, dim)
        size = Fraction(eval(text, {"__builtins__": {}}, {"floor": math.floor, "Fraction": Fraction}))
        if size.denominator != 1:
            raise Again
        self.evaluated[dim] = int(size)
        return int(size)

    def dims(self, dims):
        sizes = [self.size(dim) for dim in dims]
        if any(size <= 0 for size in sizes):
            raise Again
        if math.prod(sizes) > 20_000:
            raise Unknown("arrays too large to evaluate")
        return sizes

    def array(self, kind, name):
        key = (kind, name)
        if key not in self.arrays:
            self.arrays[key] = self.make(kind, name)
        return self.arrays[key]

    def make(self, kind, name):
        if kind == "array" and name in self.defined and self.defined[name]["whole"]:
            try:
                return self.value(self.defined[name]["whole"]["tree"], Free(self, 0))
            except (Unknown, IndexError):
                pass
        if kind == "gradient" and self.signals.get(name):
            return self.value(self.signals[name], Free(self, 0))
        row = self.row(name)
        array = Array.of(self.dims(row["shape"]), lambda *_: FIELD.entry(self.random))
        facts = row.get("facts", []) if kind == "array" else []
        return self.with_facts(array, facts)

    def row(self, name):
        """What is told of an array; a layer of no number of its own, `A{L}` or `A{l-1}`, has the shape of all layers."""
        row = self.declared.get(name) or self.defined.get(name)
        family = name.split("{")[0] + "{"
        alike = [it for it in [*self.declared.values(), *self.defined.values()] if it["name"].startswith(family)]
        shapes = {tuple(it["shape"]) for it in alike}
        if row is None and len(shapes) == 1 and not any("{" in dim for dim in alike[0]["shape"]):
            return {"shape": alike[0]["shape"]}
        if row is None:
            raise Unknown("an array whose shape is not told")
        return row

    def with_facts(self, array, facts):
        for fact in facts:
            rank = len(array.dims)
            axis = 0 if "column" in fact else rank - 1
            if fact.startswith("one-hot"):
                n = array.dims[axis]
                hot = lambda place: chance("hot", place[:axis] + place[axis + 1 :]) % n
                array = Array.of(array.dims, lambda *place: int(hot(place) == place[axis]))
            elif "sum" in fact and "one" in fact:
                n = array.dims[axis]

                def entry(*place, old=array):
                    if place[axis] < n - 1:
                        return old[place]
                    rest = [old[place[:axis] + (k,) + place[axis + 1 :]] for k in range(n - 1)]
                    return FIELD.reduced(1 - sum(rest))

                array = Array.of(array.dims, entry)
            elif fact == "symmetric":
                array = Array.of(array.dims, lambda i, j, old=array: old[(min(i, j), max(i, j))])
            elif fact == "positive":
                pass
            else:
                raise Unknown(f"the fact `{fact}`")
        return array

    # Terms.

    def place(self, index, env):
        """The place of a subscript; None where there is none."""
        if index == ["unit"] or index == "1":
            return 0
        if index[0] != "affine":
            return env.at(*index)
        _, dim, divisor, cyclic, constant, terms = index
        at = self.size(constant)
        for inner, factor in terms:
            at += self.place(inner, env) * self.size(factor)
        if at % divisor:
            return None
        at, n = at // divisor, self.size(dim)
        if cyclic:
            return at % n
        return at if 0 <= at < n else None

    def dim(self, index):
        """The dimension that an index runs over."""
        if index[0] == "affine":
            return index[1]
        return index[1] if index != ["unit"] else "1"

    def run(self, size):
        if size <= 0:
            raise Again
        return range(size)

    def over(self, indices, env):
        ranges = [self.run(1 if index == ["unit"] else self.size(index[1])) for index in indices]
        for places in itertools.product(*ranges):
            yield env.with_places({index[0]: at for index, at in zip(indices, places)})

    def mentioned(self, term):
        """Every word in a term, names of indices among them."""
        if isinstance(term, str):
            return frozenset([term])
        if not isinstance(term, list):
            return frozenset()
        if id(term) not in self.words:
            self.words[id(term)] = frozenset().union(*map(self.mentioned, term))
        return self.words[id(term)]

    def key(self, terms, env):
        """What a value depends on: the terms, the places of indices that they mention, and whether this is within a conjugate."""
        words = frozenset().union(*map(self.mentioned, terms))
        places = frozenset((name, at) for name, at in env.items() if name in words)
        return (tuple(map(id, terms)), places, env.draw, self.turn)

    def working(self):
        self.work += 1
        if self.work > WORK:
            raise Unknown("too much work")

    def value(self, term, env):
        key = self.key([term], env)
        if key not in self.known:
            self.working()
            head, rest = term[0], term[1:]
            method = getattr(self, "of_" + head.replace("-", "_"), None)
            if method is None:
                raise Unknown(f"the operation `{head}`")
            self.known[key] = method(rest, env)
        return self.known[key]

    def all(self, terms, env):
        return [self.value(term, env) for term in terms]

    def entrywise(self, arrays, combine):
        shapes = [array.dims for array in arrays if array.dims]
        dims = shapes[0] if shapes else ()
        if any(shape != dims for shape in shapes):
            raise AssertionError("arrays of different shapes meet")
        columns = [array.data if array.dims else array.data * math.prod(dims) for array in arrays]
        return Array(dims, [FIELD.reduced(combine(entries)) for entries in zip(*columns)])

    def of_number(self, rest, env):
        q = Fraction(rest[0])
        return scalar(q.numerator * inverse(q.denominator))

    def of_dimension(self, rest, env):
        return scalar(self.size(rest[0]))

    def of_array(self, rest, env):
        return self.array("array", rest[0])

    def of_gradient(self, rest, env):
        return self.array("gradient", rest[0])

    def of_derivative(self, rest, env):
        return self.array("derivative", rest[1])

    def of_ones(self, rest, env):
        return Array.of(self.dims(rest[0]), lambda *_: 1)

    def of_identity(self, rest, env):
        n = self.size(rest[0])
        return Array.of((n, n), lambda i, j: int(i == j))

    def of_entry(self, rest, env):
        array = self.value(rest[0], env)
        place = [self.place(index[1], env) for index in rest[1:]]
        if None in place:
            return scalar(0)
        if any(i >= n for i, n in zip(place, array.dims)):
            # A free index over a dimension of a single place.
            raise Again
        return scalar(array[place])

    def of_delta(self, rest, env):
        a, b = (self.place(index[1], env) for index in rest)
        return scalar(int(a is not None and a == b))

    def of_root_of_unity(self, rest, env):
        a, b = (self.place(index[1], env) for index in rest)
        if a is None or b is None:
            return scalar(0)
        sizes = {self.size(self.dim(index[1])) for index in rest}
        if len(sizes) != 1:
            raise Unknown("a root of unity between two sizes")
        return scalar(FIELD.root_of_unity(sizes.pop(), self.turn * a * b))

    def of_conjugate(self, rest, env):
        self.turn = -self.turn
        try:
            return self.value(rest[0], env)
        finally:
            self.turn = -self.turn

    def of_real_part(self, rest, env):
        half = inverse(2)
        both = [self.value(rest[0], env), self.of_conjugate(rest, env)]
        return self.entrywise(both, lambda entries: sum(entries) * half)

    def of_imaginary_part(self, rest, env):
        unit = FIELD.root_of_unity(4, self.turn)
        both = [self.of_conjugate(rest, env), self.value(rest[0], env)]
        return self.entrywise(both, lambda entries: (entries[0] - entries[1]) * unit * inverse(2))

    def transform(self, array, sign):
        n = array.dims[0]
        root = lambda exponent: FIELD.root_of_unity(n, sign * self.turn * exponent)
        return Array.of((n,), lambda k: FIELD.reduced(sum(array[(i,)] * root(i * k) for i in range(n))))

    def of_dft(self, rest, env):
        return self.transform(self.value(rest[0], env), -1)

    def of_idft(self, rest, env):
        array = self.value(rest[0], env)
        share = inverse(array.dims[0])
        return self.entrywise([self.transform(array, 1)], lambda entries: entries[0] * share)

    def of_sum_over(self, rest, env):
        indices = [index for index in rest[0] if index != ["unit"]]
        return self.summed(indices, rest[1:], env)

    def product(self, arrays):
        return self.entrywise(arrays, math.prod)

    def summed(self, indices, factors, env):
        """The sum of a product: factors that share no index are summed by themselves, and of others one index after the other."""
        parts, idle = [], []
        for index in indices:
            meets = [part for part in parts if any(index[0] in self.mentioned(it) for it in part[1])]
            inside = [it for part in meets for it in part[1]]
            for it in factors:
                if index[0] in self.mentioned(it) and not any(it is other for other in inside):
                    inside.append(it)
            if not inside:
                idle.append(scalar(len(self.run(self.size(index[1])))))
                continue
            parts = [part for part in parts if not any(part is it for it in meets)]
            parts.append(([other for part in meets for other in part[0]] + [index], inside))
        taken = [it for _, inside in parts for it in inside]
        free = [it for it in factors if not any(it is other for other in taken)]
        return self.product(idle + self.all(free, env) + [self.connected(*part, env) for part in parts])

    def connected(self, indices, factors, env):
        key = (tuple(index[0] for index in indices), self.key(factors, env))
        if key not in self.known:
            self.working()
            total = None
            for inner in self.over(indices[-1:], env):
                term = self.summed(indices[:-1], factors, inner)
                total = term if total is None else self.entrywise([total, term], sum)
            self.known[key] = total
        return self.known[key]

    def of_sum(self, rest, env):
        return self.entrywise(self.all(rest, env), sum)

    def of_power(self, rest, env):
        return self.entrywise([self.value(rest[1], env)], lambda entries: power(entries[0], rest[0]))

    def of_apply(self, rest, env):
        name, primes, *arguments = rest
        return self.entrywise(self.all(arguments, env), lambda entries: self.applied(name, primes, entries))

    def applied(self, name, primes, entries):
        """A value that only this function has here, except that exp undoes log."""
        if (name, primes) == ("exp", 0) and entries[0] in self.logarithms:
            return self.logarithms[entries[0]]
        value = FIELD.opaque(name, primes, entries)
        if (name, primes) == ("log", 0):
            self.logarithms[value] = entries[0]
        return value

    def of_entries(self, rest, env):
        values = [self.value(rest[1], inner).data[0] for inner in self.over(rest[0], env)]
        return Array([1 if index == ["unit"] else self.size(index[1]) for index in rest[0]], values)

    def of_matmul(self, rest, env):
        factors = self.all(rest, env)
        first = factors[0]
        for second in factors[1:]:
            n = second.dims[0]
            assert first.dims[-1] == n, "a product that does not conform"
            left, right = first.dims[:-1], second.dims[1:]
            a = [first.data[i : i + n] for i in range(0, len(first.data), n)]
            width = math.prod(right)
            b = [second.data[j::width] for j in range(width)]
            data = [FIELD.reduced(sum(x * y for x, y in zip(row, column))) for row in a for column in b]
            first = Array(left + right, data)
        return first

    def of_transpose(self, rest, env):
        array = self.value(rest[0], env)
        return Array.of(array.dims[::-1], lambda i, j: array[(j, i)])

    def of_outer(self, rest, env):
        u, v = self.all(rest, env)
        return Array(u.dims + v.dims, [FIELD.reduced(x * y) for x in u.data for y in v.data])

    def of_trace(self, rest, env):
        array = self.value(rest[0], env)
        return scalar(sum(array[(i, i)] for i in range(array.dims[0])))

    def of_diagonal(self, rest, env):
        array = self.value(rest[0], env)
        return Array.of(array.dims[:1], lambda i: array[(i, i)])

    def of_diagonal_matrix(self, rest, env):
        array = self.value(rest[0], env)
        return Array.of(array.dims * 2, lambda i, j: array[(i,)] if i == j else 0)

    def of_axes(self, rest, env):
        axes, array = rest[0], self.value(rest[1], env)
        dims = [1 if axis is None else array.dims[axis] for axis in axes]

        def entry(*place):
            old = [0] * len(array.dims)
            for axis, at in zip(axes, place):
                if axis is not None:
                    old[axis] = at
            return array[old]

        return Array.of(dims, entry)

    def of_softmax(self, rest, env):
        axis, array = rest[0], self.value(rest[1], env)
        exp = self.entrywise([array], lambda entries: self.applied("exp", 0, entries))

        def entry(*place):
            along = [exp[place[:axis] + (k,) + place[axis + 1 :]] for k in range(array.dims[axis])]
            return FIELD.reduced(exp[place] * inverse(sum(along)))

        return Array.of(array.dims, entry)

    def of_log_softmax(self, rest, env):
        return self.entrywise([self.of_softmax(rest, env)], lambda entries: self.applied("log", 0, entries))

    def of_reshape(self, rest, env):
        return Array(self.dims(rest[0]), self.value(rest[1], env).data)

    def of_concat(self, rest, env):
        axis, arrays = rest[0], self.all(rest[1:], env)
        dims = list(arrays[0].dims)
        dims[axis] = sum(array.dims[axis] for array in arrays)

        def entry(*place):
            place = list(place)
            for array in arrays:
                if place[axis] < array.dims[axis]:
                    return array[place]
                place[axis] -= array.dims[axis]

        return Array.of(dims, entry)

    def of_gather(self, rest, env):
        shape, axes, array = rest[0], rest[1], self.value(rest[2], env)

        def entry(*place):
            old = []
            for (terms, constant, divisor, cyclic), n in zip(axes, array.dims):
                at = self.size(constant) + sum(place[axis] * self.size(factor) for axis, factor in terms)
                if at % divisor:
                    return 0
                at //= divisor
                at = at % n if cyclic else at
                if not 0 <= at < n:
                    return 0
                old.append(at)
            return array[old]

        return Array.of(self.dims(shape), entry)

    def of_matrix_function(self, rest, env):
        name, array = rest[0], self.value(rest[1], env)
        det, inverted = determinant_and_inverse(array.matrix())
        if name == "inv":
            return Array(array.dims, [x for row in inverted for x in row])
        return scalar(det if name == "det" else FIELD.opaque(name, (det,)))


def count(term, head):
    if not isinstance(term, list):
        return 0
    own = int(bool(term) and term[0] == head)
    return own + sum(count(child, head) for child in term)


def bound(term):
    if not isinstance(term, list) or not term:
        return 0
    own = len(term[1]) if term[0] == "sum-over" else 0
    return own + sum(bound(child) for child in term)


# What a step of a rule has to look like, by the rule's name, beside being true.
LOOKS = {
    "sift": lambda before, after: count(after, "delta") < count(before, "delta"),
    "contract": lambda before, after: count(after, "entry") <= count(before, "entry") and bound(after) <= bound(before),
    "matrix-product": lambda before, after: bound(after) < bound(before),
    "sums-to-one": lambda before, after: bound(after) < bound(before),
    "count": lambda before, after: bound(after) < bound(before),
    "trace": lambda before, after: count(after, "trace") != count(before, "trace"),
}


def outside(tree, path):
    """The tree with a hole where the path leads."""
    if not path:
        return "changed"
    at, rest = path[0], path[1:]
    return [outside(part, rest) if place == at else part for place, part in enumerate(tree)]


def differs(page, step, seed):
    """Whether the two sides differ somewhere; raises Unknown where that cannot be said."""
    for field, choice in ((FIELD, SMALL), (FIELD, LARGER), (Decimals(), SMALL)):
        with counting_in(field):
            found = differs_at(page, step, seed, choice)
        if found is not None:
            return found
    raise Unknown("no point where everything is defined")


# What these rules say of an error signal is read off its formula.
OF_FORMULAS = ("symmetric-transpose",)


def differs_at(page, step, seed, choice):
    """Whether the two sides differ at a point with sizes of the choice; None if too few points are defined."""
    drawn = 0
    for attempt in range(TRIES):
        point = Point(page, f"{seed}/{attempt}", choice, step["rule"].startswith(OF_FORMULAS))
        try:
            # The same free indices stand at the same places.
            before = point.value(step["trees"]["before"], Free(point, drawn))
            after = point.value(step["trees"]["after"], Free(point, drawn))
        except Again:
            continue
        dims = before.dims or after.dims
        spread = lambda array: array.data if array.dims else array.data * math.prod(dims)
        if before.dims and after.dims and before.dims != after.dims:
            return True
        if not all(map(FIELD.alike, spread(before), spread(after))):
            return True
        drawn += 1
        if drawn == DRAWS:
            return False
    return None


class Free(dict):
    """Places of bound indices, and of free ones where they are asked for. Even draws give all free indices over one dimension one place,
    so that the deltas between them count; odd ones give each a place of its own."""

    def __init__(self, point, draw, known=()):
        super().__init__(known)
        self.point, self.draw = point, draw

    def with_places(self, places):
        return Free(self.point, self.draw, {**self, **places})

    def at(self, name, dim):
        if name in self:
            return self[name]
        if self.draw % 2 == 0:
            # Neighbouring dimensions at different places, or exchanged subscripts would go unnoticed.
            place = self.point.met.setdefault(dim, len(self.point.met)) + self.draw // 2
        else:
            place = chance("free", name, self.draw)
        size = self.point.size(dim)
        if size <= 0:
            raise Again
        return place % size


def is_recognised(step):
    """Whether the step's rule says how it has to look."""
    return step["rule"].split(",")[0] in LOOKS and "right to left" not in step["rule"]


def verdict(page, step, seed):
    """`replayed`, `unknown` or `wrong`, and why."""
    trees = step["trees"]
    try:
        before, after = (outside(trees[side], trees["changed"]) for side in ("before", "after"))
    except (IndexError, TypeError):
        return "wrong", "what is marked is not there"
    if before != after:
        return "wrong", "something else than what is marked was changed"
    try:
        if differs(page, step, seed):
            return "wrong", "the sides differ"
    except Unknown as reason:
        return "unknown", str(reason)
    except AssertionError as reason:
        return "wrong", str(reason)
    if is_recognised(step) and not LOOKS[step["rule"].split(",")[0]](trees["before"], trees["after"]):
        return "wrong", "does not look like this rule"
    return "replayed", ""


def choose_field(text):
    global FIELD
    FIELD = Residues(CYCLIC if "root-of-unity" in text else PLAIN)


# Rules that put in what a name stands for.
PUT_IN = ("computed-once", "careful-logarithm", "no-zero-quotient")


def lines(page):
    """What `--cost flops` adds, without the steps that put in names, definitions and derivatives, which are no equations of the arrays that they mention."""
    savings = page.get("savings") or {"forward": [], "backward": []}
    return [
        {
            "wrt": line["name"],
            "steps": [step for step in line["steps"] if step["rule"] not in PUT_IN],
        }
        for line in savings["forward"] + savings["backward"]
    ]


def main(files):
    replayed, unknown, failures, looked = Counter(), Counter(), [], Counter()
    for file in map(pathlib.Path, files):
        text = file.read_text()
        page = json.loads(text)
        choose_field(text)
        pages = [page]
        for second in page.get("second_derivatives") or []:
            pages.append({**page, **second, "loss": page["loss"]})
        for page in pages:
            for statement in page["error_signals"] + page["gradients"] + lines(page):
                for at, step in enumerate(statement["steps"]):
                    rule = step["rule"].split(",")[0]
                    where = f"{file.name}: {statement['wrt']}, step {at + 1}, {step['rule']}"
                    outcome, reason = verdict(page, step, where)
                    if outcome == "unknown":
                        unknown[reason] += 1
                    elif outcome == "wrong":
                        failures.append(f"{where}: {reason}")
                    else:
                        replayed[rule] += 1
                        looked[rule] += outcome == "replayed" and is_recognised(step)
    for rule, number in sorted(replayed.items(), key=lambda item: -item[1]):
        print(f"  {number:6} {rule}" + (f" ({looked[rule]} recognised)" if looked[rule] else ""))
    for reason, number in unknown.most_common():
        print(f"  {number:6} not replayed: {reason}")
    total = sum(replayed.values()) + sum(unknown.values()) + len(failures)
    print(f"{sum(replayed.values())} of {total} steps of {len(files)} derivations replayed, {len(failures)} wrong")
    for failure in failures[:20]:
        print("  wrong: " + failure)
    if sum(unknown.values()) > MOST_UNKNOWN * total:
        print("too many steps could not be evaluated")
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
