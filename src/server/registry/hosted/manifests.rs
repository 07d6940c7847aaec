//! Pushing a manifest: checked against what the repository has, stored byte for byte, indexed and
//! named in one transaction.

use super::HostedRegistry;
use super::destination::Destination;
use crate::domain::action::PushManifest;
use crate::domain::condition::Condition;
use crate::domain::digest::Algorithm;
use crate::domain::error::ContentProblem;
use crate::domain::manifest::{Descriptor, MAX_CONFIG_BYTES, Manifest, Relation};
use crate::domain::{Actor, Digest, Error, Permission, Reference, RepositoryName, Result, Tag, Target, media_type};
use crate::server::access::Authorized;
use crate::server::blobs::{ContentHash, collect};
use crate::server::entropy::{Entropy, new_id};
use crate::server::registry::{PushManifests, Pushed, ReadRegistry, SentManifest};
use crate::server::store::manifests::NewManifest;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::tags::{How, Placement};
use crate::server::store::{Change, Tx, blobs, manifests, tags};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A manifest that names more waits for its turn before it is written.
const LARGE: usize = 200;

/// A push on its way through the transaction.
struct Push {
    to: Destination,
    reference: Reference,
    tags: Vec<Tag>,
    condition: Condition,
    manifest: NewManifest,
    config_is_absent: bool,
    actor: Actor,
    entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl PushManifests for HostedRegistry {
    async fn put_manifest(&self, proof: &Authorized<PushManifest>, sent: SentManifest) -> Result<Pushed> {
        let PushManifest { repository, reference, mut tags } = proof.action().clone();
        let parsed = Manifest::accept(sent.media_type.as_deref(), &sent.bytes)?;
        let digest = digest_for(&reference, &sent.bytes)?;
        let pushed = Pushed {
            digest: digest.clone(),
            subject: parsed.subject.as_ref().map(|subject| subject.digest.clone()),
            layers_elsewhere: parsed.of(Relation::Layer).filter(|layer| layer.is_elsewhere()).count() as u64,
        };
        let (config, config_is_absent) = match self.config_of(&repository, &parsed).await? {
            Config::Bytes(bytes) => (Some(bytes), false),
            Config::Opaque => (None, false),
            Config::Absent => (None, true),
        };
        if let Reference::Tag(tag) = &reference {
            tags.push(tag.clone());
        }
        tags.iter().try_for_each(Tag::refuse_reserved)?;
        let push = Push {
            to: self.destination(proof, &repository),
            reference,
            tags,
            condition: sent.condition,
            manifest: NewManifest { digest, content: sent.bytes.to_vec(), parsed, config },
            config_is_absent,
            actor: proof.actor().clone(),
            entropy: Arc::clone(&self.parts.entropy),
        };
        let _turn = match push.manifest.parsed.children.len() > LARGE {
            true => Some(self.turns.of(proof.actor().name().unwrap_or_default()).await),
            false => None,
        };
        self.parts.store.write(proof, move |tx| Box::pin(push.apply(tx))).await?;
        Ok(pushed)
    }
}

impl HostedRegistry {
    async fn config_of(&self, repository: &RepositoryName, parsed: &Manifest) -> Result<Config> {
        let Some(config) = parsed.readable_config() else { return Ok(Config::Opaque) };
        match self.blob(repository, &config.digest, None).await? {
            Some(content) if content.size == config.size => {
                Ok(Config::Bytes(collect(content, MAX_CONFIG_BYTES).await?.to_vec()))
            }
            Some(_) => Ok(Config::Opaque), // The transaction refuses it for its size.
            None => Ok(Config::Absent),
        }
    }
}

/// The configuration of a manifest that is pushed.
enum Config {
    Bytes(Vec<u8>),
    /// None that is read.
    Opaque,
    /// The repository did not have it when it was looked for.
    Absent,
}

fn digest_for(reference: &Reference, bytes: &[u8]) -> Result<Digest> {
    let Reference::Digest(claimed) = reference else {
        return Ok(ContentHash::digest_of(Algorithm::Sha256, bytes));
    };
    let digest = ContentHash::digest_of(claimed.algorithm(), bytes);
    if digest == *claimed {
        return Ok(digest);
    }
    Err(Error::Content {
        problem: ContentProblem::Digest,
        message: format!("the manifest has digest {digest}, not {claimed}"),
    })
}

impl Push {
    async fn apply(self, tx: &mut Tx) -> Result<Change<()>> {
        let repository = self.to.open(tx).await?;
        self.condition.check(self.current(tx, &repository).await?.as_ref())?;
        require_children(tx, &repository, &self.manifest.parsed).await?;
        if self.config_is_absent {
            // It came in this moment, and an image that is stored without it would stay so.
            return Err(Error::Unavailable("the configuration only came now; push the manifest again".to_owned()));
        }
        if !manifests::insert(tx, &repository, &self.manifest, Some(&self.actor), self.to.now).await? {
            self.require_same_type(tx, &repository).await?;
        }
        let mut before = Vec::new();
        for tag in &self.tags {
            before.extend(self.place(tx, &repository, tag).await?.map(|digest| digest.to_string()));
        }
        repositories::refresh_newest(tx, &repository).await?;
        repositories::pushed(tx, &repository.id, &self.actor, self.to.now).await?;
        let before = (!before.is_empty()).then(|| before.join(", "));
        let after = Some(self.manifest.digest.to_string());
        Ok(Change::new((), before, after).announcing(self.to.name))
    }

