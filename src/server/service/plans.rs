//! Deletes with their blast radius: a preview says exactly what would go, and seals that as a plan; redeeming the plan
//! does it, or nothing if something else would go by then.

mod act;
mod barred;
mod deletes;
mod kept_days;
mod left_out;
mod listed;
mod passed;
mod pulls;
mod sealed;
mod steps;
mod unreachable;
mod untag;
mod whole;
mod with_it;

pub use crate::server::store::plans::Redeemed;
pub use act::{act, redeem};
pub(super) use barred::Kept;
pub use deletes::Delete;
use listed::first;
use passed::passed;
use sealed::Asked;
pub use sealed::{MAX_BYTES, Plan, Planned};
pub use steps::{left, step};
pub use untag::untag;
pub(super) use whole::has_repositories;
use with_it::With;

use super::elsewhere::{self, Ends};
use super::repositories::require;
use crate::domain::action::DeleteTags;
use crate::domain::error::What;
use crate::domain::manifest::Kind;
use crate::domain::radius::{Graph, Node, Radius, Stays};
use crate::domain::view::{More, Preview, PreviewKind, PreviewRow};
use crate::domain::{ByteSize, Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::store::protections::Rules;
use crate::server::store::radius::{Reached, Reader, freed, reach};
use std::collections::{BTreeMap, BTreeSet};

/// Previews of more tags wait for one another.
const VERY_MANY: usize = 5_000;

/// What would go, as things stand, with a plan that does exactly that.
///
/// # Errors
/// Not found for what is not there; [`Error::TooLarge`] for more than one delete may take.
pub async fn preview<A: Planned>(app: &App, proof: &Authorized<A>) -> Result<Preview> {
    sealed_preview(app, proof, proof.action().asked(), vec![]).await
}

/// The same of those tags that no rule keeps from who asks. Of a filter the plan says so, and they are looked for anew when
/// it is redeemed.
///
/// # Errors
/// [`Error::Invalid`] where rules keep all of them.
pub async fn preview_unprotected(app: &App, proof: &Authorized<DeleteTags>) -> Result<Preview> {
    let (action, kept) = left_out::protected(app, proof).await?;
    let mut asked = action.asked();
    if let Asked::Content { filter: Some(_), leaves_out, .. } = &mut asked {
        *leaves_out = true;
    }
    sealed_preview(app, proof, asked, kept).await
}

/// Those of the tags that no rule keeps from who asks.
///
/// # Errors
/// [`Error::Invalid`] where rules keep all of them.
pub async fn unprotected(app: &App, proof: &Authorized<DeleteTags>) -> Result<DeleteTags> {
    left_out::protected(app, proof).await.map(|(action, _)| action)
}

async fn sealed_preview<A: Planned>(
    app: &App,
    proof: &Authorized<A>,
    mut asked: Asked,
    mut left_out: Vec<String>,
) -> Result<Preview> {
    let (preview, print) = match &mut asked {
        Asked::Content { repository, tags, digests, .. } => {
            app.changeable(repository)?;
            match content(app, repository, &proof.rights(), (tags, digests)).await {
                Err(failure @ Error::NotFound(What::Tag { .. })) => {
                    left_out.push(left_out::gone(app, repository, (tags, digests), failure).await?);
                    content(app, repository, &proof.rights(), (tags, digests)).await?
                }
                found => found?,
            }
        }
        Asked::Repository(name) => whole::of_repository(app, name, &proof.rights()).await?,
        Asked::Namespace(namespace) => whole::of_namespace(app, namespace, &proof.rights()).await?,
    };
    let notes = [preview.notes, steps::note(app, &asked, preview.n_tags)].concat();
    let plan = sealed::seal(app, &proof.rights().standing(), asked, print)?;
    Ok(Preview { plan, notes, left_out, ..preview })
}

async fn content(
    app: &App,
    name: &RepositoryName,
    rights: &Rights,
    (tags, digests): (&[Tag], &[Digest]),
) -> Result<(Preview, Digest)> {
    let _turn = if tags.len() > VERY_MANY { Some(app.weighing.lock().await) } else { None };
    let mut reader = Reader::Store(&app.store);
    let kept = (app.changeable(name)?.keeps_trash, app.facts.trash_days);
    let days = kept_days::now(&mut reader, name, kept).await?;
    let found = reach(&mut reader, require(app, name).await?, name, (tags, digests)).await?;
    let print = sealed::print(&found.radius, days);
    Ok((drawn(app, (name, days), rights, found).await?, print))
}

async fn drawn(app: &App, (name, days): (&RepositoryName, u32), rights: &Rights, found: Reached) -> Result<Preview> {
    let Reached { repository, graph, radius } = found;
    let now = app.clock.now();
    let said = elsewhere::said(app, name, &radius, now.plus_days(days.into())).await?;
    let ending = ending(&radius, said.ends);
    let freed = freed(&mut Reader::Store(&app.store), &repository, (&graph, &ending)).await?;
    let rules = Rules::now(&app.store, name).await?;
    let freed_days = freed_days(app, days, !radius.tags.is_empty() && !said.is_final);
    let kept_until = (days > 0).then(|| now.plus_days(days.into()));
    let freed_at = now.plus_days(freed_days.into());
    let until = if said.ends == Ends::All { format!(" until {}", freed_at.date()) } else { String::new() };
    let (removed, removed_more) = first(removed(&graph, &radius));
    let (kept, kept_more) = kept((&graph, &radius), &until);
    let (unreachable, unreachable_more) = unreachable::of((&graph, &radius));
    // An index weighs what it lists.
    let weight = |node: &Node| if node.kind == Some(Kind::Index) { 0 } else { node.bytes };
    let bytes = |digest: &Digest| graph.0.get(digest).map_or(0, weight);
    let barred = barred::of_some(&rules, rights, &radius);
    let cut = graph.is_cut().then(|| "Very much belongs to these images: not all of it is weighed here.".to_owned());
    Ok(Preview {
        plan: String::new(),
        removed_more,
        kept,
        kept_more,
        unreachable,
        unreachable_more,
        referrers: of_part(&radius, true),
        parents: radius.parents.values().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        barred_more: barred.n_more,
        rules: match barred.is_none() {
            true => passed(&rules, (name, rights), &radius.tags.keys().collect::<Vec<_>>()),
            false => barred.rules(rights),
        },
        barred: said.barred.into_iter().collect(),
        logical: ByteSize(radius.in_the_end.keys().map(bytes).sum()),
        pulls: pulls::of((&graph, &radius)),
        freed,
        kept_until,
        freed_at,
        stays_at: said.freed_by.clone().filter(|_| said.ends != Ends::All),
        freed_by: said.freed_by,
        left_out: vec![],
        notes: said.notes.into_iter().chain(cut).collect(),
        n_tags: radius.tags.len() as u64,
        n_images: radius.images.len() as u64,
        removed,
    })
}

/// After how many days nothing needs what goes: history keeps what a tag left, the trash the rest of it.
fn freed_days(app: &App, kept_days: u32, has_tags: bool) -> u32 {
    if has_tags { kept_days.max(app.facts.history_days) } else { kept_days }
}

/// A radius with what of it ends in the end.
fn ending(radius: &Radius, ends: Ends) -> Radius {
    let mut ending = radius.clone();
    ending.in_the_end.retain(|digest, _| match ends {
        Ends::All => true,
        Ends::Deleted => radius.images.contains_key(digest),
        Ends::Nothing => false,
    });
    ending
}

fn of_part(radius: &Radius, is_referrer: bool) -> Vec<Digest> {
    use crate::domain::radius::Part;
    let wanted = if is_referrer { Part::Referrer } else { Part::Child };
    radius.images.iter().filter(|(_, (_, part))| *part == Some(wanted)).map(|(digest, _)| digest.clone()).collect()
}

/// Tags first, then images, each with why it goes.
fn removed(graph: &Graph, radius: &Radius) -> Vec<PreviewRow> {
    use crate::domain::radius::Part;
    let tags = radius.tags.iter().map(|(tag, digest)| PreviewRow {
        kind: PreviewKind::Tag,
        tag: Some(tag.clone()),
        digest: Some(digest.clone()),
        name: None,
        label: None,
        reason: if radius.images.contains_key(digest) { "its image goes" } else { "the name alone" }.to_owned(),
    });
    let images = radius.images.iter().map(|(digest, (top, part))| {
        let (kind, reason) = match part {
            None => (PreviewKind::Image, "with all that belongs to it alone".to_owned()),
            Some(Part::Child) => (PreviewKind::Child, format!("only {} lists it", top.short())),
            Some(Part::Referrer) => (PreviewKind::Referrer, format!("it is about {}", top.short())),
        };
        PreviewRow { kind, tag: None, digest: Some(digest.clone()), name: None, label: label(graph, digest), reason }
    });
    tags.chain(images).collect()
}

/// What stays, and how much more: the one place where that is summed.
fn kept((graph, radius): (&Graph, &Radius), until: &str) -> (Vec<PreviewRow>, More) {
    let with = With::of((graph, radius));
    let (kept, mut more) = first(radius.stays.iter().map(|it| stays((graph, &with), it, until)));
    more.tags += radius.n_siblings_more;
    (kept, more)
}

fn stays((graph, with): (&Graph, &With<'_>), it: &Stays, until: &str) -> PreviewRow {
    use crate::domain::radius::Part;
    let (kind, tag, digest, reason) = match it {
        Stays::Sibling(tag, digest) => (PreviewKind::Tag, Some(tag), digest, "it names the same image".to_owned()),
        Stays::Unnamed(digest) => (
            PreviewKind::Image,
            None,
            digest,
            format!("it loses its last name, and can be pulled by its digest{until}"),
        ),
        Stays::Named(digest, part) => {
            let kind = if *part == Part::Child { PreviewKind::Child } else { PreviewKind::Referrer };
            (kind, None, digest, "something else names it".to_owned())
        }
    };
    let label = match it {
        Stays::Unnamed(digest) => with.said(digest),
        Stays::Sibling(..) => None,
        Stays::Named(digest, _) => label(graph, digest),
    };
    PreviewRow { kind, tag: tag.cloned(), digest: Some(digest.clone()), name: None, label, reason }
}

/// What an image is.
fn label(graph: &Graph, digest: &Digest) -> Option<String> {
    graph.0.get(digest).map(|node| node.label.clone()).filter(|label| !label.is_empty())
}

/// What stood where, for the record: each tag that goes with its image, the first of them.
fn before(tags: &BTreeMap<Tag, Digest>, digests: impl Iterator<Item = Digest>) -> String {
    const LINES: usize = 200;
    let lines = tags.iter().map(|(tag, digest)| format!("{tag} {digest}")).chain(digests.map(|it| it.to_string()));
    let mut lines: Vec<String> = lines.take(LINES + 1).collect();
    if lines.len() > LINES {
        lines[LINES] = format!("and more, {} tags in all", tags.len());
    }
    lines.join("\n")
}
