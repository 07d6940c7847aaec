"""The shapes of the large data sets, S and L: which repositories, which tags, which images. The same
seed gives the same names and bytes everywhere; only names and the documents are real, layers are not."""

import functools
import random
import time
from hashlib import sha256

from data import CONFIG, EPOCH, LAYER, MANIFEST

INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
LARGEST = "big/everything"
FIRST_TAG = "0.0.0"
TAGS_PER_IMAGE = 3
MULTI_ARCH, SIGNED = 0.3, 0.1
PLATFORMS = ("amd64", "arm64")
N_BASES, N_RUNTIMES = 20, 200


class Shape:
    """Repositories × tags; one repository is by far the largest."""

    def __init__(self, name, n_repositories, n_tags, n_largest):
        self.name, self.n_repositories, self.n_tags, self.n_largest = name, n_repositories, n_tags, n_largest

    def repositories(self):
        """Each name with its number of tags, in bytewise order."""
        others = self.n_repositories - 1
        chance = random.Random(f"counts {self.name}")
        weights = [chance.lognormvariate(0, 1) for _ in range(others)]
        spare = self.n_tags - self.n_largest - others
        counts = [1 + int(spare * weight / sum(weights)) for weight in weights]
        counts[0] += self.n_tags - self.n_largest - sum(counts)
        return [(LARGEST, self.n_largest)] + [
            (f"team-{n * 97 // others:02d}/service-{n:05d}", count) for n, count in enumerate(counts)
        ]

    def spread(self, n_largest=10_000):
        """Paths below /v2/ that every server with this shape has: a tag of each repository, and many of the largest."""
        for name, _ in self.repositories():
            yield f"{name}/manifests/{FIRST_TAG}"
        for tag in random.Random(f"spread {self.name}").sample(range(self.n_largest), min(n_largest, self.n_largest)):
            yield f"{LARGEST}/manifests/{tag_name(tag)}"


SHAPES = {shape.name: shape for shape in (Shape("S", 1_000, 100_000, 10_000), Shape("L", 10_000, 1_000_000, 100_000))}


def tag_name(number):
    return f"{number // 1000}.{number // 10 % 100}.{number % 10}"


def tags_in_order(n_tags):
    """As a list of tags has them: bytewise."""
    return sorted(map(tag_name, range(n_tags)))


class Blob:
    """What a manifest names: digest and size, and the bytes where they are a document."""

    def __init__(self, digest, size, content=None):
        self.digest, self.size, self.content = digest, size, content


class Document:
    """One manifest. `parts` are its (relation, media type, blob or document, platform) in order."""

    def __init__(self, kind, media_type, content, parts, platforms="", built_at=0, config=None, subject=None):
        self.kind, self.media_type, self.content, self.parts = kind, media_type, content.encode(), parts
        self.platforms, self.built_at, self.config, self.subject = platforms, built_at, config, subject
        self.digest, self.size = _digest(self.content), len(self.content)
        if kind == "index":
            self.pull_bytes = max(child.pull_bytes for _, _, child, _ in parts)
        else:
            self.pull_bytes = sum(blob.size for _, _, blob, _ in parts)


def _digest(content):
    return "sha256:" + sha256(content).hexdigest()


def _layer(name, chance, middle):
    return Blob(_digest(name.encode()), int(chance.lognormvariate(middle, 1.2)) + 100)


def _pool(name, count, middle):
    return [_layer(f"{name} {n}", random.Random(f"{name} {n}"), middle) for n in range(count)]


BASES, RUNTIMES = _pool("base", N_BASES, 17.2), _pool("runtime", N_RUNTIMES, 16.5)
NOTHING = Blob(_digest(b"{}"), 2, b"{}")


def images(repository, n_tags):
    """For each image of a repository what it consists of, children first: the last one of each list but for a
    signature is what tags name. Three tags share one."""
    chance = random.Random(repository)
    runtime = RUNTIMES[chance.randrange(N_RUNTIMES)]
    base = BASES[chance.randrange(N_BASES)]
    for number in range(-(-n_tags // TAGS_PER_IMAGE)):
        built_s = EPOCH + number * 1800 + chance.randrange(1800)
        platforms = PLATFORMS if chance.random() < MULTI_ARCH else PLATFORMS[:1]
        label = f"{repository} {number}"
        documents = [_image(label, arch, (base, runtime), built_s, chance) for arch in platforms]
        if len(platforms) > 1:
            documents.append(_index(documents, built_s))
        named = documents[-1]
        if chance.random() < SIGNED:
            documents.append(_signature(label, named))
        yield named, documents


def _image(label, arch, shared, built_s, chance):
    own = _layer(f"{label} {arch}", chance, 14.5)
    layers = (*shared, own)
    diffs = ",".join(f'"{layer.digest}"' for layer in layers)
    created = _moment(built_s)
    config = (
        f'{{"architecture":"{arch}","os":"linux","created":"{created}","config":{{"Cmd":["/srv/run"],'
        f'"Labels":{{"bench":"{label}"}}}},"rootfs":{{"type":"layers","diff_ids":[{diffs}]}},'
        f'"history":[{{"created":"{created}","created_by":"COPY . /srv"}}]}}'
    ).encode()
    blob = Blob(_digest(config), len(config), config)
    parts = [("config", CONFIG, blob, None)] + [("layer", LAYER, layer, None) for layer in layers]
    content = f'{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{_named(*parts[0])},"layers":[{_all(parts[1:])}]}}'
    return Document("image", MANIFEST, content, parts, f"linux/{arch}", built_s * 1000, config)


def _index(children, built_s):
    parts = [("manifest", MANIFEST, child, child.platforms) for child in children]
    content = f'{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{_all(parts)}]}}'
    return Document("index", INDEX, content, parts, ",".join(child.platforms for child in children), built_s * 1000)


def _signature(label, about):
    own = Blob(_digest(f"signature {label}".encode()), 240)
    parts = [("config", EMPTY, NOTHING, None), ("layer", "application/vnd.dev.cosign.simplesigning.v1+json", own, None)]
    content = (
        f'{{"schemaVersion":2,"mediaType":"{MANIFEST}","artifactType":"{SIGNATURE}","config":{_named(*parts[0])},'
        f'"layers":[{_all(parts[1:])}],"subject":{_named("", about.media_type, about, None)}}}'
    )
    return Document("artifact", MANIFEST, content, parts, subject=about.digest)


def _all(parts):
    return ",".join(_named(*part) for part in parts)


def _named(_, media_type, what, platform):
    tail = ""
    if platform:
        system, arch = platform.split("/")
        tail = f',"platform":{{"architecture":"{arch}","os":"{system}"}}'
    return f'{{"mediaType":"{media_type}","digest":"{what.digest}","size":{what.size}{tail}}}'


def _moment(seconds):
    """RFC 3339; the C library is asked once a day, not a million times."""
    days, rest = divmod(seconds, 86_400)
    return f"{_date(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


@functools.cache
def _date(days):
    return time.strftime("%Y-%m-%d", time.gmtime(days * 86_400))
