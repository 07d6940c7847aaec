//! The command line: what to do, with which configuration.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use portolan::server::config::Config;
use portolan::server::{accounts, backup, check, memory, serve, telemetry};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The console of a team's container registries, with a registry inside.
#[derive(Parser)]
#[command(version, after_help = "Example:\n  portolan serve --config portolan.toml")]
struct Cli {
    /// The configuration file [default: portolan.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the console and the registry (the default)
    #[command(after_help = "Examples:\n  portolan serve\n  portolan serve --try https://registry.example.com")]
    Serve(ServeArgs),
    /// Check the configuration and what it names (not whether the port is free); changes nothing by itself
    #[command(
        after_help = "Examples:\n  portolan check --config /etc/portolan.toml\n  portolan check --rebuild-catalog"
    )]
    Check(CheckArgs),
    /// Save database and blobs into a new folder, also while the server runs
    #[command(after_help = "Example:\n  portolan backup /var/backups/portolan-2026-11-24")]
    Backup { folder: PathBuf },
    /// Put a backup into an empty data folder
    #[command(
        after_help = "Example:\n  PORTOLAN_DATA__DIR=./restored portolan restore /var/backups/portolan-2026-11-24"
    )]
    Restore { folder: PathBuf },
    /// Accounts, also while the server runs
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Print a link by which somebody chooses another password, once, within an hour
    #[command(after_help = "Example:\n  portolan user recover mara")]
    Recover { name: String },
    /// Make accounts without access from the password file of a CNCF registry (bcrypt; the passwords stay)
    #[command(after_help = "Example:\n  portolan user import --htpasswd /etc/docker/registry/htpasswd")]
    Import {
        #[arg(long, value_name = "FILE")]
        htpasswd: PathBuf,
    },
}

#[derive(Args, Default)]
struct ServeArgs {
    /// Look at an existing registry, read-only, with a temporary data folder
    #[arg(long = "try", value_name = "URL")]
    try_url: Option<String>,
    /// The user at that registry
    #[arg(long, requires = "try_url", requires = "password_file")]
    username: Option<String>,
    /// A file with the password at that registry
    #[arg(long, requires = "username", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Args)]
struct CheckArgs {
    /// Compute counts, sizes and links again from the stored manifests and tags (while nothing serves them)
    #[arg(long)]
    rebuild_catalog: bool,
}

fn main() -> ExitCode {
    // What is kept here is for whoever runs it: the database holds hashes, a backup the key.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    memory::take_little();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "portolan: {error:#}"); // Whoever cannot be told has the status.
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<()> {
    let config = Config::load(cli.config.as_deref())?;
    telemetry::start(&config.telemetry)?;
    match cli.command.unwrap_or(Command::Serve(ServeArgs::default())) {
        Command::Serve(ServeArgs { try_url, username, password_file }) => {
            let look = try_url.map(|url| serve::Try { url, username, password_file });
            serve::serve(config, look).await
        }
        Command::Check(CheckArgs { rebuild_catalog: true }) => check::rebuild_catalog(&config).await,
        Command::Check(CheckArgs { rebuild_catalog: false }) => check::check(&config).await,
        Command::Backup { folder } => backup::backup(&config, &folder).await,
        Command::Restore { folder } => backup::restore(&config, &folder).await,
        Command::User(UserCommand::Recover { name }) => accounts::recover(&config, &name).await,
        Command::User(UserCommand::Import { htpasswd }) => accounts::import(&config, &htpasswd).await,
    }
}
