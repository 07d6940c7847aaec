//! Lists that are kept: by whom they are read, for how long, and who is shown them (SEC-32).

use super::archive::{Archive, gzip};
use super::digest_of;
use crate::conformance::registry::serve_router;
use crate::support::{OCI_MANIFEST, START, TestApp, choices, decides, eventually, sha256, user};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use portolan::domain::action::Maintain;
use portolan::domain::files::{Layer, Listing};
use portolan::domain::principal::Job;
use portolan::domain::{Actor, Digest, Reference, RepositoryName, Timestamp};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::insight::{FORMAT, Packed, pack};
use portolan::server::layers::Layers;
use portolan::server::store::layers::{self, Claim, Known, Wanted};
use portolan::server::store::{Tx, images};
use serde_json::json;
use std::sync::Arc;

fn name(text: &str) -> RepositoryName {
    text.parse().unwrap()
}

/// What is known of a layer in a repository that has an image at this reference.
async fn known(test: &TestApp, repository: &str, reference: &str, layer: &Digest) -> Option<Known> {
    let reference: Reference = reference.parse().unwrap();
    let found = images::find(&test.app.store, &name(repository), &reference).await.unwrap().unwrap();
    let only = std::slice::from_ref(layer);
    let wanted =
        Wanted { repository_id: &found.repository_id, layers: only, only: None, format: FORMAT, max_bytes: 1 << 20 };
    let [mut known] = layers::known(&test.app.store, [&wanted], test.app.clock.now()).await.unwrap();
    known.remove(layer)
}

/// The names at the root of a list.
fn root(known: Option<Known>, layer: &Digest) -> Vec<String> {
    let Some(Known::Listed(Some(content))) = known else { panic!("{known:?}") };
    let list = Packed::open(layer, content).unwrap();
    list.entries("", "").map(|entry| entry.unwrap().name).collect()
}

async fn look(test: &TestApp, repository: &str, layer: &Digest) -> bool {
    test.app.layers.want(&user("lena"), &name(repository), std::slice::from_ref(layer)).await
}

/// Writes past the services, as another node does.
async fn note<T: Send + 'static>(
    test: &TestApp,
    change: impl for<'t> FnOnce(&'t mut Tx) -> futures::future::BoxFuture<'t, portolan::domain::Result<T>> + Send + 'static,
) -> T {
    let proof = decides(Policy::Grants).system(Job::Layers, Maintain {});
    test.app.store.note(&proof, change).await.unwrap()
}

