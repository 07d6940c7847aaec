//! `/admin/providers/{name}`: how a provider is set, whether it is live, and what came of trying it.

use super::last_part;
use super::new_provider::{Above, Callback, Fields};
use super::providers::State;
use crate::api::providers::show_provider;
use crate::domain::view::{ProviderRow, ProviderView, Tried, Verdict};
use crate::domain::{Address, ProviderKind, ProviderSettings};
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
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
    let ProviderView { row, settings, callback, .. } = view;
    let asks = Pairs::of(&request.path_and_query).get("remove").is_some() && !row.is_of_file;
    let question = asks.then(|| view! { <Removing row=row.clone()/> });
    let actions = (!asks).then(|| view! { <Actions row=&row/> });
    let tried = request.form.tried.map(|tried| view! { <Result tried is_live=row.is_live/> });
    let body = match row.is_of_file {
        true => view! { <Locked kind=row.kind settings/> }.into_any(),
        false => view! { <Edit row=row.clone() settings/> }.into_any(),
    };
    let sub = format!("{} · {} · {}", row.name, row.kind.words(), counted(row.n_people, "person", "people"));
    view! {
        <PageTitle text=format!("Sign-in by {}", row.title)/>
        <Above/>
        <div class="head">
            <div class="grow"><h1>{row.title.clone()}</h1><p class="head-sub">{sub}" "<State row=&row/></p></div>
            {actions}
        </div>
        {question}
        {(!asks).then(|| view! { <Problem intent=Intent::DeleteProvider/> })}
        <Problem intent=Intent::TryProvider/>
        <Problem intent=Intent::EnableProvider/>
        <Problem intent=Intent::DisableProvider/>
        {tried}
        <div class="narrow-page mt-4 stack"><Callback callback/>{body}</div>
    }
    .into_any()
}

fn page(name: &str) -> String {
    name.parse().map_or_else(|_| Address::Providers.to_string(), |name| Address::Provider(name).to_string())
}

#[component]
fn Actions<'a>(row: &'a ProviderRow) -> impl IntoView + use<> {
    let ProviderRow { name, is_live, is_of_file, has_secret, .. } = row.clone();
    let (intent, words) = match is_live {
        true => (Intent::DisableProvider, "Disable"),
        false => (Intent::EnableProvider, "Enable"),
    };
    let remove = address(&page(&name), &[("remove", "yes")]);
    let set = (!is_of_file).then(|| {
        view! {
            <PostForm intent class="row"><button class="btn" type="submit">{words}</button></PostForm>
            <a class="btn" href=remove>"Remove…"</a>
        }
    });
    let href = address(&format!("/auth/provider/{name}"), &[("try", "yes")]);
    let trial = has_secret.then(|| view! { <a class="btn btn-primary" href=href rel="nofollow external">"Try it"</a> });
    view! { <div class="head-actions row wrap">{trial}{set}</div> }.into_any()
}

#[component]
fn Removing(row: ProviderRow) -> impl IntoView {
    let ProviderRow { name, title, n_people, .. } = row;
    let back = page(&name);
    let people = match n_people {
        0 => "Nobody signs in by it.".to_owned(),
        1 => "1 person signs in by it.".to_owned(),
        n_people => format!("{n_people} people sign in by it."),
    };
    view! {
        <Confirm intent=Intent::DeleteProvider title=format!("Remove {title}?") act=format!("Remove {title}") back typed=name>
            <p>
                {people}" Who has no other way in is out at once: sessions, tokens and clients stop. "
                "Their accounts stay with all that was given to them, and work again where the same provider is added under the same name. "
                "Its client secret is forgotten."
            </p>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Edit(row: ProviderRow, settings: ProviderSettings) -> impl IntoView {
    const INTENT: Intent = Intent::ChangeProvider;
    view! {
        <h2 class="section">"Settings"</h2>
        <Problem intent=INTENT/>
        <PostForm intent=INTENT>
            <Fields intent=INTENT kind=row.kind settings has_secret=row.has_secret/>
            <div class="row"><button class="btn btn-primary" type="submit">"Save settings"</button></div>
        </PostForm>
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
        <h2 class="section">"Settings"</h2>
        <div class="callout callout-info">
            <Icon name="lock"/>
            <p>"This provider is set in the configuration, under "<code>"[[auth.providers]]"</code>". Change it there; nothing here can."</p>
        </div>
        <dl class="kv">{rows}</dl>
    }
    .into_any()
}

/// What came of trying it.
#[component]
fn Result(tried: Tried, is_live: bool) -> impl IntoView {
    let (class, icon, words) = match &tried.verdict {
        Verdict::Is(username) => {
            ("callout callout-info", "check", format!("This person is {username} here, and would be signed in."))
        }
        Verdict::Disabled(username) => {
            ("callout callout-warn", "warn", format!("This person is {username} here, who is let in no more."))
        }
        Verdict::Everybody => {
            ("callout callout-info", "check", "This person would become a user: everybody does.".to_owned())
        }
        Verdict::By(group) => {
            ("callout callout-info", "check", format!("This person would become a user, by the group {group}."))
        }
        Verdict::Waits => (
            "callout callout-warn",
            "warn",
            "No rule lets this person in: they would wait for an administrator.".to_owned(),
        ),
    };
    let next = if is_live { "" } else { " It works; enable it to let people sign in by it." };
    view! {
        <section class="mt-4 stack-2" aria-labelledby="tried">
            <h2 class="section" id="tried">"What came back"</h2>
            <div class=class role="status"><Icon name=icon/><p>{words}" Nobody was signed in, and nothing of this is kept."{next}</p></div>
            <Facts tried/>
        </section>
    }
    .into_any()
}

#[component]
fn Facts(tried: Tried) -> impl IntoView {
    let none = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
    let email = match tried.email_is_verified {
        true => tried.email.clone(),
        false => format!("{} (not verified by the provider)", tried.email),
    };
    let shown = tried.groups.len();
    let groups = match (tried.groups_unknown, tried.n_groups) {
        (true, _) => {
            "the provider named none, for there are too many; let it name those of this application alone".to_owned()
        }
        (false, n) if n > shown => format!("{}, and {} more", tried.groups.join(", "), n - shown),
        (false, _) => none(tried.groups.join(", ")),
    };
    let ours: Vec<String> = tried.ours.iter().map(ToString::to_string).collect();
    let admin = if tried.is_admin { "yes, by a group of administrators" } else { "no" };
    let rows = [
        ("Subject", tried.subject),
        ("Username", none(tried.usernames.join(", "))),
        ("Name", none(tried.name)),
        ("E-mail", email),
        ("Groups there", groups),
        ("Groups here", none(ours.join(", "))),
        ("Administrator", admin.to_owned()),
    ];
    let rows = rows.map(|(key, value)| view! { <dt>{key}</dt><dd class="mono">{value}</dd> }).collect_view();
    view! { <dl class="kv">{rows}</dl> }.into_any()
}
