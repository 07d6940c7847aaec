//! `/r/{repo}/-/settings`, `/n/{ns}/-/settings`.

use super::access::Above;
use super::load::{PageTitle, load};
use super::protection::{Protections, asked};
use crate::api::people::show_settings;
use crate::domain::view::SettingsView;
use crate::domain::{Address, RepositoryVisibility, Scope};
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::part::{Part, PartsEnd};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page of a scope.
#[component]
pub fn Settings(scope: Scope) -> impl IntoView {
    let request = PageRequest::current();
    load(show_settings(scope, asked(&request)), |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: SettingsView) -> impl IntoView {
    let SettingsView { scope, description, visibility, protections, opens, may_delete, kept_at } = view;
    let title = scope.to_string().trim_end_matches("/*").to_owned();
    let form = match &scope {
        Scope::Repository(_) => view! { <OfRepository description visibility/> }.into_any(),
        Scope::Namespace(_) | Scope::Everything => view! { <OfNamespace visibility/> }.into_any(),
    };
    let delete = match (may_delete, kept_at) {
        (true, _) => Some(view! { <DeleteLink scope=scope.clone()/> }.into_any()),
        (false, Some(host)) => Some(view! { <KeptAt scope=scope.clone() host/> }.into_any()),
        (false, None) => None,
    };
    view! {
        <PageTitle text=format!("Settings of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head"><div class="grow"><h1>{title}</h1></div></div>
        <ScopeTabs scope open=Tab::Settings opens/>
        {form}
        {protections.map(|view| view! { <Protections view/> })}
        {delete}
    }
    .into_any()
}

/// The way to the page that says what would go.
#[component]
fn DeleteLink(scope: Scope) -> impl IntoView {
    let (words, act) = match scope {
        Scope::Repository(_) => ("The repository goes with all its tags and images.", "Delete this repository…"),
        _ => ("All repositories in it go, with their tags and images.", "Delete this namespace…"),
    };
    let href = Address::DeleteAll(scope).to_string();
    view! {
        <div class="parts">
            <Part id="end" title="Delete it" words=words>
                <div class="row"><a class="btn btn-bad-quiet" href=href data-dialog="">{act}</a></div>
            </Part>
        </div>
    }
    .into_any()
}

/// That it is not deleted from here.
#[component]
fn KeptAt(scope: Scope, host: String) -> impl IntoView {
    let words = match scope {
        Scope::Repository(_) => format!(
            "{host} keeps this repository, and deletes it. From here only tags and images go, where its mount lets them."
        ),
        _ => format!(
            "{host} keeps these repositories, and deletes them. From here only tags and images go, where their mount lets them."
        ),
    };
    view! { <div class="parts"><Part id="end" title="Not deleted from here"><p>{words}</p></Part></div> }.into_any()
}

/// Each visibility with its words.
pub(super) fn visibilities() -> Vec<(String, String)> {
    let words = |visibility: RepositoryVisibility| match visibility {
        RepositoryVisibility::Private => "Private: only who was given access",
        RepositoryVisibility::Internal => "Internal: anyone who is signed in",
        RepositoryVisibility::Public => "Public: anyone, signed in or not",
    };
    RepositoryVisibility::ALL.map(|it| (it.name().to_owned(), words(it).to_owned())).into()
}

#[component]
fn OfRepository(description: String, visibility: RepositoryVisibility) -> impl IntoView {
    const INTENT: Intent = Intent::ConfigureRepository;
    view! {
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="parts parts-tabbed">
            <Part id="about" title="What it is" words="Without a word of yours, the page shows what the newest image says of itself.">
                <Field intent=INTENT name="description" label="Description" value=description kind=Kind::OPTIONAL hint="One line"/>
            </Part>
            <Part id="sight" title="Who sees it" words="It holds at once. To push and to change always takes access.">
                <Choice intent=INTENT name="visibility" label="Who may see and pull it" options=visibilities() value=visibility.name()/>
            </Part>
            <PartsEnd><button class="btn btn-primary" type="submit">"Save settings"</button></PartsEnd>
        </PostForm>
    }
    .into_any()
}

#[component]
fn OfNamespace(visibility: RepositoryVisibility) -> impl IntoView {
    const INTENT: Intent = Intent::ConfigureNamespace;
    view! {
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="parts parts-tabbed">
            <Part id="sight" title="Who sees it" words="Repositories that are there keep theirs. A namespace below may set another.">
                <Choice intent=INTENT name="default_visibility" label="New repositories begin as" options=visibilities() value=visibility.name()/>
            </Part>
            <PartsEnd><button class="btn btn-primary" type="submit">"Save settings"</button></PartsEnd>
        </PostForm>
    }
    .into_any()
}
