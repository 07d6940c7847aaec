//! What others say about an image: signatures, SBOMs, attestations, each with how it is attached. All of it as stated; nothing
//! here verifies it.

use super::aside::FactsCard;
use super::opened::OpenedCard;
use super::referrers::Annotations;
use crate::domain::view::ImageView;
use crate::domain::view::image_tabs::{AttachedBy, AttachedRow, AttachedView, ImageQuery};
use crate::domain::{Digest, Reference, RepositoryName, Timestamp};
use crate::ui::components::artifact::{kind_noun, type_words};
use crate::ui::components::digest::{DigestLink, DigestText};
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::time::When;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::either::Either;
use leptos::prelude::*;

/// The tab.
#[component]
pub fn AttachedTab<'a>(
    view: &'a ImageView,
    attached: &'a AttachedView,
    reference: &'a Reference,
    query: &'a ImageQuery,
    now: Timestamp,
) -> impl IntoView + use<> {
    let repository = &view.repository;
    let opened = attached.opened.as_deref().map(|opened| view! { <OpenedCard repository reference query opened/> });
    let noun = kind_noun(view.kind);
    if attached.rows.is_empty() && opened.is_none() {
        return view! {
            <Empty icon="list" title=format!("Nothing is attached to this {noun}")>
                <p>"Signatures, SBOMs and attestations stand here once cosign, oras or a builder has pushed some."</p>
            </Empty>
        }
        .into_any();
    }
    let open = |row: &AttachedRow| {
        let query = ImageQuery { show: Some(row.digest.clone()), file: None, ..query.clone() };
        query.print(repository, reference)
    };
    let rows = attached.rows.iter().map(|row| {
        let is_open = query.show.as_ref() == Some(&row.digest);
        view! { <Row repository row href=open(row) is_open now/> }
    });
    let rows = rows.collect_view();
    let turn = |after: &Digest| {
        let query = ImageQuery { after: Some(after.clone()), ..query.at(query.tab) };
        query.print(repository, reference)
    };
    let foot = Foot {
        count: format!("{} on this page", counted(attached.rows.len() as u64, "attestation", "attestations")),
        before: query.after.is_some().then(|| query.at(query.tab).print(repository, reference)),
        after: attached.next.as_ref().map(turn),
        by_time: false,
    };
    let has_pages = foot.before.is_some() || foot.after.is_some();
    view! {
        <div class="cols">
            <div class="stack">
                {opened}
                <section class="card" aria-labelledby="h-attached">
                    <div class="card-head">
                        <h2 id="h-attached">{format!("Attached to this {noun}")}</h2>
                        <span class="sm muted">"as stated, not verified"</span>
                    </div>
                    <ul class="tree">{rows}</ul>
                </section>
                {has_pages.then(|| view! { <Pages foot/> })}
            </div>
            <div class="aside"><FactsCard view now/></div>
        </div>
    }
    .into_any()
}

#[component]
fn Row<'a>(
    repository: &'a RepositoryName,
    row: &'a AttachedRow,
    href: String,
    is_open: bool,
    now: Timestamp,
) -> impl IntoView + use<> {
    let AttachedRow { digest, artifact, size, pushed, by, annotations, present } = row;
    let words = artifact.as_deref().map_or_else(|| "Attestation".to_owned(), type_words);
    let current = is_open.then_some("true");
    let name = match present {
        true => Either::Left(view! { <a class="name" href=href aria-current=current>{words}</a> }),
        false => Either::Right(view! { <span class="name">{words}</span> }),
    };
    let pushed = pushed.map(|at| view! { ", pushed "<When at now/> });
    let digest = match present {
        true => Either::Left(view! { <DigestLink repository digest/> }),
        false => Either::Right(
            view! { <span class="row-1"><DigestText digest/><span class="badge">"Not copied here"</span></span> },
        ),
    };
    let notes = match annotations {
        Some(all) if all.is_empty() => None,
        Some(all) => Some(Either::Left(view! {
            <details>
                <summary><Icon name="right"/><span>{counted(all.len() as u64, "annotation", "annotations")}</span></summary>
                <Annotations annotations=all/>
            </details>
        })),
        None => Some(Either::Right(
            view! { <p class="card-foot muted">"Its annotations are long; open it to see them."</p> },
        )),
    };
    view! {
        <li>
            <div class="leaf">
                <Icon name="list"/>
                <div>{name}<span class="cell-sub">{how(by)}{pushed}</span></div>
                {digest}
                <span class="num nowrap">{size.to_string()}</span>
            </div>
            {notes}
        </li>
    }
}

/// How it is attached, in words.
fn how(by: &AttachedBy) -> String {
    match by {
        AttachedBy::Subject => "it names this as its subject".to_owned(),
        AttachedBy::Index { platform } if platform.is_empty() => "listed by the index".to_owned(),
        AttachedBy::Index { platform } => format!("listed by the index, about {}", inert(platform, MAX_NAME_CHARS)),
        AttachedBy::Tag(tag) => format!("noted by the tag {:.19}…{}", tag.as_str(), end(tag.as_str())),
    }
}

/// What follows the digits in the name of such a tag: `.sig`.
fn end(tag: &str) -> &str {
    tag.find('.').map_or("", |dot| &tag[dot..])
}
