//! What a preview says of a delete at a registry elsewhere: what becomes of it there, and what keeps it from being done.

use crate::domain::capability::Capability;
use crate::domain::mount::{deletes_nothing, how_freed};
use crate::domain::radius::{Radius, Stays};
use crate::domain::view::Leaving;
use crate::domain::{RepositoryName, Result, Timestamp};
use crate::server::context::{App, Mount};
use crate::server::registry::changing::{MOST_READ, MOST_TAGS};
use crate::server::store::{holds, mounts};

/// The words.
#[derive(Default)]
pub struct Said {
    pub notes: Vec<String>,
    /// Why nothing can be done.
    pub barred: Option<String>,
    /// Whose garbage collection frees what goes.
    pub freed_by: Option<String>,
    /// What of it is deleted there in the end.
    pub ends: Ends,
    /// Whether nothing of it is kept in the trash.
    pub is_final: bool,
}

/// What of a delete ends at its registry, so that this can free it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    /// All that nothing names any more.
    #[default]
    All,
    /// Images that are deleted, and none that loses its last name: nobody keeps in mind what became of that.
    Deleted,
    /// No image: there is too much to be looked up before.
    Nothing,
}

/// What is said of it, which the trash keeps until then; nothing for the hosted registry.
pub(in crate::server::service) async fn said(
    app: &App,
    name: &RepositoryName,
    radius: &Radius,
    kept_until: Timestamp,
) -> Result<Said> {
    let Some(mount) = app.mount(name).filter(|mount| mount.changes.is_some()) else { return Ok(Said::default()) };
    let host = mount.upstream.as_ref().map_or("the registry", |upstream| upstream.host.as_str());
    let (how, barred) = match how(app, name, &mount, host).await? {
        Ok(how) => (how, None),
        Err(barred) => (String::new(), Some(barred)),
    };
    let is_much = holds::has_more(&app.store, name, (MOST_TAGS, MOST_READ)).await?;
    let ends = match (is_much, mount.keeps_trash) {
        (true, _) => Ends::Nothing,
        (false, true) => Ends::All,
        (false, false) => Ends::Deleted,
    };
    // An image that loses its last name is held for as long as history may bring it back, also when the trash lets it go.
    let in_history = app.clock.now().plus_days(app.facts.history_days.into());
    let held_until = if radius.in_the_end.is_empty() { kept_until } else { kept_until.max(in_history) };
    let holds = format!("holds it until {}", held_until.date());
    let loses_last = radius.stays.iter().any(|it| matches!(it, Stays::Unnamed(_)));
    let goes = !radius.images.is_empty();
    let much = ((loses_last || goes) && ends == Ends::Nothing).then(|| too_much(host));
    let notes = [
        Some(format!("{how}. {}", trash(&mount, host, &holds))),
        much,
        (loses_last || goes).then(|| freed_in_the_end(ends, loses_last, host)),
    ];
    let notes = notes.into_iter().flatten().collect();
    let notes = if barred.is_some() { vec![] } else { notes };
    Ok(Said { notes, barred, freed_by: Some(host.to_owned()), ends, is_final: !mount.keeps_trash })
}

/// Whether a repository lies at a registry elsewhere that deletes nothing, as far as that is known.
pub async fn deletes_nothing_at(app: &App, name: &RepositoryName) -> Result<bool> {
    match app.mount(name).filter(|mount| mount.changes.is_some()) {
        Some(mount) => Ok(is_nothing(deletes(app, &mount).await?)),
        None => Ok(false),
    }
}

/// What is said of a tag that gets another name, whose old one is deleted there; nothing for the hosted registry.
pub(in crate::server::service) async fn leaving(app: &App, name: &RepositoryName) -> Result<Leaving> {
    let Some(mount) = app.mount(name).filter(|mount| mount.changes.is_some()) else { return Ok(Leaving::default()) };
    let host = mount.upstream.as_ref().map_or("the registry", |upstream| upstream.host.as_str());
    let holds = "holds its image until it leaves the trash";
    Ok(match how(app, name, &mount, host).await? {
        Ok(how) => Leaving {
            notes: vec![format!("{how}. {}", trash(&mount, host, holds))],
            barred: None,
            is_final: !mount.keeps_trash,
        },
        Err(barred) => Leaving { barred: Some(barred), ..Leaving::default() },
    })
}

/// How a name is deleted there, or why it is not.
async fn how(app: &App, name: &RepositoryName, mount: &Mount, host: &str) -> Result<Result<String, String>> {
    let mut can = deletes(app, mount).await?;
    // It may have been switched on since the registry was asked last.
    if is_nothing(can) && app.looks.powers(name, &mount.id, app.clock.now()).await {
        can = deletes(app, mount).await?;
    }
    Ok(match can {
        (Some(true), _) => Ok(format!("{host} deletes a tag by its name; siblings and image stay")),
        can if is_nothing(can) => Err(deletes_nothing(host)),
        (Some(false), _) => Ok(by_tombstone(host)),
        (None, _) => Ok(format!("Where that registry deletes no tag by its name: {}", by_tombstone(host))),
    })
}

/// Whether the registry deletes tags, and whether images, as far as that is known.
type Deletes = (Option<bool>, Option<bool>);

async fn deletes(app: &App, mount: &Mount) -> Result<Deletes> {
    let found = mounts::find(&app.store, &mount.id, app.clock.now()).await?;
    let found = found.map(|mount| mount.row.capabilities).unwrap_or_default();
    let can = |asked: Capability| found.iter().find(|(it, _)| *it == asked).and_then(|(_, known)| *known);
    Ok((can(Capability::DeleteTag), can(Capability::DeleteImage)))
}

/// Whether it deletes neither: a tag goes by its name, or with an image that is put in its place.
fn is_nothing((tags, images): Deletes) -> bool {
    tags != Some(true) && images == Some(false)
}

/// When images are deleted there, where that is not said already, and how that frees space: one text, which pages fold away.
fn freed_in_the_end(ends: Ends, loses_last: bool, host: &str) -> String {
    let end = match ends {
        Ends::All if loses_last => format!(
            "An image that loses its last tag is deleted at {host} when it is let go here, if nothing names it there. "
        ),
        Ends::Deleted if loses_last => {
            format!("To have an image freed that loses its last tag at {host}, delete the image. ")
        }
        _ => String::new(),
    };
    end + &how_freed()
}

/// Why images stay there that nothing names.
fn too_much(host: &str) -> String {
    format!(
        "There are so many tags at {host} that nobody looks up which of them need an image: the image itself stays there by \
         its digest, and is not freed"
    )
}

fn trash(mount: &Mount, host: &str, holds: &str) -> String {
    match mount.keeps_trash {
        true => {
            format!("A hidden tag there, portolan.trash.…, {holds}. Other clients of that registry see such tags")
        }
        false => format!("This mount keeps no trash: what is deleted at {host} cannot be brought back"),
    }
}

fn by_tombstone(host: &str) -> String {
    format!(
        "{host} deletes no tag by its name, so Portolan moves the tag to a tombstone first and deletes that; siblings and \
         image stay"
    )
}
