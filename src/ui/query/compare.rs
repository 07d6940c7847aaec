//! What an address asks of the page on which two images stand beside each other.

use super::{Pairs, address};
use crate::domain::view::{ChangeKind, ChangedQuery, CompareQuery};
use crate::domain::{Address, Error, Reference, RepositoryName, Result, Tag};

impl CompareQuery {
    /// Reads it: from the path where that names two, else from the query.
    ///
    /// # Errors
    /// [`Error::Invalid`] of the key under which something stands that can name nothing.
    pub fn of(pair: Option<(Reference, Reference)>, path_and_query: &str) -> Result<Self> {
        let pairs = Pairs::of(path_and_query);
        let platform = pairs.get("platform").map(str::to_owned);
        let with = named(&pairs, "with")?;
        let (from, to) = match pair {
            Some((from, to)) => (Some(from), Some(to)),
            None => (named(&pairs, "from")?, named(&pairs, "to")?),
        };
        let mut chosen: Vec<Tag> = match (&from, &to) {
            (None, None) => pairs.all("tag").map(str::parse).collect::<Result<_>>()?,
            _ => vec![],
        };
        chosen.sort();
        chosen.dedup();
        Ok(Self { from, to, with, chosen, platform, files: files(&pairs) })
    }
}

/// `files=all`, or one kind of change.
fn files(pairs: &Pairs) -> Option<ChangedQuery> {
    let kind = pairs.get("files")?;
    let said = |key: &str| pairs.get(key).unwrap_or_default().to_owned();
    let kind = ChangeKind::ALL.into_iter().find(|it| it.word() == kind);
    Some(ChangedQuery { kind, path: said("path"), after: said("after") })
}

/// The address of the files that differ, on the page with this address.
pub fn changed(page: &str, query: &ChangedQuery) -> String {
    let kind = query.kind.map_or("all", ChangeKind::word);
    let more = address("", &[("files", kind), ("path", &query.path), ("after", &query.after)]);
    if page.contains('?') { page.to_owned() + &more.replacen('?', "&", 1) } else { page.to_owned() + &more }
}

fn named<T: std::str::FromStr<Err = Error>>(pairs: &Pairs, key: &str) -> Result<Option<T>> {
    let read = pairs.get(key).map(str::trim).filter(|text| !text.is_empty()).map(str::parse).transpose();
    read.map_err(|error| match error {
        Error::Invalid { message, .. } => Error::invalid(key, message),
        other => other,
    })
}

/// The address of two images beside each other.
pub fn compared(
    from: (&RepositoryName, &Reference),
    to: (&RepositoryName, &Reference),
    platform: Option<&str>,
) -> String {
    let base = Address::Compare(from.0.clone(), Some((from.1.clone(), to.1.clone()))).to_string();
    let with = if from.0 == to.0 { "" } else { to.0.as_str() };
    let more = address("", &[("with", with), ("platform", platform.unwrap_or_default())]);
    match base.contains('?') {
        true => base + &more.replacen('?', "&", 1),
        false => base + &more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reads_back(repository: &RepositoryName, from: &Reference, to: &Reference, with: &RepositoryName) {
        let text = compared((repository, from), (with, to), Some("linux/arm64"));
        let path = text.split('?').next().unwrap().strip_prefix("/r/").unwrap();
        let Some(Address::Compare(name, pair)) = Address::parse_repository(path) else { panic!("{text}") };
        let query = CompareQuery::of(pair, &text).unwrap();
        assert_eq!((&name, query.from.as_ref(), query.to.as_ref()), (repository, Some(from), Some(to)), "{text}");
        assert_eq!(query.with.as_ref(), (with != repository).then_some(with), "{text}");
        assert_eq!(query.platform.as_deref(), Some("linux/arm64"));
        for kind in ChangeKind::ALL.map(Some).into_iter().chain([None]) {
            let wanted = ChangedQuery { kind, path: "a&b".to_owned(), after: "etc/ü=1".to_owned() };
            let read = CompareQuery::of(None, &changed(&text, &wanted)).unwrap();
            assert_eq!((read.files, read.platform), (Some(wanted), query.platform.clone()));
        }
    }

    proptest! {
        #[test]
        fn an_address_reads_back_as_it_was_printed(from in "[0-9a-z_][.0-9a-z-]{0,6}", to in "[0-9a-z_][.0-9a-z-]{0,6}") {
            let (team, prod) = ("team/web".parse().unwrap(), "prod/web".parse().unwrap());
            let digest = Reference::Digest(format!("sha256:{}", "a".repeat(64)).parse().unwrap());
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            reads_back(&team, &from, &to, &team);
            reads_back(&team, &digest, &to, &prod);
        }
    }

    #[test]
    fn what_can_name_nothing_says_where_it_stands() {
        let odd = CompareQuery::of(None, "/r/team/web/-/compare?from=1.0&to=.bad").unwrap_err();
        assert!(matches!(&odd, Error::Invalid { field, .. } if field == "to"), "{odd:?}");
        let query = CompareQuery::of(None, "/r/team/web/-/compare?tag=b&tag=a&tag=b").unwrap();
        assert_eq!(query.chosen, ["a", "b"].map(|tag| tag.parse().unwrap()));
    }
}