async fn claim(test: &TestApp, repository: &str, layer: &Digest, node: &'static str) -> Option<Claim> {
    let (repository, layer, now) = (name(repository), layer.clone(), test.app.clock.now());
    let until = Timestamp(now.0 + 150_000);
    note(test, move |tx| {
        Box::pin(async move { layers::claim(tx, (&repository, &layer), (node, FORMAT), (now, until)).await })
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_is_read_once_and_shown_where_it_is_linked_and_nowhere_else() {
    let mut test = TestApp::new().await;
    let stored = gzip(&Archive::default().file("secret", b"1").end());
    let layer = digest_of(&stored);
    test.push_image("team/web", "v1", "amd64", &stored).await;
    let image = test.push_image("team/api", "v1", "amd64", &stored).await;
    test.push_image("other/web", "v1", "amd64", b"another layer").await;
    assert_eq!(known(&test, "team/web", "v1", &layer).await, Some(Known::Unread));
    let _jobs = test.start_jobs().await;
    assert!(look(&test, "team/web", &layer).await);
    assert_eq!(root(known(&test, "team/web", "v1", &layer).await, &layer), ["secret"]);
    // Who pushed it elsewhere here has its bytes, and so its list; who has it nowhere has neither.
    assert_eq!(root(known(&test, "team/api", "v1", &layer).await, &layer), ["secret"]);
    assert_eq!(known(&test, "other/web", "v1", &layer).await, None);
    assert!(look(&test, "other/web", &layer).await, "it is asked for");
    assert_eq!(
        (known(&test, "other/web", "v1", &layer).await, layers::kept(&test.app.store).await.unwrap().0),
        (None, 1)
    );
    // What is taken out of a repository is shown there no more.
    assert_eq!(test.delete(&format!("/v2/team/api/manifests/{image}")).await.status, StatusCode::ACCEPTED);
    assert_eq!(test.delete(&format!("/v2/team/api/blobs/{layer}")).await.status, StatusCode::ACCEPTED);
    test.push_image("team/api", "v2", "amd64", b"what came after it").await;
    assert_eq!(known(&test, "team/api", "v2", &layer).await, None);
    // What is no archive is read once too, and says so.
    let odd = digest_of(b"another layer");
    assert!(look(&test, "other/web", &odd).await);
    let Some(Known::Unreadable(why)) = known(&test, "other/web", "v1", &odd).await else { panic!("it is listed") };
    assert!(why.contains("ends in the middle"), "{why}");
    assert!(claim(&test, "other/web", &odd, "n").await.is_none(), "nobody reads it again");
}

/// Naming a layer is no right to read it: not as one that lives elsewhere, and not at a registry that says what it likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_is_only_named_shows_nothing_of_what_another_repository_has() {
    let stored = gzip(&Archive::default().file("secret", b"1").end());
    let layer = digest_of(&stored);
    let url = serve_router(registry(stored.clone())).await;
    let config =
        format!("[[mounts]]\nkind = \"hosted\"\n[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"{url}\"\n");
    let mut test = TestApp::with(&config, Policy::Grants).await;
    let _jobs = test.start_jobs().await;
    eventually("both repositories are read", async || {
        let found = async |repository| images::find(&test.app.store, &name(repository), &"v1".parse().unwrap()).await;
        matches!((found("up/own").await, found("up/lying").await), (Ok(Some(_)), Ok(Some(_))))
    })
    .await;
    look(&test, "up/own", &layer).await;
    assert_eq!(root(known(&test, "up/own", "v1", &layer).await, &layer), ["secret"]);
    // The other one names the same digest, and its registry has nothing of the kind there.
    assert_eq!(known(&test, "up/lying", "v1", &layer).await, Some(Known::Unread));
    look(&test, "up/lying", &layer).await;
    let Some(Known::Unreadable(why)) = known(&test, "up/lying", "v1", &layer).await else { panic!("it is listed") };
    assert!(why.contains("does not have it"), "{why}");
    // Here: one that is pushed, and one that names it as kept elsewhere.
    test.push_image("team/web", "v1", "amd64", &stored).await;
    look(&test, "team/web", &layer).await;
    assert_eq!(root(known(&test, "team/web", "v1", &layer).await, &layer), ["secret"]);
    let named = test.image("other/web", "amd64", b"own").await;
    let foreign = named
        .replace("vnd.oci.image.layer.v1.tar", "vnd.oci.image.layer.nondistributable.v1.tar")
        .replace(&sha256(b"own"), layer.as_str())
        .replace("\"size\":3", &format!("\"size\":{},\"urls\":[\"https://example.com/layer\"]", stored.len()));
    assert_eq!(test.put_manifest("other/web", "v1", OCI_MANIFEST, &foreign).await.status, StatusCode::CREATED);
    look(&test, "other/web", &layer).await;
    assert_eq!(known(&test, "other/web", "v1", &layer).await, None);
}

/// A registry in which `own` has a layer and `lying` names it.
fn registry(stored: Vec<u8>) -> Router {
    let config = r#"{"os":"linux","architecture":"amd64"}"#;
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config.as_bytes()), "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": sha256(&stored), "size": stored.len()}]})
    .to_string();
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path().to_owned();
        let digest = sha256(manifest.as_bytes());
        let answer: Response = match path.as_str() {
            "/v2/" => "{}".into_response(),
            "/v2/_catalog" => json!({"repositories": ["lying", "own"]}).to_string().into_response(),
            path if path.ends_with("/tags/list") => json!({"name": "any", "tags": ["v1"]}).to_string().into_response(),
            path if path.contains("/manifests/") => {
                ([("content-type", OCI_MANIFEST), ("docker-content-digest", &*digest)], manifest.clone())
                    .into_response()
            }
            path if path.ends_with(&sha256(config.as_bytes())) => config.into_response(),
            path if path == format!("/v2/own/blobs/{}", sha256(&stored)) => stored.clone().into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        };
        async move { answer }
    })
}

