"""Row 7: the first, a middle and the last page of `tags/list?n=100` in the largest repository, one request
at a time. Distribution 2.8 knows no `n` and sends the whole list whatever is asked."""

import json

from client import Connection
from data import BIG
from load import in_turns, one_by_one
from report import at_most, beside_all, times
from servers import bearers
from shape import LARGEST, tags_in_order

PAGE = 100
PAGES = ("first", "middle", "last")


def measure(bench):
    held = bench.at_scale()
    pages = {who: _pages(at.shape.n_largest) for who, at in held.items()}
    shown = bearers([at.server for at in held.values()], LARGEST)
    for who, at in held.items():
        for path, names in pages[who].values():
            _check(at.server, path, names, shown[at.server])

    def read(which):
        def one(who):
            server = held[who].server
            return one_by_one(server, pages[who][which][0], bench.seconds / 2, shown[server])

        return in_turns(bench.few_rounds, {who: who for who in held}, one, bench.deadline)

    found = {which: read(which) for which in PAGES}
    n = held["us"].shape.n_largest
    steps = times(("must", 50), ("target", 200), ("moonshot", 500)) + at_most(("moonshot", 200))
    whole = found["first"][bench.peer.name]["bytes"].median
    lines = []
    for which in PAGES:
        note = f"distribution 2.8 knows no n and sends all {whole:,.0f} bytes" if which == "first" else ""
        lines += beside_all(found[which], 7, f"tags/list?n={PAGE}, {which} page of {n:,}, server CPU", "µs", "cpu_us", "less",
                            steps, note)
    lines += beside_all(found["middle"], 7, "the middle page, latency", "ms", "ms", "less")
    return lines + _beside_the_small(bench)


def _beside_the_small(bench):
    """The first page where every peer takes part, as not all were given the largest data set."""
    path = f"/v2/{BIG}/tags/list?n={PAGE}"
    shown = bearers(bench.everyone.values(), BIG)

    def first(server):
        return one_by_one(server, path, bench.seconds / 2, shown[server])

    found = in_turns(bench.few_rounds, bench.everyone, first, bench.deadline)
    return beside_all(found, 7, f"first page of {len(bench.data.tags):,}, server CPU", "µs", "cpu_us", "less")


def _pages(n_tags):
    names = tags_in_order(n_tags)
    path = f"/v2/{LARGEST}/tags/list?n={PAGE}"
    middle = n_tags // 2
    return {
        "first": (path, names[:PAGE]),
        "middle": (f"{path}&last={names[middle - 1]}", names[middle : middle + PAGE]),
        "last": (f"{path}&last={names[-PAGE - 1]}", names[-PAGE:]),
    }


def _check(server, path, names, shown):
    with Connection(server.port, shown) as connection:
        answer = connection.get(path)
    found = json.loads(answer.body).get("tags") if answer.status == 200 else None
    is_whole = found and len(found) > PAGE and set(names) <= set(found)  # A registry without pages.
    if found != names and not is_whole:
        raise RuntimeError(f"{server.name} {path} answered {answer.status} with other tags than were written")
