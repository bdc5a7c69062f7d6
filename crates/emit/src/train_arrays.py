def is_size(name):
    return name in SIZES


def sizes_of(data, given):
    """The sizes that arrays read from files and the command line fix; the rest as in SIZES."""
    sizes = dict(SIZES)
    for name, array in data.items():
        for axis, size in enumerate(SHAPES[name]):
            if size in sizes and axis < array.ndim:
                sizes[size] = array.shape[axis]
    sizes.update((name, int(value)) for name, value in given.items() if is_size(name))
    return sizes


def values_of(sizes, data, given, rng):
    """The arrays by name."""
    return {name: value(name, shape, data.get(name), given.get(name), rng) for name, shape in shapes(sizes).items()}


