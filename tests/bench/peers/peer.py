"""What the peers in Python share: options, times, and the line of JSON that run.py reads.

    PEER.py --data DIR --threads N --only NAME,... [--repeat N]
"""
import argparse
import json
import os
import pathlib
import statistics
import time

import numpy as np

TIMESTEPS = 100


def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=pathlib.Path, required=True)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--repeat", type=int, default=0)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    return options


def peak_kb():
    for line in pathlib.Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def report(options, program, version, workload, seconds, memory=0):
    seconds = sorted(seconds)
    print(json.dumps({"program": program, "version": version, "workload": workload, "threads": options.threads,
                      "median": statistics.median(seconds), "min": seconds[0], "max": seconds[-1],
                      "p99": seconds[round(0.99 * (len(seconds) - 1))], "count": len(seconds), "memory": memory,
                      "peak_kb": peak_kb()}), flush=True)


def timed(options, usual, work, warm_up=True):
    """Seconds of each call; a first one warms up and does not count."""
    if warm_up:
        work()
    seconds = []
    for _ in range(options.repeat or usual):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def reviews(options, name, count=None):
    return np.load(options.data / name)[:count]


def features(samples, size):
    return np.random.default_rng(1).uniform(-1, 1, (samples, TIMESTEPS, size)).astype(np.float32)


def measure(options, program, version, workloads):
    """`workloads`: by name, a function that returns the seconds of its repetitions."""
    for name, function in workloads.items():
        if not options.only or name in options.only.split(","):
            report(options, program, version, name, function())
