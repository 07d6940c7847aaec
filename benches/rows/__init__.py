"""The rows of the table of goals, one file each: `measure(bench)` returns its lines."""

from . import blob, cold_start, crawl, manifest, memory, tag_page

ROWS = {
    1: manifest.measure,
    3: blob.measure,
    8: tag_page.measure,
    12: memory.measure,
    13: cold_start.measure,
    15: crawl.measure,
}
NEED_DATA = {1, 3, 8, 12, 13}
