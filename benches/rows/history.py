"""Row 19: what the history of tags adds to a push, which is all that a push does so that nothing is lost: the trash costs
only who deletes. Ours beside ours of which the database drops each row of the history that it is given. What is pushed is a
small image with the blobs that are new in it, one after the other. Beside it stands the worst case, which no goal is about:
a manifest alone, under a new tag, of an image that is there."""

import itertools
import sqlite3
import statistics
import time
from contextlib import closing

import machine
from client import Connection
from data import Image, put_blob, put_manifest
from load import Series, in_turns
from report import Line, at_most
from servers import Portolan

from .manifest_push import putting

DROP = "CREATE TRIGGER no_history BEFORE INSERT ON tag_moves BEGIN SELECT RAISE(IGNORE); END"
COUNT = "SELECT COUNT(*) FROM tag_moves"
PUSH_S = 3


def measure(bench):
    with (
        Portolan(bench.scratch / "remembers", bench.binary) as remembers,
        Portolan(bench.scratch / "forgets", bench.binary) as forgets,
    ):
        with _opened(forgets) as database:
            database.execute(DROP)
        sides, rounds = {"us": remembers, "them": forgets}, max(bench.rounds, 7)
        pushed = in_turns(rounds, sides, _pushing(itertools.count()), bench.deadline)
        found = in_turns(rounds, sides, putting(bench, "remembered"), bench.deadline)
        n_moves = [_n_moves(server) for server in (remembers, forgets)]
    if not n_moves[0] or n_moves[1]:
        raise RuntimeError(f"the histories have {n_moves} rows, not some and none")
    us, them = found["us"], found["them"]
    beside = "ours without history"
    note = "the other one's database drops each row of the history"
    return [
        Line(19, "push of a small image with its history, p50", "ms", pushed["us"]["p50_ms"], pushed["them"]["p50_ms"],
             "less", beside=beside, note=note),
        Line(19, "p50, with it to without it", "×", _cost(pushed, "p50_ms"), better="less", goals=at_most(("must", 1.05))),
        Line(19, "server CPU, with it to without it", "×", _cost(pushed, "cpu_us"), better="less",
             goals=at_most(("must", 1.05))),
        Line(19, "PUT manifest, new tag, c=32, with its history", "req/s", us["requests_per_s"], them["requests_per_s"],
             beside=beside, note="the worst case"),
        Line(19, "server CPU per request", "µs", us["cpu_us"], them["cpu_us"], "less", beside=beside),
        Line(19, "server CPU, with it to without it", "×", _cost(found, "cpu_us"), better="less"),
        Line(19, "p50, with it to without it", "×", _cost(found, "p50_ms"), better="less"),
    ]


def _cost(found, key):
    return Series(a / b for a, b in zip(found["us"][key].values, found["them"][key].values))


def _pushing(numbers):
    """Pushes images for a while, each with a layer and a configuration that are new."""

    def push(server):
        taken, before, end = [], machine.cpu_seconds(server.pid), time.perf_counter() + PUSH_S
        with Connection(server.port, server.basic()) as connection:
            while time.perf_counter() < end:
                number = next(numbers)
                image = Image(f"whole-{number}", [f"layer {number}".encode()])
                started = time.perf_counter()
                for blob in image.blobs:
                    put_blob(connection, "bench/whole", blob)
                put_manifest(connection, "bench/whole", f"1.{number}", image)
                taken.append((time.perf_counter() - started) * 1000)
        cpu_s = machine.cpu_seconds(server.pid) - before
        return {"p50_ms": statistics.median(taken), "cpu_us": cpu_s / len(taken) * 1e6}

    return push


def _opened(server):
    return closing(sqlite3.connect(server.data / "portolan.db", timeout=10, isolation_level=None))


def _n_moves(server):
    with _opened(server) as database:
        return database.execute(COUNT).fetchone()[0]
