//! How somebody shows once more that it is them, before what nobody takes back.

use super::form::{Field, Kind};
use crate::domain::view::Again;
use crate::ui::form::Intent;
use leptos::prelude::*;

/// What the form asks for it.
#[component]
pub fn ShownAgain(intent: Intent, again: Again) -> impl IntoView {
    match again {
        Again::Nothing => ().into_any(),
        Again::Password => {
            let kind = Kind { input: "password", autocomplete: "current-password", ..Kind::TEXT };
            let hint = "You signed in more than five minutes ago: show that it is you";
            view! { <Field intent name="password" label="Your password" kind hint/> }.into_any()
        }
        Again::SignIn => view! {
            <p class="sm">"You signed in more than five minutes ago. Sign out, sign in again, and come back here."</p>
        }
        .into_any(),
    }
}
