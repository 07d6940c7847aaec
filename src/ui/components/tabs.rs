//! The tabs of a repository or a namespace, those that the reader may open, and of an account.

use crate::domain::view::Opens;
use crate::domain::{Address, Scope};
use crate::ui::words::grouped;
use leptos::prelude::*;

/// Which tab is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Contents,
    History,
    AsOf,
    Trash,
    Access,
    Robots,
    Policies,
    Activity,
    Settings,
}

/// The tabs of a scope.
#[component]
pub fn ScopeTabs(
    scope: Scope,
    open: Tab,
    /// How many tags or repositories there are, where that is known.
    #[prop(default = None)]
    count: Option<u64>,
    /// Which of the others the reader may open.
    opens: Opens,
) -> impl IntoView {
    let (label, contents, href) = match &scope {
        Scope::Repository(name) => ("Repository", "Tags", Address::Repository(name.clone()).to_string()),
        Scope::Namespace(name) => ("Namespace", "Repositories", Address::Namespace(name.clone()).to_string()),
        Scope::Everything => return None,
    };
    let current = move |tab: Tab| (tab == open).then_some("page");
    let count = count.map(|count| view! { <span class="n">{grouped(count)}</span> });
    let access = opens.access.then(|| {
        view! { <a href=Address::Access(scope.clone()).to_string() aria-current=current(Tab::Access)>"Access"</a> }
    });
    let robots = match &scope {
        Scope::Namespace(namespace) if opens.robots => {
            let href = Address::Robots(namespace.clone()).to_string();
            Some(view! { <a href=href aria-current=current(Tab::Robots)>"Robots"</a> })
        }
        _ => None,
    };
    let history = match &scope {
        Scope::Repository(name) => {
            let href = Address::History(name.clone()).to_string();
            Some(view! { <a href=href aria-current=current(Tab::History)>"History"</a> })
        }
        Scope::Namespace(name) if opens.past => {
            let href = Address::AsOf(name.clone()).to_string();
            Some(view! { <a href=href aria-current=current(Tab::AsOf)>"As of a time"</a> })
        }
        _ => None,
    };
    let trash = match &scope {
        Scope::Namespace(name) if opens.trash => {
            let href = Address::Trash(Some(name.clone())).to_string();
            Some(view! { <a href=href aria-current=current(Tab::Trash)>"Trash"</a> })
        }
        _ => None,
    };
    let policies = match &scope {
        Scope::Namespace(namespace) if opens.settings => {
            let href = Address::Policies(namespace.clone()).to_string();
            Some(view! { <a href=href aria-current=current(Tab::Policies)>"Policies"</a> })
        }
        _ => None,
    };
    let activity = opens.activity.then(|| {
        view! { <a href=Address::Activity(scope.clone()).to_string() aria-current=current(Tab::Activity)>"Activity"</a> }
    });
    let settings = opens.settings.then(|| {
        view! { <a href=Address::Settings(scope).to_string() aria-current=current(Tab::Settings)>"Settings"</a> }
    });
    Some(
        view! {
            <nav class="tabs" aria-label=label data-live="tabs">
                <a href=href aria-current=current(Tab::Contents)>{contents}{count}</a>
                {history}
                {access}
                {robots}
                {policies}
                {activity}
                {trash}
                {settings}
            </nav>
        }
        .into_any(),
    )
}

/// The tabs of one's own account.
#[component]
pub fn AccountTabs(open: Address) -> impl IntoView {
    let tab = |address: Address, words: &'static str| {
        let current = (address == open).then_some("page");
        view! { <a href=address.to_string() aria-current=current>{words}</a> }
    };
    view! {
        <nav class="tabs" aria-label="Account">{tab(Address::Account, "Account")}{tab(Address::Tokens, "Tokens")}</nav>
    }
    .into_any()
}
