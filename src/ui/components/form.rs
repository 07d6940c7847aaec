//! Forms, their fields, what is wrong with them, and what is said when they were done.

use super::back::TakeBack;
pub use super::confirm::Confirm;
use super::copy::CopyButton;
use super::icon::Icon;
use super::protected::Met;
use super::ready::{Login, Ready};
use crate::domain::Error;
use crate::ui::form::{Intent, Said};
use crate::ui::request::PageRequest;
use crate::ui::words::{refusal, sentence};
use leptos::prelude::*;

/// A form that posts what it asks for to the page on which it stands.
#[component]
pub fn PostForm(
    intent: Intent,
    #[prop(default = "stack")] class: &'static str,
    #[prop(optional)] label: Option<String>,
    /// The field, with its value, at which it is asked about first: where script runs, in a dialog over the page.
    #[prop(optional_no_strip)]
    asks: Option<String>,
    children: Children,
) -> impl IntoView {
    let action = PageRequest::current().own_address();
    view! {
        <form class=class method="post" action=action aria-label=label data-asks=asks>
            <input type="hidden" name="do" value=intent.name()/>
            {children()}
        </form>
    }
    .into_any()
}

/// Why a form came back, above it. What is wrong with one of its fields is said at the field.
#[component]
pub fn Problem(#[prop(optional)] intent: Option<Intent>) -> impl IntoView {
    let request = PageRequest::current();
    let form = request.form;
    let is_of_a_field = form.typed.iter().any(|(field, _)| form.wrong(intent, field).is_some());
    let error = form.error.filter(|_| form.intent == intent)?;
    (!is_of_a_field).then(|| {
        let words = match (error, form.rule) {
            (Error::Unauthenticated, _) => {
                view! { <p class="medium">"This username and password do not belong together."</p> }.into_any()
            }
            (_, Some(met)) => view! { <Met met/> }.into_any(),
            (error, None) => view! { <p class="medium">{refusal(&error)}</p> }.into_any(),
        };
        view! {
            <div class="callout callout-bad problem" role="alert" tabindex="-1" id="problem" autofocus="true">
                <Icon name="warn"/>
                <div>
                    {words}
                    <p class="xs muted">"Error id "<code>{format!("err_{}", request.id)}</code></p>
                </div>
            </div>
        }
        .into_any()
    })
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub input: &'static str,
    pub autocomplete: &'static str,
    pub class: &'static str,
    pub placeholder: &'static str,
    pub is_required: bool,
    /// The list of suggestions, by its id.
    pub list: Option<&'static str>,
    /// What it has to be, where a script can tell that before it is sent: a `tag`.
    pub checks: &'static str,
}

impl Kind {
    /// A line of text that has to be there.
    pub const TEXT: Self = Self {
        input: "text",
        autocomplete: "off",
        class: "input",
        placeholder: "",
        is_required: true,
        list: None,
        checks: "",
    };

    /// The same, but it may be empty.
    pub const OPTIONAL: Self = Self { is_required: false, ..Self::TEXT };
}

/// A field with its label, its hint, and what is wrong with it.
#[component]
pub fn Field(
    #[prop(optional)] intent: Option<Intent>,
    name: &'static str,
    #[prop(default = "")] label: &'static str,
    /// What stands in it before anybody typed.
    #[prop(optional, into)]
    value: String,
    #[prop(default = Kind::TEXT)] kind: Kind,
    #[prop(optional)] hint: Option<&'static str>,
    /// What has to be typed, which is its label then: Enter sends nothing else.
    #[prop(optional)]
    wants: Option<String>,
) -> impl IntoView {
    let form = PageRequest::current().form;
    let value = form.value(intent, name).map_or(value, ToOwned::to_owned);
    let Described { id, by, invalid, words } = described(intent, name, hint);
    let optional =
        (!kind.is_required && kind.input != "checkbox").then(|| view! { " "<span class="opt">"optional"</span> });
    let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let to_type = wants.clone().map(|words| view! { "Type "<code>{words}</code>" to confirm" });
    view! {
        <div class="field">
            <label for=id.clone()>{label}{to_type}{optional}</label>
            <input class=kind.class id=id name=name r#type=kind.input value=value autocomplete=kind.autocomplete
                autocapitalize="off" spellcheck="false" placeholder=some(kind.placeholder) list=kind.list data-check=some(kind.checks) data-wants=wants aria-invalid=invalid
                aria-describedby=by required=kind.is_required autofocus=invalid.is_some()/>
            {words}
        </div>
    }
    .into_any()
}

