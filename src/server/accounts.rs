//! `portolan user`: a way back in for somebody, and accounts from another registry's password file. Whoever runs it
//! holds the data itself; a server may serve it meanwhile.

use super::app::command;
use super::clock::{Clock, SystemClock};
use super::config::Config;
use super::entropy::{Entropy, SystemEntropy, new_id};
use super::events::Events;
use super::identity::links::New;
use super::identity::passwords;
use super::store::sessions::{self, Purpose};
use super::store::{self, Change, Store, principals};
use super::terminal::say;
use crate::domain::action::{CreateUser, InviteUser};
use crate::domain::principal::{Job, Principal, PrincipalKind};
use crate::domain::{Actor, Username};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::sync::Arc;

/// The most that is read of a password file.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Prints a link by which somebody chooses another password, whatever way of signing in is on.
pub async fn recover(config: &Config, name: &str) -> Result<()> {
    let store = open(config).await?;
    let username: Username = name.trim().to_lowercase().parse()?;
    let user = principals::by_username(&store, &username).await?.filter(|user| user.kind == PrincipalKind::User);
    let Some(user) = user else { bail!("there is no user {username}; the console's page of users lists them") };
    if !user.is_let_in(SystemClock.now()) {
        bail!("{username} is disabled; another administrator has to enable the account first");
    }
    let link = New::draw(&config.public_url(), &SystemEntropy::default(), SystemClock.now(), Purpose::Recover);
    let (address, by) = (link.address.clone(), Actor::System(Job::CommandLine));
    let proof = command(Job::CommandLine, InviteUser { username: username.clone() });
    let write = store.write(&proof, move |tx| {
        Box::pin(async move {
            sessions::end_links(tx, &user.id).await?;
            link.keep(tx, &user.id, &by).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await?;
    store.close().await?;
    say(format_args!("{username} chooses a password at this address, once, within an hour:\n  {address}"));
    Ok(())
}

/// Makes an account without access for each line `name:bcrypt hash` of a file that the CNCF registry understands.
/// Names that are taken stay as they are.
pub async fn import(config: &Config, file: &Path) -> Result<()> {
    let size = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
    if size > MAX_FILE_BYTES {
        bail!("{} is longer than a password file can be", file.display());
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    // All of it is understood before any of it is done.
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let found: Vec<(Username, String)> = lines.map(|(at, line)| account(line, at + 1)).collect::<Result<_>>()?;
    let (store, entropy) = (open(config).await?, SystemEntropy::default());
    let (mut n_made, mut taken) = (0, Vec::new());
    for (username, hash) in found {
        match make(&store, &entropy, username.clone(), hash).await? {
            true => n_made += 1,
            false => taken.push(username.to_string()),
        }
    }
    store.close().await?;
    say(format_args!("made {n_made} accounts; they have no access yet"));
    if !taken.is_empty() {
        say(format_args!("left as they are, as the names are taken: {}", taken.join(", ")));
    }
    Ok(())
}

async fn make(store: &Store, entropy: &dyn Entropy, username: Username, hash: String) -> Result<bool> {
    let now = SystemClock.now();
    let proof = command(Job::CommandLine, CreateUser { username: username.clone() });
    let user = Principal {
        id: new_id(entropy, now),
        kind: PrincipalKind::User,
        username,
        name: String::new(),
        email: String::new(),
        namespace: None,
        expires_at: None,
        disabled_at: None,
        created_at: now,
        seen_at: None,
    };
    if principals::by_username(store, &user.username).await?.is_some() {
        return Ok(false);
    }
    let write = store.write(&proof, move |tx| {
        Box::pin(async move {
            if !principals::insert(tx, &user, &Actor::System(Job::CommandLine)).await? {
                return Ok(Change::new(false, None, None));
            }
            principals::set_password(tx, &user.id, &hash, now).await?;
            Ok(Change::new(true, None, Some(user.id)))
        })
    });
    Ok(write.await?)
}

/// Reads a line; a password is never said.
fn account(line: &str, number: usize) -> Result<(Username, String)> {
    let (name, hash) = line.trim().split_once(':').with_context(|| format!("line {number} is not `name:hash`"))?;
    let username = name.parse().with_context(|| format!("line {number}: `{name:.80}`"))?;
    if !passwords::can_import(hash) {
        bail!("line {number}: the hash of {username} is not bcrypt with a cost of at most 12 (htpasswd -B)");
    }
    Ok((username, hash.to_owned()))
}

async fn open(config: &Config) -> Result<Store> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let location = config.database()?;
    match store::inspect(&location).await? {
        Some((found, known)) if found == known => {}
        Some(_) => bail!("the database is of an earlier version; start the server of this one once"),
        None => {
            bail!("there is no database of Portolan yet; give this the configuration of the server, and start it once")
        }
    }
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy::default()));
    Ok(Store::open_as_it_is(&location, clock, entropy, Events::default()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_password_file_are_read_and_odd_ones_are_told() {
        let hash =
            bcrypt::hash_with_salt("correct horse", 4, [7; 16]).unwrap().format_for_version(bcrypt::Version::TwoY);
        let (name, read) = account(&format!(" mara:{hash} "), 1).unwrap();
        assert_eq!((name.as_str(), read), ("mara", hash));
        for odd in
            ["mara", "Mara Lindqvist:$2y$05$x", "mara:plain", "mara:$apr1$abc$def", "mara:{SHA}abc", "mara:$2y$31$a"]
        {
            let told = format!("{:#}", account(odd, 7).unwrap_err());
            assert!(told.contains("line 7") && !told.contains("plain"), "{told}");
        }
    }
}
