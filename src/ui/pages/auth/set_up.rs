//! `/auth/setup`: the first administrator, and what comes after.

use super::sign_in::{LARGE, NotSetUp};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Field, Kind, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::rail::Brand;
use crate::ui::pages::load::PageTitle;
use crate::ui::request::PageRequest;
use leptos::either::Either;
use leptos::prelude::*;

/// The page.
#[component]
pub fn SetUp() -> impl IntoView {
    let request = PageRequest::current();
    let content = match &request.form.link {
        Some(link) => Either::Left(view! { <Steps request=&request link=link.clone()/> }),
        None => Either::Right(view! { <Done awaits_set_up=request.form.awaits_set_up/> }),
    };
    view! {
        <PageTitle text="Set up".to_owned()/>
        <main class="setup" id="main" tabindex="-1">
            <header><Brand host=None/></header>
            {content}
            <footer class="gate-foot">
                <span class="row-1"><Icon name="lock" class="i i-sm"/>"Private by default"</span>
                <span>{request.host.clone()}</span>
            </footer>
        </main>
    }
    .into_any()
}

/// A link that was used, or never was one.
#[component]
fn Done(awaits_set_up: bool) -> impl IntoView {
    if awaits_set_up {
        return view! {
            <div><h1>"This set-up link does not work"</h1></div>
            <NotSetUp/>
        }
        .into_any();
    }
    view! {
        <div>
            <h1>"This set-up link does not work"</h1>
            <p class="head-sub">
                "It works once, and a newer link takes its place at each start. Once there is an administrator, none is needed."
            </p>
        </div>
        <div><a class="btn btn-primary" href="/auth/login">"Sign in"</a></div>
    }
    .into_any()
}

#[component]
fn Steps<'a>(request: &'a PageRequest, link: String) -> impl IntoView + use<> {
    view! {
        <div>
            <h1>"Set up your registry"</h1>
            <p class="head-sub">"About two minutes, from here to the first image."</p>
        </div>
        <ol class="steps">
            <li class="step-item done">
                <span class="step-n"><Icon name="check"/></span>
                <div>
                    <h2><span class="vh">"Done: "</span>"Set-up link accepted"</h2>
                    <p class="sm muted">
                        "The link from the log works once. It stops working when the administrator below exists."
                    </p>
                </div>
            </li>
            <li class="step-item now" aria-current="step">
                <span class="step-n">"2"</span>
                <div class="stack">
                    <div>
                        <h2>"Create the first administrator"</h2>
                        <p class="sm muted">"Keep this account for emergencies, also after others can sign in."</p>
                    </div>
                    <Problem/>
                    <AdministratorForm link/>
                </div>
            </li>
            <li class="step-item next">
                <span class="step-n">"3"</span>
                <div class="stack">
                    <div>
                        <h2>"Push your first image"</h2>
                        <p class="sm muted">"The console shows it the moment it arrives."</p>
                    </div>
                    <Commands host=request.host.clone()/>
                </div>
            </li>
            <li class="step-item next">
                <span class="step-n">"4"</span>
                <div>
                    <h2>"Let others in"</h2>
                    <p class="sm muted">
                        "Connect the provider that your team signs in by, invite people, give them access, and mount the registries that you have. The console leads there once you are in."
                    </p>
                </div>
            </li>
        </ol>
    }
}

#[component]
fn AdministratorForm(link: String) -> impl IntoView {
    let name = Kind { autocomplete: "name", is_required: false, ..LARGE };
    view! {
        <form class="stack" method="post" action="/auth/setup">
            <input type="hidden" name="token" value=link/>
            <div class="grid-2">
                <Field name="username" label="Username" value="admin" kind=Kind { autocomplete: "username", ..LARGE }/>
                <Field name="name" label="Your name" kind=name/>
            </div>
            <Field name="password" label="Password"
                kind=Kind { input: "password", autocomplete: "new-password", ..LARGE }
                hint="At least 8 characters. Length matters, symbols do not. Pasting is fine."/>
            <div class="row"><button class="btn btn-primary" type="submit">"Create administrator"</button></div>
        </form>
    }
}

#[component]
fn Commands(host: String) -> impl IntoView {
    let commands = [
        ("Copy login command", format!("login {host}")),
        ("Copy pull command", "pull hello-world".to_owned()),
        ("Copy tag command", format!("tag hello-world {host}/team/hello:1")),
        ("Copy push command", format!("push {host}/team/hello:1")),
    ];
    let lines = commands.into_iter().map(|(label, command)| {
        let text = format!("docker {command}");
        view! {
            <div class="code">
                <span class="p" aria-hidden="true">"$"</span>
                <code tabindex="0"><span class="k">"docker"</span>{format!(" {command}")}</code>
                <CopyButton text label=label.to_owned()/>
            </div>
        }
    });
    view! { <div class="stack">{lines.collect_view()}</div> }
}
