//! What rules keep of what would go: the first of it in words, and how much more.

use crate::domain::Result;
use crate::domain::protection::{Act, Barred};
use crate::domain::radius::Radius;
use crate::domain::view::RuleMet;
use crate::server::access::Rights;
use crate::server::context::App;
use crate::server::service::protections::met;
use crate::server::store::protections::Rules;
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

/// Of all that whole repositories hold.
pub(super) async fn of_whole(app: &App, rights: &Rights, repositories: &[Sum]) -> Result<Kept> {
    let mut kept = Kept::default();
    for it in repositories {
        let rules = Rules::now(&app.store, &it.name).await?;
        rules.bar_content(rights).into_iter().for_each(|barred| kept.meet(barred));
        let met = &mut |barred: Barred| -> Result<()> {
            kept.meet(barred);
            Ok(())
        };
        rules.each_bar(&mut Reader::Store(&app.store), (rights, Act::Delete), &it.id, met).await?;
    }
    Ok(kept)
}
