//! Lists in other orders than that of names. A place in one order is none in another, so the key of a page names its order.

use crate::domain::{Cursor, Error, Result};
use crate::ui::query::Order;

/// Where a page of a list starts, as the one before it said. In the order of names the key is the name alone.
pub(super) fn after<S: Order>(text: &str, sort: S, by_name: S) -> Result<Option<Cursor>> {
    let place = match text {
        "" => return Ok(None),
        name if sort == by_name => (!name.contains('~')).then(|| Cursor { key: 0, name: name.to_owned() }),
        key => key.strip_prefix(sort.word()).and_then(|rest| rest.strip_prefix('.')?.parse().ok()),
    };
    let words = "this is no place in this order; take the `next` of the page before it, with the same `sort`";
    place.map(Some).ok_or_else(|| Error::invalid("after", words))
}

/// Where the page after a row starts.
pub(super) fn next<S: Order>(row: Cursor, sort: S, by_name: S) -> String {
    if sort == by_name { row.name } else { format!("{}.{row}", sort.word()) }
}
