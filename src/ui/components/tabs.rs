//! The tabs of a repository or a namespace: those that the reader may open.

use crate::domain::{Address, Scope};
use crate::ui::query::address;
use crate::ui::words::grouped;
use leptos::prelude::*;

/// Which tab is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Contents,
    Access,
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
    sees_access: bool,
    may_configure: bool,
) -> impl IntoView {
    let (label, contents, href) = match &scope {
        Scope::Repository(name) => ("Repository", "Tags", Address::Repository(name.clone()).to_string()),
        Scope::Namespace(name) => {
            let list = Address::Repositories.to_string();
            ("Namespace", "Repositories", address(&list, &[("q", &format!("{name}/"))]))
        }
        Scope::Everything => return None,
    };
    let current = move |tab: Tab| (tab == open).then_some("page");
    let count = count.map(|count| view! { <span class="n">{grouped(count)}</span> });
    let access = sees_access.then(|| {
        view! { <a href=Address::Access(scope.clone()).to_string() aria-current=current(Tab::Access)>"Access"</a> }
    });
    let settings = may_configure.then(|| {
        view! { <a href=Address::Settings(scope).to_string() aria-current=current(Tab::Settings)>"Settings"</a> }
    });
    Some(
        view! {
            <nav class="tabs" aria-label=label data-live="tabs">
                <a href=href aria-current=current(Tab::Contents)>{contents}{count}</a>
                {access}
                {settings}
            </nav>
        }
        .into_any(),
    )
}
