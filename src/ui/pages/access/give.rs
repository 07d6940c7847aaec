//! The form that gives somebody a role.

use crate::domain::view::AccessView;
use crate::domain::{Grantee, Role, Scope};
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use leptos::prelude::*;

const INTENT: Intent = Intent::GiveAccess;

/// The form. It names whom the reader may look up; whoever knows a name may type it.
#[component]
pub fn GiveForm<'a>(view: &'a AccessView) -> impl IntoView + use<> {
    let words = |role: &Role| (role.name().to_owned(), format!("{}: {}", role.title(), role.words()));
    let (roles, scope) = (view.roles.iter().map(words).collect::<Vec<_>>(), view.scope.clone());
    let who = Kind { placeholder: "Person, group or robot", list: Some("people"), ..Kind::TEXT };
    let tags = Kind { placeholder: "release-*", class: "input input-mono", ..Kind::OPTIONAL };
    let until = Kind { input: "date", ..Kind::OPTIONAL };
    let people = view.people.iter().map(|one| view! { <option value=picked(one)></option> }).collect_view();
    view! {
        <section aria-labelledby="give" class="mt-4">
            <h2 class="vh" id="give">"Give access"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform" asks=Some("who=everybody".to_owned())>
                <Field intent=INTENT name="who" label="Give access to" kind=who/>
                <datalist id="people">{people}<option value="everybody"></option></datalist>
                <Choice intent=INTENT name="role" label="Role" options=roles/>
                <Where scope/>
                <Field intent=INTENT name="tags" label="Only tags" kind=tags/>
                <Field intent=INTENT name="until" label="Until" kind=until/>
                <button class="btn btn-primary" type="submit"><Icon name="plus" class="i i-sm"/>"Give access"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

/// Where it holds: here, or of a namespace in a part of it that is typed.
#[component]
fn Where(scope: Scope) -> impl IntoView {
    let value = scope.to_string();
    match scope {
        Scope::Everything | Scope::Namespace(_) => {
            let hint = match scope {
                Scope::Everything => "* is everything, team/* all of team, team/web one repository",
                _ => "team/* is all of team, team/web one repository",
            };
            let kind = Kind { class: "input input-mono", ..Kind::TEXT };
            view! { <Field intent=INTENT name="scope" label="Where" value kind hint/> }.into_any()
        }
        Scope::Repository(_) => {
            let words = value.clone();
            view! {
                <div class="field">
                    <span class="sm medium">"Where"</span>
                    <span class="mono sm fixed-value">{words}</span>
                    <input type="hidden" name="scope" value=value/>
                </div>
            }
            .into_any()
        }
    }
}

/// As a list of suggestions writes somebody.
fn picked(one: &Grantee) -> String {
    match one {
        Grantee::User(name) => name.to_string(),
        Grantee::Group(name) => format!("{name} (group)"),
        Grantee::Robot(name) => format!("{name} (robot)"),
        Grantee::Anonymous => "everybody".to_owned(),
    }
}
