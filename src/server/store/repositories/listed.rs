//! Repositories as lists have them.

use super::{ROW, repository_row};
use crate::domain::page::{self, Position};
use crate::domain::view::{RepositoryQuery, RepositoryRow, RepositorySort, Shelf};
use crate::domain::{Cursor, Page, RepositoryName, Result};
use crate::params;
use crate::server::access::Visibility;
use crate::server::store::keyset::{self, Order};
use crate::server::store::{Store, Value, dialect, stars, visible};

/// One page of the repositories that the reader may see, whose id is that of a user.
pub async fn list(
    store: &Store,
    (visibility, reader): (&Visibility, Option<&str>),
    query: &RepositoryQuery,
    position: &Position,
) -> Result<Page<RepositoryRow>> {
    let limit = page::limit(query.limit);
    let key = match query.sort {
        RepositorySort::Updated => Some("r.updated_at"),
        RepositorySort::Name => None,
        RepositorySort::Tags => Some("r.n_tags"),
        RepositorySort::Stored => Some("r.stored_bytes"),
    };
    let mut params = params![limit + 1];
    let filter = if query.q.is_empty() {
        ""
    } else {
        params.push(format!("%{}%", dialect::like_literal(&query.q.to_lowercase())).into());
        "AND r.name LIKE $2 ESCAPE '\\'"
    };
    let shown = visible::condition(store, visibility, "r", &mut params)
        + &visible::below(query.within.as_ref(), "r", &mut params);
    let starred = stars::is_starred(reader, &mut params);
    let shelf = match query.shelf {
        Shelf::All => String::new(),
        Shelf::Starred => {
            params.push(reader.unwrap_or_default().into());
            format!("AND r.id IN (SELECT s.repository_id FROM stars s WHERE s.principal_id = ${})", params.len())
        }
        Shelf::Attention => "AND (r.missing_since IS NOT NULL OR r.read_error IS NOT NULL)".to_owned(),
    };
    let keyset = Order { key, name: "r.name" }.at(position, params.len() + 1);
    params.extend(keyset.params);
    let sql = format!(
        "SELECT {ROW}, {}, {starred}
         FROM repositories r JOIN mounts m ON m.id = r.mount_id
         WHERE m.active = 1 {filter} {shown} {shelf} {} {} LIMIT $1",
        key.unwrap_or("r.created_at"),
        keyset.condition,
        keyset.order_by
    );
    let is_whole = query.q.is_empty() && query.shelf == Shelf::All;
    let found = if is_whole { store.all(&sql, params).await } else { store.scan(&sql, params).await };
    let rows = found?.into_iter().map(|mut row| {
        let item = repository_row(&mut row)?;
        let cursor = Cursor { key: row.take()?, name: item.name.to_string() };
        Ok((cursor, RepositoryRow { is_starred: row.take()?, ..item }))
    });
    Ok(keyset::page(rows.collect::<Result<_>>()?, position, limit))
}

/// Names after `after` in bytewise order, for `_catalog`.
pub async fn names(
    store: &Store,
    visibility: &Visibility,
    mount_id: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<RepositoryName>> {
    let mut params: Vec<Value> = params![mount_id, after.unwrap_or(""), limit];
    let shown = visible::condition(store, visibility, "r", &mut params);
    let sql = format!(
        "SELECT r.name FROM repositories r WHERE r.mount_id = $1 AND r.name > $2 {shown} ORDER BY r.name LIMIT $3"
    );
    let rows = store.all(&sql, params).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}
