"""Row 18: what would go with a tag of the largest repository, with one of as many that all name one image, and what all its
tags named at a time. All by the API, one request after the other. The differences are those at a time before the first push,
when everything differs: what a person sees first, and page by page all of them. What is rolled back are as many tags that
all named another image before."""

import itertools
import json
import random
import time
from datetime import UTC, datetime
from urllib.parse import quote

from client import Connection
from data import MANIFEST, expect, images, put_blob
from load import Series
from report import Line, at_most
from servers import Portolan
from shape import LARGEST, tag_name

N_TAGS = 100
TOGETHER = 64  # Tags that one push sets.
LIMIT = 500
BEFORE = "2020-01-01T00:00:00Z"
JSON = {"Content-Type": "application/json"}


def measure(bench):
    at = bench.at_scale()["us"]
    chance = random.Random("names")
    tags = [tag_name(number) for number in chance.sample(range(at.shape.n_largest), N_TAGS)]
    namespace = LARGEST.rpartition("/")[0]
    with Connection(at.server.port, at.server.basic()) as connection:
        connection.get("/api/v1/jobs?limit=1")  # Whose password this is is found out once, which takes 50 ms.
        previews = [_preview_ms(connection, LARGEST, tag) for tag in tags]
        first = [_as_of_ms(connection, namespace, 1)[0] for _ in range(bench.rounds)]
        whole = [_as_of_ms(connection, namespace) for _ in range(bench.few_rounds)]
    of_one, back = _of_one_image(bench, tags, at.shape.n_largest)
    what = f"of {at.shape.n_largest:,} tags"
    return [
        Line(18, f"blast radius of a tag {what}, p50", "ms", Series(previews), better="less", goals=at_most(("must", 20))),
        Line(18, f"blast radius of a tag {what}, slowest of {N_TAGS}", "ms", Series([max(previews)]), better="less",
             goals=at_most(("must", 20))),
        Line(18, f"the same where all {at.shape.n_largest:,} name one image, p50", "ms", Series(of_one), better="less",
             goals=at_most(("must", 20))),
        Line(18, f"a namespace {what} as of a time, first {LIMIT}", "ms", Series(first), better="less",
             goals=at_most(("must", 2000)), note="all of them differ"),
        Line(18, f"the same, all {whole[0][1]:,} of them, {LIMIT} a request", "ms", Series(took for took, _ in whole),
             better="less", goals=at_most(("must", 2000))),
        Line(18, f"a namespace {what} rolled back to a time, in one step", "ms", Series([back]), better="less",
             note="all of them move; other writes wait meanwhile"),
    ]


def _of_one_image(bench, tags, n_tags):
    """The same of a repository whose tags all name one image; and how long it takes until they name it again after another."""
    namespace = "bench"
    repository, (one, other) = f"{namespace}/one", images(2, "one")
    with Portolan(bench.scratch / "one-image", bench.binary) as ours, Connection(ours.port, ours.basic()) as connection:
        _set_all(connection, repository, one, n_tags)
        previews = [_preview_ms(connection, repository, tag) for tag in tags]
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _set_all(connection, repository, other, n_tags)
        return previews, _rolled_back_ms(connection, namespace, moment, n_tags)


def _set_all(connection, repository, image, n_tags):
    for blob in image.blobs:
        put_blob(connection, repository, blob)
    for first in range(0, n_tags, TOGETHER):
        names = "&".join(f"tag={tag_name(number)}" for number in range(first, min(first + TOGETHER, n_tags)))
        path = f"/v2/{repository}/manifests/{image.digest}?{names}"
        expect(connection.request("PUT", path, {"Content-Type": MANIFEST}, image.manifest), 201, path[:100])


def _rolled_back_ms(connection, namespace, moment, n_tags):
    body, started = json.dumps({"t": moment}).encode(), time.perf_counter()
    answer = connection.request("POST", f"/api/v1/n/{namespace}/-/rollback", JSON, body)
    took = (time.perf_counter() - started) * 1000
    if answer.status != 200 or json.loads(answer.body)["moved"] != n_tags:
        raise RuntimeError(f"the roll back of {n_tags} tags answered {answer.status}: {answer.body[:300]!r}")
    return took


def _preview_ms(connection, repository, tag):
    body = json.dumps({"tags": [tag]}).encode()
    started = time.perf_counter()
    answer = connection.request("POST", f"/api/v1/r/{repository}/-/delete-preview", JSON, body)
    took = (time.perf_counter() - started) * 1000
    removed = [it["tag"] for it in json.loads(answer.body).get("removed", [])] if answer.status == 200 else []
    if removed != [tag]:
        raise RuntimeError(f"the preview of {tag} answered {answer.status}: {answer.body[:300]!r}")
    return took


def _as_of_ms(connection, namespace, n_pages=None):
    """How long it took to read so many pages of differences, or all; and how many differences they had."""
    path, after, n, took = f"/api/v1/n/{namespace}/-/as-of?t={BEFORE}&limit={LIMIT}", "", 0, 0.0
    for _ in range(n_pages) if n_pages else itertools.count():
        started = time.perf_counter()
        answer = connection.get(path + after)
        took += (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path}{after} answered {answer.status}: {answer.body[:300]!r}")
        page = json.loads(answer.body)
        n += len(page["items"])
        if not page["next"]:
            break
        after = f"&after={quote(page['next'])}"
    if n < LIMIT:
        raise RuntimeError(f"{namespace} as of {BEFORE} differs in {n} tags")
    return took, n
