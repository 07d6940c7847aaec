//! What rules say of what would go: the first of it in words, and how much more.

use crate::domain::protection::{Act, Barred};
use crate::domain::radius::Radius;
use crate::domain::{RepositoryName, Result};
use crate::server::access::Rights;
use crate::server::context::App;
use crate::server::store::protections::Rules;
use crate::server::store::radius::{Reader, Sum};
use std::collections::BTreeSet;

/// What is said in words.
const MAX_SAID: usize = 20;

/// The words, each once, and of how many things more they would have to be said.
#[derive(Default)]
pub(super) struct Said {
    words: BTreeSet<String>,
    pub n_more: u64,
}

impl Said {
    fn met(&mut self, barred: &Barred) {
        let words = barred.to_string();
        match self.words.len() < MAX_SAID || self.words.contains(&words) {
            true => drop(self.words.insert(words)),
            false => self.n_more += 1,
        }
    }

    /// What is said in words.
    pub(super) fn words(self) -> impl Iterator<Item = String> {
        self.words.into_iter()
    }
}

/// Of some of a repository.
pub(super) async fn of_some(app: &App, name: &RepositoryName, rights: &Rights, radius: &Radius) -> Result<Said> {
    let rules = Rules::now(&app.store, name).await?;
    let of_tags = radius.tags.keys().filter_map(|tag| rules.bar(rights, Act::Delete, tag));
    let of_content = rules.bar_content(rights).filter(|_| !radius.images.is_empty());
    let mut said = Said::default();
    of_tags.chain(of_content).for_each(|barred| said.met(&barred));
    Ok(said)
}

/// Of all that whole repositories hold.
pub(super) async fn of_whole(app: &App, rights: &Rights, repositories: &[Sum]) -> Result<Said> {
    let mut said = Said::default();
    for it in repositories {
        let rules = Rules::now(&app.store, &it.name).await?;
        rules.bar_content(rights).iter().for_each(|barred| said.met(barred));
        let met = &mut |barred: Barred| -> Result<()> {
            said.met(&barred);
            Ok(())
        };
        rules.each_bar(&mut Reader::Store(&app.store), (rights, Act::Delete), &it.id, met).await?;
    }
    Ok(said)
}
