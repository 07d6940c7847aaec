//! The page of an error: what happened, what to do, and the id that finds its line in the log. What is not there, or only
//! for who signs in, has none: nobody did anything wrong, and such a page says no more of what there is than any other.
//!
//! It tells the server about the error, which gives the answer its status.

use super::load::PageTitle;
use super::lost::WasThere;
use crate::domain::error::What;
use crate::domain::view::{Lost, RepositorySort, Shelf, TagSort};
use crate::domain::{Address, Error, RepositoryName};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::MetMore;
use crate::ui::query::{Order, Pairs, came_from, decode_path};
use crate::ui::request::{ErrorReport, PageRequest};
use crate::ui::words::refusal;
use leptos::prelude::*;

/// The page for an address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <ErrorPage error=Error::NotFound(What::Page)/> }
}

/// The page for `error`. A part of a page is left empty: the status says enough to an island.
#[component]
pub fn ErrorPage(
    error: Error,
    /// What was there, as far as that is its reader's to know.
    #[prop(optional_no_strip)]
    lost: Option<Lost>,
) -> impl IntoView {
    if let Some(ErrorReport(report)) = use_context() {
        report(&error);
    }
    let request = PageRequest::current();
    let is_whole = request.part.is_none();
    is_whole.then(|| view! { <Explanation error lost request/> })
}

#[component]
fn Explanation(error: Error, lost: Option<Lost>, request: PageRequest) -> impl IntoView {
    let title = title(&error, &request);
    let (href, label) = next_step(&error, &request);
    let id = has_id(&error).then(|| view! { <Id id=format!("err_{}", request.id) is_failure=is_failure(&error)/> });
    let rule = request.form.rule.clone().map(|met| view! { <MetMore met/> });
    let filter = typed(&error, &request).map(|filter| view! { <FilterForm filter>""</FilterForm> });
    view! {
        <PageTitle text=title.clone()/>
        <Place error=&error/>
        <div class="errpage">
            <Icon name="rose" class="errpage-mark"/>
            <h1>{title}</h1>
            <p>{reason(&error)}</p>
            {lost.map(|lost| view! { <WasThere lost error=&error/> })}
            {rule}
            {filter}
            {id}
            <a class="btn" href=href>{label}</a>
        </div>
    }
    .into_any()
}

/// What whoever runs this looks for.
#[component]
fn Id(id: String, is_failure: bool) -> impl IntoView {
    let words = if is_failure { "The log has more under " } else { "Error id " };
    view! {
        <p class="errpage-id">{words}<code>{id.clone()}</code><CopyButton text=id label="Copy the id".to_owned()/></p>
    }
}

/// Whether something went wrong, and not only the address.
fn has_id(error: &Error) -> bool {
    !matches!(error, Error::NotFound(_) | Error::Unauthenticated | Error::NarrowToken | Error::Resting(_))
}

/// Whether it went wrong here, or at a registry behind.
fn is_failure(error: &Error) -> bool {
    matches!(error, Error::Upstream { .. } | Error::Unavailable(_) | Error::Damaged(_) | Error::Internal)
}

/// Where the missing thing would stand.
#[component]
fn Place<'a>(error: &'a Error) -> impl IntoView + use<> {
    let Error::NotFound(what) = error else { return None };
    let (repository, inside) = match what {
        What::Tag { repository, .. } | What::Manifest { repository, .. } | What::Blob { repository, .. } => {
            (repository.clone(), true)
        }
        What::Repository(name) => (name.clone(), false),
        _ => return None,
    };
    Some(view! { <Crumbs repository inside/> })
}

fn title(error: &Error, request: &PageRequest) -> String {
    match error {
        Error::Unauthenticated | Error::NarrowToken | Error::Resting(_) | Error::NotLetIn(_) => {
            "Sign in to see this page".to_owned()
        }
        Error::TooManyTries { .. } => "Too many tries".to_owned(),
        Error::Forbidden(_) if does_something(request) => "You may not do this".to_owned(),
        Error::Forbidden(_) | Error::Foreign(_) => "You may not see this page".to_owned(),
        Error::NotFound(what) => missing(what).to_owned(),
        Error::Invalid { field, .. } if field == "tag" => "Nothing to delete".to_owned(),
        Error::Invalid { field, .. } if field == "filter" => "Nothing matches".to_owned(),
        Error::Invalid { field, .. } if field == "q" => "This filter cannot be used".to_owned(),
        Error::Invalid { .. }
        | Error::Content { .. }
        | Error::MissingParts(_)
        | Error::Beyond { .. }
        | Error::OutOfOrder { .. }
        | Error::TooLarge { .. } => "This address cannot be read".to_owned(),
        Error::Protected(_) => "This is protected".to_owned(),
        Error::InUse { .. } => "This is part of something".to_owned(),
        Error::Elsewhere(_) => "A registry elsewhere keeps this".to_owned(),
        Error::ReadOnly(_) => "This registry is read-only from here".to_owned(),
        Error::Taken(_) => "Another registry has this name".to_owned(),
        Error::Conflict(_) | Error::Changed { .. } | Error::Outdated | Error::Overtaken => {
            "This changed in the meantime".to_owned()
        }
        Error::Method => "This page only answers".to_owned(),
        Error::Unsupported(_) => "This registry cannot do that".to_owned(),
        Error::Upstream { registry, .. } => format!("{registry} did not answer"),
        Error::Unavailable(_) | Error::Damaged(_) => "Portolan cannot answer now".to_owned(),
        Error::Internal => "Portolan failed".to_owned(),
    }
}

