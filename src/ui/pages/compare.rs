//! `/r/{repo}/-/compare/{a}...{b}`: what a client gets that moves from one image to another.

mod config;
mod files;
mod form;
mod layers;

use super::load::{PageTitle, load};
use crate::api::compare::compare_images;
use crate::domain::view::{Changes, CompareQuery, CompareSide, CompareView, CopyQuery, Outcome};
use crate::domain::{Address, Digest, Reference, RepositoryName};
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::query::{address, compared};
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped};
use config::ConfigCard;
use files::FilesCard;
use form::Choose;
use layers::LayersCard;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Compare(name: RepositoryName, pair: Option<(Reference, Reference)>) -> impl IntoView {
    let request = PageRequest::current();
    let query = CompareQuery::of(pair, &request.path_and_query);
    let data = async move { compare_images(name, query?).await };
    load(data, move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: CompareView, request: PageRequest) -> impl IntoView {
    let words = match &view.outcome {
        Outcome::Differ(changes) => match &changes.platform {
            Some(platform) => format!("What a client gets when it moves from one image to the other, on {platform}."),
            None => "What a client gets when it moves from one image to the other.".to_owned(),
        },
        _ => "What a client gets when it moves from one image to another.".to_owned(),
    };
    let title = match (&view.from.reference, &view.to.reference) {
        (Some(from), Some(to)) => format!("Compare {} and {} of {}", short(from), short(to), view.from.repository),
        _ => format!("Compare images of {}", view.from.repository),
    };
    view! {
        <PageTitle text=title/>
        <Crumbs repository=view.from.repository.clone() inside=true/>
        <div class="head"><div class="grow"><h1>"Compare"</h1><p class="head-sub">{words}</p></div></div>
        <Choose view=&view now=request.now/>
        <Came view=&view/>
    }
    .into_any()
}

/// What came of it.
#[component]
fn Came<'a>(view: &'a CompareView) -> impl IntoView + use<> {
    let (icon, title, lines) = match &view.outcome {
        Outcome::Differ(changes) => return view! { <Differences view changes/> }.into_any(),
        Outcome::TooFew => {
            let words =
                "The newest tags here name one image, or none. Write above what to compare: a tag, or a digest.";
            ("tag", "Nothing to compare yet", vec![words.to_owned()])
        }
        Outcome::Same => ("check", "Nothing differs", vec![same(&view.from, &view.to)]),
        Outcome::NoPlatform => {
            ("warn", "They run on nothing that is the same", vec![runs_on(&view.from), runs_on(&view.to)])
        }
        Outcome::NotHere(repository, digest) => ("warn", "One of them is not here", vec![not_here(repository, digest)]),
    };
    let lines = lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
    view! { <Empty icon title=title.to_owned()>{lines}</Empty> }.into_any()
}

fn same(from: &CompareSide, to: &CompareSide) -> String {
    let are_tags = [from, to].iter().all(|side| matches!(side.reference, Some(Reference::Tag(_))));
    let both = if are_tags { "Both tags name" } else { "Both are" };
    format!("{both} the same image.")
}

fn runs_on(side: &CompareSide) -> String {
    let name = side.reference.as_ref().map(short).unwrap_or_default();
    let platforms = side.image.as_ref().map(|image| image.platforms.join(", ")).filter(|list| !list.is_empty());
    match platforms {
        Some(platforms) => format!("{name} runs on {platforms}."),
        None => format!("{name} does not say on what it runs."),
    }
}

fn not_here(repository: &RepositoryName, digest: &Digest) -> String {
    format!(
        "The image {} for this platform is listed, but it is not in {repository}. Pull it there once, or choose another platform.",
        digest.short()
    )
}

/// A tag, or the first digits of a digest.
fn short(reference: &Reference) -> String {
    match reference {
        Reference::Tag(tag) => tag.to_string(),
        Reference::Digest(digest) => digest.short().to_owned(),
    }
}

