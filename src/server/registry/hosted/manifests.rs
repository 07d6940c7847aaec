//! Pushing a manifest: checked against what the repository has, stored byte for byte, indexed and
//! named in one transaction.

use super::HostedRegistry;
use super::destination::Destination;
use crate::domain::action::PushManifest;
use crate::domain::condition::Condition;
use crate::domain::digest::Algorithm;
use crate::domain::error::ContentProblem;
use crate::domain::manifest::{MAX_CONFIG_BYTES, Manifest, Relation};
use crate::domain::view::How;
use crate::domain::{Actor, Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::blobs::{ContentHash, collect};
use crate::server::registry::{PushManifests, Pushed, ReadRegistry, SentManifest};
use crate::server::store::manifests::NewManifest;
use crate::server::store::naming::Naming;
use crate::server::store::protections::Rules;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Change, Tx, manifests, parts, runs, tags};
use async_trait::async_trait;

/// A manifest that names more waits for its turn before it is written.
const LARGE: usize = 200;

/// A push on its way through the transaction.
struct Push {
    to: Destination,
    reference: Reference,
    tags: Vec<Tag>,
    condition: Condition,
    by_run: Option<String>,
    manifest: NewManifest,
    config_is_absent: bool,
    actor: Actor,
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
            by_run: sent.by_run,
            manifest: NewManifest { digest, content: sent.bytes.to_vec(), parsed, config },
            config_is_absent,
            actor: proof.actor().clone(),
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
        parts::require(tx, &repository, &self.manifest.parsed).await?;
        if self.config_is_absent {
            // It came in this moment, and an image that is stored without it would stay so.
            return Err(Error::Unavailable("the configuration only came now; push the manifest again".to_owned()));
        }
        let is_new = manifests::insert(tx, &repository, &self.manifest, Some(&self.actor), self.to.now).await?;
        if !is_new {
            self.require_same_type(tx, &repository).await?;
        }
        let image = (repository.id.as_str(), &self.manifest.digest);
        match &self.by_run {
            Some(run) if is_new => runs::brought(tx, run, image).await?,
            // A tag that it gets is a name by itself.
            None if !is_new && self.tags.is_empty() => runs::wanted(tx, image).await?,
            Some(_) | None => {}
        }
        let mut before = Vec::new();
        if !self.tags.is_empty() {
            let rules = Rules::of(tx, &self.to.name).await?;
            for tag in &self.tags {
                let placed = self.place(tx, &repository, tag, &rules).await?;
                before.extend(placed.map(|digest| digest.to_string()));
            }
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

    async fn place(&self, tx: &mut Tx, repository: &Repository, tag: &Tag, rules: &Rules) -> Result<Option<Digest>> {
        let Destination { name, rights, now, .. } = &self.to;
        let naming = Naming { repository, name, rights, rules, by: &self.actor, now: *now, is_done: false };
        naming.put(tx, (tag, &self.manifest.digest), How::Push, None).await
    }
}
