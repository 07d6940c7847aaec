//! `/admin/providers`: by which identity providers people sign in.

use crate::api::providers::list_providers;
use crate::domain::Address;
use crate::domain::view::{ProviderRow, ProvidersView};
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Providers() -> impl IntoView {
    load(list_providers(), move |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: ProvidersView) -> impl IntoView {
    let local = match view.local_sign_in {
        true if view.providers.is_empty() => {
            "People sign in by a password of this registry (auth.local_sign_in in the configuration)."
        }
        true => "People sign in by a password of this registry as well (auth.local_sign_in in the configuration).",
        false => "Signing in by password is off (auth.local_sign_in in the configuration).",
    };
    let rows = match view.providers.is_empty() {
        true => view! { <NoProviders/> }.into_any(),
        false => view! { <Table rows=view.providers/> }.into_any(),
    };
    view! {
        <PageTitle text="Sign-in".to_owned()/>
        <div class="head">
            <div class="grow"><h1>"Sign-in"</h1><p class="head-sub">{local}</p></div>
            <div class="head-actions row">
                <a class="btn btn-primary" href=Address::NewProvider.to_string()><Icon name="plus" class="i i-sm"/>"Add a provider"</a>
            </div>
        </div>
        {rows}
    }
    .into_any()
}

#[component]
fn NoProviders() -> impl IntoView {
    view! {
        <Empty icon="key" title="No providers".to_owned()>
            <p>"Add one to let people sign in by Keycloak, Entra ID, Okta, Google, GitHub or another OpenID provider."</p>
            <a class="btn" href=Address::NewProvider.to_string()>"Choose a provider"</a>
        </Empty>
    }
    .into_any()
}

#[component]
fn Table(rows: Vec<ProviderRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| view! { <Row row/> }).collect_view();
    view! {
        <div class="tablewrap">
            <table class="cards cards-2" role="table" aria-label="Sign-in providers">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Provider"</th>
                        <th role="columnheader" scope="col">"Where it is"</th>
                        <th role="columnheader" scope="col">"State"</th>
                        <th role="columnheader" scope="col">"People"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(row: ProviderRow) -> impl IntoView {
    let state = view! { <State row=&row/> };
    let ProviderRow { name, kind, title, url, is_of_file, is_hidden, n_people, .. } = row;
    // The page of a name is that of the provider which has it.
    let title = match (name.parse(), is_hidden) {
        (Ok(name), false) => view! { <a class="name" href=Address::Provider(name).to_string()>{title}</a> }.into_any(),
        _ => view! { <span class="name">{title}</span> }.into_any(),
    };
    let source = if is_of_file { "set in the configuration" } else { "added in the console" };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                {title}<span class="cell-sub">{format!("{name} · {} · {source}", kind.words())}</span>
            </th>
            <td role="cell" class="mono" data-a="two">{url}</td>
            <td role="cell" data-a="end1">{state}</td>
            <td role="cell" class="nowrap muted" data-a="end2">{counted(n_people, "person", "people")}</td>
        </tr>
    }
    .into_any()
}

/// Whether people may sign in by it.
#[component]
fn State<'a>(row: &'a ProviderRow) -> impl IntoView + use<> {
    let (class, words) = match row {
        ProviderRow { is_live: true, .. } => ("badge badge-good", "Live"),
        ProviderRow { is_hidden: true, .. } => ("badge badge-warn", "Replaced by the configuration's"),
        ProviderRow { has_secret: false, .. } => ("badge badge-warn", "Needs its secret"),
        _ => ("badge", "Not live yet"),
    };
    view! { <span class=class>{words}</span> }.into_any()
}
