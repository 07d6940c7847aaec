//! The form of a mount: how its registry is reached, what of it is mounted, and who sees it. It asks the registry
//! before it keeps anything.

use super::Power;
use crate::domain::mount::MountSettings;
use crate::domain::view::ProbeView;
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::pages::settings::visibilities;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const MONO: Kind = Kind { class: "input input-mono", ..Kind::TEXT };
const OPTIONAL: Kind = Kind { is_required: false, ..MONO };

/// The form, with what is set now and the words of its button. A new mount has a prefix to choose.
#[component]
pub fn MountForm(intent: Intent, settings: MountSettings, has_password: bool, act: &'static str) -> impl IntoView {
    let is_new = intent == Intent::CreateMount;
    let prefix = Kind { placeholder: "hub", ..MONO };
    let prefix = is_new.then(|| {
        view! { <Field intent name="prefix" label="Prefix" kind=prefix hint="Its repositories are below this name here, such as hub/library/web"/> }
    });
    let url = Kind { placeholder: "https://registry.example.com", ..MONO };
    view! {
        <div class="narrow-page mt-4">
            <Problem intent/>
            <Probed intent/>
            <PostForm intent label=act.to_owned()>
                {prefix}
                <Field intent name="url" label="Address" value=settings.url.clone() kind=url
                    hint="Addresses of this machine and of private networks are for the operator to allow, in limits.outbound_allow"/>
                <SignIn intent username=settings.username.clone() has_password/>
                <Choice intent name="visibility" label="Who may see what it has" options=visibilities() value=settings.visibility.name()
                    hint="It holds here. Whom the registry itself lets in is for it to say."/>
                <What intent settings/>
                <p class="sm muted">"Portolan reads this registry and writes nothing to it."</p>
                <div class="row">
                    <button class="btn" type="submit" name="probe" value="yes">"Ask the registry"</button>
                    <button class="btn btn-primary" type="submit">{act}</button>
                </div>
            </PostForm>
        </div>
    }
    .into_any()
}

#[component]
fn SignIn(intent: Intent, username: String, has_password: bool) -> impl IntoView {
    let password = Kind { input: "password", autocomplete: "new-password", class: "input", ..OPTIONAL };
    let hint = match has_password {
        true => "One is kept, and is shown to nobody. Leave this empty to keep it; for another address, type it again",
        false => "It is sealed, and is shown to nobody again",
    };
    view! {
        <Field intent name="username" label="Username there" value=username kind=OPTIONAL/>
        <Field intent name="password" label="Password there" kind=password hint/>
    }
    .into_any()
}

#[component]
fn What(intent: Intent, settings: MountSettings) -> impl IntoView {
    let seconds = Kind { input: "number", ..MONO };
    let below = settings.upstream_prefix.map(|name| name.to_string()).unwrap_or_default();
    view! {
        <Field intent name="upstream_prefix" label="Only what is below" value=below kind=OPTIONAL hint="A name at the registry, such as acme; it is left out of the names here"/>
        <Field intent name="repositories" label="Repositories" value=settings.repositories.join(" ") kind=OPTIONAL
            hint="For a registry that does not list them: their names there, with a space between two"/>
        <Field intent name="auth_hosts" label="Hosts of its sign-in" value=settings.auth_hosts.join(" ") kind=OPTIONAL
            hint="Where its token service is, if that is another host, such as auth.example.com"/>
        <Field intent name="token_service" label="Token service" value=settings.token_service kind=OPTIONAL
            hint="For a registry that trusts tokens from here: what its auth.token.service says"/>
        <Field intent name="refresh_s" label="Seconds between two readings" value=settings.refresh_s.to_string() kind=seconds/>
    }
    .into_any()
}

/// What the registry answered just now.
#[component]
fn Probed(intent: Intent) -> impl IntoView {
    let form = PageRequest::current().form;
    let ProbeView { answers, capabilities } = form.probed.filter(|_| form.intent == Some(intent))?;
    let answers = answers.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
    let powers = capabilities.into_iter().map(|(capability, known)| view! { <Power capability known/> }).collect_view();
    let again = form.typed.iter().any(|(field, text)| field == "username" && !text.is_empty());
    let again = again.then(|| view! { <p class="sm">"Type the password again: it is not sent back to you."</p> });
    Some(
        view! {
            <section class="card" aria-labelledby="probed" tabindex="-1">
                <div class="card-head"><Icon name="check"/><h2 id="probed">"The registry answers"</h2></div>
                <div class="card-body stack">
                    <ul class="plain-list">{answers}</ul>
                    <dl class="kv"><dt>"Can"</dt><dd><ul class="powers">{powers}</ul></dd></dl>
                    <p class="sm">"Nothing is kept yet."</p>
                    {again}
                </div>
            </section>
        }
        .into_any(),
    )
}
