//! Lists of repositories and tags, page by page, from registries that page and from those that
//! answer everything at once (distribution 2.8 does that for tags). Nothing is kept between calls.

use super::client::{Answer, Ask, Client};
use super::link::{self, Next};
use super::{body, failure};
use crate::domain::Result;
use bytes::Bytes;
use reqwest::Method;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// More is answered with 400 by distribution.
const MOST_NAMES: usize = 1000;
/// The longest name to go on after that is believed.
const LONGEST_PLACE: usize = 1024;

/// Some names as the registry wrote them, with the one to go on after.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub names: Vec<String>,
    pub next: Option<String>,
}

/// What is to be listed.
pub enum List<'a> {
    Repositories,
    Tags(&'a str),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, deserialize_with = "stated")]
    repositories: Option<Vec<Name<'a>>>,
    #[serde(borrow, default, deserialize_with = "stated")]
    tags: Option<Vec<Name<'a>>>,
}

/// A newtype, because serde borrows text inside a list in no other way: a page of hostile names
/// costs little more than its own bytes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Client {
    /// The question for a page.
    pub fn ask_list(&self, list: &List<'_>, after: Option<&str>, n: usize) -> Ask {
        let (path, scope, what) = match list {
            List::Repositories => ("_catalog".to_owned(), "registry:catalog:*".to_owned(), "a list of repositories"),
            List::Tags(name) => (format!("{name}/tags/list"), pull_scope(name), "a list of tags"),
        };
        let mut url = self.url(&path);
        url.query_pairs_mut().append_pair("n", &n.clamp(1, MOST_NAMES).to_string());
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("last", after);
        }
        Ask {
            method: Method::GET,
            url,
            scope,
            accept: "application/json",
            range: None,
            what,
            elsewhere: false,
            change: None,
        }
    }

    /// Up to `limit` names after `after`; `None` where the registry says that there is no such list.
    pub async fn list(&self, list: &List<'_>, after: Option<&str>, limit: u32) -> Result<Option<Page>> {
        let limit = usize::try_from(limit).unwrap_or(MOST_NAMES).clamp(1, MOST_NAMES);
        let ask = self.ask_list(list, after, limit);
        let answer = self.send(&ask).await?;
        match (answer.status(), list) {
            (200, _) => {}
            (404, List::Tags(_)) if !answer.is_html() => return Ok(None),
            (status @ (401 | 403 | 404 | 405), List::Repositories)
                if !(answer.is_html() || status == 401 && self.knows_us()) =>
            {
                return Err(self.error(format!(
                    "does not list its repositories for us ({status}); name them in repositories of this mount{}",
                    if status == 401 { ", or set a username and a password for it" } else { "" }
                )));
            }
            _ => return Err(self.refusal(&ask, &answer)),
        }
        let next = next_of(&answer, &ask);
        let names = self.names(&ask, answer, list).await?;
        let page = cut(names, next, after, limit);
        page.map(Some).ok_or_else(|| {
            let after = after.unwrap_or_default().escape_default();
            self.error(format!("gave {} that does not end: it goes on after \"{after:.60}\" again and again", ask.what))
        })
    }

    /// The names in an answer of status 200.
    pub async fn names(&self, ask: &Ask, answer: Answer, list: &List<'_>) -> Result<Vec<String>> {
        if answer.is_html() {
            return Err(self.refusal(ask, &answer));
        }
        let bytes = self.list_bytes(ask, answer).await?;
        let wire = serde_json::from_slice::<Wire<'_>>(&bytes).ok();
        let names = wire.and_then(|wire| match list {
            List::Repositories => wire.repositories,
            List::Tags(_) => wire.tags,
        });
        match names {
            Some(names) => Ok(names.into_iter().map(|name| name.0.into_owned()).collect()),
            None if body::looks_like_html(&bytes) => Err(self.error(failure::web_page(ask.what))),
            None => Err(self.error(failure::odd(ask.what))),
        }
    }

    /// The bytes of an answer that is a list.
    pub async fn list_bytes(&self, ask: &Ask, answer: Answer) -> Result<Bytes> {
        let bytes = body::read(answer.response, &self.transport, self.transport.limits.list_bytes).await;
        bytes.map_err(|words| self.error(format!("was asked for {}: it {words}", ask.what)))
    }
}

/// The right to read one repository.
pub fn pull_scope(upstream_name: &str) -> String {
    format!("repository:{upstream_name}:pull")
}

/// The next page that an answer announces.
pub fn next_of(answer: &Answer, ask: &Ask) -> Option<Next> {
    let lines = answer.response.headers().get_all("link");
    lines.iter().filter_map(|line| line.to_str().ok()).find_map(|line| link::next(line, &ask.url))
}

