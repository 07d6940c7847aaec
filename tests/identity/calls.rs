//! Accounts by programs: invitations, sessions, and one's own.

use super::api::{admin, send, user};
use super::console::Browser;
use serde_json::{Value, json};

#[tokio::test]
async fn an_invitation_is_made_again_and_the_one_before_ends() {
    let admin = admin().await;
    let link =
        |said: Value| said["invite_url"].as_str().and_then(|url| Some(url[url.find("/auth/")?..].to_owned())).unwrap();
    let first = link(send(&admin, "POST", "users", json!({"username": "eve"})).await.json());
    let again = admin.ask("POST", "/api/v1/users/eve/invitation", &[], "").await;
    assert_eq!((again.status.as_u16(), again.header("cache-control")), (201, "no-store"), "{}", again.text());
    let (second, nobody) = (link(again.json()), admin.by_nobody());
    assert_eq!(nobody.get(&first).await.status.as_u16(), 410);
    assert_eq!(nobody.get(&second).await.status.as_u16(), 200);
    let _nina = user(&admin, "nina").await;
    let needless = admin.ask("POST", "/api/v1/users/nina/invitation", &[], "").await;
    assert_eq!(needless.status.as_u16(), 409, "{}", needless.text());
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    let browsers = [Browser::of(&admin, "nina").await, Browser::of(&admin, "nina").await];
    let n_in = async || {
        let mut n_in = 0;
        for browser in &browsers {
            n_in += usize::from(browser.get("/account").await.status.as_u16() == 200);
        }
        n_in
    };
    let own = nina.get("/api/v1/account").await.json();
    let sessions = own["sessions"].as_array().unwrap();
    assert_eq!(
        (&own["username"], &own["has_password"], sessions.len(), n_in().await),
        (&json!("nina"), &json!(true), 2, 2)
    );
    let one = sessions[0]["id"].as_str().unwrap();
    let ended = nina.delete(&format!("/api/v1/account/sessions/{one}")).await;
    assert_eq!((ended.status.as_u16(), n_in().await), (204, 1), "{}", ended.text());
    let refused = nina.delete("/api/v1/users/nina/sessions").await;
    assert_eq!((refused.status.as_u16(), n_in().await), (403, 1), "{}", refused.text());
    let ended = admin.delete("/api/v1/users/nina/sessions").await;
    assert_eq!((ended.status.as_u16(), n_in().await), (204, 0), "{}", ended.text());
    assert_eq!(nina.get("/api/v1/account").await.json()["sessions"], json!([]));
}
