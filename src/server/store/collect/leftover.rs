//! What lay in the trash is found by digest in tables of their own. Whoever reads them asks for the image or the entry as
//! well, so rows of those that are gone hold nothing. They are cleared away in the order of their keys, page by page,
//! where entry by entry each row would be another page to write.

use super::{After, At};
use crate::domain::Result;
use crate::params;
use crate::server::store::{Store, Tx};

/// A table of such rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// What images are made of.
    Edges,
    /// Which entries hold an image, or a tag of it.
    Names,
}

impl Leftover {
    /// The table, and what tells its rows in a repository apart.
    fn table(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::Edges => ("deleted_edges", ["child", "parent"]),
            Self::Names => ("deleted_names", ["digest", "entry"]),
        }
    }

    /// That the image, or the entry, of the row `e` is gone.
    pub(super) fn is_gone(self) -> &'static str {
        match self {
            Self::Edges => {
                "NOT EXISTS (SELECT 1 FROM images_in_trash d WHERE d.repository_id = e.repository_id AND d.digest = e.parent)"
            }
            Self::Names => "NOT EXISTS (SELECT 1 FROM trash x WHERE x.id = e.entry)",
        }
    }
}

/// What tells a row apart in its repository.
pub type Key = (String, String);

/// A row on a page.
#[derive(Clone, Debug)]
pub struct Left {
    pub repository: At,
    pub key: Key,
    /// Whether what it is about is gone.
    pub is_free: bool,
}

/// Between the two in the place where a page ended.
const AND: char = ' ';

/// A page of rows of repositories that are there: those of others go with them.
pub async fn left(store: &Store, of: Leftover, after: &After, limit: u32) -> Result<(Vec<Left>, Option<After>)> {
    let (one, other) = after.1.split_once(AND).unwrap_or_default();
    let ((table, [a, b]), is_gone) = (of.table(), of.is_gone());
    let sql = format!(
        "WITH page AS (SELECT o.repository_id, o.{a}, o.{b} FROM {table} o CROSS JOIN repositories w
           WHERE (o.repository_id, o.{a}, o.{b}) > ($1, $2, $3) AND w.id = o.repository_id
           ORDER BY o.repository_id, o.{a}, o.{b} LIMIT $4)
         SELECT e.repository_id, e.{a}, e.{b}, r.name, r.mount_id, CASE WHEN {is_gone} THEN 1 ELSE 0 END
         FROM page e CROSS JOIN repositories r WHERE r.id = e.repository_id ORDER BY e.repository_id, e.{a}, e.{b}"
    );
    let (mut found, mut last) = (Vec::new(), None);
    for mut row in store.scan_in_background(&sql, params![&after.0, one, other, limit]).await? {
        let (id, one, other): (String, String, String) = (row.take()?, row.take()?, row.take()?);
        last = Some((id.clone(), format!("{one}{AND}{other}")));
        let repository = At { name: row.take()?, id, mount_id: row.take()? };
        found.push(Left { repository, key: (one, other), is_free: row.take()? });
    }
    Ok((found, last))
}

/// Clears rows of a repository away that are free at this moment: all from one to another.
pub async fn clear(tx: &mut Tx, of: Leftover, at: &At, (first, last): (&Key, &Key)) -> Result<u64> {
    let ((table, [a, b]), is_gone) = (of.table(), of.is_gone());
    let sql = format!(
        "DELETE FROM {table} AS e WHERE e.repository_id = $1 AND (e.{a}, e.{b}) >= ($2, $3)
         AND (e.{a}, e.{b}) <= ($4, $5) AND {is_gone}"
    );
    tx.run(&sql, params![&at.id, &first.0, &first.1, &last.0, &last.1]).await
}
