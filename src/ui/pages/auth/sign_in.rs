//! `/auth/login`.

use crate::ui::components::form::{Field, Kind, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::rail::Brand;
use crate::ui::pages::load::PageTitle;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Fields where there is nothing else on the page.
pub(super) const LARGE: Kind = Kind { class: "input input-lg", ..Kind::TEXT };

/// The page.
#[component]
pub fn SignIn() -> impl IntoView {
    let request = PageRequest::current();
    let host = request.host.clone();
    view! {
        <PageTitle text="Sign in".to_owned()/>
        <div class="gate">
            <div class="gate-form">
                <header><Brand host=Some(host.clone())/></header>
                <main class="gate-mid" id="main" tabindex="-1">
                    <div><h1>"Sign in"</h1><p class="muted">"to see the images you have access to."</p></div>
                    <Problem/>
                    <PasswordForm request=&request/>
                    <Terminal host/>
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

#[component]
fn PasswordForm<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let next = request.form.value(None, "next").unwrap_or_default().to_owned();
    view! {
        <form class="stack" method="post" action="/auth/login">
            <input type="hidden" name="next" value=next/>
            <Field name="username" label="Username" kind=Kind { autocomplete: "username", ..LARGE }/>
            <Field name="password" label="Password"
                kind=Kind { input: "password", autocomplete: "current-password", ..LARGE }/>
            <button class="btn btn-primary btn-lg btn-block" type="submit">"Sign in"</button>
        </form>
    }
}

#[component]
fn Terminal(host: String) -> impl IntoView {
    view! {
        <div class="callout">
            <Icon name="terminal"/>
            <div>
                <p class="medium">"Signing in from a terminal?"</p>
                <p class="muted">"Run "<code>{format!("docker login {host}")}</code>" with your username and password."</p>
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
