//! `/admin/providers/{name}`: how a provider is set, whether it is live, and what came of trying it.

use super::last_part;
use super::provider_parts::{Above, Callback, Identity, Joining, Reading};
use super::provider_strangers::Strangers;
use super::provider_tried::Result;
use crate::api::providers::show_provider;
use crate::domain::view::{Again, ProviderRow, ProviderView};
use crate::domain::{Address, ProviderKind, ProviderSettings, Timestamp};
use crate::ui::components::again::ShownAgain;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::part::{Part, PartsEnd, Stands};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Provider() -> impl IntoView {
    let request = PageRequest::current();
    load(show_provider(last_part()), move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: ProviderView, request: PageRequest) -> impl IntoView {
    let ProviderView { row, settings, callback, live_since, strangers, last, .. } = view;
    let asks = Pairs::of(&request.path_and_query).get("remove").is_some() && !row.is_of_file;
    let question = asks.then(|| view! { <Removing row=row.clone() last is_local=request.ways.is_local/> });
    let was_tried = request.form.tried.is_some();
    let state = (!asks).then(|| view! { <State row=&row live_since was_tried now=request.now/> });
    let tried = request.form.tried.map(|tried| view! { <Result tried is_live=row.is_live/> });
    let body = match row.is_of_file {
        true => view! { <Locked kind=row.kind settings/> }.into_any(),
        false => view! { <Edit row=row.clone() settings asks/> }.into_any(),
    };
    let sub = format!("{} · {} · {}", row.name, row.kind.words(), counted(row.n_people, "person", "people"));
    view! {
        <PageTitle text=format!("Sign-in by {}", row.title)/>
        <Above/>
        <div class="head"><div class="grow"><h1>{row.title.clone()}</h1><p class="head-sub">{sub}</p></div></div>
        {question}
        {(!asks).then(|| view! { <Problem intent=Intent::DeleteProvider/> })}
        <Problem intent=Intent::TryProvider/>
        <Problem intent=Intent::EnableProvider/>
        <Problem intent=Intent::DisableProvider/>
        {state}
        <Strangers rows=strangers title=row.title.clone()/>
        {tried}
        <div class="parts mt-4">
            <Part id="callback" title="Callback address" words="Where the provider sends people back.">
                <Callback callback kind=row.kind/>
            </Part>
        </div>
        {body}
    }
    .into_any()
}

fn page(name: &str) -> String {
    name.parse().map_or_else(|_| Address::Providers.to_string(), |name| Address::Provider(name).to_string())
}

/// What people can do by it now, and what is to be done next. What fits best comes first.
#[component]
fn State<'a>(
    row: &'a ProviderRow,
    live_since: Option<Timestamp>,
    was_tried: bool,
    now: Timestamp,
) -> impl IntoView + use<> {
    let ProviderRow { name, is_live, is_of_file, is_hidden, has_secret, .. } = row.clone();
    let loud = |is_next: bool| if is_next { "btn btn-primary" } else { "btn" };
    let trial = has_secret.then(|| {
        let href = address(&format!("/auth/provider/{name}"), &[("try", "yes")]);
        let words = if was_tried { "Try again" } else { "Try it" };
        view! { <a class=loud(!is_live && !was_tried) href=href rel="nofollow external">{words}</a> }
    });
    let can_switch = !is_of_file && !is_hidden && (is_live || has_secret);
    let switch = can_switch.then(|| match is_live {
        true => view! { <Switch intent=Intent::DisableProvider class="btn" words="Disable"/> },
        false => view! { <Switch intent=Intent::EnableProvider class=loud(was_tried) words="Enable"/> },
    });
    let secret = (!has_secret).then(|| {
        view! { <a class="btn btn-primary" href="#change-provider-client_password">"Give the secret"</a> }
    });
    let since = live_since.map(|at| view! { "Live since "{at.absolute()}" ("<When at now/>")" }.into_any());
    let (tone, title, words) = match (is_live, was_tried) {
        _ if is_of_file => ("good", "Live".into_any(), "The configuration sets it. People sign in by it."),
        _ if is_hidden => {
            ("warn", "Not live".into_any(), "The configuration has another one of this name, which stands before it.")
        }
        _ if !has_secret => {
            ("warn", "Needs its secret".into_any(), "Nobody can sign in by it. Type its client secret below.")
        }
        (true, _) => ("good", since.unwrap_or_else(|| "Live".into_any()), "People sign in by it."),
        (false, true) => ("warn", "Tried, not live".into_any(), "Enable it to let people sign in by it."),
        (false, false) => (
            "warn",
            "Saved, not live".into_any(),
            "Try it first: you sign in there and see what comes back, and nobody is signed in here.",
        ),
    };
    view! { <Stands tone title words>{secret}{trial}{switch}</Stands> }.into_any()
}

