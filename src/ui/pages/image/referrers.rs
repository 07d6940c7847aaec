//! What is attached to an image: the manifests about it, and its annotations. Facts as they are
//! stated; nothing here has been verified.

use crate::domain::view::ReferrerRow;
use crate::domain::{Address, RepositoryName, Timestamp};
use crate::ui::components::artifact::type_words;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::prelude::*;

/// The most that is shown of an annotation's value; some hold whole documents.
const MAX_VALUE_CHARS: usize = 2000;

/// Signatures, SBOMs and attestations whose subject is the image.
#[component]
pub fn ReferrersCard<'a>(
    repository: &'a RepositoryName,
    referrers: &'a [ReferrerRow],
    noun: &'static str,
    /// Where all of it stands.
    all: Option<String>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let all = all.map(|href| view! { <a class="sm push" href=href>"All attestations"</a> });
    let rows = referrers.iter().map(|referrer| view! { <Referrer repository referrer now/> }).collect_view();
    (!referrers.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-referrers">
                <div class="card-head">
                    <h2 id="h-referrers">{format!("Attached to this {noun}")}</h2>
                    <span class="sm muted">"as stated, not verified"</span>{all}
                </div>
                <ul class="tree">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

#[component]
fn Referrer<'a>(repository: &'a RepositoryName, referrer: &'a ReferrerRow, now: Timestamp) -> impl IntoView + use<> {
    let ReferrerRow { digest, artifact, size, pushed } = referrer;
    let href = Address::Manifest(repository.clone(), digest.clone()).to_string();
    let pushed = pushed.map(|at| view! { <span class="cell-sub">"pushed "<When at now/></span> });
    view! {
        <li class="leaf">
            <Icon name="list"/>
            <div><a class="name" href=href>{type_words(artifact)}</a>{pushed}</div>
            <DigestLink repository digest/>
            <span class="num nowrap">{size.to_string()}</span>
        </li>
    }
}

/// The manifest's annotations.
#[component]
pub fn AnnotationsCard<'a>(annotations: &'a [(String, String)]) -> impl IntoView + use<> {
    let count = counted(annotations.len() as u64, "annotation", "annotations");
    (!annotations.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-annotations">
                <div class="card-head"><h2 id="h-annotations">"Annotations"</h2><span class="sm muted">{count}</span></div>
                <Annotations annotations/>
            </section>
        }
        .into_any()
    })
}

/// Annotations as a list of keys and values.
#[component]
pub fn Annotations<'a>(annotations: &'a [(String, String)]) -> impl IntoView + use<> {
    let row = |(key, value): &(String, String)| {
        let (key, value) = (inert(key, MAX_NAME_CHARS), inert(value, MAX_VALUE_CHARS));
        view! { <dt class="mono">{key}</dt><dd>{value}</dd> }
    };
    let rows = annotations.iter().map(row).collect_view();
    view! { <dl class="card-body kv kv-long">{rows}</dl> }
}
