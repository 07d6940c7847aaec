//! Log lines: readable alone, with fields to query, each request under its id.

use super::config::{LogFormat, TelemetryConfig};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is logged where nothing is said. Requests that change something and failures are among it; those
/// that only read are at `debug`.
const DEFAULT_FILTER: &str = "info";

/// Starts logging to standard error.
pub fn start(config: &TelemetryConfig) -> Result<()> {
    let filter = config.log.as_deref().unwrap_or(DEFAULT_FILTER);
    let filter =
        EnvFilter::try_new(filter).with_context(|| format!("telemetry.log: `{filter}` is no log filter; try info"))?;
    // A line that cannot be written is lost; saying so on the same stream would panic in the midst of the work.
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
    }
    Ok(())
}
