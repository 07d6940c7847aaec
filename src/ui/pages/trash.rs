//! `/trash` and `/n/{ns}/-/trash`: what was deleted, by whom, until when it can be brought back, and what it holds.

mod ask;
mod folded;
mod together;

use super::load::{PageTitle, load};
use crate::api::names::show_trash;
use crate::domain::trash::TrashRow;
use crate::domain::view::{Asking, TrashQuery, TrashSum, TrashView, TrashedView};
use crate::domain::{Actor, Address, ByteSize, Error, Namespace, Result, Scope, Timestamp};
use crate::ui::components::crumbs::NamespaceCrumbs;
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{PostForm, Problem};
use crate::ui::components::mark::Mark;
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::islands::live::LiveScope;
use crate::ui::query::{Pairs, address};
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::counted;
use ask::Question;
use folded::Folded;
use leptos::prelude::*;
use together::{Together, by_name};

/// The page of all that the reader may bring back.
#[component]
pub fn AnyTrash() -> impl IntoView {
    view! { <Trash namespace=None/> }
}

/// The page, of a namespace or of everything.
#[component]
pub fn Trash(namespace: Option<Namespace>) -> impl IntoView {
    let request = PageRequest::current();
    let asked = Asked::read(&request.path_and_query);
    let query = asked.query(namespace.clone());
    let data = async move { show_trash(query?).await };
    load(data, move |view| view! { <Whole view asked namespace now=request.now/> })
}

/// What the address asks for, as it was typed.
#[derive(Clone, Debug, Default)]
struct Asked {
    place: String,
    who: String,
    batch: String,
    before: String,
    restore: String,
    restore_all: String,
    purge: String,
    purge_all: String,
    of: String,
}

impl Asked {
    fn read(path_and_query: &str) -> Self {
        let pairs = Pairs::of(path_and_query);
        let get = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
        Self {
            place: get("where"),
            who: get("who"),
            batch: get("batch"),
            before: get("before"),
            restore: get("restore"),
            restore_all: get("restore-all"),
            purge: get("purge"),
            purge_all: get("purge-all"),
            of: get("of"),
        }
    }

    fn query(&self, namespace: Option<Namespace>) -> Result<TrashQuery> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let of = |field: &'static str| {
            move |error| match error {
                Error::Invalid { message, .. } => Error::invalid(field, message),
                other => other,
            }
        };
        let scope = some(&self.place).map(|place| place.parse::<Scope>()).transpose().map_err(of("where"))?;
        let (repository, below) = match scope {
            Some(Scope::Repository(name)) => (Some(name), namespace),
            Some(Scope::Namespace(below)) => (None, Some(below)),
            Some(Scope::Everything) | None => (None, namespace),
        };
        Ok(TrashQuery {
            repository,
            below,
            batch: some(&self.batch),
            by: some(&self.who).map(|who| who.to_lowercase().parse()).transpose().map_err(of("who"))?,
            before: some(&self.before),
            restore: some(&self.restore),
            restore_all: some(&self.restore_all),
            purge: some(&self.purge),
            purge_all: some(&self.purge_all).and_then(|batch| Some((batch, self.of.parse().ok()?))),
        })
    }

    fn is_filter(&self) -> bool {
        [&self.place, &self.who, &self.batch].iter().any(|text| !text.is_empty())
    }

    /// The same page with one of its rows in question, or another part of it.
    fn with(&self, base: &str, key: &str, value: &str) -> String {
        self.with_all(base, [(key, value), ("", "")])
    }

    fn with_all(&self, base: &str, [one, other]: [(&str, &str); 2]) -> String {
        address(base, &[("where", &self.place), ("who", &self.who), ("batch", &self.batch), one, other])
    }
}

