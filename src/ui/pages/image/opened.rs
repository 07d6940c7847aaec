//! One attestation, opened: its files, the envelope that a file came in, and what it says.

use super::referrers::Annotations;
use crate::domain::view::image_tabs::{Envelope, ImageQuery, Opened, OpenedFile};
use crate::domain::{Reference, RepositoryName};
use crate::ui::components::artifact::type_words;
use crate::ui::components::digest::{DigestLink, DigestText};
use crate::ui::components::text::ReadContent;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::prelude::*;

/// The card.
#[component]
pub fn OpenedCard<'a>(
    repository: &'a RepositoryName,
    reference: &'a Reference,
    query: &'a ImageQuery,
    opened: &'a Opened,
) -> impl IntoView + use<> {
    let words = opened.artifact.as_deref().map_or_else(|| "Attestation".to_owned(), type_words);
    let close = ImageQuery { show: None, file: None, ..query.clone() }.print(repository, reference);
    let file = opened.files.get(opened.shown).map(|file| view! { <File file/> });
    let statement = opened.statement.as_ref().map(|statement| {
        let envelope = statement.envelope.as_ref().map(|envelope| view! { <InEnvelope envelope/> });
        view! { {envelope}<ReadContent content=&statement.content/> }
    });
    let nothing = opened.statement.is_none().then(|| {
        view! { <p class="card-body muted">"No files: all that it says is in its type and its annotations."</p> }
    });
    let own = (!opened.annotations.is_empty()).then(|| view! { <Annotations annotations=&opened.annotations/> });
    view! {
        <section class="card" aria-labelledby="h-opened">
            <div class="card-head">
                <h2 id="h-opened">{words}</h2>
                <span class="sm muted">"as stated, not verified"</span>
                <span class="push row"><DigestLink repository digest=&opened.digest/><a class="btn btn-sm" href=close>"Close"</a></span>
            </div>
            {own}
            <Files repository reference query opened/>
            {file}{statement}{nothing}
        </section>
    }
    .into_any()
}

/// The files, where there are several.
#[component]
fn Files<'a>(
    repository: &'a RepositoryName,
    reference: &'a Reference,
    query: &'a ImageQuery,
    opened: &'a Opened,
) -> impl IntoView + use<> {
    let links = opened.files.iter().enumerate().map(|(at, file)| {
        let number = u32::try_from(at + 1).ok();
        let href = ImageQuery { file: number, ..query.clone() }.print(repository, reference);
        let current = (at == opened.shown).then_some("true");
        view! { <a href=href aria-current=current>{name(file)}</a> }
    });
    let links = links.collect_view();
    (opened.files.len() > 1).then(|| {
        view! { <div class="card-body"><nav class="seg seg-wrap" aria-label="Files of it">{links}</nav></div> }
            .into_any()
    })
}

/// What a file states of itself: the last part of its predicate's address, or its type.
fn name(file: &OpenedFile) -> String {
    match &file.predicate {
        Some(predicate) => inert(predicate.trim_start_matches("https://"), 80),
        None => type_words(&file.media_type),
    }
}

#[component]
fn File<'a>(file: &'a OpenedFile) -> impl IntoView + use<> {
    let predicate = file.predicate.as_ref().map(|predicate| {
        view! { <dt>"Predicate type"</dt><dd><code>{inert(predicate, MAX_NAME_CHARS)}</code></dd> }
    });
    let notes = (!file.annotations.is_empty()).then(|| view! { <Annotations annotations=&file.annotations/> });
    view! {
        <dl class="card-body kv">
            <dt>"File"</dt><dd><DigestText digest=&file.digest/></dd>
            <dt>"Media type"</dt><dd><code>{inert(&file.media_type, MAX_NAME_CHARS)}</code></dd>
            <dt>"Size"</dt><dd>{file.size.to_string()}</dd>
            {predicate}
        </dl>
        {notes}
    }
}

/// The envelope around what it says. Who signed it is not known here: a key is what somebody says it is.
#[component]
fn InEnvelope<'a>(envelope: &'a Envelope) -> impl IntoView + use<> {
    let keys = envelope.keys.iter().map(|key| view! { <code>{inert(key, MAX_NAME_CHARS)}</code><br/> }).collect_view();
    let keys = (!envelope.keys.is_empty()).then(|| view! { <dt>"Keys, as stated"</dt><dd>{keys}</dd> });
    view! {
        <dl class="card-body kv">
            <dt>"Payload type"</dt><dd><code>{inert(&envelope.payload_type, MAX_NAME_CHARS)}</code></dd>
            <dt>"Signatures"</dt><dd>{format!("{}, not verified", counted(envelope.n_signatures, "signature", "signatures"))}</dd>
            {keys}
        </dl>
    }
}
