//! What is refused on the way back from a provider: answers that are old, foreign, or not to be believed.

use super::providers::server;
use super::stand_in::{Signed, StandIn};
use super::ways_in::Browser;
use crate::support::{Answer, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Nobody is let in, and the page says why under an id that the log knows.
fn is_refused(answer: &Answer, status: u16, words: &str) {
    let text = answer.text();
    assert_eq!(answer.status.as_u16(), status, "{text}");
    assert!(text.contains(words), "{words:?} in {text}");
    let id = format!("err_{}", answer.header("x-request-id"));
    assert!(text.contains(&id) && text.contains("Continue with Acme"), "{id} in {text}");
    assert!(!answer.header("set-cookie").contains("ptl_s_"));
}

async fn open(provider: &StandIn) -> TestApp {
    server(&provider.config("open_sign_up = true")).await.0
}

const STALE: &str = "was not begun in this browser, was used already, or took longer than 10 minutes";

/// AUTH-2, SEC-23: replayed, in another browser, without or with another state, too late.
#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked_and_soon() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let (mut browser, mut other) = (Browser::of(&test), Browser::of(&test));
    let back = provider.approve(&browser.begin("/auth/provider/acme?next=/r/team/secret").await);
    assert_eq!(browser.get(&back).await.status, StatusCode::SEE_OTHER);
    is_refused(&browser.get(&back).await, 403, STALE);

    // Another browser has no cookie, or one of its own.
    let back = provider.approve(&browser.begin("/auth/provider/acme?next=/r/team/secret").await);
    let refused = other.get(&back).await;
    is_refused(&refused, 403, STALE);
    assert!(!refused.text().contains("team/secret") && !refused.text().contains("team%2Fsecret"));
    is_refused(&browser.get(&back).await, 403, STALE);
    other.begin("/auth/provider/acme").await;
    let back = provider.approve(&browser.begin("/auth/provider/acme").await);
    is_refused(&other.get(&back).await, 403, STALE);

    let back = provider.approve(&browser.begin("/auth/provider/acme").await);
    let (path, _) = back.split_once("&state=").unwrap();
    for state in ["", "&state=", "&state=ptl_a_made-up"] {
        is_refused(&browser.get(&format!("{path}{state}")).await, 403, STALE);
    }
    clock.advance_ms(10 * 60_000);
    is_refused(&browser.get(&back).await, 403, STALE);
    assert!(other.is_out().await);
}

/// AUTH-3: what one provider answers is worth nothing as the answer of another.
#[tokio::test]
async fn an_answer_counts_at_its_own_provider_alone() {
    let (acme, evil) = (StandIn::start().await, StandIn::start().await);
    let config = format!("{}{}", acme.config("open_sign_up = true"), evil.provider("evil", "open_sign_up = true"));
    let (test, _) = server(&config).await;
    let mut browser = Browser::of(&test);
    let back = acme.approve(&browser.begin("/auth/provider/acme").await);
    let elsewhere = back.replace("/provider/acme/", "/provider/evil/");
    is_refused(&browser.get(&elsewhere).await, 403, STALE);
    is_refused(&browser.get(&back).await, 403, STALE);
    // The code of one under the state of the other is not known there.
    let (back, of_evil) = (
        acme.approve(&browser.begin("/auth/provider/acme").await),
        evil.approve(&browser.begin("/auth/provider/evil").await),
    );
    let code = back.split(['=', '&']).nth(1).unwrap();
    let mixed = of_evil.replace("code=code-0", &format!("code={code}-of-acme"));
    is_refused(&browser.get(&mixed).await, 403, "used already, or for too old");
    // RFC 9207: who sends its name always is not believed without it, nor under another.
    acme.set(|ways| drop(ways.discovery.insert("authorization_response_iss_parameter_supported".into(), json!(true))));
    let (test, own) =
        (open(&acme).await, url::form_urlencoded::byte_serialize(acme.issuer.as_bytes()).collect::<String>());
    let mut browser = Browser::of(&test);
    for (iss, is_in) in [
        (String::new(), false),
        (format!("&iss={}", evil.issuer), false),
        (format!("&iss={own}%2F"), false),
        (format!("&iss={own}"), true),
    ] {
        let back = acme.approve(&browser.begin("/auth/provider/acme").await);
        let answer = browser.get(&format!("{back}{iss}")).await;
        match is_in {
            true => assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text()),
            false => is_refused(&answer, 403, "does not come from Acme"),
        }
    }
    acme.set(|ways| ways.discovery.clear());
    let test = open(&acme).await;
    let mut browser = Browser::of(&test);
    let back = acme.approve(&browser.begin("/auth/provider/acme").await);
    is_refused(&browser.get(&format!("{back}&iss={}", evil.issuer)).await, 403, "does not come from Acme");
}

/// SEC-5: by whom, for whom, for what and until when an id_token is.
#[tokio::test]
async fn an_id_token_is_believed_only_as_it_must_be() {
    let provider = StandIn::start().await;
    let test = open(&provider).await;
    let mut browser = Browser::of(&test);
    let cannot = "cannot be believed";
    for signed in
        [Signed::None, Signed::Hs256WithPublicKey, Signed::AnotherKey, Signed::BroughtAlong, Signed::UnknownKey]
    {
        provider.set(|ways| ways.signed = signed);
        is_refused(&browser.sign_in(&provider).await, 502, cannot);
    }
    provider.set(|ways| ways.signed = Signed::Es256);
    let now = crate::support::START.0 / 1000;
    for (claim, value, words) in [
        ("iss", json!("http://127.0.0.1:1"), cannot),
        ("iss", json!(format!("{}/", provider.issuer)), cannot),
        ("aud", json!("another"), cannot),
        ("aud", json!([super::stand_in::CLIENT, "another"]), cannot),
        ("aud", Value::Null, cannot),
        ("azp", json!("another"), cannot),
        ("nonce", json!("another"), cannot),
        ("nonce", Value::Null, cannot),
        ("exp", Value::Null, cannot),
        ("iat", Value::Null, cannot),
        ("exp", json!(now - 120), "clocks that differ by"),
        ("iat", json!(now + 600), "clocks that differ by 10 minutes"),
    ] {
        provider.claim(claim, value.clone());
        is_refused(&browser.sign_in(&provider).await, 502, words);
        provider.set(|ways| drop(ways.claims.remove(claim)));
    }
    provider.set(|ways| {
        ways.claims.insert("groups".into(), Value::Null);
        ways.userinfo.insert("sub".into(), json!("somebody else"));
    });
    is_refused(&browser.sign_in(&provider).await, 502, cannot);
    assert!(browser.is_out().await);
    provider.set(|ways| ways.userinfo.clear());
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
}

