//! Lists in a preview: tags, images, and what each is; the end of a long one is folded away.

use super::row;
use crate::domain::mount::how_freed;
use crate::domain::view::PreviewRow;
use crate::domain::{Address, Digest, RepositoryName, Tag};
use crate::ui::components::artifact::type_words;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::words::{grouped, sentence};
use leptos::prelude::*;

/// All of less than this is shown at once; of more, the rest is folded away.
pub(super) const MAX_SHOWN: usize = 50;

fn chip(name: &RepositoryName, tag: &Tag) -> AnyView {
    let href = Address::Tag(name.clone(), tag.clone()).to_string();
    view! { <li><a class="tagchip" href=href>{tag.to_string()}</a></li> }.into_any()
}

/// Tags, of which all below fifty are seen at once; `more` are not listed at all.
pub(super) fn folded(name: &RepositoryName, tags: &[&Tag], more: u64) -> AnyView {
    fold(tags.iter().map(|tag| chip(name, tag)).collect(), more)
}

pub(super) fn digests(name: &RepositoryName, digests: &[&Digest], more: u64) -> AnyView {
    let link = |digest: &&Digest| view! { <li><DigestLink repository=name digest=*digest/></li> }.into_any();
    fold(digests.iter().map(link).collect(), more)
}

/// Images with what they are, one below the other.
pub(super) fn labelled(name: &RepositoryName, items: &[&PreviewRow], more: u64) -> AnyView {
    let one = |it: &&PreviewRow| {
        let link = it.digest.as_ref().map(|digest| view! { <DigestLink repository=name digest/> });
        let label = it.label.as_deref().map(label_words);
        view! { <li class="row-1 wrap">{link}{label}</li> }.into_any()
    };
    fold_as("stack-2", items.iter().map(one).collect(), more)
}

/// `linux/amd64, linux/arm64`, or what an artifact is.
pub(super) fn label_words(label: &str) -> String {
    type_words(label).replace(',', ", ")
}

/// A list whose end is folded away where it is long.
pub(super) fn fold(items: Vec<AnyView>, more: u64) -> AnyView {
    fold_as("names", items, more)
}

/// A list that few read, folded away as a whole.
pub(super) fn out_of_sight(words: &'static str, list: AnyView) -> AnyView {
    view! {
        <details>
            <summary class="fold">{words}<Icon name="down" class="i i-sm"/></summary>
            {list}
        </details>
    }
    .into_any()
}

/// What is said besides, with a globe what is said of a registry elsewhere; how that frees space is long, and folded away.
pub(super) fn note(text: &str, host: Option<&str>) -> AnyView {
    if !text.ends_with(&how_freed()) {
        let is_of_it = host.is_some_and(|host| text.contains(host));
        return row(if is_of_it { "globe" } else { "clock" }, sentence(text), None);
    }
    let how = view! {
        <details>
            <summary class="fold">"How that registry frees space"<Icon name="down" class="i i-sm"/></summary>
            <p class="xs muted">{text.to_owned()}</p>
        </details>
    };
    view! { <li><Icon name="disk" class="i i-sm"/><div>{how}</div></li> }.into_any()
}

fn fold_as(class: &'static str, mut items: Vec<AnyView>, more: u64) -> AnyView {
    let rest = if items.len() > MAX_SHOWN { items.split_off(MAX_SHOWN) } else { vec![] };
    let unlisted = (more > 0).then(|| view! { <p>{format!("and {} more", grouped(more))}</p> });
    if rest.is_empty() {
        return view! { <ul class=class>{items}</ul>{unlisted} }.into_any();
    }
    let words = format!("{} more", grouped(rest.len() as u64 + more));
    view! {
        <ul class=class>{items}</ul>
        <details>
            <summary class="fold">{words}<Icon name="down" class="i i-sm"/></summary>
            <ul class=class>{rest}</ul>
            {unlisted}
        </details>
    }
    .into_any()
}
