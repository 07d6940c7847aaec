//! Protection rules on pages, by their plain forms.

use super::console::Browser;
use super::protection::set;
use super::{PASSWORD, basic, with_admin};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The id of the rule whose form or link stands on a page.
fn rule(page: &str) -> String {
    page.split("?remove=").nth(1).and_then(|rest| rest.split('"').next()).expect("a rule").to_owned()
}

#[tokio::test]
async fn a_rule_is_tried_set_changed_and_removed_by_its_forms() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    for tag in ["v1", "v2", "v2-snapshot", "main"] {
        admin.push_image("team/web", tag, "amd64", b"layer").await;
    }
    let page = "/n/team/-/policies";
    assert!(mara.get("/n/team").await.text().contains(page), "there is a tab");
    assert!(mara.get(page).await.text().contains("No rules"));
    let tried = mara.get(&format!("{page}?try=yes&tags=v*&except=*-snapshot&kind=immutable&role=")).await.text();
    assert!(tried.contains("It would bind 2 of 4 tags:") && tried.contains("team/web:v1, team/web:v2"), "{tried}");
    assert!(tried.contains("value=\"v*\"") && tried.contains("value=\"*-snapshot\""), "it stands there still");
    let odd = mara.get(&format!("{page}?try=yes&tags=[&except=")).await.text();
    assert!(odd.contains("A set in a tag pattern is written"), "{odd}");

    let fields = |tags, kind, role| [("tags", tags), ("except", "*-snapshot"), ("kind", kind), ("role", role)];
    let odd = mara.send(page, "set-protection", &fields("a b", "immutable", "")).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(odd.text().contains("value=\"a b\"") && odd.text().contains("aria-invalid=\"true\""), "{}", odd.text());
    let odd = mara.send(page, "set-protection", &fields("v*", "protected", "")).await;
    assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text().contains("Choose the least role"));
    // The role is not asked for there: what was chosen before is left out.
    let made = mara.done(page, "set-protection", &fields("v*", "immutable", "owner")).await;
    for words in ["The rule about v* but not *-snapshot is set", ">Immutable<", "Nobody moves or deletes them."] {
        assert!(made.contains(words), "{words}: {made}");
    }
    let again = mara.send(page, "set-protection", &fields("v*", "immutable", "")).await;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.text().contains("There is a rule already"));

    let (list, image) = (mara.get("/r/team/web").await.text(), mara.get("/r/team/web/-/tags/v1").await.text());
    assert_eq!(list.matches("</svg>Immutable<").count(), 2, "{list}");
    let said = "Nobody moves or deletes v1, by the rule about v* but not *-snapshot in team.";
    let there = format!("href=\"{page}#protection\">See the rule<");
    assert!(image.contains(said) && image.contains(&there), "{image}");
    assert!(!mara.get("/r/team/web/-/tags/main").await.text().contains("Immutable<"));
    for (delete, kept) in [
        ("/r/team/web/-/tags/v1/delete", "v1 is immutable: nobody"),
        ("/r/team/web/-/settings/delete", "v1 and v2 are immutable: nobody"),
    ] {
        let asked = mara.get(delete).await;
        assert!(asked.status == StatusCode::OK && asked.text().contains(kept), "{}", asked.text());
        assert!(!asked.text().contains("name=\"plan\""), "there is nothing to press: {delete}");
    }

    // In the settings of the repository it is shown and changed where it is set.
    let settings = "/r/team/web/-/settings";
    let inherited = mara.get(settings).await.text();
    assert!(inherited.contains("v* but not *-snapshot") && inherited.contains(&format!("href=\"{page}\">team<")));
    let id = rule(&mara.get(page).await.text());
    assert_eq!(mara.send(settings, "remove-protection", &[("rule", &id)]).await.status, StatusCode::NOT_FOUND);
    assert!(mara.get(&format!("{page}?rule={id}")).await.text().contains("Change rule"));
    let change = [&[("rule", &*id)][..], &fields("v*", "protected", "admin")].concat();
    let changed = mara.done(page, "change-protection", &change).await;
    assert!(changed.contains("Only Admin set, move or delete them."), "{changed}");
    assert!(
        mara.get(&format!("{page}?remove={id}")).await.text().contains("Remove the rule about v* but not *-snapshot?")
    );
    assert!(mara.done(page, "remove-protection", &[("rule", &id)]).await.contains("is gone"));
    assert_eq!(mara.send(page, "remove-protection", &[("rule", &id)]).await.status, StatusCode::NOT_FOUND);

    // Untouched it would bind all tags: that is said before it is set.
    let untouched = [("tags", " "), ("except", ""), ("kind", "no_delete"), ("role", "")];
    let asked = mara.send(settings, "set-protection", &untouched).await;
    let at = asked.header("location").trim_end_matches("#tried").to_owned();
    assert!(asked.status == StatusCode::SEE_OTHER && at.contains("kind=no_delete"), "{}: {at}", asked.status);
    let asked = mara.get(&at).await.text();
    for words in ["It would bind 4 of 4 tags:", "Nothing is set yet.", "name=\"all-seen\"", ">Set rule about all tags<"]
    {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    assert!(!mara.get(settings).await.text().contains("and all else of a repository"));
    let seen = [&untouched[..], &[("all-seen", "yes")]].concat();
    let own = mara.done(settings, "set-protection", &seen).await;
    assert!(own.contains(">No deletion<"), "{own}");
    assert!(own.contains("and all else of a repository") && own.contains("The rule about all tags is set"), "{own}");
    assert!(mara.get("/r/team/web").await.text().matches("</svg>Protected<").count() > 4, "the head and each tag");
}

