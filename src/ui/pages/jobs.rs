//! `/jobs`: long work, newest first, and how each stands.

pub mod one;

use super::load::{PageTitle, load};
use crate::api::jobs::list_jobs;
use crate::domain::run::{Control, CopyOf, RunKind, RunState};
use crate::domain::view::{JobRow, JobsView};
use crate::domain::{Actor, Address, ByteSize, Scope, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{PostForm, Problem};
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::islands::live::LiveScope;
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{about, counted, grouped, sentence};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Jobs() -> impl IntoView {
    let request = PageRequest::current();
    let after = Pairs::of(&request.path_and_query).get("after").unwrap_or_default().to_owned();
    load(list_jobs(after), move |view| match request.part {
        Some(_) => view! { <Rows view now=request.now/> }.into_any(),
        None => view! { <Whole view now=request.now/> }.into_any(),
    })
}

#[component]
fn Whole(view: JobsView, now: Timestamp) -> impl IntoView {
    let collect = view.may_collect.then(Collect);
    view! {
        <PageTitle text="Jobs".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Jobs"</h1>
                <p class="head-sub">"Work that takes its time. It goes on when you leave, and after a restart."</p>
            </div>
            <LiveScope scope="jobs".to_owned() since=now nouns=("job", "jobs")/>
            {collect}
        </div>
        <Problem intent=Intent::RunCollection/>
        <Problem intent=Intent::PauseJob/>
        <Problem intent=Intent::ResumeJob/>
        <Rows view now/>
    }
    .into_any()
}

/// What frees space, and what only says how much that would be.
#[component]
fn Collect() -> impl IntoView {
    view! {
        <div class="head-actions row">
            <PostForm intent=Intent::RunCollection class="row grow">
                <button class="btn grow" type="submit" name="dry_run" value="yes" aria-label="Dry run of a garbage collection" title="Says what would be freed, and frees nothing">"Dry run"</button>
                <button class="btn btn-primary grow" type="submit">"Run garbage collection"</button>
            </PostForm>
        </div>
    }
    .into_any()
}

/// What changes with the data.
#[component]
fn Rows(view: JobsView, now: Timestamp) -> impl IntoView {
    const COLUMNS: &[&str] = &["Kind", "State", "Progress", "Started", "By", ACTIONS];
    let next = view.next.map(|next| {
        let href = address(&Address::Jobs.to_string(), &[("after", &next)]);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Older"</a></nav> }
    });
    let rows = match view.rows.is_empty() {
        true => view! { <NoJobs may_collect=view.may_collect/> }.into_any(),
        false => {
            let controlled = view.controlled;
            let rows = view.rows.into_iter().map(|row| {
                let may_control = controlled.contains(&row.id);
                view! { <Row row may_control now/> }
            });
            let rows = rows.collect_view();
            view! { <Table label="Jobs, newest first" class="cards steered" columns=COLUMNS>{rows}</Table> }.into_any()
        }
    };
    view! { <div class="mt-4" data-live="jobs">{rows}{next}</div> }.into_any()
}

#[component]
fn NoJobs(may_collect: bool) -> impl IntoView {
    let words = match may_collect {
        true => "A garbage collection shows here, and so do large deletes and copies.",
        false => "Large deletes and copies that you start show here.",
    };
    view! { <Empty icon="clock" title="No jobs in the last 30 days".to_owned()><p>{words}</p></Empty> }.into_any()
}

#[component]
fn Row(row: JobRow, may_control: bool, now: Timestamp) -> impl IntoView {
    let href = Address::Job(row.id.clone()).to_string();
    let (title, by) = (title(&row), by_words(row.by.as_ref()));
    let scope = scope_words(&row.scope);
    let at = row.started_at.unwrap_or(row.created_at);
    let steer = may_control.then(|| view! { <Steer row=&row/> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><a class="name" href=href>{title}</a><span class="cell-sub mono">{scope}</span></th>
            <td role="cell" data-a="end2"><StateBadge state=row.state/></td>
            <td role="cell" data-a="two"><Meter row=&row/></td>
            <td role="cell" class="nowrap muted" data-a="end1"><When at now/></td>
            <td role="cell" data-a="three">{by}</td>
            <td role="cell" data-a="end3" class="r">{steer}</td>
        </tr>
    }
    .into_any()
}

/// What can be done to it as it stands. What a cancel keeps its own page says before.
#[component]
fn Steer<'a>(row: &'a JobRow) -> impl IntoView + use<> {
    let title = title(row);
    let press = |control: Control, intent: Intent, act: &'static str| {
        let (id, label) = (row.id.clone(), format!("{act} {title}"));
        row.state.takes(control).then(|| {
            view! {
                <PostForm intent class="row">
                    <input type="hidden" name="job" value=id/>
                    <button class="btn btn-sm" type="submit" aria-label=label>{act}</button>
                </PostForm>
            }
        })
    };
    let pause = press(Control::Pause, Intent::PauseJob, "Pause");
    let resume = press(Control::Resume, Intent::ResumeJob, "Resume");
    let cancel = row.state.takes(Control::Cancel).then(|| {
        let href = address(&Address::Job(row.id.clone()).to_string(), &[("cancel", "yes")]);
        let label = format!("Cancel {title}…");
        view! { <a class="btn btn-sm btn-ghost" href=href aria-label=label>"Cancel…"</a> }
    });
    view! { <span class="row end wrap">{pause}{resume}{cancel}</span> }.into_any()
}

