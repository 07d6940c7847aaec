//! Rules as those meet them who want to change names: said with who may lift them, and a filter of the list.

use super::{form, send, timed, within};
use crate::support::{TestApp, field};
use portolan::domain::{Protection, Role, Tag};
use serde_json::{Value, json};

async fn set(test: &TestApp, rule: Value) -> String {
    let set = send(test, "POST", "/api/v1/protections", rule).await;
    assert_eq!(set.status, 201, "{}", set.text());
    set.json()["id"].as_str().unwrap().to_owned()
}

const PROD: &str = "prod is protected: only Maintainer and up set, move or delete it, by the rule about prod* in team.";

/// A form: its page, its intent, its fields, and what it keeps where it is refused.
type Sent<'s> = (&'s str, &'s str, &'s [(&'s str, &'s str)], &'s str);

#[tokio::test]
async fn what_a_rule_refuses_says_who_may_lift_it_and_leads_there_who_may_go() {
    let test = TestApp::new().await;
    test.push_image("team/web", "prod", "amd64", b"one").await;
    test.push_image("team/web", "v1", "amd64", b"one").await;
    let two = test.push_image("team/web", "main", "amd64", b"two").await;
    let rule = json!({"scope": "team/*", "tags": "prod*", "kind": "protected", "role": "maintainer"});
    let protected = set(&test, rule).await;
    let fixed = set(&test, json!({"scope": "team/web", "tags": "v*", "kind": "immutable"})).await;
    let (lena, olga) = (within(&test, "team/*", Role::Developer, None), within(&test, "team/*", Role::Owner, None));

    let lifted = "Maintainer and up may change or remove the rule.";
    for page in ["/r/team/web/-/tags/prod/delete", &*format!("/r/team/web/-/manifests/{two}/tag?name=prod")] {
        let shown = lena.get(page).await.text();
        assert!(shown.contains(PROD) && shown.contains(lifted), "{page}: {shown}");
        assert!(!shown.contains("See the rule") && !shown.contains("takes tag.move"), "{page}: {shown}");
    }
    for part in ["", "?part=dialog"] {
        let page = format!("/r/team/web/-/tags/main/retag{part}");
        let fields = [("name", "prod-2"), ("digest", &*two), ("expect", "")];
        let refused = form(&lena, &page, "set-tag", &fields).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        let refused = refused.text();
        assert!(refused.contains("prod-2 is protected: only Maintainer") && refused.contains(lifted), "{refused}");
        assert!(refused.contains("value=\"prod-2\""), "what was typed stays: {refused}");
    }

    // Who has the role reads that it is protected, and goes on.
    let asked = olga.get("/r/team/web/-/tags/prod/delete").await.text();
    let there = format!("href=\"/n/team/-/policies#rule-{protected}\">See the rule<");
    for words in [PROD, "As Owner you may remove it.", &there, "name=\"plan\""] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    assert!(olga.get("/n/team/-/policies").await.text().contains(&format!("id=\"rule-{protected}\"")));
    // What is immutable is so for them too, until they change the rule.
    let asked = olga.get("/r/team/web/-/tags/v1/delete").await.text();
    let there = format!("href=\"/r/team/web/-/settings#rule-{fixed}\">See the rule<");
    for words in ["v1 is immutable: nobody", "As Owner you may change or remove the rule.", &there] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    assert!(!asked.contains("name=\"plan\""), "{asked}");
    let whole = olga.get("/r/team/web/-/settings/delete").await.text();
    assert!(whole.contains("v1 is immutable: nobody") && !whole.contains("you may remove it"), "{whole}");
}

