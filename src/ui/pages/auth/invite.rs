//! `/auth/invite/{link}`: whoever holds the link chooses a password.

use super::sign_in::LARGE;
use crate::ui::components::form::{Field, Kind, Problem};
use crate::ui::components::rail::Brand;
use crate::ui::pages::load::PageTitle;
use crate::ui::request::PageRequest;
use leptos::either::Either;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Invite() -> impl IntoView {
    let request = PageRequest::current();
    let content = match (request.form.link, request.form.addressee) {
        (Some(link), Some(username)) => Either::Left(view! { <Choose link username host=request.host.clone()/> }),
        _ => Either::Right(view! { <Gone/> }),
    };
    view! {
        <PageTitle text="Choose a password".to_owned()/>
        <main class="setup" id="main" tabindex="-1">
            <header><Brand host=None/></header>
            {content}
        </main>
    }
    .into_any()
}

#[component]
fn Choose(link: String, username: String, host: String) -> impl IntoView {
    view! {
        <div>
            <h1>"Choose a password"</h1>
            <p class="head-sub">"You sign in to "{host}" as "<b>{username.clone()}</b>"."</p>
        </div>
        <Problem/>
        <form class="stack" method="post" action=format!("/auth/invite/{link}")>
            // For whoever keeps passwords.
            <input type="hidden" name="username" value=username autocomplete="username"/>
            <Field name="password" label="Password"
                kind=Kind { input: "password", autocomplete: "new-password", ..LARGE }
                hint="At least 8 characters. Length matters, symbols do not. Pasting is fine."/>
            <div class="row"><button class="btn btn-primary" type="submit">"Choose and sign in"</button></div>
        </form>
    }
}

/// A link that was used, or never was one.
#[component]
fn Gone() -> impl IntoView {
    view! {
        <div>
            <h1>"This link does not work"</h1>
            <p class="head-sub">
                "It works once and for a limited time, and a newer one takes its place. Ask an administrator for another one."
            </p>
        </div>
        <div><a class="btn btn-primary" href="/auth/login">"Sign in"</a></div>
    }
}
