# SPDX-License-Identifier: GPL-3.0-or-later
"""apart.py ROWS SVG: medians of what apart.sh has measured, as a table on standard output and as a picture.

A row is: kind of guests, delay of the line in us, quantum, latency of the link, round trip in us, measured speed, speed
by the model. The picture has the rows of the shortest quantum, a panel for each kind of guests: points are measured,
lines are the model's.
"""
import statistics
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 380, 50, 10, 40, 50
LEGEND = 150
COLOURS = ["#1b6ca8", "#c0561f", "#3a7d44", "#7b4b94"]


def read(path):
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            guests, delay, quantum, latency, *values = line.split()
            rows.setdefault((guests, int(delay), quantum, latency), []).append([float(v) for v in values])
    return {key: [statistics.median(column) for column in zip(*all)] for key, all in rows.items()}


def table(rows):
    print("| guests | delay each way | round trip | quantum | link | measured | model |")
    print("|---|---|---|---|---|---|---|")
    for (guests, delay, quantum, latency), (rtt, measured, model) in rows.items():
        print(f"| {guests} | {delay / 1000:g} ms | {rtt / 1000:.2f} ms | {quantum[:-2]} µs | {latency[:-2]} ms "
              f"| {measured:.2f} | {model:.2f} |")


def text(x, y, words, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{words}</text>'


class Panel:
    """The part of the picture for one kind of guests, from x on."""

    def __init__(self, x, most):
        self.left, self.right, self.most = x + LEFT, x + WIDTH - RIGHT, most

    def x(self, rtt):
        return self.left + (self.right - self.left) * rtt / self.most

    @staticmethod
    def y(speed):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(speed, 1.2) / 1.2

    def axes(self, guests):
        out = [text(self.left, 24, f"guests that {guests}", 'font-size="14"'),
               text((self.left + self.right) / 2, HEIGHT - 12, "round trip of a message, ms", 'text-anchor="middle"')]
        for tenth in range(0, 13, 2):
            y = self.y(tenth / 10)
            out.append(f'<path d="M{self.left} {y:.1f}H{self.right}" stroke="#ddd"/>')
            out.append(text(self.left - 8, y + 4, f"{tenth / 10:g}", 'text-anchor="end"'))
        step = next(s for s in (100, 200, 500, 1000, 2000, 5000, 10000) if self.most / s <= 6)
        return out + [text(self.x(rtt), HEIGHT - BOTTOM + 18, f"{rtt / 1000:g}", 'text-anchor="middle"')
                      for rtt in range(0, int(self.most) + 1, step)]

    def series(self, points, colour):
        line = " ".join(f"{self.x(rtt):.1f},{self.y(model):.1f}" for rtt, _, model in points)
        return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'] + [
            f'<circle cx="{self.x(rtt):.1f}" cy="{self.y(measured):.1f}" r="4" fill="{colour}"/>'
            for rtt, measured, _ in points]


def picture(rows, path):
    quantum = min({key[2] for key in rows}, key=lambda q: int(q[:-2]))
    latencies = sorted({key[3] for key in rows}, key=lambda latency: int(latency[:-2]))
    kinds = list(dict.fromkeys(key[0] for key in rows))
    most = max(value[0] for value in rows.values()) * 1.05
    width = WIDTH * len(kinds) + LEGEND
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>']
    for number, guests in enumerate(kinds):
        panel = Panel(WIDTH * number, most)
        out += panel.axes(guests)
        for latency, colour in zip(latencies, COLOURS):
            points = sorted(value for key, value in rows.items() if (key[0], *key[2:]) == (guests, quantum, latency))
            out += panel.series(points, colour)
    x, y = width - LEGEND + 14, TOP + 10
    for words in ("speed of two hosts", "against one process,", f"quanta of {quantum[:-2]} µs"):
        out.append(text(x, y, words))
        y += 16
    for latency, colour in zip(latencies, COLOURS):
        y += 8
        out += [f'<circle cx="{x + 4}" cy="{y}" r="4" fill="{colour}"/>', text(x + 16, y + 4, f"link of {latency[:-2]} ms")]
        y += 14
    out += [text(x, y + 14, "points: measured"), text(x, y + 30, "lines: the model"), "</svg>"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    medians = read(sys.argv[1])
    table(medians)
    picture(medians, sys.argv[2])
