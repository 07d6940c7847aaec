//! Pages: puts the request into the context and lets the site draw itself.

use super::door::{self, cookie};
use super::{edge, error, keys, said, security};
use crate::domain::error::What;
use crate::domain::{Error, Permission, Target};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::provider::Provider;
use crate::server::service::waiting;
use crate::ui::form::FormState;
pub(super) use crate::ui::request::Assets;
use crate::ui::request::{ErrorReport, PageRequest, Part, Theme, Way, Ways};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::nonce::use_nonce;
use leptos::prelude::{expect_context, provide_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use std::sync::Arc;

/// Draws whatever page the address names. Who did not sign in is asked to, whether the page is not there or not theirs.
/// Where nobody but programs asks there is no page.
pub(super) async fn page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    request: Request<Body>,
) -> Response {
    if door::is_for_programs(request.uri().path()) {
        return edge::refused(Error::NotFound(What::Page));
    }
    let is_safe = request.method().is_safe();
    let is_part = request.uri().query().is_some_and(|query| query.contains("part="));
    let wanted = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let response = draw(&app, &caller, assets, request, FormState::default()).await;
    let is_hidden =
        matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
    match is_hidden && !caller.standing.is_signed_in() && !app.facts.is_try {
        true if is_part || !is_safe => error::problem(&Error::Unauthenticated),
        true => {
            let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            Redirect::to(&format!("/auth/login?next={next}")).into_response()
        }
        false => response,
    }
}

/// Draws the page of a request, with what stands in its form.
pub(super) async fn draw(
    app: &App,
    caller: &Caller,
    assets: Assets,
    request: Request<Body>,
    form: FormState,
) -> Response {
    let page = page_request(app, caller, assets, &request, form);
    let n_waiting = if page.part.is_none() { waiting::count(app, caller).await } else { 0 };
    let page = PageRequest { n_waiting, ..page };
    let (app, caller, has_said) = (app.clone(), caller.clone(), page.said.is_some());
    let no_cookie = has_said.then(|| said::no_cookie(&app));
    let provide = move || {
        provide_context(app.clone());
        provide_context(caller.clone());
        provide_context(report_to(&expect_context::<ResponseOptions>()));
        provide_context(PageRequest { nonce: with_policy(), ..page.clone() });
    };
    let mut response = render_app_async_with_context(provide, crate::ui::document::document)(request).await;
    response.headers_mut().extend(no_cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

fn page_request(app: &App, caller: &Caller, assets: Assets, request: &Request<Body>, form: FormState) -> PageRequest {
    let query = request.uri().query().unwrap_or_default();
    let part = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "part");
    let part = part.and_then(|(_, value)| Part::parse(&value));
    let theme = cookie(request.headers(), "theme").and_then(|value| Theme::parse(&value));
    let path_and_query = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let holds = |of: &Permission| app.access.holds(&caller.standing, *of, &Target::Instance);
    let powers = Permission::ALL.into_iter().filter(holds).collect();
    // A part is no page on which something could be said.
    let said = if part.is_none() { said::read(app, request.headers()) } else { None };
    PageRequest {
        host: app.facts.host.clone(),
        public_url: app.facts.public_url.clone(),
        banner: app.facts.banner.clone(),
        try_mode: app.facts.is_try,
        id: caller.request_id.clone(),
        now: app.clock.now(),
        theme,
        single_keys: keys::are_on(request.headers()),
        part,
        path_and_query,
        assets,
        user: caller.standing.is_signed_in().then(|| caller.actor().name().unwrap_or_default().to_owned()),
        powers,
        restores: app.access.reaches_anywhere(&caller.standing, Permission::TrashRestore),
        n_waiting: 0,
        ways: ways(app),
        form,
        said,
        nonce: None,
    }
}

/// How people may sign in here.
fn ways(app: &App) -> Ways {
    let providers = app.identity.providers.all();
    let way = |provider: &Arc<Provider>| Way {
        name: provider.name.clone(),
        title: provider.title.clone(),
        icon: provider.icon,
    };
    Ways { providers: providers.iter().map(way).collect(), is_local: app.identity.settings.local_sign_in }
}

/// The status of the answer, and when to try again, follow the error that the page shows.
fn report_to(response: &ResponseOptions) -> ErrorReport {
    let response = response.clone();
    ErrorReport(Arc::new(move |error: &Error| {
        response.set_status(error::status(error));
        if let Some(wait) = error::retry_after(error) {
            response.insert_header(header::RETRY_AFTER, wait);
        }
    }))
}

/// Sets the content security policy for the nonce of this page and returns the nonce.
fn with_policy() -> Option<String> {
    let nonce = use_nonce()?.to_string();
    let policy = HeaderValue::from_str(&security::content_security_policy(&nonce)).ok()?;
    expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    Some(nonce)
}
