//! What rules keep of what would go: the first of it in words, and how much more.

use crate::domain::protection::{Act, Barred};
use crate::domain::radius::Radius;
use crate::domain::view::RuleMet;
use crate::domain::{Error, RepositoryName, Result, Rule};
use crate::server::access::Rights;
use crate::server::service::protections::met;
use crate::server::store::Tx;
use crate::server::store::protections::{Barring, Rules};
use crate::server::store::radius::{Reader, Sum};
use std::collections::BTreeMap;

/// What is said in words.
const MAX_SAID: usize = 20;

/// What is kept, each in its words once, and of how many things more there would have to be some.
#[derive(Default)]
pub(in crate::server::service) struct Kept {
    said: BTreeMap<String, Barred>,
    pub n_more: u64,
}

impl Kept {
    pub(in crate::server::service) fn meet(&mut self, barred: Barred) {
        let words = barred.to_string();
        match self.said.len() < MAX_SAID || self.said.contains_key(&words) {
            true => drop(self.said.insert(words, barred)),
            false => self.n_more += 1,
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.said.is_empty()
    }

    /// What is said, each with what may be done about it.
    pub(in crate::server::service) fn rules(self, rights: &Rights) -> Vec<RuleMet> {
        self.said.into_values().map(|barred| met(rights, barred, None)).collect()
    }
}

/// Of some of a repository.
pub(super) fn of_some(rules: &Rules, rights: &Rights, radius: &Radius) -> Kept {
    let of_tags = radius.tags.keys().filter_map(|tag| rules.bar(rights, Act::Delete, tag));
    let of_content = rules.bar_content(rights).filter(|_| !radius.images.is_empty());
    let mut kept = Kept::default();
    of_tags.chain(of_content).for_each(|barred| kept.meet(barred));
    kept
}

/// Of all that whole repositories hold, which these rules cover.
pub(super) async fn of_whole(reader: &mut Reader<'_>, by: (&Rights, Vec<Rule>), repositories: &[Sum]) -> Result<Kept> {
    let (barred, n_more) = met_by(reader, by, (repositories, MAX_SAID)).await?;
    let mut kept = Kept { n_more, ..Kept::default() };
    barred.into_iter().for_each(|barred| kept.meet(barred));
    Ok(kept)
}

/// Lets whole repositories go with all that they hold, or says what these rules keep first.
///
/// # Errors
/// [`Error::Protected`]
pub(super) async fn refuse(tx: &mut Tx, by: (&Rights, Vec<Rule>), repositories: &[Sum]) -> Result<()> {
    let (barred, _) = met_by(&mut Reader::Tx(tx), by, (repositories, 1)).await?;
    barred.into_iter().next().map_or(Ok(()), |barred| Err(Error::Protected(barred)))
}

/// Repositories that rules keep, then the first tags, and how many more of these there are. Of one repository its tags are
/// named alone.
async fn met_by(
    reader: &mut Reader<'_>,
    (rights, rules): (&Rights, Vec<Rule>),
    (repositories, limit): (&[Sum], usize),
) -> Result<(Vec<Barred>, u64)> {
    let met = Barring::of(rights, rules).meet(reader, repositories, limit).await?;
    let n_more = met.n_tags.saturating_sub(met.tags.len() as u64);
    let is_of_one = repositories.len() == 1;
    let named = |(name, barred): (RepositoryName, Barred)| match is_of_one {
        true => barred,
        false => Barred { what: format!("{name}:{}", barred.what), ..barred },
    };
    Ok((met.whole.into_iter().chain(met.tags.into_iter().map(named)).collect(), n_more))
}
