"""The charts of docs/performance.md as SVG: bars on a logarithmic scale, and small multiples of growth."""
import math
from xml.sax.saxutils import escape

INK, SOFT, GRID, OURS, THEIRS, SECOND = "#1f2933", "#616e7c", "#e4e7eb", "#0b7285", "#b8c2cc", "#d9480f"


class Drawing:
    """SVG elements, one after the other."""

    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []
        self.rectangle(0, 0, width, height, "#ffffff")

    def rectangle(self, x, y, width, height, fill, radius=0):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%d" fill="%s"/>' % (x, y, width, height, radius, fill))

    def line(self, x1, y1, x2, y2, colour=GRID, width=1.0, dashes=""):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"%s/>'
                          % (x1, y1, x2, y2, colour, width, ' stroke-dasharray="%s"' % dashes if dashes else ""))

    def path(self, points, colour):
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"/>'
                          % (" ".join("%.1f,%.1f" % point for point in points), colour))
        self.parts += ['<circle cx="%.1f" cy="%.1f" r="2.6" fill="%s"/>' % (*point, colour) for point in points]

    def text(self, x, y, text, size=12, colour=INK, anchor="start", bold=False):
        self.parts.append('<text x="%.1f" y="%.1f" font-size="%d" fill="%s" text-anchor="%s"%s>%s</text>'
                          % (x, y, size, colour, anchor, ' font-weight="600"' if bold else "", escape(text)))

    def svg(self):
        start = ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
                 'font-family="Inter, Helvetica, Arial, sans-serif">' % (self.width, self.height, self.width, self.height))
        return "\n".join([start, *self.parts, "</svg>", ""])


def number(value):
    """Three digits, without an exponent."""
    return "%.0f" % value if value >= 100 else "%.3g" % value


# ---- Bars --------------------------------------------------------------------------------------------

LEFT, RIGHT, TOP, BAR, GAP, HEAD = 150, 120, 92, 16, 22, 22


def bars(groups, path):
    """`groups`: (title, [(name, value with unit, time / ours, is ours)]), shortest time first."""
    highest = max((ratio for _, rows in groups for _, _, ratio, _ in rows), default=1.0)
    lowest = min((ratio for _, rows in groups for _, _, ratio, _ in rows), default=1.0)
    low, high = math.floor(math.log10(min(lowest, 0.5))), math.ceil(math.log10(max(highest, 10)))
    height = TOP + sum(HEAD + BAR * len(rows) + GAP for _, rows in groups) + 10
    drawing, right = Drawing(860, height), 860 - RIGHT

    def x_of(ratio):
        return LEFT + (math.log10(ratio) - low) / (high - low) * (right - LEFT)

    drawing.text(24, 34, "Time beside that of tinylstm", 19, bold=True)
    drawing.text(24, 54, "tinylstm = 1, logarithmic; the best number of threads of each; shorter is faster", 12, SOFT)
    for power in range(low, high + 1):
        drawing.line(x_of(10 ** power), TOP - 8, x_of(10 ** power), height - 12, "#9aa5b1" if power == 0 else GRID)
        drawing.text(x_of(10 ** power), TOP - 14, "%g x" % 10 ** power, 11, SOFT, "middle")
    y = TOP
    for title, rows in groups:
        drawing.text(24, y + 14, title, 13, bold=True)
        y += HEAD
        for name, value, ratio, is_ours in rows:
            colour = OURS if is_ours else THEIRS
            drawing.text(LEFT - 8, y + 12, name, 12, OURS if is_ours else INK, "end", is_ours)
            drawing.rectangle(LEFT, y + 2, max(1.5, x_of(ratio) - LEFT), BAR - 4, colour, 2)
            drawing.text(x_of(ratio) + 6, y + 12, value if is_ours else "%s  (%s x)" % (value, number(ratio)), 11, SOFT)
            y += BAR
        y += GAP
    path.write_text(drawing.svg(), encoding="utf-8")


# ---- Growth ------------------------------------------------------------------------------------------

PANEL_WIDTH, PANEL_HEIGHT = 400, 290


def powers(values):
    return range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)


def power_name(power):
    return {0: "1", 1: "10", 2: "100", 3: "1,000", 4: "10,000", 5: "100,000", 6: "1,000,000"}.get(power, "1e%d" % power)


def seconds_name(power):
    unit, shift = next((one for one in (("s", 0), ("ms", 3), ("us", 6)) if power + one[1] >= 0), ("ns", 9))
    return "%g %s" % (10 ** (power + shift), unit)


def panel(drawing, left, top, title, points):
    """`points`: (size, seconds, seconds if they grew as the arithmetic does, megabytes)."""
    x_powers = powers([point[0] for point in points])
    y_powers = powers([value for point in points for value in point[1:3]])
    x0, x1, y0, y1 = left + 66, left + PANEL_WIDTH - 24, top + PANEL_HEIGHT - 44, top + 44

    def x_of(value):
        return x0 + (math.log10(value) - x_powers[0]) / (x_powers[-1] - x_powers[0]) * (x1 - x0)

    def y_of(value):
        return y0 - (math.log10(value) - y_powers[0]) / (y_powers[-1] - y_powers[0]) * (y0 - y1)

    drawing.text(left + 12, top + 24, title, 14, bold=True)
    for power in x_powers:
        drawing.line(x_of(10 ** power), y0, x_of(10 ** power), y1)
        drawing.text(x_of(10 ** power), y0 + 17, power_name(power), 11, SOFT, "middle")
    for power in y_powers:
        drawing.line(x0, y_of(10 ** power), x1, y_of(10 ** power))
        drawing.text(x0 - 8, y_of(10 ** power) + 4, seconds_name(power), 11, SOFT, "end")
    wanted = [(x_of(size), y_of(expected)) for size, _, expected, _ in points]
    for (xa, ya), (xb, yb) in zip(wanted, wanted[1:]):
        drawing.line(xa, ya, xb, yb, "#9aa5b1", 1.4, "5 4")
    drawing.path([(x_of(size), y_of(seconds)) for size, seconds, _, _ in points], OURS)
    drawing.text(x1, y0 + 36, "memory %s to %s MB" % (number(points[0][3]), number(points[-1][3])), 11, SECOND, "end")


def growth(panels, path):
    """`panels`: (title, points), two beside each other."""
    drawing = Drawing(2 * PANEL_WIDTH + 24, 64 + (len(panels) + 1) // 2 * PANEL_HEIGHT)
    drawing.text(24, 34, "How time grows", 19, bold=True)
    drawing.text(24, 54, "one thread; dashed: as much as the work grows, from the largest size back", 12, SOFT)
    for i, (title, points) in enumerate(panels):
        panel(drawing, 12 + i % 2 * PANEL_WIDTH, 64 + i // 2 * PANEL_HEIGHT, title, points)
    path.write_text(drawing.svg(), encoding="utf-8")
