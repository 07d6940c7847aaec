"""Row 1: GET of a manifest by tag, 16 connections: one hot tag, then spread over all tags, then spread
over the largest data set. Ours is shown a token that it has seen before; the peers ask for nothing. What
that costs is told beside the same manifest in a repository that is open to everybody."""

import time
from contextlib import contextmanager

from client import Connection
from data import ACCEPT, BIG, MANIFEST
from load import in_turns, wrk
from report import Line, at_least, at_most, beside_all, times
from servers import bearers
from shape import INDEX

CONNECTIONS = 16
ACCEPT_ANY = {"Accept": f"{MANIFEST}, {INDEX}"}
OPEN_WITHIN_S = 5


def measure(bench):
    path = f"/v2/{BIG}/manifests/{bench.data.tags[len(bench.data.tags) // 2]}"
    few_tags = next(iter(bench.data.small))
    shown = bearers(bench.everyone.values(), BIG, few_tags)

    def hot(server):
        return wrk(server, path, CONNECTIONS, bench.seconds, ACCEPT | shown[server])

    names = bench.scratch / "tags.txt"
    names.write_text("\n".join(bench.data.tags))

    def spread(server):
        arguments = (f"/v2/{BIG}/manifests/", str(names))
        return wrk(server, "/", CONNECTIONS, bench.seconds, ACCEPT | shown[server], "spread.lua", arguments)

    def from_few_tags(server):
        return wrk(server, small, CONNECTIONS, bench.seconds, ACCEPT | shown[server])

    bench.same_answer(path, ACCEPT, MANIFEST)
    one = in_turns(bench.rounds, bench.everyone, hot, bench.deadline)
    all_ = in_turns(bench.few_rounds, bench.everyone, spread, bench.deadline)
    small = f"/v2/{few_tags}/manifests/latest"
    bench.same_answer(small, ACCEPT, MANIFEST)
    lone = in_turns(bench.few_rounds, bench.everyone, from_few_tags, bench.deadline)
    few = {who: one[who] for who in ("us", bench.peer.name)}
    rate, cost = ("must", 10), (("must", 10), ("target", 25), ("moonshot", 40))
    note = "ours is private and is shown a bearer token that it remembers; the peers run without sign-in"
    return [
        *beside_all(one, 1, "GET manifest by tag, c=16", "req/s", "requests_per_s",
                    goals=times(rate) + at_least(("target", 25_000)), note=note),
        *beside_all(one, 1, "server CPU per request", "µs", "cpu_us", "less", times(*cost) + at_most(("moonshot", 18))),
        *beside_all(few, 1, "p50", "ms", "p50_ms", "less"),
        *beside_all(few, 1, "p99", "ms", "p99_ms", "less", at_most(("moonshot", 5))),
        *beside_all(lone, 1, "the same from a repository of two tags", "req/s", "requests_per_s",
                    note="zot reads the index of the whole repository for each manifest, so here is one without many tags"),
        *beside_all(lone, 1, "the same from it, CPU per request", "µs", "cpu_us", "less"),
        *beside_all(all_, 1, f"the same over {len(bench.data.tags):,} tags", "req/s", "requests_per_s"),
        *beside_all(all_, 1, "the same, CPU per request", "µs", "cpu_us", "less"),
        *_beside_open(bench, path),
        *_at_scale(bench),
    ]


def _beside_open(bench, path):
    """What the token costs."""

    def get(shown):
        return wrk(bench.ours, path, CONNECTIONS, bench.seconds, ACCEPT | shown)

    with _public(bench.ours, BIG, path):
        subjects = {"bearer": bench.ours.bearer(BIG), "open": {}}
        # Two figures that should be the same: more turns, or the machine's moods decide.
        found = in_turns(2 * bench.rounds, subjects, get, bench.deadline)
    token, is_open = found["bearer"], found["open"]
    beside = "ours, public and anonymous"
    return [
        Line(1, "cached bearer beside open", "req/s", token["requests_per_s"], is_open["requests_per_s"], beside=beside,
             goals=[("must", "the slower within 15 % of the faster", _is_close)],
             note="the same manifest on the same server, in turns with a request of nobody's that its repository is open "
                  "to; where that is the slower one by more, the figures are the machine's and say nothing of the token"),
        Line(1, "the same, CPU per request", "µs", token["cpu_us"], is_open["cpu_us"], "less", beside=beside),
    ]


def _is_close(line):
    return bool(line.ratio) and min(line.ratio, 1 / line.ratio) >= 1 / 1.15


@contextmanager
def _public(server, repository, path):
    """A repository that everybody may read for a while; `path` is something in it."""
    _set_visibility(server, repository, "public")
    try:
        _wait_until_open(server, path)
        yield
    finally:
        _set_visibility(server, repository, None)


def _set_visibility(server, repository, visibility):
    """Straight in the database of the running server, which looks at the epoch four times a second."""
    with server.database() as connection:
        connection.execute("UPDATE repositories SET visibility = ? WHERE name = ?", (visibility, repository))


def _wait_until_open(server, path):
    end = time.monotonic() + OPEN_WITHIN_S
    with Connection(server.port) as connection:
        while (status := connection.get(path, ACCEPT).status) != 200:
            if time.monotonic() > end:
                raise RuntimeError(f"{path} of a public repository answers {status} to nobody in particular")
            time.sleep(0.05)


def _at_scale(bench):
    held = bench.at_scale()
    paths = {}
    for at in held.values():
        paths[at.shape] = bench.scratch / f"spread-{at.shape.name}.txt"
        paths[at.shape].write_text("\n".join(at.shape.spread()))

    def spread(at):
        arguments = ("/v2/", str(paths[at.shape]))
        shown = at.server.basic()  # Of more repositories than a token may name.
        return wrk(at.server, "/", CONNECTIONS, bench.seconds, ACCEPT_ANY | shown, "spread.lua", arguments)

    found = in_turns(bench.few_rounds, held, spread, bench.deadline)
    shape = held["us"].shape
    n_paths = shape.n_repositories + min(10_000, shape.n_largest)
    what = f"GET manifest, {n_paths:,} names in {shape.n_tags:,} tags"
    note = (
        f"data set {shape.name}: ours has all {shape.n_tags:,} tags, a distribution one in each of {shape.n_repositories:,} "
        f"repositories and {shape.n_largest:,} in one; the same names are asked for, the manifests differ; ours is shown "
        "name and password, which it remembers for a minute, as no token names so many repositories"
    )
    return [
        *beside_all(found, 1, what, "req/s", "requests_per_s", note=note),
        *beside_all(found, 1, "the same, CPU per request", "µs", "cpu_us", "less"),
    ]