#[component]
fn Whole(view: TrashView, asked: Asked, namespace: Option<Namespace>, now: Timestamp) -> impl IntoView {
    let base = Address::Trash(namespace.clone()).to_string();
    let title = namespace.as_ref().map_or("Trash".to_owned(), |name| format!("Trash of {name}"));
    let TrashView { rows, next, sum, asking, opens } = view;
    let back = asked.with(&base, "before", &asked.before);
    let part = PageRequest::current().part;
    if part == Some(Part::Dialog) {
        let is_purge = |asking: &Asking| !matches!(asking, Asking::Restore { .. } | Asking::RestoreAll { .. });
        let asking = asking.filter(is_purge);
        return asking.map(|asking| view! { <Question asking back/> }).into_any();
    }
    let question = match asking {
        Some(asking) => view! { <Question asking back/> }.into_any(),
        None => view! { <Problem intent=Intent::RestoreTrash/><Problem intent=Intent::PurgeTrash/> }.into_any(),
    };
    let body = view! { <Body rows next asked=&asked base=&base now/> };
    if part.is_some() {
        return body.into_any();
    }
    let crumbs = namespace.clone().map(|namespace| view! { <NamespaceCrumbs namespace/> });
    let tabs = namespace.map(|name| view! { <ScopeTabs scope=Scope::Namespace(name) open=Tab::Trash opens/> });
    view! {
        <PageTitle text=title.clone()/>
        {crumbs}
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub">{sum_words(sum)}</p></div>
            <LiveScope scope="trash".to_owned() since=now nouns=("thing", "things")/>
        </div>
        {tabs}
        <FilterBar asked action=base/>
        {question}
        {body}
    }
    .into_any()
}

/// What changes with the data.
#[component]
fn Body<'a>(
    rows: Vec<TrashedView>,
    next: Option<String>,
    asked: &'a Asked,
    base: &'a str,
    now: Timestamp,
) -> impl IntoView + use<> {
    let clear = base.to_owned();
    let n = rows.iter().map(|it| it.n_together).max().unwrap_or_default().max(rows.len() as u64);
    let is_batch = !asked.batch.is_empty();
    let rows = if is_batch && next.is_none() && asked.before.is_empty() { by_name(rows) } else { rows };
    let together = (is_batch && rows.len() > 1).then(|| view! { <Together rows=&rows asked base n/> });
    let more = next.map(|next| {
        let href = asked.with(base, "before", &next);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Older"</a></nav> }
    });
    let body = match (rows.is_empty(), asked.is_filter()) {
        (false, _) => view! { <Rows rows asked=asked.clone() base=base.to_owned() now/>{more} }.into_any(),
        (true, true) => view! { <Empty icon="search" title="Nothing in the trash fits".to_owned()><a class="btn" href=clear>"Clear filter"</a></Empty> }.into_any(),
        (true, false) => view! {
            <Empty icon="trash" title="The trash is empty".to_owned()>
                <p>"Tags, images and repositories that are deleted stand here until they expire. Until then they come back as they were."</p>
            </Empty>
        }
        .into_any(),
    };
    view! { <div data-live="trash">{together}{body}</div> }.into_any()
}

/// What the trash holds, of what the reader may bring back.
fn sum_words(sum: TrashSum) -> String {
    let TrashSum { n, held } = sum;
    match n {
        0 => "Nothing that you could bring back.".to_owned(),
        n => format!("{} that you may bring back. {}", counted(n, "thing", "things"), alone(n, held)),
    }
}

/// What so many things hold for themselves.
fn alone(n: u64, held: ByteSize) -> String {
    let hold = if n == 1 { "It holds" } else { "They hold" };
    match held {
        ByteSize(0) => format!("{hold} nothing that other images do not need."),
        held => format!("{hold} {held} that nothing else needs."),
    }
}

