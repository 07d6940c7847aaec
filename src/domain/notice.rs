//! What registries tell of pushes and deletes at them: notifications of CNCF distribution (its document "Work with
//! notifications"), webhooks of Harbor, and CloudEvents 1.0 of Harbor and zot.
//!
//! It is only ever a hint of what to ask the registry about. So it is read leniently: what makes no sense is left out, and
//! nothing of it is an error. It never says that something is there or gone.

use super::{RepositoryName, Tag};
use serde_json::Value;
use std::slice;

/// The most bytes that are read of one message.
pub const MAX_BYTES: usize = 1 << 20;
/// The most events that are read of one message, and the most that they are about.
pub const MAX_EVENTS: usize = 1_000;

/// As blobs travel; they say nothing of any tag.
const BLOB: &str = "application/octet-stream";
/// In some form one of these is in the name of each event by which tags change.
const CHANGES: [&str; 4] = ["push", "delet", "updat", "creat"];

/// What something happened to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// As its registry calls it.
    pub repository: RepositoryName,
    /// None where only the repository is known: something without a tag, or all of it.
    pub tag: Option<Tag>,
}

/// What a message is about, each once and in order.
pub fn read(message: &[u8]) -> Vec<Notice> {
    let Ok(message) = serde_json::from_slice::<Value>(message) else { return vec![] };
    let events = match &message {
        Value::Array(batch) => batch.as_slice(),
        one => one.get("events").and_then(Value::as_array).map_or_else(|| slice::from_ref(one), Vec::as_slice),
    };
    let mut found: Vec<Notice> = events.iter().take(MAX_EVENTS).flat_map(of_event).take(MAX_EVENTS).collect();
    found.sort();
    found.dedup();
    found
}

fn of_event(event: &Value) -> Vec<Notice> {
    let what = ["action", "type"].iter().find_map(|key| text(event, key));
    if what.is_some_and(|what| !is_change(what)) {
        return vec![];
    }
    if let Some(target) = event.get("target") {
        return of_target(target).into_iter().collect();
    }
    // An event is around its data, or in the headers that came with it.
    let data = ["event_data", "data"].iter().find_map(|key| event.get(key)).unwrap_or(event);
    match data.get("repository") {
        Some(repository) => of_harbor(repository, data),
        None => notice(text(data, "name"), text(data, "reference")).into_iter().collect(),
    }
}

fn is_change(what: &str) -> bool {
    let what = what.to_ascii_lowercase();
    CHANGES.iter().any(|change| what.contains(change))
}

/// Of CNCF distribution: `target.repository`, and `target.tag` where one was pushed or deleted.
fn of_target(target: &Value) -> Option<Notice> {
    match text(target, "mediaType") {
        Some(BLOB) => None,
        _ => notice(text(target, "repository"), text(target, "tag")),
    }
}

/// Of Harbor: a repository, and the artifacts in it.
fn of_harbor(repository: &Value, data: &Value) -> Vec<Notice> {
    let name = text(repository, "repo_full_name");
    match data.get("resources").and_then(Value::as_array) {
        Some(artifacts) => {
            artifacts.iter().take(MAX_EVENTS).filter_map(|artifact| notice(name, text(artifact, "tag"))).collect()
        }
        None => notice(name, None).into_iter().collect(),
    }
}

/// What is no tag is a digest, or nothing that could be asked for.
fn notice(repository: Option<&str>, tag: Option<&str>) -> Option<Notice> {
    Some(Notice { repository: repository?.parse().ok()?, tag: tag.and_then(|tag| tag.parse().ok()) })
}

