//! Tags of a registry elsewhere, set and taken away: step by step, with failures and other people between the steps.

use super::stand_in::{Deletes, Event, StandIn};
use crate::conformance::registry::remote;
use crate::support::process::{Distribution, http};
use crate::support::{OCI_INDEX, OCI_MANIFEST, decides, sha256, user};
use futures::FutureExt;
use futures::future::BoxFuture;
use portolan::domain::action::{DeleteManifest, DeleteTag, SetTag};
use portolan::domain::condition::{Among, Condition};
use portolan::domain::{Action, Digest, Error, RepositoryName, Result, Role, Tag};
use portolan::server::access::{Authorized, Caller, Policy, Standing};
use portolan::server::registry::changing::{Allowed, Beside, ChangeTags, Removed};
use portolan::server::registry::remote::RemoteRegistry;
use portolan::server::registry::{RawManifest, ReadRegistry};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const ACCEPT: (&str, &str) =
    ("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json");

pub(super) fn still() -> BoxFuture<'static, Result<()>> {
    async { Ok(()) }.boxed()
}

pub(super) async fn proof<A: Action>(action: A) -> Authorized<A> {
    let standing = Arc::new(Standing::with_role(user("mara"), Role::Admin));
    let caller = Caller { standing, request_id: "r".to_owned(), address: String::new() };
    decides(Policy::Grants).authorize(&caller, action).await.unwrap()
}

