//! By what the reader signs in: a password, and what providers say of them.

use super::links::Question;
use crate::domain::view::{IdentityRow, WaysIn};
use crate::domain::{Address, Timestamp};
use crate::ui::components::time::When;
use crate::ui::query::address;
use crate::ui::words::{MAX_NAME_CHARS, inert};
use leptos::prelude::*;

/// The section.
#[component]
pub(super) fn Ways(ways: WaysIn, now: Timestamp) -> impl IntoView {
    let question = view! { <Question ways=&ways/> };
    let WaysIn { has_password, is_local, identities, linkable, .. } = ways;
    let identities = identities.into_iter().map(|row| view! { <Identity row now/> }).collect_view();
    let linkable = linkable.into_iter().map(|(name, title)| view! { <Linkable name title/> }).collect_view();
    view! {
        <h2 class="section" id="ways-in">"Ways to sign in"</h2>
        {question}
        <ul class="plain-list"><Password has_password is_local/>{identities}{linkable}</ul>
    }
    .into_any()
}

#[component]
fn Password(has_password: bool, is_local: bool) -> impl IntoView {
    let (state, words) = match (has_password, is_local) {
        (true, true) => ("Set", "In a browser, and in Docker and CI where you have no token for them."),
        (true, false) => ("Set", "It opens nothing: signing in by password is off here. Docker and CI need a token."),
        (false, _) => ("None", "Docker and CI need a token in its place."),
    };
    let link = match has_password && is_local {
        true => view! { <a class="btn btn-sm" href="#password">"Change password"</a> }.into_any(),
        false => view! { <a class="btn btn-sm" href=Address::Tokens.to_string()>"Make a token"</a> }.into_any(),
    };
    view! {
        <li class="row-3 wrap listed">
            <span class="grow"><b class="medium">"Password"</b><span class="cell-sub">{words}</span></span>
            <span class="badge">{state}</span>
            <span class="row">{link}</span>
        </li>
    }
    .into_any()
}

#[component]
fn Identity(row: IdentityRow, now: Timestamp) -> impl IntoView {
    let state = view! { <State row=&row/> };
    let IdentityRow { provider, title, name, email, subject, checked_at, .. } = row;
    let unlink = address(&Address::Account.to_string(), &[("unlink", &provider)]);
    let mut said: Vec<String> = [name, email].into_iter().filter(|part| !part.is_empty()).collect();
    said.dedup();
    let said = if said.is_empty() { subject } else { said.join(", ") };
    view! {
        <li class="row-3 wrap listed">
            <span class="grow">
                <b class="medium">{inert(&title, MAX_NAME_CHARS)}</b>
                <span class="cell-sub">{inert(&said, MAX_NAME_CHARS)}". It vouched for you "<When at=checked_at now/>"."</span>
            </span>
            {state}
            <span class="row"><a class="btn btn-sm" id=format!("unlink-{provider}") href=unlink>
                "Unlink…"<span class="vh">{format!(" {}", inert(&title, MAX_NAME_CHARS))}</span>
            </a></span>
        </li>
    }
    .into_any()
}

/// A provider that the account could be linked to.
#[component]
fn Linkable(name: String, title: String) -> impl IntoView {
    let link = address(&Address::Account.to_string(), &[("link", &name)]);
    let title = inert(&title, MAX_NAME_CHARS);
    view! {
        <li class="row-3 wrap listed">
            <span class="grow"><b class="medium">{title.clone()}</b><span class="cell-sub">"Not linked."</span></span>
            <span class="row"><a class="btn btn-sm" id=format!("link-{name}") href=link>{format!("Link {title}…")}</a></span>
        </li>
    }
    .into_any()
}

/// Whether it lets them in now.
#[component]
fn State<'a>(row: &'a IdentityRow) -> impl IntoView + use<> {
    let (class, words) = match (row.is_live, row.refused_at) {
        (false, _) => ("badge", "Not live"),
        (true, Some(_)) => ("badge badge-warn", "Sign in by it again"),
        (true, None) => ("badge badge-good", "Live"),
    };
    view! { <span class=class>{words}</span> }.into_any()
}
