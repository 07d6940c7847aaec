//! The HTML document around every page: head, frame, and the module that wakes the islands.
//!
//! Asked for a part, it draws that part alone. Nothing here is inline but the one module script,
//! which carries the nonce of the policy.

use super::app::Site;
use super::components::form::Announcement;
use super::components::rail::{Rail, Topbar};
use super::islands::copy::Copy;
use super::islands::{LOADER, STATUS};
use super::request::{Assets, PageRequest, Theme};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

/// The whole answer to a request for a page.
pub fn document() -> impl IntoView {
    // Only islands hydrate; what is outside them carries no data for the browser.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    provide_meta_context();
    let request = PageRequest::current();
    match request.part {
        Some(_) => Either::Left(view! { <Site/> }),
        None => Either::Right(view! { <Document request/> }),
    }
}

#[component]
fn Document(request: PageRequest) -> impl IntoView {
    let theme = request.theme.map(Theme::name);
    let keys = (!request.single_keys).then_some("off");
    let (assets, nonce) = (request.assets.clone(), request.nonce.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-keys=keys>
            <Head assets nonce/>
            <Body request/>
        </html>
    }
}

#[component]
fn Head(assets: Assets, nonce: Option<String>) -> impl IntoView {
    let Assets { css, js, wasm } = assets;
    view! {
        <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="referrer" content="same-origin"/>
            <link rel="stylesheet" href=css/>
            <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            <link rel="modulepreload" href=js nonce=nonce.clone()/>
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <script type="module" nonce=nonce>{LOADER}</script>
            <MetaTags/>
        </head>
    }
}

#[component]
fn Body(request: PageRequest) -> impl IntoView {
    // In front of the console there is nothing to go to yet.
    if request.path().starts_with("/auth/") {
        return view! {
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                <Site/>
                <p class="vh" role="status" id=STATUS></p>
                <Copy/>
            </body>
        }
        .into_any();
    }
    view! {
        <body>
            <a class="skip" href="#main">"Skip to content"</a>
            <Topbar request=&request/>
            <div class="shell">
                <Rail request=&request/>
                <main class="panel" id="main" tabindex="-1"><div class="page"><Announcement/><Site/></div></main>
            </div>
            <p class="vh" role="status" id=STATUS></p>
            <Copy/>
        </body>
    }
    .into_any()
}