/// How it stands, in a word.
#[component]
fn StateBadge(state: RunState) -> impl IntoView {
    let (class, words) = match state {
        RunState::Queued => ("badge", "Waiting"),
        RunState::Running => ("badge badge-accent", "Running"),
        RunState::Paused => ("badge badge-warn", "Paused"),
        RunState::Done => ("badge badge-good", "Done"),
        RunState::Failed => ("badge badge-bad", "Failed"),
        RunState::Cancelled => ("badge", "Cancelled"),
    };
    view! { <span class=class>{words}</span> }.into_any()
}

/// How far it has come: a bar while it is not over, and words.
#[component]
fn Meter<'a>(row: &'a JobRow) -> impl IntoView + use<> {
    let label = format!("Progress of {}", title(row));
    // A bar without a value says that the end is not known.
    let value = row.n_total.filter(|total| *total > 0).map(|total| row.n_done.min(total).to_string());
    let max = row.n_total.unwrap_or(1).max(1).to_string();
    let is_shown = row.state == RunState::Running || row.state == RunState::Paused && row.n_total.is_some();
    let bar = is_shown.then(|| view! { <progress class="meter" aria-label=label value=value max=max></progress> });
    let waits = row.waits_for.as_ref().map(|words| view! { <span class="cell-sub">{sentence(words)}</span> });
    let error = row.error.as_ref().map(|words| view! { <span class="cell-sub">{sentence(words)}</span> });
    let holds_up = holds_up(row).map(|words| view! { <span class="cell-sub">{words}</span> });
    view! { {bar}<span class="sm num">{progress_words(row)}</span>{waits}{holds_up}{error} }.into_any()
}

/// What a collection that somebody paused, and may have forgotten, keeps from happening.
fn holds_up(row: &JobRow) -> Option<&'static str> {
    let is_in_the_way = row.kind == RunKind::Collect && row.state == RunState::Paused && !row.is_dry;
    is_in_the_way.then_some("Nothing is freed, also by schedule, until it is resumed or cancelled.")
}

/// What people call it.
fn title(row: &JobRow) -> String {
    match (&row.copy, row.is_dry) {
        (Some(CopyOf { from, to, n_tags }), _) => {
            format!("Copy of {} from {from} to {to}", counted(*n_tags, "tag", "tags"))
        }
        (None, true) => format!("{}, dry run", row.kind.words()),
        (None, false) if row.kind == RunKind::Delete => {
            let (one, many) = row.nouns();
            let what = row.n_total.map_or(many.to_owned(), |total| counted(total, one, many));
            format!("Delete {what} from {}", scope_words(&row.scope))
        }
        (None, false) => row.kind.words().to_owned(),
    }
}

fn scope_words(scope: &Scope) -> String {
    match scope {
        Scope::Everything => "everything".to_owned(),
        scope => scope.to_string(),
    }
}

fn by_words(by: Option<&Actor>) -> String {
    match by {
        Some(Actor::System(_)) => "by schedule".to_owned(),
        Some(actor) => actor.to_string(),
        None => "nobody knows".to_owned(),
    }
}

/// `312 of 1,204, about 4 min left`, and what came of it.
fn progress_words(row: &JobRow) -> String {
    if let Some(words) = nothing_yet(row) {
        return words.to_owned();
    }
    let (one, many) = row.nouns();
    let left = row.left_s.map(|seconds| format!(", {} left", about(seconds))).unwrap_or_default();
    let done = match row.n_total {
        Some(total) if !row.state.is_over() || row.n_done != total => {
            format!("{} of {}{left}", grouped(row.n_done), grouped(total))
        }
        _ => counted(row.n_done, one, many),
    };
    let done = match row.kind {
        // What went over in parts is there whole.
        RunKind::Copy if row.state == RunState::Done => {
            row.copy.as_ref().map_or(done, |copy| counted(copy.n_tags, "tag", "tags"))
        }
        _ => done,
    };
    let done = match row.kind {
        RunKind::Collect => format!("{done}, {} {}", ByteSize(row.n_bytes), freed(row)),
        RunKind::Copy => format!("{done}, {} sent", ByteSize(row.n_bytes)),
        RunKind::Delete | RunKind::Restore => done,
    };
    if row.state == RunState::Queued { format!("Waits for its turn: {done}") } else { done }
}