/// By its address and in a dialog alike: the rule is said once, with who may lift it, and what was typed stays.
#[tokio::test]
async fn a_form_that_a_rule_refuses_comes_back_with_the_rule_and_with_what_was_typed() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    let two = test.push_image("team/web", "prod", "amd64", b"two").await;
    let main = test.push_image("team/web", "main", "amd64", b"main").await;
    test.push_image("team/api", "main", "amd64", b"other").await;
    let (lena, olga) = (within(&test, "team/*", Role::Developer, None), within(&test, "team/*", Role::Owner, None));
    let copies = ["team/web", "team/api"].map(|to| format!("/r/team/web/-/copy?tag=main&to={to}&name=prod-2"));
    let mut seen = Vec::new();
    for page in &copies {
        seen.push(field(&lena.get(page).await.text(), "seen"));
    }
    let rule = json!({"scope": "team/*", "tags": "prod*", "kind": "protected", "role": "maintainer"});
    let rule = set(&test, rule).await;
    let lifted = "Maintainer and up may change or remove the rule.";

    // Who only looks reads it in the place of the form.
    let back = format!("/r/team/web/-/tags/prod/rollback?to={one}");
    for page in ["/r/team/web/-/tags/prod/rename", "/r/team/web/-/tags/prod/rollback", &back] {
        let shown = lena.get(page).await;
        let (status, shown) = (shown.status, shown.text());
        assert!(status == 200 && shown.contains(PROD) && shown.contains(lifted), "{page}: {status} {shown}");
        assert!(!shown.contains("type=\"submit\">Re") && !shown.contains("name=\"reason\""), "{page}: {shown}");
    }
    let add = format!("/r/team/web/-/manifests/{main}/tag?name=prod");
    let gone = [("to", ""), ("expect", &*two)];
    let sent: [Sent<'_>; 6] = [
        ("/r/team/web/-/tags/prod/rename", "rename-tag", &[("to", "typed-1"), ("expect", &two)], "value=\"typed-1\""),
        (&back, "roll-back-tag", &[("to", &one), ("expect", &two), ("reason", "typed 2")], "value=\"typed 2\""),
        ("/r/team/web/-/tags/prod/rollback", "roll-back-tag", &gone, "Roll back prod of team/web"),
        (&add, "set-tag", &[("name", "prod"), ("digest", &main), ("expect", &two)], "Move prod of team/web"),
        (&copies[0], "copy-tags", &[("seen", &seen[0]), ("expect", "")], "Promote main to prod-2"),
        (&copies[1], "copy-tags", &[("seen", &seen[1]), ("expect", "")], "Copy main to team/api as prod-2"),
    ];
    for (page, intent, fields, kept) in sent {
        for part in ["", "part=dialog"] {
            let joint = if page.contains('?') { "&" } else { "?" };
            let refused = form(&lena, &format!("{page}{joint}{part}"), intent, fields).await;
            assert_eq!(refused.status, 403, "{page}: {}", refused.text());
            let refused = refused.text();
            if part.is_empty() || intent != "copy-tags" {
                assert_eq!(refused.matches("protected: only Maintainer and up").count(), 1, "{page}: {refused}");
                assert!(refused.contains(lifted) && refused.contains(kept), "{page}: {refused}");
            }
        }
    }
    // Who may lift it is led there.
    let fixed = json!({"scope": "team/web", "tags": "main", "kind": "immutable"});
    let fixed = set(&test, fixed).await;
    let fields = [("to", "typed-1"), ("expect", &*main)];
    let refused = form(&olga, "/r/team/web/-/tags/main/rename", "rename-tag", &fields).await.text();
    let there = format!("href=\"/r/team/web/-/settings#rule-{fixed}\">See the rule<");
    for words in ["As Owner you may change or remove the rule.", &there, "value=\"typed-1\""] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    // Once it is lifted, what stands in the form is sent as it is.
    assert_eq!(send(&test, "DELETE", &format!("/api/v1/protections/{rule}"), json!(null)).await.status, 204);
    assert_eq!(
        form(&lena, &back, "roll-back-tag", &[("to", &one), ("expect", &two), ("reason", "")]).await.status,
        303
    );
}

