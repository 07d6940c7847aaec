//! `/admin/providers/new`: which kind it is, then how it is set.

use super::presets::{PRESETS, Preset};
use super::provider_parts::{Above, Callback, Identity, Joining, Reading};
use crate::api::providers::list_providers;
use crate::domain::{Address, ProviderKind, ProviderName, ProviderSettings};
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::part::{Part, PartsEnd};
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page.
#[component]
pub fn NewProvider() -> impl IntoView {
    load(list_providers(), |_| view! { <Whole/> })
}

#[component]
fn Whole() -> impl IntoView {
    let request = PageRequest::current();
    let preset = Pairs::of(&request.path_and_query).get("preset").and_then(Preset::find);
    let body = match preset {
        Some(preset) => view! { <New preset request/> }.into_any(),
        None => view! { <Presets/> }.into_any(),
    };
    view! {
        <PageTitle text="Add a provider".to_owned()/>
        <Above is_below_new=preset.is_some()/>
        <div class="head">
            <div class="grow">
                <h1>"Add a provider"</h1>
                <p class="head-sub">"It is not live before you enable it: save it, try it, then let people in."</p>
            </div>
        </div>
        {body}
    }
    .into_any()
}

#[component]
fn Presets() -> impl IntoView {
    let cards = PRESETS.into_iter().map(|preset| {
        let href = address(&Address::NewProvider.to_string(), &[("preset", preset.key)]);
        view! {
            <li><a class="card pick" href=href><span class="name">{preset.title}</span><span class="cell-sub">{preset.url}</span></a></li>
        }
    });
    view! {
        <h2 class="section">"Which one?"</h2>
        <ul class="picks">{cards.collect_view()}</ul>
    }
    .into_any()
}

#[component]
fn New(preset: Preset, request: PageRequest) -> impl IntoView {
    const INTENT: Intent = Intent::CreateProvider;
    let name = request.form.value(Some(INTENT), "name").unwrap_or(preset.key).to_owned();
    // What is no name stands in no address.
    let part = if name.parse::<ProviderName>().is_ok() { &name } else { preset.key };
    let callback = format!("{}/auth/provider/{part}/callback", request.public_url);
    let settings = ProviderSettings {
        title: if preset.key == "oidc" { String::new() } else { preset.title.to_owned() },
        url: if preset.kind == ProviderKind::Github { preset.url.to_owned() } else { String::new() },
        scopes: preset.scopes.split(' ').map(ToOwned::to_owned).collect(),
        groups_claim: preset.groups_claim.to_owned(),
        ..ProviderSettings::default()
    };
    let mono = Kind { class: "input input-mono", ..Kind::TEXT };
    view! {
        <div class="callout callout-info mt-4 wide"><Icon name="warn"/><p>{preset.trap}</p></div>
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="parts">
            <input type="hidden" name="kind" value=preset.kind.name()/>
            <Part id="callback" title="Callback address" words=preset.place>
                <Field intent=INTENT name="name" label="Name" value=preset.key kind=mono
                    hint="It stays as it is, and stands in the address below: the part before /callback is the name."/>
                <Callback callback kind=preset.kind of="create-provider-name"/>
            </Part>
            <Identity intent=INTENT kind=preset.kind settings=&settings example=preset.url has_secret=false/>
            <Reading intent=INTENT kind=preset.kind settings=&settings/>
            <Joining intent=INTENT settings/>
            <PartsEnd><button class="btn btn-primary" type="submit">"Save the provider"</button></PartsEnd>
        </PostForm>
    }
    .into_any()
}