fn missing(what: &What) -> &'static str {
    match what {
        What::Repository(_) | What::Elsewhere { .. } => "No such repository",
        What::Tag { .. } => "No such tag",
        What::Manifest { .. } | What::Blob { .. } => "No such image",
        What::User(_) => "No such user",
        What::Group(_) => "No such group",
        What::Mount(_) => "No such mount",
        What::Protection(_) => "No such rule",
        What::Provider(_) => "No such sign-in provider",
        What::Link => "This link does not work",
        What::Robot(_) => "No such robot",
        What::Role(_) => "No such role",
        What::Job => "No such job",
        What::Trash => "Not in the trash",
        What::Plan => "Look again at what would go",
        What::Upload | What::Page | What::Endpoint | What::Grant(_) | What::Session | What::Token => "No such page",
    }
}

/// The error's own words. Those that begin with a name keep its first letter.
fn reason(error: &Error) -> String {
    match error {
        Error::NotFound(What::Page) => "Nothing stands at this address. It may be mistyped.".to_owned(),
        Error::NotFound(What::Tag { .. } | What::Manifest { .. } | What::Blob { .. }) | Error::Upstream { .. } => {
            format!("{error}.")
        }
        Error::Internal => {
            "Portolan could not build this page. Try once more; if it fails again, give the id to whoever runs it."
                .to_owned()
        }
        _ => refusal(error),
    }
}

/// Where to go from here.
fn next_step(error: &Error, request: &PageRequest) -> (String, String) {
    if let (Error::Invalid { .. }, Some(repository)) = (error, deleting(request)) {
        let (list, words) = to_repository(&repository);
        return (came_from(&request.path_and_query, &list).unwrap_or(list), words);
    }
    match error {
        Error::NotFound(
            What::Tag { repository, .. } | What::Manifest { repository, .. } | What::Blob { repository, .. },
        ) => to_repository(repository),
        Error::Invalid { field, .. } if request.path() != request.path_and_query => {
            let words = match field.as_str() {
                "platform" => "See all platforms",
                "q" => "Clear the filter",
                _ => "Go to the first page",
            };
            (request.path().to_owned(), words.to_owned())
        }
        Error::Elsewhere(_) | Error::ReadOnly(_) => place(request),
        Error::Forbidden(_) if does_something(request) => place(request),
        Error::Upstream { .. } | Error::Unavailable(_) | Error::Internal | Error::Conflict(_) | Error::Overtaken => {
            (request.path_and_query.clone(), "Try again".to_owned())
        }
        _ => (Address::Repositories.to_string(), "See all repositories".to_owned()),
    }
}

/// Whether something was to be done: by a form, or on a page that does nothing else.
fn does_something(request: &PageRequest) -> bool {
    use Address::{AddTag, Copy, DeleteAll, DeleteImage, DeleteTag, DeleteTags, Push, RenameTag, Retag, RollBack};
    let of_repository = request.path().strip_prefix("/r/").and_then(Address::parse_repository);
    request.form.intent.is_some()
        || matches!(
            of_repository,
            Some(
                AddTag(..)
                    | Copy(_)
                    | DeleteAll(_)
                    | DeleteImage(..)
                    | DeleteTag(..)
                    | DeleteTags(_)
                    | Push(_)
                    | RenameTag(..)
                    | Retag(..)
                    | RollBack(..)
            )
        )
}

/// The repository or the namespace in which an address lies.
fn place(request: &PageRequest) -> (String, String) {
    let path = decode_path(request.path());
    match path.split("/-/").next().filter(|place| place.starts_with("/r/") || place.starts_with("/n/")) {
        Some(place) => (place.to_owned(), format!("See {}", &place[3..])),
        None => (Address::Repositories.to_string(), "See all repositories".to_owned()),
    }
}

/// The repository whose tags an address is about to delete.
fn deleting(request: &PageRequest) -> Option<RepositoryName> {
    match request.path().strip_prefix("/r/").and_then(Address::parse_repository) {
        Some(Address::DeleteTags(name)) => Some(name),
        _ => None,
    }
}

/// A filter that is not understood, as it was typed: it is mended there. One of what was to be deleted is tried on the list.
fn typed(error: &Error, request: &PageRequest) -> Option<Filter> {
    let Error::Invalid { field, .. } = error else { return None };
    let (query, list) = (Pairs::of(&request.path_and_query), deleting(request).map(|name| to_repository(&name).0));
    let value =
        query.get(if list.is_some() { "filter" } else { "q" }).filter(|_| matches!(field.as_str(), "q" | "filter"))?;
    let mut words =
        TagSort::WORDS.iter().map(|(_, word)| *word).chain(RepositorySort::WORDS.iter().map(|(_, word)| *word));
    Some(Filter {
        action: list.unwrap_or_else(|| request.path().to_owned()),
        label: "Filter",
        hint: "",
        value: value.to_owned(),
        sort: words.find(|word| query.get("sort") == Some(*word)),
        shelf: Shelf::parse(query.get("view")),
    })
}

fn to_repository(repository: &RepositoryName) -> (String, String) {
    (Address::Repository(repository.clone()).to_string(), format!("See the tags of {repository}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_as_a_sentence() {
        let missing = Error::NotFound(What::Tag { repository: "web".parse().unwrap(), tag: "9".parse().unwrap() });
        assert_eq!(reason(&missing), "web has no tag 9.");
        let missing = Error::NotFound(What::Repository("web".parse().unwrap()));
        assert_eq!(reason(&missing), "There is no repository web.");
    }
}
