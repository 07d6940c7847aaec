//! `/r/{repo}/-/settings`, `/n/{ns}/-/settings`.

use super::access::Above;
use super::load::{PageTitle, load};
use super::protection::{Protections, asked};
use crate::api::people::{preview_public, show_settings};
use crate::domain::view::{Opening, SettingsView};
use crate::domain::{Address, Namespace, RepositoryName, RepositoryVisibility, Scope};
use crate::ui::components::form::{Choice, Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::name::ScopeTitle;
use crate::ui::components::opening::Opened;
use crate::ui::components::part::{Part, PartsEnd};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::request::{PageRequest, Part as PagePart};
use leptos::prelude::*;

/// The page of a scope.
#[component]
pub fn Settings(scope: Scope) -> impl IntoView {
    let request = PageRequest::current();
    let asks = Pairs::of(&request.path_and_query).get("open").is_some();
    let query = asked(&request);
    let data = async move {
        let view = show_settings(scope, query).await?;
        let opening = match &view.scope {
            Scope::Repository(repository) if asks => preview_public(repository.clone()).await?,
            _ => Opening::default(),
        };
        Ok((view, opening))
    };
    load(data, move |(view, opening)| {
        let open = asks.then(|| question(&view.scope, opening, &request)).flatten();
        match request.part {
            Some(PagePart::Dialog) => open.into_any(),
            _ => view! { <Whole view open/> }.into_any(),
        }
    })
}

/// What is asked before something becomes public.
fn question(scope: &Scope, opening: Opening, request: &PageRequest) -> Option<AnyView> {
    let back = request.path().to_owned();
    match scope.clone() {
        Scope::Repository(repository) => {
            let query = Pairs::of(&request.path_and_query);
            let description = query.get("description").unwrap_or_default().to_owned();
            Some(view! { <OpenRepository repository description opening back/> }.into_any())
        }
        Scope::Namespace(namespace) => Some(view! { <OpenNamespace namespace back/> }.into_any()),
        Scope::Everything => None,
    }
}

#[component]
fn Whole(view: SettingsView, open: Option<AnyView>) -> impl IntoView {
    let SettingsView { scope, description, visibility, protections, opens, may_delete, kept_at } = view;
    let title = scope.to_string().trim_end_matches("/*").to_owned();
    let form = match (open, &scope) {
        (Some(open), _) => open,
        (None, Scope::Repository(_)) => view! { <OfRepository description visibility/> }.into_any(),
        (None, Scope::Namespace(_) | Scope::Everything) => view! { <OfNamespace visibility/> }.into_any(),
    };
    let delete = match (may_delete, kept_at) {
        (true, _) => Some(view! { <DeleteLink scope=scope.clone()/> }.into_any()),
        (false, Some(host)) => Some(view! { <KeptAt scope=scope.clone() host/> }.into_any()),
        (false, None) => None,
    };
    view! {
        <PageTitle text=format!("Settings of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head"><div class="grow"><ScopeTitle scope=&scope title/></div></div>
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
fn OpenRepository(repository: RepositoryName, description: String, opening: Opening, back: String) -> impl IntoView {
    let name = repository.to_string();
    view! {
        <Confirm intent=Intent::ConfigureRepository title=format!("Make {name} public?") act=format!("Make {name} public")
            back typed=name>
            <Opened opening/>
            <p class="sm">"Without signing in, anybody may see and pull it, with all its tags. To push and to change still takes access."</p>
            <input type="hidden" name="description" value=description/>
            <input type="hidden" name="visibility" value=RepositoryVisibility::Public.name()/>
        </Confirm>
    }
    .into_any()
}

#[component]
fn OpenNamespace(namespace: Namespace, back: String) -> impl IntoView {
    let name = namespace.to_string();
    view! {
        <Confirm intent=Intent::ConfigureNamespace title=format!("Let new repositories of {name} begin public?")
            act="Let them begin public".to_owned() back typed=name>
            <p class="medium">"Each repository that is made here from now on is readable by anybody, signed in or not, from its first push."</p>
            <p class="sm">"Repositories that are there keep theirs. A namespace below may set another."</p>
            <input type="hidden" name="default_visibility" value=RepositoryVisibility::Public.name()/>
        </Confirm>
    }
    .into_any()
}

/// At what a form is asked about: a visibility that it does not have.
fn asks(field: &str, now: RepositoryVisibility) -> Option<String> {
    (now != RepositoryVisibility::Public).then(|| format!("{field}={}", RepositoryVisibility::Public.name()))
}

#[component]
fn OfRepository(description: String, visibility: RepositoryVisibility) -> impl IntoView {
    const INTENT: Intent = Intent::ConfigureRepository;
    view! {
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="parts parts-tabbed" asks=asks("visibility", visibility)>
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
        <PostForm intent=INTENT class="parts parts-tabbed" asks=asks("default_visibility", visibility)>
            <Part id="sight" title="Who sees it" words="Repositories that are there keep theirs. A namespace below may set another.">
                <Choice intent=INTENT name="default_visibility" label="New repositories begin as" options=visibilities() value=visibility.name()/>
            </Part>
            <PartsEnd><button class="btn btn-primary" type="submit">"Save settings"</button></PartsEnd>
        </PostForm>
    }
    .into_any()
}
