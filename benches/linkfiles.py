"""Filling the peer's folder by hand: its own layout of link files, so that a registry of any size is
there in seconds instead of minutes. The index of what a tag named before is left out, as only deleting
reads it. The peer must be stopped, or must never have read these names."""

import os

from data import digest, images
from shape import FIRST_TAG, LARGEST, tag_name

TAGS_PER_IMAGE = 2


class Upstream:
    """A registry to be crawled: repositories × tags, two tags on each image."""

    def __init__(self, n_repositories, n_tags):
        self.n_repositories, self.n_tags = n_repositories, n_tags

    @property
    def total(self):
        return self.n_repositories * self.n_tags

    def name(self, repository):
        return f"team-{repository % 13:02d}/service-{repository:04d}"

    def images(self, repository):
        return images(-(-self.n_tags // TAGS_PER_IMAGE), self.name(repository))

    def names(self):
        """Every tag as `repository/manifests/tag`."""
        for repository in range(self.n_repositories):
            for tag in range(self.n_tags):
                yield f"{self.name(repository)}/manifests/{_tag(tag)}"

    def write(self, storage):
        for repository in range(self.n_repositories):
            all_ = self.images(repository)
            tags = [(_tag(tag), all_[tag // TAGS_PER_IMAGE].digest) for tag in range(self.n_tags)]
            _repository(storage, self.name(repository), all_, tags)


def write_shape(storage, shape):
    """A shape's repositories with their first tag, and every tag of the largest, over a hundred images."""
    pool = images(100, f"shape {shape.name}")
    for number, (name, n_tags) in enumerate(shape.repositories()):
        if name == LARGEST:
            _repository(storage, name, pool, [(tag_name(tag), pool[tag % len(pool)].digest) for tag in range(n_tags)])
        else:
            image = pool[number % len(pool)]
            _repository(storage, name, [image], [(FIRST_TAG, image.digest)])


def write_tags(storage, repository, placements):
    """More tags on images that the repository has: (tag, image)."""
    tags = _repositories(storage) / repository / "_manifests/tags"
    for tag, image in placements:
        _link(tags / tag / "current", image.digest)


def _repository(storage, name, all_, tags):
    """One repository: images, then (tag, digest)."""
    folder = _repositories(storage) / name
    for image in all_:
        for blob in image.blobs:
            _blob(storage, blob)
            _link(folder / "_layers" / _path(digest(blob)), digest(blob))
        _blob(storage, image.manifest)
        _link(folder / "_manifests/revisions" / _path(image.digest), image.digest)
    for tag, named in tags:
        _link(folder / "_manifests/tags" / tag / "current", named)


def _repositories(storage):
    return storage / "docker/registry/v2/repositories"


def _tag(number):
    return f"{number // 100}.{number % 100}"


def _path(named):
    return named.replace(":", "/")


def _link(folder, named):
    _write(folder, "link", named.encode())


def _blob(storage, content):
    algorithm, hexadecimal = digest(content).split(":")
    _write(storage / "docker/registry/v2/blobs" / algorithm / hexadecimal[:2] / hexadecimal, "data", content)


def _write(folder, name, content):
    """A file in a folder of its own; what is there stays, as it is the same."""
    try:
        os.makedirs(folder)
    except FileExistsError:
        return
    with open(f"{folder}/{name}", "wb") as file:
        file.write(content)
