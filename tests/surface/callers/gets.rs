//! To look changes nothing, also where whoever looks may do everything: no address of the table, no page that another one
//! leads to, and no question that a page asks before it does something.

use super::shown::{Seen, wander};
use super::{ROWS, Row, World};
use crate::support::user;
use crate::tags::send;
use portolan::domain::Role;
use portolan::server::access::Standing;
use portolan::server::store::{Row as Cells, Value as Param};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl World {
    /// Every row of every table.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let store = &self.test.app.store;
        let all = async |sql: &str| store.all(sql, Vec::<Param>::new()).await;
        let (lite, postgres) = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
        );
        let tables = match all(lite).await {
            Ok(tables) => tables,
            Err(_) => all(postgres).await.unwrap(),
        };
        let mut found = BTreeMap::new();
        for mut table in tables {
            let name: String = table.take().unwrap();
            let rows = all(&format!("SELECT * FROM {name}")).await.unwrap();
            let mut rows: Vec<String> = rows.iter().map(|row: &Cells| format!("{row:?}")).collect();
            rows.sort();
            found.insert(name, rows);
        }
        found
    }

    /// Of each kind something is in the trash, one of it over which there is another by now; a tag was moved.
    pub(super) async fn has_a_past(&self) -> Vec<String> {
        let done = async |method: &str, path: &str, body: Value| {
            let answer = send(&self.test, method, &format!("/api/v1/{path}"), body).await;
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        };
        let web = "r/team/web/-";
        let (one, two) = (
            self.test.push_image("team/web", "moved", "amd64", b"one").await,
            self.test.push_image("team/web", "moved", "amd64", b"two").await,
        );
        self.test.push_image("team/gone", "1", "amd64", b"gone").await;
        for tag in ["over", "lost"] {
            done("PUT", &format!("{web}/tags/{tag}"), json!({"digest": one})).await;
            done("DELETE", &format!("{web}/tags/{tag}"), json!(null)).await;
        }
        done("PUT", &format!("{web}/tags/over"), json!({"digest": two})).await;
        done("DELETE", &format!("{web}/manifests/{one}"), json!(null)).await;
        done("DELETE", "r/team/gone", json!(null)).await;
        let entries = self.test.get("/api/v1/trash").await.json()["items"].clone();
        let ids = entries.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned());
        let mut asked: Vec<String> =
            ids.flat_map(|id| ["restore", "purge"].map(|what| format!("/trash?{what}={id}"))).collect();
        assert_eq!(asked.len(), 8, "{entries}");
        asked.extend([
            format!("/n/team/-/policies?remove={}", self.rule),
            format!("/n/team/-/policies?rule={}", self.rule),
            format!("/jobs/{}?cancel=yes", self.job),
            "/r/team/web/-/tags/1/retag?name=moved".to_owned(),
            format!("/r/team/web/-/tags/moved/rollback?to={one}"),
            "/r/team/web/-/copy?tag=1&to=team/web&name=moved".to_owned(),
            "/r/team/web/-/delete?filter=*".to_owned(),
            "/n/team/-/as-of?t=2026-11-24T05:00:00Z&roll-back=yes".to_owned(),
        ]);
        asked
    }
}

#[tokio::test]
async fn no_get_changes_anything_for_who_may_do_everything() {
    let world = World::new().await;
    let questions = world.has_a_past().await;
    let by = world.test.with_standing(Standing::with_role(user("nina"), Role::Admin));
    let before = world.rows().await;
    assert!(before["trash"].len() == 4 && !before["tag_moves"].is_empty(), "{before:?}");
    let unchanged = async |by: &str| {
        for (table, rows) in world.rows().await {
            assert_eq!(rows, before[&table], "{by} changes {table}");
        }
    };
    for question in &questions {
        let asked = world.ask(&by, "GET", question, "").await;
        assert_eq!(asked.status, 200, "{question}: {}", asked.body);
    }
    unchanged("a question").await;
    for Row(method, path, ..) in ROWS.iter().filter(|row| matches!(row.0, "GET" | "HEAD")) {
        world.ask(&by, method, &world.fill(path), "").await;
    }
    unchanged("an address of the table").await;
    let Seen { n_drawn, intents, .. } = wander(&world, &by, false).await;
    unchanged("a page that another one leads to").await;
    assert!(n_drawn >= 60, "{n_drawn} pages were drawn");
    for asked in
        ["purge-trash", "restore-trash", "remove-protection", "roll-back-namespace", "roll-back-tag", "cancel-job"]
    {
        assert!(intents.contains(asked), "{asked} is asked before it is done: {intents:?}");
    }
}
