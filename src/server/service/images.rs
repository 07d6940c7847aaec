//! An image's page.

mod attached;
mod one;
mod reading;
mod tabs;

use super::names::Powers;
use super::protections;
use super::pull::absent;
use super::tags::{is_remote, mount_notice, pull_line};
use super::who;
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::manifest::{Descriptor, ImageConfig, Manifest, Relation};
use crate::domain::page::DEFAULT_LIMIT;
use crate::domain::view::image_tabs::{ImageQuery, TabRow, TabView};
use crate::domain::view::{ChildRow, ImageView, LayerRow, MountNotice, ShownImage, Subject};
use crate::domain::{ByteSize, Digest, Error, ImageTab, Protection, Reference, Result, Tag, Timestamp, media_type};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::edges::about;
use crate::server::store::images::{self, Surroundings};
use crate::server::store::manifests::built_at;
use one::Image;
use tabs::Under;

/// Layers, platforms, labels: the most that a page shows of each. A hostile image has a hundred thousand.
const MAX_ROWS: usize = 500;

/// The annotation that names a file (OCI image specification, "Pre-Defined Annotation Keys").
const TITLE: &str = "org.opencontainers.image.title";

/// The value of `platform` that shows an index as a whole.
const ALL_PLATFORMS: &str = "all";

/// An image with what stands under the open tab.
///
/// # Errors
/// As [`look`], and not found for a tab that does not apply to it.
pub async fn show(
    app: &App,
    proof: &Authorized<ReadRepository>,
    reference: Reference,
    query: ImageQuery,
) -> Result<ImageView> {
    let tab = query.tab;
    let view = look(app, proof, reference, query).await?;
    let is_tab = view.tabs.iter().any(|row| row.tab == tab);
    is_tab.then_some(view).ok_or(Error::NotFound(What::Page))
}

/// An image with its layers, configuration, platforms and names, and what a tab shows, also one that nobody is led to. At most
/// four statements.
///
/// The query's platform picks an entry of an index; without it the first that runs somewhere is shown.
///
/// # Errors
/// Not found for an image that is not there, and for an attestation that is not about it.
pub async fn look(
    app: &App,
    proof: &Authorized<ReadRepository>,
    reference: Reference,
    query: ImageQuery,
) -> Result<ImageView> {
    let repository = proof.action().repository.clone();
    let found = images::find(&app.store, &repository, &reference).await?;
    let found = found.ok_or_else(|| absent(repository.clone(), reference.clone()))?;
    let manifest = Manifest::parse(Some(&found.media_type), &found.content)?;
    let image = Image::of(found, &manifest, &query)?;
    let stored = image.parts(app, &query).await?;
    let under = Under::of(&repository, &image, &stored, &query)?;
    let layers = under.layers();
    let wanted = images::Wanted {
        tab: query.tab,
        subject: manifest.subject.as_ref().map(|subject| &subject.digest),
        blob: under.blob().map(|blob| &blob.digest),
        after: query.after.as_ref(),
        limit: DEFAULT_LIMIT,
        layers: &layers,
        now: app.clock.now(),
        visibility: proof.visibility(),
    };
    let mut around = images::surroundings(&app.store, &image.found, &wanted, &repository).await?;
    let tab = under.filled(app, proof, (&image, &stored[..]), &mut around, &query).await?;
    let mount_id = &image.found.mount_id;
    // Who looks at files looks at what was read before, and the lists take a statement of their own.
    let notice = match query.tab {
        ImageTab::Files => None,
        _ => mount_notice(app, proof, mount_id).await?,
    };
    if let Reference::Tag(tag) = &reference
        && is_remote(app, mount_id)
    {
        app.looks.again(&repository, vec![tag.clone()], app.clock.now());
    }
    let shown = image.one(&stored).map(|one| shown_image(&one.digest, &one.manifest, one.config.as_deref()));
    let tag = if let Reference::Tag(tag) = reference { Some(tag) } else { None };
    let drawn = Drawn { tag, tabs: image.tabs(), tab, shown, notice, children: image.child_rows(&stored) };
    Ok(view(app, proof, image, drawn, around))
}

/// What was worked out before the page is put together.
struct Drawn {
    tag: Option<Tag>,
    tabs: Vec<TabRow>,
    tab: TabView,
    shown: Option<ShownImage>,
    notice: Option<MountNotice>,
    children: Vec<ChildRow>,
}

