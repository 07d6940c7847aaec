//! Whole repositories: one, or all that lie in a namespace.

use super::act::Done;
use super::barred;
use super::kept_days;
use super::listed::MAX_LISTED;
use super::passed::passed;
use crate::domain::error::What;
use crate::domain::view::{More, Preview, PreviewKind, PreviewRow, RuleMet};
use crate::domain::{ByteSize, Digest, Error, Namespace, RepositoryName, Result, Scope, Tag};
use crate::server::access::Rights;
use crate::server::context::App;
use crate::server::service::locking;
use crate::server::service::print_of;
use crate::server::service::repositories::require;
use crate::server::store::deletes::{self, Deleting, Deletion};
use crate::server::store::protections::{self, Rules};
use crate::server::store::radius::{Listed, Reader, Sum, first_images, first_tags, only_in, sums};
use crate::server::store::{Tx, namespaces, trash};
use std::collections::{BTreeMap, BTreeSet};

/// The most repositories that one delete takes.
const MAX_REPOSITORIES: u32 = 500;

/// Which repositories go.
enum Which {
    One(RepositoryName),
    /// With the repositories that were found there.
    All(Namespace, BTreeSet<RepositoryName>),
}

impl Which {
    fn scope(&self) -> Scope {
        match self {
            Self::One(name) => Scope::Repository(name.clone()),
            Self::All(namespace, _) => Scope::Namespace(namespace.clone()),
        }
    }
}

/// A delete of whole repositories.
pub(super) struct Whole {
    which: Which,
    mount_id: String,
    rights: Rights,
    expected: Option<Digest>,
}

impl Whole {
    /// Of one.
    pub(super) async fn one(
        app: &App,
        name: RepositoryName,
        (rights, expected): (Rights, Option<Digest>),
    ) -> Result<Self> {
        let mount_id = mount_of_one(app, &name).await?;
        Ok(Self { which: Which::One(name), mount_id, rights, expected })
    }

    /// Of all in a namespace.
    pub(super) async fn all(
        app: &App,
        namespace: Namespace,
        (rights, expected): (Rights, Option<Digest>),
    ) -> Result<Self> {
        let mount_id = mount_of(app, &namespace)?;
        let limit = MAX_REPOSITORIES + 1;
        let found = sums(&mut Reader::Store(&app.store), &mount_id, None, Some(&namespace), limit).await?;
        let names = found.into_iter().map(|it| it.name).collect();
        Ok(Self { which: Which::All(namespace, names), mount_id, rights, expected })
    }