/// What a control is described by, and the words beside it.
pub(super) struct Described {
    pub id: String,
    pub by: Option<String>,
    pub invalid: Option<&'static str>,
    pub words: AnyView,
}

/// The hint of a control, or what is wrong with it.
pub(super) fn described(intent: Option<Intent>, name: &str, hint: Option<&'static str>) -> Described {
    let id = field_id(intent, name);
    let wrong = PageRequest::current().form.wrong(intent, name).map(sentence);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let by = match (&hint, &wrong) {
        (_, Some(_)) => Some(error_id.clone()),
        (Some(_), None) => Some(hint_id.clone()),
        (None, None) => None,
    };
    let invalid = wrong.is_some().then_some("true");
    let words = view! {
        {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        {wrong.map(|wrong| view! { <p class="field-error" id=error_id><Icon name="warn" class="i i-sm"/><span>{wrong}</span></p> })}
    }
    .into_any();
    Described { id, by, invalid, words }
}

/// A choice of a few, each with its value and its words.
#[component]
pub fn Choice(
    #[prop(optional)] intent: Option<Intent>,
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: Option<&'static str>,
) -> impl IntoView {
    let form = PageRequest::current().form;
    let value = form.value(intent, name).map_or(value, ToOwned::to_owned);
    let id = field_id(intent, name);
    let wrong = form.wrong(intent, name).map(sentence);
    let error_id = format!("{id}-error");
    let described = wrong.is_some().then(|| error_id.clone());
    let options = options.into_iter().map(|(option, words)| {
        let is_chosen = option == value;
        view! { <option value=option selected=is_chosen>{words}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="select" id=id name=name aria-invalid=wrong.is_some().then_some("true") aria-describedby=described
                autofocus=wrong.is_some()>
                {options.collect_view()}
            </select>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {wrong.map(|wrong| view! { <p class="field-error" id=error_id><Icon name="warn" class="i i-sm"/><span>{wrong}</span></p> })}
        </div>
    }
    .into_any()
}

fn field_id(intent: Option<Intent>, name: &str) -> String {
    intent.map_or_else(|| name.to_owned(), |intent| format!("{}-{name}", intent.name()))
}

/// What was just done; with what was made, if it is shown this once.
#[component]
pub fn Announcement() -> impl IntoView {
    let request = PageRequest::current();
    let Some(said) = request.said.clone() else {
        // What stood in the way of taking something back is about no form of the page.
        let undo = request.form.intent.filter(|intent| matches!(intent, Intent::Undo | Intent::UndoCopy));
        return undo.map(|intent| view! { <Problem intent/> }.into_any());
    };
    let back = said.back.clone().map(|back| view! { <TakeBack back/> });
    // What is shown this once stays until its reader goes on.
    let (class, passes) = match said.secret {
        None => ("toast", Some("")),
        Some(_) => ("callout callout-info said", None),
    };
    let dismiss = passes.map(|_| {
        view! {
            <button class="btn btn-ghost btn-sm btn-icon noscript:hidden" type="button" data-dismiss="" aria-label="Dismiss"><Icon name="x" class="i i-sm"/></button>
        }
    });
    let secret = match (login(&request, &said), said.secret.clone()) {
        (Some(login), _) => view! { <Ready login back=request.path_and_query/> }.into_any(),
        (None, Some(secret)) => view! { <Shown secret/> }.into_any(),
        (None, None) => ().into_any(),
    };
    // Here the keys go on: what was done stands first, and the page follows.
    Some(
        view! {
            <div class=class role="status" tabindex="-1" autofocus="true" data-toast=passes>
                <Icon name="check"/>
                <div class="grow stack-2"><p class="medium">{said.words()}</p>{secret}</div>
                {back}
                {dismiss}
            </div>
        }
        .into_any(),
    )
}

/// A secret by itself.
#[component]
fn Shown(secret: String) -> impl IntoView {
    view! {
        <p class="sm">"Copy this now: Portolan keeps only its fingerprint and cannot show it again."</p>
        <div class="code">
            <code tabindex="0">{secret.clone()}</code>
            <CopyButton text=secret label="Copy".to_owned()/>
        </div>
    }
}

/// What clients sign in with, if that was made.
fn login(request: &PageRequest, said: &Said) -> Option<Login> {
    let username = match said.intent {
        Intent::CreateToken => request.user.clone()?,
        Intent::CreateRobot | Intent::RotateRobot => said.of.clone(),
        _ => return None,
    };
    let (host, is_plain) = (request.host.clone(), request.is_plain_http());
    Some(Login { host, username, secret: said.secret.clone()?, is_plain })
}
