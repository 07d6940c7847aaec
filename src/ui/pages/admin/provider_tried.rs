//! What came of trying a provider: who would be signed in, and what it said of them.

use crate::domain::view::{Tried, Verdict};
use crate::ui::components::icon::Icon;
use leptos::prelude::*;

/// What came of trying it.
#[component]
pub(super) fn Result(tried: Tried, is_live: bool) -> impl IntoView {
    let (class, icon, words) = match &tried.verdict {
        Verdict::Is(username) => {
            ("callout callout-info", "check", format!("This person is {username} here, and would be signed in."))
        }
        Verdict::Disabled(username) => {
            ("callout callout-warn", "warn", format!("This person is {username} here, who is let in no more."))
        }
        Verdict::Everybody => {
            ("callout callout-info", "check", "This person would become a user: everybody does.".to_owned())
        }
        Verdict::By(group) => {
            ("callout callout-info", "check", format!("This person would become a user, by the group {group}."))
        }
        Verdict::Waits => (
            "callout callout-warn",
            "warn",
            "No rule lets this person in: they would wait for an administrator.".to_owned(),
        ),
    };
    let next = if is_live { "" } else { " It works; enable it to let people sign in by it." };
    view! {
        <section class="mt-4 stack-2 wide" aria-labelledby="tried">
            <h2 class="strong" id="tried" tabindex="-1" autofocus="true">"What came back"</h2>
            <div class=class role="status"><Icon name=icon/><p>{words}" Nobody was signed in, and nothing of this is kept."{next}</p></div>
            <Facts tried/>
        </section>
    }
    .into_any()
}

#[component]
fn Facts(tried: Tried) -> impl IntoView {
    let none = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
    let email = match tried.email_is_verified {
        true => tried.email.clone(),
        false => format!("{} (not verified by the provider)", tried.email),
    };
    let shown = tried.groups.len();
    let groups = match (tried.groups_unknown, tried.n_groups) {
        (true, _) => {
            "the provider named none, for there are too many; let it name those of this application alone".to_owned()
        }
        (false, n) if n > shown => format!("{}, and {} more", tried.groups.join(", "), n - shown),
        (false, _) => none(tried.groups.join(", ")),
    };
    let strangers = match tried.strangers.is_empty() {
        true => String::new(),
        false => format!("{} (another group had this name before)", tried.strangers.join(", ")),
    };
    let ours: Vec<String> = tried.ours.iter().map(ToString::to_string).collect();
    let admin = if tried.is_admin { "yes, by a group of administrators" } else { "no" };
    let rows = [
        ("Subject", tried.subject),
        ("Username", none(tried.usernames.join(", "))),
        ("Name", none(tried.name)),
        ("E-mail", email),
        ("Groups there", groups),
        ("Not counted", none(strangers)),
        ("Groups here", none(ours.join(", "))),
        ("Administrator", admin.to_owned()),
    ];
    let rows = rows.map(|(key, value)| view! { <dt>{key}</dt><dd class="mono">{value}</dd> }).collect_view();
    view! { <dl class="kv kv-keys">{rows}</dl> }.into_any()
}
