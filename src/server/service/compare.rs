//! Two images beside each other: what a client gets that moves from the first to the second.

mod config;
mod layers;
mod platforms;

use super::files;
use super::images::shown_image;
use super::names::Powers;
use super::pull::absent;
use super::who;
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::manifest::Manifest;
use crate::domain::view::{Changes, CompareQuery, CompareSide, CompareView, ComparedImage, LayerRow, Outcome};
use crate::domain::{Digest, Error, Reference, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::compare::{self as store, Content, Newest, Pair};
use platforms::{Runs, choose};

/// Both images, and how they differ. At most three statements, and one more where files are wanted.
///
/// Where nothing is asked for it is the newest image beside the one before it.
///
/// # Errors
/// Not found for a repository or an image that is not there; [`Error::Invalid`] for more than two chosen tags, or for a
/// platform on which not both run.
pub async fn compare(
    app: &App,
    from: &Authorized<ReadRepository>,
    to: &Authorized<ReadRepository>,
    query: CompareQuery,
) -> Result<CompareView> {
    let names = [from, to].map(|proof| proof.action().repository.clone());
    let newest = store::newest(&app.store, &names).await?;
    for (name, newest) in names.iter().zip(&newest) {
        newest.as_ref().ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    }
    let newest = newest.map(Option::unwrap_or_default);
    let wanted = wanted(&query, &newest)?;
    let [left, right] = names.clone();
    let side = |repository, newest: &[Newest], reference: Option<&Reference>| CompareSide {
        repository,
        newest: newest.iter().map(|it| it.tag.clone()).collect(),
        reference: reference.cloned(),
        image: None,
    };
    let mut view = CompareView {
        from: side(left, &newest[0], wanted.as_ref().map(|(from, _)| from)),
        to: side(right, &newest[1], wanted.as_ref().map(|(_, to)| to)),
        outcome: Outcome::TooFew,
        may_copy: false,
    };
    let Some((first, second)) = wanted else { return Ok(view) };
    let found = store::both(&app.store, [(&names[0], &first), (&names[1], &second)]).await?;
    let [a, b] = found;
    let a = a.ok_or_else(|| absent(names[0].clone(), first))?;
    let b = b.ok_or_else(|| absent(names[1].clone(), second))?;
    let is_older = query.chosen.len() == 2 && names[0] == names[1] && b.pushed_at < a.pushed_at;
    let (a, b) = if is_older { (b, a) } else { (a, b) };
    if is_older {
        std::mem::swap(&mut view.from.reference, &mut view.to.reference);
    }
    view.may_copy = Powers::of(app, to, &b.mount_id, vec![]).copy();
    let read = [Manifest::parse(Some(&a.media_type), &a.content)?, Manifest::parse(Some(&b.media_type), &b.content)?];
    let runs = [Runs::of(&a, &read[0]), Runs::of(&b, &read[1])];
    view.from.image = Some(image(from, &a, &read[0], &runs[0]));
    view.to.image = Some(image(to, &b, &read[1], &runs[1]));
    view.outcome = outcome(app, [(from, &a), (to, &b)], &runs, query).await?;
    Ok(view)
}

/// What is compared: what was asked for, and the newest where nothing was.
fn wanted(query: &CompareQuery, newest: &[Vec<Newest>; 2]) -> Result<Option<(Reference, Reference)>> {
    let (from, to) = match query.chosen.as_slice() {
        [] => (query.from.clone(), query.to.clone()),
        [one] => (Some(Reference::Tag(one.clone())), None),
        [one, other] => (Some(Reference::Tag(one.clone())), Some(Reference::Tag(other.clone()))),
        _ => return Err(Error::invalid("tag", "two tags are compared at a time; choose no more")),
    };
    let named = |reference: &Reference, side: &[Newest]| match reference {
        Reference::Digest(digest) => Some(digest.clone()),
        Reference::Tag(tag) => side.iter().find(|it| it.tag == *tag).map(|it| it.digest.clone()),
    };
    let other_than = |side: &[Newest], image: Option<&Digest>| {
        let other = side.iter().find(|it| Some(&it.digest) != image)?;
        Some(Reference::Tag(other.tag.clone()))
    };
    let to = match (to, &from) {
        (Some(to), _) => Some(to),
        (None, Some(from)) => other_than(&newest[1], named(from, &newest[0]).as_ref()),
        (None, None) => newest[1].first().map(|it| Reference::Tag(it.tag.clone())),
    };
    let from = match (from, &to) {
        (Some(from), _) => Some(from),
        (None, Some(to)) => other_than(&newest[0], named(to, &newest[1]).as_ref()),
        (None, None) => None,
    };
    Ok(from.zip(to))
}

fn image(proof: &Authorized<ReadRepository>, found: &Pair, manifest: &Manifest, runs: &Runs) -> ComparedImage {
    ComparedImage {
        digest: found.digest.clone(),
        kind: manifest.kind,
        pushed: found.pushed_at,
        pushed_by: who::told(&proof.rights(), found.pushed_by.clone()),
        tags: found.tags.clone(),
        platforms: runs.names(),
    }
}

/// How two images differ, on a platform that both have.
async fn outcome(
    app: &App,
    sides: [(&Authorized<ReadRepository>, &Pair); 2],
    runs: &[Runs; 2],
    query: CompareQuery,
) -> Result<Outcome> {
    let found = sides.map(|(_, found)| found);
    if found[0].digest == found[1].digest {
        return Ok(Outcome::Same);
    }
    let Some(chosen) = choose(runs, query.platform.as_deref())? else { return Ok(Outcome::NoPlatform) };
    let wanted = [0, 1].map(|n| (found[n].repository_id.as_str(), &chosen.digests[n]));
    let is_part = [0, 1].map(|n| *wanted[n].1 != found[n].digest);
    let parts = match is_part {
        [false, false] => [None, None],
        _ => store::contents(&app.store, wanted).await?,
    };
    let own = |n: usize| Content {
        media_type: found[n].media_type.clone(),
        content: found[n].content.clone(),
        config: found[n].config.clone(),
    };
    let [left, right] = parts;
    let left = if is_part[0] { left } else { Some(own(0)) };
    let right = if is_part[1] { right } else { Some(own(1)) };
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (None, _) => return Ok(Outcome::NotHere(found[0].name.clone(), chosen.digests[0].clone())),
        (_, None) => return Ok(Outcome::NotHere(found[1].name.clone(), chosen.digests[1].clone())),
    };
    let (mut changes, rows) = changes([&left, &right], chosen)?;
    if let Some(query) = query.files {
        let side =
            |n: usize| files::Side { proof: sides[n].0, repository_id: &found[n].repository_id, layers: &rows[n] };
        changes.files = Some(files::changed(app, [side(0), side(1)], query).await?);
    }
    Ok(Outcome::Differ(Box::new(changes)))
}

/// What differs, and the layers of both.
fn changes([from, to]: [&Content; 2], chosen: platforms::Chosen) -> Result<(Changes, [Vec<LayerRow>; 2])> {
    let read = |it: &Content| Manifest::parse(Some(&it.media_type), &it.content);
    let manifests = [read(from)?, read(to)?];
    let shown = [
        shown_image(&chosen.digests[0], &manifests[0], from.config.as_deref()),
        shown_image(&chosen.digests[1], &manifests[1], to.config.as_deref()),
    ];
    let [left, right] = shown;
    let fetched = layers::fetched(&manifests[0], &manifests[1]);
    let rows = [left.layers.clone(), right.layers.clone()];
    let changes = Changes {
        platform: chosen.platform,
        platforms: chosen.common,
        from_size: left.pull_size,
        to_size: right.pull_size,
        built: [left.built, right.built],
        n_layers: right.layers.len() as u64 + right.layers_more,
        n_fetched: fetched.n_layers,
        fetched: fetched.bytes,
        layers_more: left.layers_more + right.layers_more,
        layers: layers::changes(left.layers, right.layers),
        config: config::change(from.config.as_deref(), to.config.as_deref()),
        files: None,
    };
    Ok((changes, rows))
}
