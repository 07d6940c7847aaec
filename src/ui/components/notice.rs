//! What is to be said about a mounted registry above a list: being read, out of date, out of reach.

use super::icon::Icon;
use super::time::When;
use crate::domain::Timestamp;
use crate::domain::view::{CrawlState, MountNotice};
use crate::ui::words::{about, grouped, sentence, span};
use leptos::prelude::*;

/// One notice.
#[component]
pub fn Notice(notice: MountNotice, now: Timestamp) -> impl IntoView {
    let MountNotice { prefix, url, crawl, as_of, .. } = notice;
    let registry = if prefix.is_root() { url } else { format!("{prefix} ({url})") };
    match crawl {
        CrawlState::Running { read, total, left_s } => view! { <Reading registry read total left_s/> }.into_any(),
        CrawlState::Failed { message } => view! { <Failed registry message as_of now/> }.into_any(),
        CrawlState::Never => view! {
            <div class="callout callout-info">
                <Icon name="sync"/>
                <p>{registry}" has not been read yet. Portolan reads it next."</p>
            </div>
        }
        .into_any(),
        CrawlState::Rested => as_of
            .map(|at| {
                view! { <p class="status"><Icon name="check" class="i i-sm"/>"Last checked "<When at now/></p> }
            })
            .into_any(),
    }
}

/// How soon a push to a registry that is read shows: at once where it tells of them, or with the next reading.
pub fn soon(notice: &MountNotice, now: Timestamp) -> Option<String> {
    match notice.hears(now) {
        true => Some("Pushes are heard of".to_owned()),
        false => notice.refresh_s.map(|seconds| format!("Checked every {}", span(seconds))),
    }
}

/// `41 of 300 read, about 3 min left`.
fn progress_words(read: u64, total: u64, left_s: Option<u64>) -> String {
    let left = left_s.map(|seconds| format!(", {} left", about(seconds))).unwrap_or_default();
    format!("{} of {} read{left}", grouped(read), grouped(total))
}

#[component]
fn Reading(registry: String, read: u64, total: u64, left_s: Option<u64>) -> impl IntoView {
    let words = if total == 0 { "asking for its repositories".to_owned() } else { progress_words(read, total, left_s) };
    let label = format!("Reading {registry}");
    // A bar without a value says that the end is not known.
    let value = (total > 0).then(|| read.to_string());
    view! {
        <div class="callout callout-info">
            <Icon name="sync"/>
            <div class="grow">
                <p><span class="medium">{format!("Reading {registry}. ")}</span>{sentence(&words)}</p>
                <progress class="meter" aria-label=label value=value max=total.max(1).to_string()></progress>
            </div>
        </div>
    }
}

#[component]
fn Failed(registry: String, message: String, as_of: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    let state = match as_of {
        Some(at) => view! { <span>"What you see is as of "<When at now/>"."</span> }.into_any(),
        None => "It has never been read to the end.".into_any(),
    };
    view! {
        <div class="callout callout-warn">
            <Icon name="warn"/>
            <div>
                <p class="medium">{format!("{registry} could not be read. ")}{state}</p>
                <p class="muted">{sentence(&message)}" Portolan tries again by itself."</p>
            </div>
        </div>
    }
}

/// Why one repository's rows are older than those of its neighbours.
#[component]
pub fn Unreadable(reason: String) -> impl IntoView {
    view! {
        <div class="callout callout-warn">
            <Icon name="warn"/>
            <div>
                <p class="medium">"This repository could not be read. What you see is from when it last was."</p>
                <p class="muted">{sentence(&reason)}" Portolan tries again by itself."</p>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_said_in_words() {
        assert_eq!(progress_words(41, 300, Some(185)), "41 of 300 read, about 3 min left");
        assert_eq!(progress_words(0, 1200, None), "0 of 1,200 read");
    }

    #[test]
    fn a_push_is_heard_of_where_one_was_within_a_day() {
        let now = Timestamp(10_000_000_000);
        let said = |heard_at| {
            let (prefix, url) = (Default::default(), String::new());
            let notice =
                MountNotice { prefix, url, crawl: CrawlState::Rested, as_of: None, refresh_s: Some(300), heard_at };
            soon(&notice, now).unwrap()
        };
        assert_eq!(said(None), "Checked every 5 min");
        assert_eq!(said(Some(Timestamp(now.0 - 3_600_000))), "Pushes are heard of");
        assert_eq!(said(Some(now.plus_days(-2))), "Checked every 5 min");
    }
}
