//! The foot of a list: how much of it is shown, and the pages on both sides.

use super::icon::Icon;
use crate::domain::Page;
use crate::domain::view::{ListQuery, Shelf};
use crate::ui::query::Order;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// What the foot says and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    pub count: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Whether the list runs from the newest to the oldest.
    pub by_time: bool,
}

impl Foot {
    /// The foot of `page`; `total` counts the whole list without a filter.
    pub fn of<T, S: Order>(page: &Page<T>, query: &ListQuery<S>, base: &str, total: u64, by_time: bool) -> Self {
        let shown = page.items.len() as u64;
        let is_whole = page.previous.is_none() && page.next.is_none();
        let count = match (query.q.is_empty() && query.shelf == Shelf::All, is_whole) {
            (true, _) => format!("{} of {}", grouped(shown), grouped(total)),
            (false, true) => counted(shown, "match", "matches"),
            (false, false) => format!("{} on this page", counted(shown, "match", "matches")),
        };
        Self {
            count,
            before: page.previous.as_ref().map(|cursor| query.before(base, cursor)),
            after: page.next.as_ref().map(|cursor| query.after(base, cursor)),
            by_time,
        }
    }
}

/// The foot of a list; one that fits a page has nowhere to turn.
#[component]
pub fn Pages(foot: Foot) -> impl IntoView {
    let Foot { count, before, after, by_time } = foot;
    if before.is_none() && after.is_none() {
        return view! { <p class="tfoot">{count}</p> }.into_any();
    }
    let (back, on) = if by_time { ("Newer", "Older") } else { ("Previous", "Next") };
    view! {
        <nav class="tfoot" aria-label="Pages">
            <span>{count}</span>
            <span class="push row">
                <Turn href=before rel="prev"><Icon name="left" class="i i-sm"/>{back}</Turn>
                <Turn href=after rel="next">{on}<Icon name="right" class="i i-sm"/></Turn>
            </span>
        </nav>
    }
    .into_any()
}

/// That the page that was asked for belongs to another order of the list.
#[component]
pub fn StartedOver<'a, S: Order>(query: &'a ListQuery<S>) -> impl IntoView + use<S> {
    let words = "The address named a page of this list in another order. This is the first page of this one.";
    query.started_over.then(|| view! { <p class="status">{words}</p> })
}

/// A link to the next page on one side, or its unavailable end.
#[component]
fn Turn(href: Option<String>, rel: &'static str, children: Children) -> impl IntoView {
    let is_end = href.is_none();
    view! {
        <a
            class="btn btn-sm"
            rel=(!is_end).then_some(rel)
            href=href
            aria-disabled=is_end.then_some("true")
            role=is_end.then_some("link")
        >
            {children()}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cursor;
    use crate::domain::view::RepositorySort;

    fn page(next: Option<Cursor>) -> Page<()> {
        Page { items: vec![(); 50], previous: None, next }
    }

    #[test]
    fn the_foot_counts_and_leads_on() {
        let query: ListQuery<RepositorySort> = ListQuery::default();
        let next = Cursor { key: 5, name: "team/web".to_owned() };
        let foot = Foot::of(&page(Some(next)), &query, "/repositories", 1214, true);
        assert_eq!(foot.count, "50 of 1,214");
        assert_eq!(foot.after.as_deref(), Some("/repositories?after=5~team/web"));
        assert_eq!(foot.before, None);
    }

    #[test]
    fn a_filter_hides_the_total() {
        let query: ListQuery<RepositorySort> = ListQuery { q: "web".to_owned(), ..ListQuery::default() };
        assert_eq!(Foot::of(&page(None), &query, "/repositories", 1214, true).count, "50 matches");
    }
}
