//! Many things in one statement: the lists of placeholders, and questions about many digests at once.

use super::{Tx, Value};
use crate::domain::{Digest, Result};
use std::collections::HashMap;

/// How many things one statement names: the least that holds them, filled up with repeats, so that prepared
/// statements serve again.
const SLOTS: [usize; 3] = [4, 32, 256];

/// `$first, …`: `n` placeholders.
pub(super) fn slots(first: usize, n: usize) -> String {
    (first..first + n).map(|slot| format!("${slot}")).collect::<Vec<_>>().join(", ")
}

/// The placeholders of these from `first` on, and their values: as many as the least number of slots that holds them, or
/// just as many as they are where that is more.
pub(super) fn padded<'v, V>(first: usize, some: &'v [V]) -> (String, Vec<Value>)
where
    &'v V: Into<Value>,
{
    let n_slots = SLOTS.into_iter().find(|n_slots| *n_slots >= some.len()).unwrap_or(some.len());
    let values = some.iter().chain(some.last().into_iter().cycle()).take(n_slots).map(Into::into).collect();
    (slots(first, if some.is_empty() { 0 } else { n_slots }), values)
}

/// `($first, …), …`: `n` rows of `width` placeholders.
pub(super) fn rows(first: usize, n: usize, width: usize) -> String {
    (0..n).map(|row| format!("({})", slots(first + row * width, width))).collect::<Vec<_>>().join(", ")
}

/// The sizes of those `digests` that a repository has in a table of digests.
pub(super) async fn sizes(
    tx: &mut Tx,
    table: &str,
    repository_id: &str,
    digests: &[&Digest],
) -> Result<HashMap<Digest, u64>> {
    let mut sizes = HashMap::new();
    for some in digests.chunks(SLOTS[2]) {
        let n_slots = SLOTS.into_iter().find(|n_slots| *n_slots >= some.len()).unwrap_or(SLOTS[2]);
        let sql = format!(
            "SELECT digest, size_bytes FROM {table} WHERE repository_id = $1 AND digest IN ({})",
            slots(2, n_slots)
        );
        let named = some.iter().chain(std::iter::repeat(&some[0])).take(n_slots);
        let params = std::iter::once(Value::from(repository_id)).chain(named.map(|digest| Value::from(*digest)));
        for mut row in tx.all(&sql, params.collect()).await? {
            sizes.insert(row.take()?, row.take()?);
        }
    }
    Ok(sizes)
}
