"""The data that both sides hold: the same bytes in every run, sent over HTTP to each server alike.

`bench/big` has many tags over a hundred images, `bench/NN/app` are ordinary small repositories, and
`bench/blobs` holds one large blob and one small one. Layers are tiny: what counts here is metadata."""

import hashlib
import json
import random
import threading
import time

from client import Connection

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
ACCEPT = {"Accept": MANIFEST}
OCTETS = {"Content-Type": "application/octet-stream"}
BIG = "bench/big"
BLOBS = "bench/blobs"
CONNECTIONS = 16
LARGE_BYTES = 64 << 20
EPOCH = 1_700_000_000


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Image:
    """One image: configuration and manifest bytes over layers from a pool."""

    def __init__(self, label, layers):
        built = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH + 3600 * (sum(label.encode()) % 5000)))
        steps = [{"created": built, "created_by": f"COPY part-{n} /srv"} for n in range(len(layers))]
        self.layers = layers
        self.config = _json({
            "architecture": "amd64", "os": "linux", "created": built, "history": steps,
            "config": {"Cmd": ["/srv/run"], "Env": ["PATH=/usr/bin:/bin"], "Labels": {"bench": label}},
            "rootfs": {"type": "layers", "diff_ids": [digest(b"plain " + layer) for layer in layers]},
        })
        self.manifest = _json({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "size": len(self.config), "digest": digest(self.config)},
            "layers": [{"mediaType": LAYER, "size": len(layer), "digest": digest(layer)} for layer in layers],
        })
        self.digest = digest(self.manifest)

    @property
    def blobs(self):
        return [self.config, *self.layers]


def _json(value):
    return json.dumps(value, separators=(",", ":")).encode()


def images(count, label):
    """Images that share layers as real ones do: one base, one of six runtimes, one of their own."""
    def layer(name):
        return random.Random(name).randbytes(1024)

    def one(n):
        return Image(f"{label}-{n}", [layer("base"), layer(f"runtime-{n % 6}"), layer(f"{label}-{n}")])

    return [one(n) for n in range(count)]


class Dataset:
    """What is put into both servers before the rows that read it."""

    def __init__(self, n_tags, n_repositories=50):
        self.big_images = images(100, "big")
        self.tags = [f"v1.{n // 100}.{n % 100}" for n in range(n_tags)]
        self.small = {f"bench/{n:02d}/app": images(2, f"app-{n}") for n in range(n_repositories)}
        self.large_blob = random.Random("large").randbytes(LARGE_BYTES)
        self.small_blob = random.Random("small").randbytes(512)

    @property
    def large_path(self):
        return f"/v2/{BLOBS}/blobs/{digest(self.large_blob)}"

    @property
    def small_path(self):
        return f"/v2/{BLOBS}/blobs/{digest(self.small_blob)}"

    def seed(self, server):
        """Fills a server; returns how fast it took what. A peer with a `write_tags` gets most tags of the
        large repository written straight into its folder, as pushing them one by one takes it too long."""
        by_hand = getattr(server, "write_tags", None)
        n_pushed = len(self.big_images) if by_hand else len(self.tags)
        repositories = {BIG: self.big_images, **self.small}
        blobs = [(name, blob) for name, all_ in repositories.items() for blob in _distinct(all_)]
        blobs.append((BLOBS, self.small_blob))
        manifests = [(BIG, tag, self.big_images[n % 100]) for n, tag in enumerate(self.tags[:n_pushed])]
        manifests += [
            (name, tag, image) for name, all_ in self.small.items() for tag, image in zip(("1.0", "latest"), all_)
        ]
        large_s = _timed(server, [(BLOBS, self.large_blob)], put_blob)
        blobs_s = _timed(server, blobs, put_blob)
        manifests_s = _timed(server, manifests, put_manifest)
        if by_hand:
            by_hand(BIG, [(tag, self.big_images[n % 100]) for n, tag in enumerate(self.tags)][n_pushed:])
        return {
            "large_blob_mib_per_s": LARGE_BYTES / 2**20 / large_s,
            "small_blobs_per_s": len(blobs) / blobs_s,
            "manifests_per_s": len(manifests) / manifests_s,
            "seconds": large_s + blobs_s + manifests_s,
        }


def _distinct(all_):
    return {digest(blob): blob for image in all_ for blob in image.blobs}.values()


def _timed(server, items, put):
    """Sends everything over several connections; returns the seconds."""
    waiting, failures = iter(list(items)), []
    lock = threading.Lock()

    def work():
        try:
            with Connection(server.port, server.basic()) as connection:
                while True:
                    with lock:
                        item = None if failures else next(waiting, None)
                    if item is None:
                        return
                    put(connection, *item)
        except (OSError, RuntimeError) as error:
            failures.append(f"seeding {server.name}: {error}")

    started = time.perf_counter()
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(CONNECTIONS, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return time.perf_counter() - started


def put_blob(connection, repository, content):
    """POST, then PUT with the whole content."""
    opened = connection.request("POST", f"/v2/{repository}/blobs/uploads/")
    expect(opened, 202, f"POST of an upload in {repository}")
    place = closing_place(opened, connection, digest(content))
    done = connection.request("PUT", place, OCTETS, content)
    expect(done, 201, f"PUT of a blob in {repository}")


def upload_place(answer, connection):
    """Where an upload goes on, as a path."""
    return answer.headers["location"].removeprefix(f"http://127.0.0.1:{connection.port}")


def closing_place(answer, connection, named):
    place = upload_place(answer, connection)
    return place + ("&" if "?" in place else "?") + "digest=" + named


def put_manifest(connection, repository, tag, image):
    answer = connection.request("PUT", f"/v2/{repository}/manifests/{tag}", {"Content-Type": MANIFEST}, image.manifest)
    expect(answer, 201, f"PUT of {repository}:{tag}")


def put_tags(server, placements):
    """Sets tags on images that the server has: (repository, tag, image)."""
    return _timed(server, placements, put_manifest)


def expect(answer, status, what):
    if answer.status != status:
        raise RuntimeError(f"{what} answered {answer.status}: {answer.body[:300].decode(errors='replace')}")
