"""Row 1: GET of a manifest by tag, 16 connections: one hot tag, then spread over all tags, then spread
over the largest data set."""

from data import ACCEPT, BIG, MANIFEST
from load import in_turns, wrk
from report import at_least, at_most, beside_all, times
from shape import INDEX

CONNECTIONS = 16
ACCEPT_ANY = {"Accept": f"{MANIFEST}, {INDEX}"}


def measure(bench):
    path = f"/v2/{BIG}/manifests/{bench.data.tags[len(bench.data.tags) // 2]}"

    def hot(server):
        return wrk(server, path, CONNECTIONS, bench.seconds, ACCEPT)

    names = bench.scratch / "tags.txt"
    names.write_text("\n".join(bench.data.tags))

    def spread(server):
        arguments = (f"/v2/{BIG}/manifests/", str(names))
        return wrk(server, "/", CONNECTIONS, bench.seconds, ACCEPT, "spread.lua", arguments)

    bench.same_answer(path, ACCEPT, MANIFEST)
    one = in_turns(bench.rounds, bench.everyone, hot, bench.deadline)
    all_ = in_turns(bench.few_rounds, bench.everyone, spread, bench.deadline)
    small = f"/v2/{next(iter(bench.data.small))}/manifests/latest"
    bench.same_answer(small, ACCEPT, MANIFEST)
    lone = in_turns(bench.few_rounds, bench.everyone, lambda it: wrk(it, small, CONNECTIONS, bench.seconds, ACCEPT), bench.deadline)
    few = {who: one[who] for who in ("us", bench.peer.name)}
    rate, cost = ("must", 10), (("must", 10), ("target", 25), ("moonshot", 40))
    note = "anonymous: there is no sign-in yet, the goal is for a cached bearer token"
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
        *_at_scale(bench),
    ]


def _at_scale(bench):
    held = bench.at_scale()
    paths = {}
    for at in held.values():
        paths[at.shape] = bench.scratch / f"spread-{at.shape.name}.txt"
        paths[at.shape].write_text("\n".join(at.shape.spread()))

    def spread(at):
        arguments = ("/v2/", str(paths[at.shape]))
        return wrk(at.server, "/", CONNECTIONS, bench.seconds, ACCEPT_ANY, "spread.lua", arguments)

    found = in_turns(bench.few_rounds, held, spread, bench.deadline)
    shape = held["us"].shape
    n_paths = shape.n_repositories + min(10_000, shape.n_largest)
    what = f"GET manifest, {n_paths:,} names in {shape.n_tags:,} tags"
    note = (
        f"data set {shape.name}: ours has all {shape.n_tags:,} tags, a distribution one in each of {shape.n_repositories:,} "
        f"repositories and {shape.n_largest:,} in one; the same names are asked for, the manifests differ"
    )
    return [
        *beside_all(found, 1, what, "req/s", "requests_per_s", note=note),
        *beside_all(found, 1, "the same, CPU per request", "µs", "cpu_us", "less"),
    ]
