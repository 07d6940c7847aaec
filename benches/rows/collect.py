"""Row 17: garbage collection. Images are pushed and deleted by digest, nothing is kept, and one run frees all of them
with the blobs that are theirs alone; a run steps back while somebody pushes, so it is measured alone and beside
somebody who does. The pace is images a second over the whole run, until their files are gone; beside it stands how long
the push of a small image takes (its blobs and a manifest), with the run and without. What is asked of a run is its pace alone, and
how little it holds others up beside them (docs/decisions/0036)."""

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from client import Connection
from data import Image, images, put_blob, put_manifest
from load import Series
from report import Line, at_least, at_most
from servers import Portolan

REPOSITORY, BESIDE = "bench/deleted", "bench/beside"
LOOK_S = 0.1  # Whoever looks at the jobs holds up who pushes: so it is done without the run as well.
FILLERS = 8  # Connections that fill; how long that takes is not measured.
PROMISED_S = 11  # So long whoever pushed something can count on it.
AT_ONCE = {
    "PORTOLAN_TRASH__DAYS": "0", "PORTOLAN_HISTORY__DAYS": "0",
    "PORTOLAN_GC__GRACE_S": "0", "PORTOLAN_GC__EVERY_S": "0",
}


class Forgetful(Portolan):
    """Ours, which keeps nothing that was deleted."""

    def environment(self):
        return super().environment() | AT_ONCE


def measure(bench):
    count = 500 if bench.few_rounds < 3 else 3000
    rounds, took_s = [], 0
    for number in range(bench.few_rounds):
        if rounds and bench.deadline.left() < took_s:
            break
        started = time.monotonic()
        folder = bench.scratch / f"forgetful-{number}"
        with Forgetful(folder, bench.binary) as ours:
            rounds.append(_round(ours, count, bench.slow_seconds))
        shutil.rmtree(folder, ignore_errors=True)
        took_s = time.monotonic() - started
    all_ = {key: Series(one[key] for one in rounds) for key in rounds[0]}
    slower = Series(one["beside_ms"] / one["alone_ms"] for one in rounds)
    mib = f"{all_['mib'].median:.1f} MiB in {count * 2:,} blobs"
    return [
        Line(17, f"garbage collection of {count:,} images", "images/s", all_["quiet_images_per_s"],
             goals=at_least(("must", 1000), ("target", 5000)), note=mib),
        Line(17, "the same with somebody who pushes beside it", "images/s", all_["images_per_s"],
             note="whoever pushes goes first, see docs/decisions/0036"),
        Line(17, "push of a small image beside it, p99", "ms", all_["beside_ms"], all_["alone_ms"], better="less",
             beside="without it", note="a blob and a manifest, one after the other"),
        Line(17, "push p99, with it to without it", "×", slower, better="less", goals=at_most(("must", 1.1))),
    ]


def _round(ours, count, seconds):
    _fill(ours, count, "first")
    time.sleep(PROMISED_S)
    quiet = _collected(_collect(ours))
    _fill(ours, count, "second")
    alone, _ = _pushing(ours, "alone", lambda: _looking(ours, max(seconds, PROMISED_S)))
    beside, job = _pushing(ours, "beside", lambda: _collect(ours))
    return {
        "quiet_images_per_s": count / quiet["took_s"], "images_per_s": count / _collected(job)["took_s"],
        "mib": job["bytes"] / 2**20, "alone_ms": _p99(alone), "beside_ms": _p99(beside),
    }


def _collected(job):
    if job["state"] != "done" or not job["bytes"]:
        raise RuntimeError(f"nothing was freed: {job}")
    return job


def _fill(ours, count, label):
    """Images that are pushed, and deleted."""
    all_ = images(count, label)
    blobs = sorted({blob for image in all_ for blob in image.blobs})

    def send(first):
        with Connection(ours.port, ours.basic()) as connection:
            for blob in blobs[first::FILLERS]:
                put_blob(connection, REPOSITORY, blob)

    def come_and_go(first):
        with Connection(ours.port, ours.basic()) as connection:
            for number in range(first, count, FILLERS):
                put_manifest(connection, REPOSITORY, f"1.{number}", all_[number])
                connection.request("DELETE", f"/v2/{REPOSITORY}/manifests/{all_[number].digest}")

    with ThreadPoolExecutor(FILLERS) as pool:
        for step in (send, come_and_go):
            list(pool.map(step, range(FILLERS)))


def _collect(ours):
    """One run, from when it is asked for until it is over, less the time that it waited for its turn."""
    job = ours.api("POST", "jobs", {"kind": "gc"})
    while not job["started_at"]:
        time.sleep(LOOK_S)
        job = _read(ours, f"jobs/{job['id']}")
    started = time.perf_counter()
    while not job["finished_at"]:
        time.sleep(LOOK_S)
        job = _read(ours, f"jobs/{job['id']}")
    return job | {"took_s": time.perf_counter() - started}


def _looking(ours, seconds):
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        time.sleep(LOOK_S)
        _read(ours, "jobs")


def _read(ours, path):
    with Connection(ours.port, ours.basic()) as connection:
        return json.loads(connection.get(f"/api/v1/{path}").body)


def _pushing(ours, label, meanwhile):
    """How long each push took while something else went on, in ms; and what came of that."""
    taken, over = [], threading.Event()

    def push():
        with Connection(ours.port, ours.basic()) as connection:
            number = 0
            while not over.is_set():
                image = Image(f"{label}-{number}", [f"{label} {number}".encode()])
                started = time.perf_counter()
                for blob in image.blobs:
                    put_blob(connection, BESIDE, blob)
                put_manifest(connection, BESIDE, label, image)
                taken.append((time.perf_counter() - started) * 1000)
                number += 1

    thread = threading.Thread(target=push, daemon=True)
    thread.start()
    try:
        return taken, meanwhile()
    finally:
        over.set()
        thread.join()


def _p99(taken):
    return sorted(taken)[int(len(taken) * 0.99)]
