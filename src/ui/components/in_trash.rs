//! Where nothing is shown: what was there and can be brought back, and the way to it.

use crate::domain::view::LeftInTrash;
use crate::domain::{Address, Scope, Timestamp};
use crate::ui::components::icon::Icon;
use crate::ui::query::address;
use crate::ui::words::counted;
use leptos::prelude::*;

/// `3 repositories of team were deleted and can be restored until 30 Dec 2026.`
#[component]
pub fn InTrash(left: LeftInTrash, place: Scope, now: Timestamp) -> impl IntoView {
    let LeftInTrash { n, n_repositories, until } = left;
    let what = match n_repositories == n {
        true => counted(n, "repository", "repositories"),
        false => counted(n, "thing", "things"),
    };
    let (of, href, link) = match place {
        Scope::Everything => (String::new(), Address::Trash(None).to_string(), "Open the trash".to_owned()),
        Scope::Namespace(namespace) => {
            let (of, link) = (format!(" of {namespace}"), format!("Open the trash of {namespace}"));
            (of, Address::Trash(Some(namespace)).to_string(), link)
        }
        Scope::Repository(name) => {
            let (of, trash) = (format!(" of {name}"), Address::Trash(None).to_string());
            (of, address(&trash, &[("where", name.as_str())]), "See them in the trash".to_owned())
        }
    };
    let link = if n == 1 { link.replace("them", "it") } else { link };
    let were = if n == 1 { "was" } else { "were" };
    // History may keep it for longer than was said.
    let until = if until > now { format!(" until {}", until.date()) } else { String::new() };
    view! {
        <div class="callout callout-info mt-4">
            <Icon name="trash"/>
            <p>{format!("{what}{of} {were} deleted and can be restored{until}. ")}<a href=href>{link}</a></p>
        </div>
    }
    .into_any()
}
