"""Row 6: the first and the last page of `_catalog?n=1000` at the largest data set, one request at a time."""

import json

from client import Connection
from load import in_turns, one_by_one
from report import Line, at_most, beside_all, times
from servers import bearers

PAGE = 1000


def measure(bench):
    held = bench.at_scale()
    pages = {who: _pages(at.shape) for who, at in held.items()}
    shown = bearers([at.server for at in held.values()], catalog=True)
    for who, at in held.items():
        for path, names in pages[who].values():
            _check(at.server, path, names, shown[at.server])

    def read(which):
        def one(who):
            server = held[who].server
            return one_by_one(server, pages[who][which][0], bench.seconds / 2, shown[server])

        return in_turns(bench.rounds, {who: who for who in held}, one, bench.deadline)

    first, last = read("first"), read("last")
    n = held["us"].shape.n_repositories
    steps = (("must", 20), ("target", 100), ("moonshot", 200))
    return [
        *beside_all(first, 6, f"_catalog?n={PAGE}, first page of {n:,}", "ms", "ms", "less"),
        *beside_all(last, 6, f"_catalog?n={PAGE}, last page of {n:,}", "ms", "ms", "less",
                    times(*steps) + at_most(("moonshot", 1)),
                    "one connection, our own client; data set S has one page in all"),
        *beside_all(last, 6, "the same, server CPU", "µs", "cpu_us", "less"),
        Line(6, "the last page beside the first", "ms", last["us"]["ms"], first["us"]["ms"], "less",
             [("moonshot", "the same within 15 %", lambda line: line.ratio >= 1 / 1.15)], beside="our first page"),
    ]


def _pages(shape):
    names = [name for name, _ in shape.repositories()]
    before_last = f"&last={names[-PAGE - 1]}" if len(names) > PAGE else ""
    return {
        "first": (f"/v2/_catalog?n={PAGE}", names[:PAGE]),
        "last": (f"/v2/_catalog?n={PAGE}{before_last}", names[-PAGE:]),
    }


def _check(server, path, names, shown):
    with Connection(server.port, shown) as connection:
        answer = connection.get(path)
    found = json.loads(answer.body).get("repositories") if answer.status == 200 else None
    if found != names:
        raise RuntimeError(f"{server.name} {path} answered {answer.status} with other names than were written")