fn name() -> RepositoryName {
    "up/a".parse().unwrap()
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn of(content: &str) -> Digest {
    sha256(content.as_bytes()).parse().unwrap()
}

fn raw(content: &str) -> RawManifest {
    RawManifest { digest: of(content), media_type: OCI_MANIFEST.to_owned(), bytes: content.to_owned().into() }
}

async fn remove(registry: &RemoteRegistry, text: &str, content: &str) -> Result<Removed> {
    let (place, proof) = (name(), proof(DeleteTag { repository: name(), tag: tag(text) }).await);
    let allowed = Allowed::by(&proof, &place, &still).unwrap();
    registry.remove_tag(&allowed, &tag(text), &raw(content), &Beside::default()).await
}

/// The same where the other tags of the image are known here.
async fn remove_beside(registry: &RemoteRegistry, text: &str, is_cut: bool) -> Result<Removed> {
    let (place, proof) = (name(), proof(DeleteTag { repository: name(), tag: tag(text) }).await);
    let allowed = Allowed::by(&proof, &place, &still).unwrap();
    let beside = Beside { tags: vec![tag("1.0"), tag("1.0.1"), tag("1.1"), tag(HIDDEN)], is_cut };
    registry.remove_tag(&allowed, &tag(text), &raw(OLD), &beside).await
}

async fn put(registry: &RemoteRegistry, text: &str, content: &str, condition: Condition) -> Result<bool> {
    let manifest = raw(content);
    let proof = proof(SetTag { repository: name(), tag: tag(text), digest: manifest.digest.clone() }).await;
    registry.put_tag(&Allowed::by(&proof, &name(), &still).unwrap(), &tag(text), &manifest, &condition).await
}

fn absent() -> Condition {
    Condition { differs: Some(Among::Any), ..Condition::default() }
}

const OLD: &str = r#"{"old":1}"#;
const NEW: &str = r#"{"new":1}"#;
const HIDDEN: &str = "portolan.trash.01KAGV5GYMFSFRMTVWHPF0Y6HB";

/// A registry with an image of four tags.
async fn filled(deletes: Deletes) -> (StandIn, RemoteRegistry) {
    let (upstream, url) = StandIn::start(deletes).await;
    upstream.push(&["1.0", "1.0.1", "1.1", "latest"], OLD);
    (upstream, remote(&url, "up"))
}

/// Three of them and the image are whole.
fn siblings_stay(upstream: &StandIn) {
    let state = upstream.now();
    assert!(state.manifests.contains_key(&sha256(OLD.as_bytes())), "{:?}", state.seen);
    for sibling in ["1.0", "1.0.1", "1.1"] {
        assert_eq!(state.tags.get(sibling), Some(&sha256(OLD.as_bytes())), "{sibling}: {:?}", state.seen);
    }
}

#[tokio::test]
async fn a_tag_goes_without_its_siblings_however_a_registry_deletes() {
    for (deletes, how) in [(Deletes::ByDigest, Removed::ByTombstone), (Deletes::ByName, Removed::ByName)] {
        let (upstream, registry) = filled(deletes).await;
        assert_eq!(remove(&registry, "latest", OLD).await, Ok(how));
        assert!(!upstream.now().tags.contains_key("latest"));
        siblings_stay(&upstream);
        assert_eq!(upstream.now().manifests.len(), 1, "the tombstone is gone");
        assert_eq!(remove(&registry, "latest", OLD).await, Ok(Removed::Before));
        let moved = remove(&registry, "1.1", NEW).await;
        assert_eq!(moved, Err(Error::Changed { current: Some(of(OLD)) }));
        siblings_stay(&upstream);
    }
}

/// As no registry should.
#[tokio::test]
async fn a_registry_that_takes_the_image_with_a_tag_gets_it_back_under_all_its_names() {
    let (upstream, registry) = filled(Deletes::TooMuch).await;
    upstream.push(&[HIDDEN], OLD);
    assert_eq!(remove_beside(&registry, "latest", false).await, Ok(Removed::ByName));
    assert!(!upstream.now().tags.contains_key("latest"));
    siblings_stay(&upstream);
    assert_eq!(upstream.now().tags.get(HIDDEN), Some(&sha256(OLD.as_bytes())), "what holds it in the trash too");
    let n_asked = upstream.now().seen.len();
    // What somebody sets there in that moment is theirs.
    let (upstream, registry) = filled(Deletes::TooMuch).await;
    upstream.now().event = Some((n_asked - 6, Event::Push("1.1", NEW.to_owned())));
    remove_beside(&registry, "latest", false).await.unwrap();
    assert_eq!(upstream.now().tags["1.1"], sha256(NEW.as_bytes()), "{:?}", upstream.now().seen);
    // Whatever fails once, what is not back is said.
    for (at, event) in (0..=n_asked).flat_map(|at| [(at, Event::Fails), (at, Event::IsLost)]) {
        let (upstream, registry) = filled(Deletes::TooMuch).await;
        upstream.now().event = Some((at, event));
        let said = remove_beside(&registry, "latest", false).await.map_err(|failed| failed.to_string());
        let there = upstream.now().tags.clone();
        for sibling in ["1.0", "1.0.1", "1.1"].iter().filter(|it| !there.contains_key(**it)) {
            let words = said.clone().expect_err("it is not as it was");
            let is_said = words.contains("could not be seen") || words.contains(&format!("not back: {sibling}"));
            assert!(is_said, "{at} {sibling}: {words}");
        }
    }
    let (upstream, registry) = filled(Deletes::TooMuch).await;
    let said = remove_beside(&registry, "latest", true).await.unwrap_err().to_string();
    assert!(said.contains("those that are not known here"), "{said}");
    siblings_stay(&upstream);
}

/// FLT for remotes: at every request, before it is done and after it.
#[tokio::test]
async fn a_registry_that_fails_at_any_step_loses_nothing_and_is_finished_by_doing_it_again() {
    for (deletes, event) in [
        (Deletes::ByDigest, Event::Fails),
        (Deletes::ByDigest, Event::IsLost),
        (Deletes::ByName, Event::Fails),
        (Deletes::ByName, Event::IsLost),
    ] {
        for at in 0.. {
            let (upstream, registry) = filled(deletes).await;
            upstream.now().event = Some((at, event.clone()));
            let first = remove(&registry, "latest", OLD).await;
            siblings_stay(&upstream);
            let n_asked = upstream.now().seen.len();
            let is_entombed = upstream.now().tags.get("latest").is_some_and(|it| *it != sha256(OLD.as_bytes()));
            match first {
                Err(Error::Upstream { message, .. }) if is_entombed => {
                    assert!(message.contains("stands on a tombstone"), "{message}");
                }
                _ => assert!(!is_entombed, "that it stands halfway is said: {first:?}"),
            }
            upstream.now().event = None;
            remove(&registry, "latest", OLD).await.unwrap();
            siblings_stay(&upstream);
            assert!(!upstream.now().tags.contains_key("latest"));
            if at >= n_asked {
                break;
            }
        }
    }
}

/// Where the registry knows conditions, at every request; where it does not, at every one but the very change of the tag.
#[tokio::test]
async fn what_somebody_pushes_between_two_steps_stays() {
    for knows_conditions in [true, false] {
        for at in 0.. {
            let (upstream, registry) = filled(Deletes::ByDigest).await;
            upstream.now().knows_conditions = knows_conditions;
            upstream.now().event = Some((at, Event::Push("latest", NEW.to_owned())));
            let removed = remove(&registry, "latest", OLD).await;
            siblings_stay(&upstream);
            let state = upstream.now();
            let Some((method, path)) = state.seen.get(at) else { break };
            if !knows_conditions && method == "PUT" && path.ends_with("/latest") {
                continue;
            }
            assert_eq!(state.tags.get("latest"), Some(&sha256(NEW.as_bytes())), "{at}: {:?}", state.seen);
            if let Err(error) = removed {
                assert_eq!(error, Error::Changed { current: Some(of(NEW)) }, "{at}");
            }
            assert_eq!(state.manifests.len(), 2, "no tombstone is left: {:?}", state.seen);
        }
    }
}

/// What was acknowledged is there: who sets a tag that somebody takes away at this moment waits until that is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sets_a_tag_does_so_before_it_is_taken_away_or_after_that() {
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    upstream.push(&[], NEW);
    assert_eq!(remove(&registry, "1.1", OLD).await, Ok(Removed::ByTombstone)); // It sends what the next one finds there.
    upstream.push(&["1.1"], OLD);
    upstream.now().seen.clear();
    assert_eq!(remove(&registry, "latest", OLD).await, Ok(Removed::ByTombstone));
    let n_asked = upstream.now().seen.len();
    let proof = proof(SetTag { repository: name(), tag: tag("latest"), digest: of(NEW) }).await;
    for n in 0..n_asked {
        upstream.push(&["latest"], OLD);
        let (gate, asked) = (upstream.wait_at(n), Arc::new(AtomicUsize::new(0)));
        // What whoever sets it asks first, when it is their turn.
        let counted = Arc::clone(&asked);
        let counting = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            still()
        };
        let (place, latest, new, any) = (name(), tag("latest"), raw(NEW), Condition::default());
        let allowed = Allowed::by(&proof, &place, &counting).unwrap();
        let setting = async {
            gate.reached.notified().await;
            let mut set = registry.put_tag(&allowed, &latest, &new, &any);
            let is_pending = futures::poll!(&mut set).is_pending();
            assert!(is_pending && asked.load(Ordering::SeqCst) == 0, "they are in line, {n}");
            let ended = registry.end_tag(&allowed, &latest).await;
            assert!(matches!(ended, Err(Error::Unavailable(_))), "nor does the sweep come between, {n}: {ended:?}");
            gate.opens.notify_one();
            set.await
        };
        let (removed, set) = tokio::join!(remove(&registry, "latest", OLD), setting);
        assert_eq!((removed, set), (Ok(Removed::ByTombstone), Ok(true)), "{n}");
        assert_eq!(registry.end_tag(&allowed, &latest).await, Ok(false), "what names an image stays, {n}");
        assert_eq!(upstream.now().tags.get("latest"), Some(&sha256(NEW.as_bytes())), "{n}");
        siblings_stay(&upstream);
    }
}

