//! A browser on its way through a provider.

use super::stand_in::StandIn;
use crate::support::{Answer, TestApp};
use axum::http::StatusCode;
use std::collections::BTreeMap;

/// A browser with its cookies.
pub struct Browser<'t> {
    test: &'t TestApp,
    cookies: BTreeMap<String, String>,
}

impl<'t> Browser<'t> {
    pub fn of(test: &'t TestApp) -> Self {
        Self { test, cookies: BTreeMap::new() }
    }

    /// What the server set as this cookie, with its attributes left out.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Has what another browser has: its session, as a header writes it.
    pub fn carry(&mut self, cookies: &str) {
        for cookie in cookies.split("; ").filter_map(|cookie| cookie.split_once('=')) {
            self.cookies.insert(cookie.0.to_owned(), cookie.1.to_owned());
        }
    }

    /// Signs out, as far as the browser is concerned.
    pub fn drop_session(&mut self) {
        self.cookies.remove("portolan");
    }

    fn shown(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Sends a form of a page.
    pub async fn send(&self, page: &str, intent: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> = [("do", intent)].into_iter().chain(fields.iter().copied()).collect();
        super::form(self.test, page, &self.shown(), &fields).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.test.ask("GET", path, &[("cookie", &self.shown())], "").await;
        self.keep(&answer);
        answer
    }

    /// Keeps the cookies of an answer.
    fn keep(&mut self, answer: &Answer) {
        for set in answer.headers.get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Sends a form whose answer leads to a provider; the address that it leads to.
    pub async fn begin_by_form(&mut self, page: &str, intent: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(page, intent, fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        self.keep(&answer);
        let text = answer.text();
        let to = text.split_once("content=\"0;url=").expect("it leads on").1;
        to.split('"').next().unwrap().replace("&amp;", "&")
    }

    /// Goes to the provider; the address that it was sent to.
    pub async fn begin(&mut self, path: &str) -> String {
        let sent = self.get(path).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        sent.header("location").to_owned()
    }

    /// The whole way through the provider `acme`.
    pub async fn sign_in(&mut self, provider: &StandIn) -> Answer {
        let location = self.begin("/auth/provider/acme?next=/repositories").await;
        let back = provider.approve(&location);
        self.get(&back).await
    }

    /// Whether it is signed in now, as somebody of that name.
    pub async fn is(&mut self, username: &str) -> bool {
        let page = self.get("/repositories").await;
        page.status == StatusCode::OK && page.text().contains(&format!(">{username}<"))
    }

    /// Whether it is nobody's.
    pub async fn is_out(&mut self) -> bool {
        self.get("/admin/mounts").await.header("location").starts_with("/auth/login")
    }
}
