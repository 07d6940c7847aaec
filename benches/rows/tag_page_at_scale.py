"""Row 9: the tag page of row 8 in the largest repository of each data set: it must not grow with them."""

import re

from client import Connection
from load import in_turns, wrk
from report import Line
from shape import LARGEST

ROWS = 100
PATH = f"/r/{LARGEST}?limit={ROWS}"
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}


def measure(bench):
    held = {who: at for who, at in bench.at_scale().items() if who == "us" or who.startswith("Portolan")}
    for at in held.values():
        with Connection(at.server.port, at.server.session()) as connection:
            answer = connection.get(PATH, {"Accept": "text/html"})
        n_rows = len(re.findall(rb'<th role="rowheader"', answer.body))
        if answer.status != 200 or n_rows != ROWS:
            raise RuntimeError(f"{PATH} answered {answer.status} with {n_rows} rows, not {ROWS}")

    def pages(at):
        return wrk(at.server, PATH, 1, bench.seconds, BROWSER | at.server.session())

    found = in_turns(bench.rounds, held, pages, bench.deadline)
    shape = held["us"].shape
    what = f"tag page, {ROWS} of {shape.n_largest:,} tags among {shape.n_tags:,}"
    smaller = next((who for who in held if who != "us"), None)
    before = found[smaller] if smaller else {"p50_ms": None, "cpu_us": None}
    flat = [(step, f"within {slack:g}× of S", lambda line, s=slack: (line.ratio or 0) >= 1 / s)
            for step, slack in (("must", 1.3), ("target", 1.1), ("moonshot", 1.05))] if smaller else []
    us = found["us"]
    return [
        Line(9, f"{what}, p50", "ms", us["p50_ms"], before["p50_ms"], "less", flat, beside=smaller),
        Line(9, "server CPU for it", "µs", us["cpu_us"], before["cpu_us"], "less", flat, beside=smaller),
    ]
