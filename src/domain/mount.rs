//! What is set of a registry that is mounted in the console.

use super::{Error, RepositoryName, RepositoryVisibility, Result};
use serde::{Deserialize, Serialize};

/// How CNCF distribution frees what was deleted there, what that needs, and what must not be added to it.
pub const COLLECT: &str = "docker-registry garbage-collect /etc/docker/registry/config.yml";
pub const STOP_WRITES: &str =
    "For CNCF distribution, stop all writes to it meanwhile, such as by storage.maintenance.readonly, and run:";
pub const NOT_UNTAGGED: &str = "Leave --delete-untagged out: up to version 2.8 it also deletes the platforms of a multi-platform image that have no \
     tag of their own, and the image pulls no more.";

/// The same as one text.
pub fn how_freed() -> String {
    format!("{STOP_WRITES} {COLLECT}. {NOT_UNTAGGED}")
}

/// That a registry deletes nothing, and the setting that allows it.
pub fn deletes_nothing(host: &str) -> String {
    format!(
        "{host} deletes nothing: that is switched off there. CNCF distribution allows it with storage.delete.enabled: true, \
         or REGISTRY_STORAGE_DELETE_ENABLED=true"
    )
}

/// Seconds between two readings: where nothing is said, and at most (30 days).
pub const REFRESH_S: u64 = 300;
pub const MAX_REFRESH_S: u64 = 30 * 86_400;
/// The most of any one setting.
const MAX_BYTES: usize = 512;
/// The most names of repositories and hosts.
const MAX_NAMES: usize = 1000;

/// The address of a registry with what of it is mounted: `https://registry.example.com/library`. The names of a mount stand
/// for other repositories where it is another one.
pub fn address(url: &str, below: Option<&RepositoryName>) -> String {
    let url = url.trim_end_matches('/');
    below.map_or_else(|| url.to_owned(), |below| format!("{url}/{below}"))
}

/// How a registry is reached and what of it is mounted, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MountSettings {
    pub url: String,
    /// Only what lies below this name is mounted, without it.
    pub upstream_prefix: Option<RepositoryName>,
    /// As the registry calls them, where it has no catalog; none stands for its catalog.
    pub repositories: Vec<String>,
    /// Further hosts that may be its token service.
    pub auth_hosts: Vec<String>,
    pub username: String,
    pub refresh_s: u64,
    /// As which service the registry asks this Portolan for tokens; empty where it does not.
    pub token_service: String,
    /// Who sees its repositories without a grant.
    pub visibility: RepositoryVisibility,
    /// Whether nothing is changed there from here.
    pub read_only: bool,
    /// Whether what is deleted there from here is held by a hidden tag, so that it can be brought back.
    pub trash: bool,
}

impl Default for MountSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            upstream_prefix: None,
            repositories: vec![],
            auth_hosts: vec![],
            username: String::new(),
            refresh_s: REFRESH_S,
            token_service: String::new(),
            visibility: RepositoryVisibility::Private,
            read_only: true,
            trash: true,
        }
    }
}

impl MountSettings {
    /// Whether everything in it can be meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] of the first setting that cannot.
    pub fn check(&self) -> Result<()> {
        let texts = [("url", &self.url), ("username", &self.username), ("token_service", &self.token_service)];
        for (field, text) in texts {
            if text.len() > MAX_BYTES || text.chars().any(|c| c.is_control() || c == '"') {
                return Err(Error::invalid(field, format!("this is one line of at most {MAX_BYTES} bytes")));
            }
        }
        for (field, names) in [("repositories", &self.repositories), ("auth_hosts", &self.auth_hosts)] {
            if names.len() > MAX_NAMES || names.iter().any(|name| name.is_empty() || name.len() > MAX_BYTES) {
                return Err(Error::invalid(field, format!("name at most {MAX_NAMES}, with a space between two")));
            }
        }
        if !(1..=MAX_REFRESH_S).contains(&self.refresh_s) {
            return Err(Error::invalid("refresh_s", format!("this is between 1 and {MAX_REFRESH_S} seconds")));
        }
        if self.url.is_empty() {
            return Err(Error::invalid(
                "url",
                "write the address of the registry, such as https://registry.example.com",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_said_of_its_field() {
        let good = MountSettings { url: "https://registry.example.com".to_owned(), ..MountSettings::default() };
        assert_eq!(good.check(), Ok(()));
        let wrong = |change: fn(&mut MountSettings)| {
            let mut settings = good.clone();
            change(&mut settings);
            match settings.check() {
                Err(Error::Invalid { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(|it| it.url.clear()), "url");
        assert_eq!(wrong(|it| it.refresh_s = 0), "refresh_s");
        assert_eq!(wrong(|it| it.token_service = "a\"b".to_owned()), "token_service");
        assert_eq!(wrong(|it| it.auth_hosts = vec![String::new()]), "auth_hosts");
        assert_eq!(wrong(|it| it.repositories = vec!["a".to_owned(); 1001]), "repositories");
    }
}
