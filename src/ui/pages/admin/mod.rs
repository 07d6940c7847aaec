//! Pages for those who run the instance: users, groups, roles, how people sign in.

pub mod group;
pub mod groups;
pub mod new_provider;
mod presets;
pub mod provider;
mod provider_parts;
mod provider_strangers;
mod provider_tried;
pub mod providers;
pub mod roles;
pub mod user;
mod user_rows;
pub mod users;

use crate::ui::query::address;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The last part of the page's path.
fn last_part() -> String {
    let request = PageRequest::current();
    crate::ui::query::decode_path(request.path()).rsplit('/').next().unwrap_or_default().to_owned()
}

/// The way on in a list, where it goes on.
#[component]
pub fn More(next: Option<String>, #[prop(optional, into)] q: String) -> impl IntoView {
    let request = PageRequest::current();
    next.map(|next| {
        let href = address(request.path(), &[("q", &q), ("after", &next)]);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Next page"</a></nav> }
    })
}
