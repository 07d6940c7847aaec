//! `/auth/login`.

use crate::ui::components::form::{Field, Kind, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::rail::Brand;
use crate::ui::form::{Left, Stranger};
use crate::ui::pages::load::PageTitle;
use crate::ui::query::address;
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, inert};
use leptos::prelude::*;

/// Fields where there is nothing else on the page.
pub(super) const LARGE: Kind = Kind { class: "input input-lg", ..Kind::TEXT };

/// The page.
#[component]
pub fn SignIn() -> impl IntoView {
    let request = PageRequest::current();
    let host = request.host.clone();
    let ways = &request.ways;
    let awaits_set_up = request.form.awaits_set_up;
    // Nobody has a password before there is an administrator; a provider may bring one.
    let has_password = ways.is_local && !awaits_set_up;
    let is_either = has_password && !ways.providers.is_empty();
    view! {
        <PageTitle text="Sign in".to_owned()/>
        <div class="gate">
            <div class="gate-form">
                <header><Brand host=Some(host.clone())/></header>
                <main class="gate-mid" id="main" tabindex="-1">
                    <div><h1>"Sign in"</h1><p class="muted">"to see the images you have access to."</p></div>
                    <Problem/>
                    {request.form.left.clone().map(|left| view! { <SignedOut left/> })}
                    {awaits_set_up.then(NotSetUp)}
                    {request.form.stranger.clone().map(|stranger| view! { <Waits stranger/> })}
                    <Providers request=&request/>
                    {is_either.then(|| view! { <p class="or">"or with a password"</p> })}
                    {has_password.then(|| view! { <PasswordForm request=&request/> })}
                    {(!awaits_set_up).then(|| {
                        view! { <Terminal host is_local=ways.is_local has_providers=!ways.providers.is_empty()/> }
                    })}
                </main>
                <footer class="gate-foot">
                    <span class="push">{concat!("Portolan ", env!("CARGO_PKG_VERSION"))}</span>
                </footer>
            </div>
            <Chart/>
        </div>
    }
    .into_any()
}

/// That the first step is another one.
#[component]
pub(super) fn NotSetUp() -> impl IntoView {
    view! {
        <div class="callout callout-info">
            <Icon name="key"/>
            <div>
                <p class="medium">"This registry is not set up yet."</p>
                <p class="muted">"Open the set-up link that the server printed. A newer one takes its place at each start."</p>
            </div>
        </div>
    }
    .into_any()
}

/// Who signed in at a provider and is nobody here yet. It says nothing of what is there.
#[component]
fn Waits(stranger: Stranger) -> impl IntoView {
    let Stranger { email, groups_unknown } = stranger;
    let groups = groups_unknown.then_some(
        " Your provider did not say in which groups you are, because there are too many; whoever runs this registry has to narrow them.",
    );
    view! {
        <div class="callout callout-warn" role="alert" tabindex="-1" id="problem" autofocus="true">
            <Icon name="warn"/>
            <div>
                <p class="medium">"You signed in as "<b>{email}</b>", but nobody has let you in yet."</p>
                <p class="muted">
                    "Ask an administrator of this registry to let you in, then sign in again."
                    {groups}
                </p>
            </div>
        </div>
    }
}

/// Who signed out here may be signed in still where they came from, and come back without being asked.
#[component]
fn SignedOut(left: Left) -> impl IntoView {
    let Left { title, leave } = left;
    let title = inert(&title, MAX_NAME_CHARS);
    let still = format!("You may be signed in at {title} still: whoever has this browser comes back by it.");
    let leave = leave.map(|href| {
        view! { <p><a class="btn btn-sm" href=href rel="nofollow external">{format!("Sign out at {title} too")}</a></p> }
    });
    view! {
        <div class="callout callout-info" role="status">
            <Icon name="check"/>
            <div class="grow stack-2">
                <p class="medium">"You are signed out of Portolan."</p>
                <p class="muted">{still}</p>
                {leave}
            </div>
        </div>
    }
    .into_any()
}

/// A button for each provider, the first one loudest.
#[component]
fn Providers<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let next = request.form.value(None, "next").unwrap_or_default();
    let buttons = request.ways.providers.iter().enumerate().map(|(index, way)| {
        let href = address(&format!("/auth/provider/{}", way.name), &[("next", next)]);
        let class = if index == 0 { "btn btn-primary btn-lg btn-block" } else { "btn btn-lg btn-block" };
        view! { <a class=class href=href rel="nofollow"><Icon name=way.icon class="i i-sm"/>{format!("Continue with {}", way.title)}</a> }
    });
    let buttons: Vec<_> = buttons.collect();
    (!buttons.is_empty()).then(|| view! { <div class="stack">{buttons}</div> })
}

#[component]
fn PasswordForm<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let next = request.form.value(None, "next").unwrap_or_default().to_owned();
    let (class, words) = match request.ways.providers.is_empty() {
        true => ("btn btn-primary btn-lg btn-block", "Sign in"),
        false => ("btn btn-lg btn-block", "Sign in with password"),
    };
    view! {
        <form class="stack" method="post" action="/auth/login">
            <input type="hidden" name="next" value=next/>
            <Field name="username" label="Username" kind=Kind { autocomplete: "username", ..LARGE }/>
            <Field name="password" label="Password"
                kind=Kind { input: "password", autocomplete: "current-password", ..LARGE }/>
            <button class=class type="submit">{words}</button>
        </form>
    }
}

#[component]
fn Terminal(host: String, is_local: bool, has_providers: bool) -> impl IntoView {
    let by = match (is_local, has_providers) {
        (true, false) => " with your username and password.",
        (true, true) => " with your username, and your password or a token from your account.",
        (false, _) => " with your username and a token from your account.",
    };
    view! {
        <div class="callout">
            <Icon name="terminal"/>
            <div>
                <p class="medium">"Signing in from a terminal?"</p>
                <p class="muted">"Run "<code>{format!("docker login {host}")}</code>{by}</p>
            </div>
        </div>
    }
}

/// A chart of harbours that nobody has: nothing private shows before somebody signed in.
#[component]
fn Chart() -> impl IntoView {
    view! {
        <div class="gate-art">
            <svg class="chart" viewBox="0 0 880 1000" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
                <use href="/chart.svg#chart"></use>
            </svg>
        </div>
    }
}
