//! What somebody was told is here stays for a while: a push may be under way that counts on it.

use crate::domain::{Digest, RepositoryName, Result, Timestamp};
use crate::params;
use crate::server::store::{Store, Tx};

/// What somebody can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    Image,
    Blob,
}

impl Promised {
    /// Its table, and the column that says when somebody was told of it last.
    fn column(self) -> (&'static str, &'static str) {
        match self {
            Self::Image => ("manifests", "told_at"),
            Self::Blob => ("repository_blobs", "linked_at"),
        }
    }

    /// When somebody was told of it last; `None` where the repository does not have it.
    pub async fn told_at(
        self,
        store: &Store,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<Timestamp>> {
        let (table, column) = self.column();
        let sql = format!(
            "SELECT p.{column} FROM repositories r JOIN {table} p ON p.repository_id = r.id WHERE r.name = $1 AND p.digest = $2"
        );
        store.one(&sql, params![repository, digest]).await?.map(|mut row| row.take()).transpose()
    }

    /// Sees to it that it stays for a while, if somebody was told of it `long_ago`. `false` if it is gone.
    pub async fn promise(
        self,
        tx: &mut Tx,
        (repository, digest): (&RepositoryName, &Digest),
        (long_ago, now): (Timestamp, Timestamp),
    ) -> Result<bool> {
        tx.lock(repository.as_str()).await?;
        let (table, column) = self.column();
        let sql = format!(
            "UPDATE {table} SET {column} = CASE WHEN {column} <= $3 THEN $4 ELSE {column} END
             WHERE digest = $2 AND repository_id = (SELECT id FROM repositories WHERE name = $1)"
        );
        Ok(tx.run(&sql, params![repository, digest, long_ago, now]).await? == 1)
    }
}