/// Who may not configure there sees what binds the tags, and no way to change it.
#[tokio::test]
async fn who_does_not_configure_sees_what_binds_and_changes_nothing() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let otto = super::api::user(&admin, "otto").await;
    admin.push_image("team/web", "prod", "amd64", b"layer").await;
    super::api::give(&admin, super::api::named("otto"), "developer", "team/*", None).await.unwrap();
    set(&admin, json!({"scope": "*", "tags": "prod", "kind": "protected", "role": "maintainer"})).await;
    let browser = Browser::of(&test, "otto").await;
    let list = browser.get("/r/team/web").await.text();
    assert!(
        list.contains("only Maintainer and up set, move or delete it, by the rule about prod in every repository"),
        "{list}"
    );
    assert!(!list.contains("/-/policies") && !list.contains("/-/settings"), "{list}");
    assert_eq!(browser.get("/n/team/-/policies").await.status, StatusCode::FORBIDDEN);
    let sent = [("tags", "prod"), ("kind", "immutable"), ("role", "")];
    assert_eq!(browser.send("/n/team/-/policies", "set-protection", &sent).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.send("/r/team/web/-/settings", "set-protection", &sent).await.status, StatusCode::FORBIDDEN);
    assert_eq!(otto.delete("/v2/team/web/manifests/prod").await.refusal(), "403 DENIED");
}

#[tokio::test]
async fn rules_on_everything_have_a_page_for_who_configures_everything() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let page = "/admin/policies";
    assert!(mara.get("/repositories").await.text().contains(&format!("href=\"{page}\"")), "the rail leads there");
    let fields = [("tags", "v*"), ("except", ""), ("kind", "immutable"), ("role", "")];
    assert!(mara.done(page, "set-protection", &fields).await.contains("The rule about v* is set"));
    let below = mara.get("/n/team/-/policies").await.text();
    assert!(below.contains(&format!("href=\"{page}\">everything<")), "{below}");
    assert_eq!(admin.delete("/v2/team/web/manifests/v1").await.status, StatusCode::FORBIDDEN);
    let id = rule(&mara.get(page).await.text());
    assert!(mara.get(&format!("{page}?rule={id}")).await.text().contains("Change rule"));
    assert_eq!(mara.send("/n/team/-/policies", "remove-protection", &[("rule", &id)]).await.status, 404);
    mara.done(page, "remove-protection", &[("rule", &id)]).await;
    assert_eq!(admin.delete("/v2/team/web/manifests/v1").await.status, StatusCode::ACCEPTED);
}

