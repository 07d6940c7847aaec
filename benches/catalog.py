"""Fills Portolan's SQLite catalog in bulk, past its HTTP surface: the rows that pushing the same images
would have left. Columns are named one by one, and tables or columns that a schema lacks are left out."""

import random
import sqlite3
import uuid
from contextlib import closing

from data import EPOCH
from shape import SIGNATURE, TAGS_PER_IMAGE, images, tag_name

BATCH = 50  # Repositories in one transaction.
PUSHER = "user:bench"  # Records name who acts by a key, and a page answers 500 where it is none.


def load(database, shape):
    """Writes the whole of a shape into an empty catalog of the hosted mount."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -2000000"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        (mount_id,) = connection.execute("SELECT id FROM mounts WHERE prefix = '' AND kind = 'hosted'").fetchone()
        loader = Loader(connection, mount_id)
        for some in _batches(shape.repositories()):
            connection.execute("BEGIN")
            for name, n_tags in some:
                loader.repository(name, n_tags)
            connection.execute("COMMIT")
        loader.mount()
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def _batches(all_):
    return (all_[at : at + BATCH] for at in range(0, len(all_), BATCH))


class Ids:
    """UUIDs of version 7 that are the same in every run."""

    def __init__(self):
        self.chance = random.Random("ids")

    def at(self, ms):
        return str(uuid.UUID(int=ms << 80 | 7 << 76 | self.chance.getrandbits(12) << 64 | 2 << 62 | self.chance.getrandbits(62)))


class Loader:
    """One run of loading; keeps the totals of the mount on the way."""

    def __init__(self, connection, mount_id):
        self.connection, self.mount_id, self.ids = connection, mount_id, Ids()
        self.columns = {}
        self.seen, self.namespaces = set(), {}
        self.totals = dict.fromkeys(("n_repositories", "n_tags", "n_images", "stored_bytes", "logical_bytes", "n_sharing"), 0)

    def insert(self, table, columns, rows):
        """Inserts the columns that the table has; a table that is not there is passed over."""
        if table not in self.columns:
            self.columns[table] = {row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")}
        if not self.columns[table] or not rows:
            return
        known = [at for at, column in enumerate(columns) if column in self.columns[table]]
        if len(known) < len(columns):
            rows = [[row[at] for at in known] for row in rows]
        names, slots = ", ".join(columns[at] for at in known), ", ".join("?" * len(known))
        self.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({slots})", rows)

    def repository(self, name, n_tags):
        created = EPOCH * 1000 + 1000 * self.totals["n_repositories"]
        one = self.ids.at(created)
        found = Rows(one, self.mount_id)
        for number, (named, documents) in enumerate(images(name, n_tags)):
            first = number * TAGS_PER_IMAGE
            tags = range(first, min(first + TAGS_PER_IMAGE, n_tags))
            found.image(named, documents, [tag_name(tag) for tag in tags])
        stored = sum(size for size in found.linked.values())
        new = {digest: size for digest, size in found.linked.items() if digest not in self.seen}
        self.seen.update(new)
        at = found.pushed
        self.insert(
            "repositories",
            ("id", "name", "mount_id", "created_at", "updated_at", "updated_by", "newest_tag", "n_tags", "n_images",
             "stored_bytes", "logical_bytes", "pushed_at"),
            [(one, name, self.mount_id, created, at, PUSHER, tag_name(n_tags - 1), n_tags, found.n_images, stored,
              found.logical_bytes, at)],
        )
        self.insert("blobs", ("digest", "size_bytes", "created_at"), [(*it, created) for it in new.items()])
        links = [(one, digest, self.mount_id, size, created) for digest, size in sorted(found.linked.items())]
        self.insert("repository_blobs", ("repository_id", "digest", "mount_id", "size_bytes", "linked_at"), links)
        for table, columns in COLUMNS.items():
            self.insert(table, columns, found.rows[table])
        self._count(name, n_tags, found, sum(new.values()))

    def _count(self, name, n_tags, found, new_bytes):
        sharing = n_tags - (n_tags % TAGS_PER_IMAGE == 1)
        counted = (1, n_tags, found.n_images, new_bytes, found.logical_bytes, sharing)
        for total, more in zip(self.totals, counted):
            self.totals[total] += more
        above = name
        while "/" in above:
            above = above.rsplit("/", 1)[0]
            self.namespaces[above] = self.namespaces.get(above, 0) + 1

    def mount(self):
        """The totals, and the tree above the repositories."""
        settings = ", ".join(f"{total} = :{total}" for total in self.totals)
        self.connection.execute(f"UPDATE mounts SET {settings} WHERE id = :id", self.totals | {"id": self.mount_id})
        rows = [(self.mount_id, name, name.rpartition("/")[0], count) for name, count in self.namespaces.items()]
        self.insert("namespaces", ("mount_id", "name", "parent", "n_repositories"), rows)


COLUMNS = {
    "manifests": ("repository_id", "digest", "media_type", "kind", "artifact_type", "content", "config", "size_bytes",
                  "pull_bytes", "platforms", "built_at", "subject", "n_tags", "pushed_at", "pushed_by"),
    "manifest_edges": ("repository_id", "parent", "position", "relation", "child", "media_type", "size_bytes", "platform"),
    "tags": ("repository_id", "name", "digest", "changed_at", "move_known", "moved_by", "built_at", "pull_bytes",
             "checked_at"),
    "tag_moves": ("repository_id", "tag", "to_digest", "how", "actor", "at"),
    "referrers": ("repository_id", "subject", "digest", "media_type", "artifact_type", "size_bytes", "annotations"),
}


class Rows:
    """The rows of one repository, gathered image by image."""

    def __init__(self, repository_id, mount_id):
        self.id, self.mount_id = repository_id, mount_id
        self.rows = {table: [] for table in COLUMNS}
        self.linked, self.n_images, self.logical_bytes, self.pushed = {}, 0, 0, 0

    def image(self, named, documents, tags):
        at = named.built_at + 60_000
        self.pushed = at + len(tags) - 1  # A tag each millisecond: which one is the newest is no tie.
        self.n_images += 1  # An index, or an image outside of one: what people call an image.
        for document in documents:
            self._manifest(document, len(tags) if document is named else 0, at)
        for moved, tag in enumerate(tags, start=at):
            self.rows["tags"].append(
                (self.id, tag, named.digest, moved, 1, PUSHER, named.built_at, named.pull_bytes, moved)
            )
            self.rows["tag_moves"].append((self.id, tag, named.digest, "push", PUSHER, moved))

    def _manifest(self, it, n_tags, at):
        artifact = SIGNATURE if it.kind == "artifact" else None
        self.rows["manifests"].append((
            self.id, it.digest, it.media_type, it.kind, artifact, it.content, it.config, it.size, it.pull_bytes,
            it.platforms, it.built_at, it.subject, n_tags, at, PUSHER,
        ))
        for position, (relation, media_type, what, platform) in enumerate(it.parts):
            self.rows["manifest_edges"].append(
                (self.id, it.digest, position, relation, what.digest, media_type, what.size, platform)
            )
            if relation != "manifest":
                self.linked[what.digest] = what.size
        if it.subject:
            self.rows["referrers"].append((self.id, it.subject, it.digest, it.media_type, artifact, it.size, "{}"))
        if it.kind != "index":
            self.logical_bytes += it.pull_bytes
