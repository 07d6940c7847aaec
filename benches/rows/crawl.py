"""Row 15: the first reading of a mounted registry, until `/admin/mounts` says that it is read, and a
second reading after one tag in a hundred has moved. The reader of that page signed in before. The peer is
the registry that is read; beside our pace stands what it could answer at most: its manifests a second when
nothing else runs, by wrk, over the requests that one tag takes (a HEAD each, a manifest and a configuration
each image)."""

import re
import shutil
import time

import machine
from client import Connection
from data import ACCEPT, put_tags
from linkfiles import TAGS_PER_IMAGE, Upstream
from load import Series, in_turns, wrk
from peers import Distribution
from report import Line, at_least
from servers import Portolan

POLL_S = 0.1
REQUESTS_PER_TAG = 1 + 2 / TAGS_PER_IMAGE
CARD = re.compile(r"<section [^>]*class=\"card\".*?</section>", re.DOTALL)
READ_AT = re.compile(r"Last checked(?:<!.*?>)*</dt>\s*<dd>(?:<!.*?>)*<time datetime=\"([^\"]+)\"")
HOLDS = re.compile(r"Holds ([\d,]+) repositor\w+, ([\d,]+) tag")


def measure(bench):
    upstream = Upstream(*bench.crawl)
    peer = Distribution(bench.scratch / "upstream")
    started = time.perf_counter()
    upstream.write(peer.storage)
    bench.notes.append(f"Row 15: {upstream.total:,} tags as link files in {time.perf_counter() - started:.1f} s.")
    with peer:
        rounds = []
        for number in range(bench.crawl_rounds):
            if rounds and bench.deadline.passed():
                break
            bench.deadline.check()
            rounds.append(_first_and_second(bench, peer, upstream, number))
        bound = _upstream_alone(bench, peer, upstream)
    all_ = {key: Series(one[key] for one in rounds) for key in rounds[0]}
    what = f"{upstream.n_repositories} repositories × {upstream.n_tags} tags"
    per_s = [("must", 98), ("target", 492), ("moonshot", 1200)]
    cpu = f"our CPU {all_['cpu_us'].median:.0f} µs a tag, the registry's {all_['upstream_cpu_us'].median:.0f} µs"
    return [
        Line(15, f"first crawl, {what}", "s", all_["first_s"], better="less",
             note=f"first names on screen after {all_['names_s'].median:.2f} s; {cpu}"),
        Line(15, "first crawl, pace", "tags/s", all_["tags_per_s"], bound, goals=at_least(*per_s),
             beside="the upstream alone", note=f"beside what the registry answers at most (its manifests/s by wrk, over {REQUESTS_PER_TAG:g} requests a "
                  "tag); the goals are 177k tags in 30, 6 and 2.5 min"),
        Line(15, "second crawl, 1 % of the tags moved", "tags/s", all_["second_per_s"],
             goals=at_least(("moonshot", 17_700)),
             note=f"{all_['second_s'].median:.1f} s; the goal is 177k tags within 10 s, which at this pace take "
                  f"{177_000 / all_['second_per_s'].median:,.0f} s"),
    ]


def _first_and_second(bench, peer, upstream, number):
    folder = bench.scratch / f"gateway-{number}"
    ours = Portolan(folder, bench.binary)
    with ours:
        ours.session()  # Before there is something to read: hashing a password is no part of it.
    ours.mount = f"http://127.0.0.1:{peer.port}"
    with ours:
        cpu, upstream_cpu = machine.cpu_seconds(ours.pid), machine.cpu_seconds(peer.pid)
        first_s, names_s = _wait_until_read(bench, ours, upstream, None)
        cpu_us = (machine.cpu_seconds(ours.pid) - cpu) / upstream.total * 1e6
        upstream_cpu_us = (machine.cpu_seconds(peer.pid) - upstream_cpu) / upstream.total * 1e6
        before = _card(ours)["read_at"]
        moved = _move_one_percent(peer, upstream, number)
        time.sleep(1.1)  # The page tells the second of a reading; the next must end in another one.
        ours.stop()
        ours.start()  # A start reads every mount anew.
        second_s, _ = _wait_until_read(bench, ours, upstream, before)
        _check_moved(ours, moved)
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "first_s": first_s, "names_s": names_s, "tags_per_s": upstream.total / first_s, "second_s": second_s,
        "second_per_s": upstream.total / second_s, "cpu_us": cpu_us, "upstream_cpu_us": upstream_cpu_us,
    }


def _wait_until_read(bench, ours, upstream, before):
    """Seconds until the mount's card tells a reading that ended after `before`, and until it had names."""
    started, names_s = time.perf_counter(), None
    limit = min(bench.crawl_limit_s, max(bench.deadline.left(), 20))
    while (elapsed := time.perf_counter() - started) < limit:
        card = _card(ours)
        if card["failure"]:
            raise RuntimeError(f"the crawl failed: {card['text'][:300]}")
        if names_s is None and card["repositories"]:
            names_s = elapsed
        if card["read_at"] not in (None, before) and not card["reading"]:
            if card["tags"] != upstream.total:
                raise RuntimeError(f"the crawl found {card['tags']} tags of {upstream.total}: {card['text'][:300]}")
            return elapsed, names_s
        time.sleep(POLL_S)
    raise RuntimeError(f"the crawl had not ended after {limit:.0f} s: {_card(ours)['text'][:300]}")


def _card(ours):
    """What `/admin/mounts` says of the remote mount."""
    with Connection(ours.port, ours.session()) as connection:
        page = connection.get("/admin/mounts").body.decode()
    html = next((card for card in CARD.findall(page) if "Remote" in card), "")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()
    read_at = READ_AT.search(html)
    holds = HOLDS.search(text)
    repositories, tags = [int(count.replace(",", "")) for count in holds.groups()] if holds else (0, 0)
    return {
        "text": text,
        "read_at": read_at and read_at.group(1),
        "reading": "callout" in html,
        "failure": "could not be read" in html,
        "repositories": repositories,
        "tags": tags,
    }


def _move_one_percent(peer, upstream, number):
    """Sets one tag in a hundred to the next image of its repository; returns what now names what."""
    placements = []
    every = max(1, upstream.n_repositories * upstream.n_tags // max(1, upstream.total // 100))
    for at in range(number, upstream.total, every):
        repository, tag = divmod(at, upstream.n_tags)
        all_ = upstream.images(repository)
        image = all_[(tag // TAGS_PER_IMAGE + 1) % len(all_)]
        placements.append((upstream.name(repository), f"{tag // 100}.{tag % 100}", image))
    put_tags(peer, placements)
    return placements


def _check_moved(ours, placements):
    """The catalog must show the new image of a tag that moved."""
    repository, tag, image = placements[-1]
    with Connection(ours.port, ours.session()) as connection:
        page = connection.get(f"/r/up/{repository}?q={tag}").body.decode()
    if f'/-/tags/{tag}"' not in page or f"/-/manifests/{image.digest}" not in page:
        raise RuntimeError(f"after the second crawl {repository}:{tag} does not name {image.digest}")


def _upstream_alone(bench, peer, upstream):
    names = bench.scratch / "upstream-tags.txt"
    names.write_text("\n".join(upstream.names()))

    def manifests(server):
        return wrk(server, "/", 16, bench.seconds, ACCEPT, "spread.lua", ("/v2/", str(names)))

    rate = in_turns(bench.few_rounds, {"peer": peer}, manifests, bench.deadline)["peer"]["requests_per_s"]
    return Series(value / REQUESTS_PER_TAG for value in rate.values)
