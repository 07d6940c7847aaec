"""Putting load on a server and reading what it cost: wrk for many small requests, one connection for
large ones, and rounds that take turns so that a noisy neighbour hits everybody alike."""

import re
import statistics
import subprocess
import time
from pathlib import Path

import machine
from client import Connection

SCRIPTS = Path(__file__).parent / "wrk"
MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


class Series:
    """One figure over all rounds: what is printed is the median, what is kept is everything."""

    def __init__(self, values):
        self.values = list(values)
        self.median, self.min, self.max = statistics.median(self.values), min(self.values), max(self.values)

    def record(self):
        rounded = [round(value, 4) for value in self.values]
        return {"median": round(self.median, 4), "min": min(rounded), "max": max(rounded), "rounds": rounded}


def in_turns(rounds, subjects, measure, deadline):
    """Measures each subject once a round; returns for each a dict of figure → Series.

    Every other round runs backwards. One round before the first warms caches and is thrown away.
    When time runs out the rounds so far stand, but for fewer than two."""
    kept = {name: [] for name in subjects}
    for number in range(rounds + 1):
        if number > 2:
            if deadline.passed():
                break
        else:
            deadline.check()
        for name in list(subjects) if number % 2 else reversed(subjects):
            figures = measure(subjects[name])
            if number:
                kept[name].append(figures)
    return {name: {key: Series(one[key] for one in all_) for key in all_[0]} for name, all_ in kept.items()}


def wrk(server, path, connections, seconds, headers=None, script=None, arguments=()):
    """Requests per second, latency and the server's CPU per request under `connections` at once."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", str(SCRIPTS / script)]
    command.append(f"http://127.0.0.1:{server.port}{path}")
    if arguments:
        command += ["--", *arguments]
    before = machine.cpu_seconds(server.pid)
    said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    cpu_s = machine.cpu_seconds(server.pid) - before
    text = said.stdout
    if said.returncode or (wrong := re.search(r"Non-2xx.*|Socket errors:.*", text)):
        raise RuntimeError(f"wrk on {server.name} {path}: {said.stderr or wrong.group()}")
    n_requests = int(re.search(r"(\d+) requests in", text).group(1))
    if not n_requests:
        raise RuntimeError(f"wrk on {server.name} {path}: no answer within {seconds} s")
    return {
        "requests_per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50_ms": _latency(text, 50),
        "p99_ms": _latency(text, 99),
        "cpu_us": cpu_s / n_requests * 1e6,
    }


def _latency(text, percent):
    value, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\b", text, re.MULTILINE).groups()
    return float(value) * MS[unit]


def one_by_one(server, path, seconds, headers=None, at_least=3):
    """Latency and the server's CPU of one request after another on one connection, by our own client: unlike
    wrk it counts whole requests only, which matters where one takes a good part of the time."""
    took_ms, n_bytes = [], 0
    with Connection(server.port) as connection:
        connection.get(path, headers)
        before, end = machine.cpu_seconds(server.pid), time.perf_counter() + seconds
        while len(took_ms) < at_least or time.perf_counter() < end:
            started = time.perf_counter()
            answer = connection.get(path, headers)
            took_ms.append((time.perf_counter() - started) * 1e3)
            if answer.status != 200:
                raise RuntimeError(f"{server.name} {path} answered {answer.status}")
            n_bytes = len(answer.body)
        cpu_s = machine.cpu_seconds(server.pid) - before
    return {"ms": statistics.median(took_ms), "cpu_us": cpu_s / len(took_ms) * 1e6, "bytes": n_bytes}


def downloads(server, connection, path, times):
    """MiB/s and CPU-seconds per GiB of reading something large again and again on one connection."""
    buffer, before, started = bytearray(1 << 20), machine.cpu_seconds(server.pid), time.perf_counter()
    n_bytes = sum(connection.drain(path, buffer) for _ in range(times))
    elapsed = time.perf_counter() - started
    cpu_s = machine.cpu_seconds(server.pid) - before
    return {"mib_per_s": n_bytes / elapsed / 2**20, "cpu_s_per_gib": cpu_s / (n_bytes / 2**30)}


class Deadline:
    """The time that the whole run may take."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return self.end - time.monotonic()

    def passed(self):
        return self.left() <= 0

    def check(self):
        if self.passed():
            raise OutOfTime("the time for the whole run is over")


class OutOfTime(RuntimeError):
    """The run has used up its time; what was measured so far stands."""