/// What is said of one that did not begin, or does not know yet how much there is to do.
fn nothing_yet(row: &JobRow) -> Option<&'static str> {
    let (has_begun, is_known) = (row.started_at.is_some(), row.n_total.is_some() || row.n_done > 0);
    match (row.state, has_begun) {
        (RunState::Done, _) => None,
        (_, true) if is_known => None,
        (RunState::Queued, _) => Some("Waits for its turn"),
        (RunState::Running, _) => Some("Finds out how much there is to do"),
        (RunState::Paused, false) => Some("Not begun"),
        (RunState::Paused, true) => Some("Nothing done yet"),
        (RunState::Failed | RunState::Cancelled, false) => Some("Never begun"),
        (RunState::Failed | RunState::Cancelled, true) => Some("Nothing was done"),
    }
}

fn freed(row: &JobRow) -> &'static str {
    match (row.is_dry, row.state.is_over()) {
        (true, true) => "would be freed",
        (true, false) => "would be freed so far",
        (false, _) => "freed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in crate::ui::pages::jobs) fn row() -> JobRow {
        JobRow {
            id: "1".to_owned(),
            kind: RunKind::Collect,
            is_dry: false,
            copy: None,
            takes_images: false,
            counts_images: false,
            scope: Scope::Everything,
            state: RunState::Running,
            n_done: 312,
            n_total: Some(1204),
            n_bytes: 0,
            waits_for: None,
            left_s: Some(240),
            created_at: Timestamp(0),
            started_at: Some(Timestamp(1)),
            finished_at: None,
            by: None,
            error: None,
        }
    }

    #[test]
    fn progress_is_said_in_words() {
        let row = row();
        assert_eq!(progress_words(&row), "312 of 1,204, about 4 min left, 0\u{a0}B freed");
        let over = JobRow { state: RunState::Done, n_done: 1204, is_dry: true, left_s: None, ..row };
        assert_eq!(progress_words(&over), "1,204 items looked at, 0\u{a0}B would be freed");
        assert_eq!(title(&over), "Garbage collection, dry run");
        let copy = CopyOf { from: "up/web".parse().unwrap(), to: "team/web".parse().unwrap(), n_tags: 2 };
        let copy = JobRow { kind: RunKind::Copy, copy: Some(copy), is_dry: false, n_bytes: 0, ..over };
        assert_eq!(title(&copy), "Copy of 2 tags from up/web to team/web");
        assert_eq!(progress_words(&copy), "2 tags, 0\u{a0}B sent");
        let stopped = JobRow { state: RunState::Failed, n_done: 41, ..copy };
        assert_eq!(progress_words(&stopped), "41 of 1,204, 0\u{a0}B sent");
        let scope = Scope::Repository("ci/builds".parse().unwrap());
        let delete = JobRow { kind: RunKind::Delete, copy: None, scope, n_total: Some(720), ..stopped };
        assert_eq!(title(&delete), "Delete 720 tags from ci/builds");
        assert_eq!(title(&JobRow { n_total: None, ..delete.clone() }), "Delete tags from ci/builds");
        let images = JobRow { counts_images: true, state: RunState::Done, n_done: 720, ..delete };
        assert_eq!(
            (title(&images), progress_words(&images)),
            ("Delete 720 images from ci/builds".to_owned(), "720 images".to_owned())
        );
    }

    #[test]
    fn one_that_did_nothing_yet_says_so_and_no_number() {
        let row = JobRow {
            kind: RunKind::Collect,
            is_dry: true,
            n_done: 0,
            n_total: None,
            left_s: None,
            started_at: None,
            ..row()
        };
        for kind in RunKind::ALL {
            for (state, never, begun) in [
                (RunState::Queued, "Waits for its turn", "Waits for its turn"),
                (RunState::Paused, "Not begun", "Nothing done yet"),
                (RunState::Failed, "Never begun", "Nothing was done"),
                (RunState::Cancelled, "Never begun", "Nothing was done"),
            ] {
                let row = JobRow { kind, state, ..row.clone() };
                assert_eq!(progress_words(&row), never, "{row:?}");
                assert_eq!(progress_words(&JobRow { started_at: Some(Timestamp(1)), ..row }), begun);
            }
        }
        let row = JobRow { started_at: Some(Timestamp(1)), ..row };
        let running = JobRow { state: RunState::Running, ..row.clone() };
        assert_eq!(progress_words(&running), "Finds out how much there is to do");
        let paused = JobRow { state: RunState::Paused, n_done: 5, n_total: Some(9), ..row };
        assert_eq!(progress_words(&paused), "5 of 9, 0\u{a0}B would be freed so far");
        let resumed = JobRow { state: RunState::Queued, kind: RunKind::Delete, ..paused };
        assert_eq!(progress_words(&resumed), "Waits for its turn: 5 of 9");
    }
}