/// A key that is new is found, and made-up names of keys make nobody ask for ever.
#[tokio::test]
async fn an_unknown_key_is_looked_for_once_in_a_while() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    provider.set(|ways| ways.signed = Signed::UnknownKey);
    for _ in 0..5 {
        is_refused(&browser.sign_in(&provider).await, 502, "cannot be believed");
    }
    assert_eq!(provider.n_key_fetches(), 2, "for the first, and for the unknown one");
    provider.set(|ways| ways.key_names.push("new".to_owned()));
    clock.advance_ms(30_000);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.n_key_fetches(), 3);
}

#[tokio::test]
async fn what_goes_wrong_is_said_with_whose_turn_it_is() {
    let provider = StandIn::start().await;
    let test = open(&provider).await;
    let mut browser = Browser::of(&test);
    let state = async |browser: &mut Browser<'_>| {
        let location = browser.begin("/auth/provider/acme?next=/r/team/web").await;
        provider.approve(&location).split_once("&state=").unwrap().1.to_owned()
    };
    let given = state(&mut browser).await;
    let denied =
        format!("/auth/provider/acme/callback?error=access_denied&error_description=you+said+%3Cb%3Eno&state={given}");
    let answer = browser.get(&denied).await;
    is_refused(&answer, 403, "Acme did not let you in (“you said &lt;b&gt;no”)");
    assert!(answer.text().contains("/auth/provider/acme?next="), "the way is open for another try");
    let given = state(&mut browser).await;
    let odd = format!("/auth/provider/acme/callback?error=invalid_scope&state={given}");
    is_refused(&browser.get(&odd).await, 502, "whoever runs this registry has to see to it");
    is_refused(&browser.get("/auth/provider/acme/callback?error=access_denied&state=made-up").await, 403, STALE);

    for (status, answer, said, words) in [
        (401, json!({"error": "invalid_client"}), 502, "refused this registry&#x27;s client secret"),
        (400, json!({"error": "unauthorized_client"}), 502, "refused this registry&#x27;s client secret"),
        (401, json!("what"), 502, "refused this registry&#x27;s client secret"),
        (400, json!({"error": "invalid_grant"}), 403, "used already, or for too old"),
        (200, json!({"access_token": "a", "token_type": "bearer"}), 502, "cannot be believed"),
        (200, json!({"access_token": "a", "token_type": "bearer", "id_token": "a.b.c"}), 502, "cannot be believed"),
        (500, json!({}), 502, "cannot be reached at the moment"),
        (302, json!({}), 502, "cannot be believed"),
        (200, json!({"access_token": "a".repeat(2 << 20), "token_type": "bearer"}), 502, "cannot be believed"),
    ] {
        provider.set(|ways| ways.token_answer = Some((status, answer.clone())));
        let answer = browser.sign_in(&provider).await;
        let text = answer.text().replace("registry's", "registry&#x27;s");
        assert!(text.contains(words), "{words:?} in {text}");
        is_refused(&answer, said, "err_");
    }
    // Whoever writes itself otherwise than the configuration does is somebody else.
    for (name, value) in [
        ("issuer", json!(format!("{}/", provider.issuer))),
        ("token_endpoint", json!("http://192.0.2.1/token")),
        ("jwks_uri", json!("not an address")),
    ] {
        provider.set(|ways| {
            ways.discovery.clear();
            ways.discovery.insert(name.to_owned(), value);
        });
        let test = open(&provider).await;
        is_refused(&test.get("/auth/provider/acme?next=/r/a").await, 502, "cannot be believed");
    }
    let gone = "[[auth.providers]]\nname = \"acme\"\nkind = \"oidc\"\ntitle = \"Acme\"\nissuer = \"http://127.0.0.1:1\"\n\
                client_id = \"a\"\nclient_secret = \"planted secret\"";
    let (test, _) = server(gone).await;
    let answer = test.get("/auth/provider/acme").await;
    is_refused(&answer, 502, "cannot be reached at the moment");
    assert!(!answer.text().contains("127.0.0.1:1<") && !answer.text().contains("planted secret"));
    assert_eq!(test.get("/auth/provider/none").await.status, StatusCode::NOT_FOUND);
}

/// A provider that renews its key under the name of the old one is believed by the new one alone.
#[tokio::test]
async fn a_key_that_is_renewed_under_its_name_takes_the_place_of_the_old_one() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    provider.set(|ways| (ways.signed, ways.is_renewed) = (Signed::AnotherKey, true));
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.n_key_fetches(), 2, "for the old one, and for the new");
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.n_key_fetches(), 2, "which is known from then on");
    provider.set(|ways| ways.signed = Signed::Es256);
    for _ in 0..2 {
        is_refused(&browser.sign_in(&provider).await, 502, "cannot be believed");
        clock.advance_ms(30_000);
    }
}
