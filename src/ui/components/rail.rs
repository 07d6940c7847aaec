//! The frame around every page: a rail on wide screens, a bar with a menu on narrow ones. Both hold
//! the same entries; a room that is not built yet has none.

use super::icon::Icon;
use crate::domain::{Address, Permission, Scope};
use crate::ui::islands::theme::ThemeSwitch;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The most that a sign counts.
const MAX_COUNTED: u64 = 50;

/// The rail.
#[component]
pub fn Rail<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    view! {
        <header class="side">
            <Brand host=Some(request.host.clone())/>
            <Jump/>
            <Entries request place="rail" label="Main"/>
            <div class="side-foot">
                <Help request/>
                <Account request/>
                <Standing request/>
                <ThemeSwitch/>
            </div>
        </header>
    }
    .into_any()
}

/// The bar.
#[component]
pub fn Topbar<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    view! {
        <header class="topbar">
            <Brand host=None/>
            <a class="btn btn-ghost btn-icon" href=Address::Search.to_string() aria-label="Search"><Icon name="search"/></a>
            <details class="drop">
                <summary class="btn btn-ghost btn-icon" aria-label="Menu"><Icon name="menu"/></summary>
                <div class="menu">
                    <Entries request place="menu" label="Main menu"/>
                    <hr/>
                    <Help request/>
                    <Account request/>
                    <Standing request/>
                    <ThemeSwitch/>
                </div>
            </details>
        </header>
    }
    .into_any()
}

/// The field by which one gets anywhere, from any page.
#[component]
fn Jump() -> impl IntoView {
    const WORDS: &str = "Search or jump to";
    view! {
        <form class="search" method="get" action=Address::Search.to_string() role="search" aria-label=WORDS>
            <Icon name="search" class="i i-sm"/>
            <label class="vh" for="jump">{WORDS}</label>
            <input class="input" id="jump" name="q" type="search" aria-keyshortcuts="Control+K Meta+K" placeholder=WORDS autocomplete="off" spellcheck="false"/>
        </form>
    }
    .into_any()
}

/// The mark with the product's name, and which registry this is.
#[component]
pub fn Brand(host: Option<String>) -> impl IntoView {
    view! {
        <a class="brand" href=Address::Repositories.to_string()>
            <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true"><use href="/icons.svg#rose"></use></svg>
            <span class="brand-name">"Portolan"{host.map(|host| view! { <span class="brand-host">{host}</span> })}</span>
        </a>
    }
}

#[component]
fn Entries<'a>(request: &'a PageRequest, place: &'static str, label: &'static str) -> impl IntoView + use<> {
    let heading = format!("administration-{place}");
    let (administration, path) = (heading.clone(), request.path().to_owned());
    // What the reader may not open is not there.
    let entry = |needs: Permission, to: Address, icon: &'static str, label: &'static str| {
        request.holds(needs).then(|| view! { <Entry to icon label path=path.clone()/> })
    };
    let n_waiting = request.n_waiting;
    let users = request.holds(Permission::UserRead).then(|| {
        view! { <Entry to=Address::Users icon="user" label="Users" path=path.clone() n_waiting/> }
    });
    let entries = [
        users,
        entry(Permission::GroupRead, Address::Groups, "users", "Groups"),
        entry(Permission::GrantRead, Address::Access(Scope::Everything), "key", "Access"),
        entry(Permission::RoleRead, Address::Roles, "list", "Roles"),
        entry(Permission::RepositoryConfigure, Address::AllPolicies, "check", "Policies"),
        entry(Permission::SystemConfigure, Address::Providers, "lock", "Sign-in"),
        entry(Permission::MountRead, Address::Mounts, "anchor", "Mounts"),
    ];
    let administration = entries.iter().any(Option::is_some).then(|| {
        view! {
            <nav aria-labelledby=administration>
                <h2 class="nav-title" id=heading>"Administration"</h2>
                <ul class="nav">{entries}</ul>
            </nav>
        }
    });
    let activity = entry(Permission::AuditRead, Address::Activity(Scope::Everything), "pulse", "Activity");
    let jobs = entry(Permission::SystemRead, Address::Jobs, "clock", "Jobs");
    let trash = request.restores.then(|| {
        view! { <Entry to=Address::Trash(None) icon="trash" label="Trash" path=path.clone()/> }
    });
    view! {
        <nav aria-label=label>
            <ul class="nav"><Entry to=Address::Repositories icon="repo" label="Repositories" path=path.clone()/>{activity}{jobs}{trash}</ul>
        </nav>
        {administration}
    }
}

/// In the same place on every page (WCAG 2.2, success criterion 3.2.6).
#[component]
fn Help<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let path = request.path().to_owned();
    view! { <ul class="nav"><Entry to=Address::Help icon="help" label="Help" path/></ul> }
}

/// Who reads, and the way out; or the way in.
#[component]
fn Account<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let next = format!(
        "/auth/login?next={}",
        request.path_and_query.replace('%', "%25").replace('&', "%26").replace('#', "%23")
    );
    match (&request.user, request.try_mode) {
        (Some(user), _) => view! {
            <form class="row px-2" method="post" action="/auth/logout">
                <a class="row grow sm truncate" href=Address::Account.to_string()><Icon name="user"/>{user.clone()}</a>
                <button class="btn btn-ghost btn-sm" type="submit">"Sign out"</button>
            </form>
        }
        .into_any(),
        (None, false) => view! { <a class="btn btn-sm" href=next>"Sign in"</a> }.into_any(),
        (None, true) => ().into_any(),
    }
}

#[component]
fn Entry(
    to: Address,
    icon: &'static str,
    label: &'static str,
    path: String,
    /// How many wait there for the reader.
    #[prop(default = 0)]
    n_waiting: u64,
) -> impl IntoView {
    let current = current(&to, &path);
    let sign = (n_waiting > 0).then(|| {
        let number = if n_waiting > MAX_COUNTED { format!("{MAX_COUNTED}+") } else { n_waiting.to_string() };
        view! { <span class="n">{number}<span class="vh">" waiting"</span></span> }
    });
    view! { <li><a href=to.to_string() aria-current=current><Icon name=icon/>{label}{sign}</a></li> }
}

/// `page` on the entry's own page, `true` on those below it.
fn current(to: &Address, path: &str) -> Option<&'static str> {
    let own = to.to_string();
    match to {
        _ if path == own => Some("page"),
        Address::Repositories if path.starts_with("/r/") || path.starts_with("/n/") => Some("true"),
        Address::Users | Address::Groups | Address::Mounts | Address::Providers | Address::Jobs | Address::Help
            if path.starts_with(&format!("{own}/")) =>
        {
            Some("true")
        }
        _ => None,
    }
}

/// What everybody should know about this instance.
#[component]
fn Standing<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let banner = request.banner.clone();
    banner.map(|banner| view! { <p class="row xs muted px-2"><Icon name="warn"/><span>{banner}</span></p> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_page_is_marked() {
        assert_eq!(current(&Address::Repositories, "/repositories"), Some("page"));
        assert_eq!(current(&Address::Repositories, "/r/team/web"), Some("true"));
        assert_eq!(current(&Address::Repositories, "/admin/mounts"), None);
        assert_eq!(current(&Address::Mounts, "/admin/mounts"), Some("page"));
        assert_eq!(current(&Address::Help, "/help/shortcuts"), Some("true"));
    }
}