fn view(
    app: &App,
    proof: &Authorized<ReadRepository>,
    image: Image<'_>,
    Drawn { tag, tabs, tab, shown, notice, children }: Drawn,
    mut around: Surroundings,
) -> ImageView {
    let Image { found, manifest, entries, .. } = image;
    let repository = proof.action().repository.clone();
    let powers = Powers::of(app, proof, &found.mount_id, around.rules.clone());
    around.moves.iter_mut().for_each(|it| it.may_roll_back = powers.roll_back(&it.tag, it.is_there));
    who::of_moves(&proof.rights(), &mut around.moves);
    let (pull_host, pull_name) = pull_line(app, &repository);
    let has_few = found.n_tags <= around.tags.len() as u64;
    let subject = manifest.subject.as_ref().map(|subject| subject.digest.clone());
    ImageView {
        may: tag.as_ref().map(|tag| powers.over(tag)).unwrap_or_default(),
        may_delete_tag: tag.as_ref().is_some_and(|tag| powers.deletes(tag)),
        rule_at: rule_at(proof, tag.as_ref(), &around.rules),
        tag,
        tabs,
        tab,
        may_delete: powers.delete_image(&found.digest, has_few.then_some(&*around.tags)),
        notice,
        shown,
        children_more: entries.len().saturating_sub(MAX_ROWS) as u64,
        children,
        subject: subject.map(|digest| Subject { digest, present: around.has_subject }),
        artifact: manifest.artifact_type.clone(),
        kind: manifest.kind,
        annotations: manifest.annotations.clone().into_iter().take(100).collect(),
        pushed: Some(found.pushed_at),
        pushed_by: who::told(&proof.rights(), found.pushed_by),
        missing_since: found.missing_since,
        tags_more: found.n_tags.saturating_sub(around.tags.len() as u64),
        tags: around.tags,
        moves: around.moves,
        referrers: around.referrers,
        parents: around.parents,
        rules: around.rules,
        repository,
        digest: found.digest,
        media_type: found.media_type,
        pull_host,
        pull_name,
        may_name: powers.name(),
        may_copy: powers.copy(),
    }
}

/// The bytes of a manifest, as they were pushed.
///
/// # Errors
/// Not found where the repository has no such image.
pub async fn raw(app: &App, proof: &Authorized<ReadRepository>, digest: Digest) -> Result<Vec<u8>> {
    let (repository, reference) = (&proof.action().repository, Reference::Digest(digest));
    let found = images::find(&app.store, repository, &reference).await?;
    found.map(|found| found.content).ok_or_else(|| absent(repository.clone(), reference))
}

/// Where the rule stands that binds a tag, for who may go there.
fn rule_at(proof: &Authorized<ReadRepository>, tag: Option<&Tag>, rules: &[Protection]) -> Option<String> {
    let rule = tag.and_then(|tag| Protection::of_tag(rules, tag))?;
    protections::place(&proof.rights(), rule)
}

/// The entry of an index that is shown: the platform asked for, else Linux on amd64, else the first.
fn choose<'a>(entries: &[&'a Descriptor], platform: Option<&str>) -> Result<Option<&'a Descriptor>> {
    let runs = |entry: &&&Descriptor| about(entry).is_none();
    let named = |wanted: &str| {
        let is_wanted = |entry: &&&Descriptor| entry.platform.as_ref().is_some_and(|it| it.to_string() == wanted);
        entries.iter().filter(runs).find(is_wanted).copied()
    };
    // Who leaves the variant out means the only one there is.
    let variant_of = |wanted: &str| {
        let is_variant = |entry: &&&Descriptor| {
            let stated = entry.platform.as_ref().map(ToString::to_string).unwrap_or_default();
            stated.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/')) && wanted.contains('/')
        };
        let mut found = entries.iter().filter(runs).filter(is_variant);
        found.next().filter(|_| found.next().is_none()).copied()
    };
    match platform {
        Some(ALL_PLATFORMS) => Ok(None),
        Some(wanted) if !entries.is_empty() => named(wanted)
            .or_else(|| variant_of(wanted))
            .map(Some)
            .ok_or_else(|| Error::invalid("platform", "this image has no such platform")),
        _ => Ok(named("linux/amd64").or_else(|| entries.iter().find(runs).copied())),
    }
}

/// The layers and the configuration of one image.
pub(super) fn shown_image(digest: &Digest, manifest: &Manifest, config: Option<&[u8]>) -> ShownImage {
    let config = config.and_then(ImageConfig::parse);
    let history = config.as_ref().map(|config| config.history.as_slice()).unwrap_or_default();
    let mut steps = history.iter().filter(|step| !step.empty_layer);
    let content = || manifest.of(Relation::Layer).filter(|layer| layer.media_type != media_type::EMPTY);
    let platform = config.as_ref().and_then(ImageConfig::platform).filter(|platform| !platform.is_unknown());
    let layers = content().map(|layer| LayerRow {
        digest: layer.digest.clone(),
        media_type: layer.media_type.clone(),
        size: ByteSize(layer.size),
        title: layer.annotations.get(TITLE).cloned(),
        step: steps.next().and_then(|step| step.created_by.clone().or_else(|| step.comment.clone())),
    });
    let built = config.as_ref().map_or(0, built_at);
    ShownImage {
        digest: digest.clone(),
        platform: platform.map(|platform| platform.to_string()),
        pull_size: ByteSize(manifest.pull_bytes()),
        layers: layers.take(MAX_ROWS).collect(),
        layers_more: content().count().saturating_sub(MAX_ROWS) as u64,
        empty_steps: history.iter().filter(|step| step.empty_layer).count() as u64,
        built: (built != 0).then_some(Timestamp(built)),
        config: config.map(bounded),
    }
}

/// A configuration with no more of anything than a page can hold.
fn bounded(mut config: ImageConfig) -> ImageConfig {
    config.history.clear(); // The layers have their steps already.
    let run = &mut config.config;
    run.env.truncate(MAX_ROWS);
    run.entrypoint.truncate(MAX_ROWS);
    run.cmd.truncate(MAX_ROWS);
    run.labels = std::mem::take(&mut run.labels).into_iter().take(MAX_ROWS).collect();
    run.exposed_ports = std::mem::take(&mut run.exposed_ports).into_iter().take(MAX_ROWS).collect();
    config
}
