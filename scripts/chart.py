#!/usr/bin/env python3
"""Draws public/chart.svg, the picture beside the sign-in form: a portolan chart of no real sea.

Rhumb lines join a ring of sixteen points around a wind rose, drawn by their wind as on the old charts:
dark for the eight winds, pale for the half winds, red for the quarters. Ports carry invented repository
names, written inland at right angles to the coast, the great ones in red. The page gives colours (custom
properties) and font, see style/gate.css. The seed is fixed, so the file is the same each time.

Run: python3 scripts/chart.py
"""
import math
import random
from itertools import combinations
from pathlib import Path

OUT = Path(__file__).parent.parent / "public" / "chart.svg"
WIDTH, HEIGHT, MARGIN = 880, 1000, 16
ROSE, RING = (470, 520), 432
WINDS = {45: "G", 90: "L", 135: "S", 180: "O", 225: "A", 270: "P", 315: "M"}
SEA, LAND, LINE, COAST, INK, RED = (f"var(--chart-{name},{day})" for name, day in (
    ("sea", "#f3f1ea"), ("land", "#ede8db"), ("line", "#708397"), ("coast", "#3a6078"), ("ink", "#1e4560"), ("red", "#b5391f")))

# Capes of each land, clockwise. Between two capes outside the picture there is no coast to draw.
LANDS = [
    [(-40, -40), (590, -40), (556, 64), (520, 52), (470, 86), (408, 98), (372, 150), (318, 172), (300, 238), (252, 262),
     (190, 244), (168, 196), (112, 184), (70, 226), (92, 268), (60, 322), (22, 306), (-40, 352)],
    [(920, 890), (830, 842), (772, 846), (716, 812), (726, 744), (770, 704), (748, 650), (786, 606), (828, 560), (820, 482),
     (776, 470), (730, 440), (744, 372), (786, 336), (770, 290), (806, 250), (852, 262), (920, 236)],
    [(-40, 694), (28, 664), (76, 688), (104, 736), (168, 748), (150, 800), (172, 852), (226, 866), (262, 910), (254, 960),
     (300, 1040), (-40, 1040)],
    [(322, 640), (352, 622), (394, 606), (428, 634), (446, 662), (424, 700), (412, 742), (372, 730), (338, 742), (316, 700)],
    [(604, 168), (632, 152), (668, 160), (684, 184), (664, 204), (626, 200)],
    [(586, 896), (612, 876), (654, 884), (668, 908), (634, 924), (598, 920)],
    *([(x, y), (x + 12, y - 7), (x + 18, y + 6), (x + 7, y + 12)] for x, y in ((286, 604), (558, 196), (264, 786), (700, 612))),
]
# (centre, reach) of the sands a pilot keeps clear of
SHOALS = [((470, 720), 20), ((706, 470), 16), ((236, 300), 18), ((690, 850), 18), ((560, 130), 14), ((190, 800), 10)]
GREAT = "team/web platform/base data/lake edge/proxy library/postgres ml/serving pay/ledger iam/login".split()
NAMES = GREAT + """team/api team/worker team/mail team/jobs team/search team/docs platform/envoy platform/builder
platform/cron platform/dns platform/vault data/airflow data/kafka data/flink data/dbt data/query library/redis library/nginx
library/debian library/python library/node charts/web charts/api charts/ingress charts/redis edge/cache edge/waf edge/images
edge/auth ml/train ml/notebook ml/features ml/labels ops/grafana ops/loki ops/tempo ops/backup ops/runner ops/alerts
pay/checkout pay/invoice pay/refunds shop/cart shop/stock shop/front shop/prices mobile/push mobile/sync iam/audit iam/groups
geo/tiles geo/routes geo/search docs/site docs/api lab/bench""".split()
rng = random.Random(1311)


def rough(a, b):
    """The coast from cape to cape: its middle moves sideways, then both halves do the same."""
    if math.dist(a, b) < 5:
        return [a]
    shift = rng.uniform(-0.2, 0.2)
    middle = ((a[0] + b[0]) / 2 - (b[1] - a[1]) * shift, (a[1] + b[1]) / 2 + (b[0] - a[0]) * shift)
    return rough(a, middle) + rough(middle, b)


def coast(capes):
    outside = {p for p in capes if not (-9 < p[0] < WIDTH + 9 and -9 < p[1] < HEIGHT + 9)}
    return [p for a, b in zip(capes, capes[1:] + capes[:1]) for p in ([a] if {a, b} <= outside else rough(a, b))]


