//! `/admin/providers/new`: which kind it is, then how it is set. And the fields of a provider, which its page has too.

use super::presets::{PRESETS, Preset};
use crate::api::providers::list_providers;
use crate::domain::{Address, ProviderKind, ProviderSettings};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::lines::Lines;
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
        <Above/>
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

/// The way back to the list.
#[component]
pub(super) fn Above() -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Providers.to_string()>"Sign-in"</a></li></ol></nav>
    }
    .into_any()
}

#[component]
fn Presets() -> impl IntoView {
    let rows = PRESETS.into_iter().map(|preset| {
        let href = address(&Address::NewProvider.to_string(), &[("preset", preset.key)]);
        view! {
            <li class="row-3 listed">
                <a class="grow pick" href=href><span class="name">{preset.title}</span><span class="cell-sub">{preset.url}</span></a>
            </li>
        }
    });
    view! {
        <h2 class="section">"Which one?"</h2>
        <ul class="plain-list">{rows.collect_view()}</ul>
    }
    .into_any()
}

#[component]
fn New(preset: Preset, request: PageRequest) -> impl IntoView {
    const INTENT: Intent = Intent::CreateProvider;
    let name = request.form.value(Some(INTENT), "name").unwrap_or(preset.key).to_owned();
    let callback = format!("{}/auth/provider/{name}/callback", request.public_url);
    let settings = ProviderSettings {
        title: if preset.key == "oidc" { String::new() } else { preset.title.to_owned() },
        url: if preset.kind == ProviderKind::Github { preset.url.to_owned() } else { String::new() },
        scopes: preset.scopes.split(' ').map(ToOwned::to_owned).collect(),
        groups_claim: preset.groups_claim.to_owned(),
        ..ProviderSettings::default()
    };
    let mono = Kind { class: "input input-mono", ..Kind::TEXT };
    view! {
        <div class="narrow-page mt-4 stack">
            <Callback callback place=preset.place/>
            <p class="sm muted">"The name below stands in this address. If you choose another name, register the address with it."</p>
            <div class="callout callout-info"><Icon name="warn"/><p>{preset.trap}</p></div>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT>
                <input type="hidden" name="kind" value=preset.kind.name()/>
                <Field intent=INTENT name="name" label="Name" value=preset.key kind=mono hint="Letters, digits, dots and dashes. It stays as it is."/>
                <Fields intent=INTENT kind=preset.kind settings example=preset.url has_secret=false/>
                <div class="row"><button class="btn btn-primary" type="submit">"Save the provider"</button></div>
            </PostForm>
        </div>
    }
    .into_any()
}

/// The address that has to be registered at the provider.
#[component]
pub(super) fn Callback(callback: String, #[prop(optional)] place: &'static str) -> impl IntoView {
    view! {
        <section aria-labelledby="callback" class="stack-2">
            <h2 class="section" id="callback">"Callback address"</h2>
            <p class="sm">{place}" Register this address there as the redirect URI, to the letter:"</p>
            <div class="code">
                <code tabindex="0">{callback.clone()}</code>
                <CopyButton text=callback label="Copy the callback address".to_owned()/>
            </div>
        </section>
    }
    .into_any()
}

/// How a provider is set.
#[component]
pub(super) fn Fields(
    intent: Intent,
    kind: ProviderKind,
    settings: ProviderSettings,
    #[prop(optional)] example: &'static str,
    has_secret: bool,
) -> impl IntoView {
    let mono = Kind { class: "input input-mono", ..Kind::TEXT };
    let optional = Kind { class: "input input-mono", ..Kind::OPTIONAL };
    let secret = Kind { input: "password", autocomplete: "new-password", is_required: !has_secret, ..mono };
    let hint = match has_secret {
        true => "Empty keeps the one that is kept. It is never shown.",
        false => "It is kept sealed and never shown.",
    };
    let open = if settings.open_sign_up { "yes" } else { "no" };
    let options = [
        ("no", "Members of groups below, or of groups mapped here; others wait"),
        ("yes", "Everybody who can sign in there"),
    ];
    let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).into();
    let found = match kind {
        ProviderKind::Oidc => view! {
            <Field intent name="url" label="Issuer" value=settings.url kind=Kind { input: "url", placeholder: example, ..mono }
                hint="As the provider writes itself, to the last slash. Another issuer needs another secret."/>
        }
        .into_any(),
        ProviderKind::Github => view! {
            <Field intent name="url" label="Address" value=settings.url kind=Kind { input: "url", placeholder: example, ..mono }
                hint="Another address needs another secret."/>
            <Field intent name="api_url" label="API" value=settings.api_url kind=Kind { input: "url", ..optional }
                hint="Empty is the usual place"/>
        }
        .into_any(),
    };
    let groups = (kind == ProviderKind::Oidc).then(|| {
        view! {
            <Field intent name="groups_claim" label="Claim with groups" value=settings.groups_claim kind=optional
                hint="groups if empty. A dot leads into an object: realm_access.roles"/>
        }
    });
    view! {
        <Field intent name="title" label="Title" value=settings.title kind=Kind { placeholder: "Acme", ..Kind::TEXT } hint="What stands on the button"/>
        {found}
        <Field intent name="client_id" label="Client id" value=settings.client_id kind=mono/>
        <Field intent name="client_password" label="Client secret" kind=secret hint=hint/>
        <Field intent name="scopes" label="Scopes" value=settings.scopes.join(" ") kind=optional hint="With spaces between them. Empty is the usual"/>
        {groups}
        <Field intent name="username_claim" label="Claim with the username" value=settings.username_claim kind=optional hint="Empty is the usual"/>
        <Choice intent name="open_sign_up" label="Who becomes a user" options value=open/>
        <Lines intent name="allowed_groups" label="Groups that may come in" value=settings.allowed_groups hint="One on each line, as the provider sends it"/>
        <Lines intent name="admin_groups" label="Groups of administrators" value=settings.admin_groups
            hint="One on each line. Who is in one may do everything here, for as long as they are"/>
    }
    .into_any()
}
