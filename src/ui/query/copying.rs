//! What an address asks of the page on which tags are copied or promoted.

use super::{Pairs, address};
use crate::domain::view::CopyQuery;
use crate::domain::{Address, RepositoryName, Result, Tag};

impl CopyQuery {
    /// Reads the query of an address. A name in the same repository and one in another have fields of their own.
    ///
    /// # Errors
    /// A tag that can be none.
    pub fn of(path_and_query: &str) -> Result<Self> {
        let pairs = Pairs::of(path_and_query);
        let mut tags: Vec<Tag> = pairs.all("tag").map(str::parse).collect::<Result<_>>()?;
        tags.sort();
        tags.dedup();
        let text = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
        let name = pairs.get("as").or(pairs.get("name")).unwrap_or_default().trim().to_owned();
        Ok(Self { tags, filter: text("filter"), to: text("to"), name })
    }

    /// The address at which these tags go there, under a name where one is said.
    pub fn address(&self, repository: &RepositoryName, to: Option<&RepositoryName>, name: Option<&Tag>) -> String {
        let tags = self.tags.iter().map(|tag| ("tag", tag.as_str()));
        let place = [
            ("filter", self.filter.as_str()),
            ("to", to.map_or("", RepositoryName::as_str)),
            (if to == Some(repository) { "name" } else { "as" }, name.map_or("", Tag::as_str)),
        ];
        let pairs: Vec<(&str, &str)> = tags.chain(place).collect();
        address(&Address::Copy(repository.clone()).to_string(), &pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_was_printed() {
        let (team, prod): (RepositoryName, RepositoryName) = ("team/web".parse().unwrap(), "prod/web".parse().unwrap());
        let name: Tag = "prod".parse().unwrap();
        let chosen = CopyQuery::of("/r/team/web/-/copy?tag=b&tag=a&tag=b").unwrap();
        assert_eq!(chosen.tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["a", "b"]);
        for (to, address) in [
            (&team, "/r/team/web/-/copy?tag=a&tag=b&to=team/web&name=prod"),
            (&prod, "/r/team/web/-/copy?tag=a&tag=b&to=prod/web&as=prod"),
        ] {
            assert_eq!(chosen.address(&team, Some(to), Some(&name)), address);
            let read = CopyQuery { to: to.to_string(), name: "prod".to_owned(), ..chosen.clone() };
            assert_eq!(CopyQuery::of(address), Ok(read));
        }
        assert!(CopyQuery::of("/r/team/web/-/copy?tag=.bad").is_err());
    }
}
