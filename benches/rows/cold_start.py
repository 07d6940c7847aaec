"""Row 13: from starting the process on its data to the first correct page of a reader who signed in before
the restart; a peer's to its first 200 on `/v2/`, for which it reads nothing."""

import re
import time

from data import BIG
from load import in_turns
from report import Line, at_most, beside_all
from shape import LARGEST

ROWS = 100


def measure(bench):
    def start_us(server, repository):
        signed_in = server.session()
        server.stop()
        started = time.perf_counter()
        server.spawn()
        answer = server.wait_for(f"/r/{repository}?limit={ROWS}", b"</html>", signed_in)
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

    large = bench.at_scale()["us"]
    subjects = {"us": lambda: start_us(large.server, LARGEST), "seeded": lambda: start_us(bench.ours, BIG)}
    subjects |= {who: lambda at=peer: start_peer(at) for who, peer in bench.peers.items()}
    found = in_turns(bench.rounds + 2, subjects, lambda start: start(), bench.deadline)
    seeded = found.pop("seeded")
    note = f"on data set {large.shape.name}, files warm in the page cache"
    return [
        *beside_all(found, 13, f"cold start to the first correct page, {large.shape.n_tags:,} tags", "ms", "ms", "less",
                    at_most(("must", 500), ("target", 100), ("moonshot", 30)), note),
        Line(13, f"the same with {len(bench.data.tags):,} tags", "ms", seeded["ms"]),
    ]
