"""docs/performance.md and its charts from what run.py has measured."""
import statistics

import chart
import growth

# Row: its title, how its unit is written, and how many of them a second (or byte) has.
ROWS = {
    "reference": ("LSTM(8), an epoch", "s", 1),
    "stacked": ("Two stacked LSTM(8), an epoch", "s", 1),
    "gru": ("GRU(8), an epoch", "s", 1),
    "train-128": ("Embedding(20000, 128), LSTM(128), a training step", "ms", 1e3),
    "train-512": ("LSTM(512) on 512 features, a training step", "ms", 1e3),
    "predict-512": ("LSTM(512) on 512 features, inference", "ms", 1e3),
    "predict": ("LSTM(8), predict 25,000 sequences", "s", 1),
    "sequence": ("LSTM(8), one sequence of 100 tokens", "us", 1e6),
    "sequence-features": ("LSTM(8), one sequence of 100 x 16 features", "us", 1e6),
    "step": ("LSTM(8), one timestep, a token", "ns", 1e9),
    "step-features": ("LSTM(8), one timestep, 16 features", "ns", 1e9),
    "start": ("Start, load the model, first predict", "ms", 1e3),
    "start-static": ("The same, all linked into the program", "ms", 1e3),
    "memory": ("Memory of a training beside its data", "MB", 1e-6),
    "memory-static": ("The same, all linked into the program", "MB", 1e-6),
}
# Rows of ours that have their peers in another row.
PEERS_OF = {"start-static": "start", "memory-static": "memory"}
SLOW_ROWS = ("train-512", "predict-512", "memory")
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")

# Where so many bytes, used again and again, are thought to lie.
LEVELS = (("L1", 24 << 10), ("L2", 384 << 10), ("L3", 8 << 20), ("memory", float("inf")))

# These have no arithmetic to speak of.
NO_SHARE = ("start", "start-static", "memory", "memory-static")


# ---- Putting rounds together -------------------------------------------------------------------------

class Result:
    """What one program with one number of threads showed in a row, over all rounds."""

    def __init__(self, lines):
        self.lines, self.program, self.threads = lines, lines[0]["program"], lines[0]["threads"]
        self.is_ours = self.program == "tinylstm"
        self.median = statistics.median(line["median"] for line in lines)
        self.least, self.most = min(line["min"] for line in lines), max(line["max"] for line in lines)
        self.p99 = statistics.median(line["p99"] for line in lines)
        self.memory = statistics.median(line["memory"] for line in lines)
        self.first = lines[0]


def results_of(facts, row):
    """Ours, by threads; then the best of each peer, quickest first."""
    groups = {}
    for line in facts["results"]:
        theirs = line["program"] != "tinylstm" and line["workload"] == PEERS_OF.get(row)
        if line["workload"] == row or theirs:
            groups.setdefault((line["program"], line["threads"]), []).append(with_memory(line, row))
    all_of_them = [Result(lines) for lines in groups.values()]
    ours = sorted((one for one in all_of_them if one.is_ours), key=lambda one: one.threads)
    best = {}
    for one in all_of_them:
        if not one.is_ours and (one.program not in best or one.median < best[one.program].median):
            best[one.program] = one
    return ours, sorted(best.values(), key=lambda one: one.median)


def with_memory(line, row):
    """In the row of memory, bytes take the place of seconds. The Python programs do not tell their data: 16 MB at most."""
    if not row.startswith("memory"):
        return line
    value = line["memory"] or 1024 * line["peak_kb"]
    return dict(line, median=value, min=value, max=value, p99=value)


# ---- The table ---------------------------------------------------------------------------------------

def limit_seconds(facts, result):
    """The least time that arithmetic and memory allow on this machine; None where it is not known."""
    def rate(**wanted):
        return max((line["rate"] for line in facts["limits"]
                    if all(line.get(key) == value for key, value in wanted.items())), default=None)

    line = result.first
    level = next(name for name, size in LEVELS if line["bytes"] <= size)
    peak = rate(limit="peak", isa=line["isa"], threads=result.threads)
    memory = rate(limit="read", level=level, threads=result.threads)
    if not peak or not memory or not line["operations"]:
        return None
    return max((line["operations"] + growth.ACTIVATION * line["activations"]) / peak, line["bytes"] / memory)


def cell(row, result):
    _, unit, scale = ROWS[row]
    value = "%s %s" % (chart.number(result.median * scale), unit)
    if row.startswith("memory"):
        return value
    return "%s (%s..%s)" % (value, chart.number(result.least * scale), chart.number(result.most * scale))


def table_lines(facts):
    yield "| work | tinylstm, threads | time: median (least..most) | share of the limit | best peer | ours / best | others |"
    yield "|---|---|---|---|---|---|---|"
    for row, (title, unit, scale) in ROWS.items():
        ours, peers = results_of(facts, row)
        others = ", ".join("%s %s" % (one.program, chart.number(one.median * scale)) for one in peers[1:])
        for one in ours:
            limit = None if row in NO_SHARE else limit_seconds(facts, one)
            yield "| %s | %d | %s | %s | %s | %s | %s |" % (
                title, one.threads, cell(row, one), "%.0f %%" % (100 * limit / one.median) if limit else "",
                "%s, %d threads: %s" % (peers[0].program, peers[0].threads, cell(row, peers[0])) if peers else "",
                "%.3g" % (one.median / peers[0].median) if peers else "", others)
            title = ""
    yield "| Size of the stripped library | | %.0f KB | | | | |" % (facts["size"] / 1024)


