//! Many tags at once, as a job that goes on in the name of who asked: what it leaves whoever comes between.

use super::api::{admin, give, named, personal_token, send, user};
use super::protection::set;
use super::{PASSWORD, basic, cookie_of, form, with_admin};
use crate::jobs::{control, over, ran, taken_up};
use crate::support::{OCI_MANIFEST, START, TestApp, choices, eventually, field, postgres, sha256};
use portolan::domain::{Role, Terms};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::config::Config;
use portolan::server::identity::sign_in;
use portolan::server::service::plans;
use portolan::server::store::Value as Param;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// More than go at once, in parts of which the last is not full.
const MANY: usize = 520;
const ASKED: &str = "r/team/web/-/delete-preview";

/// Puts `dev-0` and so on on eight images, and `prod` on one of them.
async fn fill(by: &TestApp) {
    for image in 0..8 {
        let manifest = by.image("team/web", "amd64", &[image]).await;
        let tags: Vec<String> = (0..MANY).filter(|n| n % 8 == usize::from(image)).map(|n| format!("dev-{n}")).collect();
        for some in tags.chunks(64) {
            let query: Vec<String> = some.iter().map(|tag| format!("tag={tag}")).collect();
            let reference = format!("{}?{}", sha256(manifest.as_bytes()), query.join("&"));
            let put = by.put_manifest("team/web", &reference, OCI_MANIFEST, &manifest).await;
            assert_eq!(put.status, 201, "{}", put.text());
        }
    }
    by.push_image("team/web", "prod", "amd64", &[0]).await;
}

