//! The changing part of a page, fetched as a fragment of the same page.

use super::super::{client, document, elements, find, part, select, window};
use leptos::wasm_bindgen::JsCast;
use std::collections::BTreeSet;
use web_sys::{DocumentFragment, Element, HtmlElement};

/// The state of a row: where its links lead (a tag's, to its name and its image), and when what it shows last changed.
type Row = (String, Option<String>);

const ROWS: &str = "[data-live] :is(tbody tr, [data-row])";
/// What can have the focus in them.
const CONTROLS: &str = ":is(a[href], button, input, select, summary, textarea)";

/// Results that are fetched and not yet shown.
pub struct Results(DocumentFragment);

impl Results {
    /// The results of this page as they are now; `None` where the server has none to give.
    pub async fn fetch() -> Option<Self> {
        let location = window().location();
        let address = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
        part(&address, "results").await.map(Self)
    }

    /// How many rows the page does not show yet, or shows as they were before.
    pub fn count_new(&self) -> usize {
        self.new_rows().len()
    }

    /// Puts them in place and marks what is new, unless nearly everything is.
    pub fn show(&self) {
        let new = self.new_rows();
        if new.len() * 2 <= self.rows().count().max(2) {
            for row in &new {
                let _ = row.class_list().add_1("is-new");
            }
        }
        let chosen = select::chosen();
        for part in elements(self.0.query_selector_all("[data-live]")) {
            let name = part.get_attribute("data-live").unwrap_or_default();
            if let Some(old) = find(&format!("[data-live={name}]")) {
                let focus = focus_in(&old);
                let _ = old.replace_with_with_node_1(&part);
                if let Some(focus) = focus {
                    give_focus(&part, &focus);
                }
            }
        }
        client::choose_again();
        select::choose_again(&chosen);
    }

    fn new_rows(&self) -> Vec<Element> {
        let shown: BTreeSet<Row> = elements(document().query_selector_all(ROWS)).map(|row| state(&row)).collect();
        self.rows().filter(|row| !shown.contains(&state(row))).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Element> {
        elements(self.0.query_selector_all(ROWS))
    }
}

fn state(row: &Element) -> Row {
    let links = elements(row.query_selector_all("a[href]"));
    (links.filter_map(|link| link.get_attribute("href")).collect(), row.get_attribute("data-at"))
}

/// By what a control is known again: its kind, what it leads to or is called in its form, and its words.
type Control = (String, [Option<String>; 4], Option<String>);

fn control(it: &Element) -> Control {
    let named = ["href", "name", "value", "aria-label"].map(|name| it.get_attribute(name));
    (it.tag_name(), named, it.text_content())
}

/// The control of a part that has the focus.
fn focus_in(part: &Element) -> Option<Control> {
    let focus = document().active_element()?;
    part.contains(Some(&focus)).then(|| control(&focus))
}

/// Who works by keys goes on where they were, or from the top of what the page is about if that control is gone.
fn give_focus(part: &Element, lost: &Control) {
    let again = elements(part.query_selector_all(CONTROLS)).find(|it| control(it) == *lost);
    if let Some(focus) = again.or_else(|| find("#main")).and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = focus.focus();
    }
}
