#!/usr/bin/env python3
"""Makes lib/kernels/simd/tanh_table.h: tanh |x| as polynomials, one for each of 32 intervals.

The interval follows from the bits of y = |x| + 0.625: its exponent and the three bits behind it. So
intervals are 1/16 wide up to |x| = 0.375, then 1/8, 1/4 and 1/2, and two of 1 end at 9.375, where
tanh is 1 to a float's precision; and the lowest five of those bits are different for all of them.

With r = |x| - centre, tanh |x| = c0 + c1 r + ... + c4 r^4. A centre lies in the middle of its
interval, at a float whose tanh is nearly a float too, so that rounding c0 costs nothing (Gal, 1986);
that of the first is 0, and c0 = 0, c1 = 1, so that small numbers keep all their digits.

Run without arguments it prints the header; with its path it fails where that is another.
"""
import decimal
import math
import struct
import sys
from decimal import Decimal

OFFSET = 0.625
LIMIT = 9.375
BITS = 3
COUNT = 32
DEGREE = 4
NEIGHBOURS = 100  # floats looked at on each side of an interval's middle

decimal.getcontext().prec = 50


def to_float(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def bits_of(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def of_bits(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def tanh(x):
    e = (2 * Decimal(x)).exp()
    return (e - 1) / (e + 1)


def ulp(value):
    return Decimal(2) ** (math.frexp(value)[1] - 24)


def centre_of(low, high):
    """The float near the middle whose tanh rounding moves least, in units of the last place."""
    middle = bits_of((low + high) / 2)
    near = [of_bits(middle + step) for step in range(-NEIGHBOURS, NEIGHBOURS + 1)]

    def moved(centre):
        exact = tanh(centre)
        return abs(Decimal(to_float(float(exact))) - exact) / ulp(float(exact))

    return min(near, key=moved)


def chebyshev(count):
    """The roots of a polynomial whose values between -1 and 1 are as small as can be."""
    return [math.cos(math.pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def nodes(low, high):
    """Where the rest of a polynomial is to be exact. What is fixed makes it exact at the centre as
    well: so that takes the place of one of Chebyshev's roots, the middle one, or the lowest."""
    if low == 0:
        roots = chebyshev(DEGREE)
        scale = high / (1 - roots[-1])
        return [Decimal(scale * (root - roots[-1])) for root in roots[:-1]]
    roots = chebyshev(DEGREE + 1)
    del roots[DEGREE // 2]
    return [Decimal((high - low) / 2 * root) for root in roots]


def interpolate(places, values):
    """The coefficients of the polynomial through some points, by Newton's divided differences."""
    differences = list(values)
    for order in range(1, len(places)):
        for i in range(len(places) - 1, order - 1, -1):
            width = places[i] - places[i - order]
            differences[i] = (differences[i] - differences[i - 1]) / width
    result = [Decimal(0)] * len(places)
    for place, difference in zip(reversed(places), reversed(differences)):
        shifted = [Decimal(0)] + result[:-1]
        result = [s - place * r for s, r in zip(shifted, result)]
        result[0] += difference
    return result


def polynomial(low, high, centre):
    """c0 to c4; what is fixed of them goes first, and the rest is interpolated."""
    fixed = [Decimal(0), Decimal(1)] if low == 0 else [Decimal(to_float(float(tanh(centre))))]

    def rest(r):
        known = sum(c * r**power for power, c in enumerate(fixed))
        return (tanh(Decimal(centre) + r) - known) / r ** len(fixed)

    places = nodes(low, high)
    return fixed + interpolate(places, [rest(r) for r in places])


def intervals():
    """Place in the table, low, high."""
    y = OFFSET
    while y < OFFSET + LIMIT:
        width = math.ldexp(1, math.frexp(y)[1] - 1 - BITS)
        yield bits_of(y) >> (23 - BITS) & (COUNT - 1), y - OFFSET, y + width - OFFSET
        y += width


def table():
    """Rows: the centres, c0, c1, ... c4."""
    rows = [[None] * COUNT for _ in range(DEGREE + 2)]
    for place, low, high in intervals():
        centre = 0.0 if low == 0 else centre_of(low, high)
        for row, value in zip(rows, [centre] + polynomial(low, high, centre)):
            assert row[place] is None, "two intervals share a place"
            row[place] = to_float(float(value))
    assert all(value is not None for row in rows for value in row), "a place is empty"
    return rows


def literal(value):
    if value == int(value):
        return f"{int(value)}.0f"
    return next(
        text + "f"
        for digits in range(6, 10)
        for text in [f"{value:.{digits}g}"]
        if to_float(float(text)) == value
    )


def array(name, values):
    lines = []
    for first in range(0, COUNT, 6):
        lines.append("    " + ", ".join(literal(v) for v in values[first : first + 6]) + ",")
    return [f"static const float {name}[TANH_INTERVALS] = {{"] + lines + ["};"]


def header():
    rows = table()
    lines = [
        "/*",
        " * tanh |x| = c0 + c1 r + ... + c4 r^4 with r = |x| - centre, for each of 32 intervals: made by",
        " * tests/kernels/tanh_table.py, which says how.",
        " */",
        "#ifndef TL_KERNELS_SIMD_TANH_TABLE_H",
        "#define TL_KERNELS_SIMD_TANH_TABLE_H",
        "",
        f"#define TANH_INTERVALS {COUNT}",
        "/* The interval of |x| stands in the highest bits of |x| + this, ... */",
        f"#define TANH_OFFSET {OFFSET}f",
        "/* ... from this bit on. */",
        f"#define TANH_LOWEST_BIT {23 - BITS}",
        "/* In the last interval; from here on tanh is 1. */",
        "#define TANH_LIMIT 9.25f",
        "",
        "/* clang-format off */",
    ]
    lines += array("tanh_centres", rows[0])
    for power, values in enumerate(rows[1:]):
        lines += array(f"tanh_c{power}", values)
    return "\n".join(lines + ["/* clang-format on */", "", "#endif", ""])


def main():
    made = header()
    if len(sys.argv) < 2:
        sys.stdout.write(made)
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        if file.read() != made:
            sys.exit(f"{sys.argv[1]} is not what {sys.argv[0]} prints")


main()
