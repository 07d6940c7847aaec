//! Search over names, tags and digests; and what a pasted reference names. Who sees less finds less, and reads nothing of
//! the rest.

use super::repositories::require_any;
use crate::domain::action::ListRepositories;
use crate::domain::pasted::{DigestStart, Pasted, Pulled};
use crate::domain::sought::Sought;
use crate::domain::view::{FoundImage, MAX_FOUND, SearchView};
use crate::domain::{Actor, Address, Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::{Authorized, Visibility};
use crate::server::context::App;
use crate::server::store::search as store;

/// The page of what was pasted, where it names something that the caller sees. At most one statement.
pub async fn straight(app: &App, proof: &Authorized<ListRepositories>, text: &str) -> Result<Option<Address>> {
    match Pasted::read(text, &own(app)) {
        None => Ok(None),
        Some(Pasted::Page(address)) => page(app, proof, address).await,
        Some(Pasted::Digest(start)) => only(app, proof, &start).await,
        Some(Pasted::Image(pulled)) => {
            let (tag, digest) = (pulled.tag.as_ref(), pulled.digest.as_ref());
            let names = names(app, &pulled);
            if names.is_empty() {
                return Ok(None);
            }
            // With both, clients take the digest.
            let tag = tag.filter(|_| digest.is_none());
            let there = store::there(&app.store, &proof.visibility(), &names, (tag, digest)).await?;
            let name = names.into_iter().find(|name| there.contains(name));
            Ok(name.map(|name| address(name, tag, digest)))
        }
    }
}

/// What fits a text. At most four statements.
///
/// # Errors
/// [`Error::Unauthenticated`] for who did not sign in, where nothing is public.
pub async fn find(app: &App, proof: &Authorized<ListRepositories>, text: &str) -> Result<SearchView> {
    let sought = Sought::of(text, &own(app));
    let (found, sees_any) = found(app, proof, &sought).await?;
    match sees_any {
        _ if !found.is_empty() => {}
        Some(true) => {}
        Some(false) => return Err(Error::Unauthenticated),
        None => require_any(app, proof).await?,
    }
    Ok(found)
}

/// What is found, and whether there is anything to find for who did not sign in; `None` where that was not asked.
async fn found(app: &App, proof: &Authorized<ListRepositories>, sought: &Sought) -> Result<(SearchView, Option<bool>)> {
    let visibility = proof.visibility();
    let is_nobody = *proof.actor() == Actor::Anonymous && visibility != Visibility::Everything;
    let mut view = SearchView {
        words: sought.words().map(str::to_owned).collect(),
        is_about_tags: sought.tag.is_some() && !sought.names.is_empty(),
        ..SearchView::default()
    };
    let has_words = sought.words().next().is_some();
    let fitting = match has_words {
        true => store::repositories(&app.store, &visibility, sought, is_nobody).await?,
        false => store::Fitting::default(),
    };
    let sees_any = has_words.then_some(fitting.sees_any);
    let within = (!sought.names.is_empty()).then_some(fitting.repositories.as_slice());
    let tags = match (sought.tag.as_deref(), within) {
        (None, _) => store::Tags::default(),
        (Some(tag), Some(within)) => store::among(&app.store, within, tag, sought.is_reference).await?,
        (Some(word), None) => store::everywhere(&app.store, &visibility, word, fitting.has_many_tags).await?,
    };
    let mut images = match &sought.digest {
        None => vec![],
        Some(start) => store::images(&app.store, &visibility, start, within, MAX_FOUND + 1).await?,
    };
    view.has_more_images = images.len() > MAX_FOUND;
    images.truncate(MAX_FOUND);
    (view.tags, view.left_out, view.images) = (tags.found, tags.left_out, images);
    // Where the last word fits nothing, those that fit the words before it are near.
    view.is_near =
        !fitting.repositories.iter().any(|fit| fit.is_whole) && view.tags.is_empty() && view.images.is_empty();
    let rows = fitting.repositories.into_iter().filter(|fit| fit.is_whole || view.is_near).map(|fit| fit.row);
    view.repositories = rows.collect();
    view.has_more_repositories = view.repositories.len() > MAX_FOUND;
    view.repositories.truncate(MAX_FOUND);
    view.is_near &= !view.repositories.is_empty();
    Ok((view, sees_any))
}

/// The page at an address, if what it names is there for the caller.
async fn page(app: &App, proof: &Authorized<ListRepositories>, address: Address) -> Result<Option<Address>> {
    let visibility = proof.visibility();
    let (name, tag, digest) = match &address {
        Address::Namespace(namespace) => {
            let is_there = store::is_below(&app.store, &visibility, namespace).await?;
            return Ok(is_there.then_some(address));
        }
        Address::Repository(name) | Address::History(name) | Address::Compare(name, _) => (name, None, None),
        Address::Tag(name, tag) => (name, Some(tag), None),
        Address::Manifest(name, digest) => (name, None, Some(digest)),
        _ => return Ok(None),
    };
    let there = store::there(&app.store, &visibility, std::slice::from_ref(name), (tag, digest)).await?;
    Ok((!there.is_empty()).then_some(address))
}

/// The image whose digest begins so, if it is one in one repository: of several nobody can tell which is meant.
async fn only(app: &App, proof: &Authorized<ListRepositories>, start: &DigestStart) -> Result<Option<Address>> {
    let found = store::images(&app.store, &proof.visibility(), start, None, 2).await?;
    match <[FoundImage; 1]>::try_from(found) {
        Ok([FoundImage { repository, digest, .. }]) => Ok(Some(Address::Manifest(repository, digest))),
        Err(_) => Ok(None),
    }
}

fn address(name: RepositoryName, tag: Option<&Tag>, digest: Option<&Digest>) -> Address {
    match (tag, digest) {
        (_, Some(digest)) => Address::Manifest(name, digest.clone()),
        (Some(tag), None) => Address::Tag(name, tag.clone()),
        (None, None) => Address::Repository(name),
    }
}

/// Under which names an image may be here: as it stands there, without the host where that is ours, and where a registry is
/// mounted that clients call so.
fn names(app: &App, pulled: &Pulled) -> Vec<RepositoryName> {
    let mut names: Vec<RepositoryName> = pulled.whole().into_iter().collect();
    let Some(host) = &pulled.host else { return names };
    if own(app).iter().any(|own| own.eq_ignore_ascii_case(host)) {
        names.insert(0, pulled.name.clone());
    }
    for mount in app.mounts.now().iter() {
        let upstream = mount.upstream.as_ref().filter(|upstream| upstream.host.eq_ignore_ascii_case(host));
        let inner = upstream.and_then(|upstream| upstream.inner(pulled.name.as_str()));
        names.extend(inner.and_then(|inner| mount.prefix.join(inner).ok()));
    }
    names
}

/// The hosts at which this console is.
fn own(app: &App) -> [&str; 2] {
    let url = app.facts.public_url.as_str();
    [app.facts.host.as_str(), url.split_once("://").map_or(url, |(_, host)| host)]
}
