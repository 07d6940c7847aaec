//! `/search`: what fits a text, in groups.
//!
//! `?part=results` answers the groups alone: a heading, and a list of links that carry `data-result`. Whoever draws them
//! elsewhere goes by that.

use super::load::{PageTitle, load};
use crate::api::search::search;
use crate::domain::pasted::cut;
use crate::domain::view::{FoundImage, FoundRepository, FoundTag, LeftOut, MountKind, SearchView, Shelf};
use crate::domain::{Address, Timestamp};
use crate::ui::components::artifact::kind_words;
use crate::ui::components::empty::Empty;
use crate::ui::components::filter::{Filter, FilterForm};
use crate::ui::components::icon::Icon;
use crate::ui::components::mark::Mark;
use crate::ui::components::time::When;
use crate::ui::query::{Pairs, address};
use crate::ui::request::{PageRequest, Part};
use crate::ui::words::{MAX_NAME_CHARS, MAX_TEXT_CHARS, counted, grouped, inert};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Search() -> impl IntoView {
    let request = PageRequest::current();
    let text = cut(Pairs::of(&request.path_and_query).get("q").unwrap_or_default()).to_owned();
    let (asked, now) = (text.clone(), request.now);
    let data = async move { search(asked).await };
    load(data, move |view| match request.part {
        Some(Part::Results | Part::Rows) => view! { <Groups view=&view now/> }.into_any(),
        Some(Part::Dialog) | None => view! { <Whole view text request/> }.into_any(),
    })
}

#[component]
fn Whole(view: SearchView, text: String, request: PageRequest) -> impl IntoView {
    let shown = inert(&text, MAX_NAME_CHARS);
    let title = if text.is_empty() { "Search".to_owned() } else { format!("Search for {shown}") };
    let filter = Filter {
        action: Address::Search.to_string(),
        label: "Search",
        hint: "A name, a tag, a digest",
        value: inert(&text, MAX_TEXT_CHARS),
        sort: None,
        shelf: Shelf::All,
    };
    let body = match (text.is_empty(), view.is_empty()) {
        (true, _) => view! { <Start host=request.host.clone()/> }.into_any(),
        (false, true) => view! { <Nothing text=shown/> }.into_any(),
        (false, false) => view! { <Groups view=&view now=request.now/> <More view=&view/> }.into_any(),
    };
    view! {
        <PageTitle text=title/>
        <div class="head">
            <div class="grow"><h1>"Search"</h1><p class="head-sub">"Repositories, tags and images that you may see."</p></div>
        </div>
        <FilterForm filter button="Search">""</FilterForm>
        {body}
    }
    .into_any()
}

/// All that was found.
#[component]
fn Groups<'a>(view: &'a SearchView, now: Timestamp) -> impl IntoView + use<> {
    let near = view.words.last().filter(|_| view.is_near).map(|last| {
        let words = format!("Nothing fits “{}” there. These fit the rest.", inert(last, MAX_NAME_CHARS));
        view! { <p class="status">{words}</p> }
    });
    let left_out = view.left_out.map(|left_out| view! { <p class="status">{left_out_words(left_out)}</p> });
    let of = |words: &[String]| words.to_vec();
    let repositories =
        view.repositories.iter().map(|found| view! { <Repository found words=of(&view.words)/> }.into_any());
    let tags = view.tags.iter().map(|found| view! { <Tagged found words=of(&view.words) now/> }.into_any());
    let images = view.images.iter().map(|found| view! { <Image found/> }.into_any());
    let repositories = group("Repositories", repositories.collect());
    let tags = group("Tags", tags.collect());
    let images = group("Images", images.collect());
    let [first, second] = if view.is_about_tags { [tags, repositories] } else { [repositories, tags] };
    view! { {near}{first}{second}{left_out}{images} }.into_any()
}

fn group(title: &'static str, rows: Vec<AnyView>) -> Option<AnyView> {
    (!rows.is_empty()).then(|| {
        view! { <h2 class="section">{title}</h2><ul class="plain-list" aria-label=title>{rows}</ul> }.into_any()
    })
}

fn left_out_words(left_out: LeftOut) -> String {
    match left_out {
        LeftOut::Repositories(n) => format!(
            "Very many tags begin so. These are of the {} repositories that changed last; add a part of the repository's name to search in others.",
            grouped(n)
        ),
        LeftOut::Tags(n) => format!(
            "Of a repository with more than {n} tags only those that begin so are found, and of very many the last {n} by name. Write more of the tag.",
            n = grouped(n)
        ),
    }
}

#[component]
fn Repository<'a>(found: &'a FoundRepository, words: Vec<String>) -> impl IntoView + use<> {
    let icon = if found.mount == MountKind::Remote { "globe" } else { "repo" };
    let note = (found.tags > 0).then(|| counted(found.tags, "tag", "tags"));
    let href = Address::Repository(found.name.clone()).to_string();
    view! {
        <li><a class="row-3 wrap listed name" href=href data-result="">
            <Icon name=icon/><span class="grow">{marked(found.name.as_str(), &words)}</span>
            <span class="sm muted">{note}</span>
        </a></li>
    }
}

