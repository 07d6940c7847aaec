"""The rows of the table of goals, one file each: `measure(bench)` returns its lines."""

from . import (
    basic, blob, catalog_page, cold_start, collect, config_blob, crawl, first_visit, history, manifest, manifest_push,
    memory, names, push, search, tag_page, tag_page_at_scale, tags_list,
)

ROWS = {
    1: manifest.measure,
    2: config_blob.measure,
    3: blob.measure,
    4: push.measure,
    5: manifest_push.measure,
    6: catalog_page.measure,
    7: tags_list.measure,
    8: tag_page.measure,
    9: tag_page_at_scale.measure,
    10: search.measure,
    11: basic.measure,
    12: memory.measure,
    13: cold_start.measure,
    15: crawl.measure,
    16: first_visit.measure,
    17: collect.measure,
    18: names.measure,
    19: history.measure,
}
NEED_DATA = {1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16}
NEED_SETS = {1, 6, 7, 9, 10, 12, 13, 18}
