//! Image configurations, read leniently: they are shown and nothing is decided by them.

use super::null_is_default;
use crate::domain::Platform;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The largest image configuration that is read into the catalog, in bytes.
pub const MAX_CONFIG_BYTES: u64 = 1024 * 1024;
/// How long one may take to come from another registry.
pub const MAX_CONFIG_TIME: Duration = Duration::from_secs(30);

/// An image configuration (OCI image specification, "Image Configuration"). Every part is optional:
/// what is missing is not shown, and what is odd does not hide the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    pub created: Option<String>,
    pub author: Option<String>,
    pub os: Option<String>,
    pub architecture: Option<String>,
    pub variant: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub config: RunConfig,
    #[serde(deserialize_with = "null_is_default")]
    pub history: Vec<Step>,
}

/// How a container of the image starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RunConfig {
    #[serde(deserialize_with = "null_is_default")]
    pub user: String,
    #[serde(deserialize_with = "null_is_default")]
    pub working_dir: String,
    #[serde(deserialize_with = "null_is_default")]
    pub env: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub entrypoint: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub cmd: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub exposed_ports: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    pub created_by: Option<String>,
    pub comment: Option<String>,
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Reads a configuration; `None` if it is no JSON of this shape.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The platform it states, if it states one.
    pub fn platform(&self) -> Option<Platform> {
        Platform::stated(self.os.clone(), self.architecture.clone(), self.variant.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_full_of_nulls_is_read() {
        let body = br#"{"created":"1970-01-01T00:00:00Z","os":"linux","architecture":"arm64","config":{"Env":null,"Labels":null},"history":null}"#;
        let config = ImageConfig::parse(body).unwrap();
        assert_eq!(config.platform().unwrap().to_string(), "linux/arm64");
    }
}
