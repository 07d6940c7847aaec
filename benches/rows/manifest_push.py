"""Row 5: PUT of a manifest under a new tag, 32 connections. Each round has a fresh repository that holds
the blobs already. Ours answers when tag and manifest are on the disk."""

import itertools

from client import Connection
from data import MANIFEST, images, put_blob
from load import in_turns, wrk
from report import at_least, beside_all, times

CONNECTIONS = 32


def measure(bench):
    put = putting(bench, "pushed")
    found = in_turns(bench.rounds, bench.everyone, put, bench.deadline)
    few = {who: found[who] for who in ("us", bench.peer.name)}
    return [
        *beside_all(found, 5, "PUT manifest, new tag, c=32", "req/s", "requests_per_s",
                    goals=times(("must", 2), ("target", 5), ("moonshot", 10)) + at_least(("moonshot", 3500)),
                    note="one small image under many tags; durable as in row 4"),
        *beside_all(found, 5, "server CPU per request", "µs", "cpu_us", "less"),
        *beside_all(few, 5, "p50", "ms", "p50_ms", "less"),
        *beside_all(few, 5, "p99", "ms", "p99_ms", "less"),
    ]


def putting(bench, what):
    """What puts a small image under many tags of a repository that is new each time, as wrk measures it."""
    (image,) = images(1, what)
    body = bench.scratch / f"{what}.json"
    body.write_bytes(image.manifest)
    numbers = itertools.count()

    def put(server):
        repository = f"bench/{what}-{next(numbers):03d}"
        shown = server.bearer(repository)
        with Connection(server.port, shown) as connection:
            for blob in image.blobs:
                put_blob(connection, repository, blob)
        arguments = (f"/v2/{repository}/manifests/", str(body), MANIFEST)
        return wrk(server, "/", CONNECTIONS, bench.seconds, shown, "put.lua", arguments)

    return put
