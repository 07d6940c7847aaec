//! How repositories and namespaces are set.

use super::{may, opens, plans, protections};
use crate::domain::action::{
    ConfigureNamespace, ConfigureRepository, CreateRepository, DeleteNamespace, DeleteRepository, ReadNamespace,
};
use crate::domain::error::What;
use crate::domain::principal::one_line;
use crate::domain::trash::KeptDays;
use crate::domain::view::{ProtectionQuery, SettingsView};
use crate::domain::{Error, RepositoryVisibility, Result, Scope};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::{Change, grants, repositories, settings, trash};

/// The most of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 500;

/// How a repository is set. Only who may change it reads it: the proof is one that could. At most four statements.
pub async fn of_repository(
    app: &App,
    proof: &Authorized<ConfigureRepository>,
    query: &ProtectionQuery,
) -> Result<SettingsView> {
    let name = proof.action().repository.clone();
    let found = settings::of_repository(&app.store, &name).await?;
    let (description, visibility) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    let kept_at = app.mount(&name).and_then(|mount| mount.kept_at());
    let is_allowed = may(proof, &DeleteRepository { repository: name.clone() });
    let may_delete = is_allowed && app.hosted(&name).is_ok();
    let (scope, kept_at) = (Scope::Repository(name), kept_at.filter(|_| is_allowed));
    let protections = Some(protections::view(app, proof, scope.clone(), query).await?);
    Ok(SettingsView {
        opens: opens(app, proof, &scope),
        scope,
        description,
        visibility,
        protections,
        may_delete,
        kept_at,
    })
}

/// How a namespace is set.
pub async fn of_namespace(app: &App, proof: &Authorized<ReadNamespace>) -> Result<SettingsView> {
    let namespace = proof.action().namespace.clone();
    let visibility = settings::default_visibility(&app.store, &namespace).await?;
    let is_allowed = may(proof, &DeleteNamespace { namespace: namespace.clone() });
    let may_delete = is_allowed && plans::has_repositories(app, &namespace).await?;
    let kept_at = app.mount_below(&namespace).and_then(|mount| mount.kept_at()).filter(|_| is_allowed);
    let scope = Scope::Namespace(namespace);
    let (opens, description) = (opens(app, proof, &scope), String::new());
    Ok(SettingsView { opens, scope, description, visibility, protections: None, may_delete, kept_at })
}

/// Whether it makes a repository public that is not so by now.
///
/// # Errors
/// As [`configure_repository`], before anything is asked.
pub async fn makes_public(app: &App, proof: &Authorized<ConfigureRepository>) -> Result<bool> {
    let ConfigureRepository { repository, description, visibility } = proof.action();
    description.as_ref().map(|text| one_line("description", text, MAX_DESCRIPTION_CHARS)).transpose()?;
    let found = settings::of_repository(&app.store, repository).await?;
    let (_, before) = found.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
    Ok(*visibility == Some(RepositoryVisibility::Public) && before != RepositoryVisibility::Public)
}

/// Whether it lets repositories of a namespace begin public that begin otherwise by now.
pub async fn begins_public(app: &App, proof: &Authorized<ConfigureNamespace>) -> Result<bool> {
    let ConfigureNamespace { namespace, default_visibility, .. } = proof.action();
    let before = settings::default_visibility(&app.store, namespace).await?;
    Ok(*default_visibility == Some(RepositoryVisibility::Public) && before != RepositoryVisibility::Public)
}

/// Whether what is deleted in a namespace from now on would be kept for fewer days than by now.
pub async fn keeps_shorter(app: &App, proof: &Authorized<ConfigureNamespace>) -> Result<bool> {
    let ConfigureNamespace { namespace, trash_days, .. } = proof.action();
    let Some(days) = trash_days else { return Ok(false) };
    let (own, above) = trash::said_days(&app.store, namespace).await?;
    let otherwise = above.unwrap_or(app.facts.trash_days);
    Ok(days.map_or(otherwise, KeptDays::get) < own.unwrap_or(otherwise))
}

