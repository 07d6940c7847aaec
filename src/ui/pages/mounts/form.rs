//! The form of a mount: how its registry is reached, what of it is mounted, and who sees it. It asks the registry
//! before it keeps anything.

use super::Power;
use crate::domain::mount::MountSettings;
use crate::domain::view::ProbeView;
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::part::{Part, PartsEnd, Rest};
use crate::ui::form::Intent;
use crate::ui::pages::settings::visibilities;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const MONO: Kind = Kind { class: "input input-mono", ..Kind::TEXT };
const OPTIONAL: Kind = Kind { is_required: false, ..MONO };

/// The form, with what is set now and the words of its button. A new mount has a prefix to choose.
#[component]
pub fn MountForm(intent: Intent, settings: MountSettings, has_password: bool, act: &'static str) -> impl IntoView {
    let changes = match (settings.read_only, settings.trash) {
        (true, _) => "none",
        (false, true) => "trash",
        (false, false) => "final",
    };
    view! {
        <Problem intent/>
        <Probed intent/>
        <PostForm intent label=act.to_owned() class="parts">
            <Place intent settings=&settings has_password/>
            <Part id="sight" title="Who sees it" words="It holds here. Whom the registry itself lets in is for it to say.">
                <Choice intent name="visibility" label="Who may see what it has" options=visibilities() value=settings.visibility.name()/>
                <Public intent/>
            </Part>
            <Part id="changes" title="What is changed there" words="Who may move and delete tags here may do it there by the user of this mount. Pushes go to the registry itself.">
                <Choice intent name="changes" label="From here" options=changing() value=changes
                    hint="The trash is a hidden tag there, which holds what was deleted until its time is over"/>
            </Part>
            <What intent settings/>
            <PartsEnd>
                <button class="btn btn-primary" type="submit">{act}</button>
                <button class="btn" type="submit" name="probe" value="yes">"Ask the registry"</button>
            </PartsEnd>
        </PostForm>
    }
    .into_any()
}

/// What is typed before all of it becomes public, in a form that came back for it.
#[component]
fn Public(intent: Intent) -> impl IntoView {
    const NAME: &str = "confirmed";
    let form = PageRequest::current().form;
    let asks = form.wrong(Some(intent), NAME).is_some() || form.value(Some(intent), NAME).is_some();
    asks.then(|| {
        view! {
            <p class="sm">"Anybody, signed in or not, may then see and pull all that the user of this mount sees at the registry, now and later."</p>
            <Field intent name=NAME label="Prefix of the mount" kind=MONO/>
        }
        .into_any()
    })
}

fn changing() -> Vec<(String, String)> {
    let options = [
        ("none", "Nothing: it is only read"),
        ("trash", "Tags, and what is deleted goes to the trash"),
        ("final", "Tags, and what is deleted is gone"),
    ];
    options.map(|(option, words)| (option.to_owned(), words.to_owned())).to_vec()
}

/// Where the registry is, and as whom Portolan asks it.
#[component]
fn Place<'a>(intent: Intent, settings: &'a MountSettings, has_password: bool) -> impl IntoView + use<> {
    let (address, username) = (settings.url.clone(), settings.username.clone());
    let is_new = intent == Intent::CreateMount;
    let prefix = Kind { placeholder: "hub", ..MONO };
    let prefix = is_new.then(|| {
        view! { <Field intent name="prefix" label="Prefix" kind=prefix hint="Its repositories are below this name here, such as hub/library/web"/> }
    });
    let url = Kind { placeholder: "https://registry.example.com", ..MONO };
    let password = Kind { input: "password", autocomplete: "new-password", class: "input", ..OPTIONAL };
    let hint = match has_password {
        true => "One is kept, and is shown to nobody. Leave this empty to keep it; for another address, type it again",
        false => "It is sealed, and is shown to nobody again",
    };
    view! {
        <Part id="place" title="The registry" words="Where it is, and as whom Portolan reads it.">
            {prefix}
            <Field intent name="url" label="Address" value=address kind=url
                hint="Addresses of this machine and of private networks are for the operator to allow, in limits.outbound_allow"/>
            <div class="grid-2">
                <Field intent name="username" label="Username there" value=username kind=OPTIONAL/>
                <Field intent name="password" label="Password there" kind=password hint/>
            </div>
        </Part>
    }
    .into_any()
}

/// What of it is mounted, how often it is read, and what few registries need.
#[component]
fn What(intent: Intent, settings: MountSettings) -> impl IntoView {
    const FEW_NEED: [&str; 2] = ["auth_hosts", "token_service"];
    let seconds = Kind { input: "number", ..MONO };
    let below = settings.upstream_prefix.map(|name| name.to_string()).unwrap_or_default();
    let form = PageRequest::current().form;
    let is_said = |field: &str| form.value(Some(intent), field).is_some_and(|text| !text.is_empty());
    let is_open = !settings.auth_hosts.is_empty()
        || !settings.token_service.is_empty()
        || FEW_NEED.iter().any(|field| is_said(field) || form.wrong(Some(intent), field).is_some());
    view! {
        <Part id="what" title="What of it" words="Left empty, all that it lists.">
            <Field intent name="upstream_prefix" label="Only what is below" value=below kind=OPTIONAL hint="A name at the registry, such as acme; it is left out of the names here"/>
            <Field intent name="repositories" label="Repositories" value=settings.repositories.join(" ") kind=OPTIONAL
                hint="For a registry that does not list them: their names there, with a space between two"/>
            <Field intent name="refresh_s" label="Seconds between two readings" value=settings.refresh_s.to_string() kind=seconds/>
            <Rest words="What few registries need" is_open>
                <Field intent name="auth_hosts" label="Hosts of its sign-in" value=settings.auth_hosts.join(" ") kind=OPTIONAL
                    hint="Where its token service is, if that is another host, such as auth.example.com"/>
                <Field intent name="token_service" label="Token service" value=settings.token_service kind=OPTIONAL
                    hint="For a registry that trusts tokens from here: what its auth.token.service says"/>
            </Rest>
        </Part>
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
            <section class="card mt-4 wide" aria-labelledby="probed" tabindex="-1" autofocus="true">
                <div class="card-head"><Icon name="check"/><h2 id="probed">"The registry answers"</h2></div>
                <div class="card-body stack">
                    <ul class="sm">{answers}</ul>
                    <dl class="kv"><dt>"Can"</dt><dd><ul class="powers">{powers}</ul></dd></dl>
                    <p class="sm">"Nothing is kept yet."</p>
                    {again}
                </div>
            </section>
        }
        .into_any(),
    )
}
