//! `/n/{ns}/-/access`, `/r/{repo}/-/access`, `/admin/access`: who may do what in a scope, and to give and take it.

mod give;
mod invite;
mod open;
pub mod rows;

use super::load::{PageTitle, load};
use crate::api::people::show_access;
use crate::domain::view::AccessView;
use crate::domain::{Address, Permission, RepositoryVisibility, Scope};
use crate::ui::components::crumbs::{Crumbs, NamespaceCrumbs};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::Problem;
use crate::ui::components::icon::Icon;
use crate::ui::components::name::ScopeTitle;
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use crate::ui::query::{Pairs, address};
use crate::ui::request::{PageRequest, Part};
use give::GiveForm;
use invite::{InviteForm, is_asked};
use leptos::prelude::*;
use open::{Asked, Open};
use rows::{AccessRows, Columns, TakeAway, TakeBack};

/// The page of everything.
#[component]
pub fn EverythingAccess() -> impl IntoView {
    view! { <Access scope=Scope::Everything/> }
}

/// The page of a scope.
#[component]
pub fn Access(scope: Scope) -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let (after, asked) = (pairs.get("after").unwrap_or_default().to_owned(), Asked::of(&pairs));
    let data = async move {
        let view = show_access(scope, after).await?;
        let opening = match asked {
            Some(asked) => Some((asked.preview().await?, asked)),
            None => None,
        };
        Ok((view, opening))
    };
    load(data, move |(view, opening)| {
        let back = request.path().to_owned();
        let open = opening.map(|(opening, asked)| view! { <Open asked opening back/> }.into_any());
        // A dialog is for this question alone: all else that is asked here has the page around it.
        match request.part {
            Some(Part::Dialog) => open.into_any(),
            _ => view! { <Whole view request open/> }.into_any(),
        }
    })
}

#[component]
fn Whole(view: AccessView, request: PageRequest, open: Option<AnyView>) -> impl IntoView {
    let (title, words) = heading(&view.scope);
    let pairs = Pairs::of(&request.path_and_query);
    let asked =
        |key| pairs.get(key).and_then(|id| view.rows.iter().find(|row| row.id == id && row.may_change)).cloned();
    let (taken, back) = (asked("take"), request.path().to_owned());
    let invitation = asked("take-back").filter(|row| row.invited.is_some_and(|invited| invited.may_take_back));
    let is_open = open.is_some();
    let question = match (open, taken, invitation) {
        (Some(open), ..) => open,
        (None, Some(row), _) => view! { <TakeAway row back/> }.into_any(),
        (None, None, Some(row)) => view! { <TakeBack row back/> }.into_any(),
        (None, None, None) => {
            [Intent::TakeAccess, Intent::TakeInvitation].map(|intent| view! { <Problem intent/> }).into_any()
        }
    };
    let scope = view.scope.clone();
    // What stands in the question comes back there.
    let gives = !view.roles.is_empty() && !is_open;
    let give = gives.then(|| view! { <GiveForm view=&view/> });
    let elsewhere = view.signs_in_at.clone().map(|host| {
        let words = format!("These grants bind the console and the API. Docker clients still sign in at {host}.");
        view! { <div class="callout callout-info mt-4"><Icon name="globe"/><p>{words}</p></div> }
    });
    let invite = (gives && view.may_invite && is_asked()).then(InviteForm);
    let next = view.next.as_ref().map(|next| {
        let href = address(request.path(), &[("after", next)]);
        view! { <p class="tfoot"><a class="btn btn-sm" href=href>"More"</a></p> }
    });
    let matrix = request.holds(Permission::RoleRead).then(|| {
        view! { <p class="sm mt-4"><a href=Address::Roles.to_string()>"What each role holds"</a></p> }
    });
    view! {
        <PageTitle text=format!("Access to {title}")/>
        <Above scope=scope.clone()/>
        <div class="head"><div class="grow"><ScopeTitle scope=&scope title/><p class="head-sub">{words}</p></div></div>
        <ScopeTabs scope=scope.clone() open=Tab::Access opens=view.opens/>
        {question}
        {elsewhere}
        {give}
        {invite}
        <Visibility scope=scope.clone() visibility=view.visibility may_configure=view.opens.settings/>
        <AccessRows rows=view.rows page=Columns::Scope(scope, view.roles) empty=Nobody/>
        {next}
        {matrix}
    }
    .into_any()
}

fn heading(scope: &Scope) -> (String, &'static str) {
    match scope {
        Scope::Everything => {
            ("Everything".to_owned(), "What is given here reaches every repository, and the instance itself.")
        }
        Scope::Namespace(name) => (name.to_string(), "Who may do what in this namespace and below it."),
        Scope::Repository(name) => (name.to_string(), "Who may do what with this repository."),
    }
}

/// Where the scope stands.
#[component]
pub fn Above(scope: Scope) -> impl IntoView {
    match scope {
        Scope::Everything => ().into_any(),
        Scope::Namespace(namespace) => view! { <NamespaceCrumbs namespace/> }.into_any(),
        Scope::Repository(repository) => view! { <Crumbs repository/> }.into_any(),
    }
}

/// Who sees it without a grant: said where the rows say who sees it by one.
#[component]
fn Visibility(scope: Scope, visibility: Option<RepositoryVisibility>, may_configure: bool) -> impl IntoView {
    let words = match visibility? {
        RepositoryVisibility::Private => return None,
        RepositoryVisibility::Internal => "It is internal: anyone who is signed in may see and pull it.",
        RepositoryVisibility::Public => "It is public: anyone may see and pull it, signed in or not.",
    };
    let change = may_configure.then(|| {
        view! { " "<a href=Address::Settings(scope).to_string()>"Change visibility"</a> }
    });
    Some(view! { <div class="callout callout-info mt-4"><Icon name="globe"/><p>{words}{change}</p></div> })
}

#[component]
fn Nobody() -> impl IntoView {
    view! {
        <Empty icon="users" title="Nobody has access here".to_owned()>
            <p>"Give somebody a role above. It holds here and for all that lies below."</p>
        </Empty>
    }
}
