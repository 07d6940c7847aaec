//! What an address asks of a list: filter, order, page.

use super::{Pairs, address};
use crate::domain::view::{ListQuery, RepositorySort, TagSort};
use crate::domain::{Cursor, Result};

/// An order of a list, as the address writes it.
pub trait Order: Copy + Default + PartialEq + 'static {
    /// Every order with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word in the address.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(order, _)| *order == self).map_or("", |(_, word)| word)
    }

    /// Reads the word; an unknown one is the usual order.
    fn parse(word: Option<&str>) -> Self {
        let known = |word| Self::WORDS.iter().find(|(_, known)| *known == word);
        word.and_then(known).map_or_else(Self::default, |(order, _)| *order)
    }
}

impl Order for RepositorySort {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Updated, "updated"), (Self::Name, "name"), (Self::Tags, "tags"), (Self::Stored, "stored")];
}

impl Order for TagSort {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Moved, "moved"), (Self::Built, "built"), (Self::Size, "size"), (Self::Name, "name")];
}

impl<S: Order> ListQuery<S> {
    /// Reads the query of an address.
    pub fn of(path_and_query: &str) -> Result<Self> {
        let pairs = Pairs::of(path_and_query);
        Ok(Self {
            q: pairs.text(),
            sort: S::parse(pairs.get("sort")),
            after: pairs.cursor("after")?,
            before: pairs.cursor("before")?,
            limit: pairs.limit(),
            within: None,
        })
    }

    /// The first page in another order.
    pub fn sorted(&self, base: &str, sort: S) -> String {
        Self { sort, ..self.first() }.print(base)
    }

    /// The page that starts behind a row.
    pub fn after(&self, base: &str, cursor: &Cursor) -> String {
        Self { after: Some(cursor.clone()), ..self.first() }.print(base)
    }

    /// The page that ends before a row.
    pub fn before(&self, base: &str, cursor: &Cursor) -> String {
        Self { before: Some(cursor.clone()), ..self.first() }.print(base)
    }

    /// The first page without the filter.
    pub fn cleared(&self, base: &str) -> String {
        Self { q: String::new(), ..self.first() }.print(base)
    }

    /// The first page with another filter.
    pub fn filtered(&self, base: &str, q: String) -> String {
        Self { q, ..self.first() }.print(base)
    }

    /// This page.
    pub fn own(&self, base: &str) -> String {
        self.print(base)
    }

    fn first(&self) -> Self {
        Self { after: None, before: None, ..self.clone() }
    }

    fn print(&self, base: &str) -> String {
        let order = if self.sort == S::default() { "" } else { self.sort.word() };
        let cursor = |cursor: &Option<Cursor>| cursor.as_ref().map(Cursor::to_string).unwrap_or_default();
        let limit = self.limit.map(|limit| limit.to_string()).unwrap_or_default();
        let pairs = [
            ("q", self.q.as_str()),
            ("sort", order),
            ("after", &cursor(&self.after)),
            ("before", &cursor(&self.before)),
            ("limit", &limit),
        ];
        address(base, &pairs)
    }
}

/// What an address says of the list that it was reached from, for the way back to it.
pub const LIST: &str = "list";

/// The list of tags that an address came from, with its filter, its order and its page; nothing where it says none.
pub fn came_from(path_and_query: &str, base: &str) -> Option<String> {
    let list = Pairs::of(path_and_query).get(LIST)?.to_owned();
    let query = ListQuery::<TagSort>::of(&format!("?{list}")).unwrap_or_default();
    Some(query.own(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_reads_back_as_it_was_printed() {
        let query: ListQuery<TagSort> = ListQuery {
            q: "1.4* &ü%25".to_owned(),
            sort: TagSort::Size,
            after: Some(Cursor { key: -7, name: "a b".to_owned() }),
            before: None,
            limit: Some(20),
            within: None,
        };
        let address = query.print("/r/team/web");
        assert_eq!(address, "/r/team/web?q=1.4*%20%26%C3%BC%2525&sort=size&after=-7~a%20b&limit=20");
        assert_eq!(ListQuery::of(&address), Ok(query));
    }

    #[test]
    fn the_usual_list_has_a_bare_address() {
        let query: ListQuery<RepositorySort> = ListQuery::of("/repositories?q=&sort=colour&limit=many").unwrap();
        assert_eq!(query, ListQuery::default());
        assert_eq!(query.print("/repositories"), "/repositories");
    }

    #[test]
    fn another_order_starts_at_the_first_page() {
        let query: ListQuery<RepositorySort> = ListQuery::of("/repositories?q=team+web&after=5~a").unwrap();
        assert_eq!(query.sorted("/repositories", RepositorySort::Name), "/repositories?q=team%20web&sort=name");
        assert_eq!(query.cleared("/repositories"), "/repositories");
    }

    #[test]
    fn who_came_from_a_list_goes_back_to_it_and_nowhere_else() {
        let list = ListQuery::<TagSort>::of("/r/web?q=1.4*&sort=size&after=5~a").unwrap();
        let own = list.own("");
        let page = address("/r/web/-/delete", &[("tag", "1"), (LIST, own.trim_start_matches('?'))]);
        assert_eq!(came_from(&page, "/r/web"), Some(list.own("/r/web")));
        assert_eq!(came_from("/r/web/-/delete?list=//evil%3Fq=x%26next=/y", "/r/web").as_deref(), Some("/r/web"));
        assert_eq!(came_from("/r/web/-/delete?tag=1", "/r/web"), None);
    }

    #[test]
    fn a_damaged_page_key_is_told() {
        assert!(ListQuery::<TagSort>::of("/r/web?after=nonsense").is_err());
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(text in "\\PC*") {
            let _ = ListQuery::<TagSort>::of(&format!("/r/web?{text}"));
        }
    }
}
