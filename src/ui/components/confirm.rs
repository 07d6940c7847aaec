//! A question before something is done that nobody takes back by a press: on its page, or in a dialog over another.

use super::dialog::DialogHead;
use super::form::{Field, Kind, PostForm, Problem};
use super::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::request::{PageRequest, Part};
use leptos::prelude::*;

/// A step that is taken back by nothing, or by somebody else: what it does, then to do it or not.
#[component]
pub fn Confirm(
    intent: Intent,
    title: String,
    /// What the button does, with its object.
    act: String,
    /// The page without the question.
    back: String,
    /// What to type, if a click is too little.
    #[prop(optional_no_strip, into)]
    typed: Option<String>,
    /// What the way back says.
    #[prop(default = "Cancel")]
    keep: &'static str,
    children: Children,
) -> impl IntoView {
    let request = PageRequest::current();
    let in_dialog = request.part == Some(Part::Dialog);
    // What is long enough to be typed for begins at its title, unless something in it is wrong.
    let is_read = typed.is_some() && !in_dialog;
    let from_title = is_read && request.form.error.is_none();
    let typed = typed.map(|name| {
        view! { <Field intent name="confirmed" wants=name kind=Kind { class: "input input-mono", ..Kind::TEXT }/> }
    });
    let foot = view! {
        <a class="btn" href=back autofocus=!is_read data-cancel="">{keep}</a>
        <button class="btn btn-bad" type="submit">{act}</button>
    };
    if in_dialog {
        return view! {
            <DialogHead title/>
            <PostForm intent class="plan">
                <div class="dialog-body"><Problem intent/>{children()}{typed}</div>
                <div class="dialog-foot">{foot}</div>
            </PostForm>
        }
        .into_any();
    }
    view! {
        <section class="card confirm" aria-labelledby="confirm">
            <div class="card-head"><Icon name="warn"/><h2 id="confirm" tabindex=is_read.then_some("-1") autofocus=from_title>{title}</h2></div>
            <div class="card-body">
                <Problem intent/>
                <PostForm intent>
                    {children()}
                    {typed}
                    <div class="foot">{foot}</div>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}