/// Makes a page of what was answered; `None` if the list would never end.
///
/// A registry that sent more than was asked for, or the very name that it should have begun after,
/// and no link does not page: then the list is sorted and paged here. It comes in the order of
/// the registry's disk, which a push between two calls may change. One that sent just as many as were asked for may have more,
/// since it need not say so by a link (OCI distribution specification, "Listing Tags"): it is asked what follows.
fn cut(mut names: Vec<String>, link: Option<Next>, after: Option<&str>, limit: usize) -> Option<Page> {
    let is_full = names.len() == limit;
    let seen = after.and_then(|after| names.iter().position(|name| name == after));
    if link.is_none() && (names.len() > limit || seen.is_some() || after.is_none()) {
        names.sort_unstable();
        names.dedup();
        names.retain(|name| after.is_none_or(|after| name.as_str() > after));
    } else if let Some(seen) = seen {
        names.drain(..=seen);
        if names.is_empty() {
            return None;
        }
    }
    if names.len() > limit {
        names.truncate(limit);
        return Some(Page { next: names.last().cloned(), names });
    }
    let next = match link {
        Some(link) => Some(link.last.or_else(|| names.last().cloned())?),
        None => names.last().filter(|_| is_full).cloned(),
    };
    let Some(next) = next else { return Some(Page { names, next: None }) };
    if next.len() > LONGEST_PLACE {
        return None;
    }
    (Some(next.as_str()) != after).then_some(Page { names, next: Some(next) })
}

/// Go writes `null` for an empty list; a list that is not there at all is something else.
fn stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Name<'de>>>, D::Error> {
    Option::deserialize(deserializer).map(|names| Some(names.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(names: &str, link: Option<&str>, after: Option<&str>, limit: usize) -> Option<(String, Option<String>)> {
        let names = names.split_whitespace().map(str::to_owned).collect();
        let link = link.map(|last| Next { last: (!last.is_empty()).then(|| last.to_owned()) });
        cut(names, link, after, limit).map(|page| (page.names.join(" "), page.next))
    }

    fn some(names: &str, next: Option<&str>) -> Option<(String, Option<String>)> {
        Some((names.to_owned(), next.map(str::to_owned)))
    }

    #[test]
    fn a_registry_that_pages_is_followed_in_its_own_order() {
        assert_eq!(page("b A", Some("A"), None, 2), some("b A", Some("A")));
        assert_eq!(page("Z", None, Some("A"), 2), some("Z", None));
        assert_eq!(page("b c", Some(""), None, 2), some("b c", Some("c")));
        assert_eq!(page("d e f", Some("f"), Some("c"), 2), some("d e", Some("e")));
    }

    #[test]
    fn a_registry_that_sends_a_full_page_and_no_link_is_asked_what_follows() {
        assert_eq!(page("a b", None, None, 2), some("a b", Some("b")));
        assert_eq!(page("c d", None, Some("b"), 2), some("c d", Some("d")));
        assert_eq!(page("e", None, Some("d"), 2), some("e", None));
        assert_eq!(page("", None, Some("b"), 2), some("", None));
        assert_eq!(page("a b", None, Some("b"), 2), some("", None), "it sends the same each time");
        assert_eq!(page("b c", None, Some("b"), 2), some("c", Some("c")), "it begins with the name that it was told");
    }

    #[test]
    fn a_registry_that_answers_everything_is_paged_here() {
        assert_eq!(page("c a e b d", None, None, 2), some("a b", Some("b")));
        assert_eq!(page("c a e b d", None, Some("b"), 2), some("c d", Some("d")));
        assert_eq!(page("c a e b d", None, Some("d"), 2), some("e", None));
        assert_eq!(page("c a", None, Some("b"), 1), some("c", None), "the name in between was deleted");
    }

    #[test]
    fn a_list_that_goes_in_a_circle_ends() {
        assert_eq!(page("a b", Some("b"), Some("b"), 2), None);
        assert_eq!(page("x y", Some("b"), Some("b"), 2), None);
        assert_eq!(page("", Some(""), None, 2), None);
        assert_eq!(page("a", Some(&"x".repeat(5000)), None, 2), None);
    }

    #[test]
    fn a_missing_list_is_not_an_empty_one() {
        let tags = |json| serde_json::from_str::<Wire<'_>>(json).unwrap().tags.map(|tags| tags.len());
        assert_eq!(tags(r#"{"name":"a","tags":null}"#), Some(0));
        assert_eq!(tags(r#"{"name":"a","tags":["a\n","b"]}"#), Some(2));
        assert_eq!(tags(r#"{"message":"hello"}"#), None);
    }
}
