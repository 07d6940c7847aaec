//! Listens to the keys of the table in `islands/keys.rs`: the row cursor, going somewhere, copying, comparing; those that
//! are for rows of tags are done in `select.rs`. And Escape closes what is open, the innermost first: what was unfolded
//! where the focus is, the menu, a question. A dialog sees to itself.

use super::{dialog, document, elements, find, on, select, window};
use crate::ui::islands::keys::Key;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

/// How long the second of two keys may take.
const PAUSE_MS: f64 = 1500.0;

/// Where a key is part of a text, or chooses.
const FIELDS: &str =
    "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

/// What the cursor goes through, and where it stands in it.
const ROWS: &str = "#main :is(tbody tr, .listed, [data-result])";
const NAME: &str = ":is(th, td, .listed) a[href]:not(details *)";

/// What is searched: the page, or where it has no filter everything.
const JUMP: &str = "#jump";
const FILTER: &str = "#main [role=search] input[type=search]";

/// Starts to listen.
pub fn start() {
    let mut before = None;
    on(&document(), "keydown", move |event| pressed(&event, &mut before));
}

/// A key, after one that others follow upon, with the time at which that was pressed.
fn pressed(event: &Event, before: &mut Option<(String, f64)>) {
    let Some(pressed) = event.dyn_ref::<KeyboardEvent>() else { return };
    // A control that did something of its own with it has said so.
    if event.default_prevented() {
        return;
    }
    let name = pressed.key();
    if name == "Escape" && find("dialog[open]").is_none() {
        return escape();
    }
    let after = before.take().filter(|(_, at)| event.time_stamp() - at < PAUSE_MS).map(|(name, _)| name);
    if !is_meant(pressed) {
        return;
    }
    if after.is_none() && Key::begins(&name) {
        *before = Some((name, event.time_stamp()));
    } else if Key::of(&name, after.as_deref()).and_then(act).is_some() {
        event.prevent_default();
    }
}

/// Whether a key is meant for the page: not for a field or a dialog, nor with a modifier, nor in the midst of a character
/// of several keys; and only where its reader wants that.
fn is_meant(pressed: &KeyboardEvent) -> bool {
    let is_modified = pressed.ctrl_key() || pressed.meta_key() || pressed.alt_key();
    let is_typed = document().active_element().is_some_and(|focus| focus.matches(FIELDS).unwrap_or(true));
    !is_modified && !pressed.is_composing() && !is_typed && find("dialog[open], [data-keys=off]").is_none()
}

/// Does what it is for; nothing where there is nothing to do.
fn act(key: Key) -> Option<()> {
    match key {
        Key::Filter => {
            let field: HtmlInputElement = find(FILTER).or_else(|| find(JUMP))?.dyn_into().ok()?;
            field.focus().ok()?;
            field.select();
            Some(())
        }
        Key::Next => step(true),
        Key::Previous => step(false),
        Key::Pull => pull(),
        Key::Compare => compare(),
        Key::Repositories => go("/repositories"),
        Key::Search => go("/search"),
        Key::Activity => go("/activity"),
        Key::Jobs => go("/jobs"),
        Key::Trash => go("/trash"),
        Key::Keys => {
            dialog::open("/help/shortcuts");
            Some(())
        }
        Key::Select | Key::Retag | Key::Rename | Key::Promote | Key::Delete => select::act(key),
    }
}

/// Where the menu leads: what is not in it is not for this reader.
fn go(to: &str) -> Option<()> {
    click(find(&format!(":is(.nav, .topbar) a[href='{to}']"))?)
}

fn click(control: Element) -> Option<()> {
    control.dyn_into::<HtmlElement>().ok()?.click();
    Some(())
}

/// Puts the cursor on the row after or before the one that has it. The row that has the cursor is the one whose name has
/// the focus.
fn step(is_on: bool) -> Option<()> {
    let focus = document().active_element();
    let rows = elements(document().query_selector_all(ROWS));
    let rows: Vec<(Element, HtmlElement)> = rows.filter_map(|row| name(&row).map(|name| (row, name))).collect();
    let own = rows.iter().position(|(row, _)| focus.as_ref().is_some_and(|focus| row.contains(Some(focus))));
    let to = match (own, is_on) {
        (Some(own), true) => own + 1,
        (Some(own), false) => own.checked_sub(1)?,
        (None, true) => 0,
        (None, false) => rows.len().checked_sub(1)?,
    };
    rows.get(to)?.1.focus().ok()
}

/// The link that a row is called by, where it is seen.
fn name(row: &Element) -> Option<HtmlElement> {
    let is_link = row.has_attribute("href");
    let link = if is_link { row.clone() } else { row.query_selector(NAME).ok()?? };
    link.dyn_into::<HtmlElement>().ok().filter(|link| link.offset_parent().is_some())
}

/// The row that has the cursor.
fn row() -> Option<Element> {
    document().active_element()?.closest("#main tbody tr").ok().flatten()
}

/// How to pull the tag of the row, or else what the page shows.
fn pull() -> Option<()> {
    let of_row = row().and_then(|row| row.query_selector("a[data-copy]").ok().flatten());
    let is_seen = |button: &Element| button.dyn_ref::<HtmlElement>().is_some_and(|it| it.offset_parent().is_some());
    let of_page = || elements(document().query_selector_all("#pull .copy")).find(is_seen);
    click(of_row.or_else(of_page)?)
}

/// What is chosen, or the tag of the row beside the newest; on other pages what their own link compares.
fn compare() -> Option<()> {
    let Some(button) = find(".bulk button[formaction$='/-/compare']") else {
        return click(find(".head-actions a[href*='/-/compare']")?);
    };
    if !select::chosen().is_empty() {
        return click(button);
    }
    let named = row()?.query_selector("th a[href]").ok()??.get_attribute("href")?;
    let (to, tag) = (button.get_attribute("formaction")?, named.rsplit('/').next()?);
    window().location().assign(&format!("{to}?tag={tag}")).ok()
}

fn escape() {
    let around = document().active_element().and_then(|focus| focus.closest("details[open]").ok().flatten());
    if let Some(open) = around.or_else(|| find(".drop[open]")) {
        close(&open);
    } else if let Some(address) = find(".confirm a[data-cancel]").and_then(|cancel| cancel.get_attribute("href")) {
        let _ = window().location().assign(&address);
    }
}

/// Closes it, and gives the focus to what opened it.
fn close(open: &Element) {
    let _ = open.remove_attribute("open");
    let summary = open.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}