    /// What stands at the address that is written to.
    async fn current(&self, tx: &mut Tx, repository: &Repository) -> Result<Option<Digest>> {
        match &self.reference {
            Reference::Tag(tag) => Ok(tags::current(tx, &repository.id, tag).await?.map(|current| current.digest)),
            Reference::Digest(digest) => Ok(manifests::size(tx, &repository.id, digest).await?.map(|_| digest.clone())),
        }
    }

    /// Bytes that name no type of their own are what they were called first: clients act on that word, and a tag may
    /// not come to mean another by it.
    async fn require_same_type(&self, tx: &mut Tx, repository: &Repository) -> Result<()> {
        let NewManifest { digest, parsed, .. } = &self.manifest;
        let known = manifests::media_type(tx, &repository.id, digest).await?;
        match known.filter(|known| *known != parsed.media_type) {
            None => Ok(()),
            Some(known) => Err(Error::Content {
                problem: ContentProblem::Manifest,
                message: format!("{digest} is here as {known}, not as {}; send it as that", parsed.media_type),
            }),
        }
    }

    async fn place(&self, tx: &mut Tx, repository: &Repository, tag: &Tag) -> Result<Option<Digest>> {
        let before = tags::current(tx, &repository.id, tag).await?.map(|current| current.digest);
        let digest = &self.manifest.digest;
        // The same image again is no move.
        let needed = match &before {
            None => Some(Permission::RepositoryPush),
            Some(before) => (before != digest).then_some(Permission::TagMove),
        };
        if let Some(needed) = needed {
            self.to.rights.require(needed, &Target::Tag(self.to.name.clone(), tag.clone()))?;
        }
        let placement = Placement {
            repository,
            tag,
            digest,
            from: before.as_ref(),
            how: How::Push(&self.actor),
            now: self.to.now,
            move_id: new_id(&*self.entropy, self.to.now),
        };
        tags::place(tx, placement).await?;
        Ok(before)
    }
}

/// Everything that a manifest names must be in its repository with the size that it states; but for the
/// subject, which may come later. Layers that are meant to live elsewhere may be missing.
async fn require_children(tx: &mut Tx, repository: &Repository, parsed: &Manifest) -> Result<()> {
    let all: Vec<&Digest> = parsed.children.iter().map(|(_, child)| &child.digest).collect();
    let of_manifests: Vec<&Digest> = parsed.of(Relation::Manifest).map(|child| &child.digest).collect();
    let manifests = manifests::sizes(tx, &repository.id, &of_manifests).await?;
    let blobs = blobs::linked_sizes(tx, &repository.id, &all).await?;
    let mut missing = BTreeSet::new();
    for (relation, child) in &parsed.children {
        let (as_manifest, as_blob) = (manifests.get(&child.digest), blobs.get(&child.digest));
        let found = match relation {
            // An index may list blobs too: caches of builds do. What calls itself a manifest must be one.
            Relation::Manifest => as_manifest.or(as_blob.filter(|_| !media_type::is_manifest(&child.media_type))),
            // Whoever pulls looks for it among the blobs, whatever its type.
            Relation::Config | Relation::Layer => as_blob,
        };
        match found {
            Some(size) if *size != child.size => return Err(wrong_size(child, *size)),
            None if *relation != Relation::Layer || !child.is_elsewhere() => drop(missing.insert(child.digest.clone())),
            _ => {}
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Error::MissingParts(missing.into_iter().collect())) }
}

fn wrong_size(child: &Descriptor, size: u64) -> Error {
    Error::Content {
        problem: ContentProblem::Size,
        message: format!("the manifest says that {} has {} bytes; it has {size}", child.digest, child.size),
    }
}
