//! Keyset paging: the WHERE and ORDER BY of a page, and the cursors around it.

use super::Value;
use crate::domain::page::Position;
use crate::domain::{Cursor, Page};

/// How a list is sorted: by a number, largest first, then by name; or by name alone.
#[derive(Clone, Copy)]
pub(super) struct Order {
    /// The numeric column, `None` to sort by name.
    pub(super) key: Option<&'static str>,
    /// The column of names, which breaks ties.
    pub(super) name: &'static str,
}

/// The pieces of SQL for one page.
pub(super) struct Keyset {
    /// `AND …`, or nothing on the first page.
    pub(super) condition: String,
    pub(super) order_by: String,
    pub(super) params: Vec<Value>,
}

impl Order {
    /// The pieces for `position`; parameters are numbered from `first` on.
    pub(super) fn at(self, position: &Position, first: usize) -> Keyset {
        let (cursor, backwards) = match position {
            Position::Start => (None, false),
            Position::After(cursor) => (Some(cursor), false),
            Position::Before(cursor) => (Some(cursor), true),
        };
        let (key_cmp, name_cmp) = if backwards { (">", "<") } else { ("<", ">") };
        let (key_dir, name_dir) = if backwards { ("ASC", "DESC") } else { ("DESC", "ASC") };
        let name = self.name;
        let order_by = match self.key {
            Some(key) => format!("ORDER BY {key} {key_dir}, {name} {name_dir}"),
            None => format!("ORDER BY {name} {name_dir}"),
        };
        let Some(cursor) = cursor else {
            return Keyset { condition: String::new(), order_by, params: vec![] };
        };
        match self.key {
            Some(key) => {
                let (k, n) = (first, first + 1);
                // The first comparison bounds the index scan, the second cuts inside equal keys.
                let condition =
                    format!("AND {key} {key_cmp}= ${k} AND ({key} {key_cmp} ${k} OR {name} {name_cmp} ${n})");
                Keyset { condition, order_by, params: crate::params![cursor.key, &cursor.name] }
            }
            None => {
                let condition = format!("AND {name} {name_cmp} ${first}");
                Keyset { condition, order_by, params: crate::params![&cursor.name] }
            }
        }
    }
}

/// Makes a page of `limit` rows from up to `limit + 1` rows in the order of the query.
pub(super) fn page<T>(mut rows: Vec<(Cursor, T)>, position: &Position, limit: u32) -> Page<T> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let backwards = matches!(position, Position::Before(_));
    if backwards {
        rows.reverse();
    }
    let (has_previous, has_next) = match position {
        Position::Start => (false, more),
        Position::After(_) => (true, more),
        Position::Before(_) => (more, true),
    };
    let edge = |row: Option<&(Cursor, T)>, wanted: bool| row.filter(|_| wanted).map(|(cursor, _)| cursor.clone());
    Page {
        previous: edge(rows.first(), has_previous),
        next: edge(rows.last(), has_next),
        items: rows.into_iter().map(|(_, row)| row).collect(),
    }
}
