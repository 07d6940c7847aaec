//! A pusher's text as it was written: shown as text, never followed, and nothing in it hides.

use crate::domain::view::image_tabs::{Content, Text};
use crate::ui::words::{inert_lines, sentence};
use leptos::prelude::*;

/// The text, at the end of a card.
#[component]
pub fn RawText<'a>(text: &'a Text) -> impl IntoView + use<> {
    let cut = text.is_cut.then(|| {
        let words = format!("This is the beginning of {}; the rest is not shown.", text.size);
        view! { <p class="card-foot muted">{words}</p> }
    });
    view! { <pre class="card-body raw xs">{inert_lines(&text.text)}</pre>{cut} }.into_any()
}

/// What could be read of some content, or why nothing was.
#[component]
pub fn ReadContent<'a>(content: &'a Content) -> impl IntoView + use<> {
    match content {
        Content::Read { text, .. } => view! { <RawText text/> }.into_any(),
        Content::Not(why) => {
            view! { <p class="card-body muted">{format!("It is not shown. {}", sentence(why))}</p> }.into_any()
        }
    }
}