#[component]
fn Differences<'a>(view: &'a CompareView, changes: &'a Changes) -> impl IntoView + use<> {
    let names = [&view.from, &view.to].map(|side| side.reference.as_ref().map(short).unwrap_or_default());
    let sides = view.from.reference.as_ref().zip(view.to.reference.as_ref());
    let files = sides.map(|(from, to)| {
        let platform = changes.platform.as_deref().filter(|_| changes.platforms.len() > 1);
        let page = compared((&view.from.repository, from), (&view.to.repository, to), platform);
        view! { <FilesCard files=changes.files.as_ref() page=&page/> }
    });
    view! {
        <Platforms view changes/>
        <Numbers changes/>
        <div class="cmp-grid">
            <div class="stack"><ConfigCard change=changes.config.as_ref()/></div>
            <div class="stack"><LayersCard changes names/><Next view/></div>
        </div>
        {files}
    }
    .into_any()
}

/// The platforms on which both run, each with its address.
#[component]
fn Platforms<'a>(view: &'a CompareView, changes: &'a Changes) -> impl IntoView + use<> {
    let (from, to) = (view.from.reference.clone(), view.to.reference.clone());
    let sides = from.zip(to).filter(|_| changes.platforms.len() > 1)?;
    let link = |platform: &String| {
        let href = compared((&view.from.repository, &sides.0), (&view.to.repository, &sides.1), Some(platform));
        let current = (changes.platform.as_ref() == Some(platform)).then_some("true");
        view! { <a href=href aria-current=current>{platform.clone()}</a> }
    };
    let links = changes.platforms.iter().map(link).collect_view();
    Some(view! { <div class="filters"><nav class="seg seg-wrap" aria-label="Platform">{links}</nav></div> }.into_any())
}

#[component]
fn Numbers<'a>(changes: &'a Changes) -> impl IntoView + use<> {
    let number = |words: String, value: String| {
        view! { <div class="delta"><dt>{words}</dt><dd class="num">{value}</dd></div> }
    };
    let config = changes.config.as_ref().map(|change| {
        let value = match (change.n_removed, change.n_added) {
            (0, 0) => "The same".to_owned(),
            (removed, added) => format!("{} removed, {} added", grouped(removed), grouped(added)),
        };
        number("Lines of the configuration".to_owned(), value)
    });
    let (from, to) = (changes.from_size, changes.to_size);
    let change = match (from.0, to.0) {
        (from, to) if to > from => format!("+{}", crate::domain::ByteSize(to - from)),
        (from, to) if to < from => format!("\u{2212}{}", crate::domain::ByteSize(from - to)),
        _ => "The same".to_owned(),
    };
    let layers = format!("{} of {}", grouped(changes.n_fetched), grouped(changes.n_layers));
    view! {
        <dl class="deltas">
            {number(format!("Size to pull, now {to}"), change)}
            {number("Layers to fetch".to_owned(), layers)}
            {number("To fetch for who has the first".to_owned(), changes.fetched.to_string())}
            {config}
        </dl>
    }
    .into_any()
}

/// Where the second can go from here.
#[component]
fn Next<'a>(view: &'a CompareView) -> impl IntoView + use<> {
    let Some(Reference::Tag(tag)) = view.to.reference.as_ref().filter(|_| view.may_copy) else { return None };
    let (from, to) = (&view.from.repository, &view.to.repository);
    let copy = address(&Address::Copy(to.clone()).to_string(), &[("tag", tag.as_str())]);
    let known = view.from.image.as_ref().map(|image| image.tags.as_slice()).unwrap_or_default();
    let chips = known.iter().filter(|name| *name != tag || from != to).map(|name| {
        let query = CopyQuery { tags: vec![tag.clone()], ..CopyQuery::default() };
        let href = query.address(to, Some(from), Some(name));
        view! { <a class="btn btn-sm" href=href>{format!("Move {name} to it…")}</a> }
    });
    let chips = chips.collect_view();
    let names = counted(known.len() as u64, "tag names", "tags name");
    let words = format!("{names} the first image. Each step shows before what it does.");
    Some(
        view! {
            <section class="card" aria-labelledby="h-next">
                <div class="card-head"><h2 id="h-next">"Next"</h2></div>
                <div class="card-body stack">
                    {(!known.is_empty()).then(|| view! { <p class="sm muted">{words}</p><div class="row wrap">{chips}</div> })}
                    <a class="btn btn-primary btn-block" href=copy><Icon name="up" class="i i-sm"/>{format!("Copy or promote {tag}…")}</a>
                </div>
            </section>
        }
        .into_any(),
    )
}
