//! The file and the environment as one tree that remembers where each value came from.

use super::ConfigError;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// What a variable's name starts with. Only names with `__` inside are configuration.
pub(super) const PREFIX: &str = "PORTOLAN_";

/// A configuration before it has types.
#[derive(Default)]
pub(super) struct Merged {
    tree: Table,
    file: Option<String>,
    /// Dotted path of a value → the variable that set it.
    variables: BTreeMap<String, String>,
}

impl Merged {
    /// Reads the file's text.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let tree = text.parse().map_err(|error| {
            let line = line_of(text, &error);
            ConfigError(format!("{file} is not valid TOML: line {line}: {}", error.message().trim()))
        })?;
        Ok(Self { tree, file: Some(file), variables: BTreeMap::new() })
    }

    /// Sets what a variable names; others than configuration are left alone.
    pub(super) fn overlay(&mut self, name: &str, value: String) -> Result<(), ConfigError> {
        let path = name.strip_prefix(PREFIX).unwrap_or_default();
        if !path.contains("__") {
            return refuse_near_miss(name, path);
        }
        let path = path.to_lowercase();
        let parts: Vec<&str> = path.split("__").collect();
        let mut root = Value::Table(std::mem::take(&mut self.tree));
        let set = set(&mut root, &parts, value);
        if let Value::Table(tree) = root {
            self.tree = tree;
        }
        set.map_err(|problem| ConfigError(format!("{name}: {problem}")))?;
        self.variables.insert(dotted(&parts), name.to_owned());
        Ok(())
    }

    /// Gives the tree its types.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        serde_path_to_error::deserialize(self.tree.clone()).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            self.error(path.trim_start_matches('.'), &without_value(inner.message().trim()))
        })
    }

    /// An error about the value at `path`, with where it was set.
    pub(super) fn error(&self, path: &str, problem: &str) -> ConfigError {
        let below =
            |set: &str| set.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let variable = self.variables.iter().find(|(set, _)| below(set)).map(|(_, variable)| variable);
        let source = match (variable, &self.file) {
            (Some(variable), _) => format!("the environment variable {variable}"),
            (None, Some(file)) => file.clone(),
            (None, None) => "the configuration".to_owned(),
        };
        let key = if path.is_empty() || path == "." { String::new() } else { format!("{path}: ") };
        ConfigError(format!("{source}: {key}{}", problem.replace('\n', " ")))
    }
}

/// The line that an error is about, by its number: what it says may be a secret.
fn line_of(text: &str, error: &toml::de::Error) -> usize {
    let start = error.span().map_or(text.len(), |span| span.start.min(text.len()));
    text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// What serde says without the value that it says it of, which may be a secret too.
fn without_value(problem: &str) -> String {
    let is_of_a_value = problem.starts_with("invalid type: ") || problem.starts_with("invalid value: ");
    match problem.rsplit_once(", expected ") {
        Some((_, expected)) if is_of_a_value => format!("this must be {expected}"),
        _ => problem.to_owned(),
    }
}

/// `PORTOLAN_SERVER_LISTEN` looks like a key and would be left alone without a word.
fn refuse_near_miss(name: &str, path: &str) -> Result<(), ConfigError> {
    let sections = ["ADMIN", "AUTH", "DATA", "DATABASE", "LIMITS", "MOUNTS", "SERVER", "STORAGE", "TELEMETRY"];
    match path.split_once('_') {
        Some((section, key)) if sections.contains(&section) => {
            let meant = format!("{PREFIX}{section}__{key}");
            Err(ConfigError(format!("the environment variable {name}: two underscores part section and key: {meant}")))
        }
        _ => Ok(()),
    }
}

fn set(at: &mut Value, parts: &[&str], value: String) -> Result<(), String> {
    let Some((first, rest)) = parts.split_first() else {
        *at = Value::String(value);
        return Ok(());
    };
    let next = match (at, first.parse::<usize>()) {
        (Value::Array(list), Ok(index)) if index < list.len() => &mut list[index],
        (Value::Array(list), Ok(index)) if index == list.len() => {
            list.push(empty(rest));
            &mut list[index]
        }
        (Value::Array(list), Ok(index)) => {
            return Err(format!("lists have no gaps: {index} comes after {}, which is not set", list.len()));
        }
        (Value::Table(table), _) if !first.is_empty() => table.entry(*first).or_insert_with(|| empty(rest)),
        _ => {
            return Err(format!("there is nothing to set at `{first}`; numbers name places in lists"));
        }
    };
    set(next, rest, value)
}

/// What stands at a place before the rest of the path goes into it.
fn empty(rest: &[&str]) -> Value {
    match rest.first() {
        Some(next) if next.parse::<usize>().is_ok() => Value::Array(vec![]),
        _ => Value::Table(Table::new()),
    }
}

fn dotted(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |path, part| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => (*part).to_owned(),
        Err(_) => format!("{path}.{part}"),
    })
}