def tail_lines(facts):
    for row in ("sequence", "sequence-features"):
        for one in results_of(facts, row)[0]:
            yield "- %s: 99 %% of the times are at most %.3g us, %.2f x the median." % (
                ROWS[row][0], one.p99 * 1e6, one.p99 / one.median)
    for one in results_of(facts, "start-static")[0]:
        yield "- The process that loads and predicts once, all linked into it: at most %.1f MB of memory." % (one.memory / 1e6)
    for one in results_of(facts, "start")[0] + results_of(facts, "start")[1]:
        yield "- The process that loads and predicts once, %s: at most %.1f MB of memory." % (one.program, one.memory / 1e6)


# ---- Facts -------------------------------------------------------------------------------------------

def rate_text(line):
    if line["limit"] == "peak":
        return "%s %.0f GFLOP/s" % (line["isa"], line["rate"] / 1e9)
    return "%s %.0f GB/s" % (line["level"], line["rate"] / 1e9)


def fact_lines(facts):
    yield "- Machine: %s, %d processors, %s; load average %.2f before, %.2f after; %d rounds." % (
        facts["processor"], facts["processors"], facts["system"], *facts["load"], facts["rounds"])
    others = ", ".join("%s %.0f %%" % (name, 100 * share) for name, share in facts["bystanders"].items())
    yield "- What else ran, in shares of one processor: %s." % (others or "nothing that took a hundredth")
    for threads in sorted({line["threads"] for line in facts["limits"]}):
        yield "- The machine's limits with %d threads, multiply-adds and reading: %s." % (
            threads, ", ".join(rate_text(line) for line in facts["limits"] if line["threads"] == threads))
    versions = {line["program"]: line["version"] for line in facts["results"] if line.get("version")}
    isas = sorted({line["isa"] for line in facts["results"] if "isa" in line})
    yield "- Versions: %s; tinylstm's kernels: %s." % (", ".join(sorted(versions.values())), ", ".join(isas))
    yield "- Data: %s." % ("IMDB reviews" if facts["imdb"] else "generated tokens, as there were no IMDB reviews")
    for name, reasons in sorted(facts["failures"].items()):
        yield "- %s, not run, or not to the end: %s." % (name, "; ".join(sorted(set(reasons))))


# ---- Growth ------------------------------------------------------------------------------------------

def family_points(facts, family):
    """(size, seconds, seconds as the work grows from the largest size back, megabytes)."""
    points = [point for point in facts["growth"] if point["family"] == family]
    per_work = points[-1]["median"] / growth.work_of(points[-1]) if points else 0
    return [(point["size"], point["median"], growth.work_of(point) * per_work, point["peak_kb"] / 1024) for point in points]


def growth_lines(facts):
    yield "| what grows | from..to | time, first..last | time / work, first : worst : last | memory, first..last |"
    yield "|---|---|---|---|---|"
    for family in growth.FAMILIES:
        points = family_points(facts, family)
        if not points:
            continue
        ratios = [seconds / expected for _, seconds, expected, _ in points]
        yield "| %s | %s..%s | %s..%s ms | %.2f : %.2f : 1 | %.0f..%.0f MB |" % (
            family, format(points[0][0], ","), format(points[-1][0], ","), chart.number(points[0][1] * 1e3),
            chart.number(points[-1][1] * 1e3), ratios[0], max(ratios), points[0][3], points[-1][3])


# ---- The document ------------------------------------------------------------------------------------

def bar_groups(facts):
    groups = []
    for row, (title, unit, scale) in ROWS.items():
        ours, peers = results_of(facts, row)
        if not ours or not peers:
            continue
        best = min(ours, key=lambda one: one.median)
        one_group = [(one.program, "%s %s" % (chart.number(one.median * scale), unit), one.median / best.median, one.is_ours)
                     for one in sorted([best, *peers], key=lambda one: one.median)]
        groups.append((title, one_group))
    return groups


def measured(facts):
    lines = [*table_lines(facts), "", *tail_lines(facts), *fact_lines(facts), ""]
    if facts["growth"]:
        lines += ["## How cost grows", "", "![How time grows](growth.svg)", "", *growth_lines(facts), ""]
    return "\n".join(lines)


def write(facts, docs):
    """Between the marks of docs/performance.md, and the charts beside it."""
    document = docs / "performance.md"
    before, rest = document.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    document.write_text("%s%s\n\n%s\n%s%s" % (before, MARKS[0], measured(facts), MARKS[1], after), encoding="utf-8")
    if bar_groups(facts):
        chart.bars(bar_groups(facts), docs / "performance.svg")
    panels = [(family, family_points(facts, family)) for family in growth.FAMILIES if family_points(facts, family)]
    if panels:
        chart.growth(panels, docs / "growth.svg")
