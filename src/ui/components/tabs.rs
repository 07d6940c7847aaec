//! The tabs of a repository or a namespace, those that the reader may open; of an image, those that apply to it; and of an
//! account.

use crate::domain::view::Opens;
use crate::domain::view::image_tabs::{ImageQuery, TabRow};
use crate::domain::{Address, Reference, RepositoryName, Scope};
use crate::ui::words::grouped;
use leptos::prelude::*;

/// Which tab is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Contents,
    Images,
    Compare,
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
    let others = others(&scope, opens).into_iter().map(|(to, tab, words)| {
        view! { <a href=to.to_string() aria-current=current(tab)>{words}</a> }
    });
    let others = others.collect_view();
    Some(
        view! {
            <nav class="tabs" aria-label=label data-live="tabs">
                <a href=href aria-current=current(Tab::Contents)>{contents}{count}</a>
                {others}
            </nav>
        }
        .into_any(),
    )
}

/// The tabs after the first: those that the reader may open.
fn others(scope: &Scope, opens: Opens) -> Vec<(Address, Tab, &'static str)> {
    let of = |address: fn(Scope) -> Address| address(scope.clone());
    let mut tabs = Vec::new();
    let mut add = |is_open: bool, to: Address, tab: Tab, words: &'static str| {
        if is_open {
            tabs.push((to, tab, words));
        }
    };
    if let Scope::Repository(name) = scope {
        add(true, Address::Images(name.clone()), Tab::Images, "Images");
        add(true, Address::History(name.clone()), Tab::History, "History");
        add(true, Address::Compare(name.clone(), None), Tab::Compare, "Compare");
    }
    if let Scope::Namespace(name) = scope {
        add(opens.past, Address::AsOf(name.clone()), Tab::AsOf, "As of a time");
    }
    add(opens.access, of(Address::Access), Tab::Access, "Access");
    if let Scope::Namespace(name) = scope {
        add(opens.robots, Address::Robots(name.clone()), Tab::Robots, "Robots");
        add(opens.settings, Address::Policies(name.clone()), Tab::Policies, "Policies");
    }
    add(opens.activity, of(Address::Activity), Tab::Activity, "Activity");
    if let Scope::Namespace(name) = scope {
        add(opens.trash, Address::Trash(Some(name.clone())), Tab::Trash, "Trash");
    }
    add(opens.settings, of(Address::Settings), Tab::Settings, "Settings");
    tabs
}

/// The tabs of an image, each on the platform that is chosen.
#[component]
pub fn ImageTabs<'a>(
    repository: &'a RepositoryName,
    /// By what the image was reached.
    reference: &'a Reference,
    query: &'a ImageQuery,
    tabs: &'a [TabRow],
) -> impl IntoView + use<> {
    let tab = |TabRow { tab, count }: &TabRow| {
        let href = query.at(*tab).print(repository, reference);
        let current = (*tab == query.tab).then_some("page");
        let count = count.map(|count| view! { <span class="n">{grouped(count)}</span> });
        view! { <a href=href aria-current=current>{tab.title()}{count}</a> }
    };
    let tabs = tabs.iter().map(tab).collect_view();
    view! { <nav class="tabs" aria-label="Image">{tabs}</nav> }.into_any()
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
