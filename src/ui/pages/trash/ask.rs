//! What is asked before an entry of the trash comes back over what is there, or goes for good.

use super::alone;
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::view::{Again, Asking, Crossing};
use crate::domain::{ByteSize, RepositoryName, Tag};
use crate::ui::components::again::ShownAgain;
use crate::ui::components::change::FromTo;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// The question.
#[component]
pub fn Question(asking: Asking, back: String) -> impl IntoView {
    match asking {
        Asking::Restore { row, crossings } => view! { <Over row crossings back/> }.into_any(),
        Asking::RestoreAll { batch, crossings, is_cut } => view! { <OverAll batch crossings is_cut back/> }.into_any(),
        Asking::Purge { row, tags, n_images, at, again } => {
            let promise = promise(&row, at.as_deref());
            view! { <Purging row promise tags n_images again back/> }.into_any()
        }
        Asking::PurgeAll { batch, repository, n, first, held, at, again } => {
            let names = view! { <Names first n held/> }.into_any();
            view! { <PurgingAll of=(batch, repository) n names at again back/> }.into_any()
        }
    }
}

/// Tags that name other images by now: they stay, or move back.
#[component]
fn Over(row: TrashRow, crossings: Vec<Crossing>, back: String) -> impl IntoView {
    let title = format!("Restore {}?", row.words());
    let (act, seen) = (move_back(&crossings), seen(&crossings));
    let keep = if crossings.len() == 1 { "Keep the new one" } else { "Keep the new ones" };
    view! {
        <section class="card confirm confirm-plain" aria-labelledby="over">
            <div class="card-head"><Heading title/></div>
            <div class="card-body stack">
                <Problem intent=Intent::RestoreTrash/>
                <p class="sm">{by_now(&crossings)}</p>
                <Crossings crossings/>
                <PostForm intent=Intent::RestoreTrash>
                    <input type="hidden" name="entry" value=row.id/>
                    <input type="hidden" name="over" value="yes"/>
                    {seen}
                    <div class="foot">
                        <a class="btn" href=back data-cancel="">{keep}</a>
                        <button class="btn btn-primary" type="submit">{act}</button>
                    </div>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}

/// The same of all that was deleted together, of which the others can come back alone.
#[component]
fn OverAll(batch: String, crossings: Vec<Crossing>, is_cut: bool, back: String) -> impl IntoView {
    let (act, seen, n_shown) = (move_back(&crossings), seen(&crossings), crossings.len());
    let leave = if n_shown == 1 { "Leave it out" } else { "Leave these out" };
    // What was not seen does not move.
    let (words, act) = match is_cut {
        true => {
            (format!("More than {n_shown} of these names have other images by now, the first of them are below."), None)
        }
        false => (
            by_now(&crossings),
            Some(view! { <button class="btn btn-primary" type="submit" name="over" value="yes">{act}</button> }),
        ),
    };
    view! {
        <section class="card confirm confirm-plain" aria-labelledby="over">
            <div class="card-head"><Heading title="Restore all that was deleted together?".to_owned()/></div>
            <div class="card-body stack">
                <Problem intent=Intent::RestoreTrash/>
                <p class="sm">{words}</p>
                <p class="sm">"What is left out stays in the trash, and all else comes back."</p>
                <Crossings crossings/>
                <PostForm intent=Intent::RestoreTrash>
                    <input type="hidden" name="batch" value=batch/>
                    {seen}
                    <div class="foot">
                        <a class="btn" href=back data-cancel="">"Cancel"</a>
                        <button class="btn" type="submit" name="over" value="no">{leave}</button>
                        {act}
                    </div>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}

/// What is asked, where the page begins for who is asked; unless something is wrong, which is said below it.
#[component]
fn Heading(title: String) -> impl IntoView {
    let is_first = PageRequest::current().form.error.is_none();
    view! { <h2 id="over" tabindex="-1" autofocus=is_first>{title}</h2> }
}

fn move_back(crossings: &[Crossing]) -> String {
    match crossings {
        [one] => format!("Move {} back", one.tag),
        many => format!("Move {} back", counted(many.len() as u64, "tag", "tags")),
    }
}

/// What they were seen to name.
fn seen(crossings: &[Crossing]) -> impl IntoView + use<> {
    let one = |Crossing { repository, tag, now, .. }: &Crossing| {
        view! { <input type="hidden" name="expect" value=format!("{repository}:{tag} {now}")/> }
    };
    crossings.iter().map(one).collect_view()
}

/// What became of the names meanwhile.
fn by_now(crossings: &[Crossing]) -> String {
    match crossings {
        [one] => format!("{} names another image by now. Keep that, or move it back; the history keeps both.", one.tag),
        _ => "These tags name other images by now. Keep those, or move them back; the history keeps both.".to_owned(),
    }
}

#[component]
fn Crossings(crossings: Vec<Crossing>) -> impl IntoView {
    // Of several repositories each tag stands with its own.
    let is_of_one = crossings.windows(2).all(|two| two[0].repository == two[1].repository);
    let rows = crossings.into_iter().map(|Crossing { repository, tag, deleted, now }| {
        let of = (!is_of_one).then(|| view! { <span class="cell-sub">{repository.to_string()}</span> });
        view! {
            <li class="row-3 listed">
                <span class="grow"><span class="tagname">{tag.to_string()}</span>{of}</span>
                <FromTo repository=&repository from=Some(&now) to=Some(&deleted)/>
            </li>
        }
    });
    view! { <ul class="plain-list">{rows.collect_view()}</ul> }.into_any()
}

/// What goes, and that nothing brings it back.
#[component]
fn Purging(row: TrashRow, promise: String, tags: Vec<Tag>, n_images: u64, again: Again, back: String) -> impl IntoView {
    let words = row.words();
    let back = format!("{back}#purge-{}", row.id);
    let names: Vec<String> = tags.iter().map(Tag::to_string).collect();
    let more = row.tags.saturating_sub(names.len() as u64);
    let listed = (row.kind != TrashKind::Tag && !names.is_empty()).then(|| {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        view! { <p class="sm">"Its tags: "<span class="mono">{names.join(", ")}</span>{more}</p> }
    });
    let images = (n_images > 0).then(|| {
        let images = counted(n_images, "image goes", "images go");
        let words = match row.held {
            ByteSize(0) => format!("{images} with it."),
            held => format!("{images} with it, and {held} that nothing else needs."),
        };
        view! { <p class="sm">{words}</p> }
    });
    view! {
        <Confirm intent=Intent::PurgeTrash title=format!("Delete {words} now?") act=format!("Delete {} for good", row.kind.name()) back typed=row.name().to_owned()>
            <input type="hidden" name="entry" value=row.id.clone()/>
            <p>{promise}</p>
            {listed}
            {images}
            <p class="sm">"This cannot be undone."</p>
            <ShownAgain intent=Intent::PurgeTrash again/>
        </Confirm>
    }
    .into_any()
}

/// All tags of a repository that were deleted together.
#[component]
fn PurgingAll(
    of: (String, RepositoryName),
    n: u64,
    names: AnyView,
    at: Option<String>,
    again: Again,
    back: String,
) -> impl IntoView {
    let (batch, repository) = of;
    let (back, tags) = (format!("{back}#purge-{batch}-{repository}"), counted(n, "tag", "tags"));
    let promise = match at {
        None => {
            "The trash gives these names back no more. Their images go once no other tag and no history keeps them."
                .to_owned()
        }
        Some(host) => format!(
            "The trash gives these names back no more. Images that no tag at {host} needs are deleted there, of very many names in the course of the next sweeps, and no history can bring a tag back to them."
        ),
    };
    let (title, act) = (format!("Delete {tags} of {repository} now?"), format!("Delete {tags} for good"));
    view! {
        <Confirm intent=Intent::PurgeTrash title act back typed=repository.to_string()>
            <input type="hidden" name="batch" value=batch.clone()/>
            <input type="hidden" name="repository" value=repository.to_string()/>
            <p>{promise}</p>
            {names}
            <p class="sm">"This cannot be undone."</p>
            <ShownAgain intent=Intent::PurgeTrash again/>
        </Confirm>
    }
    .into_any()
}

/// The names of tags, as far as they are read one by one, and what all of them hold.
#[component]
fn Names(first: Vec<Tag>, n: u64, held: ByteSize) -> impl IntoView {
    let more = n.saturating_sub(first.len() as u64);
    let more = (more > 0).then(|| view! { <li class="xs subtle">{format!("and {} more", grouped(more))}</li> });
    let names = first.into_iter().map(|tag| view! { <li class="tagchip">{tag.to_string()}</li> }.into_any());
    let names: Vec<AnyView> = names.collect();
    view! {
        <ul class="names">{names}{more}</ul>
        <p class="sm">{alone(n, held)}</p>
    }
}

/// What nothing can do afterwards.
fn promise(row: &TrashRow, at: Option<&str>) -> String {
    let held = match row.held {
        ByteSize(0) => String::new(),
        held => format!(", with the {held} that it alone holds"),
    };
    match (row.kind, at) {
        (TrashKind::Tag, None) => format!(
            "The trash gives this name back no more. Its image goes once no other tag and no history keeps it{held}."
        ),
        (TrashKind::Tag, Some(host)) => format!(
            "The trash gives this name back no more. If no tag at {host} needs its image, that is deleted there at once{held}, and no history can bring a tag back to it."
        ),
        (TrashKind::Image, _) => "The image goes for good, and no history can bring a tag back to it.".to_owned(),
        (TrashKind::Blob, _) => "The blob goes for good.".to_owned(),
        (TrashKind::Repository, _) => {
            "All of the repository goes for good, with its history: nothing can bring it back.".to_owned()
        }
    }
}
