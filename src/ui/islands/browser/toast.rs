//! Lets what was said of something done pass after a while, unless somebody is at it. It goes along from page to page for
//! its time; up to three are there at once, the newest first.

use super::{after, document, find, on, window};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlTemplateElement, Storage};

/// How long it stays, and how often it looks afterwards whether it may go.
const STAYS_MS: f64 = 8000.0;
const AGAIN_MS: i32 = 1000;

/// The most that are there at once.
const MOST: usize = 3;

/// Where this tab keeps them between two pages, and what stands between two of them, and between a time and its toast.
const KEPT: &str = "toasts";
const BETWEEN: char = '\u{1e}';
const THEN: char = '\u{1f}';

/// Until when each is said, and how it is drawn; the newest first.
type Kept = Vec<(f64, String)>;

/// Starts to wait.
pub fn start() {
    let fresh = find("[data-toast]");
    let now = js_sys::Date::now();
    let mut kept = read();
    // A clock that was set back keeps none for longer than its time.
    kept.retain(|(until, _)| (now..=now + STAYS_MS).contains(until));
    if let Some(toast) = &fresh {
        kept.insert(0, (now + STAYS_MS, toast.outer_html()));
    }
    kept.truncate(MOST);
    // In front of the console nothing is said of what was done in it.
    if find("#main .page").is_none() {
        kept.clear();
    }
    write(&kept);
    if !kept.is_empty() {
        gather(fresh, &kept, now);
    }
}

/// Puts them into one place, in which each waits for its end.
fn gather(fresh: Option<Element>, kept: &[(f64, String)], now: f64) -> Option<()> {
    let place = document().create_element("div").ok()?;
    place.set_class_name("toasts");
    if fresh.as_ref().is_some_and(|toast| document().active_element().is_some_and(|focus| focus == *toast)) {
        go_on();
    }
    find("#main .page")?.prepend_with_node_1(&place).ok()?;
    let mut fresh = fresh;
    for (until, html) in kept {
        let toast = match fresh.take() {
            Some(toast) => toast,
            None => again(html)?,
        };
        toast.set_attribute("data-toast", &until.to_string()).ok()?;
        place.append_child(&toast).ok()?;
        if toast.has_attribute("role") {
            // What is there from the start is read to nobody; what is written into it is.
            let words = toast.query_selector("p").ok()??;
            words.set_text_content(words.text_content().as_deref());
        }
        after((until - now) as i32, move || pass(toast));
    }
    on(&place, "click", |event| {
        if dismiss(&event, "[data-dismiss]").is_some() {
            go_on();
        }
    });
    on(&place, "submit", |event| {
        let _ = dismiss(&event, "form");
    });
    Some(())
}

/// The keys go on at the page, not at what passes.
fn go_on() {
    if let Some(main) = find("#main").and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
        let _ = main.focus();
    }
}

/// One that was said on a page before, and is said to nobody again.
fn again(html: &str) -> Option<Element> {
    let template: HtmlTemplateElement = document().create_element("template").ok()?.dyn_into().ok()?;
    template.set_inner_html(html);
    let toast = template.content().query_selector("[data-toast]").ok()??;
    for attribute in ["role", "tabindex", "autofocus"] {
        toast.remove_attribute(attribute).ok()?;
    }
    Some(toast)
}

/// One that is dismissed goes at once; one whose way back is gone stays until that is done, and comes along no more.
fn dismiss(event: &Event, by: &str) -> Option<()> {
    let control = event.target()?.dyn_into::<Element>().ok()?.closest(by).ok()??;
    let toast = control.closest("[data-toast]").ok()??;
    let until: f64 = toast.get_attribute("data-toast")?.parse().ok()?;
    write(&read().into_iter().filter(|(other, _)| *other != until).collect::<Kept>());
    if control.has_attribute("data-dismiss") {
        toast.remove();
    }
    Some(())
}

fn pass(toast: Element) {
    match toast.matches(":hover, :focus-within").unwrap_or(false) {
        true => after(AGAIN_MS, move || pass(toast)),
        false => toast.remove(),
    }
}

/// A browser may refuse storage: then each page has its own and no more.
fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn read() -> Kept {
    let text = storage().and_then(|storage| storage.get_item(KEPT).ok().flatten()).unwrap_or_default();
    let one = |text: &str| text.split_once(THEN).and_then(|(until, html)| Some((until.parse().ok()?, html.to_owned())));
    text.split(BETWEEN).filter_map(one).collect()
}

fn write(kept: &[(f64, String)]) {
    let texts: Vec<String> = kept.iter().map(|(until, html)| format!("{until}{THEN}{html}")).collect();
    if let Some(storage) = storage() {
        let _ = match texts.is_empty() {
            true => storage.remove_item(KEPT),
            false => storage.set_item(KEPT, &texts.join(&BETWEEN.to_string())),
        };
    }
}
