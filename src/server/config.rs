//! Configuration: defaults, then the file, then the environment. The only place that reads the
//! environment. A wrong key or value stops the start with its source, the key and the remedy.

mod check;
mod keeping;
mod merge;
mod providers;
mod schema;
mod values;

pub use check::secret;
pub use schema::{Config, LogFormat, MountConfig, MountKindConfig, ProviderConfig, ServerConfig, TelemetryConfig};

use merge::Merged;
use std::path::Path;

/// A configuration that cannot be used, in a sentence with the remedy.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// The file that is read where none is named, if it is there.
const DEFAULT_FILE: &str = "portolan.toml";

impl Config {
    /// Reads the file (`--config`, else `portolan.toml` if there is one) and the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => Some((path, read(path)?)),
            None if Path::new(DEFAULT_FILE).exists() => Some((Path::new(DEFAULT_FILE), read(Path::new(DEFAULT_FILE))?)),
            None => None,
        };
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let environment = std::env::vars().filter(|(name, _)| name.starts_with(merge::PREFIX));
        Self::from_parts(text.as_ref().map(|(path, text)| (*path, text.as_str())), environment)
    }

    /// The same from a text and a list of variables.
    pub fn from_parts(
        file: Option<(&Path, &str)>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut merged = match file {
            Some((path, text)) => Merged::parse(path, text)?,
            None => Merged::default(),
        };
        // Lists are filled from their start, in whichever order the environment comes.
        let place = |name: &str| -> Vec<(Option<usize>, String)> {
            name.split("__").map(|part| (part.parse().ok(), part.to_owned())).collect()
        };
        // An empty variable is one that is not set: that is how composed environments write it.
        let mut variables: Vec<(String, String)> = environment.filter(|(_, value)| !value.is_empty()).collect();
        variables.sort_by_cached_key(|(name, _)| place(name));
        for (name, value) in variables {
            merged.overlay(&name, value)?;
        }
        let config: Self = merged.read()?;
        check::whole(&config, &merged)?;
        Ok(config)
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "the configuration file {} cannot be read ({error}); check the path and its rights",
            path.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::schema::MountKindConfig;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(Some((Path::new("portolan.toml"), text)), variables)
    }

    fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
        load(text, variables).expect_err("this configuration is wrong").to_string()
    }

    #[test]
    fn defaults_need_nothing() {
        let config = load("", &[]).unwrap();
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        assert_eq!(config.mounts.len(), 0);
    }

    #[test]
    fn the_host_is_as_clients_name_it() {
        for (public_url, host) in [
            ("http://localhost:8080/", "localhost:8080"),
            ("https://Registry.Example.com:443/", "registry.example.com"),
            ("https://registry.example.com:8443", "registry.example.com:8443"),
            ("https://bücher.example", "xn--bcher-kva.example"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(load("", &[("PORTOLAN_SERVER__PUBLIC_URL", public_url)]).unwrap().host(), host);
        }
    }

    #[test]
    fn variables_of_a_list_may_come_in_any_order() {
        let mut variables = Vec::new();
        for index in (0..12).rev() {
            variables.push((format!("PORTOLAN_MOUNTS__{index}__URL"), format!("http://r{index}")));
            variables.push((format!("PORTOLAN_MOUNTS__{index}__PREFIX"), format!("p{index}")));
            variables.push((format!("PORTOLAN_MOUNTS__{index}__KIND"), "remote".to_owned()));
        }
        let config = Config::from_parts(None, variables.into_iter()).unwrap();
        let urls: Vec<_> = config.mounts.iter().filter_map(|mount| mount.url.clone()).collect();
        assert_eq!(urls, (0..12).map(|index| format!("http://r{index}")).collect::<Vec<_>>());
    }

    #[test]
    fn the_environment_wins_and_reaches_into_lists() {
        let text =
            "[server]\nlisten = \"127.0.0.1:1\"\n[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"\nurl = \"http://a\"";
        let variables = [
            ("PORTOLAN_SERVER__LISTEN", "127.0.0.1:9"),
            ("PORTOLAN_MOUNTS__0__URL", "http://b"),
            ("PORTOLAN_MOUNTS__0__REFRESH_S", "7"),
            ("PORTOLAN_MOUNTS__0__READ_ONLY", "true"),
            ("PORTOLAN_CACHE", "not configuration"),
        ];
        let config = load(text, &variables).unwrap();
        assert_eq!(config.server.listen.port(), 9);
        assert_eq!(config.mounts[0].url.as_deref(), Some("http://b"));
        assert_eq!(config.mounts[0].refresh_s, 7);
        assert_eq!(config.mounts[0].kind, MountKindConfig::Remote);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_source_and_key() {
        let unknown = refusal("[server]\nlisen = \"x\"", &[]);
        assert!(
            unknown.contains("portolan.toml") && unknown.contains("lisen") && unknown.contains("listen"),
            "{unknown}"
        );
        let value = refusal("[server]\nlisten = \"here\"", &[]);
        assert!(value.contains("server.listen") && value.contains("127.0.0.1:8080"), "{value}");
        let variable = refusal("", &[("PORTOLAN_AUTH__RECHECK_DAYS", "soon")]);
        assert!(variable.contains("PORTOLAN_AUTH__RECHECK_DAYS"), "{variable}");
        assert!(refusal("[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"", &[]).contains("mounts[0].url"));
        assert!(refusal("[server]\npublic_url = \"http://registry.example.com\"", &[]).contains("https"));
        assert!(refusal("[server]\npublic_url = \"https://example.com/portolan\"", &[]).contains("without a path"));
        let upstream = "[[mounts]]\nkind = \"remote\"\nurl = \"http://a\"\nupstream_prefix = \"A B\"";
        assert!(refusal(upstream, &[]).contains("mounts[0].upstream_prefix"));
        assert!(refusal("[[mounts]]\nprefix = \"a\"\nkind = \"nonsense\"", &[]).contains("mounts[0].kind"));
        assert!(refusal("[[mounts]]\nprefix = \"A B\"\nkind = \"hosted\"", &[]).contains("mounts[0].prefix"));
        assert!(refusal("[admin]\nusername = \"mara\"", &[]).contains("PORTOLAN_ADMIN__PASSWORD_FILE"));
        let userinfo = "[[mounts]]\nkind = \"remote\"\nurl = \"http://mara:hunter2@a\"";
        let said = refusal(userinfo, &[]);
        assert!(said.contains("mounts[0].url") && !said.contains("hunter2"), "{said}");
        assert!(refusal("", &[("PORTOLAN_SERVER_LISTEN", "127.0.0.1:1")]).contains("PORTOLAN_SERVER__LISTEN"));
        assert!(refusal("", &[("PORTOLAN_SEVER__LISTEN", "127.0.0.1:1")]).contains("PORTOLAN_SEVER__LISTEN"));
        assert!(refusal("not toml at all", &[]).contains("portolan.toml"));
    }

    #[test]
    fn no_secret_is_said_when_something_is_wrong() {
        let provider = "[[auth.providers]]\nname = \"acme\"\nkind = \"oidc\"\nclient_id = \"portolan\"\n";
        let broken = refusal(&format!("{provider}client_secret = \"hunter2"), &[]);
        assert!(broken.contains("portolan.toml") && broken.contains("line 5"), "{broken}");
        let bare = refusal(&format!("{provider}client_secret = hunter2\n"), &[]);
        let number = refusal("[admin]\nusername = \"mara\"\npassword = 77771234", &[]);
        assert!(number.contains("admin.password: this must be"), "{number}");
        let list = refusal("[admin]\nusername = \"mara\"\npassword = [\"hunter2\"]", &[]);
        let whole = refusal("admin = \"hunter2\"", &[]);
        let variable = refusal("", &[("PORTOLAN_AUTH__PROVIDERS", "hunter2")]);
        let flag = refusal("[[mounts]]\nread_only = \"hunter2\"\nkind = \"hosted\"", &[]);
        assert!(variable.contains("PORTOLAN_AUTH__PROVIDERS"), "{variable}");
        for said in [broken, bare, number, list, whole, variable] {
            assert!(!said.contains("hunter2") && !said.contains("7777"), "{said}");
        }
        assert!(flag.contains("`hunter2` is not true or false"), "what is no secret is said: {flag}");
    }

    #[test]
    fn the_admin_keys_are_known() {
        let variables = [("PORTOLAN_ADMIN__USERNAME", "mara"), ("PORTOLAN_ADMIN__PASSWORD", "correct horse battery")];
        assert_eq!(load("", &variables).unwrap().admin.username.as_deref(), Some("mara"));
    }
}
