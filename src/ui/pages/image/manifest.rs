//! A manifest as it was pushed: the very bytes that its digest is of.

use super::aside::FactsCard;
use crate::domain::view::ImageView;
use crate::domain::view::image_tabs::Text;
use crate::domain::{Address, Timestamp};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::text::RawText;
use crate::ui::words::grouped;
use leptos::prelude::*;

/// The tab.
#[component]
pub fn ManifestTab<'a>(view: &'a ImageView, text: &'a Text, now: Timestamp) -> impl IntoView + use<> {
    let href = Address::RawManifest(view.repository.clone(), view.digest.clone()).to_string();
    let digest = view.digest.to_string();
    view! {
        <div class="cols">
            <section class="card" aria-labelledby="h-manifest">
                <div class="card-head">
                    <h2 id="h-manifest">"Manifest"</h2>
                    <span class="sm muted">{format!("{} bytes, as pushed", grouped(text.size.0))}</span>
                    <a class="btn btn-sm push" href=href download="">"Download"</a>
                </div>
                <p class="card-body row-1 wrap sm">
                    <code class="grow raw">{digest.clone()}</code>
                    <CopyButton text=digest label="Copy the manifest's digest".to_owned()/>
                </p>
                <RawText text/>
            </section>
            <div class="aside"><FactsCard view now/></div>
        </div>
    }
    .into_any()
}