/// As CNCF distribution 2.8 in files does while somebody writes another tag.
#[tokio::test]
async fn a_delete_that_takes_the_tombstone_and_leaves_its_tag_is_done_once_more() {
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    remove(&registry, "latest", OLD).await.unwrap();
    let last = upstream.now().seen.iter().rposition(|(method, _)| method == "DELETE").unwrap();
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    upstream.now().event = Some((last, Event::LeavesTags));
    assert_eq!(remove(&registry, "latest", OLD).await, Ok(Removed::ByTombstone));
    assert!(!upstream.now().tags.contains_key("latest"), "it is not listed, naming nothing: {:?}", upstream.now().seen);
    siblings_stay(&upstream);
    assert_eq!(upstream.now().manifests.len(), 1, "the tombstone is gone");
}

#[tokio::test]
async fn a_tag_is_set_if_it_is_as_expected() {
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    upstream.push(&[], NEW);
    let named = |content: &str| Condition { matches: Some(Among::These(vec![of(content)])), ..Condition::default() };
    let refused = || Err(Error::Changed { current: Some(of(OLD)) });
    assert_eq!(put(&registry, "latest", NEW, absent()).await, refused());
    assert_eq!(put(&registry, "latest", NEW, named(NEW)).await, refused());
    assert_eq!(put(&registry, "prod", NEW, absent()).await, Ok(true));
    assert_eq!(put(&registry, "latest", NEW, named(OLD)).await, Ok(true));
    assert_eq!(put(&registry, "latest", NEW, Condition::default()).await, Ok(false), "it is there");
    assert_eq!(upstream.now().tags["latest"], sha256(NEW.as_bytes()));
    siblings_stay(&upstream);
}

