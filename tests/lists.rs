//! Long lists: a repository of very many tags among very many repositories.

use crate::support::{OCI_MANIFEST, TestApp, decides, sha256, user};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use portolan::server::store::Store;

pub(crate) const TAGS: usize = 100_000;
const REPOSITORIES: usize = 10_000;
const REFERRERS: usize = 100_000;
const PAGE: usize = 1000;
pub(crate) const MANY: &str = "team/many";

/// Ten images, and then rows as pushes would have left them. Ten of them at a time, so that names break ties.
pub(crate) async fn seed(test: &TestApp) {
    for layer in 0..10 {
        let image = test.image(MANY, "amd64", &[layer]).await;
        let put = test.put_manifest(MANY, &sha256(image.as_bytes()), OCI_MANIFEST, &image).await;
        assert_eq!(put.status.as_u16(), 201, "{}", put.text());
    }
    let number = |most: usize| {
        format!(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {most}),
               image AS (SELECT repository_id, digest, ROW_NUMBER() OVER () AS place FROM manifests)"
        )
    };
    let statements = [
        format!(
            "{} INSERT INTO tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
             SELECT repository_id, 'v' || n, digest, 1795400000000 + n / 10, 1, 'user:somebody', 0, 1, 1795400000000
             FROM number JOIN image ON place = 1 + n % 10",
            number(TAGS)
        ),
        format!(
            "{} INSERT INTO repositories (id, name, mount_id, created_at, updated_at, n_tags)
             SELECT 'seeded-' || n, 'team-' || (n % 97) || '/app-' || n, m.id, 1795400000000, 1795400000000 + n / 10, n
             FROM number, mounts m",
            number(REPOSITORIES - 1)
        ),
        format!("UPDATE manifests SET n_tags = {}", TAGS / 10),
        format!("UPDATE repositories SET n_tags = {TAGS}, newest_tag = 'v{TAGS}' WHERE name = '{MANY}'"),
        format!("UPDATE mounts SET n_repositories = {REPOSITORIES}, n_tags = {TAGS}, n_sharing = {TAGS}"),
    ];
    run(test, statements.to_vec()).await;
}

pub(crate) async fn run(test: &TestApp, statements: Vec<String>) {
    let proof = decides(Policy::ReadOnly).system(Job::Rebuild, Maintain {});
    let seeded = test.app.store.note(&proof, |tx| {
        Box::pin(async move {
            for sql in statements {
                tx.run(&sql, vec![]).await?;
            }
            Ok(())
        })
    });
    seeded.await.unwrap();
}

/// One page, in at most four statements: its text, and where `Link` says that the next one is.
pub(crate) async fn page(test: &TestApp, path: &str) -> (String, Option<String>) {
    let before = test.app.store.statements();
    let answer = test.get(path).await;
    let taken = test.app.store.statements() - before;
    assert!(answer.status.as_u16() == 200 && taken <= 4, "{path}: {}, {taken} statements", answer.status);
    let link = answer.header("link");
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    assert_eq!(next.is_none(), link.is_empty(), "{link}");
    (answer.text(), next.map(str::to_owned))
}

/// Every name of a list of the distribution API, whose pages are full. `name` leads to it in an entry.
async fn whole(test: &TestApp, list: &str, field: &str, name: &str) -> Vec<String> {
    let (mut names, mut next) = (Vec::new(), Some(format!("{list}?n={PAGE}")));
    while let Some(path) = next {
        let text;
        (text, next) = page(test, &path).await;
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        let found = body[field].as_array().unwrap();
        assert_eq!(found.len(), PAGE, "{path}");
        names.extend(found.iter().map(|entry| entry.pointer(name).unwrap().as_str().unwrap().to_owned()));
    }
    names
}

/// The row at some place of a list in the console's usual order, as the key of a page, and the name of the next one.
async fn deep(store: &Store, table: &str, time: &str, place: usize) -> (String, String) {
    let sql = format!("SELECT {time}, name FROM {table} ORDER BY {time} DESC, name LIMIT 2 OFFSET {place}");
    let mut rows = store.all(&sql, vec![]).await.unwrap();
    let mut cells = |row: usize| (rows[row].take::<i64>().unwrap(), rows[row].take::<String>().unwrap());
    let ((key, name), (_, next)) = (cells(0), cells(1));
    (format!("{key}~{name}"), next)
}

/// FLT-35.
#[tokio::test]
async fn long_lists_are_read_whole_and_at_any_place() {
    let test = TestApp::new().await;
    seed(&test).await;
    let mut tags: Vec<String> = (1..=TAGS).map(|n| format!("v{n}")).collect();
    let mut repositories: Vec<String> = (1..REPOSITORIES).map(|n| format!("team-{}/app-{n}", n % 97)).collect();
    repositories.push(MANY.to_owned());
    tags.sort();
    repositories.sort();
    assert!(whole(&test, &format!("/v2/{MANY}/tags/list"), "tags", "").await == tags);
    assert!(whole(&test, "/v2/_catalog", "repositories", "").await == repositories);

    let store = &test.app.store;
    let (tag_key, next_tag) = deep(store, "tags", "changed_at", TAGS / 4 * 3 + 5).await;
    let (repository_key, next_repository) = deep(store, "repositories", "updated_at", REPOSITORIES / 4 * 3 + 5).await;
    let of_tag = |tag: &str| format!("/r/{MANY}/-/tags/{tag}\"");
    let of_repository = |name: &str| format!("/r/{name}\"");
    for (path, shown) in [
        (format!("/r/{MANY}"), of_tag(&format!("v{TAGS}"))),
        (format!("/r/{MANY}?after={tag_key}"), of_tag(&next_tag)),
        (format!("/r/{MANY}?sort=name"), of_tag(&tags[0])),
        (format!("/r/{MANY}?sort=name&after=name.0~{}", tags[TAGS / 2]), of_tag(&tags[TAGS / 2 + 1])),
        ("/repositories".to_owned(), of_repository(MANY)),
        (format!("/repositories?after={repository_key}"), of_repository(&next_repository)),
        ("/repositories?sort=name".to_owned(), of_repository(&repositories[0])),
        (format!("/repositories?sort=name&after=name.0~{}", repositories[5000]), of_repository(&repositories[5001])),
    ] {
        let (text, _) = page(&test, &path).await;
        assert!(text.contains(&shown), "{path} shows no {shown}");
    }
}

