//! The site map. `domain::Address` prints and parses the addresses; the router only sorts them by
//! their first part.

use super::pages::admin::{group::Group, groups::Groups, roles::Roles, user::User, users::Users};
use super::pages::admin::{new_provider::NewProvider, provider::Provider, providers::Providers};
use super::pages::api_help::ApiHelp;
use super::pages::auth::{invite::Invite, set_up::SetUp, sign_in::SignIn};
use super::pages::error::NotFound;
use super::pages::help::{Help, shortcuts::Shortcuts};
use super::pages::jobs::{Jobs, one::Job};
use super::pages::mounts::{Mounts, new::NewMount, one::OneMount};
use super::pages::new_repository::NewRepository;
use super::pages::policies::AllPolicies;
use super::pages::push::ask::Ask;
use super::pages::search::Search;
use super::pages::{access::EverythingAccess, account::Account, activity::Everywhere, tokens::Tokens, trash::AnyTrash};
use super::pages::{namespace_rest::NamespaceRest, repositories::Repositories, repository_rest::RepositoryRest};
use leptos::prelude::*;
use leptos_router::SsrMode;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// Every page of the console. All are drawn whole before the first byte is sent, so that they need
/// no script, and so that the status of the answer is the page's.
#[component]
pub fn Site() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/repositories") view=Repositories ssr=SsrMode::Async/>
                <Route path=path!("/repositories/new") view=NewRepository ssr=SsrMode::Async/>
                <Route path=path!("/repositories/push") view=Ask ssr=SsrMode::Async/>
                <Route path=path!("/search") view=Search ssr=SsrMode::Async/>
                <Route path=path!("/r/*rest") view=RepositoryRest ssr=SsrMode::Async/>
                <Route path=path!("/auth/login") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/auth/setup") view=SetUp ssr=SsrMode::Async/>
                <Route path=path!("/n/*rest") view=NamespaceRest ssr=SsrMode::Async/>
                <Route path=path!("/auth/invite/*link") view=Invite ssr=SsrMode::Async/>
                <Route path=path!("/account") view=Account ssr=SsrMode::Async/>
                <Route path=path!("/account/tokens") view=Tokens ssr=SsrMode::Async/>
                <Route path=path!("/help/api") view=ApiHelp ssr=SsrMode::Async/>
                <Route path=path!("/help") view=Help ssr=SsrMode::Async/>
                <Route path=path!("/help/shortcuts") view=Shortcuts ssr=SsrMode::Async/>
                <Route path=path!("/activity") view=Everywhere ssr=SsrMode::Async/>
                <Route path=path!("/trash") view=AnyTrash ssr=SsrMode::Async/>
                <Route path=path!("/jobs") view=Jobs ssr=SsrMode::Async/>
                <Route path=path!("/jobs/*id") view=Job ssr=SsrMode::Async/>
                <Route path=path!("/admin/access") view=EverythingAccess ssr=SsrMode::Async/>
                <Route path=path!("/admin/users") view=Users ssr=SsrMode::Async/>
                <Route path=path!("/admin/users/*name") view=User ssr=SsrMode::Async/>
                <Route path=path!("/admin/groups") view=Groups ssr=SsrMode::Async/>
                <Route path=path!("/admin/groups/*name") view=Group ssr=SsrMode::Async/>
                <Route path=path!("/admin/roles") view=Roles ssr=SsrMode::Async/>
                <Route path=path!("/admin/policies") view=AllPolicies ssr=SsrMode::Async/>
                <Route path=path!("/admin/providers") view=Providers ssr=SsrMode::Async/>
                <Route path=path!("/admin/providers/new") view=NewProvider ssr=SsrMode::Async/>
                <Route path=path!("/admin/providers/*name") view=Provider ssr=SsrMode::Async/>
                <Route path=path!("/admin/mounts") view=Mounts ssr=SsrMode::Async/>
                <Route path=path!("/admin/mounts/new") view=NewMount ssr=SsrMode::Async/>
                <Route path=path!("/admin/mounts/*name") view=OneMount ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
