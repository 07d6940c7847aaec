//! What lists do not show somebody: the other side of [`visible`].

use super::{Store, visible};
use crate::domain::{RepositoryName, Result, Scope};
use crate::server::access::Visibility;

/// How many repositories of a scope are not shown where only this is, and the first `n_first` of them by name.
pub async fn of(
    store: &Store,
    scope: &Scope,
    visibility: &Visibility,
    n_first: u32,
) -> Result<(u64, Vec<RepositoryName>)> {
    let mut params = vec![];
    let mut within = visible::below(scope.namespace(), "r", &mut params);
    if let Scope::Repository(name) = scope {
        params.push(name.into());
        within = format!(" AND r.name = ${}", params.len());
    }
    let shown = visible::condition(store, visibility, "r", &mut params);
    // What is shown or not by nothing that is set is not shown.
    let hidden = format!("CASE WHEN 1 = 1 {shown} THEN 0 ELSE 1 END = 1");
    let sql = format!(
        "SELECT COUNT(*) FROM repositories r JOIN mounts m ON m.id = r.mount_id WHERE m.active = 1 AND {hidden}{within}"
    );
    let n = store.scan(&sql, params.clone()).await?.pop().map_or(Ok(0), |mut row| row.take())?;
    params.push(n_first.into());
    let sql = format!(
        "SELECT r.name FROM repositories r JOIN mounts m ON m.id = r.mount_id
         WHERE m.active = 1 AND {hidden}{within} ORDER BY r.name LIMIT ${}",
        params.len()
    );
    let first = store.scan(&sql, params).await?.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
    Ok((n, first))
}
