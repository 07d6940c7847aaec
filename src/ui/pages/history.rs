//! `/r/{repo}/-/history`: which tag came to name what, when, how and by whom.

use super::load::{PageTitle, load};
use crate::api::names::show_history;
use crate::domain::view::{HistoryQuery, HistoryRow, HistoryView, How};
use crate::domain::{Actor, Address, Cursor, Error, RepositoryName, Result, Scope, Timestamp};
use crate::ui::components::change::FromTo;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::empty::Empty;
use crate::ui::components::name::RepositoryTitle;
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::components::time::When;
use crate::ui::query::{Pairs, SPANS, Span, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_TEXT_CHARS, counted, inert};
use leptos::prelude::*;

/// The page.
#[component]
pub fn History(name: RepositoryName) -> impl IntoView {
    let request = PageRequest::current();
    let asked = Asked::read(&request.path_and_query);
    let (query, is_known) = (asked.query(&request), request.user.is_some());
    let data = async move { show_history(name, query?).await };
    load(data, move |view| view! { <Whole view asked is_known now=request.now/> })
}

/// What the address asks for, as it was typed.
#[derive(Clone, Debug, Default)]
struct Asked {
    tag: String,
    who: String,
    how: Option<How>,
    span: Option<Span>,
}

impl Asked {
    fn read(path_and_query: &str) -> Self {
        let pairs = Pairs::of(path_and_query);
        let get = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
        Self { tag: get("tag"), who: get("who"), how: get("how").parse().ok(), span: Span::read(path_and_query) }
    }

    fn query(&self, request: &PageRequest) -> Result<HistoryQuery> {
        let pairs = Pairs::of(&request.path_and_query);
        let tag = (!self.tag.is_empty()).then(|| self.tag.parse()).transpose().map_err(|error| match error {
            Error::Invalid { message, .. } => Error::invalid("tag", message),
            other => other,
        })?;
        Ok(HistoryQuery {
            tag,
            how: self.how,
            by: (!self.who.is_empty()).then(|| self.who.clone()),
            since: self.span.map(|span| span.before(request.now)),
            after: pairs.cursor("after")?,
            before: pairs.cursor("before")?,
            limit: None,
        })
    }

    fn is_empty(&self) -> bool {
        self.tag.is_empty() && self.who.is_empty() && self.how.is_none() && self.span.is_none()
    }

    /// The page on one side of a place.
    fn page(&self, base: &str, side: &str, cursor: &Cursor) -> String {
        let (how, span) = (self.how.map_or("", How::name), self.span.map_or("", |span| span.name));
        let cursor = cursor.to_string();
        address(base, &[("tag", &self.tag), ("who", &self.who), ("how", how), ("span", span), (side, &cursor)])
    }
}

#[component]
fn Whole(view: HistoryView, asked: Asked, is_known: bool, now: Timestamp) -> impl IntoView {
    let HistoryView { repository, page, opens } = view;
    let base = Address::History(repository.clone()).to_string();
    let foot = Foot {
        count: format!("{} on this page", counted(page.items.len() as u64, "move", "moves")),
        before: page.previous.as_ref().map(|cursor| asked.page(&base, "before", cursor)),
        after: page.next.as_ref().map(|cursor| asked.page(&base, "after", cursor)),
        by_time: true,
    };
    let body = match (page.items.is_empty(), asked.is_empty()) {
        (false, _) => view! { <Rows repository=repository.clone() rows=page.items now/> <Pages foot/> }.into_any(),
        (true, false) => {
            let clear = base.clone();
            view! { <Empty icon="search" title="No move fits".to_owned()><a class="btn" href=clear>"Clear filter"</a></Empty> }.into_any()
        }
        (true, true) => view! {
            <Empty icon="clock" title="No tag has moved".to_owned()>
                <p>"Each time that a tag comes to name another image stands here, with the way back."</p>
            </Empty>
        }
        .into_any(),
    };
    let title = repository.to_string();
    let words = if is_known { "What each tag named, and who moved it." } else { "What each tag named." };
    view! {
        <PageTitle text=format!("History of {title}")/>
        <Crumbs repository=repository.clone()/>
        <div class="head"><div class="grow"><RepositoryTitle name=&repository/><p class="head-sub">{words}</p></div></div>
        <ScopeTabs scope=Scope::Repository(repository) open=Tab::History opens/>
        <FilterBar asked is_known action=base/>
        {body}
    }
    .into_any()
}