/// SEC-20.
#[tokio::test]
async fn very_many_referrers_are_read_whole_in_pages() {
    let test = TestApp::new().await;
    let image = test.image(MANY, "amd64", b"layer").await;
    let subject = sha256(image.as_bytes());
    test.put_manifest(MANY, &subject, OCI_MANIFEST, &image).await;
    let padded = format!("'sha256:' || SUBSTR('{}', 1, 64 - LENGTH(CAST(n AS TEXT))) || n", "0".repeat(64));
    let numbers = format!(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {REFERRERS}),
           about AS (SELECT r.id AS repository_id, {padded} AS digest,
             CASE WHEN n % 10000 = 0 THEN 'application/x-rare' ELSE 'application/x-common' END AS type FROM number, repositories r)"
    );
    let manifests = format!(
        "{numbers} INSERT INTO manifests (repository_id, digest, media_type, kind, artifact_type, content, size_bytes, pull_bytes,
           platforms, built_at, pushed_at, pushed_by)
         SELECT repository_id, digest, '{OCI_MANIFEST}', 'artifact', type, CAST('{{}}' AS BLOB), 2, 2, '', 0, 0, '' FROM about"
    );
    let referrers = format!(
        "{numbers} INSERT INTO referrers (repository_id, subject, digest, media_type, artifact_type, size_bytes, annotations)
         SELECT repository_id, '{subject}', digest, '{OCI_MANIFEST}', type, 2, '{{}}' FROM about"
    );
    run(&test, vec![manifests, referrers]).await;
    let named: Vec<String> = (1..=REFERRERS).map(|n| format!("sha256:{n:064}")).collect();
    let list = format!("/v2/{MANY}/referrers/{subject}");
    let mut met = whole(&test, &list, "manifests", "/digest").await;
    met.sort();
    let (rare, next) = page(&test, &format!("{list}?artifactType=application/x-rare")).await;
    assert!(met == named && next.is_none());
    assert_eq!(rare.matches("\"digest\"").count(), REFERRERS / 10_000);
    let (shown, _) = page(&test, &format!("/r/{MANY}/-/manifests/{subject}")).await;
    assert!(shown.contains("application/x-common") && shown.len() < 300_000, "{}", shown.len());
}

const TEAMS: usize = 5000;

/// Two repositories of each team.
async fn seed_teams(test: &TestApp) {
    let teams = format!("WITH RECURSIVE team (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM team WHERE n < {TEAMS})");
    let rows = ["app", "deep/app"].map(|inner| {
        format!(
            "{teams} INSERT INTO repositories (id, name, mount_id, created_at, updated_at, n_tags)
             SELECT '{inner}-' || n, 'team-' || n || '/{inner}', m.id, 1795400000000, 1795400000000 + n / 10, 1
             FROM team, mounts m"
        )
    });
    run(test, rows.to_vec()).await;
}

/// What a reader is granted of each team, and what they see by it.
fn granted(team: usize) -> (String, Vec<String>) {
    let name = |inner: &str| format!("team-{team}/{inner}");
    match team % 5 {
        3 => (name("app"), vec![name("app")]),
        4 => (name("deep/*"), vec![name("deep/app")]),
        _ => (name("*"), vec![name("app"), name("deep/app")]),
    }
}

/// SEC-1, FLT-35.
#[tokio::test]
async fn who_holds_very_many_grants_sees_theirs_in_every_list() {
    let test = TestApp::new().await;
    seed_teams(&test).await;
    let terms = |scope: &str| Terms { role: Role::Reader, scope: scope.parse().unwrap(), tags: None, expires_at: None };
    let terms = (1..=TEAMS).map(|team| terms(&granted(team).0)).collect();
    let mara = test.with_standing(Standing { terms, ..Standing::of(user("mara")) });
    let mut theirs: Vec<String> = (1..=TEAMS).flat_map(|team| granted(team).1).collect();
    theirs.sort();
    assert!(whole(&mara, "/v2/_catalog", "repositories", "").await == theirs);

    let (mut listed, mut next) = (Vec::new(), Some(String::new()));
    while let Some(after) = next {
        let (text, _) = page(&mara, &format!("/api/v1/repositories?limit=500&after={after}")).await;
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        listed.extend(body["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        next = body["next"].as_str().map(str::to_owned);
    }
    listed.sort();
    assert!(listed == theirs, "{} of {}", listed.len(), theirs.len());

    let shows = |text: &str, name: &str| text.contains(&format!("/r/{name}\""));
    let (all, _) = page(&mara, "/repositories").await;
    assert!(all.contains("8,000"), "the sum is of what they see");
    let (found, _) = page(&mara, "/repositories?q=team-34&sort=name").await;
    assert!(shows(&found, "team-34/deep/app") && !shows(&found, "team-34/app") && shows(&found, "team-340/app"));
    let (below, _) = page(&mara, "/n/team-34").await;
    assert!(shows(&below, "team-34/deep/app") && !shows(&below, "team-34/app") && !shows(&below, "team-340/app"));
    assert_eq!(mara.get("/r/team-34").await.status.as_u16(), 404);
}
