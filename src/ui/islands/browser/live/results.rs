//! The changing part of a page, fetched as a fragment of the same page.

use super::super::{client, document, elements, find, part, select, window};
use std::collections::BTreeSet;
use web_sys::{DocumentFragment, Element};

/// The state of a row: where its links lead (a tag's, to its name and its image), and when what it shows last changed.
type Row = (String, Option<String>);

const ROWS: &str = "[data-live] tbody tr";

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
                let _ = old.replace_with_with_node_1(&part);
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
