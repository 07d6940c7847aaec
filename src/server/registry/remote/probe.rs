//! What a registry can do, found out by asking it.

use super::client::{Ask, Client};
use super::lists::{List, next_of, pull_scope};
use crate::domain::Result;
use crate::domain::capability::Capability;
use reqwest::Method;

/// How many repositories are looked at for one whose tags tell whether they are paged.
const MOST_LOOKED_AT: usize = 5;

/// Every capability with what was found.
pub type Found = Vec<(Capability, Option<bool>)>;

/// Nothing is known but that Portolan does not push there.
pub fn unknown() -> Found {
    Capability::ALL.map(|capability| (capability, (capability == Capability::Push).then_some(false))).to_vec()
}

impl Client {
    /// Asks for each capability.
    ///
    /// # Errors
    /// If the registry does not answer at all, so that asking later may tell more.
    pub async fn probe(&self, configured: &[String], is_read_only: bool) -> Result<Found> {
        let ask = self.ask_list(&List::Repositories, None, MOST_LOOKED_AT);
        let answer = self.send(&ask).await?;
        let catalog = match answer.status() {
            200 => Some(!answer.is_html()),
            401 | 403 | 404 | 405 => Some(false),
            _ => None,
        };
        let listed = match (configured, catalog) {
            ([], Some(true)) => {
                let page = self.list(&List::Repositories, None, MOST_LOOKED_AT as u32).await?;
                page.map(|page| page.names).unwrap_or_default()
            }
            _ => configured.to_vec(),
        };
        // The names go into addresses, and a registry may list anything.
        let usable = |name: &&String| name.parse::<crate::domain::RepositoryName>().is_ok();
        let names: Vec<&String> = listed.iter().filter(usable).take(MOST_LOOKED_AT).collect();
        let (mut tag_pages, mut referrers) = (None, None);
        let deletes = match names.first().filter(|_| !is_read_only) {
            Some(name) => self.probe_deletes(name).await,
            None => [None, None],
        };
        for name in names {
            if tag_pages.is_none() {
                tag_pages = self.pages_tags(name).await?;
            }
            if referrers.is_none() {
                referrers = self.answers_referrers(name).await?;
            }
        }
        Ok(vec![
            (Capability::Catalog, catalog),
            (Capability::TagPages, tag_pages),
            (Capability::Referrers, referrers),
            (Capability::Push, Some(false)),
            (Capability::DeleteTag, deletes[0]),
            (Capability::DeleteImage, deletes[1]),
        ])
    }

    /// Whether a tag and whether a manifest can be deleted, by such as nobody has.
    async fn probe_deletes(&self, name: &str) -> [Option<bool>; 2] {
        let by_digest = self.deletes_by_digest(name).await.ok().flatten();
        [self.deletes_by_tag(name).await.ok().flatten(), by_digest]
    }

    /// Asks for one tag: two tags mean that `n` is ignored, one tag and a link that it is honoured.
    async fn pages_tags(&self, name: &str) -> Result<Option<bool>> {
        let list = List::Tags(name);
        let ask = self.ask_list(&list, None, 1);
        let answer = self.send(&ask).await?;
        if answer.status() != 200 {
            return Ok(None);
        }
        let linked = next_of(&answer, &ask).is_some();
        match (self.names(&ask, answer, &list).await?.len(), linked) {
            (2.., _) => Ok(Some(false)),
            (1, true) => Ok(Some(true)),
            _ => Ok(None),
        }
    }

    /// Registries with the API answer 200 for a digest that nobody has; others 404.
    async fn answers_referrers(&self, name: &str) -> Result<Option<bool>> {
        let ask = Ask {
            method: Method::GET,
            url: self.url(&format!("{name}/referrers/sha256:{}", "0".repeat(64))),
            scope: pull_scope(name),
            accept: "application/vnd.oci.image.index.v1+json",
            range: None,
            what: "a list of referrers",
            elsewhere: false,
            change: None,
        };
        let answer = self.send(&ask).await?;
        Ok(match answer.status() {
            200 => Some(answer.media_type().ends_with("json")),
            404 | 405 => Some(false),
            _ => None,
        })
    }
}
