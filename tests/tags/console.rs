//! Deleting by the pages of the console, as a browser does it without script.

use super::{is_there, names, push_index, push_signature, send, timed};
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, field, sha256, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::json;

/// Somebody with one role in `team`, on some of its tags or on all.
fn with_role(test: &TestApp, name: &str, role: Role, tags: Option<&str>) -> TestApp {
    let tags = tags.map(|tags| tags.parse().unwrap());
    let terms = vec![Terms { role, scope: "team/*".parse().unwrap(), tags, expires_at: None }];
    test.with_standing(Standing { terms, ..Standing::of(user(name)) })
}

/// Sends a form of a page.
async fn post(test: &TestApp, page: &str, intent: &str, fields: &[(&str, &str)]) -> Answer {
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("do", intent).extend_pairs(fields).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    test.ask("POST", page, &headers, body).await
}

/// Sends a form that is done, and reads the page that says so.
async fn done(test: &TestApp, page: &str, intent: &str, fields: &[(&str, &str)]) -> String {
    let answer = post(test, page, intent, fields).await;
    assert_eq!(answer.status, 303, "{intent}: {}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let page = test.ask("GET", answer.header("location"), &[("cookie", &cookie)], "").await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

async fn tag(test: &TestApp, tag: &str, digest: &str) {
    let set = send(test, "PUT", &format!("/api/v1/r/team/web/-/tags/{tag}"), json!({"digest": digest})).await;
    assert_eq!(set.status, 201, "{}", set.text());
}

#[tokio::test]
async fn tags_that_are_chosen_go_by_who_may_and_come_back_by_undo() {
    let test = TestApp::new().await;
    let shared = test.push_image("team/web", "1.4.2", "amd64", b"shared").await;
    tag(&test, "1.4", &shared).await;
    tag(&test, "prod", &shared).await;
    let last = test.push_image("team/web", "1.4.0", "amd64", b"last").await;
    let (mara, nina) =
        (with_role(&test, "mara", Role::Developer, None), with_role(&test, "nina", Role::Publisher, None));

    let list = mara.get("/r/team/web").await.text();
    assert!(list.contains("name=\"tag\" value=\"1.4.2\"") && list.contains("With selected:"), "{list}");
    let list = nina.get("/r/team/web").await.text();
    assert!(
        !list.contains("/delete") && !list.contains("Delete…") && list.contains("Copy or promote…"),
        "nothing is offered that is refused: {list}"
    );
    assert!(list.contains("data-pull=\"docker pull 127.0.0.1:8080/team/web:{}\n"), "how to pull any of them: {list}");
    assert!(list.contains("href=\"/r/team/web/-/tags/1.4.2#pull\" data-copy"), "and where that is read: {list}");
    assert!(nina.get("/r/team/web/-/tags/1.4.2").await.text().contains("id=\"pull\""));

    let page = "/r/team/web/-/delete?tag=1.4.2&tag=1.4.0";
    let asked = mara.get(page).await.text();
    for words in [
        "Delete 2 tags from team/web",
        "is still tagged",
        ">prod<",
        "It is the last tag of its image",
        "can be pulled by its digest until",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    assert!(!asked.contains("name=\"confirmed\""), "few tags take no typing");
    let all = mara.get("/r/team/web/-/delete?tag=1.4.2&tag=1.4&tag=prod&tag=1.4.0").await.text();
    assert!(all.contains("They are the last tags of their image") && all.contains("It is the last tag of its image"));
    assert_eq!(all.matches("can be pulled by its digest until").count(), 2, "once for each image: {all}");
    let part = mara.get(&format!("{page}&part=dialog")).await.text();
    assert!(
        part.contains("id=\"dialog-title\"")
            && part.contains("action=\"/r/team/web/-/delete?tag=1.4.2&amp;tag=1.4.0\""),
        "{part}"
    );
    let plan = field(&asked, "plan");
    assert_eq!(nina.get(page).await.status, 403);
    assert_eq!(post(&nina, page, "delete-tags", &[("plan", &plan)]).await.status, 403);
    assert_eq!(
        post(&mara, "/r/team/api/-/delete?tag=1", "delete-tags", &[("plan", &plan)]).await.status,
        404,
        "of another page"
    );
    assert!(is_there(&test, "team/web", "1.4.2").await, "nothing happened yet");

    let said = done(&mara, page, "delete-tags", &[("plan", &plan), ("tags", "2")]).await;
    assert!(said.contains("Deleted 2 tags from team/web."), "{said}");
    assert_eq!(post(&mara, page, "delete-tags", &[("plan", &plan)]).await.status, 303, "sent twice, done once");
    assert!(!is_there(&test, "team/web", "1.4.2").await && !is_there(&test, "team/web", "1.4.0").await);
    assert!(is_there(&test, "team/web", "prod").await && is_there(&test, "team/web", &last).await);

    let batch = field(&said, "batch");
    assert_eq!(post(&nina, "/r/team/web", "undo", &[("batch", &batch)]).await.status, 404, "it is not hers to restore");
    let said = done(&mara, "/r/team/web", "undo", &[("batch", &batch)]).await;
    assert!(said.contains("Restored 2 tags of team/web."), "{said}");
    assert_eq!(
        (names(&test, "team/web", "1.4.2").await, names(&test, "team/web", "1.4.0").await),
        (Some(shared), Some(last))
    );
    let twice = post(&mara, "/r/team/web", "undo", &[("batch", &batch)]).await;
    assert!(twice.status == 404 && twice.text().contains("not in the trash"), "{}", twice.text());
}

#[tokio::test]
async fn an_image_goes_by_its_name_and_not_when_something_else_would_go() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.4.2", "one").await;
    let signature = push_signature(&test, "team/web", &index, 2).await;
    let (mara, nina) =
        (with_role(&test, "mara", Role::Maintainer, None), with_role(&test, "nina", Role::Developer, None));
    let page = format!("/r/team/web/-/manifests/{index}/delete");
    let image = mara.get("/r/team/web/-/tags/1.4.2").await.text();
    assert!(image.contains("Delete image and its tags…") && image.contains("Delete tag…"), "{image}");
    let image = nina.get("/r/team/web/-/tags/1.4.2").await.text();
    assert!(!image.contains("Delete image") && image.contains("Delete tag…"), "{image}");
    assert_eq!(nina.get(&page).await.status, 403);

    let name = mara.get("/r/team/web/-/tags/1.4.2/delete").await.text();
    assert!(name.contains("It has 2 platforms (linux/amd64, linux/arm64) and 1 "), "{name}");
    let asked = mara.get(&page).await.text();
    for words in [
        "and its tag",
        "2 images that it lists go with it",
        "linux/amd64",
        "1 referrer goes with it",
        &signature,
        "delete the tag instead",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let plan = field(&asked, "plan");
    let wrong = post(&mara, &page, "delete-image", &[("plan", &plan), ("tags", "1"), ("confirmed", "team/wep")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("Type team/web to confirm.") && wrong.text().contains("value=\"team/wep\""),
        "{}",
        wrong.text()
    );
    for name in ["1.4", "prod"] {
        tag(&test, name, &index).await;
    }
    let fields = |plan| [("plan", plan), ("tags", "1"), ("confirmed", "team/web")];
    let outdated = post(&mara, &page, "delete-image", &fields(&plan)).await;
    assert_eq!(outdated.status, 409);
    assert!(outdated.text().contains("2 more tags now name this image. Look again."), "{}", outdated.text());
    assert!(is_there(&test, "team/web", &index).await, "nothing is done");
    let plan = field(&outdated.text(), "plan");
    let said = done(&mara, &page, "delete-image", &fields(&plan)).await;
    assert!(said.contains("with all its tags from team/web."), "{said}");
    for reference in [&*index, &children[0], &signature, "prod"] {
        assert!(!is_there(&test, "team/web", reference).await, "{reference}");
    }
    done(&mara, "/r/team/web", "undo", &[("batch", &field(&said, "batch"))]).await;
    for name in ["1.4.2", "1.4", "prod"] {
        assert_eq!(names(&test, "team/web", name).await.as_ref(), Some(&index), "{name}");
    }

    let child = format!("/r/team/web/-/manifests/{}/delete", children[0]);
    let listed = mara.get(&child).await.text();
    assert!(
        listed.contains(&index) && !listed.contains("name=\"plan\""),
        "what an index lists goes after it: {listed}"
    );
    let asked = json!({"digests": [children[0]]});
    let plan = send(&mara, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json()["plan"].clone();
    let fields = [("plan", plan.as_str().unwrap()), ("confirmed", "team/web")];
    let refused = post(&mara, &child, "delete-image", &fields).await;
    assert!(refused.status == 403 && refused.text().contains("delete that first"), "{}", refused.text());
}

#[tokio::test]
async fn many_tags_go_by_their_number_and_some_by_who_may_delete_those() {
    let (test, _) = timed().await;
    for number in 0..21 {
        test.push_image("team/web", &format!("dev-{number}"), "amd64", &[number]).await;
    }
    test.push_image("team/web", "prod", "amd64", b"prod").await;
    let mara = with_role(&test, "mara", Role::Developer, None);
    let few = with_role(&test, "nina", Role::Developer, Some("dev-*"));

    let list = few.get("/r/team/web?q=d&limit=5").await.text();
    assert!(list.contains("name=\"tag\"") && !list.contains("that match"), "what a filter matches may be more: {list}");
    let list = few.get("/r/team/web").await.text();
    assert!(list.contains("value=\"dev-1\"") && !list.contains("value=\"prod\""), "{list}");
    assert_eq!(few.get("/r/team/web/-/delete?tag=dev-1").await.status, 200);
    let refused = few.get("/r/team/web/-/delete?tag=dev-1&tag=prod").await;
    assert!(refused.status == 403 && refused.text().contains("You may not do this"), "{}", refused.text());
    assert!(mara.get("/r/team/web?q=dev-*&limit=5").await.text().contains("Select all 21 that match"));

    // Twenty take no typing.
    let twenty: Vec<String> = (0..20).map(|number| format!("tag=dev-{number}")).collect();
    let page = format!("/r/team/web/-/delete?{}", twenty.join("&"));
    let asked = mara.get(&page).await.text();
    assert!(asked.contains("Delete 20 tags from team/web") && !asked.contains("name=\"confirmed\""), "{asked}");
    let said = done(&mara, &page, "delete-tags", &[("plan", &field(&asked, "plan")), ("tags", "20")]).await;
    assert!(said.contains("Deleted 20 tags from team/web."), "{said}");
    done(&mara, "/r/team/web", "undo", &[("batch", &field(&said, "batch"))]).await;

    let page = "/r/team/web/-/delete?filter=dev-*";
    let asked = mara.get(page).await.text();
    assert!(asked.contains("name=\"confirmed\""), "one more do: {asked}");
    assert!(asked.contains("21 tags are removed") && asked.contains("21 images lose their last tag"), "{asked}");
    let plan = field(&asked, "plan");
    for wrong in ["", "20", "team/web"] {
        let refused = post(&mara, page, "delete-tags", &[("plan", &plan), ("tags", "21"), ("confirmed", wrong)]).await;
        assert_eq!(refused.status, 422, "{wrong}");
    }
    let fields = [("plan", &*plan), ("tags", "21"), ("confirmed", "21")];
    let said = done(&mara, page, "delete-tags", &fields).await;
    assert!(said.contains("Deleted 21 tags from team/web."), "{said}");
    assert_eq!(post(&mara, page, "delete-tags", &fields).await.status, 303, "sent twice, done once");
    assert_eq!(test.get("/v2/team/web/tags/list").await.json()["tags"], json!(["prod"]));
    for (odd, words) in [
        ("", "No tag is selected"),
        ("?filter=none", "no tag of team/web matches"),
        ("?filter=stars:%3E1", "is no filter"),
    ] {
        let refused = mara.get(&format!("/r/team/web/-/delete{odd}")).await;
        assert!(
            refused.status == 400 && refused.text().to_lowercase().contains(&words.to_lowercase()),
            "{odd}: {}",
            refused.text()
        );
    }
}

/// What has no name but by an image that loses its last is counted and named, of many tags as of few, and by the API.
#[tokio::test]
async fn what_nobody_finds_any_more_is_said_of_many_tags_too() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "dev-multi", "one").await;
    let signature = push_signature(&test, "team/web", &index, 2).await;
    let (_, named) = push_index(&test, "team/web", "dev-named", "two").await;
    for (name, digest) in [("arm", &named[1]), ("amd", &named[0])] {
        tag(&test, name, digest).await;
    }
    for number in 0..19 {
        test.push_image("team/web", &format!("dev-{number}"), "amd64", &[number]).await;
    }
    let page = test.get("/r/team/web/-/delete?filter=dev-*").await.text();
    assert!(page.contains("21 images lose their last tag"), "{page}");
    let (_, said) = page.split_once("3 parts of these have no other name").expect("they are counted");
    let (said, _) = said.split_once("</ul>").expect("a list of them");
    for words in ["linux/amd64", "linux/arm64", &children[0], &children[1], &signature] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!named.iter().any(|it| said.contains(it)), "what has a tag of its own is found by that: {said}");

    let asked = json!({"filter": "dev-*"});
    let preview = send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let unreachable = preview["unreachable"].as_array().expect("a list");
    let mut lost: Vec<&str> = unreachable.iter().filter_map(|it| it["digest"].as_str()).collect();
    lost.sort_unstable();
    let mut expected = [&*children[0], &children[1], &signature];
    expected.sort_unstable();
    assert_eq!((lost, &preview["unreachable_more"]), (expected.to_vec(), &json!(0)), "{preview}");
    let of = |digest: &str| unreachable.iter().find(|it| it["digest"] == digest).expect("it is there");
    assert_eq!((&of(&children[0])["kind"], &of(&children[0])["label"]), (&json!("child"), &json!("linux/amd64")));
    let kept = preview["kept"].as_array().unwrap().iter().find(|it| it["digest"] == *index).expect("it stays");
    assert!(
        kept["label"].as_str().is_some_and(|it| it.starts_with("2 platforms (linux/amd64, linux/arm64)")),
        "{kept}"
    );
}

#[tokio::test]
async fn a_repository_and_a_namespace_go_by_their_names_and_come_back() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("team/deep/api", "1.0", "amd64", b"api").await;
    let (mara, nina) = (with_role(&test, "mara", Role::Owner, None), with_role(&test, "nina", Role::Maintainer, None));
    for (page, intent, name, settings, words) in [
        (
            "/r/team/web/-/settings/delete",
            "delete-repository",
            "team/web",
            "/r/team/web/-/settings",
            "The repository team/web is deleted",
        ),
        (
            "/n/team/-/settings/delete",
            "delete-namespace",
            "team",
            "/n/team/-/settings",
            "The namespace team is deleted",
        ),
    ] {
        assert!(mara.get(settings).await.text().contains(page) && !nina.get(settings).await.text().contains(page));
        assert_eq!(nina.get(page).await.status, 403);
        let asked = mara.get(page).await.text();
        let plan = field(&asked, "plan");
        assert_eq!(post(&mara, page, intent, &[("plan", &plan), ("confirmed", "teams")]).await.status, 422);
        let said = done(&mara, page, intent, &[("plan", &plan), ("confirmed", name)]).await;
        assert!(said.contains(words), "{said}");
        assert!(!is_there(&test, "team/web", "1.0").await);
        done(&mara, "/repositories", "undo", &[("batch", &field(&said, "batch"))]).await;
        assert!(is_there(&test, "team/web", "1.0").await && is_there(&test, "team/deep/api", "1.0").await);
    }
    assert_eq!(mara.get("/n/team/nothing/-/settings/delete").await.status, 404);
}

/// In the order of the image's page, which is that of the index; a digest of it is read by nobody, and stands in its fold.
#[tokio::test]
async fn what_an_image_lists_is_said_by_platform_in_its_order_and_attestations_apart() {
    let test = TestApp::new().await;
    let (mut entries, platforms) = (Vec::new(), ["s390x", "amd64", "riscv64", "arm64", "ppc64le"]);
    for architecture in platforms {
        let image = test.image("team/web", architecture, architecture.as_bytes()).await;
        let digest = sha256(image.as_bytes());
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &image).await.status, 201);
        entries.push(json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": image.len(),
            "platform": {"os": "linux", "architecture": architecture}}));
    }
    let config = test.push_blob("team/web", b"{}").await;
    for about in 0..2 {
        let attestation = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.in-toto+json",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": [],
            "annotations": {"about": entries[about]["digest"]}});
        let attestation = attestation.to_string();
        let digest = sha256(attestation.as_bytes());
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &attestation).await.status, 201);
        entries.push(json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": attestation.len(),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": entries[about]["digest"]}}));
    }
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string();
    assert_eq!(test.put_manifest("team/web", "1.4.2", OCI_INDEX, &index).await.status, 201);
    let asked = test.get(&format!("/r/team/web/-/manifests/{}/delete", sha256(index.as_bytes()))).await.text();
    for words in ["5 images that it lists go with it", "2 attestations that it lists go with it"] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let places: Vec<Option<usize>> = platforms.iter().map(|it| asked.find(&format!("linux/{it}"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {asked}");
    assert!(!asked.contains("goes. linux"), "the title says it already: {asked}");

    let whole = test.get("/n/team/-/settings/delete").await.text();
    let (before, digests) = whole.split_once("Show their digests").expect("a fold");
    assert!(before.contains("8 images go with them") && digests.contains("team/web@"), "{whole}");
    assert!(!before.contains("team/web@") && before.trim_end().ends_with("<summary class=\"fold\">"), "{whole}");
}
