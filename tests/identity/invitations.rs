//! An e-mail address that nobody has, on the page of access.

use super::api::{give, named, user};
use super::console::{Browser, link};
use super::{PASSWORD, basic, form, with_admin};
use axum::http::StatusCode;

#[tokio::test]
async fn an_address_that_nobody_has_is_invited_with_its_access_in_one_step() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    let page = "/n/team/-/access";
    assert!(!mara.get(page).await.text().contains("Invite "), "nobody was asked for yet");
    let typed = [("who", "Priya@example.com"), ("role", "reader"), ("scope", "team/*"), ("tags", ""), ("until", "")];
    let offered = mara.send(page, "give-access", &typed).await;
    assert_eq!(offered.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = offered.text();
    assert!(text.contains("Invite Priya@example.com?") && text.contains("value=\"priya\""), "{text}");
    let with = |more: &[(&'static str, &'static str)]| [&typed[..], more].concat();
    let taken = mara.send(page, "invite-with-access", &with(&[("username", "mara"), ("name", "")])).await;
    assert!(
        taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text().contains("is taken; choose another"),
        "{}",
        taken.text()
    );
    assert!(taken.text().contains("Invite Priya@example.com?"), "the offer stays");
    let done = mara.done(page, "invite-with-access", &with(&[("username", "priya"), ("name", "Priya Nair")])).await;
    assert!(done.contains("priya has an account and access."), "{done}");
    let link = link(&done);
    let again = mara.get(page).await.text();
    assert!(!again.contains("/auth/invite/") && again.contains("Priya Nair"), "once, and in the list: {again}");
    assert_eq!(form(&test, &link, "", &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
    let priya = Browser::of(&test, "priya").await;
    assert_eq!(priya.get("/r/team/web").await.status, StatusCode::OK);
    // The same address is somebody's now.
    let known = [("who", "priya@example.com"), ("role", "publisher"), ("scope", "team/*")];
    assert!(mara.done(page, "give-access", &known).await.contains("priya has access."));
    let shown = mara.get("/activity?action=grant.invite").await.text();
    assert!(shown.contains("Invited with access:") && shown.contains("priya with reader on team/*"), "{shown}");
}

/// SEC-12: whose address something is, is for who may look people up.
#[tokio::test]
async fn who_may_not_manage_users_reads_whom_to_ask_and_not_whose_address_it_is() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    user(&admin, "nina").await;
    let otto = r#"{"username":"otto","email":"otto@example.com"}"#;
    admin.call("POST", "/api/v1/users", "application/json", otto).await;
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    let (nina, page) = (Browser::of(&test, "nina").await, "/n/team/-/access");
    let mut said = Vec::new();
    for who in ["otto@example.com", "else@example.com"] {
        let refused = nina.send(page, "give-access", &[("who", who), ("role", "reader"), ("scope", "team/*")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains("or ask mara") && !refused.text().contains("Invite "), "{}", refused.text());
        said.push(refused.text().matches("or ask mara").count());
    }
    assert_eq!(said[0], said[1]);
    let fields =
        [("who", "eve@example.com"), ("username", "eve"), ("name", ""), ("role", "reader"), ("scope", "team/*")];
    assert_eq!(nina.send(page, "invite-with-access", &fields).await.status, StatusCode::FORBIDDEN);
    // Nor does who manages users but holds nothing there give anything: an administrator alone holds both.
    let beyond = [("who", "eve@example.com"), ("username", "eve"), ("name", ""), ("role", "admin"), ("scope", "*")];
    assert_eq!(nina.send("/admin/access", "invite-with-access", &beyond).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_invitation_stands_with_its_days_until_it_is_taken_or_taken_back() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    user(&admin, "nina").await;
    give(&admin, named("nina"), "owner", "team/*", None).await.unwrap();
    let (nina, page) = (Browser::of(&test, "nina").await, "/n/team/-/access");
    let (who, username) = (("who", "priya@example.com"), [("username", "priya")]);
    let fields = [who, ("role", "reader"), ("scope", "team/*"), ("username", "priya"), ("name", "Priya Nair")];
    let invited = mara.done(page, "invite-with-access", &fields).await;
    assert!(invited.contains("priya · Invited, 7 days left") && invited.contains("take-back="), "{invited}");

    // Who gives access but manages no accounts reads how it stands, and takes the grant alone.
    let seen = nina.get(page).await.text();
    assert!(seen.contains("Invited, 7 days left") && seen.contains("?take=") && !seen.contains("take-back="), "{seen}");
    assert_eq!(nina.send(page, "take-invitation", &username).await.status, StatusCode::FORBIDDEN);

    let id = invited.split("?take-back=").nth(1).and_then(|rest| rest.split('"').next()).expect("the way to ask");
    let asked = mara.get(&format!("{page}?take-back={id}")).await.text();
    assert!(asked.contains("Take back the invitation of priya?") && asked.contains(&format!("?take={id}")), "{asked}");
    assert!(asked.contains(&format!("href=\"{page}#take-{id}\"")), "the way back leads to the row: {asked}");
    let back = mara.done(page, "take-invitation", &username).await;
    assert!(back.contains("The invitation of priya is taken back.") && !back.contains("Invited, "), "{back}");
    assert_eq!(test.get(&link(&invited)).await.status, StatusCode::GONE);
    assert_eq!(mara.get("/admin/users/priya").await.status, StatusCode::NOT_FOUND);

    // Once somebody has taken it, it is theirs: an account goes on its own page alone.
    let again = link(&mara.done(page, "invite-with-access", &fields).await);
    assert_eq!(form(&test, &again, "", &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
    let late = mara.send(page, "take-invitation", &username).await;
    assert!(late.status == StatusCode::CONFLICT && late.text().contains("has taken the invitation"), "{}", late.text());
    assert!(!late.text().contains("Invited, ") && !late.text().contains("take-back="), "{}", late.text());
    assert_eq!(mara.get("/admin/users/priya").await.status, StatusCode::OK);
    let log = mara.get("/activity?action=user.take-invitation").await.text();
    assert!(log.contains("Took back the invitation of"), "{log}");
}
