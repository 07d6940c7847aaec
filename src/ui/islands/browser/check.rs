//! Says at a field what is wrong with the name in it as soon as that is typed, by the rule that the server asks too, and
//! sends no form with such a name. Where something has to be typed before it is done, Enter waits for it.

use super::{announce, document, elements, on};
use crate::domain::{Error, Tag};
use crate::ui::words::sentence;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, KeyboardEvent};

/// Starts to listen.
pub fn start() {
    on(&document(), "input", |event| {
        if let Some(field) = field(event) {
            let wrong = wrong(&field);
            announce(wrong.as_deref().unwrap_or_default());
            show(&field, wrong);
        }
    });
    on(&document(), "submit", |event| {
        let _ = refuse(event);
    });
    on(&document(), "keydown", |event| {
        let _ = wait(event);
    });
}

fn field(event: Event) -> Option<HtmlInputElement> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    field.has_attribute("data-check").then_some(field)
}

/// What is wrong with it. An empty one is for the browser to ask for.
fn wrong(field: &HtmlInputElement) -> Option<String> {
    let text = field.value();
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match text.parse::<Tag>().and_then(|tag| tag.refuse_reserved()) {
        Ok(()) => None,
        Err(Error::Invalid { message, .. }) => Some(sentence(&message)),
        Err(error) => Some(sentence(&error.to_string())),
    }
}

/// Says it as the server does in a form that comes back.
fn show(field: &HtmlInputElement, wrong: Option<String>) -> Option<()> {
    let (error, hint) = (format!("{}-error", field.id()), format!("{}-hint", field.id()));
    let there = document().get_element_by_id(&error);
    let Some(words) = wrong else {
        there.iter().for_each(Element::remove);
        field.remove_attribute("aria-invalid").ok()?;
        return match document().get_element_by_id(&hint) {
            Some(_) => field.set_attribute("aria-describedby", &hint).ok(),
            None => field.remove_attribute("aria-describedby").ok(),
        };
    };
    let place = match there {
        Some(there) => there,
        None => {
            let place = document().create_element("p").ok()?;
            place.set_class_name("field-error");
            place.set_id(&error);
            place.set_inner_html(WARNING);
            field.parent_element()?.append_child(&place).ok()?;
            place
        }
    };
    place.query_selector("span").ok()??.set_text_content(Some(&words));
    field.set_attribute("aria-invalid", "true").ok()?;
    field.set_attribute("aria-describedby", &error).ok()
}

/// What stands beside such words.
const WARNING: &str = r#"<svg class="i i-sm" aria-hidden="true"><use href="/icons.svg#warn"></use></svg><span></span>"#;

/// The first field with something wrong gets the focus, and nothing is sent.
fn refuse(event: Event) -> Option<()> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let fields = elements(form.query_selector_all("input[data-check]"));
    let mut fields = fields.filter_map(|field| field.dyn_into::<HtmlInputElement>().ok());
    let (field, words) = fields.find_map(|field| wrong(&field).map(|words| (field, words)))?;
    event.prevent_default();
    show(&field, Some(words));
    field.focus().ok()
}

/// Enter in a field sends its form once there stands what it wants; the button always does, and says what is wrong.
fn wait(event: Event) -> Option<()> {
    let is_enter = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Enter");
    let field: HtmlInputElement = event.target().filter(|_| is_enter)?.dyn_into().ok()?;
    let wants = field.get_attribute("data-wants")?;
    if field.value().trim() != wants {
        event.prevent_default();
    }
    Some(())
}
