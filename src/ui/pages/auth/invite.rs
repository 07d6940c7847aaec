//! `/auth/invite/{link}`: whoever holds the link chooses a password; who was invited may go on by a provider instead.

use super::sign_in::LARGE;
use crate::ui::components::form::{Field, Kind, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::rail::Brand;
use crate::ui::pages::load::PageTitle;
use crate::ui::request::{PageRequest, Way, Ways};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Invite() -> impl IntoView {
    let request = PageRequest::current();
    let content = match (request.form.link.clone(), request.form.addressee.clone()) {
        (Some(link), Some(username)) => view! { <Choose request link username/> }.into_any(),
        _ => view! { <Gone/> }.into_any(),
    };
    view! {
        <PageTitle text="Choose how to sign in".to_owned()/>
        <main class="setup" id="main" tabindex="-1">
            <header><Brand host=None/></header>
            {content}
        </main>
    }
    .into_any()
}

#[component]
fn Choose(request: PageRequest, link: String, username: String) -> impl IntoView {
    let Ways { providers, is_local } = request.ways;
    let providers = if request.form.is_invitation { providers } else { vec![] };
    let takes_password = is_local || !request.form.is_invitation;
    let title = if providers.is_empty() { "Choose a password" } else { "Choose how to sign in" };
    let or = (takes_password && !providers.is_empty()).then(|| view! { <p class="or">"or with a password"</p> });
    let is_first = providers.is_empty();
    let form = takes_password.then(|| view! { <Password link=link.clone() username=username.clone() is_first/> });
    let nothing = (!takes_password && providers.is_empty()).then(|| {
        view! { <p>"Nobody can sign in here at the moment. Tell whoever sent you the link."</p> }
    });
    view! {
        <div>
            <h1>{title}</h1>
            <p class="head-sub">"You sign in to "{request.host}" as "<b>{username}</b>"."</p>
        </div>
        <Problem/>
        <Providers providers link/>
        {or}
        {form}
        {nothing}
    }
    .into_any()
}

/// A button for each provider, the first one loudest: who goes on there signs in by it from then on.
#[component]
fn Providers(providers: Vec<Way>, link: String) -> impl IntoView {
    let buttons = providers.into_iter().enumerate().map(|(index, Way { name, title, icon })| {
        let class = if index == 0 { "btn btn-primary btn-lg btn-block" } else { "btn btn-lg btn-block" };
        let href = format!("/auth/invite/{link}/by/{name}");
        view! {
            <a class=class href=href rel="nofollow external"><Icon name=icon class="i i-sm"/>{format!("Continue with {title}")}</a>
        }
    });
    let buttons: Vec<_> = buttons.collect();
    (!buttons.is_empty()).then(|| view! { <div class="stack">{buttons}</div> }.into_any())
}

#[component]
fn Password(link: String, username: String, is_first: bool) -> impl IntoView {
    let class = if is_first { "btn btn-primary" } else { "btn" };
    view! {
        <form class="stack" method="post" action=format!("/auth/invite/{link}")>
            // For whoever keeps passwords.
            <input type="hidden" name="username" value=username autocomplete="username"/>
            <Field name="password" label="Password"
                kind=Kind { input: "password", autocomplete: "new-password", ..LARGE }
                hint="At least 8 characters. Length matters, symbols do not. Pasting is fine."/>
            <div class="row"><button class=class type="submit">"Choose and sign in"</button></div>
        </form>
    }
    .into_any()
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
    .into_any()
}
