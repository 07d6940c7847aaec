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
    let tab = |is_open: bool, to: Address, tab: Tab, words: &'static str| {
        is_open.then(|| view! { <a href=to.to_string() aria-current=current(tab)>{words}</a> })
    };
    let (past, robots, policies, trash) = match &scope {
        Scope::Namespace(name) => (
            tab(opens.past, Address::AsOf(name.clone()), Tab::AsOf, "As of a time"),
            tab(opens.robots, Address::Robots(name.clone()), Tab::Robots, "Robots"),
            tab(opens.settings, Address::Policies(name.clone()), Tab::Policies, "Policies"),
            tab(opens.trash, Address::Trash(Some(name.clone())), Tab::Trash, "Trash"),
        ),
        Scope::Repository(name) => {
            (tab(true, Address::History(name.clone()), Tab::History, "History"), None, None, None)
        }
        Scope::Everything => (None, None, None, None),
    };
    let access = tab(opens.access, Address::Access(scope.clone()), Tab::Access, "Access");
    let activity = tab(opens.activity, Address::Activity(scope.clone()), Tab::Activity, "Activity");
    let settings = tab(opens.settings, Address::Settings(scope), Tab::Settings, "Settings");
    Some(
        view! {
            <nav class="tabs" aria-label=label data-live="tabs">
                <a href=href aria-current=current(Tab::Contents)>{contents}{count}</a>
                {past}
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