/// Who is killed in the midst of it has it for as long as reading may take, and then somebody else reads it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_whose_reader_died_is_read_by_the_next_who_looks() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    let stored = Archive::default().file("a", b"1").end();
    let layer = digest_of(&stored);
    test.push_image("team/web", "v1", "amd64", &stored).await;
    let _jobs = test.start_jobs().await;
    let dead = claim(&test, "team/web", &layer, "dead").await.unwrap();
    assert!(claim(&test, "team/web", &layer, "second").await.is_none(), "one node has it");
    look(&test, "team/web", &layer).await;
    assert_eq!(known(&test, "team/web", "v1", &layer).await, Some(Known::Reading));
    clock.advance_ms(150_001);
    assert_eq!(known(&test, "team/web", "v1", &layer).await, Some(Known::Unread));
    look(&test, "team/web", &layer).await;
    assert_eq!(root(known(&test, "team/web", "v1", &layer).await, &layer), ["a"]);
    // The dead one comes back with another list, which nobody takes.
    let late = pack(&Listing::of("late")).unwrap();
    let now = clock_now(&test);
    note(&test, move |tx| Box::pin(async move { layers::keep(tx, &dead, late, FORMAT, now, 1 << 30).await })).await;
    assert_eq!(root(known(&test, "team/web", "v1", &layer).await, &layer), ["a"]);
    // A list that a later version wrote otherwise is read again.
    let again = async |format| {
        let (layer, until) = (layer.clone(), Timestamp(now.0 + 1));
        note(&test, move |tx| {
            Box::pin(
                async move { layers::claim(tx, (&name("team/web"), &layer), ("other", format), (now, until)).await },
            )
        })
        .await
    };
    assert!(again(FORMAT).await.is_none() && again(FORMAT + 1).await.is_some());
}

fn clock_now(test: &TestApp) -> Timestamp {
    test.app.clock.now()
}

#[tokio::test]
async fn lists_take_no_more_room_than_is_theirs_and_go_with_their_layers() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    let (mut layers_of, mut image) = (Vec::new(), String::new());
    for number in 0..3 {
        let stored = Archive::default().file(&format!("{number}"), b"1").end();
        image = test.push_image("team/web", &format!("v{number}"), "amd64", &stored).await;
        let layer = digest_of(&stored);
        let claim = claim(&test, "team/web", &layer, "n").await.unwrap();
        let now = test.app.clock.now();
        note(&test, move |tx| {
            Box::pin(async move { layers::keep(tx, &claim, vec![0; 1000], FORMAT, now, 3500).await })
        })
        .await;
        clock.advance_ms(1);
        layers_of.push(layer);
    }
    // Two of them fit, with what a row costs.
    assert_eq!(layers::kept(&test.app.store).await.unwrap(), (2, 2 * 1512));
    assert_eq!(known(&test, "team/web", "v0", &layers_of[0]).await, Some(Known::Unread));
    assert!(matches!(known(&test, "team/web", "v2", &layers_of[2]).await, Some(Known::Listed(Some(_)))));
    let forget = async || note(&test, |tx| Box::pin(layers::forget_unlinked(tx))).await;
    assert_eq!(forget().await, 0);
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{image}")).await.status, StatusCode::ACCEPTED);
    assert_eq!(test.delete(&format!("/v2/team/web/blobs/{}", layers_of[2])).await.status, StatusCode::ACCEPTED);
    assert_eq!((forget().await, layers::kept(&test.app.store).await.unwrap().0), (1, 1));
}

/// Who asks for very many keeps nobody else from theirs.
#[tokio::test]
async fn somebody_has_a_bounded_number_of_layers_waiting() {
    let (asking, taken) = Layers::channel();
    let layers: Vec<Digest> = (0..200_u8).map(|number| digest_of(&[number])).collect();
    let want = async |who: &str, repository: &str, layers: &[Digest]| {
        asking.want(&Actor::User(who.parse().unwrap()), &name(repository), layers).await
    };
    assert!(want("greedy", "team/web", &layers).await);
    assert!(!want("greedy", "team/web", &layers[50..]).await, "no more of them are taken");
    assert!(!want("lena", "team/web", &layers[..1]).await, "it waits already");
    assert!(want("lena", "team/web", &layers[100..101]).await);
    // They take turns: who asks for one waits for one of the other's.
    let (first, second) = (taken.try_next().unwrap(), taken.try_next().unwrap());
    assert_eq!((&first.digest, &second.digest), (&layers[0], &layers[100]));
    let n_left = std::iter::from_fn(|| taken.try_next()).count();
    assert_eq!(n_left, 31);
    assert!(want("greedy", "team/web", &layers[50..51]).await, "what was read makes room");
}