    pub(super) async fn delete(self, tx: &mut Tx, who: &Deleting) -> Result<Done> {
        let found = match &self.which {
            Which::One(name) => {
                locking::repository(tx, name, &self.mount_id).await?;
                sums(&mut Reader::Tx(tx), &self.mount_id, Some(name), None, 1).await?
            }
            Which::All(namespace, names) => {
                locking::lock(tx, names, &self.mount_id).await?;
                let limit = MAX_REPOSITORIES + 1;
                let found = sums(&mut Reader::Tx(tx), &self.mount_id, None, Some(namespace), limit).await?;
                locking::require_locked(names, found.iter().map(|it| &it.name))?;
                found
            }
        };
        let found = bounded(found)?;
        if found.is_empty() {
            return Err(Error::NotFound(What::Page));
        }
        let said = trash::days_within(&mut Reader::Tx(tx), &self.mount_id, &self.which.scope()).await?;
        if self.expected.as_ref().is_some_and(|expected| *expected != print(&found, (&said, who.default_days))) {
            return Err(Error::Outdated);
        }
        let rules = protections::below(&mut Reader::Tx(tx), &self.which.scope()).await?;
        barred::refuse(tx, (&self.rights, rules), &found).await?;
        let (mut entries, mut changed, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for it in found {
            let repository = locking::repository(tx, &it.name, &self.mount_id).await?;
            lines.push(format!("{} {}, {} tags", it.name, it.id, it.n_tags));
            let deletion = Deletion::begin(tx, repository, it.name.clone(), who.clone()).await?;
            entries.push(deletes::repository(tx, &deletion).await?);
            changed.push(it.name);
        }
        Ok(Done { entries, is_kept: true, before: lines.join("\n"), changed })
    }
}

/// The hosted registry in which a namespace lies.
///
/// # Errors
/// [`Error::Elsewhere`] for one that lies in a registry elsewhere.
fn mount_of(app: &App, namespace: &Namespace) -> Result<String> {
    let mount = app.hosted_below(namespace, |host| elsewhere(host, namespace.as_str()))?;
    Ok(mount.id.clone())
}

/// The hosted registry that keeps a repository.
///
/// # Errors
/// [`Error::Elsewhere`] for one that a registry elsewhere keeps.
async fn mount_of_one(app: &App, name: &RepositoryName) -> Result<String> {
    match app.hosted(name) {
        Ok((mount, _)) => Ok(mount.id.clone()),
        Err(_) => {
            require(app, name).await?;
            let host = app.mount(name).and_then(|mount| mount.kept_at());
            Err(Error::Elsewhere(elsewhere(host.as_deref().unwrap_or("a registry elsewhere"), name.as_str())))
        }
    }
}

/// That all of something is deleted where it is kept, and what can be done here.
fn elsewhere(host: &str, what: &str) -> String {
    format!(
        "{host} keeps {what}, and it is deleted there. From here only tags and images go, where the mount lets them: \
         name those of one repository"
    )
}

/// Whether there is anything to delete in a namespace: something of the hosted registry.
pub(in crate::server::service) async fn has_repositories(app: &App, namespace: &Namespace) -> Result<bool> {
    match mount_of(app, namespace) {
        Ok(mount_id) => namespaces::is_there(&app.store, &mount_id, namespace).await,
        Err(_) => Ok(false),
    }
}

fn bounded(found: Vec<Sum>) -> Result<Vec<Sum>> {
    if found.len() > MAX_REPOSITORIES as usize {
        let message =
            format!("these are more than {MAX_REPOSITORIES} repositories; delete the namespaces below one by one");
        return Err(Error::TooLarge { message });
    }
    Ok(found)
}

/// Another one wherever something of them changed, or what says for how many days they are kept.
fn print(found: &[Sum], (said, default): (&BTreeMap<Namespace, u32>, u32)) -> Digest {
    let repositories = found.iter().map(|it| format!("{} {} {} {}", it.id, it.changed.0, it.n_tags, it.n_images));
    let kept = said.iter().map(|(namespace, days)| format!("{namespace} keeps {days}"));
    print_of(repositories.chain(kept).chain([format!("kept {default}")]))
}

/// What would go with a repository.
pub(super) async fn of_repository(app: &App, name: &RepositoryName, rights: &Rights) -> Result<(Preview, Digest)> {
    let mount_id = mount_of_one(app, name).await?;
    let found = sums(&mut Reader::Store(&app.store), &mount_id, Some(name), None, 1).await?;
    if found.is_empty() {
        return Err(Error::NotFound(What::Repository(name.clone())));
    }
    drawn(app, (Scope::Repository(name.clone()), mount_id.as_str()), rights, found).await
}

/// What would go with a namespace.
pub(super) async fn of_namespace(app: &App, namespace: &Namespace, rights: &Rights) -> Result<(Preview, Digest)> {
    let mount_id = mount_of(app, namespace)?;
    let limit = MAX_REPOSITORIES + 1;
    let found = bounded(sums(&mut Reader::Store(&app.store), &mount_id, None, Some(namespace), limit).await?)?;
    if found.is_empty() {
        return Err(Error::NotFound(What::Page));
    }
    drawn(app, (Scope::Namespace(namespace.clone()), mount_id.as_str()), rights, found).await
}

/// What would go with all repositories of a scope. However many they are, it is asked of all of them together.
async fn drawn(
    app: &App,
    (scope, mount_id): (Scope, &str),
    rights: &Rights,
    found: Vec<Sum>,
) -> Result<(Preview, Digest)> {
    let reader = &mut Reader::Store(&app.store);
    let said = trash::days_within(reader, mount_id, &scope).await?;
    let kept = kept_days::of(&said, found.iter().map(|it| &it.name), app.facts.trash_days);
    let rules = protections::below(reader, &scope).await?;
    let barred = barred::of_whole(reader, (rights, rules.clone()), &found).await?;
    let tags: Vec<PreviewRow> =
        first_tags(&app.store, &found, MAX_LISTED as u64).await?.into_iter().map(tag_goes).collect();
    let images = first_images(&app.store, &found, MAX_LISTED as u64).await?;
    let images: Vec<PreviewRow> = images.into_iter().map(image_goes).collect();
    let met: Vec<RuleMet> = match found.as_slice() {
        // Of many repositories only what is in the way is said.
        [it] if barred.is_none() => {
            let named: Vec<&Tag> = tags.iter().filter_map(|it| it.tag.as_ref()).collect();
            passed(&Rules::covering(it.name.clone(), &rules), (&it.name, rights), &named)
        }
        _ => vec![],
    };
    let (n_tags, n_images): (u64, u64) =
        (found.iter().map(|it| it.n_tags).sum(), found.iter().map(|it| it.n_images).sum());
    let beyond = |count: u64, listed: &[PreviewRow]| count.saturating_sub(listed.len() as u64);
    let referrers = images.iter().filter(|it| it.kind == PreviewKind::Referrer).filter_map(|it| it.digest.clone());
    let now = app.clock.now();
    let kept_until = (kept.least > 0).then(|| now.plus_days(kept.least.into()));
    let freed_at = now.plus_days(super::freed_days(app, kept.most, n_tags > 0).into());
    let preview = Preview {
        plan: String::new(),
        removed_more: More { tags: beyond(n_tags, &tags), images: beyond(n_images, &images), ..More::default() },
        kept: vec![],
        kept_more: More::default(),
        unreachable: vec![],
        unreachable_more: More::default(),
        referrers: referrers.collect(),
        parents: vec![],
        barred_more: barred.n_more,
        rules: if barred.is_none() { met } else { barred.rules(rights) },
        barred: vec![],
        pulls: vec![],
        logical: ByteSize(found.iter().map(|it| it.logical.0).sum()),
        freed: only_in(&app.store, &found).await?,
        kept_until,
        freed_at,
        freed_by: None,
        stays_at: None,
        left_out: vec![],
        notes: kept.note.into_iter().collect(),
        n_tags,
        n_images,
        removed: found.iter().map(repository_goes).chain(tags).chain(images).collect(),
    };
    Ok((preview, print(&found, (&said, app.facts.trash_days))))
}

fn repository_goes(it: &Sum) -> PreviewRow {
    let reason = "with all its tags and images".to_owned();
    PreviewRow {
        kind: PreviewKind::Repository,
        tag: None,
        digest: None,
        name: Some(it.name.to_string()),
        label: None,
        reason,
    }
}

const WITH_IT: &str = "its repository goes";

fn image_goes((it, Listed { digest, kind, label }): (&Sum, Listed)) -> PreviewRow {
    let (name, label) = (Some(it.name.to_string()), Some(label).filter(|label| !label.is_empty()));
    PreviewRow { kind, tag: None, digest: Some(digest), name, label, reason: WITH_IT.to_owned() }
}

fn tag_goes((it, tag, digest): (&Sum, Tag, Digest)) -> PreviewRow {
    let (tag, digest, name) = (Some(tag), Some(digest), Some(it.name.to_string()));
    PreviewRow { kind: PreviewKind::Tag, tag, digest, name, label: None, reason: WITH_IT.to_owned() }
}
