//! `/r/{repo}/-/settings`, `/n/{ns}/-/settings`.

use super::access::Above;
use super::load::{PageTitle, load};
use crate::api::people::show_settings;
use crate::domain::view::SettingsView;
use crate::domain::{RepositoryVisibility, Scope};
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use leptos::prelude::*;

/// The page of a scope.
#[component]
pub fn Settings(scope: Scope) -> impl IntoView {
    load(show_settings(scope), move |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: SettingsView) -> impl IntoView {
    let SettingsView { scope, description, visibility, sees_access, manages_robots } = view;
    let title = scope.to_string().trim_end_matches("/*").to_owned();
    let form = match &scope {
        Scope::Repository(_) => view! { <OfRepository description visibility/> }.into_any(),
        Scope::Namespace(_) | Scope::Everything => view! { <OfNamespace visibility/> }.into_any(),
    };
    view! {
        <PageTitle text=format!("Settings of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head"><div class="grow"><h1>{title}</h1></div></div>
        <ScopeTabs scope open=Tab::Settings sees_access may_configure=true manages_robots/>
        {form}
    }
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
        <div class="narrow-page mt-4">
            <Problem intent=INTENT/>
            <PostForm intent=INTENT>
                <Field intent=INTENT name="description" label="Description" value=description kind=Kind::OPTIONAL
                    hint="One line. Without it, the page shows what the newest image says of itself."/>
                <Choice intent=INTENT name="visibility" label="Who may see and pull it" options=visibilities() value=visibility.name()
                    hint="It holds at once. To push and to change always takes access."/>
                <div class="row"><button class="btn btn-primary" type="submit">"Save settings"</button></div>
            </PostForm>
        </div>
    }
    .into_any()
}

#[component]
fn OfNamespace(visibility: RepositoryVisibility) -> impl IntoView {
    const INTENT: Intent = Intent::ConfigureNamespace;
    view! {
        <div class="narrow-page mt-4">
            <Problem intent=INTENT/>
            <PostForm intent=INTENT>
                <Choice intent=INTENT name="default_visibility" label="New repositories begin as" options=visibilities() value=visibility.name()
                    hint="Repositories that are there keep theirs. A namespace below may set another."/>
                <div class="row"><button class="btn btn-primary" type="submit">"Save settings"</button></div>
            </PostForm>
        </div>
    }
    .into_any()
}