/// A tag that was left on its way out by a failure names nothing, for readers and for who sets it.
#[tokio::test]
async fn a_tombstone_is_nobodys_image() {
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    remove(&registry, "latest", OLD).await.unwrap();
    let last = upstream.now().seen.iter().rposition(|(method, _)| method == "DELETE").unwrap();
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    upstream.now().event = Some((last, Event::Fails));
    assert!(remove(&registry, "latest", OLD).await.is_err());
    assert!(upstream.now().tags.contains_key("latest"));
    assert_eq!(registry.manifest(&name(), &"latest".parse().unwrap()).await, Ok(None));
    assert_eq!(put(&registry, "latest", OLD, absent()).await, Ok(true));
    upstream.push(&[HIDDEN], OLD);
    let listed = registry.tags(&name(), None, 100).await.unwrap();
    assert_eq!(listed.items, ["1.0", "1.0.1", "1.1", "latest"].map(tag), "hidden tags are in no list");
    assert_eq!(listed.refused, 0);
}

#[tokio::test]
async fn an_image_is_deleted_where_no_tag_names_it() {
    let (upstream, registry) = filled(Deletes::ByDigest).await;
    upstream.push(&[], NEW);
    let delete = async |digest: Digest| {
        let proof = proof(DeleteManifest { repository: name(), digest: digest.clone() }).await;
        let stay = registry.remove_manifests(&Allowed::by(&proof, &name(), &still).unwrap(), &[digest]).await.unwrap();
        stay.into_values().next()
    };
    let named = delete(of(OLD)).await;
    assert!(named.is_some_and(|words| words.starts_with("the tag ") && words.contains("names this image")));
    siblings_stay(&upstream);
    // Nobody can delete a hidden tag, and nobody is told to.
    upstream.push(&[HIDDEN], NEW);
    let held = delete(of(NEW)).await.expect("it stays");
    assert!(held.contains("in the trash") && !held.contains("portolan."), "{held}");
    upstream.now().tags.remove(HIDDEN);
    let list = |digest: &Digest| {
        let child = serde_json::json!({"mediaType": OCI_INDEX, "digest": digest, "size": 9});
        serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]}).to_string()
    };
    let inner = list(&of(NEW));
    upstream.push(&[], &inner);
    upstream.push(&["multi"], &list(&of(&inner)));
    let listed = delete(of(NEW)).await;
    assert!(listed.is_some_and(|words| words.contains("lists this one there")), "at any depth");
    upstream.now().tags.remove("multi");
    assert_eq!(delete(of(NEW)).await, None);
    assert!(!upstream.now().manifests.contains_key(&sha256(NEW.as_bytes())));
}

/// CNCF distribution as it is installed deletes nothing: that is found out by what nobody has.
#[test]
fn where_nothing_can_be_deleted_that_is_found_out_without_deleting() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::that_keeps_all(folder.path()) else { return };
    let image = super::push(&upstream.host, "a", "1.0", b"layer");
    super::push(&upstream.host, "a", "latest", b"layer");
    let registry = remote(&format!("http://{}", upstream.host), "up");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (said, found) = runtime.block_on(async {
        let manifest = registry.manifest(&name(), &image.parse().unwrap()).await.unwrap().unwrap();
        let proof = proof(DeleteTag { repository: name(), tag: tag("latest") }).await;
        let (place, nothing) = (name(), Beside::default());
        let allowed = Allowed::by(&proof, &place, &still).unwrap();
        let said = registry.remove_tag(&allowed, &tag("latest"), &manifest, &nothing).await;
        (said.unwrap_err().to_string(), registry.capabilities().await)
    });
    assert!(said.contains("REGISTRY_STORAGE_DELETE_ENABLED=true"), "{said}");
    assert_eq!(found[4..].iter().map(|(_, known)| *known).collect::<Vec<_>>(), [Some(false), Some(false)]);
    for reference in ["1.0", "latest", &image] {
        assert_eq!(http("HEAD", &upstream.host, &format!("/v2/a/manifests/{reference}"), &[ACCEPT], b"").0, 200);
    }
    let (_, list) = http("GET", &upstream.host, "/v2/a/tags/list", &[], b"");
    assert!(list.contains(r#""1.0""#) && list.contains(r#""latest""#), "{list}");
}
