def is_size(name):
    """Whether there is such a size; that of one layer is `h{2}` where that of all is `h{l}`."""
    family, brace, _ = name.partition("{")
    return name in SIZES or bool(brace) and f"{family}{{{LAYER}}}" in SIZES


def width(sizes, family, layer):
    """The size of an axis that may differ from layer to layer: the layer's own, or that of all layers."""
    own = LAST if layer == sizes[LAST] and f"{family}{{{LAST}}}" in sizes else layer
    return sizes.get(f"{family}{{{own}}}", sizes[f"{family}{{{LAYER}}}"])


def sizes_of(data, given):
    """The sizes that arrays read from files and the command line fix; the rest as in SIZES. The first axis of a file for a list counts layers."""
    sizes = dict(SIZES)
    for name, array in data.items():
        shape = SHAPES[name]
        if isinstance(shape, list):
            sizes[LAST] = FIRST - 1 + len(array)
            shape, array = shape[0], array[0]
        sizes.update(zip(shape, array.shape, strict=False))
    sizes.update((name, int(value)) for name, value in given.items() if is_size(name))
    if sizes[LAST] < FIRST:
        raise SystemExit(f"{LAST} = {sizes[LAST]}: the layers begin with {FIRST}")
    return sizes


def values_of(sizes, data, given, rng):
    """The arrays and the lists of arrays by name, and the number of the last layer where that is an argument."""
    values = {name: sizes[name] for name in globals().get("COUNTS", ())}
    for name, shape in shapes(sizes).items():
        if isinstance(shape, list):
            found = data.get(name, [None] * len(shape))
            if len(found) != len(shape):
                raise SystemExit(f"{name} has {len(found)} layers, and there are {len(shape)}")
            pairs = zip(shape, found, strict=True)
            values[name] = [value(name, own, array, given.get(name), rng) for own, array in pairs]
        else:
            values[name] = value(name, shape, data.get(name), given.get(name), rng)
    return values