#[component]
fn Switch(intent: Intent, class: &'static str, words: &'static str) -> impl IntoView {
    view! { <PostForm intent class="row"><button class=class type="submit">{words}</button></PostForm> }.into_any()
}

#[component]
fn Removing(row: ProviderRow, last: Option<Again>, is_local: bool) -> impl IntoView {
    let ProviderRow { name, title, n_people, .. } = row;
    let back = format!("{}#remove", page(&name));
    let people = match n_people {
        0 => "Nobody signs in by it.".to_owned(),
        1 => "1 person signs in by it.".to_owned(),
        n_people => format!("{n_people} people sign in by it."),
    };
    let left = last.map(|_| match is_local {
        true => "It is the last provider. Who has a password here signs in by that, and nobody else does: without an administrator who has one, it is not removed.",
        false => "It is the last way to sign in: passwords are switched off here.",
    });
    let again = last.map(|again| view! { <ShownAgain intent=Intent::DeleteProvider again/> });
    view! {
        <Confirm intent=Intent::DeleteProvider title=format!("Remove {title}?") act=format!("Remove {title}") back typed=name>
            <p>
                {people}" Who has no other way in is out at once: sessions, tokens and clients stop. "
                "Their accounts stay with all that was given to them, and work again where the same provider is added under the same name. "
                "Its client secret is forgotten."
            </p>
            {left.map(|words| view! { <p class="medium">{words}</p> })}
            {again}
        </Confirm>
    }
    .into_any()
}

#[component]
fn Edit(row: ProviderRow, settings: ProviderSettings, asks: bool) -> impl IntoView {
    const INTENT: Intent = Intent::ChangeProvider;
    let kind = row.kind;
    let remove = (!asks).then(|| {
        let href = address(&page(&row.name), &[("remove", "yes")]);
        view! {
            <Part id="end" title="Remove it" words="Who has no other way in is out at once. Accounts stay.">
                <div class="row"><a class="btn btn-bad-quiet" id="remove" href=href>"Remove…"</a></div>
            </Part>
        }
    });
    view! {
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="parts" label="Settings".to_owned()>
            <Identity intent=INTENT kind settings=&settings has_secret=row.has_secret/>
            <Reading intent=INTENT kind settings=&settings/>
            <Joining intent=INTENT settings/>
            <PartsEnd><button class="btn btn-primary" type="submit">"Save settings"</button></PartsEnd>
        </PostForm>
        <div class="parts">{remove}</div>
    }
    .into_any()
}

/// How the configuration sets it.
#[component]
fn Locked(kind: ProviderKind, settings: ProviderSettings) -> impl IntoView {
    let open = if settings.open_sign_up { "true" } else { "false" }.to_owned();
    let url = if kind == ProviderKind::Github { "url" } else { "issuer" };
    let rows = [
        ("title", settings.title),
        (url, settings.url),
        ("api_url", settings.api_url),
        ("client_id", settings.client_id),
        ("scopes", settings.scopes.join(" ")),
        ("groups_claim", settings.groups_claim),
        ("username_claim", settings.username_claim),
        ("open_sign_up", open),
        ("allowed_groups", settings.allowed_groups.join(", ")),
        ("admin_groups", settings.admin_groups.join(", ")),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let rows =
        rows.map(|(key, value)| view! { <dt class="mono">{key}</dt><dd class="mono">{value}</dd> }).collect_view();
    view! {
        <div class="parts">
            <Part id="settings" title="Settings">
                <div class="callout callout-info">
                    <Icon name="lock"/>
                    <p>"This provider is set in the configuration, under "<code>"[[auth.providers]]"</code>". Change it there; nothing here can."</p>
                </div>
                <dl class="kv kv-keys">{rows}</dl>
            </Part>
        </div>
    }
    .into_any()
}