def inside(x, y, land):
    return sum((y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
               for (x1, y1), (x2, y2) in zip(land, land[1:] + land[:1])) % 2


def path(points, close="", unit=1):
    """Steps in whole units, small before and after compression."""
    whole = [(round(x * unit), round(y * unit)) for x, y in points]
    steps = [whole[0]] + [(b[0] - a[0], b[1] - a[1]) for a, b in zip(whole, whole[1:]) if a != b]
    first, *rest = (f"{x / unit:g} {y / unit:g}" for x, y in steps)
    return f"M{first}l{' '.join(rest)}{close}".replace(" -", "-")


def polar(bearing, radius):
    turn = math.radians(bearing)
    return ROSE[0] + radius * math.sin(turn), ROSE[1] - radius * math.cos(turn)


def rhumbs():
    """A line through each two points of the ring, to the edges of the picture, by kind of wind."""
    kinds = ["", "", "", ""]
    for i, j in combinations(range(16), 2):
        (x, y), (x2, y2) = polar(i * 22.5, RING), polar(j * 22.5, RING)
        dx, dy = x2 - x, y2 - y
        spans = [sorted((-p / d, (size - p) / d)) for p, d, size in ((x, dx, WIDTH), (y, dy, HEIGHT)) if abs(d) > 1e-6]
        ends = max(s[0] for s in spans), min(s[1] for s in spans)
        kinds[(i + j) % 4] += path([(x + dx * t, y + dy * t) for t in ends])
    styles = (LINE, 0.46, kinds[0]), (LINE, 0.26, kinds[2]), (RED, 0.19, kinds[1] + kinds[3])
    return "".join(f'<path stroke="{ink}" stroke-opacity="{opacity}" d="{d}"/>' for ink, opacity, d in styles)


def ports(lands):
    """Names along the coasts wherever one fits: on its land, in the picture, clear of the others."""
    names, taken, dots, words = rng.sample(NAMES, len(NAMES)), [], {True: "", False: ""}, ""
    for land in lands:
        for k in range(0, len(land), 2):
            (x, y), (x1, y1), (x2, y2) = land[k], land[k - 6], land[(k + 6) % len(land)]
            inland = math.atan2(x2 - x1, y1 - y2)
            line = [(x + math.cos(inland) * s, y + math.sin(inland) * s) for s in range(9, 120, 6)]
            good = [inside(*p, land) and MARGIN < p[0] < WIDTH - MARGIN and 4 < p[1] < HEIGHT - 4
                    and all(math.dist(p, q) > 15.5 for q in taken) for p in line]
            room = (good + [False]).index(False)
            name = next((n for n in names if 2 + len(n) * 0.93 < room), None)
            if name and MARGIN < x < WIDTH - MARGIN and math.dist((x1, y1), (x2, y2)) < 90:
                names.remove(name)
                taken += line[:3 + len(name)]
                dots[name in GREAT] += f"M{x:.0f} {y:.0f}h0"
                turn, side = (0, "9") if math.cos(inland) > 0 else (180, '-9" text-anchor="end')
                turn += round(math.degrees(inland))
                ink = f' fill="{RED}"' if name in GREAT else ""
                words += f'<text transform="translate({x:.0f} {y:.0f})rotate({turn})" x="{side}" y="3"{ink}>{name}</text>'
    return f"""<g fill="none" stroke-linecap="round"><path stroke="{COAST}" stroke-width="5" d="{dots[False]}"/><path stroke="{RED}" stroke-width="7.5" d="{dots[True]}"/></g>
<g fill="{INK}" font-size="9.75">{words}</g>"""


def rose():
    """Sixteen points, each half dark and half light, in a ring of degrees with the winds' initials."""
    x, y = ROSE
    ticks = "".join(path([polar(k * 5.625, 60), polar(k * 5.625, 66 if k % 4 else 70)], unit=10) for k in range(64))
    points = ""
    for first, step, long, wide in ((22.5, 45, 46, 13), (45, 90, 64, 16), (0, 90, 84, 19)):
        for fill, side in ((INK, -step / 2), (SEA, step / 2)):
            halves = (path([ROSE, polar(first + k * step + side, wide), polar(first + k * step, long)], "z", 10) for k in range(360 // step))
            points += f'<path fill="{fill}" d="{"".join(halves)}"/>'
    at = [(*polar(bearing, 84 if bearing % 90 else 97), wind) for bearing, wind in WINDS.items()]
    winds = "".join(f'<text x="{px:.0f}" y="{py + 4:.0f}">{wind}</text>' for px, py, wind in at)
    lily = f"M{x} {y - 116}c7 8 7 16 2 23h-4c-5-7-5-15 2-23zm-4 24c-2-8-10-10-12-4 3-1 5 1 4 5zm8 0c2-8 10-10 12-4-3-1-5 1-4 5zm-9 2h10v3h-10z"
    return f"""<g fill="{SEA}" stroke="{INK}" stroke-width=".7" stroke-linejoin="round"><circle cx="{x}" cy="{y}" r="66"/><circle cx="{x}" cy="{y}" r="60"/><path d="{ticks}"/>{points}</g>
<g fill="{INK}" font-size="10" text-anchor="middle">{winds}</g><path fill="{RED}" d="{lily}"/>"""


def chart():
    lands = [coast(land) for land in LANDS]
    shore = "".join(path(land, "z") for land in lands)
    knots = "".join('<circle cx="{:.0f}" cy="{:.0f}" r="2.5"/>'.format(*polar(k * 22.5, RING)) for k in range(16))
    sands = "".join(f"M{rng.gauss(x, reach):.0f} {rng.gauss(y, reach / 2):.0f}h0" for (x, y), reach in SHOALS for _ in range(reach * 2))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><g id="chart">
<g fill="none" stroke-width=".7">{rhumbs()}</g><g fill="{SEA}" stroke="{LINE}" stroke-width=".8">{knots}</g>
<g fill="none" stroke="{COAST}" stroke-linejoin="round"><path stroke-width="18" stroke-opacity=".05" d="{shore}"/><path stroke-width="9" stroke-opacity=".08" d="{shore}"/><path stroke-width="1.5" stroke-opacity=".5" stroke-linecap="round" d="{sands}"/>
<path fill="{LAND}" stroke-width="1.2" d="{shore}"/></g>
{ports(lands)}
{rose()}</g></svg>
"""


if __name__ == "__main__":
    OUT.write_text(chart())
    print(f"{OUT}: {OUT.stat().st_size} bytes")