/// Keeps what is deleted in `team` for fewer days than by now: asked about, not done by a slip, and done by its name.
async fn fewer(mara: &Browser<'_>, days: &str) -> String {
    let (page, intent) = ("/n/team/-/policies", "configure-namespace");
    let answer = mara.send(page, intent, &[("trash_days", days)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, &*format!("{page}?days={days}")));
    let at = answer.header("location").to_owned();
    let question = mara.get(&at).await.text();
    assert!(question.contains(&format!("Keep deleted things of team for {days} day")), "{question}");
    let slip = mara.send(&at, intent, &[("trash_days", days), ("confirmed", "teams")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(slip.text().contains("Type team to confirm"), "{}", slip.text());
    let kept = mara.get(page).await.text();
    assert!(!kept.contains(&format!("Deleted things are kept for {days} day")), "nothing was done: {kept}");
    mara.done(&at, intent, &[("trash_days", days), ("confirmed", "team")]).await
}

#[tokio::test]
async fn a_namespace_says_for_how_long_what_is_deleted_is_kept() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    admin.push_image("team/backend/api", "v1", "amd64", b"layer").await;
    let page = "/n/team/-/policies";
    assert!(mara.get(page).await.text().contains("kept for 30 days"));
    let odd = mara.send(page, "configure-namespace", &[("trash_days", "0")]).await;
    assert!(
        odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text().contains("for 1 to 3650 days"),
        "{}",
        odd.text()
    );
    assert!(fewer(&mara, "3").await.contains("kept for 3 days"));
    assert!(mara.get("/n/team/backend/-/policies").await.text().contains("Empty is what holds above: 3 days."));
    let below = async |body: &str| {
        let path = "/api/v1/n/team/backend";
        match body {
            "" => admin.get(path).await.json(),
            body => admin.call("PATCH", path, "application/json", body).await.json(),
        }
    };
    let shown = |days: Option<u32>, kept: u32| json!({"name": "team/backend", "default_visibility": "private", "trash_days": days, "kept_days": kept});
    assert_eq!(below("").await, shown(None, 3));
    assert_eq!(below(r#"{"trash_days": 7}"#).await, shown(Some(7), 7));
    assert_eq!(below(r#"{"default_visibility": "private"}"#).await, shown(Some(7), 7), "what is not said stays");
    assert_eq!(below(r#"{"trash_days": 5000}"#).await["status"], 400);
    assert_eq!(below(r#"{"trash_days": null}"#).await, shown(None, 3));
    assert!(admin.delete("/v2/team/backend/api/manifests/v1").await.status.is_success());
    let gone = admin.get("/api/v1/trash").await.json()["items"][0].clone();
    let days = |key: &str| gone[key].as_str().unwrap()[..10].to_owned();
    let at = |key: &str| portolan::domain::Timestamp::parse(&format!("{}T00:00:00Z", days(key))).unwrap();
    assert_eq!(at("expires_at"), at("deleted_at").plus_days(3), "{gone}");
    let records = admin.get("/api/v1/activity?action=namespace.configure").await.json();
    let is_said = |it: &serde_json::Value| it["before"] == "trash days: 7" && it["after"] == "trash days: as above";
    assert!(records["items"].as_array().unwrap().iter().any(is_said), "{records}");
    let shorter = fewer(&mara, "1").await;
    assert!(shorter.contains("What is in the trash already keeps its day."), "{shorter}");
    mara.done(page, "configure-namespace", &[("trash_days", "")]).await;
    assert_eq!(admin.get("/api/v1/trash").await.json()["items"][0]["expires_at"], gone["expires_at"], "it does");
    assert_eq!(below("").await, shown(None, 30));
}

/// What goes for good takes a sign-in of the last five minutes, or the password once more.
#[tokio::test]
async fn what_goes_for_good_takes_who_they_are_shown_a_moment_ago() {
    let (test, clock) = super::providers::server("").await;
    let admin = test.by_admin("somebody");
    for tag in ["1", "2"] {
        admin.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
        assert_eq!(admin.delete(&format!("/v2/team/web/manifests/{tag}")).await.status, 202);
    }
    let listed = admin.get("/api/v1/trash").await.json();
    let entry = |tag: &str| {
        let found = listed["items"].as_array().unwrap().iter().find(|it| it["tag"] == tag);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mara = super::console::Browser::of(&test, "mara").await;
    let purge = async |tag: &str, password: &str| {
        let (entry, page) = (entry(tag), format!("/trash?purge={}", entry(tag)));
        mara.send(&page, "purge-trash", &[("entry", &entry), ("confirmed", tag), ("password", password)]).await
    };
    let asks = async |tag: &str| {
        let page = mara.get(&format!("/trash?purge={}", entry(tag))).await.text();
        page.contains("type=\"password\"")
    };
    assert!(!asks("1").await, "the sign-in was a moment ago");
    assert_eq!(purge("1", "").await.status, 303);
    clock.advance_ms(6 * 60_000);
    assert!(asks("2").await);
    for wrong in ["", "not it"] {
        let refused = purge("2", wrong).await;
        assert!(refused.status == 422 && refused.text().contains("This is not your password"), "{}", refused.text());
    }
    assert_eq!(admin.get("/api/v1/trash").await.json()["items"].as_array().unwrap().len(), 1, "it is there");
    assert_eq!(purge("2", super::PASSWORD).await.status, 303);
    assert_eq!(admin.get("/api/v1/trash").await.json()["items"].as_array().unwrap().len(), 0);
}

/// The form of *Undo* on the page that says what was done: where it goes, what it asks for, and its fields.
fn undo(page: &str) -> (String, String, Vec<(String, String)>) {
    let form = page.split("<form").filter_map(|rest| rest.split("</form>").next());
    let form = form.into_iter().find(|form| form.contains("class=\"undo\"")).expect("a way back");
    let value = |text: &str, key: &str| {
        let rest = text.split(&format!("{key}=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let inputs = form.split("<input").skip(1).map(|input| (value(input, "name"), value(input, "value")));
    let mut fields: Vec<(String, String)> = inputs.collect();
    let (_, intent) = fields.remove(0);
    (value(form, "action"), intent, fields)
}

/// What was done to a rule is taken back by the form that says so, as long as the rule is as it was left, by who may do
/// the same by hand.
#[tokio::test]
async fn what_was_done_to_a_rule_is_taken_back_as_long_as_it_is_as_it_was_left() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    let _ = super::api::user(&admin, "otto").await;
    super::api::give(&admin, super::api::named("otto"), "maintainer", "team/*", None).await.unwrap();
    let otto = Browser::of(&test, "otto").await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let rules = async || -> Vec<(String, String)> {
        let listed = admin.get("/api/v1/protections?scope=team/web").await.json();
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        listed["items"].as_array().unwrap().iter().map(|it| (text(&it["kind"]), text(&it["role"]))).collect()
    };
    let press = async |who: &Browser<'_>, page: &str| {
        let (page, intent, fields) = undo(page);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (&**key, &**value)).collect();
        who.send(&page, &intent, &fields).await
    };
    let done = async |page: &str| {
        let (page, intent, fields) = undo(page);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (&**key, &**value)).collect();
        mara.done(&page, &intent, &fields).await
    };
    let n_acted = async |action: &str| {
        let listed = admin.get(&format!("/api/v1/activity?action={action}&limit=20")).await.json();
        listed["items"].as_array().unwrap().iter().filter(|it| it["refused"].is_null()).count()
    };
    let immutable = ("immutable".to_owned(), String::new());
    let page = "/n/team/-/policies";
    let fields = |kind, role| [("tags", "v*"), ("except", "*-rc"), ("kind", kind), ("role", role)];

    // There, gone, and there again.
    let set = mara.done(page, "set-protection", &fields("immutable", "")).await;
    let gone = done(&set).await;
    assert!(gone.contains("The rule about v* but not *-rc is gone.") && rules().await.is_empty(), "{gone}");
    assert_eq!(n_acted("protection.remove").await, 1);
    let back = done(&gone).await;
    assert!(back.contains("The rule about v* but not *-rc is set"), "{back}");
    assert_eq!(rules().await, std::slice::from_ref(&immutable));
    assert_eq!(press(&mara, &gone).await.status, StatusCode::UNPROCESSABLE_ENTITY, "there is one that says the same");
    // It says what it said, under the id that it has.
    let id = rule(&mara.get(page).await.text());
    let change = [&[("rule", &*id)][..], &fields("protected", "admin")].concat();
    let changed = mara.done(page, "change-protection", &change).await;
    assert_eq!(press(&otto, &changed).await.status, StatusCode::FORBIDDEN, "only who may lift it");
    assert_eq!(rules().await, [("protected".to_owned(), "admin".to_owned())]);
    let as_before = done(&changed).await;
    assert_eq!((rules().await, rule(&as_before)), (vec![immutable], id.clone()));
    assert_eq!(n_acted("protection.change").await, 2, "the change and its way back");
    // What somebody did to it meanwhile stays.
    let at = format!("/api/v1/protections/{id}");
    let patch = json!({"kind": "no_delete"}).to_string();
    assert!(admin.call("PATCH", &at, "application/json", patch).await.status.is_success());
    for stale in [&changed, &as_before, &back] {
        let refused = press(&mara, stale).await;
        let says = refused.text().contains("This rule changed meanwhile");
        assert!(refused.status == StatusCode::CONFLICT && says, "{}: {}", refused.status, refused.text());
    }
    assert_eq!(rules().await, [("no_delete".to_owned(), String::new())]);
    assert_eq!(admin.delete(&at).await.status, StatusCode::NO_CONTENT);
    assert_eq!(press(&mara, &as_before).await.status, StatusCode::CONFLICT, "there is nothing to change back");
}
