//! The browser half of the islands: the only code that touches the document.

pub mod callback;
pub mod check;
pub mod client;
pub mod copy;
pub mod dialog;
pub mod keys;
pub mod live;
pub mod palette;
pub mod select;
pub mod theme;
pub mod toast;

use super::STATUS;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DocumentFragment, Element, Event, EventTarget, HtmlTemplateElement, NodeList, Response, Window,
};

fn window() -> Window {
    leptos::prelude::window()
}

fn document() -> Document {
    leptos::prelude::document()
}

/// Listens for as long as the page lives.
fn on(target: &EventTarget, event: &str, handler: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(handler);
    // Only an unknown option could fail, and none is passed.
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Does something once, later.
fn after(milliseconds: i32, action: impl FnOnce() + 'static) {
    let closure = Closure::once_into_js(action);
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(closure.unchecked_ref(), milliseconds);
}

/// Says something to those who listen to the page, when they have time.
fn announce(text: &str) {
    if let Some(status) = document().get_element_by_id(STATUS) {
        status.set_text_content(Some(text));
    }
}

/// A part of the page at an address; `None` where the server has none to give.
async fn part(path_and_query: &str, name: &str) -> Option<DocumentFragment> {
    let joint = if path_and_query.contains('?') { '&' } else { '?' };
    let request = window().fetch_with_str(&format!("{path_and_query}{joint}part={name}"));
    let response: Response = JsFuture::from(request).await.ok()?.dyn_into().ok()?;
    if response.ok() { fragment(&response).await } else { None }
}

/// What a response holds.
async fn fragment(response: &Response) -> Option<DocumentFragment> {
    let html = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let template: HtmlTemplateElement = document().create_element("template").ok()?.dyn_into().ok()?;
    template.set_inner_html(&html);
    Some(template.content())
}

/// What a selector finds first; the selectors are all our own.
fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

fn elements(list: Result<NodeList, leptos::wasm_bindgen::JsValue>) -> impl Iterator<Item = Element> {
    let list = list.ok();
    let length = list.as_ref().map_or(0, NodeList::length);
    (0..length).filter_map(move |index| list.as_ref()?.item(index)?.dyn_into().ok())
}
