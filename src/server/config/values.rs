//! How single values are read: as the file writes them, or from the text of a variable.

use crate::domain::RepositoryName;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::net::SocketAddr;
use std::str::FromStr;

/// A value of the file, or its text from the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given<T> {
    Value(T),
    Text(String),
}

fn given<'de, D, T>(deserializer: D, wanted: &str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + FromStr,
{
    match Given::deserialize(deserializer) {
        Ok(Given::Value(value)) => Ok(value),
        Ok(Given::Text(text)) => text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not {wanted}"))),
        Err(_) => Err(D::Error::custom(format!("this must be {wanted}"))),
    }
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    given(deserializer, "a whole number, 0 or more")
}

pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    given(deserializer, "true or false")
}

/// The same where nothing may be said.
pub(super) fn stated_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    flag(deserializer).map(Some)
}

/// A path of names, which may be written with slashes around it; empty for none.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RepositoryName>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    match text.trim_matches('/') {
        "" => Ok(None),
        path => path.parse().map(Some).map_err(D::Error::custom),
    }
}

pub(super) fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("`{text}` is not an address with a port, such as 127.0.0.1:8080")))
}
