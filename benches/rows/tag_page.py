"""Row 8: from asking to having all that the rows of a tag page need, 100 tags of a large repository.

Ours is one page drawn on the server. The other way is how Joxit's docker-registry-ui reads a registry:
the list of tags, then for each tag its manifest and its configuration, on the six connections that a
browser opens. Both end with the last byte received; neither counts styles, scripts or drawing. At ours
the reader signed in before, by a session for the page and by a token for the registry."""

import json
import re
import threading
import time

import machine
from client import Connection
from data import ACCEPT, BIG
from load import Series, in_turns, wrk
from report import Line, at_least, at_most, times

ROWS = 100
BROWSER_CONNECTIONS = 6
PATH = f"/r/{BIG}?limit={ROWS}"
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}


def measure(bench):
    signed_in = bench.ours.session()
    with Connection(bench.ours.port, signed_in) as connection:
        plain = connection.get(PATH, {"Accept": "text/html"})
        packed = connection.get(PATH, BROWSER)
    n_rows = len(re.findall(rb'<th role="rowheader"', plain.body))
    if plain.status != 200 or n_rows != ROWS:
        raise RuntimeError(f"{PATH} answered {plain.status} with {n_rows} rows, not {ROWS}")

    subjects = {
        "page": (bench.ours, one_page, signed_in),
        "joxit": (bench.peer, read_like_joxit, bench.peer.bearer(BIG)),
        "joxit_us": (bench.ours, read_like_joxit, bench.ours.bearer(BIG)),
    }
    found = in_turns(max(bench.rounds, 7), subjects, lambda it: _timed(*it), bench.deadline)
    load = {"browser": BROWSER, "plain": {"Accept": "text/html"}}

    def pages_of(connections, subjects):
        def one(headers):
            return wrk(bench.ours, PATH, connections, bench.seconds, headers | signed_in)

        return in_turns(bench.few_rounds, subjects, one, bench.deadline)

    pages, single = pages_of(16, load), pages_of(1, {"one": BROWSER})["one"]
    opens = in_turns(bench.few_rounds, {"one": None}, lambda _: wrk(
        bench.ours, f"/r/{BIG}", 1, bench.seconds, BROWSER | signed_in), bench.deadline)["one"]
    page, joxit, joxit_us, packed_load = found["page"], found["joxit"], found["joxit_us"], pages["browser"]
    n = len(bench.data.tags)
    encoding = packed.headers.get("content-encoding", "identity")
    weight = f"{len(plain.body):,} bytes, {len(packed.body):,} as {encoding}"
    return [
        Line(8, f"tag page, {ROWS} of {n:,} tags", "ms", page["ms"], joxit["ms"], "less",
             times(("must", 20), ("target", 100), ("moonshot", 250)),
             f"a new connection and one request, beside Joxit's pattern on the peer; the page is {weight}"),
        Line(8, "requests for it", "", page["requests"], joxit["requests"], "less", at_most(("must", 1))),
        Line(8, "server CPU for it", "ms", _in_ms(single["cpu_us"]), joxit["cpu_ms"], "less",
             note="ours per page from wrk on one connection, as one page is too short for the clock of /proc"),
        Line(8, "page latency p50, c=1", "ms", single["p50_ms"], goals=at_most(("moonshot", 2))),
        Line(8, "page latency p99, c=1", "ms", single["p99_ms"], goals=at_most(("moonshot", 8))),
        Line(8, "the page as it opens, 50 tags: p50, c=1", "ms", opens["p50_ms"], goals=at_most(("must", 2))),
        Line(8, "server CPU for it", "ms", _in_ms(opens["cpu_us"])),
        Line(8, "pages per second, c=16", "1/s", packed_load["requests_per_s"], goals=at_least(("moonshot", 2000)),
             note=f"compressed as for a browser ({encoding})"),
        Line(8, "page latency p50, c=16", "ms", packed_load["p50_ms"]),
        Line(8, "page latency p99, c=16", "ms", packed_load["p99_ms"]),
        Line(8, "pages per second, not compressed", "1/s", pages["plain"]["requests_per_s"]),
        Line(8, "Joxit's pattern on either registry", "ms", joxit_us["ms"], joxit["ms"], "less"),
    ]


def _timed(server, read, shown):
    before, started = machine.cpu_seconds(server.pid), time.perf_counter()
    n_requests = read(server, shown)
    elapsed = time.perf_counter() - started
    return {"ms": elapsed * 1e3, "cpu_ms": (machine.cpu_seconds(server.pid) - before) * 1e3, "requests": n_requests}


def one_page(server, shown):
    with Connection(server.port, shown) as connection:
        if connection.get(PATH, BROWSER).status != 200:
            raise RuntimeError(f"{PATH} did not answer 200")
    return 1


def read_like_joxit(server, shown):
    """Returns the number of requests."""
    with Connection(server.port, shown) as connection:
        listed = json.loads(_ok(connection.get(f"/v2/{BIG}/tags/list")))["tags"][:ROWS]
    waiting, lock, failures, counts = iter(listed), threading.Lock(), [], []

    def work():
        try:
            with Connection(server.port, shown) as connection:
                while True:
                    with lock:
                        tag = next(waiting, None)
                    if tag is None:
                        return
                    manifest = json.loads(_ok(connection.get(f"/v2/{BIG}/manifests/{tag}", ACCEPT)))
                    _ok(connection.get(f"/v2/{BIG}/blobs/{manifest['config']['digest']}"))
                    counts.append(2)
        except (OSError, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(BROWSER_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return 1 + sum(counts)


def _in_ms(series):
    return Series(value / 1000 for value in series.values)


def _ok(answer):
    if answer.status != 200:
        raise RuntimeError(f"Joxit's pattern met a {answer.status}: {answer.body[:200]!r}")
    return answer.body
