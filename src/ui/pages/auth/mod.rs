//! The pages in front of the console: signing in, and making the first administrator. Each is a plain form.

pub mod set_up;
pub mod sign_in;

use crate::domain::Error;
use crate::ui::components::icon::Icon;
use crate::ui::request::PageRequest;
use crate::ui::words::sentence;
use leptos::prelude::*;

/// Why the form came back, above it.
#[component]
fn Problem<'a>(request: &'a PageRequest) -> impl IntoView + use<> {
    let id = request.id.clone();
    let error = request.form.error.clone()?;
    // What is wrong with one field is said at the field.
    let is_of_a_field = matches!(error, Error::Invalid { .. });
    (!is_of_a_field).then(|| {
        let words = match error {
            Error::Unauthenticated => "This username and password do not belong together.".to_owned(),
            error => sentence(&error.to_string()),
        };
        view! {
            <div class="callout callout-bad" role="alert" tabindex="-1" id="problem">
                <Icon name="warn"/>
                <div><p class="medium">{words}</p><p class="xs muted">"Error id "<code>{format!("err_{id}")}</code></p></div>
            </div>
        }
    })
}

/// A field with its label, its hint, and what is wrong with it.
#[component]
fn Field<'a>(
    request: &'a PageRequest,
    name: &'static str,
    label: &'static str,
    value: String,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(default = true)] is_required: bool,
) -> impl IntoView + use<> {
    let wrong = match &request.form.error {
        Some(Error::Invalid { field, message }) if field == name => Some(sentence(message)),
        _ => None,
    };
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described = match (&hint, &wrong) {
        (_, Some(_)) => Some(error_id.clone()),
        (Some(_), None) => Some(hint_id.clone()),
        (None, None) => None,
    };
    let invalid = wrong.is_some().then_some("true");
    let optional = (!is_required).then(|| view! { " "<span class="opt">"optional"</span> });
    view! {
        <div class="field">
            <label for=name>{label}{optional}</label>
            <input class="input input-lg" id=name name=name r#type=kind value=value autocomplete=autocomplete
                autocapitalize="off" spellcheck="false" aria-invalid=invalid aria-describedby=described
                required=is_required autofocus=invalid.is_some()/>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {wrong.map(|wrong| view! { <p class="field-error" id=error_id><Icon name="warn" class="i i-sm"/><span>{wrong}</span></p> })}
        </div>
    }
}
