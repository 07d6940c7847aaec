//! Listens for changes and puts the page's own results, fetched anew, in place of the old ones.
//!
//! A reader who is at the top and not among the rows sees new rows come in; one who is elsewhere
//! gets a button instead, so that nothing moves under their eyes or pointer.

mod results;
mod source;

use super::{after, announce, find, on, window};
use leptos::wasm_bindgen::JsCast;
use results::Results;
use source::Source;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

/// The least time between two announcements, and between two looks at the server.
const QUIET_MS: i32 = 10_000;
const REST_MS: i32 = 300;
/// How often a change that waits for the reader looks whether it may come in.
const WAIT_MS: i32 = 1000;
/// From here on a reader counts as scrolled away.
const AWAY_PX: f64 = 160.0;

/// The page's connection to what happens.
struct Live {
    scope: Element,
    more: HtmlElement,
    waiting: RefCell<Option<Results>>,
    is_fetching: Cell<bool>,
    is_outdated: Cell<bool>,
    is_quiet: Cell<bool>,
}

/// Starts to listen, if the page has anything that can change.
pub fn start() {
    let Some(live) = Live::find() else { return };
    let live = Rc::new(live);
    let changed = live.clone();
    Source::start(&live.scope, move || changed.refresh());
    let shown = live.clone();
    on(&live.more, "click", move |_| shown.show_waiting());
    if let Some(bar) = find("[data-live-bar]") {
        let _ = bar.remove_attribute("hidden");
    }
}

impl Live {
    fn find() -> Option<Self> {
        Some(Self {
            scope: find("[data-scope]")?,
            more: find("[data-live-more]")?.dyn_into().ok()?,
            waiting: RefCell::default(),
            is_fetching: Cell::default(),
            is_outdated: Cell::default(),
            is_quiet: Cell::default(),
        })
    }

    /// Fetches the results; changes that come meanwhile lead to one more fetch, not to many.
    fn refresh(self: &Rc<Self>) {
        self.is_outdated.set(true);
        if self.is_fetching.replace(true) {
            return;
        }
        let live = self.clone();
        spawn_local(async move {
            live.is_outdated.set(false);
            if let Some(results) = Results::fetch().await {
                live.take(results);
            }
            after(REST_MS, move || live.rest());
        });
    }

    fn rest(self: &Rc<Self>) {
        self.is_fetching.set(false);
        if self.is_outdated.get() {
            self.refresh();
        }
    }

    fn take(self: &Rc<Self>, results: Results) {
        if !is_reader_busy() {
            return self.show(&results);
        }
        let count = results.count_new();
        if count > 0 {
            self.more.set_text_content(Some(&self.words(count)));
            self.announce(count);
        } else {
            let live = self.clone();
            after(WAIT_MS, move || live.look_again());
        }
        self.more.set_hidden(count == 0);
        self.waiting.replace(Some(results));
    }

    /// A change without new rows comes in as soon as the reader has left the rows.
    fn look_again(self: &Rc<Self>) {
        let is_silent = self.waiting.borrow().as_ref().is_some_and(|results| results.count_new() == 0);
        if let Some(results) = is_silent.then(|| self.waiting.take()).flatten() {
            self.take(results);
        }
    }

    fn show_waiting(self: &Rc<Self>) {
        if let Some(results) = self.waiting.take() {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            self.show(&results);
        }
    }

    fn show(self: &Rc<Self>, results: &Results) {
        let count = results.count_new();
        results.show();
        self.waiting.take();
        self.more.set_hidden(true);
        if count > 0 {
            self.announce(count);
        }
    }

    fn announce(self: &Rc<Self>, count: usize) {
        if self.is_quiet.replace(true) {
            return;
        }
        announce(&self.words(count));
        let live = self.clone();
        after(QUIET_MS, move || live.is_quiet.set(false));
    }

    /// `2 new tags`.
    fn words(&self, count: usize) -> String {
        let noun = if count == 1 { "data-one" } else { "data-many" };
        format!("{count} new {}", self.scope.get_attribute(noun).unwrap_or_default())
    }
}

fn is_reader_busy() -> bool {
    let is_away = window().scroll_y().is_ok_and(|y| y > AWAY_PX);
    is_away || find("[data-live] tbody:hover, [data-live] :is(tbody, .bulk):focus-within, dialog[open]").is_some()
}