/// The names in the rows of a list, in its order.
async fn rows(test: &TestApp, q: &str) -> Vec<String> {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let page = test.get(&format!("/r/team/web?sort=name&q={q}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    let names = page.split("class=\"tagname\">").skip(1).filter_map(|rest| rest.split('<').next());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn protected_tags_are_found_by_the_decisions_own_rule() {
    const TAGS: [&str; 11] = ["1.4", "A1", "a.b", "aXb", "a_b", "main", "prod", "v1", "v1-rc1", "v2", "v2-snapshot"];
    let test = TestApp::new().await;
    for tag in TAGS {
        test.push_image("team/web", tag, "amd64", b"one").await;
    }
    let switch = ">Protected<";
    assert!(!test.get("/r/team/web").await.text().replace("<!>", "").contains(switch), "nothing is protected here");
    assert_eq!(rows(&test, "protected").await, [""; 0]);
    for (tags, except) in [
        (Some("prod"), None),
        (Some("v*"), Some("*-snapshot")),
        (Some("v*, !*-rc?"), None),
        (Some("[a-c][._]b"), None),
        (Some("!v*, !main"), Some("[A-Z]?, a?b")),
        (Some("[*]"), None),
        (None, Some("?????*, 1.4")),
    ] {
        let id = set(&test, json!({"scope": "team/*", "tags": tags, "except": except, "kind": "no_delete"})).await;
        let listed = test.get("/api/v1/protections?scope=team/*").await.json();
        let rule = Protection {
            scope: "team/*".parse().unwrap(),
            tags: tags.map(|tags| tags.parse().unwrap()),
            except: except.map(|except| except.parse().unwrap()),
            guard: portolan::domain::protection::Guard::NoDelete(None),
        };
        let covers = |tag: &&str| rule.covers(&tag.parse::<Tag>().unwrap());
        let expected: Vec<&str> = TAGS.into_iter().filter(covers).collect();
        assert_eq!(rows(&test, "protected").await, expected, "{tags:?} {except:?}: {listed}");
        let others: Vec<&str> = TAGS.into_iter().filter(|tag| !expected.contains(tag)).collect();
        assert_eq!(rows(&test, "unprotected").await, others, "{tags:?} {except:?}: {listed}");
        let of_v: Vec<&str> = expected.iter().copied().filter(|tag| tag.starts_with('v')).collect();
        assert_eq!(rows(&test, "v* protected").await, of_v, "{tags:?} {except:?}");
        assert_eq!(send(&test, "DELETE", &format!("/api/v1/protections/{id}"), json!(null)).await.status, 204);
    }
    for tags in ["prod", "v1"] {
        set(&test, json!({"scope": "team/web", "tags": tags, "kind": "protected", "role": "developer"})).await;
    }
    assert_eq!(rows(&test, "protected").await, ["prod", "v1"], "each rule counts");
    let page = test.get("/r/team/web?q=v*").await.text().replace("<!>", "");
    for link in ["href=\"/r/team/web?q=v*\" aria-current=\"true\"", "href=\"/r/team/web?q=v*%20protected\""] {
        assert!(page.contains(switch) && page.contains(link), "{link}: {page}");
    }
    // What the filter matches is what is deleted by it.
    let asked = test.get("/r/team/web/-/delete?filter=protected").await.text();
    assert!(asked.contains("Delete 2 tags from team/web") && asked.contains("As Admin you may remove it."), "{asked}");
}

/// As the readme says it, on pages and by the API alike: what is listed is what a delete by the same filter takes.
#[tokio::test]
async fn a_filter_takes_what_it_says_and_what_it_cannot_take_is_said_where_it_was_typed() {
    let (test, clock) = timed().await;
    test.push_image("team/web", "1.4.0", "amd64", b"one").await;
    clock.advance_ms(31 * 86_400_000);
    for tag in ["1.4.1", "1.4.2-rc1", "prod", "v1", "v2"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    set(&test, json!({"scope": "team/web", "tags": "prod", "kind": "immutable"})).await;
    let encoded = |filter: &str| filter.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let (list, preview) = ("/api/v1/r/team/web/-/tags?q=", "/api/v1/r/team/web/-/delete-preview");
    for (filter, expected) in [
        ("rc", &["1.4.2-rc1"][..]),
        ("1.4.*", &["1.4.0", "1.4.1", "1.4.2-rc1"]),
        ("1.4.* age:>30d", &["1.4.0"]),
        ("1.4.* age:<12h age:>0h", &[]),
        ("1.4.* !*-rc*", &["1.4.0", "1.4.1"]),
        ("1.4.* !rc age:<2w", &["1.4.1"]),
        ("v[0-9]*", &["v1", "v2"]),
        ("v?,1.4.[01]", &["1.4.0", "1.4.1", "v1", "v2"]),
        ("protected", &["prod"]),
        ("unprotected !1.4", &["v1", "v2"]),
    ] {
        let encoded = encoded(filter);
        let listed = test.get(&format!("{list}{encoded}")).await.json();
        let listed: Vec<&str> =
            listed["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(listed, expected, "{filter}");
        let shown = send(&test, "POST", preview, json!({"filter": filter})).await.json();
        let of_tags = |it: &&Value| it["kind"] == "tag";
        let going = shown["removed"].as_array().map_or(0, |it| it.iter().filter(of_tags).count());
        assert_eq!(going, expected.len(), "{filter}: {shown}");
    }
    for (filter, words, typed) in [
        ("age:>90d age:>30d", "says a second time what a filter says once", "age:>90d age:>30d"),
        ("v[9-0]", "its range goes upwards", "v[9-0]"),
        ("stars:>1", "is no filter", "stars:>1"),
    ] {
        let encoded = encoded(filter);
        for page in [format!("/r/team/web?sort=name&q={encoded}"), format!("/r/team/web/-/delete?filter={encoded}")] {
            let refused = test.get(&page).await;
            let text = refused.text().replace("&gt;", ">");
            assert_eq!(refused.status, 400, "{page}: {text}");
            assert!(text.contains(words) && text.contains(&format!("value=\"{typed}\"")), "{page}: {text}");
            assert!(text.contains("action=\"/r/team/web\""), "{page}: {text}");
        }
        let refused = test.get(&format!("{list}{encoded}")).await;
        assert!(refused.status == 400 && refused.text().contains(words), "{filter}: {}", refused.text());
        let refused = send(&test, "POST", preview, json!({"filter": filter})).await;
        assert!(refused.status == 400 && refused.text().contains(words), "{filter}: {}", refused.text());
    }
}

/// What is offered on a page to go on without what rules protect: a link, which works without script as well.
pub(super) fn way_on(page: &str) -> Option<String> {
    let (before, _) = page.split_once(" and go on<")?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.split_once('"')?.0.replace("&amp;", "&"))
}

#[tokio::test]
async fn one_that_is_protected_is_left_out_at_a_press_and_the_others_go() {
    let test = TestApp::new().await;
    for tag in ["a", "b", "c", "d", "gone", "v1", "v2"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    assert_eq!(test.delete("/v2/team/web/manifests/gone").await.status, 202);
    let chosen = "/r/team/web/-/delete?tag=a&tag=b&tag=gone&tag=v1&tag=v2";
    for (page, words, title, left_out) in [
        (
            chosen,
            "Leave out 2 protected tags and go on",
            "Delete 2 tags from team/web",
            "Protected, and left out: v1 and v2.",
        ),
        (
            "/r/team/web/-/delete?filter=*",
            "Leave out 2 protected tags and go on",
            "Delete 2 tags from team/web",
            "Protected, and left out: v1 and v2.",
        ),
    ] {
        let stopped = test.get(page).await.text();
        assert!(stopped.contains(words) && !stopped.contains("name=\"plan\""), "{page}: {stopped}");
        let once = "v1 and v2 are immutable: nobody moves or deletes them, by the rule about v* in team.";
        assert!(stopped.contains(once), "{page}: {stopped}");
        let on = way_on(&stopped).expect("the way on");
        assert_eq!(on, format!("{page}&leave=protected"), "what was typed stays");
        let asked = test.get(&on).await.text();
        for words in [title, left_out] {
            assert!(asked.contains(words), "{on}: {words}: {asked}");
        }
        assert!(!asked.contains("immutable"), "what is left out is in the way of nothing: {asked}");
        assert_eq!(asked.contains("Gone meanwhile, and left out: gone."), page == chosen, "{asked}");
        let done = form(&test, &on, "delete-tags", &[("plan", &*field(&asked, "plan")), ("tags", "2")]).await;
        assert_eq!(done.status, 303, "{}", done.text());
    }
    assert_eq!(test.get("/v2/team/web/tags/list").await.json()["tags"], json!(["v1", "v2"]));
    let all = test.get("/r/team/web/-/delete?tag=v1&tag=v2").await.text();
    assert!(all.contains("v1 and v2 are immutable") && way_on(&all).is_none(), "nothing would be left: {all}");
    assert_eq!(test.get("/r/team/web/-/delete?tag=v1&tag=v2&leave=protected").await.status, 400);
}

/// UX 7: who may not, sees no control, though it is a rule that says so and no role. To give its image another name is
/// no change of the tag.
#[tokio::test]
async fn who_is_kept_from_a_tag_by_a_rule_is_shown_no_way_to_change_it() {
    let test = TestApp::new().await;
    let mut images = Vec::new();
    for tag in ["prod", "main", "v1"] {
        images.push(test.push_image("team/web", tag, "amd64", tag.as_bytes()).await);
        test.push_image("team/web", tag, "amd64", format!("newer {tag}").as_bytes()).await;
    }
    set(&test, json!({"scope": "team/*", "tags": "prod*", "kind": "protected", "role": "maintainer"})).await;
    set(&test, json!({"scope": "team/web", "tags": "v*", "kind": "immutable"})).await;
    let by = |role| within(&test, "team/*", role, None);
    let (lena, max, olga) = (by(Role::Developer), by(Role::Maintainer), by(Role::Owner));
    for (who, is_open, deletes_images) in
        [(&lena, [false, true, false], false), (&max, [true, true, false], true), (&olga, [true, true, false], true)]
    {
        let list = who.get("/r/team/web").await.text();
        let history = who.get("/r/team/web/-/history").await.text();
        for ((tag, image), is_open) in ["prod", "main", "v1"].into_iter().zip(&images).zip(is_open) {
            let link = |page: &str, way: &str| page.contains(&format!("href=\"/r/team/web/-/tags/{tag}/{way}"));
            let head = who.get(&format!("/r/team/web/-/tags/{tag}")).await.text();
            let left = who.get(&format!("/r/team/web/-/manifests/{image}")).await.text();
            for way in ["rename", "rollback", "delete"] {
                assert_eq!(link(&list, way), is_open, "{tag} {way} in its row: {list}");
                assert_eq!(link(&head, way), is_open, "{tag} {way} on its page: {head}");
            }
            assert!(link(&list, "retag") && head.contains(">Retag…<"), "{tag}: its image may have more names");
            assert_eq!(link(&history, "rollback?to="), is_open, "{tag}: {history}");
            assert_eq!(link(&left, "rollback?to="), is_open, "{tag}, where it was before: {left}");
            assert_eq!(head.contains("Delete image and its tags…"), is_open && deletes_images, "{tag}: {head}");
        }
    }
}

/// SEC-7 on pages: where deletion is off they say so and offer nothing, and a form that was drawn before deletes nothing.
#[tokio::test]
async fn where_deletion_is_off_no_page_deletes() {
    let test = TestApp::new().await;
    let image = test.push_image("team/web", "1.0", "amd64", b"one").await;
    test.push_image("team/web", "1.1", "amd64", b"two").await;
    let pages = [
        ("/r/team/web/-/tags/1.0/delete".to_owned(), "delete-tags", ""),
        ("/r/team/web/-/delete?tag=1.0&tag=1.1".to_owned(), "delete-tags", ""),
        (format!("/r/team/web/-/manifests/{image}/delete"), "delete-image", "team/web"),
        ("/r/team/web/-/settings/delete".to_owned(), "delete-repository", "team/web"),
        ("/n/team/-/settings/delete".to_owned(), "delete-namespace", "team"),
    ];
    let mut drawn = Vec::new();
    for (page, ..) in &pages {
        drawn.push(field(&test.get(page).await.text(), "plan"));
    }
    set(&test, json!({"scope": "team/web", "kind": "no_delete"})).await;
    for ((page, intent, typed), plan) in pages.iter().zip(&drawn) {
        let asked = test.get(page).await.text();
        assert!(
            asked.contains("nobody deletes") && asked.contains("the rule about all tags in team/web"),
            "{page}: {asked}"
        );
        assert!(!asked.contains("name=\"plan\""), "{page}: {asked}");
        let sent = form(&test, page, intent, &[("plan", plan), ("confirmed", typed)]).await;
        assert_eq!(sent.status, 403, "{page}: {}", sent.text());
        assert!(sent.text().contains("nobody deletes"), "{page}: {}", sent.text());
    }
    assert_eq!(test.get("/v2/team/web/tags/list").await.json()["tags"], json!(["1.0", "1.1"]));
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
}

/// What is immutable is so as long as it is there.
#[tokio::test]
async fn a_tag_that_is_gone_is_shown_its_way_back_past_a_rule_that_lets_it_be_made() {
    let test = TestApp::new().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    let two = test.push_image("team/web", "v1", "amd64", b"two").await;
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/v1").await.status, 204);
    set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    let back = |to: &str| format!("/r/team/web/-/tags/v1/rollback?to={to}");
    let (history, image) = ("/r/team/web/-/history", format!("/r/team/web/-/manifests/{one}"));
    for page in [history, &image] {
        assert!(test.get(page).await.text().contains(&back(&one)), "{page}");
    }
    let asked = test.get(&back(&one)).await.text();
    assert!(!asked.contains("immutable") && asked.contains("value=\"roll-back-tag\""), "{asked}");
    let done = form(&test, &back(&one), "roll-back-tag", &[("to", &one), ("expect", ""), ("reason", "")]).await;
    assert_eq!(done.status, 303, "{}", done.text());

    for page in [history, &image] {
        assert!(!test.get(page).await.text().contains("/tags/v1/rollback"), "{page}");
    }
    assert!(test.get(&back(&two)).await.text().contains("v1 is immutable: nobody moves"));
    let again = format!("/r/team/web/-/manifests/{one}/tag?name=v1");
    assert!(!test.get(&again).await.text().contains("immutable"), "the same image again is no move");
}
