//! The parts of which the form of a provider is made: where people come back, how Portolan is known there, what is read
//! of people, and who of them is let in.

use crate::domain::{Address, ProviderKind, ProviderSettings};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Choice, Field, Kind};
use crate::ui::components::lines::Lines;
use crate::ui::components::part::Part;
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const MONO: Kind = Kind { class: "input input-mono", ..Kind::TEXT };
const OPTIONAL: Kind = Kind { is_required: false, ..MONO };

/// The way back to the list, and from the form of a new one to its kinds.
#[component]
pub(super) fn Above(#[prop(optional)] is_below_new: bool) -> impl IntoView {
    let new = is_below_new.then(|| view! { <li><a href=Address::NewProvider.to_string()>"Add a provider"</a></li> });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Providers.to_string()>"Sign-in"</a></li>{new}</ol></nav>
    }
    .into_any()
}

/// The address that has to be registered at the provider.
#[component]
pub(super) fn Callback(
    callback: String,
    kind: ProviderKind,
    /// The field of the name in it, which is still to be chosen: with script the address follows what is typed.
    #[prop(optional)]
    of: Option<&'static str>,
) -> impl IntoView {
    let left = (kind == ProviderKind::Oidc).then(|| {
        let left = format!("{}/auth/login", PageRequest::current().public_url);
        view! {
            <p class="sm muted">
                "Where it asks for a post-logout redirect URI as well, that is "<code>{left}</code>
                ": who signs out here is led back from there."
            </p>
        }
    });
    view! {
        <div class="stack-2">
            <p class="sm">"Register this address there as the redirect URI, to the letter:"</p>
            <div class="code">
                <code tabindex="0" data-name-of=of>{callback.clone()}</code>
                <CopyButton text=callback label="Copy the callback address".to_owned()/>
            </div>
            {left}
        </div>
    }
    .into_any()
}

/// What stands on the button, where the provider is, and as whom Portolan asks it.
#[component]
pub(super) fn Identity<'a>(
    intent: Intent,
    kind: ProviderKind,
    settings: &'a ProviderSettings,
    #[prop(optional)] example: &'static str,
    has_secret: bool,
) -> impl IntoView + use<> {
    let secret = Kind { input: "password", autocomplete: "new-password", is_required: !has_secret, ..MONO };
    let hint = match has_secret {
        true => "Empty keeps the one that is kept. It is never shown.",
        false => "It is kept sealed and never shown.",
    };
    let ProviderSettings { title, url, api_url, client_id, .. } = settings.clone();
    let place = Kind { input: "url", placeholder: example, ..MONO };
    let found = match kind {
        ProviderKind::Oidc => view! {
            <Field intent name="url" label="Issuer" value=url kind=place
                hint="As the provider writes itself, to the last slash. Another issuer needs another secret."/>
        }
        .into_any(),
        ProviderKind::Github => view! {
            <Field intent name="url" label="Address" value=url kind=place hint="Another address needs another secret."/>
            <Field intent name="api_url" label="API" value=api_url kind=Kind { input: "url", ..OPTIONAL } hint="Empty is the usual place"/>
        }
        .into_any(),
    };
    view! {
        <Part id="identity" title="How Portolan is known there" words="The provider gives you an id and a secret when you register the address above.">
            <Field intent name="title" label="Title" value=title kind=Kind { placeholder: "Acme", ..Kind::TEXT } hint="What stands on the button"/>
            {found}
            <Field intent name="client_id" label="Client id" value=client_id kind=MONO/>
            <Field intent name="client_password" label="Client secret" kind=secret hint=hint/>
        </Part>
    }
    .into_any()
}

/// What is asked of the provider about people, and where in its answer that stands.
#[component]
pub(super) fn Reading<'a>(intent: Intent, kind: ProviderKind, settings: &'a ProviderSettings) -> impl IntoView + use<> {
    let ProviderSettings { scopes, groups_claim, username_claim, .. } = settings.clone();
    let groups = (kind == ProviderKind::Oidc).then(|| {
        view! {
            <Field intent name="groups_claim" label="Claim with groups" value=groups_claim kind=OPTIONAL
                hint="groups if empty. A dot leads into an object: realm_access.roles"/>
        }
    });
    view! {
        <Part id="reading" title="What it says of people" words="The usual stands here already. Try it, and see what comes back.">
            <Field intent name="scopes" label="Scopes" value=scopes.join(" ") kind=OPTIONAL hint="With spaces between them. Empty is the usual"/>
            {groups}
            <Field intent name="username_claim" label="Claim with the username" value=username_claim kind=OPTIONAL hint="Empty is the usual"/>
        </Part>
    }
    .into_any()
}

/// Who becomes a user, and who an administrator.
#[component]
pub(super) fn Joining(intent: Intent, settings: ProviderSettings) -> impl IntoView {
    let open = if settings.open_sign_up { "yes" } else { "no" };
    let options = [
        ("no", "Members of groups below, or of groups mapped here; others wait"),
        ("yes", "Everybody who can sign in there"),
    ];
    let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).into();
    view! {
        <Part id="joining" title="Who is let in" words="An account alone gives nothing. What people may do comes from access, theirs or their groups'.">
            <Choice intent name="open_sign_up" label="Who becomes a user" options value=open/>
            <Lines intent name="allowed_groups" label="Groups that may come in" value=settings.allowed_groups hint="One on each line, as the provider sends it"/>
            <Lines intent name="admin_groups" label="Groups of administrators" value=settings.admin_groups
                hint="One on each line. Who is in one may do everything here, for as long as they are"/>
        </Part>
    }
    .into_any()
}
