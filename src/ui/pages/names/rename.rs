//! `/-/tags/{tag}/rename`: another name in place of one.

use super::{Asking, Frame, InTheWay, Stale, Told, came_back};
use crate::api::names::show_renaming;
use crate::domain::view::TagThere;
use crate::domain::{Address, RepositoryName, Tag};
use crate::ui::components::digest::DigestLink;
use crate::ui::components::form::{Field, Kind};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::pages::load::load;
use crate::ui::words::sentence;
use leptos::prelude::*;

const INTENT: Intent = Intent::RenameTag;

/// The page.
#[component]
pub fn Rename(name: RepositoryName, tag: Tag) -> impl IntoView {
    let (repository, of) = (name.clone(), tag.clone());
    load(show_renaming(name, tag), move |target| view! { <Whole repository tag=of target/> })
}

#[component]
fn Whole(repository: RepositoryName, tag: Tag, target: TagThere) -> impl IntoView {
    let title = format!("Rename {tag} of {repository}");
    let back = Address::Tag(repository.clone(), tag.clone()).to_string();
    let digest = target.side.digest;
    let of = view! { <DigestLink repository=&repository digest=&digest/> }.into_any();
    if let Some(met) = target.rule.filter(|_| !came_back(INTENT)) {
        let foot = view! { <a class="btn" href=back autofocus="true" data-cancel="">"Back"</a> }.into_any();
        return view! { <Frame repository title of><Told foot><InTheWay intent=INTENT met/></Told></Frame> }.into_any();
    }
    if let Some(words) = target.leaving.barred.filter(|_| !came_back(INTENT)) {
        let foot = view! { <a class="btn" href=back autofocus="true" data-cancel="">"Back"</a> }.into_any();
        let said = view! { <div class="callout callout-warn"><Icon name="globe"/><p>{sentence(&words)}</p></div> };
        return view! { <Frame repository title of><Told foot>{said}</Told></Frame> }.into_any();
    }
    let kind = Kind { class: "input input-mono", checks: "tag", ..Kind::TEXT };
    let before = tag.to_string();
    let act = format!("Rename {tag}");
    let goes = if target.leaving.is_final { "goes for good" } else { "goes to the trash" };
    let hint = format!(
        "{tag} {goes}: who pulls it by that name finds nothing from then on. The image stays, with its other tags."
    );
    let notes = target.leaving.notes.iter().map(|note| view! { <p class="sm muted">{sentence(note)}</p> }.into_any());
    let notes: Vec<AnyView> = notes.collect();
    let foot = view! {
        <a class="btn" href=back data-cancel="">"Cancel"</a>
        <button class="btn btn-primary" type="submit">{act}</button>
    }
    .into_any();
    view! {
        <Frame repository=repository.clone() title of>
            <Asking intent=INTENT foot>
                <Stale intent=INTENT repository tag/>
                <input type="hidden" name="expect" value=digest.to_string()/>
                <Field intent=INTENT name="to" label="New name" kind value=before hint="A name that is free here"/>
                <p class="sm muted">{hint}</p>
                {notes}
            </Asking>
        </Frame>
    }
    .into_any()
}
