//! How identity providers are set, for whoever may read it.

use super::{missing, strangers};
use crate::domain::action::{EnableProvider, ListProviders};
use crate::domain::view::{ProviderRow, ProviderView, ProvidersView};
use crate::domain::{Action, ProviderKind, ProviderSettings, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::identity::again;
use crate::server::identity::provider::making;
use crate::server::store::activity;
use crate::server::store::providers::{self, Stored};

/// The page of all of them.
pub async fn page(app: &App, proof: &Authorized<ListProviders>) -> Result<ProvidersView> {
    let providers = list(app, proof).await?.into_iter().map(|view| view.row).collect();
    Ok(ProvidersView { providers, local_sign_in: app.identity.settings.local_sign_in })
}

/// All of them: first those of the configuration, then those of the console by name. There are few.
pub async fn list(app: &App, _proof: &Authorized<ListProviders>) -> Result<Vec<ProviderView>> {
    let people = providers::people(&app.store).await?;
    let n_people = |name: &str, url: &str| {
        people.iter().find(|(by, at, _)| by == name && at == url).map_or(0, |(_, _, n_people)| *n_people)
    };
    let of_file = app.identity.providers.set_in_file().map(|(name, (kind, settings))| {
        let url = making::url_of(*kind, &settings.url);
        let n_people = n_people(name, &url);
        let settings = ProviderSettings { url, ..settings.clone() };
        let row = row(name, *kind, &settings);
        let row = ProviderRow { is_live: true, is_of_file: true, has_secret: true, n_people, ..row };
        ProviderView {
            row,
            id: String::new(),
            settings,
            callback: app.identity.providers.callback(name),
            live_since: None,
            strangers: vec![],
            last: None,
        }
    });
    let stored = providers::all(&app.store).await?.into_iter().map(|stored| {
        let n_people = n_people(stored.name.as_str(), &stored.settings.url);
        let view = view_of(app, stored);
        ProviderView { row: ProviderRow { n_people, ..view.row }, ..view }
    });
    Ok(of_file.chain(stored).collect())
}

/// One of them, by name or id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn view(app: &App, proof: &Authorized<ListProviders>, text: &str) -> Result<ProviderView> {
    of(list(app, proof).await?, text)
}

fn of(all: Vec<ProviderView>, text: &str) -> Result<ProviderView> {
    let found = all.into_iter().find(|it| it.row.name == text || it.id == text);
    found.filter(|_| !text.is_empty()).ok_or_else(|| missing(text))
}

/// The same with since when it is live, as activity has it, and the groups that do not count.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(app: &App, proof: &Authorized<ListProviders>, text: &str) -> Result<ProviderView> {
    let all = list(app, proof).await?;
    let last_live = last_live(&all).map(str::to_owned);
    let found = of(all, text)?;
    let live_since = match found.row.is_live && !found.row.is_of_file {
        true => activity::last_done(&app.store, EnableProvider::NAME, &found.row.name).await?,
        false => None,
    };
    let strangers = strangers::of(app, proof, &found.row.name).await?;
    let last = match last_live.is_some_and(|name| name == found.row.name) {
        true => Some(again::asked(app, &proof.rights().standing()).await?),
        false => None,
    };
    Ok(ProviderView { live_since, strangers, last, ..found })
}

/// Whether people sign in by it and by no other provider.
pub async fn is_last(app: &App, proof: &Authorized<ListProviders>, name: &str) -> Result<bool> {
    Ok(last_live(&list(app, proof).await?) == Some(name))
}

fn last_live(all: &[ProviderView]) -> Option<&str> {
    let mut live = all.iter().filter(|it| it.row.is_live);
    let first = live.next().filter(|it| !it.row.is_of_file)?;
    live.next().is_none().then_some(first.row.name.as_str())
}

fn row(name: &str, kind: ProviderKind, settings: &ProviderSettings) -> ProviderRow {
    ProviderRow {
        name: name.to_owned(),
        kind,
        title: settings.title.clone(),
        url: settings.url.clone(),
        is_live: false,
        is_of_file: false,
        is_hidden: false,
        has_secret: false,
        n_people: 0,
    }
}

fn view_of(app: &App, stored: Stored) -> ProviderView {
    let providers = &app.identity.providers;
    let name = stored.name.as_str();
    let is_hidden = providers.is_of_file(name);
    // One that was sealed under another key is as good as none.
    let has_secret = stored.secret.is_some() && (is_hidden || providers.saved_as(name).is_some());
    let row = ProviderRow {
        is_live: stored.is_enabled && has_secret && !is_hidden,
        is_hidden,
        has_secret,
        ..row(name, stored.kind, &stored.settings)
    };
    let callback = providers.callback(name);
    let (id, settings) = (stored.id, stored.settings);
    ProviderView { row, id, settings, callback, live_since: None, strangers: vec![], last: None }
}
