//! `/api/v1/providers`. A secret goes in and never comes out.

use super::{All, Page, answer, asked, body, done, paged};
use crate::domain::action::{
    ChangeProvider, CreateProvider, DeleteProvider, DisableProvider, EnableProvider, ListProviders,
};
use crate::domain::view::ProviderView;
use crate::domain::{Error, ProviderKind, ProviderName, ProviderSettings, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::secret::Secret;
use crate::server::service::providers;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

/// A provider as programs read it. An OpenID provider has an issuer, GitHub an address.
#[derive(Serialize)]
struct Whole {
    id: String,
    name: String,
    kind: ProviderKind,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_url: Option<String>,
    client_id: String,
    has_secret: bool,
    scopes: Vec<String>,
    groups_claim: String,
    username_claim: String,
    open_sign_up: bool,
    allowed_groups: Vec<String>,
    admin_groups: Vec<String>,
    enabled: bool,
    /// Whether the configuration sets it, and nothing else can.
    locked: bool,
    callback: String,
    n_people: u64,
}

impl From<ProviderView> for Whole {
    fn from(ProviderView { row, id, settings, callback, .. }: ProviderView) -> Self {
        let is_github = row.kind == ProviderKind::Github;
        let (issuer, url) = if is_github { (None, Some(settings.url)) } else { (Some(settings.url), None) };
        Self {
            id,
            name: row.name,
            kind: row.kind,
            title: settings.title,
            issuer,
            url,
            api_url: is_github.then_some(settings.api_url),
            client_id: settings.client_id,
            has_secret: row.has_secret,
            scopes: settings.scopes,
            groups_claim: settings.groups_claim,
            username_claim: settings.username_claim,
            open_sign_up: settings.open_sign_up,
            allowed_groups: settings.allowed_groups,
            admin_groups: settings.admin_groups,
            enabled: row.is_live,
            locked: row.is_of_file,
            callback,
            n_people: row.n_people,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    name: ProviderName,
    kind: ProviderKind,
    #[serde(flatten)]
    sent: Changed,
}

/// What is not said stays.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    title: Option<String>,
    issuer: Option<String>,
    url: Option<String>,
    api_url: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    scopes: Option<Vec<String>>,
    groups_claim: Option<String>,
    username_claim: Option<String>,
    open_sign_up: Option<bool>,
    allowed_groups: Option<Vec<String>>,
    admin_groups: Option<Vec<String>>,
    enabled: Option<bool>,
}

impl Changed {
    /// The settings with what is said; what else is said stays here.
    fn over(&mut self, kind: ProviderKind, mut settings: ProviderSettings) -> Result<ProviderSettings> {
        let wrong = |field: &str, words: &str| Err(Error::invalid(field, words));
        let url = match (kind, self.issuer.take(), self.url.take()) {
            (ProviderKind::Oidc, _, Some(_)) => {
                return wrong("url", "this is for GitHub; an OpenID provider has an issuer");
            }
            (ProviderKind::Github, Some(_), _) => return wrong("issuer", "this is for OpenID; GitHub has an url"),
            (ProviderKind::Oidc, issuer, None) => issuer,
            (ProviderKind::Github, None, url) => url,
        };
        fn set<T>(to: &mut T, said: &mut Option<T>) {
            if let Some(said) = said.take() {
                *to = said;
            }
        }
        settings.url = url.unwrap_or(settings.url);
        set(&mut settings.title, &mut self.title);
        set(&mut settings.api_url, &mut self.api_url);
        set(&mut settings.client_id, &mut self.client_id);
        set(&mut settings.scopes, &mut self.scopes);
        set(&mut settings.groups_claim, &mut self.groups_claim);
        set(&mut settings.username_claim, &mut self.username_claim);
        set(&mut settings.open_sign_up, &mut self.open_sign_up);
        set(&mut settings.allowed_groups, &mut self.allowed_groups);
        set(&mut settings.admin_groups, &mut self.admin_groups);
        Ok(settings)
    }
}

/// Providers: those of the configuration first, then the others by name.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ListProviders {}).await?;
        let all = providers::list(&app, &proof).await?;
        let first = all.iter().position(|it| key(it) == part.after).map_or(0, |at| at + 1);
        let keys: Vec<String> = all.iter().skip(first).map(key).collect();
        let rows = all.into_iter().skip(first).zip(keys).take(part.limit as usize + 1);
        let rows = rows.map(|(view, key)| (Whole::from(view), key));
        let Page { items, next } = Page::cut(rows, part.limit, |(_, key): &(Whole, String)| key.clone());
        Ok(Page { items: items.into_iter().map(|(whole, _)| whole).collect(), next })
    };
    paged(&app, &caller, found.await)
}

/// A place in the list: the configuration may have one of the same name.
fn key(view: &ProviderView) -> String {
    format!("{}{}", if view.row.is_of_file { "=" } else { "" }, view.row.name)
}

/// One of them.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, whole(&app, &caller, &name).await)
}

/// A new one, which is in force if it says so.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { name, kind, mut sent } = body(sent)?;
        let usual = ProviderSettings { title: name.to_string(), ..ProviderSettings::default() };
        let settings = sent.over(kind, usual)?;
        let brings_admins = !settings.admin_groups.is_empty();
        let proof = app.access.authorize(&caller, CreateProvider { name: name.clone(), brings_admins }).await?;
        providers::create(&app, &proof, (kind, settings), sent.client_secret).await?;
        set_enabled(&app, &caller, &name, sent.enabled.filter(|enabled| *enabled), brings_admins).await?;
        whole(&app, &caller, name.as_str()).await
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Sets one otherwise. With another address and no secret for it, it is in force no more.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let mut sent = body(sent)?;
        let (name, before) = present(&app, &caller, &name).await?;
        let settings = sent.over(before.row.kind, before.settings.clone())?;
        let brings_admins = !settings.admin_groups.is_empty() || !before.settings.admin_groups.is_empty();
        if settings != before.settings || sent.client_secret.is_some() {
            let proof = app.access.authorize(&caller, ChangeProvider { name: name.clone(), brings_admins }).await?;
            providers::change(&app, &proof, settings, sent.client_secret).await?;
        }
        set_enabled(&app, &caller, &name, sent.enabled, brings_admins).await?;
        whole(&app, &caller, name.as_str()).await
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// Takes one away.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let (name, _) = present(&app, &caller, &name).await?;
        let proof = app.access.authorize(&caller, DeleteProvider { name }).await?;
        providers::delete(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

async fn set_enabled(
    app: &App,
    caller: &Caller,
    name: &ProviderName,
    is_enabled: Option<bool>,
    brings_admins: bool,
) -> Result<()> {
    let name = name.clone();
    match is_enabled {
        Some(true) => {
            let proof = app.access.authorize(caller, EnableProvider { name, brings_admins }).await?;
            providers::enable(app, &proof).await
        }
        Some(false) => {
            let proof = app.access.authorize(caller, DisableProvider { name }).await?;
            providers::disable(app, &proof).await
        }
        None => Ok(()),
    }
}

async fn present(app: &App, caller: &Caller, text: &str) -> Result<(ProviderName, ProviderView)> {
    let proof = app.access.authorize(caller, ListProviders {}).await?;
    let view = providers::view(app, &proof, text).await?;
    Ok((view.row.name.parse()?, view))
}

async fn whole(app: &App, caller: &Caller, text: &str) -> Result<Whole> {
    let proof = app.access.authorize(caller, ListProviders {}).await?;
    providers::view(app, &proof, text).await.map(Whole::from)
}
