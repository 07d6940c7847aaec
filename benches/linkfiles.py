"""Filling the peer's folder by hand: its own layout of link files, so that a registry of any size is
there in seconds instead of minutes. The index of what a tag named before is left out, as only deleting
reads it. The peer must be stopped, or must never have read these names."""

from data import digest, images

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
        root = storage / "docker/registry/v2"
        for repository in range(self.n_repositories):
            self._write_repository(root, repository)

    def _write_repository(self, root, repository):
        folder = root / "repositories" / self.name(repository)
        all_ = self.images(repository)
        for image in all_:
            for blob in image.blobs:
                _blob(root, blob)
                _link(folder / "_layers" / _path(digest(blob)), digest(blob))
            _blob(root, image.manifest)
            _link(folder / "_manifests/revisions" / _path(image.digest), image.digest)
        for tag in range(self.n_tags):
            named = all_[tag // TAGS_PER_IMAGE].digest
            _link(folder / "_manifests/tags" / _tag(tag) / "current", named)


def _tag(number):
    return f"{number // 100}.{number % 100}"


def _path(named):
    return named.replace(":", "/")


def _link(folder, named):
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / "link").write_text(named)


def _blob(root, content):
    algorithm, hexadecimal = digest(content).split(":")
    folder = root / "blobs" / algorithm / hexadecimal[:2] / hexadecimal
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / "data").write_bytes(content)
