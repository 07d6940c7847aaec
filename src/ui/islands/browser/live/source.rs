//! The stream of events: opened while the page is seen, closed while it is not, opened again when
//! it breaks, unless it said that nothing more comes. After every gap the page is fetched anew, since events may have been
//! missed.

use super::super::{after, document, find, on};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use web_sys::{Element, EventSource};

/// How long to wait when the server has refused the stream.
const RETRY_MS: i32 = 5000;

/// A stream that outlives its connections.
pub struct Source {
    address: String,
    changed: Box<dyn Fn()>,
    stream: RefCell<Option<EventSource>>,
    has_gap: Cell<bool>,
    is_over: Cell<bool>,
    as_of: RefCell<String>,
}

impl Source {
    /// Opens the stream of a scope; `changed` is called whenever the page may be out of date.
    pub fn start(scope: &Element, changed: impl Fn() + 'static) {
        let told = |name: &str| scope.get_attribute(name).unwrap_or_default();
        let source = Rc::new(Self {
            address: format!("/events?scope={}&since={}", told("data-scope"), told("data-since")),
            changed: Box::new(changed),
            stream: RefCell::default(),
            has_gap: Cell::default(),
            is_over: Cell::default(),
            as_of: RefCell::default(),
        });
        source.stamp();
        source.open();
        on(&document(), "visibilitychange", move |_| source.follow());
    }

    fn open(self: &Rc<Self>) {
        let Ok(stream) = EventSource::new(&self.address) else {
            return;
        };
        let source = self.clone();
        on(&stream, "open", move |_| source.opened());
        let source = self.clone();
        on(&stream, "changed", move |_| source.tell());
        let source = self.clone();
        on(&stream, "over", move |_| source.end());
        let (source, failed) = (self.clone(), stream.clone());
        on(&stream, "error", move |_| source.lost(&failed));
        self.stream.replace(Some(stream));
    }

    fn opened(&self) {
        self.say("live", "Live");
        if self.has_gap.replace(false) {
            self.tell();
        }
    }

    fn tell(&self) {
        self.stamp();
        (self.changed)();
    }

    /// What the page shows is over: it is fetched once more, and nothing is listened to any longer.
    fn end(&self) {
        self.is_over.set(true);
        self.close();
        self.tell();
        self.say("over", "Ended");
    }

    fn close(&self) {
        if let Some(stream) = self.stream.take() {
            stream.close();
        }
    }

    /// Browsers connect again by themselves, unless the server has refused.
    fn lost(self: &Rc<Self>, stream: &EventSource) {
        self.has_gap.set(true);
        self.say("reconnecting", &format!("Reconnecting, as of {}", self.as_of.borrow()));
        if stream.ready_state() == EventSource::CLOSED {
            let source = self.clone();
            after(RETRY_MS, move || source.reopen());
        }
    }

    fn reopen(self: &Rc<Self>) {
        let is_closed = self.stream.borrow().as_ref().is_some_and(|stream| stream.ready_state() == EventSource::CLOSED);
        if is_closed && !document().hidden() {
            self.open();
        }
    }

    /// Follows whether the page is seen.
    fn follow(self: &Rc<Self>) {
        if self.is_over.get() {
            return;
        }
        if !document().hidden() {
            return self.open();
        }
        self.close();
        self.has_gap.set(true);
        self.say("paused", &format!("Paused, as of {}", self.as_of.borrow()));
    }

    /// Keeps the time of day up to which the page is known to be right.
    fn stamp(&self) {
        let time = String::from(js_sys::Date::new_0().to_time_string());
        self.as_of.replace(time.chars().take(5).collect());
    }

    fn say(&self, state: &str, words: &str) {
        if let Some(word) = find("[data-live-word]") {
            word.set_text_content(Some(words));
        }
        if let Some(dot) = find(".live") {
            let _ = dot.set_attribute("data-state", state);
        }
    }
}