fn text<'v>(of: &'v Value, key: &str) -> Option<&'v str> {
    of.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn told(message: Value) -> Vec<String> {
        let words = |it: Notice| it.tag.map_or(it.repository.to_string(), |tag| format!("{}:{tag}", it.repository));
        read(message.to_string().as_bytes()).into_iter().map(words).collect()
    }

    fn target(action: &str, target: Value) -> Value {
        json!({"id": "1", "action": action, "target": target, "actor": {"name": "x"}})
    }

    #[test]
    fn cncf_distribution_tells_of_tags_and_of_blobs_which_say_nothing() {
        let manifest = "application/vnd.oci.image.manifest.v1+json";
        let events = json!({"events": [
            target("push", json!({"mediaType": BLOB, "repository": "team/blob"})),
            target("push", json!({"mediaType": manifest, "repository": "team/web", "tag": "1.0", "digest": "sha256:1"})),
            target("push", json!({"mediaType": manifest, "repository": "team/web", "tag": "1.0"})),
            target("push", json!({"mediaType": manifest, "repository": "team/part", "digest": "sha256:1"})),
            target("pull", json!({"mediaType": manifest, "repository": "team/read", "tag": "1.0"})),
            target("mount", json!({"mediaType": BLOB, "repository": "team/mounted"})),
            target("delete", json!({"repository": "team/web", "digest": "sha256:1"})),
            target("delete", json!({"repository": "team/web", "tag": "2.0"})),
        ]});
        assert_eq!(told(events), ["team/part", "team/web", "team/web:1.0", "team/web:2.0"]);
    }

    #[test]
    fn harbor_and_zot_tell_in_their_own_words() {
        let data = json!({"resources": [{"digest": "sha256:1", "tag": "v1", "resource_url": "h/library/web:v1"},
            {"digest": "sha256:2", "tag": "sha256:2"}], "repository": {"name": "web", "repo_full_name": "library/web"}});
        let both = ["library/web", "library/web:v1"];
        assert_eq!(told(json!({"type": "PUSH_ARTIFACT", "event_data": data})), both);
        assert_eq!(told(json!({"specversion": "1.0", "type": "harbor.artifact.deleted", "data": data})), both);
        assert!(told(json!({"type": "PULL_ARTIFACT", "event_data": data})).is_empty());
        assert!(told(json!({"type": "SCANNING_COMPLETED", "event_data": data})).is_empty());
        let zot = json!({"name": "infra/zot", "reference": "v2", "digest": "sha256:3", "manifest": "{}"});
        assert_eq!(told(zot.clone()), ["infra/zot:v2"], "its type is in a header");
        assert_eq!(told(json!([{"type": "zotregistry.image.updated", "data": zot}])), ["infra/zot:v2"]);
        assert_eq!(told(json!({"type": "zotregistry.repository.created", "data": {"name": "a"}})), ["a"]);
        assert!(told(json!({"type": "zotregistry.image.lint_failed", "data": {"name": "a"}})).is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_much_is_cut() {
        let odd = [
            json!(null),
            json!([]),
            json!({"events": {}}),
            json!({"events": [7, "x", null, {"target": 7}, {"target": {"repository": ["a"]}}]}),
            json!({"events": [target("push", json!({"repository": "../a", "tag": "1"}))]}),
            json!({"events": [target("push", json!({"repository": "A b", "tag": "1"}))]}),
            json!({"type": "PUSH_ARTIFACT", "event_data": {"repository": "x", "resources": 1}}),
        ];
        for message in odd {
            assert!(told(message.clone()).is_empty(), "{message}");
        }
        let odd = json!({"events": [{"action": 7, "target": {"repository": "a", "tag": "<b>"}}]});
        assert_eq!(told(odd), ["a"], "a tag that is none is no tag");
        let many: Vec<Value> = (0..3000).map(|n| target("push", json!({"repository": format!("a/r{n}")}))).collect();
        assert_eq!(told(json!({"events": many})).len(), MAX_EVENTS);
        let many: Vec<Value> = (0..3000).map(|n| json!({"tag": format!("t{n}")})).collect();
        let harbor = json!({"type": "PUSH_ARTIFACT", "event_data": {"repository": {"repo_full_name": "a/b"}, "resources": many}});
        assert_eq!(told(json!([harbor, harbor])).len(), MAX_EVENTS);
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes).len() <= MAX_EVENTS);
        }

        #[test]
        fn no_text_in_the_place_of_a_name_does(name in "\\PC{0,40}", tag in "\\PC{0,40}", action in "[a-z]{0,8}") {
            let message = json!({"events": [target(&action, json!({"repository": name, "tag": tag}))]});
            let read = read(message.to_string().as_bytes());
            prop_assert!(read.iter().all(|it| it.repository.as_str() == name));
            prop_assert!(read.iter().all(|it| it.tag.as_ref().is_none_or(|read| read.as_str() == tag)));
        }
    }
}
