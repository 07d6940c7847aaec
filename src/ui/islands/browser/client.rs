//! Keeps the client whose pull command a reader looks at, for the next page and the next visit.

use super::{document, on, window};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, Storage};

const KEY: &str = "client";

/// Starts to listen, and chooses what was chosen last.
pub fn start() {
    choose_again();
    on(&document(), "change", |event| {
        if let (Some(client), Some(storage)) = (chosen(&event), storage()) {
            let _ = storage.set_item(KEY, &client);
        }
    });
}

/// Chooses the client that was chosen last, where the page offers it.
pub fn choose_again() {
    let Some(client) = kept() else { return };
    // The value is compared, not put into a selector: anybody may have written to the storage.
    let radios = super::elements(document().query_selector_all("input[name=client]"));
    let mut radios = radios.filter_map(|radio| radio.dyn_into::<HtmlInputElement>().ok());
    if let Some(radio) = radios.find(|radio| radio.value() == client) {
        radio.set_checked(true);
    }
}

/// The client that was chosen last.
pub fn kept() -> Option<String> {
    storage()?.get_item(KEY).ok().flatten()
}

fn chosen(event: &Event) -> Option<String> {
    let radio: HtmlInputElement = event.target()?.dyn_into().ok()?;
    (radio.name() == KEY).then(|| radio.value())
}

/// A browser may refuse storage.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
