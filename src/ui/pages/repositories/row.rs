//! The rows of the list of repositories.

use crate::domain::view::{MountKind, RepositoryRow};
use crate::domain::{Actor, Address, ByteSize, RepositoryName, RepositoryVisibility, Tag, Timestamp};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::words::{MAX_TEXT_CHARS, counted, grouped, inert};
use leptos::either::Either;
use leptos::prelude::*;

/// The body of the table.
#[component]
pub fn Rows(rows: Vec<RepositoryRow>, now: Timestamp) -> impl IntoView {
    view! { <tbody role="rowgroup">{rows.into_iter().map(|row| view! { <Row row now/> }).collect_view()}</tbody> }
}

#[component]
fn Row(row: RepositoryRow, now: Timestamp) -> impl IntoView {
    let badges = view! { <Badges row=&row now/> };
    let RepositoryRow { name, mount, description, newest_tag, tags, stored, updated, updated_by, unread, .. } = row;
    let changed_at = updated.map(|at| at.0.to_string());
    view! {
        <tr role="row" data-at=changed_at>
            <th role="rowheader" scope="row" data-a="head"><Name name=name.clone() mount description>{badges}</Name></th>
            <td role="cell" data-a="two"><NewestTag name tag=newest_tag unread/></td>
            <td role="cell" class="r num">{(!unread).then(|| grouped(tags))}</td>
            <td role="cell" class="r num nowrap" data-a="end2">{(!unread).then(|| view! { <Stored stored tags/> })}</td>
            <td role="cell" class="nowrap" data-a="end1"><Updated at=updated by=updated_by now/></td>
        </tr>
    }
}

#[component]
fn Name(name: RepositoryName, mount: MountKind, description: Option<String>, children: Children) -> impl IntoView {
    let is_remote = mount == MountKind::Remote;
    view! {
        <span class="row-3">
            <span class="kind k-gone"><Icon name=if is_remote { "globe" } else { "repo" }/></span>
            <span class="grow">
                <span class="row wrap">
                    <NameLink name/>
                    {children()}
                </span>
                {description.map(|text| view! { <span class="cell-sub" dir="auto">{inert(&text, MAX_TEXT_CHARS)}</span> })}
            </span>
        </span>
    }
}

#[component]
fn Badges<'a>(row: &'a RepositoryRow, now: Timestamp) -> impl IntoView + use<> {
    let is_remote = row.mount == MountKind::Remote;
    let missing = row.missing_since.map(|at| {
        view! { <span class="badge badge-warn">"Missing upstream since "<When at now/></span> }
    });
    let unreadable =
        row.read_error.as_ref().map(|_| view! { <span class="badge badge-warn">"Could not be read"</span> });
    let visibility = (row.visibility != RepositoryVisibility::Private).then(|| {
        let words = if row.visibility == RepositoryVisibility::Public { "Public" } else { "Internal" };
        view! { <span class="badge">{words}</span> }
    });
    let star =
        row.is_starred.then(|| view! { <Icon name="star" class="i i-sm is-on"/><span class="vh">"Starred"</span> });
    view! { {star} {visibility} {is_remote.then(|| view! { <span class="badge">"Remote"</span> })} {missing} {unreadable} }
}

#[component]
fn NameLink(name: RepositoryName) -> impl IntoView {
    let namespace = name.namespace().map(|namespace| view! { <span class="ns">{format!("{namespace}/")}</span> });
    let base = name.base().to_owned();
    view! { <a class="name" href=Address::Repository(name).to_string()>{namespace}{base}</a> }
}

#[component]
fn NewestTag(name: RepositoryName, tag: Option<Tag>, unread: bool) -> impl IntoView {
    match tag {
        Some(tag) => {
            let text = tag.to_string();
            let href = Address::Tag(name, tag).to_string();
            Either::Left(view! { <a class="tagname" href=href>{text}</a> })
        }
        None => {
            let words = if unread { "Not read yet" } else { "No tags" };
            Either::Right(view! { <span class="xs subtle">{words}</span> })
        }
    }
}

/// `10.7 MB`; a card has no column for the tags and counts them here: `11 tags · 10.7 MB`.
#[component]
fn Stored(stored: ByteSize, tags: u64) -> impl IntoView {
    view! { <span class="k-only">{counted(tags, "tag", "tags")}" · "</span>{stored.to_string()} }
}

#[component]
fn Updated(at: Option<Timestamp>, by: Option<Actor>, now: Timestamp) -> impl IntoView {
    let at = at.map(|at| view! { <When at now/> });
    let by = by.as_ref().and_then(Actor::name).map(str::to_owned);
    view! { {at}{by.map(|by| view! { <span class="cell-sub">{by}</span> })} }
}
