"""How time and memory grow with each size: the points to measure, for run.py."""

# Family: what grows, its sizes, the mode of `bench --point`, settings that stay.
FAMILIES = {
    "units, training": ("units", [8, 16, 32, 64, 128, 256, 512, 1024], "fit", {}),
    "timesteps, training": ("timesteps", [10, 30, 100, 300, 1000, 3000, 10000], "fit", {}),
    "batch, training": ("batch", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096], "fit", {}),
    "batch, predict": ("batch", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096], "predict", {}),
    "vocabulary, training": ("vocabulary", [500, 2000, 10000, 50000, 200000, 1000000], "fit", {}),
    "samples, streamed": ("samples", [1000, 3000, 10000, 30000, 100000, 300000, 1000000], "stream", {}),
}

# Repetitions of a point that is at most so much work, in operations.
REPEATS = ((1e8, 40), (1e9, 20), (1e10, 5), (float("inf"), 2))

# At the least an activation takes so many operations of the multipliers: a tanh's, lib/kernels/simd/math.h.
ACTIVATION = 20


def work_of(point):
    """In operations; of a vocabulary the bytes of its weights, for its products stop to grow at a row a timestep."""
    if point["family"].startswith("vocabulary"):
        return point["bytes"]
    return point["operations"] + ACTIVATION * point["activations"]


def repeats_for(grows, size):
    """A guess of the work before it is known: the sizes of the reference scenario, one of them changed."""
    sizes = {"units": 8, "timesteps": 100, "batch": 64, grows: size}
    work = 24 * sizes["batch"] * sizes["timesteps"] * sizes["units"] * (sizes["units"] + 16)
    return next(repeats for limit, repeats in REPEATS if work <= limit)


def measure(bench, log):
    """A list of measured points; each is a process of its own, so that its peak of memory is its own."""
    points = []
    for family, (grows, sizes, mode, settings) in FAMILIES.items():
        log("growth: %s" % family)
        for size in sizes:
            values = ["%s=%d" % pair for pair in {**settings, grows: size}.items()]
            if grows == "units" and size >= 256:  # one batch is long enough
                values.append("samples=64")
            repeat = [] if mode == "stream" else ["--repeat", str(repeats_for(grows, size))]
            point = bench([*repeat, "--point", mode, *values])[0]
            points.append({"family": family, "size": size, "median": point["median"], "min": point["min"],
                           "peak_kb": point["peak_kb"], "operations": point["operations"],
                           "activations": point["activations"], "bytes": point["bytes"]})
    return points
