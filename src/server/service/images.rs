//! An image's page.

use super::names::Powers;
use super::protections;
use super::pull::absent;
use super::tags::{is_remote, mount_notice, pull_line};
use super::who;
use crate::domain::action::ReadRepository;
use crate::domain::manifest::{Descriptor, ImageConfig, Kind, Manifest, Relation};
use crate::domain::view::{ChildRow, ImageView, LayerRow, ShownImage, Subject};
use crate::domain::{ByteSize, Digest, Error, Protection, Reference, Result, Tag, Timestamp, media_type};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::edges::about;
use crate::server::store::images::{self, Child, StoredImage};
use crate::server::store::manifests::built_at;

/// Layers, platforms, labels: the most that a page shows of each. A hostile image has a hundred thousand.
const MAX_ROWS: usize = 500;

/// The annotation that names a file (OCI image specification, "Pre-Defined Annotation Keys").
const TITLE: &str = "org.opencontainers.image.title";

/// The value of `platform` that shows an index as a whole.
const ALL_PLATFORMS: &str = "all";

/// An image with its layers, configuration, platforms and names. At most four statements.
///
/// `platform` picks an entry of an index; without it the first that runs somewhere is shown.
pub async fn show(
    app: &App,
    proof: &Authorized<ReadRepository>,
    reference: Reference,
    platform: Option<String>,
) -> Result<ImageView> {
    let repository = proof.action().repository.clone();
    let found = images::find(&app.store, &repository, &reference).await?;
    let found = found.ok_or_else(|| absent(repository.clone(), reference.clone()))?;
    let manifest = Manifest::parse(Some(&found.media_type), &found.content)?;
    let entries: Vec<&Descriptor> = manifest.of(Relation::Manifest).collect();
    let chosen = choose(&entries, platform.as_deref())?;
    let stored = match manifest.kind {
        Kind::Index => images::children(&app.store, &found, MAX_ROWS as u64, chosen.map(|child| &child.digest)).await?,
        Kind::Image | Kind::Artifact => vec![],
    };
    let subject = manifest.subject.as_ref().map(|subject| &subject.digest);
    let mut around = images::surroundings(&app.store, &found, subject, &repository).await?;
    let powers = Powers::of(app, proof, &found.mount_id, around.rules.clone());
    around.moves.iter_mut().for_each(|it| it.may_roll_back = powers.roll_back(&it.tag, it.is_there));
    who::of_moves(&proof.rights(), &mut around.moves);
    if let Reference::Tag(tag) = &reference
        && is_remote(app, &found.mount_id)
    {
        app.looks.again(&repository, vec![tag.clone()], app.clock.now());
    }
    let (pull_host, pull_name) = pull_line(app, &repository);
    let tag = if let Reference::Tag(tag) = reference { Some(tag) } else { None };
    let has_few = found.n_tags <= around.tags.len() as u64;
    Ok(ImageView {
        may: tag.as_ref().map(|tag| powers.over(tag)).unwrap_or_default(),
        may_delete_tag: tag.as_ref().is_some_and(|tag| powers.deletes(tag)),
        rule_at: rule_at(proof, tag.as_ref(), &around.rules),
        tag,
        may_delete: powers.delete_image(&found.digest, has_few.then_some(&*around.tags)),
        notice: mount_notice(app, proof, &found.mount_id).await?,
        shown: shown(&found, &manifest, chosen, &stored),
        children_more: entries.len().saturating_sub(MAX_ROWS) as u64,
        children: child_rows(&entries[..entries.len().min(MAX_ROWS)], &stored),
        subject: subject.map(|digest| Subject { digest: digest.clone(), present: around.has_subject }),
        artifact: manifest.artifact_type,
        kind: manifest.kind,
        annotations: manifest.annotations.into_iter().take(100).collect(),
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
    })
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

fn child_rows(entries: &[&Descriptor], stored: &[Child]) -> Vec<ChildRow> {
    let mut rows: Vec<_> = entries.iter().map(|entry| images::child_row(entry, stored)).collect();
    for (row, entry) in rows.iter_mut().zip(entries) {
        let subject = about(entry).and_then(|digest| entries.iter().find(|it| it.digest.as_str() == digest));
        if let Some(platform) = subject.and_then(|subject| subject.platform.as_ref()) {
            row.platform = platform.to_string();
        }
    }
    rows.sort_by_key(|row| row.attestation);
    rows
}

fn shown(
    found: &StoredImage,
    manifest: &Manifest,
    chosen: Option<&Descriptor>,
    stored: &[Child],
) -> Option<ShownImage> {
    if manifest.kind != Kind::Index {
        return Some(shown_image(&found.digest, manifest, found.config.as_deref()));
    }
    let chosen = chosen?;
    let child = stored.iter().find(|held| held.digest == chosen.digest)?;
    let parsed = Manifest::parse(Some(&chosen.media_type), child.content.as_deref()?).ok()?;
    Some(shown_image(&child.digest, &parsed, child.config.as_deref()))
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