#[component]
fn FilterBar(asked: Asked, action: String) -> impl IntoView {
    view! {
        <form class="filters row wrap" method="get" action=action role="search" aria-label="Filter trash">
            <label class="vh" for="where">"Where: a repository, or a namespace with a star"</label>
            <input class="input input-mono narrow" id="where" name="where" value=asked.place placeholder="team/web or team/*" autocomplete="off" autocapitalize="off" spellcheck="false"/>
            <label class="vh" for="who">"Who deleted it, by username"</label>
            <input class="input narrow" id="who" name="who" value=asked.who placeholder="Who" autocomplete="off" autocapitalize="off" spellcheck="false"/>
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Rows(rows: Vec<TrashedView>, asked: Asked, base: String, now: Timestamp) -> impl IntoView {
    const COLUMNS: &[&str] = &["What", "Deleted by", "Holds", "Until", ACTIONS];
    let rows = rows.into_iter().map(|it| view! { <Row it asked=&asked base=&base now/> }).collect_view();
    view! { <Table label="What was deleted, newest first" class="cards cards-3" columns=COLUMNS>{rows}</Table> }
        .into_any()
}

#[component]
fn Row<'a>(it: TrashedView, asked: &'a Asked, base: &'a str, now: Timestamp) -> impl IntoView + use<> {
    if let Some(fold) = it.fold.clone() {
        return view! { <Folded it fold asked base now/> }.into_any();
    }
    let TrashedView { row, may_purge, lacks_image, n_together, .. } = it;
    let words = row.words();
    let purge = may_purge.then(|| {
        let href = asked.with(base, "purge", &row.id);
        view! { <a class="btn btn-sm btn-ghost" id=format!("purge-{}", row.id) href=href aria-label=format!("Delete now… {words}") data-dialog="">"Delete now…"</a> }
    });
    let others = (n_together > 1 && row.batch != asked.batch).then(|| {
        let href = address(base, &[("batch", &row.batch)]);
        view! { <span class="cell-sub"><a href=href>{format!("deleted with {}", counted(n_together - 1, "other thing", "other things"))}</a></span> }
    });
    let digest = row.digest.as_ref().map(|digest| {
        view! { <span class="cell-sub"><span class="digest"><Mark digest/>{digest.short().to_owned()}</span></span> }
    });
    let about = about(&row, now);
    let lacks = lacks_image.then(|| {
        let words =
            format!("its image is in the trash too, and comes back by who may restore all of {}", row.repository);
        view! { <span class="cell-sub">{words}</span> }
    });
    let (id, label) = (row.id.clone(), format!("Restore {words}"));
    let restore = (!lacks_image).then(move || {
        view! {
            <PostForm intent=Intent::RestoreTrash class="row">
                <input type="hidden" name="entry" value=id/>
                <button class="btn btn-sm" type="submit" aria-label=label>"Restore"</button>
            </PostForm>
        }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><What row=&row/>{digest}{lacks}{others}</th>
            {about}
            <td role="cell" data-a="end2" class="r">
                <span class="row end">
                    {restore}
                    {purge}
                </span>
            </td>
        </tr>
    }
    .into_any()
}

/// By whom and when it was deleted, what it holds, and until when it comes back: three cells.
fn about(row: &TrashRow, now: Timestamp) -> impl IntoView + use<> {
    let by = row.deleted_by.as_ref().and_then(Actor::name).unwrap_or("somebody").to_owned();
    let (at, held) = (row.deleted, row.held.to_string());
    // History may need it for longer.
    let until = if row.expires > now { row.expires.date() } else { "it is collected".to_owned() };
    view! {
        <td role="cell" data-a="two">{by}<span class="cell-sub"><When at now/></span></td>
        <td role="cell" data-a="three" class="nowrap"><span>{held}</span></td>
        <td role="cell" data-a="end1" class="nowrap muted"><span class="k-only">"until "</span>{until}</td>
    }
}

/// The name by which it was known, in the words for what it was.
#[component]
fn What<'a>(row: &'a TrashRow) -> impl IntoView + use<> {
    let of = row.repository.to_string();
    let tags = (row.tag.is_none() && row.tags > 0).then(|| format!(", {}", counted(row.tags, "tag", "tags")));
    match (&row.tag, &row.digest) {
        (Some(tag), _) => view! { <span class="sm">"Tag "<span class="mono">{tag.to_string()}</span>" of "<span class="name">{of}</span></span> }.into_any(),
        (None, Some(_)) => {
            let kind = if row.kind == crate::domain::trash::TrashKind::Blob { "Blob of " } else { "Image of " };
            view! { <span class="sm">{kind}<span class="name">{of}</span>{tags}</span> }.into_any()
        }
        (None, None) => view! { <span class="sm">"Repository "<span class="name">{of}</span>{tags}</span> }.into_any(),
    }
}
