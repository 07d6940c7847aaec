//! `/admin/mounts/new`.

use super::form::MountForm;
use crate::api::mounts::may_mount;
use crate::domain::Address;
use crate::domain::mount::MountSettings;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use leptos::prelude::*;

/// The page.
#[component]
pub fn NewMount() -> impl IntoView {
    load(may_mount(), |()| view! { <Whole/> })
}

#[component]
fn Whole() -> impl IntoView {
    view! {
        <PageTitle text="Add a mount".to_owned()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Mounts.to_string()>"Mounts"</a></li></ol></nav>
        <div class="head">
            <div class="grow">
                <h1>"Add a mount"</h1>
                <p class="head-sub">"A registry that is there, under a name of this one. It is asked before anything is kept."</p>
            </div>
        </div>
        <MountForm intent=Intent::CreateMount settings=MountSettings::default() has_password=false act="Add the mount"/>
    }
    .into_any()
}
