//! `/admin/roles`: what each role holds, verb by verb.

use crate::api::people::see_roles;
use crate::domain::{Permission, Role};
use crate::ui::components::icon::Icon;
use crate::ui::pages::load::{PageTitle, load};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Roles() -> impl IntoView {
    load(see_roles(), |()| view! { <Matrix/> })
}

#[component]
fn Matrix() -> impl IntoView {
    let heads = Role::ALL.map(|role| {
        view! { <th role="columnheader" scope="col" title=role.words()>{role.title()}</th> }
    });
    let is_held = |permission: &Permission| Role::ALL.into_iter().any(|role| role.holds(*permission));
    let is_shown = |permission: &Permission| !permission.is_to_come() && is_held(permission);
    let rows = Permission::ALL.into_iter().filter(is_shown).map(|permission| {
        let cells = Role::ALL.map(|role| view! { <td role="cell"><Mark is_held=role.holds(permission)/></td> });
        view! { <tr role="row"><th role="rowheader" scope="row"><code>{permission.name()}</code><span class="cell-sub">{permission.words()}</span></th>{cells}</tr> }
    });
    view! {
        <PageTitle text="Roles".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Roles"</h1>
                <p class="head-sub">"A role is a set of verbs. It is given to somebody somewhere; Auditor and Admin only on everything."</p>
            </div>
        </div>
        <div class="tablewrap scroll" tabindex="0" role="region" aria-label="Roles and what they hold">
            <table class="matrix" role="table" aria-label="Verbs by role">
                <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">"Verb"</th>{heads}</tr></thead>
                <tbody role="rowgroup">{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Mark(is_held: bool) -> impl IntoView {
    match is_held {
        true => view! { <span class="good"><Icon name="check" class="i i-sm"/><span class="vh">"Yes"</span></span> }
            .into_any(),
        false => view! { <span class="vh">"No"</span> }.into_any(),
    }
}
