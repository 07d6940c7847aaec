//! What has to be right of an identity provider before anybody is sent to it.

use super::ConfigError;
use super::check::secret;
use super::merge::Merged;
use super::schema::{AuthConfig, ProviderConfig};
use crate::domain::ProviderKind;
use crate::domain::provider::{GIVEN_BY_PROVIDER, title_problem};
use crate::server::loopback::address;
use crate::server::secret::Secret;
use std::collections::HashSet;

const MAX_NAME: usize = 40;

/// Refuses providers that could not work.
pub(super) fn check(auth: &AuthConfig, merged: &Merged) -> Result<(), ConfigError> {
    if auth.recheck_days == 0 {
        return Err(
            merged.error("auth.recheck_days", "this is 1 day or more; after so long without a sign-in tokens rest")
        );
    }
    let mut names = HashSet::new();
    for (index, provider) in auth.providers.iter().enumerate() {
        let wrong = |(key, problem): (&str, String)| merged.error(&format!("auth.providers[{index}].{key}"), &problem);
        if !names.insert(&provider.name) {
            return Err(wrong(("name", format!("`{}` is there twice; give each provider its own", provider.name))));
        }
        one(provider).map_err(wrong)?;
        provider.secret()?;
    }
    Ok(())
}

/// The key that is wrong, and what would be right.
fn one(provider: &ProviderConfig) -> Result<(), (&'static str, String)> {
    let wrong = |key: &'static str, problem: &str| Err((key, problem.to_owned()));
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let name = provider.name.as_bytes();
    let starts_well = name.first().is_some_and(u8::is_ascii_alphanumeric);
    if !starts_well || name.len() > MAX_NAME || !name.iter().all(is_word) {
        return wrong(
            "name",
            "this has letters, digits, dots, dashes and underscores: it stands in the callback's address",
        );
    }
    if let Some(problem) = provider.title.as_deref().and_then(title_problem) {
        return wrong("title", problem);
    }
    if provider.client_id.trim().is_empty() {
        return wrong("client_id", GIVEN_BY_PROVIDER);
    }
    if provider.client_secret.is_none() && provider.client_secret_file.is_none() {
        return wrong("client_secret_file", "the secret of this provider is missing; name the file that holds it");
    }
    if provider.scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
        return wrong("scopes", "this is a list with one scope in each entry");
    }
    match provider.kind {
        ProviderKind::Oidc => oidc(provider),
        ProviderKind::Github => github(provider),
    }
}

fn oidc(provider: &ProviderConfig) -> Result<(), (&'static str, String)> {
    for (key, is_set) in [("url", provider.url.is_some()), ("api_url", provider.api_url.is_some())] {
        if is_set {
            return Err((key, "this is for kind github; an OpenID provider is found by its issuer".to_owned()));
        }
    }
    match &provider.issuer {
        Some(issuer) => address(issuer).map_err(|problem| ("issuer", problem)),
        None => Err(("issuer", "an OpenID provider is found by its issuer, such as https://login.example.com".into())),
    }
}

fn github(provider: &ProviderConfig) -> Result<(), (&'static str, String)> {
    for (key, is_set) in [("issuer", provider.issuer.is_some()), ("groups_claim", provider.groups_claim.is_some())] {
        if is_set {
            return Err((key, "this is for kind oidc; GitHub names organisations and teams by itself".to_owned()));
        }
    }
    for (key, text) in [("url", &provider.url), ("api_url", &provider.api_url)] {
        text.as_deref().map_or(Ok(()), address).map_err(|problem| (key, problem))?;
    }
    Ok(())
}

impl ProviderConfig {
    /// The client's secret.
    pub fn secret(&self) -> Result<Secret, ConfigError> {
        match (&self.client_secret_file, &self.client_secret) {
            (Some(path), _) => secret(path),
            (None, Some(secret)) => Ok(secret.clone()),
            (None, None) => Err(ConfigError(format!("the secret of the provider {} is missing", self.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server::config::Config;
    use std::path::Path;

    const OIDC: &str = "name = \"acme\"\nkind = \"oidc\"\nclient_id = \"p\"\n";
    const GITHUB: &str = "name = \"github\"\nkind = \"github\"\nclient_id = \"p\"\nclient_secret = \"s\"\n";

    fn load(text: &str) -> Result<Config, String> {
        Config::from_parts(Some((Path::new("portolan.toml"), text)), std::iter::empty()).map_err(|it| it.to_string())
    }

    fn refusal(provider: &str) -> String {
        load(&format!("[[auth.providers]]\n{provider}")).expect_err("this provider is wrong")
    }

    #[test]
    fn a_provider_says_what_it_needs() {
        let whole = format!("[[auth.providers]]\n{OIDC}client_secret = \"s\"\nissuer = \"https://id.acme.dev\"\n");
        assert!(load(&whole).is_ok());
        assert!(load(&format!("{whole}[[auth.providers]]\n{GITHUB}")).is_ok());
        assert!(load(&format!("[auth]\nlocal_sign_in = false\n{whole}")).is_ok());
        assert!(load(&format!("{whole}{whole}")).expect_err("twice").contains("auth.providers[1].name"));
        for (provider, said) in [
            (OIDC.to_owned(), "auth.providers[0].client_secret_file"),
            (format!("{OIDC}client_secret = \"s\""), "auth.providers[0].issuer"),
            (format!("{OIDC}client_secret = \"s\"\nissuer = \"http://id.acme.dev\""), "loopback only"),
            (
                format!("{OIDC}client_secret = \"s\"\nissuer = \"https://id.acme.dev\"\nurl = \"https://x\""),
                "kind github",
            ),
            (format!("{GITHUB}issuer = \"https://github.com\""), "kind oidc"),
            (format!("{GITHUB}api_url = \"http://10.0.0.1\""), "loopback only"),
            (GITHUB.replace("name = \"github\"", "name = \"Git Hub\""), "it stands in the callback"),
            (format!("{GITHUB}scopes = [\"a b\"]"), "one scope in each"),
        ] {
            assert!(refusal(&provider).contains(said), "{}", refusal(&provider));
        }
    }
}
