def made(name, shape, rng):
    """Random values that keep what the spec promises of them. A parameter starts small, by the size of its first axis."""
    array = rng.normal(size=shape)
    if name in PARAMETERS:
        array = array / np.sqrt(shape[0]) if len(shape) > 1 else 0.1 * array
    elif not shape:
        array = np.asarray(0.01)
    outcome = globals().get("OUTCOMES", {}).get(name)
    if outcome == "event":
        array = (array > 0).astype(float)
    elif outcome == "count":
        array = np.floor(np.exp(array))
    for promise, axis in globals().get("ATTRIBUTES", {}).get(name, []):
        if promise == "positive":
            array = np.abs(array) + 0.1
        elif promise == "symmetric":
            array = (array + array.T) / 2
        elif promise == "onehot":
            array = (array == array.max(axis=axis, keepdims=True)).astype(float)
        elif promise == "simplex":
            array = np.exp(array) / np.exp(array).sum(axis=axis, keepdims=True)
    return array


def read(path):
    """An array from a .npy file, or from a .csv file of numbers."""
    try:
        if pathlib.Path(path).suffix == ".npy":
            return np.load(path).astype(float)
        return np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} is no array of numbers that can be read: {error}") from error


def pair(item):
    """The two sides of NAME=VALUE."""
    name, sign, value = item.partition("=")
    if not sign:
        raise SystemExit(f"{item} should be NAME=FILE or, after --set, NAME=VALUE")
    return name, value


def number(item):
    """A name and its number."""
    name, value = pair(item)
    try:
        return name, float(value)
    except ValueError as error:
        raise SystemExit(f"--set {item}: {value} is no number") from error


def matching(name, array, shape):
    """The array with the declared shape; a file of one column may be a vector."""
    if array.shape != shape and array.size != int(np.prod(shape)):
        raise SystemExit(f"{name} has the shape {array.shape}, and the spec wants {shape}")
    return array.reshape(shape)


def value(name, shape, found, constant, rng):
    """An argument of the loss: what was found in a file, a number throughout, or made up."""
    if min(shape, default=1) < 1:
        raise SystemExit(f"{name} would have the shape {shape}: give sizes that fit, as in --set {next(iter(SIZES))}=12")
    if found is not None:
        return matching(name, found, shape)
    return made(name, shape, rng) if constant is None else np.full(shape, constant)


def values_for(arguments, given, rng):
    """Every argument of the loss."""
    data = {name: read(path) for name, path in map(pair, arguments.data)}
    for name in [*data, *given]:
        if name not in SHAPES and name not in RATES and not is_size(name):
            raise SystemExit(f"there is no {name}; there are {', '.join([*SHAPES, *SIZES, *RATES])}")
    return values_of(sizes_of(data, given), data, given, rng)


def progress(step, steps, loss):
    """One line that renews itself on a terminal."""
    if sys.stderr.isatty() or step == steps:
        filled = 30 * step // steps
        bar = "#" * filled + "." * (30 - filled)
        print(f"\r[{bar}] {step}/{steps}  loss {loss:.6g}", end="\n" if step == steps else "", file=sys.stderr, flush=True)


def attempt(values, rates, steps):
    """The loss before every step and after the last, and whether it has not grown."""
    values, losses, states = dict(values), [], {name: {} for name in PARAMETERS}
    for step in range(1, steps + 1):
        loss, gradients = loss_and_gradients(**values)
        losses.append(loss)
        if not np.isfinite(loss) or loss - losses[0] > 1 + 10 * abs(losses[0]):
            return losses, False
        for name in PARAMETERS:
            values[name] = update(values[name], gradients[name], states[name], step, rates)
        progress(step, steps, loss)
    losses.append(loss_and_gradients(**values)[0])
    return losses, bool(losses[-1] <= losses[0])


def train(values, rates, steps, fixed):
    """The losses; where the rate is not `fixed`, it is halved until the loss has not grown."""
    rate = next(iter(rates))
    for _ in range(1 if fixed else 20):
        with np.errstate(over="ignore", invalid="ignore"):
            losses, fine = attempt(values, rates, steps)
        if fine:
            return losses
        if losses[-1] == -np.inf:
            break
        print(f"{rate} = {rates[rate]:g} is too large a step: the loss comes to {losses[-1]:g}", file=sys.stderr)
        rates = {**rates, rate: rates[rate] / 2}
    reason = "it has no least value on these data" if losses[-1] == -np.inf else f"try a smaller step, as in --set {rate}=0.001"
    raise SystemExit(f"the loss is {losses[-1]} at step {len(losses)}: {reason}")


def text_plot(losses, width=60, height=12):
    """The loss over the steps, in characters."""
    columns = np.interp(np.linspace(0, len(losses) - 1, width), np.arange(len(losses)), losses)
    low, high = min(losses), max(losses)
    rows = np.rint((columns - low) / ((high - low) or 1.0) * (height - 1)).astype(int)
    lines = ["".join("*" if row == level else " " for row in rows).rstrip() for level in reversed(range(height))]
    lines[0] = f"{lines[0]:{width}}  {high:.6g}"
    lines[-1] = f"{lines[-1]:{width}}  {low:.6g}"
    return "\n".join("|" + line for line in lines) + "\n+" + "-" * width


def plot(losses, path):
    """A picture if matplotlib is there and a file is named, characters otherwise."""
    try:
        import matplotlib
    except ImportError:
        matplotlib = None
    if matplotlib is None or path is None:
        print(text_plot(losses))
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.plot(losses)
    pyplot.xlabel("step")
    pyplot.ylabel("loss")
    pyplot.savefig(path)
    print(f"the loss is drawn in {path}")


def main():
    parser = argparse.ArgumentParser(description=f"Trains by {RULE} on given or made-up data.")
    parser.add_argument("data", nargs="*", help="NAME=FILE.npy or NAME=FILE.csv; what is not given is made up")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="a size, a scalar, or a rate")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="draw the loss here, with matplotlib")
    arguments = parser.parse_args()
    given = dict(map(number, arguments.set))
    values = values_for(arguments, given, np.random.default_rng(arguments.seed))
    chosen = {name: given[name] for name in RATES if name in given}
    losses = train(values, {**RATES, **chosen}, max(arguments.steps, 1), fixed=bool(chosen))
    plot(losses, arguments.plot)
    print(f"loss {losses[0]:.6g} -> {losses[-1]:.6g} in {len(losses) - 1} steps of {RULE}")


if __name__ == "__main__":
    main()
