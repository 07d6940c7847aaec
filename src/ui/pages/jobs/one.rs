//! `/jobs/{id}`: where one job stands, what it said, and to pause or end it.

use super::{Meter, StateBadge, by_words, scope_words, title};
use crate::api::jobs::show_job;
use crate::domain::run::{Control, CopyOf, RunKind, RunState};
use crate::domain::view::{InTrash, JobRow, JobView, WayBack};
use crate::domain::{Address, RepositoryName, Scope, Timestamp};
use crate::ui::components::change::Image;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::prose::Prose;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::islands::live::LiveScope;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address, decode_path};
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Job() -> impl IntoView {
    let request = PageRequest::current();
    let id = decode_path(request.path()).rsplit('/').next().unwrap_or_default().to_owned();
    let asks = Pairs::of(&request.path_and_query).get("cancel").is_some();
    load(show_job(id), move |view| match request.part {
        Some(_) => view! { <Changing view now=request.now/> }.into_any(),
        None => view! { <Whole view asks now=request.now/> }.into_any(),
    })
}

#[component]
fn Whole(view: JobView, asks: bool, now: Timestamp) -> impl IntoView {
    let (row, title) = (view.row.clone(), title(&view.row));
    let scope = format!("job:{}", row.id);
    let is_kept = view.in_trash.as_ref().is_none_or(|held| held.is_kept);
    let cancelling = (asks && view.may_control && row.state.takes(Control::Cancel))
        .then(|| view! { <Cancelling row=&row is_kept/> });
    let live = (!row.state.is_over()).then(|| view! { <LiveScope scope since=now nouns=("line", "lines")/> });
    view! {
        <PageTitle text=title.clone()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Jobs.to_string()>"Jobs"</a></li></ol></nav>
        <div class="head">
            <div class="grow"><h1>{title}</h1></div>
            {live}
        </div>
        <Problem intent=Intent::PauseJob/>
        <Problem intent=Intent::ResumeJob/>
        <Problem intent=Intent::Undo/>
        {cancelling}
        <Changing view now/>
    }
    .into_any()
}

/// What changes with the data.
#[component]
fn Changing(view: JobView, now: Timestamp) -> impl IntoView {
    let JobView { row, log, may_control, in_trash, way_back } = view;
    let lines = log.into_iter().map(|(at, words)| {
        view! { <li class="logline sm"><span class="muted nowrap"><When at now/></span><span class="grow"><Prose words/></span></li> }
            .into_any()
    });
    let lines: Vec<_> = lines.collect();
    let log = match lines.is_empty() {
        true => {
            view! { <p class="sm muted">{if row.state.is_over() { "Nothing." } else { "Nothing yet." }}</p> }.into_any()
        }
        false => view! { <ol class="stack-2">{lines}</ol> }.into_any(),
    };
    view! {
        <div class="stack mt-4 wide" data-live="job">
            <section class="card" aria-labelledby="state">
                <div class="card-head"><h2 id="state">"State"</h2><StateBadge state=row.state/></div>
                <div class="card-body stack"><Meter row=&row/><Facts row=&row now/><Steer row=&row may_control/></div>
            </section>
            {in_trash.map(|held| view! { <Held row=&row held/> })}
            {way_back.map(|way| view! { <TakeBack id=row.id.clone() way/> })}
            <section class="card" aria-labelledby="log">
                <div class="card-head"><h2 id="log">"Log"</h2></div>
                <div class="card-body">{log}</div>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn Facts<'a>(row: &'a JobRow, now: Timestamp) -> impl IntoView + use<> {
    let moment = |name: &'static str, at: Option<Timestamp>| {
        at.map(|at| view! { <dt>{name}</dt><dd><When at now/></dd> }.into_any())
    };
    let link = |name: &RepositoryName| {
        view! { <a class="mono" href=Address::Repository(name.clone()).to_string()>{name.to_string()}</a> }.into_any()
    };
    let place = match &row.copy {
        Some(CopyOf { from, to, .. }) => {
            view! { <dt>"From"</dt><dd>{link(from)}</dd><dt>"To"</dt><dd>{link(to)}</dd> }.into_any()
        }
        None => {
            let scope = match &row.scope {
                Scope::Repository(name) => link(name),
                scope => view! { <span class="mono">{scope_words(scope)}</span> }.into_any(),
            };
            view! { <dt>"Scope"</dt><dd>{scope}</dd> }.into_any()
        }
    };
    view! {
        <dl class="kv">
            {place}
            <dt>"By"</dt><dd>{by_words(row.by.as_ref())}</dd>
            {moment("Asked for", Some(row.created_at))}
            {moment("Started", row.started_at)}
            {moment("Ended", row.finished_at)}
        </dl>
    }
    .into_any()
}

