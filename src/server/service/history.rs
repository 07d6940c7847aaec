//! The history of names: read, and all of a namespace brought back to a time.

mod shown;

pub use shown::{as_of_page, page};

use super::names::Namer;
use super::{plans, together};
use crate::domain::action::{ReadRepository, RollBackNamespace};
use crate::domain::error::What;
use crate::domain::view::{Difference, HistoryQuery, HistoryRow, How, MountKind};
use crate::domain::{Digest, Error, Namespace, Page, RepositoryName, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::history::{self, Span};
use crate::server::store::{Change, Tx, repositories, trash};
use std::collections::{BTreeMap, BTreeSet};

/// The most tags that one rollback moves.
const MAX_DIFFERENCES: u32 = 20_000;

/// One page of the moves of a repository's tags, newest first.
pub async fn list(app: &App, proof: &Authorized<ReadRepository>, query: &HistoryQuery) -> Result<Page<HistoryRow>> {
    let name = &proof.action().repository;
    let position = super::repositories::position(query.after.clone(), query.before.clone())?;
    let found = repositories::find(&app.store, name).await?;
    let found = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    history::list(&app.store, &found.id, query, &position).await
}

/// The hosted registry in which a namespace lies.
fn mount_of(app: &App, namespace: &Namespace) -> Result<String> {
    let inside: RepositoryName = format!("{namespace}/a").parse()?;
    let mount = app.mount(&inside).filter(|mount| mount.kind == MountKind::Hosted);
    let elsewhere =
        || Error::Conflict(format!("{namespace} is kept by a registry elsewhere, whose past is not known here"));
    mount.map(|mount| mount.id.clone()).ok_or_else(elsewhere)
}

/// Refuses a time that has no past here.
fn past(app: &App, then: Timestamp) -> Result<()> {
    let now = app.clock.now();
    if then > now {
        return Err(Error::invalid("t", "this time is to come; choose one that is over"));
    }
    if then < now.plus_days(-i64::from(app.facts.history_days)) {
        let days = app.facts.history_days;
        return Err(Error::invalid("t", format!("images are kept for {days} days of history; choose a later time")));
    }
    Ok(())
}

/// Tags of a namespace that name another image now than they did then: some of them, after a repository and tag, of
/// those that the proof's holder may see in full.
pub async fn as_of(
    app: &App,
    proof: &Authorized<RollBackNamespace>,
    after: (&str, &str),
    limit: u32,
) -> Result<Vec<Difference>> {
    let RollBackNamespace { namespace, to } = proof.action();
    past(app, *to)?;
    let mount_id = mount_of(app, namespace)?;
    history::differences(&app.store, &Span { mount_id: &mount_id, namespace, then: *to, after, limit }).await
}

/// What differs between a time and now, as one value: another one wherever another tag would go back, or to something
/// else. None where more differs than one step moves.
pub async fn print(app: &App, proof: &Authorized<RollBackNamespace>) -> Result<Option<Digest>> {
    let found = as_of(app, proof, ("", ""), MAX_DIFFERENCES + 1).await?;
    Ok((found.len() <= MAX_DIFFERENCES as usize).then(|| print_of(&found)))
}

fn print_of(differences: &[Difference]) -> Digest {
    let named = |digest: &Option<Digest>| digest.as_ref().map(Digest::to_string).unwrap_or_default();
    let line = |it: &Difference| format!("{}:{} {} {}", it.repository, it.tag, named(&it.then), named(&it.now));
    plans::print_of(differences.iter().map(line))
}

/// Brings every tag of a namespace back to what it named at a time, in one step: how many moved.
///
/// # Errors
/// [`Error::Conflict`] that names an image that is gone for good; [`Error::TooLarge`] if more tags differ than one step
/// moves; [`Error::Outdated`] if something else differs than the print says.
pub async fn roll_back(app: &App, proof: &Authorized<RollBackNamespace>, expected: Option<&Digest>) -> Result<u64> {
    for _ in 1..together::TRIES {
        let done = roll_back_once(app, proof, expected.cloned()).await;
        if !together::is_too_early(&done) {
            return done;
        }
    }
    roll_back_once(app, proof, expected.cloned()).await
}

async fn roll_back_once(app: &App, proof: &Authorized<RollBackNamespace>, expected: Option<Digest>) -> Result<u64> {
    let RollBackNamespace { namespace, to } = proof.action().clone();
    let found = as_of(app, proof, ("", ""), MAX_DIFFERENCES + 1).await?;
    let names: BTreeSet<RepositoryName> = found.into_iter().map(|it| it.repository).collect();
    let inside: RepositoryName = format!("{namespace}/a").parse()?;
    let template = Namer::of(app, proof, &inside)?;
    let batch = new_id(&*app.entropy, app.clock.now());
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            together::lock(tx, &names, &template.mount_id).await?;
            let differences = now_different(tx, (&template.mount_id, &namespace), to).await?;
            together::require_locked(&names, differences.iter().map(|it| &it.repository))?;
            if expected.is_some_and(|expected| expected != print_of(&differences)) {
                return Err(Error::Outdated);
            }
            let n_moved = differences.len() as u64;
            let mut of: BTreeMap<RepositoryName, Vec<Difference>> = BTreeMap::new();
            for it in differences {
                of.entry(it.repository.clone()).or_default().push(it);
            }
            let (mut lines, names): (Vec<String>, Vec<RepositoryName>) = (vec![], of.keys().cloned().collect());
            for (name, differences) in of {
                let now = |it: &Difference| it.now.as_ref().map(Digest::to_string).unwrap_or_default();
                lines.extend(differences.iter().map(|it| format!("{}:{} {}", it.repository, it.tag, now(it))));
                bring_back(tx, &template.at(name), differences, batch.clone()).await?;
            }
            lines.truncate(200);
            let change = Change::new(n_moved, Some(lines.join("\n")), Some(to.rfc3339()));
            Ok(names.into_iter().fold(change, Change::announcing))
        })
    });
    change.await
}

/// What differs, as things stand in a transaction.
async fn now_different(
    tx: &mut Tx,
    (mount_id, namespace): (&str, &Namespace),
    then: Timestamp,
) -> Result<Vec<Difference>> {
    let span = Span { mount_id, namespace, then, after: ("", ""), limit: MAX_DIFFERENCES + 1 };
    let differences = history::current_differences(tx, &span).await?;
    if differences.len() > MAX_DIFFERENCES as usize {
        let message = format!("more than {MAX_DIFFERENCES} tags differ; roll back the namespaces below one by one");
        return Err(Error::TooLarge { message });
    }
    Ok(differences)
}

/// Brings the tags of one repository back.
async fn bring_back(tx: &mut Tx, namer: &Namer, differences: Vec<Difference>, batch: String) -> Result<()> {
    let (found, rules) = (namer.open(tx).await?, namer.rules(tx).await?);
    let mut gone = BTreeSet::new();
    for it in differences {
        let Some(then) = it.then else {
            gone.insert(it.tag);
            continue;
        };
        trash::restore_image(tx, &found, &namer.name, &then, &namer.restoring()).await?;
        namer.naming(&found, &rules).put(tx, (&it.tag, &then), How::RollBack, None).await?;
    }
    if !gone.is_empty() {
        namer.take(tx, &found, gone, batch).await?;
    }
    namer.touch(tx, &found).await
}
