//! `/account`: who the reader is here, what reaches them, by what they sign in, and where they are.

mod links;
mod ways_in;

use super::access::rows::{AccessRows, Columns};
use super::admin::user::SessionList;
use super::load::{PageTitle, load};
use crate::api::people::show_account;
use crate::domain::view::AccountView;
use crate::domain::{Address, GroupName, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::tabs::AccountTabs;
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use leptos::prelude::*;
use ways_in::Ways;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    let now = PageRequest::current().now;
    load(show_account(), move |view| view! { <Whole view now/> })
}

#[component]
fn Whole(view: AccountView, now: Timestamp) -> impl IntoView {
    let AccountView { user, ways, access, sessions } = view;
    let has_password = ways.has_password;
    let groups: Vec<&str> = user.groups.iter().map(GroupName::as_str).collect();
    let groups = if groups.is_empty() { "None".to_owned() } else { groups.join(", ") };
    let or_none = |text: &String| if text.is_empty() { "Not said".to_owned() } else { text.clone() };
    view! {
        <PageTitle text="Your account".to_owned()/>
        <div class="head"><div class="grow"><h1>"Your account"</h1></div></div>
        <AccountTabs open=Address::Account/>
        <dl class="kv mt-4">
            <dt>"Username"</dt><dd class="mono">{user.username.to_string()}</dd>
            <dt>"Name"</dt><dd>{or_none(&user.name)}</dd>
            <dt>"E-mail"</dt><dd>{or_none(&user.email)}</dd>
            <dt>"Groups"</dt><dd>{groups}</dd>
        </dl>
        <Ways ways now/>
        {has_password.then(|| view! { <PasswordForm username=user.username.to_string()/> })}
        <h2 class="section">"Where you are signed in"</h2>
        <Problem intent=Intent::EndSession/>
        <SessionList rows=sessions now ends=true/>
        <h2 class="section">"What you may do"</h2>
        <AccessRows rows=access page=Columns::Somebody empty=NoAccess/>
    }
    .into_any()
}

#[component]
fn PasswordForm(username: String) -> impl IntoView {
    const INTENT: Intent = Intent::ChangePassword;
    let before = Kind { input: "password", autocomplete: "current-password", ..Kind::TEXT };
    let password = Kind { autocomplete: "new-password", ..before };
    view! {
        <h2 class="section" id="password">"Password"</h2>
        <Problem intent=INTENT/>
        <PostForm intent=INTENT class="grantform">
            <input type="hidden" name="username" value=username autocomplete="username"/>
            <Field intent=INTENT name="password_before" label="Present password" kind=before/>
            <Field intent=INTENT name="password" label="New password" kind=password
                hint="At least 8 characters. Length matters, symbols do not."/>
            <button class="btn" type="submit">"Change password"</button>
        </PostForm>
    }
    .into_any()
}

#[component]
fn NoAccess() -> impl IntoView {
    view! {
        <Empty icon="lock" title="Nothing is given to you yet".to_owned()>
            <p>"You see what is public or internal. Ask whoever runs this registry, or the owner of a namespace, for more."</p>
        </Empty>
    }
}