#[component]
fn Tagged<'a>(found: &'a FoundTag, words: Vec<String>, now: Timestamp) -> impl IntoView + use<> {
    let text = format!("{}:{}", found.repository, found.tag);
    let kind = found.artifact.as_ref().map(|artifact| kind_words(found.kind, Some(artifact)));
    let same = found.same_as.as_ref().map(|tag| format!("same image as {tag}"));
    let note: Vec<String> = kind.into_iter().chain(same).collect();
    let built = found.built.map(|at| {
        let before = if note.is_empty() { "built " } else { ", built " };
        view! { {before}<When at now/> }
    });
    let href = Address::Tag(found.repository.clone(), found.tag.clone()).to_string();
    view! {
        <li><a class="row-3 wrap listed name" href=href data-result="">
            <Icon name="tag"/><span class="grow">{marked(&text, &words)}</span>
            <span class="sm muted">{note.join(", ")}{built}</span>
        </a></li>
    }
}

#[component]
fn Image<'a>(found: &'a FoundImage) -> impl IntoView + use<> {
    let named = found.tag.as_ref().map(|tag| format!("named {tag}"));
    let artifact = found.artifact.as_deref();
    let note: Vec<String> = std::iter::once(kind_words(found.kind, artifact)).chain(named).collect();
    let href = Address::Manifest(found.repository.clone(), found.digest.clone()).to_string();
    view! {
        <li><a class="row-3 wrap listed name" href=href data-result="">
            <Icon name="layers"/>
            <span class="grow">{found.repository.to_string()}"@"<span class="digest"><Mark digest=&found.digest/>{found.digest.short().to_owned()}</span></span>
            <span class="sm muted">{note.join(", ")}</span>
        </a></li>
    }
}

/// Where the rest is of what fits.
#[component]
fn More<'a>(view: &'a SearchView) -> impl IntoView + use<> {
    let more = match view.words.as_slice() {
        [word] if view.has_more_repositories => {
            let href = address(&Address::Repositories.to_string(), &[("q", word)]);
            view! { <p class="tfoot"><a class="btn btn-sm" href=href>"All repositories that fit"</a></p> }.into_any()
        }
        _ if view.has_more_repositories || view.has_more_images => {
            view! { <p class="status">"More fits than is shown here. Write more of it."</p> }.into_any()
        }
        _ => return None,
    };
    Some(more)
}

/// Before anything was searched for.
#[component]
fn Start(host: String) -> impl IntoView {
    view! {
        <Empty icon="search" title="Find an image, or go straight to one".to_owned()>
            <p>"Write a part of a repository's name, or that and how a tag begins: "<code>"web 1.4"</code>". A tag alone is found in every repository, an image by six digits of its digest."</p>
            <p>"Paste what names an image, and you are there: a line such as "<code>{format!("docker pull {host}/team/web:1.4.2")}</code>", a reference, a digest, or an address of this console."</p>
        </Empty>
    }
    .into_any()
}

#[component]
fn Nothing(text: String) -> impl IntoView {
    view! {
        <Empty icon="search" title=format!("Nothing fits “{text}”")>
            <p>"Names of repositories are found by any part of them, tags and digests by how they begin. Write less of it, or look through all repositories."</p>
            <a class="btn" href=Address::Repositories.to_string()>"See all repositories"</a>
        </Empty>
    }
    .into_any()
}

/// A name with what was sought in it set off.
fn marked(text: &str, words: &[String]) -> Vec<AnyView> {
    let draw = |(is_sought, piece): (bool, &str)| match is_sought {
        true => view! { <b>{piece.to_owned()}</b> }.into_any(),
        false => piece.to_owned().into_any(),
    };
    pieces(text, words).into_iter().map(draw).collect()
}

/// A name in pieces, each with whether it was sought. Names are of one byte to a letter.
fn pieces<'t>(text: &'t str, words: &[String]) -> Vec<(bool, &'t str)> {
    let lower = text.to_ascii_lowercase();
    let mut is_sought = vec![false; text.len()];
    for word in words.iter().map(|word| word.to_ascii_lowercase()).filter(|word| !word.is_empty()) {
        for (at, found) in lower.match_indices(&word) {
            is_sought[at..at + found.len()].fill(true);
        }
    }
    let mut at = 0;
    let runs = is_sought.chunk_by(|one, next| one == next).map(|run| {
        at += run.len();
        (run[0], text.get(at - run.len()..at).unwrap_or_default())
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sought_is_set_off_and_nothing_is_lost() {
        let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let of = |text, all: &[&str]| pieces(text, &words(all));
        assert_eq!(
            of("team/web:1.4.2", &["Web", "1.4"]),
            [(false, "team/"), (true, "web"), (false, ":"), (true, "1.4"), (false, ".2")]
        );
        assert_eq!(of("aaa", &["a"]), [(true, "aaa")]);
        assert_eq!(of("team/web", &["x", ""]), [(false, "team/web")]);
        assert_eq!(of("", &["a"]), []);
    }
}
