//! The configuration of an image or an artifact: in words, and as it was written.

use super::aside::{FactsCard, RunCard, platform_of};
use crate::domain::Timestamp;
use crate::domain::manifest::Kind;
use crate::domain::view::ImageView;
use crate::domain::view::image_tabs::{ConfigView, Content};
use crate::ui::components::digest::DigestText;
use crate::ui::components::empty::Empty;
use crate::ui::components::text::ReadContent;
use crate::ui::words::{MAX_NAME_CHARS, MAX_TEXT_CHARS, inert};
use leptos::prelude::*;

/// The tab.
#[component]
pub fn ConfigTab<'a>(view: &'a ImageView, config: Option<&'a ConfigView>, now: Timestamp) -> impl IntoView + use<> {
    let Some(config) = config else {
        return view! {
            <Empty icon="layers" title="No platform is shown".to_owned()>
                <p>"Choose one above. One that is listed and was never copied here has no configuration to show."</p>
            </Empty>
        }
        .into_any();
    };
    let run = view.shown.as_ref().and_then(|shown| shown.config.as_ref()).filter(|_| view.kind != Kind::Artifact);
    let run = run.map(|run| view! { <RunCard run=&run.config platform=platform_of(view) open=true/> });
    view! {
        <div class="cols">
            <div class="stack">
                {run}
                <Fields content=&config.content/>
                <Written config/>
            </div>
            <div class="aside"><FactsCard view now/></div>
        </div>
    }
    .into_any()
}

/// What its first level says; a chart has its name and version there.
#[component]
fn Fields<'a>(content: &'a Content) -> impl IntoView + use<> {
    let Content::Read { fields, .. } = content else { return None };
    let row = |(key, value): &(String, String)| {
        let (key, value) = (inert(key, MAX_NAME_CHARS), inert(value, MAX_TEXT_CHARS));
        view! { <dt class="mono">{key}</dt><dd>{value}</dd> }
    };
    let rows = fields.iter().map(row).collect_view();
    (!fields.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-fields">
                <div class="card-head"><h2 id="h-fields">"What it says"</h2><span class="sm muted">"as stated"</span></div>
                <dl class="card-body kv">{rows}</dl>
            </section>
        }
        .into_any()
    })
}

#[component]
fn Written<'a>(config: &'a ConfigView) -> impl IntoView + use<> {
    let media_type = inert(&config.media_type, MAX_NAME_CHARS);
    view! {
        <section class="card" aria-labelledby="h-config">
            <div class="card-head">
                <h2 id="h-config">"As it was written"</h2>
                <span class="sm muted">{config.size.to_string()}</span>
                <span class="push"><DigestText digest=&config.digest/></span>
            </div>
            <dl class="card-body kv"><dt>"Media type"</dt><dd><code>{media_type}</code></dd></dl>
            <ReadContent content=&config.content/>
        </section>
    }
    .into_any()
}
