"""Row 13: from starting the process on its data to the first correct page; the peer's to its first 200
on `/v2/`, for which it reads nothing."""

import re
import time

from data import BIG
from load import in_turns
from report import Line, at_most

ROWS = 100
PAGE = f"/r/{BIG}?limit={ROWS}"


def measure(bench):
    def start_us(server):
        server.stop()
        started = time.perf_counter()
        server.spawn()
        answer = server.wait_for(PAGE, b"</html>")
        elapsed = time.perf_counter() - started
        n_rows = len(re.findall(rb'<th role="rowheader"', answer.body))
        if n_rows != ROWS:
            raise RuntimeError(f"the first page after a start had {n_rows} rows, not {ROWS}")
        return {"ms": elapsed * 1e3}

    def start_peer(server):
        server.stop()
        started = time.perf_counter()
        server.spawn()
        server.wait_for("/v2/")
        return {"ms": (time.perf_counter() - started) * 1e3}

    subjects = {"us": (bench.ours, start_us), "peer": (bench.peer, start_peer)}
    found = in_turns(bench.rounds + 4, subjects, lambda it: it[1](it[0]), bench.deadline)
    note = f"on {len(bench.data.tags):,} tags, files warm in the page cache; the goal is for 1 M tags"
    return [
        Line(13, "cold start to the first correct page", "ms", found["us"]["ms"], found["peer"]["ms"], "less",
             at_most(("must", 500), ("target", 100), ("moonshot", 30)), note),
    ]
