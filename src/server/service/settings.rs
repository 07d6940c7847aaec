//! How repositories and namespaces are set.

use super::{may, robots};
use crate::domain::action::{ConfigureNamespace, ConfigureRepository, ListGrants, ReadNamespace};
use crate::domain::error::What;
use crate::domain::view::SettingsView;
use crate::domain::{Error, Result, Scope};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::{Change, grants, settings};

/// The most of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 500;

/// How a repository is set. Only who may change it reads it: the proof is one that could.
pub async fn of_repository(app: &App, proof: &Authorized<ConfigureRepository>) -> Result<SettingsView> {
    let name = proof.action().repository.clone();
    let found = settings::of_repository(&app.store, &name).await?;
    let (description, visibility) = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
    let scope = Scope::Repository(name);
    let sees_access = may(proof, &ListGrants { scope: scope.clone() });
    Ok(SettingsView { scope, description, visibility, sees_access, manages_robots: false })
}

/// How a namespace is set.
pub async fn of_namespace(app: &App, proof: &Authorized<ReadNamespace>) -> Result<SettingsView> {
    let namespace = proof.action().namespace.clone();
    let visibility = settings::default_visibility(&app.store, &namespace).await?;
    let manages_robots = robots::manages(proof, &namespace);
    let scope = Scope::Namespace(namespace);
    let sees_access = may(proof, &ListGrants { scope: scope.clone() });
    Ok(SettingsView { scope, description: String::new(), visibility, sees_access, manages_robots })
}

/// Says what a repository is, and who may see it without a grant.
///
/// # Errors
/// [`Error::Invalid`] for a description that is too long or not one line.
pub async fn configure_repository(app: &App, proof: &Authorized<ConfigureRepository>) -> Result<()> {
    let ConfigureRepository { repository, description, visibility } = proof.action().clone();
    let description = description.map(|text| text.trim().to_owned());
    let is_odd = |text: &String| text.chars().count() > MAX_DESCRIPTION_CHARS || text.chars().any(char::is_control);
    if description.as_ref().is_some_and(is_odd) {
        let words = format!("a description is one line of at most {MAX_DESCRIPTION_CHARS} characters");
        return Err(Error::invalid("description", words));
    }
    let found = settings::of_repository(&app.store, &repository).await?;
    let (before, _) = found.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let (mut was, mut is) = (vec![], vec![]);
            if let Some(visibility) = visibility {
                let before = grants::set_visibility(tx, &repository, visibility).await?;
                let before = before.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
                was.push(before.name().to_owned());
                is.push(visibility.name().to_owned());
            }
            if let Some(description) = description {
                settings::describe(tx, &repository, &description).await?;
                was.push(before);
                is.push(description);
            }
            Ok(Change::new((), Some(was.join(", ")), Some(is.join(", "))).announcing(repository))
        })
    });
    write.await
}

/// Sets with which visibility repositories of a namespace begin.
pub async fn configure_namespace(app: &App, proof: &Authorized<ConfigureNamespace>) -> Result<()> {
    let ConfigureNamespace { namespace, default_visibility } = proof.action().clone();
    let before = settings::default_visibility(&app.store, &namespace).await?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            settings::set_default_visibility(tx, &namespace, default_visibility).await?;
            Ok(Change::new((), Some(before.name().to_owned()), Some(default_visibility.name().to_owned())))
        })
    });
    write.await
}