/// What of it is in the trash, and what brings that back.
#[component]
fn Held<'a>(row: &'a JobRow, held: InTrash) -> impl IntoView + use<> {
    let words = held_words(row, &held);
    let InTrash { repository, batch, n, may_restore, .. } = held;
    let act = if row.kind == RunKind::Delete { "Undo" } else { "Restore all" };
    let trash = address(&Address::Trash(None).to_string(), &[("batch", &batch)]);
    let undo = (may_restore && row.state.is_over()).then(|| {
        view! {
            <PostForm intent=Intent::Undo class="row">
                <input type="hidden" name="batch" value=batch.clone()/>
                <button class="btn btn-primary" type="submit">{act}</button>
            </PostForm>
        }
    });
    let trash = (n > 0).then(|| view! { <a class="btn" href=trash>"Look at the trash"</a> });
    let list = repository.map(|repository| {
        let list = Address::Repository(repository.clone()).to_string();
        view! { <a class="btn" href=list>{format!("Tags of {repository}")}</a> }
    });
    view! {
        <section class="card" aria-labelledby="held">
            <div class="card-head"><h2 id="held">"Trash"</h2></div>
            <div class="card-body stack">
                <p>{words}</p>
                <div class="row wrap">{undo}{trash}{list}</div>
            </div>
        </section>
    }
    .into_any()
}

fn held_words(row: &JobRow, held: &InTrash) -> String {
    let (one, many) = row.nouns();
    match (held.n, row.state.is_over()) {
        (0, _) if !held.is_kept => FOR_GOOD.to_owned(),
        (0, true) => "Nothing of it is in the trash.".to_owned(),
        (0, false) => "Nothing of it is in the trash yet.".to_owned(),
        // As many as were deleted: then they are these.
        (n, _) if row.kind == RunKind::Delete && n == row.n_done => {
            let are = if n == 1 { "is" } else { "are" };
            format!("{} {are} in the trash, deleted together.", counted(n, one, many))
        }
        (n, _) => format!("{} of it in the trash, deleted together.", counted(n, "thing", "things")),
    }
}

/// What is said of a delete where there is no trash.
const FOR_GOOD: &str = "Its mount keeps no trash: what is deleted cannot be brought back.";

/// Tags that are said by name; the others are counted.
const NAMED: usize = 20;

/// The tags that name what a copy brought, and what brings them back to what they named.
#[component]
fn TakeBack(id: String, way: WayBack) -> impl IntoView {
    let WayBack { repository, tags, may_take } = way;
    let n_more = tags.len().saturating_sub(NAMED) as u64;
    let lines = tags.into_iter().take(NAMED).map(|(tag, digest, before)| {
        let before = match before {
            Some(before) => view! { "was " <Image repository=&repository digest=&before/> }.into_any(),
            None => "is new".into_any(),
        };
        view! {
            <li class="row wrap sm">
                <a class="mono" href=Address::Tag(repository.clone(), tag.clone()).to_string()>{tag.to_string()}</a>
                <span class="muted">"names "<Image repository=&repository digest=&digest/>", "{before}</span>
            </li>
        }
        .into_any()
    });
    let lines = lines.collect_view();
    let more = (n_more > 0)
        .then(|| view! { <li class="muted sm">{format!("and {} more", counted(n_more, "tag", "tags"))}</li> });
    let undo = may_take.then(|| {
        view! {
            <PostForm intent=Intent::UndoCopy class="row">
                <input type="hidden" name="job" value=id.clone()/>
                <button class="btn" type="submit">"Undo"</button>
            </PostForm>
        }
    });
    view! {
        <section class="card" aria-labelledby="copied">
            <div class="card-head"><h2 id="copied">"Copied tags"</h2></div>
            <div class="card-body stack">
                <ul class="stack-2">{lines}{more}</ul>
                {may_take.then_some(view! { <p class="muted sm">"Undo brings each back to what it named before; a new one goes to the trash."</p> })}
                <div class="row wrap">{undo}</div>
            </div>
        </section>
    }
    .into_any()
}