/// Every tag with what it names.
async fn tags(test: &TestApp) -> BTreeMap<String, String> {
    let rows = test.app.store.all("SELECT name, digest FROM tags", Vec::<Param>::new()).await.unwrap();
    rows.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

async fn plan(by: &TestApp) -> Value {
    let preview = send(by, "POST", ASKED, json!({"filter": "dev-*"})).await;
    assert_eq!(preview.status, 200, "{}", preview.text());
    json!({ "plan": preview.json()["plan"] })
}

/// Starts the job; its id and the batch of what it deletes.
async fn started(by: &TestApp) -> (String, String) {
    let answer = send(by, "POST", "r/team/web/-/delete", plan(by).await).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let text = |key: &str| answer.json()[key].as_str().unwrap().to_owned();
    (text("job"), text("batch"))
}

async fn step(test: &TestApp, id: &str) -> portolan::domain::Result<bool> {
    let run = taken_up(test, id).await;
    plans::step(&test.app, &run).await.map(|to| to.is_over)
}

/// A page, as the administrator sees it in a browser.
pub(super) async fn page(by: &TestApp, path: &str) -> String {
    let cookie = cookie_of(by, "mara", PASSWORD).await;
    let answer = by.ask("GET", path, &[("cookie", &cookie)], "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// A database that several servers open one after the other.
pub(crate) async fn shared(base: &TestApp) -> Config {
    let folder = base.folder.path();
    let database = match postgres::schema_of_its_own().await {
        Some(url) => url,
        None => format!("sqlite:{}", folder.join("shared.db").display()),
    };
    let key_file = folder.join("shared.key").display().to_string();
    let text = format!("[database]\nurl = \"{database}\"\n[auth]\nkey_file = \"{key_file}\"");
    let dir = ("PORTOLAN_DATA__DIR".to_owned(), folder.display().to_string());
    Config::from_parts(Some((Path::new("test.toml"), &text)), [dir].into_iter()).unwrap()
}

#[tokio::test]
async fn many_tags_go_by_a_job_that_is_cut_off_and_come_back_whole() {
    let base = TestApp::new().await;
    let (config, clock) = (shared(&base).await, Arc::new(ManualClock::new(START)));
    let one = TestApp::over(&config, choices(Policy::Grants, clock.clone()), &base).await;
    sign_in::admin_by_configuration(&one.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let mara = one.showing(&basic("mara", PASSWORD));
    fill(&mara).await;
    let before = tags(&mara).await;

    let asked = plan(&mara).await;
    let answer = send(&mara, "POST", "r/team/web/-/delete", asked.clone()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let again = send(&mara, "POST", "r/team/web/-/delete", asked.clone()).await;
    assert_eq!((again.status, again.json()), (answer.status, answer.json()), "the same when repeated");
    let (id, batch) = (answer.json()["job"].as_str().unwrap().to_owned(), answer.json()["batch"].clone());
    assert_eq!(tags(&mara).await, before, "the request itself deletes nothing");
    assert_eq!(send(&mara, "POST", "trash/restore", asked.clone()).await.status, 409, "it is under way");

    // A part is done, and the process gone before it could note so. Others push and delete meanwhile.
    assert_eq!(step(&mara, &id).await, Ok(false));
    let left = tags(&mara).await;
    assert_eq!(left.len(), before.len() - 200);
    let mut rest = left.keys().filter(|tag| tag.starts_with("dev-"));
    let (moved, gone) = (rest.next().unwrap(), rest.next().unwrap());
    let new = mara.push_image("team/web", moved, "amd64", b"new").await;
    assert_eq!(mara.delete(&format!("/v2/team/web/manifests/{gone}")).await.status, 202);
    drop((mara, one));

    let mut two = TestApp::over(&config, choices(Policy::Grants, clock), &base).await;
    let _jobs = two.start_jobs().await;
    let mara = two.showing(&basic("mara", PASSWORD));
    let job = over(&mara, &id).await;
    assert_eq!(ran(&job), "Deleted 518 tags. 1 tag moved meanwhile and stays. 1 tag was gone already.");
    assert_eq!((&job["batch"], &job["in_trash"], &job["done"]), (&batch, &json!(518), &json!(MANY)));
    let now = tags(&mara).await;
    assert_eq!(now.keys().collect::<Vec<_>>(), [moved, "prod"]);
    assert_eq!(now[moved], new);
    let sql = "SELECT COUNT(*) FROM audit WHERE action = 'tag.delete' AND request_id = $1";
    let mut row = mara.app.store.one(sql, vec![id.as_str().into()]).await.unwrap().unwrap();
    assert_eq!(row.take::<u64>().unwrap(), 3, "one change for each part, and none twice");

    // A tag that somebody set meanwhile stays theirs; all else comes back.
    let taken = before.keys().find(|tag| tag.starts_with("dev-")).unwrap();
    let theirs = mara.push_image("team/web", taken, "amd64", b"theirs").await;
    taken_back(&mara, &id, batch.as_str().unwrap()).await;
    let mut whole = before.clone();
    whole.extend([(moved.clone(), new), (taken.clone(), theirs)]);
    whole.remove(gone);
    assert_eq!(tags(&mara).await, whole);
}

/// Presses Undo on the page of a job; one of what it deleted has another owner by now.
async fn taken_back(by: &TestApp, id: &str, batch: &str) {
    let job = page(by, &format!("/jobs/{id}")).await;
    for words in ["518 things of it in the trash", ">Undo<", "Look at the trash", "/r/team/web"] {
        assert!(job.contains(words), "{words}: {job}");
    }
    let trash = page(by, &format!("/trash?batch={batch}")).await;
    assert!(trash.contains("Restore all 518"), "{trash}");
    let cookie = cookie_of(by, "mara", PASSWORD).await;
    // A script that sends it from a dialog is told where its reader goes on.
    let undo = form(by, &format!("/jobs/{id}?part=dialog"), &cookie, &[("do", "undo"), ("batch", batch)]).await;
    assert_eq!(undo.status, 204, "{}", undo.text());
    let asked = format!("/trash?restore-all={batch}");
    assert_eq!(undo.header("location"), asked, "one of the names has another image by now");
    assert!(page(by, &asked).await.contains("Leave it out"));
    let undo = form(by, &asked, &cookie, &[("do", "restore-trash"), ("batch", batch), ("over", "no")]).await;
    assert_eq!(undo.status, 303, "{}", undo.text());
    assert!(undo.header("location").starts_with("/jobs/"), "{}", undo.header("location"));
    let back = undo.header("location").rsplit('/').next().unwrap().to_owned();
    let said = ran(&over(by, &back).await);
    assert_eq!(said, "517 are back; 1 could not come back and stay in the trash.");
    let job = page(by, &format!("/jobs/{back}")).await;
    assert!(job.contains("1 thing of it in the trash") && job.contains("names another image by now"), "{job}");
}

/// The page that asks about very many leads to the job that deletes them, once however often it is sent.
#[tokio::test]
async fn the_page_leads_to_the_job_that_deletes_many() {
    let admin = admin().await;
    fill(&admin).await;
    let at = "/r/team/web/-/delete?filter=dev-*";
    let asked = page(&admin, at).await;
    assert!(asked.contains("520 tags are removed"), "{asked}");
    let (plan, cookie) = (field(&asked, "plan"), cookie_of(&admin, "mara", PASSWORD).await);
    let sent = async |typed| {
        let fields = [("do", "delete-tags"), ("plan", &*plan), ("tags", "520"), ("confirmed", typed)];
        form(&admin, at, &cookie, &fields).await
    };
    assert_eq!(sent("519").await.status, 422);
    assert_eq!(tags(&admin).await.len(), MANY + 1);
    let begun = sent("520").await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let job = begun.header("location").to_owned();
    assert_eq!(sent("520").await.header("location"), job, "sent twice, one job");
    let id = job.strip_prefix("/jobs/").expect("the page of a job").to_owned();
    let shown = page(&admin, &job).await;
    assert!(shown.contains("pause-job") && shown.contains("Nothing of it is in the trash yet."), "{shown}");
    while !step(&admin, &id).await.unwrap() {}
    assert_eq!(tags(&admin).await.keys().collect::<Vec<_>>(), ["prod"]);
}

#[tokio::test]
async fn who_loses_the_right_in_between_deletes_no_more_and_is_told_what_was_done() {
    let mut base = with_admin().await;
    let admin = base.showing(&basic("mara", PASSWORD));
    let nina = user(&admin, "nina").await;
    let grant = give(&admin, named("nina"), "developer", "team/*", None).await.unwrap();
    fill(&admin).await;
    let before = tags(&admin).await;
    let (id, batch) = started(&nina).await;
    let restore = async |who: &TestApp, of: &str| send(who, "POST", "trash/restore", json!({"batch": of})).await;
    let otto = user(&admin, "otto").await;
    let (unknown, told) = (restore(&otto, "unknown").await, restore(&otto, &batch).await);
    assert_eq!(
        (told.status.as_u16(), told.text()),
        (404, unknown.text()),
        "who may restore nothing of it learns nothing"
    );
    assert_eq!(restore(&nina, &batch).await.status, 409, "nothing of it is in the trash yet");
    assert_eq!(step(&admin, &id).await, Ok(false));
    assert_eq!(send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, 204);
    assert_eq!([restore(&nina, &batch).await.status, restore(&admin, &batch).await.status], [404, 409]);
    let _jobs = base.start_jobs().await;
    let job = over(&admin, &id).await;
    let error = job["error"].as_str().unwrap();
    assert!(job["state"] == "failed" && error.starts_with("200 of 520 tags are deleted. It stopped at dev-"), "{job}");
    assert_eq!(tags(&admin).await.len(), before.len() - 200, "the others stay");
    assert_eq!(send(&nina, "POST", "trash/restore", json!({"batch": batch})).await.status, 404);
    // Few enough at once, as soon as whoever worked at it let go of it.
    eventually("all of it is back", async || restore(&admin, &batch).await.status == 204).await;
    assert_eq!(tags(&admin).await, before);
}

/// The token is an end and a bound of what is begun by it, as of all else.
#[tokio::test]
async fn who_began_it_by_a_token_that_is_gone_deletes_no_more() {
    let mut base = with_admin().await;
    let admin = base.showing(&basic("mara", PASSWORD));
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "developer", "team/*", None).await.unwrap();
    fill(&admin).await;
    let terms = Terms::new(Role::Developer, "team/web".parse().unwrap(), None, None).unwrap();
    let by_token = admin.showing(&format!("Bearer {}", personal_token(&admin, "nina", terms, None).await));
    let (id, _) = started(&by_token).await;
    assert_eq!(step(&admin, &id).await, Ok(false));
    let token = send(&nina, "GET", "tokens", json!(null)).await.json()["items"][0]["id"].clone();
    assert_eq!(send(&nina, "DELETE", &format!("tokens/{}", token.as_str().unwrap()), json!(null)).await.status, 204);
    let _jobs = base.start_jobs().await;
    let job = over(&admin, &id).await;
    let error = job["error"].as_str().unwrap();
    assert!(error.starts_with("200 of 520 tags are deleted. It stopped at dev-"), "{error}");
    assert!(error.ends_with("whoever asked for it did so by a token that is no more"), "{error}");
}

#[tokio::test]
async fn a_rule_that_comes_in_between_ends_it_and_what_was_cancelled_is_taken_back() {
    let admin = admin().await;
    fill(&admin).await;
    let before = tags(&admin).await;
    let (id, _) = started(&admin).await;
    assert_eq!(step(&admin, &id).await, Ok(false));
    let last = tags(&admin).await.keys().rfind(|tag| tag.starts_with("dev-")).unwrap().clone();
    set(&admin, json!({"scope": "team/*", "kind": "immutable", "tags": last})).await;
    assert_eq!(step(&admin, &id).await, Ok(false));
    let refused = step(&admin, &id).await.unwrap_err();
    assert!(matches!(refused, portolan::domain::Error::Protected(_)), "{refused}");
    assert_eq!(tags(&admin).await.len(), before.len() - 400, "a part goes whole or not at all");
    assert_eq!(control(&admin, &id, "cancel").await.status, 200);
    let job = page(&admin, &format!("/jobs/{id}")).await;
    assert!(job.contains("400 things of it in the trash") && job.contains(">Undo<"), "{job}");
    let batch = admin.get(&format!("/api/v1/jobs/{id}")).await.json()["batch"].clone();

    assert_eq!(send(&admin, "POST", "trash/restore", json!({"batch": batch})).await.status, 204);
    assert_eq!(tags(&admin).await, before);
    let twice = send(&admin, "POST", "trash/restore", json!({"batch": batch})).await;
    assert_eq!(twice.status, 404, "nothing of it is in the trash any more");
}

/// However long its job stands still: what others do meanwhile forgets nothing of it.
#[tokio::test]
async fn nothing_of_it_comes_back_or_goes_for_good_before_its_job_is_over() {
    let clock = Arc::new(ManualClock::new(START));
    let base = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    sign_in::admin_by_configuration(&base.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let mara = base.showing(&basic("mara", PASSWORD));
    fill(&mara).await;
    let (id, batch) = started(&mara).await;
    assert_eq!(step(&mara, &id).await, Ok(false));
    assert_eq!(control(&mara, &id, "pause").await.status, 200);
    let redeemed = async |days: i64| {
        clock.advance_ms(days * 86_400_000);
        mara.push_image("team/web", "prod", "amd64", &[0]).await;
        let asked = json!({"plan": send(&mara, "POST", ASKED, json!({"tags": ["prod"]})).await.json()["plan"]});
        assert_eq!(send(&mara, "POST", "r/team/web/-/delete", asked).await.status, 200);
        let rows = mara.app.store.all("SELECT id FROM redeemed_plans", Vec::<Param>::new()).await.unwrap();
        let left: Vec<String> = rows.into_iter().map(|mut row| row.take().unwrap()).collect();
        (left.contains(&batch), left.len())
    };
    assert_eq!(redeemed(3).await, (true, 2));
    let (restore, purge) = (json!({"batch": batch}), json!({"batch": batch, "repository": "team/web"}));
    for (path, asked) in [("trash/restore", &restore), ("trash/purge", &purge)] {
        let refused = send(&mara, "POST", path, asked.clone()).await;
        assert!(refused.status == 409 && refused.text().contains("is not over"), "{path}: {}", refused.text());
    }
    assert_eq!(control(&mara, &id, "cancel").await.status, 200);
    assert_eq!(redeemed(3).await, (false, 1), "what is over is forgotten");
    assert_eq!(send(&mara, "POST", "trash/restore", restore).await.status, 204);
}
