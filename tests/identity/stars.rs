//! Repositories that people mark for themselves.

use super::api::{admin, give, named, user};
use super::console::Browser;
use axum::http::StatusCode;

/// The repositories that a list has, in its order.
fn rows(page: &str) -> Vec<&str> {
    let links = page.split("href=\"/r/").skip(1).filter_map(|rest| rest.split_once("\" class=\"name\">"));
    links.map(|(name, _)| name).filter(|name| !name.contains('"')).collect()
}

#[tokio::test]
async fn stars_are_ones_own_and_show_what_may_still_be_seen() {
    let admin = admin().await;
    let program = user(&admin, "nina").await;
    for name in ["alone", "team/api", "team/web"] {
        admin.push_image(name, "v1", "amd64", name.as_bytes()).await;
    }
    let grant = give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    let (mara, nina) = (Browser::of(&admin, "mara").await, Browser::of(&admin, "nina").await);
    let starred = "/repositories?view=starred";
    let empty = nina.get(starred).await.text();
    assert!(empty.contains("No stars yet") && rows(&empty).is_empty(), "{empty}");
    let done = nina.done("/r/team/web", "star", &[]).await.replace("<!>", "");
    assert!(done.contains("team/web is among your starred repositories.") && done.contains(">Unstar<"), "{done}");
    nina.done("/r/team/web", "star", &[]).await;
    let list = nina.get(starred).await.text().replace("<!>", "");
    assert_eq!(rows(&list), ["team/web"]);
    assert!(list.contains("1 match") && list.contains(">Starred</span>"), "{list}");
    assert_eq!(rows(&nina.get("/repositories?view=starred&q=api").await.text()), [""; 0]);
    assert!(rows(&mara.get(starred).await.text()).is_empty(), "they are nina's");
    let hidden = nina.send("/r/alone", "star", &[]).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{}", hidden.text());
    mara.done("/r/alone", "star", &[]).await;
    assert_eq!(rows(&mara.get(starred).await.text()), ["alone"]);
    let taken = admin.delete(&format!("/api/v1/grants/{grant}")).await;
    assert!(taken.status.is_success(), "{}", taken.text());
    assert!(rows(&nina.get(starred).await.text()).is_empty(), "a star gives no right to see");
    give(&admin, named("nina"), "reader", "team/web", None).await.unwrap();
    assert_eq!(rows(&nina.get(starred).await.text()), ["team/web"]);
    let done = nina.done("/r/team/web", "unstar", &[]).await.replace("<!>", "");
    assert!(done.contains(">Star<") && rows(&nina.get(starred).await.text()).is_empty(), "{done}");
    // The same by programs.
    let star = "/api/v1/r/team/web/-/star";
    assert_eq!(program.ask("PUT", star, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(rows(&nina.get(starred).await.text()), ["team/web"]);
    assert_eq!(program.ask("PUT", "/api/v1/r/alone/-/star", &[], "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.delete(star).await.status, StatusCode::NO_CONTENT);
    assert!(rows(&nina.get(starred).await.text()).is_empty());
    assert!(!admin.by_nobody().get(starred).await.text().contains(">Starred<"));
}