#[component]
fn FilterBar(asked: Asked, is_known: bool, action: String) -> impl IntoView {
    let ways =
        How::ALL.map(|it| view! { <option value=it.name() selected=asked.how == Some(it)>{it.words()}</option> });
    let spans = SPANS.map(|it| view! { <option value=it.name selected=asked.span == Some(it)>{it.words}</option> });
    // Names are told to who says theirs.
    let who = is_known.then(|| {
        view! {
            <label class="vh" for="who">"Who, by username"</label>
            <input class="input narrow" id="who" name="who" value=asked.who placeholder="Who" autocomplete="off" autocapitalize="off" spellcheck="false"/>
        }
    });
    view! {
        <form class="filters row wrap" method="get" action=action role="search" aria-label="Filter history">
            <label class="vh" for="tag">"Tag"</label>
            <input class="input input-mono narrow" id="tag" name="tag" value=asked.tag placeholder="Tag" autocomplete="off" autocapitalize="off" spellcheck="false"/>
            {who}
            <label class="vh" for="how">"How"</label>
            <select class="select" id="how" name="how"><option value="">"Any way"</option>{ways}</select>
            <label class="vh" for="span">"When"</label>
            <select class="select" id="span" name="span"><option value="">"Any time"</option>{spans}</select>
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Rows(repository: RepositoryName, rows: Vec<HistoryRow>, now: Timestamp) -> impl IntoView {
    const COLUMNS: &[&str] = &["When", "Tag", "From and to", "How", "Who", ACTIONS];
    const OF_NOBODY: &[&str] = &["When", "Tag", "From and to", "How", ACTIONS];
    let says_who = rows.iter().any(|row| row.by.is_some());
    let columns = if says_who { COLUMNS } else { OF_NOBODY };
    let rows = rows.into_iter().map(|row| view! { <Row repository=&repository row says_who now/> }).collect_view();
    view! { <Table label="Moves of tags, newest first" class="cards" columns>{rows}</Table> }.into_any()
}

#[component]
fn Row<'a>(repository: &'a RepositoryName, row: HistoryRow, says_who: bool, now: Timestamp) -> impl IntoView + use<> {
    let way = row.way();
    let HistoryRow { tag, from, to, how, when, by, reason, from_side, may_roll_back, .. } = row;
    let none = (how.from_none(), how.to_none());
    // One that is there has a page.
    let name = match row.now {
        Some(_) => {
            let href = Address::Tag(repository.clone(), tag.clone()).to_string();
            view! { <a class="tagname" href=href>{tag.to_string()}</a> }.into_any()
        }
        None => view! { <span class="tagname">{tag.to_string()}</span> }.into_any(),
    };
    let by = by.as_ref().and_then(Actor::name).map(str::to_owned);
    let by = says_who.then(|| view! { <td role="cell" data-a="end3">{by}</td> });
    let reason = reason.map(|reason| view! { <span class="cell-sub">{inert(&reason, MAX_TEXT_CHARS)}</span> });
    let back = from.as_ref().filter(|_| may_roll_back).map(|from| {
        let base = Address::RollBack(repository.clone(), tag.clone()).to_string();
        let href = address(&base, &[("to", from.as_str())]);
        let image = from_side.as_ref().map_or_else(|| from.short().to_owned(), |side| side.called(&tag));
        view! {
            <a class="btn btn-sm" href=href data-dialog="">
                <span class="truncate">"Roll back "<span class="vh">{format!("{tag} ")}</span>{format!("to {image}…")}</span>
            </a>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" data-a="end1" class="nowrap muted"><When at=when now/></td>
            <th role="rowheader" scope="row" data-a="head">{name}</th>
            <td role="cell" data-a="two"><FromTo repository from=from.as_ref() to=to.as_ref() none/></td>
            <td role="cell" data-a="three"><span>{way}</span>{reason}</td>
            {by}
            <td role="cell" data-a="end2" class="r">{back}</td>
        </tr>
    }
    .into_any()
}
