"""Row 18: what would go with a tag of the largest repository, and what all its tags named at a time. Both by the API, one
after the other; the second reads a whole page of differences at a time before the first push, when everything differs."""

import json
import random
import time

from client import Connection
from load import Series
from report import Line, at_most
from shape import LARGEST, tag_name

N_TAGS = 100
LIMIT = 500
BEFORE = "2020-01-01T00:00:00Z"
JSON = {"Content-Type": "application/json"}


def measure(bench):
    at = bench.at_scale()["us"]
    chance = random.Random("names")
    tags = [tag_name(number) for number in chance.sample(range(at.shape.n_largest), N_TAGS)]
    namespace = LARGEST.rpartition("/")[0]
    with Connection(at.server.port, at.server.basic()) as connection:
        previews = [_preview_ms(connection, tag) for tag in tags]
        first = [_as_of_ms(connection, namespace) for _ in range(bench.rounds)]
    what = f"of {at.shape.n_largest:,} tags"
    return [
        Line(18, f"blast radius of a tag {what}, p50", "ms", Series(previews), better="less", goals=at_most(("must", 20))),
        Line(18, f"blast radius of a tag {what}, slowest of {N_TAGS}", "ms", Series([max(previews)]), better="less",
             goals=at_most(("must", 20))),
        Line(18, f"a namespace {what} as of a time, first {LIMIT}", "ms", Series(first), better="less",
             goals=at_most(("must", 2000)), note="all of them differ"),
    ]


def _preview_ms(connection, tag):
    body = json.dumps({"tags": [tag]}).encode()
    started = time.perf_counter()
    answer = connection.request("POST", f"/api/v1/r/{LARGEST}/-/delete-preview", JSON, body)
    took = (time.perf_counter() - started) * 1000
    removed = [it["tag"] for it in json.loads(answer.body).get("removed", [])] if answer.status == 200 else []
    if removed != [tag]:
        raise RuntimeError(f"the preview of {tag} answered {answer.status}: {answer.body[:300]!r}")
    return took


def _as_of_ms(connection, namespace):
    started = time.perf_counter()
    answer = connection.get(f"/api/v1/n/{namespace}/-/as-of?t={BEFORE}&limit={LIMIT}")
    took = (time.perf_counter() - started) * 1000
    if answer.status != 200 or len(json.loads(answer.body)["items"]) != LIMIT:
        raise RuntimeError(f"{namespace} as of {BEFORE} answered {answer.status}: {answer.body[:300]!r}")
    return took
