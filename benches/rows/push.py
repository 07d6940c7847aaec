"""Row 4: push of a 64 MiB blob as docker does it: POST, one PATCH in chunks, PUT. Every push is of new
content, and ours answers when it is on the disk. The client hashes before the clock starts."""

import hashlib
import os
import time

import machine
from client import Connection
from data import LARGE_BYTES, OCTETS, closing_place, digest, expect, upload_place
from load import in_turns
from report import at_least, at_most, beside_all, times

REPOSITORY = "bench/uploads"
CHUNK = 32 << 10  # What docker's client reads and sends at a time.
STAMP = 16


class Content:
    """64 MiB, plain and framed in chunks; a stamp at the start makes it new."""

    def __init__(self, plain):
        head = f"{CHUNK:x}\r\n".encode()
        pieces = (plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK))
        self.plain = bytearray(plain)
        self.framed = bytearray(b"".join(head + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n")
        self.at = len(head)

    def renew(self):
        """Returns the digest of the new content."""
        stamp = os.urandom(STAMP)
        self.plain[:STAMP] = self.framed[self.at : self.at + STAMP] = stamp
        return digest(self.plain)


class Limit:
    """What no registry here can beat: one core hashing, or the disk taking the same bytes."""

    def __init__(self, folder, content):
        self.file, self.content = folder / "limit", content

    def measure(self):
        started = time.perf_counter()
        hashlib.sha256(self.content.plain)
        hash_s = time.perf_counter() - started
        started = time.perf_counter()
        with self.file.open("wb") as file:
            file.write(self.content.plain)
            file.flush()
            os.fsync(file.fileno())
        disk_s = time.perf_counter() - started
        mib = LARGE_BYTES / 2**20
        return {"mib_per_s": mib / max(hash_s, disk_s), "sha256": mib / hash_s, "disk": mib / disk_s}


def measure(bench):
    content = Content(bench.data.large_blob)
    limit = Limit(bench.scratch, content)

    def push(server):
        return limit.measure() if server is limit else _pushes(server, content, bench.uploads)

    found = in_turns(bench.rounds, bench.everyone | {"the limit": limit}, push, bench.deadline)
    hardware = found["the limit"]
    registries = {who: found[who] for who in found if who != "the limit"}
    note = (
        "the limit is the slower of hashing on one core "
        f"({hardware['sha256'].median:,.0f} MiB/s) and writing with fsync ({hardware['disk'].median:,.0f} MiB/s); ours, "
        "distribution v3 and zot (commit: true) sync what they keep"
    )
    v3 = {"distribution v3": times(("must", 1.5))}
    return [
        *beside_all(found, 4, "push 64 MiB (POST, PATCH, PUT)", "MiB/s", "mib_per_s", note=note, own_goals=v3,
                    goals=times(("must", 2.5), ("target", 5)) + at_least(("target", 800), ("moonshot", 1024))),
        *beside_all(registries, 4, "server CPU per GiB", "s", "cpu_s_per_gib", "less",
                    at_most(("target", 1.3), ("moonshot", 1.0))),
    ]


def _pushes(server, content, count):
    shown = server.bearer(REPOSITORY)
    push_s, before = 0, machine.cpu_seconds(server.pid)
    with Connection(server.port, shown) as connection:
        for _ in range(count):
            named = content.renew()
            started = time.perf_counter()
            _push(connection, content, named)
            push_s += time.perf_counter() - started
    cpu_s = machine.cpu_seconds(server.pid) - before
    n_bytes = count * LARGE_BYTES
    return {"mib_per_s": n_bytes / push_s / 2**20, "cpu_s_per_gib": cpu_s / (n_bytes / 2**30)}


def _push(connection, content, named):
    opened = connection.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    expect(opened, 202, "POST of an upload")
    chunked = OCTETS | {"Transfer-Encoding": "chunked"}
    sent = connection.request("PATCH", upload_place(opened, connection), chunked, content.framed)
    expect(sent, 202, "PATCH of an upload")
    expect(connection.request("PUT", closing_place(sent, connection, named)), 201, "PUT of an upload")