/// Says what a repository is, and who may see it without a grant.
///
/// # Errors
/// [`Error::Invalid`] for a description that is too long or not one line.
pub async fn configure_repository(app: &App, proof: &Authorized<ConfigureRepository>) -> Result<()> {
    let ConfigureRepository { repository, description, visibility } = proof.action().clone();
    let description = description.map(|text| one_line("description", &text, MAX_DESCRIPTION_CHARS)).transpose()?;
    let found = settings::of_repository(&app.store, &repository).await?;
    let (before, _) = found.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let (mut was, mut is) = (vec![], vec![]);
            if let Some(visibility) = visibility {
                let before = grants::set_visibility(tx, &repository, visibility).await?;
                let before = before.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
                was.push(format!("visibility: {}", before.name()));
                is.push(format!("visibility: {}", visibility.name()));
            }
            if let Some(description) = description {
                settings::describe(tx, &repository, &description).await?;
                was.push(format!("description: {before}"));
                is.push(format!("description: {description}"));
            }
            Ok(Change::new((), Some(was.join("\n")), Some(is.join("\n"))).announcing(repository))
        })
    });
    write.await
}

/// Makes a repository that is empty; its id.
///
/// # Errors
/// [`Error::Conflict`] if it is there; [`Error::Invalid`] for a description that is too long or not one line; not found
/// where a registry elsewhere has the path.
pub async fn create_repository(app: &App, proof: &Authorized<CreateRepository>) -> Result<String> {
    let CreateRepository { repository, description, visibility } = proof.action().clone();
    let description = one_line("description", &description, MAX_DESCRIPTION_CHARS)?;
    let mount_id = app.hosted(&repository)?.0.id.clone();
    let (now, by) = (app.clock.now(), proof.actor().clone());
    let new_id = new_id(&*app.entropy, now);
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let (made, is_new) = repositories::ensure(tx, &repository, &mount_id, &new_id, now).await?;
            if !is_new {
                return Err(Error::Conflict(format!("the repository {repository} is there already")));
            }
            repositories::touch(tx, &made.id, Some(&by), now).await?;
            settings::describe(tx, &repository, &description).await?;
            if let Some(visibility) = visibility {
                grants::set_visibility(tx, &repository, visibility).await?;
            }
            Ok(Change::new(made.id.clone(), None, Some(made.id)).announcing(repository))
        })
    });
    write.await
}

/// With which visibility it was made.
pub async fn visibility(app: &App, proof: &Authorized<CreateRepository>) -> Result<RepositoryVisibility> {
    let found = settings::of_repository(&app.store, &proof.action().repository).await?;
    Ok(found.map(|(_, visibility)| visibility).unwrap_or_default())
}

/// Sets with which visibility repositories of a namespace begin, and for how long what is deleted in it is kept.
pub async fn configure_namespace(app: &App, proof: &Authorized<ConfigureNamespace>) -> Result<()> {
    let ConfigureNamespace { namespace, default_visibility, trash_days } = proof.action().clone();
    let visibility = settings::default_visibility(&app.store, &namespace).await?;
    let (days, _) = trash::said_days(&app.store, &namespace).await?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let (mut was, mut is) = (vec![], vec![]);
            if let Some(new) = default_visibility {
                settings::set_default_visibility(tx, &namespace, new).await?;
                was.push(format!("visibility: {}", visibility.name()));
                is.push(format!("visibility: {}", new.name()));
            }
            if let Some(new) = trash_days.map(|days| days.map(KeptDays::get)) {
                trash::set_days(tx, &namespace, new).await?;
                let words = |days: Option<u32>| days.map_or("as above".to_owned(), |days| days.to_string());
                was.push(format!("trash days: {}", words(days)));
                is.push(format!("trash days: {}", words(new)));
            }
            Ok(Change::new((), Some(was.join("\n")), Some(is.join("\n"))))
        })
    });
    write.await
}
