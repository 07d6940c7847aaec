//! What an address asks of a list: filter, order, page.

use super::{Pairs, address};
use crate::domain::view::{ImageSort, ListQuery, RepositorySort, Shelf, TagSort};
use crate::domain::{Cursor, Result};

/// An order of a list, as the address writes it.
pub trait Order: Copy + Default + PartialEq + 'static {
    /// Every order with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word in the address.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(order, _)| *order == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    fn known(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(order, _)| *order)
    }

    /// The same, where an unknown word is the usual order.
    fn parse(word: Option<&str>) -> Self {
        word.and_then(Self::known).unwrap_or_default()
    }
}

impl Order for RepositorySort {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Updated, "updated"), (Self::Name, "name"), (Self::Tags, "tags"), (Self::Stored, "stored")];
}

impl Order for ImageSort {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Pushed, "pushed")];
}

impl Order for TagSort {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Moved, "moved"), (Self::Built, "built"), (Self::Size, "size"), (Self::Name, "name")];
}

impl<S: Order> ListQuery<S> {
    /// Reads the query of an address.
    pub fn of(path_and_query: &str) -> Result<Self> {
        let pairs = Pairs::of(path_and_query);
        let sort = S::parse(pairs.get("sort"));
        let (after, before) = (Place::of(&pairs, "after", sort)?, Place::of(&pairs, "before", sort)?);
        Ok(Self {
            q: pairs.text(),
            sort,
            shelf: Shelf::parse(pairs.get("view")),
            started_over: after.is_of_another() || before.is_of_another(),
            after: after.cursor(),
            before: before.cursor(),
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

    /// The first page of another part of all, with the same filter.
    pub fn of_shelf(&self, base: &str, shelf: Shelf) -> String {
        Self { shelf, ..self.first() }.print(base)
    }

    /// This page.
    pub fn own(&self, base: &str) -> String {
        self.print(base)
    }

    fn first(&self) -> Self {
        Self { after: None, before: None, started_over: false, ..self.clone() }
    }

    fn print(&self, base: &str) -> String {
        let order = if self.sort == S::default() { "" } else { self.sort.word() };
        let cursor = |cursor: &Option<Cursor>| match cursor {
            Some(cursor) if order.is_empty() => cursor.to_string(),
            Some(cursor) => format!("{order}{OF}{cursor}"),
            None => String::new(),
        };
        let limit = self.limit.map(|limit| limit.to_string()).unwrap_or_default();
        let pairs = [
            ("q", self.q.as_str()),
            ("view", self.shelf.name()),
            ("sort", order),
            ("after", &cursor(&self.after)),
            ("before", &cursor(&self.before)),
            ("limit", &limit),
        ];
        address(base, &pairs)
    }
}

/// Stands between the order that a place in a list belongs to, unless that is the usual one, and the place.
const OF: char = '.';

/// What an address says of where in a list its page is.
enum Place {
    Start,
    At(Cursor),
    /// At a place in another order, where this one has none: the page starts over.
    OfAnother,
}

impl Place {
    fn of<S: Order>(pairs: &Pairs, key: &str, sort: S) -> Result<Self> {
        let Some(text) = pairs.get(key) else { return Ok(Self::Start) };
        let named = text.split_once(OF).and_then(|(word, rest)| Some((S::known(word)?, rest)));
        let (order, cursor) = named.unwrap_or((S::default(), text));
        if order == sort { Ok(Self::At(cursor.parse()?)) } else { Ok(Self::OfAnother) }
    }

    fn is_of_another(&self) -> bool {
        matches!(self, Self::OfAnother)
    }

    fn cursor(self) -> Option<Cursor> {
        match self {
            Self::At(cursor) => Some(cursor),
            Self::Start | Self::OfAnother => None,
        }
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
            shelf: Shelf::All,
            started_over: false,
            limit: Some(20),
            within: None,
        };
        let address = query.print("/r/team/web");
        assert_eq!(address, "/r/team/web?q=1.4*%20%26%C3%BC%2525&sort=size&after=size.-7~a%20b&limit=20");
        assert_eq!(ListQuery::of(&address), Ok(query));
    }

    #[test]
    fn a_place_in_another_order_starts_the_list_over() {
        let of = |query: &str| ListQuery::<TagSort>::of(&format!("/r/web?{query}")).unwrap();
        let place = Some(Cursor { key: 5, name: "name.a".to_owned() });
        assert_eq!((of("after=5~name.a").after, of("sort=name&after=name.5~name.a").after), (place.clone(), place));
        for other in ["sort=name&after=size.5~a", "sort=name&before=5~a", "after=name.5~a", "after=size.damaged"] {
            assert_eq!((of(other).after, of(other).before, of(other).started_over), (None, None, true), "{other}");
        }
        assert!(!of("sort=name&after=size.5~a").own("/r/web").contains("after"));
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
