//! Questions about people and what they may do.

use crate::domain::view::{
    AccessView, AccountView, ActivityQuery, ActivityView, AllPoliciesView, GroupView, GroupsView, Opening,
    PoliciesView, ProtectionQuery, SettingsView, UserView, UsersQuery, UsersView,
};
use crate::domain::{Error, GroupName, Namespace, RepositoryName, Scope, Terms, Username};
use leptos::prelude::*;

/// A page of users.
#[server(name = ListUsers, endpoint = "users/list")]
pub async fn list_users(query: UsersQuery) -> Result<UsersView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListUsers {}).await?;
    service::users::page(&app, &proof, &query).await
}

/// One user.
#[server(name = ShowUser, endpoint = "users/show")]
pub async fn show_user(username: Username) -> Result<UserView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListUsers {}).await?;
    service::users::view(&app, &proof, &username).await
}

/// A page of groups after `after`.
#[server(name = ListGroups, endpoint = "groups/list")]
pub async fn list_groups(after: String) -> Result<GroupsView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListGroups {}).await?;
    service::groups::page(&app, &proof, &after).await
}

/// One group, with its members after `after`.
#[server(name = ShowGroup, endpoint = "groups/show")]
pub async fn show_group(name: GroupName, after: String) -> Result<GroupView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListGroups {}).await?;
    service::groups::view(&app, &proof, &name, &after).await
}

/// Whether the caller may see what each role holds, which is written down in the program.
#[server(name = SeeRoles, endpoint = "roles/list")]
pub async fn see_roles() -> Result<(), Error> {
    use crate::domain::action;
    let (app, caller) = crate::server::request().await?;
    app.access.authorize(&caller, action::ListRoles {}).await.map(|_| ())
}

/// Who has access in a scope, with grants after `after`.
#[server(name = ShowAccess, endpoint = "access/show")]
pub async fn show_access(scope: Scope, after: String) -> Result<AccessView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListGrants { scope }).await?;
    service::access::view(&app, &proof, &after).await
}

/// What becomes readable by anybody where everybody is given something.
#[server(name = PreviewGrant, endpoint = "access/opening")]
pub async fn preview_grant(terms: Terms) -> Result<Opening, Error> {
    use crate::domain::{Grantee, action};
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::GiveAccess { to: Grantee::Anonymous, terms }).await?;
    service::access::opening::by_grant(&app, &proof).await
}

/// The same where a repository is made public.
#[server(name = PreviewPublic, endpoint = "settings/opening")]
pub async fn preview_public(repository: RepositoryName) -> Result<Opening, Error> {
    use crate::domain::{RepositoryVisibility, action};
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let visibility = Some(RepositoryVisibility::Public);
    let action = action::ConfigureRepository { repository, description: None, visibility };
    let proof = app.access.authorize(&caller, action).await?;
    service::access::opening::by_visibility(&app, &proof).await
}

/// How a repository or a namespace is set, for who may set it; of a repository with its rules.
#[server(name = ShowSettings, endpoint = "settings/show")]
pub async fn show_settings(scope: Scope, query: ProtectionQuery) -> Result<SettingsView, Error> {
    use crate::domain::{action, error::What};
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    match scope {
        Scope::Everything => Err(Error::NotFound(What::Page)),
        Scope::Namespace(namespace) => {
            let proof = app.access.authorize(&caller, action::ReadNamespace { namespace }).await?;
            service::settings::of_namespace(&app, &proof).await
        }
        Scope::Repository(repository) => {
            let action = action::ConfigureRepository { repository, description: None, visibility: None };
            let proof = app.access.authorize(&caller, action).await?;
            service::settings::of_repository(&app, &proof, &query).await
        }
    }
}

/// The policies of a namespace, for who may set them.
#[server(name = ShowPolicies, endpoint = "policies/show")]
pub async fn show_policies(namespace: Namespace, query: ProtectionQuery) -> Result<PoliciesView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadNamespace { namespace }).await?;
    service::protections::policies(&app, &proof, &query).await
}

/// What binds all tags.
#[server(name = ShowAllPolicies, endpoint = "policies/all")]
pub async fn show_all_policies(query: ProtectionQuery) -> Result<AllPoliciesView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListProtections { scope: Scope::Everything }).await?;
    service::protections::of_everything(&app, &proof, &query).await
}

/// What was done in a scope, newest first.
#[server(name = ListActivity, endpoint = "activity/list")]
pub async fn list_activity(scope: Scope, query: ActivityQuery) -> Result<ActivityView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadActivity { scope }).await?;
    service::activity::list(&app, &proof, &query, crate::domain::page::DEFAULT_LIMIT).await
}

/// The caller's own account.
#[server(name = ShowAccount, endpoint = "account/show")]
pub async fn show_account() -> Result<AccountView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let username = caller.actor().name().unwrap_or_default().parse().map_err(|_| Error::Unauthenticated)?;
    let proof = app.access.authorize(&caller, action::ReadAccount { username }).await?;
    service::account::view(&app, &proof, caller.standing.session()).await
}