/// What can be done to it as it stands; and to see how it goes on, where no script does that.
#[component]
fn Steer<'a>(row: &'a JobRow, may_control: bool) -> impl IntoView + use<> {
    if row.state.is_over() {
        return ().into_any();
    }
    let offers = |control: Control| may_control && row.state.takes(control);
    let pause = offers(Control::Pause).then(|| {
        view! { <PostForm intent=Intent::PauseJob class="row"><button class="btn" type="submit">"Pause"</button></PostForm> }
    });
    let resume = offers(Control::Resume).then(|| {
        view! { <PostForm intent=Intent::ResumeJob class="row"><button class="btn btn-primary" type="submit">"Resume"</button></PostForm> }
    });
    let cancel = offers(Control::Cancel)
        .then(|| view! { <a class="btn btn-bad-quiet" id="cancel" href="?cancel=yes">"Cancel…"</a> });
    let own = Address::Job(row.id.clone()).to_string();
    view! { <div class="row wrap"><a class="btn by-hand" href=own>"Refresh"</a>{pause}{resume}{cancel}</div> }
        .into_any()
}

#[component]
fn Cancelling<'a>(row: &'a JobRow, is_kept: bool) -> impl IntoView + use<> {
    let back = format!("{}#cancel", Address::Job(row.id.clone()));
    let title = cancel_title(row);
    let keep = if row.state == RunState::Paused { "Keep it paused" } else { "Keep it running" };
    let kept = kept_words(row, is_kept);
    view! {
        <Confirm intent=Intent::CancelJob title act="Cancel the job".to_owned() back keep>
            <p>{kept}</p>
        </Confirm>
    }
    .into_any()
}

fn cancel_title(row: &JobRow) -> String {
    match row.kind {
        RunKind::Delete => format!("Cancel the deletion of {}?", row.nouns().1),
        kind => format!("Cancel the {}?", kind.words().to_lowercase()),
    }
}

/// What is left of it when it is cancelled.
fn kept_words(row: &JobRow, is_kept: bool) -> String {
    let kept = if is_kept { row.kind.kept(row.is_dry) } else { FOR_GOOD };
    match row.kind {
        RunKind::Delete => format!("{kept} The other {} stay as they are.", row.nouns().1),
        _ => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pages::jobs::tests::row;

    #[test]
    fn a_job_that_deletes_images_says_so_and_whether_they_come_back() {
        let tags = JobRow { kind: RunKind::Delete, n_done: 2, ..row() };
        let images = JobRow { counts_images: true, ..tags.clone() };
        let held =
            |n: u64, is_kept: bool| InTrash { repository: None, batch: String::new(), n, may_restore: true, is_kept };
        for (row, what) in [(tags, "tags"), (images, "images")] {
            assert_eq!(cancel_title(&row), format!("Cancel the deletion of {what}?"));
            assert_eq!(held_words(&row, &held(2, true)), format!("2 {what} are in the trash, deleted together."));
            let (undone, final_) = (kept_words(&row, true), kept_words(&row, false));
            assert!(undone.contains("Undo") && undone.ends_with(&format!("The other {what} stay as they are.")));
            assert!(!final_.contains("Undo") && final_.contains("cannot be brought back"), "{final_}");
            assert_eq!(held_words(&row, &held(0, false)), FOR_GOOD);
        }
    }
}
