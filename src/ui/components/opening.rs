//! What becomes public, where that is asked about before.

use crate::domain::view::Opening;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// The repositories that anybody may read from then on, as far as they are named one by one.
#[component]
pub fn Opened(opening: Opening) -> impl IntoView {
    let Opening { n, first } = opening;
    let words = match n {
        0 => "No repository becomes readable by it that is not so already.".to_owned(),
        1 => "1 repository becomes readable by anybody, signed in or not:".to_owned(),
        n => format!("{} become readable by anybody, signed in or not:", counted(n, "repository", "repositories")),
    };
    let more = n.saturating_sub(first.len() as u64);
    let more = (more > 0).then(|| view! { <li class="xs subtle">{format!("and {} more", grouped(more))}</li> });
    let names = first.into_iter().map(|name| view! { <li class="tagchip">{name.to_string()}</li> }).collect_view();
    let list = (n > 0).then(|| view! { <ul class="names">{names}{more}</ul> });
    view! { <p class="medium">{words}</p>{list} }.into_any()
}
