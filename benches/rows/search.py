"""Row 10, after lists for many grants: what each keystroke of a search costs, in the small data set and in the large
one. A keystroke is the part of the search page that a browser asks for; the last one has a whole reference."""

import json
from urllib.parse import quote

from client import Connection
from load import in_turns, wrk
from report import Line, at_most
from shape import LARGEST

from . import many_grants

TYPED = {
    "2 letters": "se",
    "4 letters": "serv",
    "8 letters": "service-",
    "a name": "team-42 service",
    "a name and a tag": "everything 9.1",
    "a part of a digest": "3f9a41",
    "a reference": f"docker pull localhost/{LARGEST}:9.1.0",
}
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}


def measure(bench):
    held = {who: at for who, at in bench.at_scale().items() if who == "us" or who.startswith("Portolan")}
    smaller = next((who for who in held if who != "us"), None)
    lines = []
    for what, text in TYPED.items():
        path = f"/search?q={quote(text)}&part=results"
        for at in held.values():
            _check(at.server, path, text)

        def keystroke(at, path=path):
            return wrk(at.server, path, 1, max(bench.seconds / 4, 1), BROWSER | at.server.session())

        found = in_turns(bench.few_rounds, held, keystroke, bench.deadline)
        us, before = found["us"], found[smaller] if smaller else {"p50_ms": None, "p99_ms": None}
        beside = smaller or ""
        shape = held["us"].shape
        note = f"{shape.n_repositories:,} repositories, {shape.n_tags:,} tags, one connection" if not lines else ""
        goals = at_most(("must", 20), ("target", 5), ("moonshot", 2))
        lines += [
            Line(10, f"search, {what}: p50", "ms", us["p50_ms"], before["p50_ms"], "less", note=note, beside=beside),
            Line(10, f"search, {what}: p99", "ms", us["p99_ms"], before["p99_ms"], "less", goals, beside=beside),
        ]
    return many_grants.measure(bench) + lines


def _check(server, path, text):
    """The part must come, and a search by name must find something."""
    with Connection(server.port, server.session()) as connection:
        part = connection.get(path, {"Accept": "text/html"})
        listed = connection.get(f"/api/v1/search?q={quote(text)}", server.basic())
    finds = "digest" in text or text == TYPED["a part of a digest"] or b"data-result" in part.body
    if part.status not in (200, 303) or listed.status != 200 or not (finds or json.loads(listed.body)):
        raise RuntimeError(f"{server.name} {path} answered {part.status}: {part.body[:300]!r}")
