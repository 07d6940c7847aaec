//! Choosing rows of a list: a range by shift, all of the page, or the row that has the focus by a key; and what other keys
//! do to that row, or to what is chosen. What is chosen stays so when rows come in anew.

use super::{announce, dialog, document, elements, find, on};
use crate::ui::islands::keys::Key;
use leptos::wasm_bindgen::JsCast;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, MouseEvent};

const ROWS: &str = "input[form=bulk]";
const ALL: &str = "input[form=bulk], .bulk input";

/// Starts to listen. A browser may have put back what was chosen before.
pub fn start() {
    refresh();
    let last = Rc::new(RefCell::new(String::new()));
    on(&document(), "click", move |event| clicked(&event, &last));
    on(&document(), "change", |event| changed(&event));
}

/// What is chosen.
pub fn chosen() -> BTreeSet<(String, String)> {
    inputs(ALL).filter(HtmlInputElement::checked).map(|it| (it.name(), it.value())).collect()
}

/// Chooses it again among rows that came in anew.
pub fn choose_again(chosen: &BTreeSet<(String, String)>) {
    inputs(ALL).for_each(|it| it.set_checked(chosen.contains(&(it.name(), it.value()))));
    refresh();
}

fn inputs(selector: &str) -> impl Iterator<Item = HtmlInputElement> {
    elements(document().query_selector_all(selector)).filter_map(|it| it.dyn_into().ok())
}

fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

fn clicked(event: &Event, last: &RefCell<String>) {
    if target::<Element>(event).is_some_and(|it| it.has_attribute("data-clear")) {
        choose_again(&BTreeSet::new());
        if let Some(first) = inputs(ROWS).next() {
            let _ = first.focus();
        }
        return announce("Nothing is selected.");
    }
    let Some(own) = target::<HtmlInputElement>(event).filter(|it| it.matches(ROWS).unwrap_or(false)) else { return };
    let before = last.replace(own.value());
    let is_range = event.dyn_ref::<MouseEvent>().is_some_and(MouseEvent::shift_key);
    if is_range && inputs(ROWS).any(|it| it.value() == before) {
        let mut is_within = false;
        for it in inputs(ROWS) {
            let is_end = it.value() == before || it.value() == own.value();
            if is_within || is_end {
                it.set_checked(own.checked());
            }
            is_within ^= is_end && before != own.value();
        }
    }
}

fn changed(event: &Event) {
    let Some(own) = target::<HtmlInputElement>(event) else { return };
    if own.has_attribute("data-all") {
        inputs(ROWS).for_each(|it| it.set_checked(own.checked()));
    } else if !own.matches(ALL).unwrap_or(false) {
        return;
    }
    announce(&refresh());
    // What chose all of them goes.
    if own.has_attribute("data-matching")
        && own.checked()
        && let Some(clear) = find("[data-clear]").and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        let _ = clear.focus();
    }
}

/// Does what a key is for on a row of tags; nothing where the focus is on none, or where its reader may not.
pub fn act(key: Key) -> Option<()> {
    let focus = document().active_element()?;
    focus.closest(".tags tbody tr, .bulk").ok()??;
    let row = focus.closest("tr").ok().flatten();
    let within = |selector: &str| row.as_ref().and_then(|row| row.query_selector(selector).ok().flatten());
    let asks = |selector: &str| {
        let address = within(selector)?.get_attribute("href")?;
        dialog::open(&address);
        Some(())
    };
    match key {
        Key::Select => {
            let own: HtmlInputElement = within(ROWS)?.dyn_into().ok()?;
            own.set_checked(!own.checked());
            announce(&refresh());
        }
        Key::Delete => match find(".bulk[data-dialog]").filter(|_| !chosen().is_empty()) {
            Some(form) => dialog::open(&dialog::address(&form)),
            None => asks("a.bad[data-dialog]")?,
        },
        Key::Retag => asks("a[href$='/retag']")?,
        Key::Rename => asks("a[href$='/rename']")?,
        Key::Promote => within("a[href*='/-/copy?']")?.dyn_into::<HtmlElement>().ok()?.click(),
        _ => return None,
    }
    Some(())
}

/// Says in the bar how much is chosen; returns that.
fn refresh() -> String {
    let (all, number) = (inputs(ROWS).count(), inputs(ROWS).filter(HtmlInputElement::checked).count());
    let matching = inputs(".bulk input").find(HtmlInputElement::checked);
    let number_words = match matching.map(|it| it.get_attribute("data-matching").unwrap_or_default()) {
        Some(count) if count.is_empty() => "All that match are".to_owned(),
        Some(count) => format!("{count} tags"),
        None if number == 1 => "1 tag".to_owned(),
        None => format!("{number} tags"),
    };
    let words = format!("{number_words} selected");
    if let Some(count) = find("[data-count]") {
        count.set_text_content(Some(&words));
    }
    if let Some(clear) = find("[data-clear]").and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        clear.set_hidden(false);
    }
    if let Some(every) = inputs("[data-all]").next() {
        every.set_checked(all > 0 && number == all);
        every.set_indeterminate(number > 0 && number < all);
    }
    words
}
