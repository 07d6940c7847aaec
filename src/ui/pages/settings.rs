//! `/r/{repo}/-/settings`, `/n/{ns}/-/settings`.

use super::access::Above;
use super::load::{PageTitle, load};
use super::protection::{Protections, asked};
use crate::api::people::show_settings;
use crate::domain::view::{SettingsView, Totals};
use crate::domain::{RepositoryVisibility, Scope};
use crate::ui::components::form::{Choice, Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::part::{Part, PartsEnd};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page of a scope.
#[component]
pub fn Settings(scope: Scope) -> impl IntoView {
    let request = PageRequest::current();
    load(show_settings(scope, asked(&request)), move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: SettingsView, request: PageRequest) -> impl IntoView {
    let SettingsView { scope, description, visibility, protections, opens, deletes } = view;
    let title = scope.to_string().trim_end_matches("/*").to_owned();
    let form = match &scope {
        Scope::Repository(_) => view! { <OfRepository description visibility/> }.into_any(),
        Scope::Namespace(_) | Scope::Everything => view! { <OfNamespace visibility/> }.into_any(),
    };
    let asks = Pairs::of(&request.path_and_query).get("delete").is_some();
    let delete = match deletes {
        Some(totals) if asks => {
            view! { <Deleting name=title.clone() totals back=format!("{}#delete", request.path())/> }.into_any()
        }
        Some(_) => view! { <DeleteLink/> }.into_any(),
        None => ().into_any(),
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

#[component]
fn DeleteLink() -> impl IntoView {
    view! {
        <div class="parts">
            <Part id="end" title="Delete it" words="The repository goes with all its tags and images.">
                <div class="row"><a class="btn btn-bad-quiet" id="delete" href="?delete=yes">"Delete this repository…"</a></div>
            </Part>
        </div>
    }
    .into_any()
}

/// Asks before a repository is deleted, and says what goes. One without a tag goes by a click.
#[component]
fn Deleting(name: String, totals: Totals, back: String) -> impl IntoView {
    const INTENT: Intent = Intent::DeleteRepository;
    let (title, act) = (format!("Delete {name}?"), format!("Delete {name}"));
    let goes = format!(
        "{} and {} go, {} in all. Nothing can be pulled from it any more, by tag or by digest.",
        counted(totals.tags, "tag", "tags"),
        counted(totals.images, "image", "images"),
        totals.stored
    );
    let stays = "The name is free at once, and access that was given to it stays with the name. What goes is kept aside, \
                 but nothing brings it back yet.";
    let words = view! { <p class="medium">{goes}</p><p>{stays}</p> }.into_any();
    let question = match totals.tags {
        0 => view! { <Confirm intent=INTENT title act back>{words}</Confirm> }.into_any(),
        _ => view! { <Confirm intent=INTENT title act back typed=name>{words}</Confirm> }.into_any(),
    };
    view! { <div class="mt-4">{question}</div> }.into_any()
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
