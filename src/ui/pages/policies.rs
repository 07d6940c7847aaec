//! `/n/{ns}/-/policies` and `/admin/policies`: what binds the tags of a namespace, and all tags.

use super::access::Above;
use super::load::{PageTitle, load};
use super::protection::{Protections, asked};
use crate::api::people::{show_all_policies, show_policies};
use crate::domain::trash::KeptDays;
use crate::domain::view::{PoliciesView, TrashDays};
use crate::domain::{Address, Namespace, Scope};
use crate::ui::components::form::{Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page of a namespace.
#[component]
pub fn Policies(namespace: Namespace) -> impl IntoView {
    let query = asked(&PageRequest::current());
    load(show_policies(namespace, query), move |view| view! { <Whole view/> })
}

#[component]
fn Whole(view: PoliciesView) -> impl IntoView {
    let PoliciesView { namespace, protections, trash, opens } = view;
    let request = PageRequest::current();
    let asked = Pairs::of(&request.path_and_query).get("days").and_then(|days| fewer(days, trash));
    let trash = match asked {
        Some((days, text)) => view! { <KeepFor namespace=namespace.clone() days text/> }.into_any(),
        None => view! { <Trash days=trash/> }.into_any(),
    };
    let (title, scope) = (namespace.to_string(), Scope::Namespace(namespace));
    view! {
        <PageTitle text=format!("Policies of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub">"What holds in this namespace and below it, whoever has access."</p></div>
        </div>
        <ScopeTabs scope open=Tab::Policies opens/>
        <Protections view=protections/>
        {trash}
    }
    .into_any()
}

/// The fewer days than by now about which the address asks, with what the field would hold.
fn fewer(asked: &str, now: TrashDays) -> Option<(u32, String)> {
    let TrashDays { own, otherwise } = now;
    let own_then = match asked {
        "" => None,
        days => Some(days.parse::<KeptDays>().ok()?.get()),
    };
    let days = own_then.unwrap_or(otherwise);
    (days < own.unwrap_or(otherwise)).then(|| (days, asked.to_owned()))
}

/// What is asked before deleted things are kept for less time.
#[component]
fn KeepFor(namespace: Namespace, days: u32, text: String) -> impl IntoView {
    let (name, days) = (namespace.to_string(), counted(days.into(), "day", "days"));
    let words = format!("What is deleted here from now on can be restored for {days}, and then it is gone for good.");
    view! {
        <Confirm intent=Intent::ConfigureNamespace title=format!("Keep deleted things of {name} for {days}?")
            act=format!("Keep them for {days}") back=Address::Policies(namespace).to_string() typed=name>
            <p class="medium">{words}</p>
            <p class="sm">"What is in the trash already keeps its day. Namespaces below that say their own keep that."</p>
            <input type="hidden" name="trash_days" value=text/>
        </Confirm>
    }
    .into_any()
}

/// What binds all tags: `/admin/policies`.
#[component]
pub fn AllPolicies() -> impl IntoView {
    let query = asked(&PageRequest::current());
    load(show_all_policies(query), move |view| {
        let days = counted(view.trash_days.into(), "day", "days");
        let words =
            format!("Deleted things are kept for {days} where no namespace says otherwise, as the configuration says.");
        view! {
            <PageTitle text="Policies".to_owned()/>
            <div class="head">
                <div class="grow"><h1>"Policies"</h1><p class="head-sub">"What holds in every repository, whoever has access."</p></div>
            </div>
            <Protections view=view.protections/>
            <section aria-labelledby="trash">
                <h2 class="section" id="trash">"Trash"</h2>
                <p class="sm muted">{words}</p>
            </section>
        }
        .into_any()
    })
}

/// For how long what is deleted can come back.
#[component]
fn Trash(days: TrashDays) -> impl IntoView {
    const INTENT: Intent = Intent::ConfigureNamespace;
    let TrashDays { own, otherwise } = days;
    let kept = counted(own.unwrap_or(otherwise).into(), "day", "days");
    let otherwise = counted(otherwise.into(), "day", "days");
    let words = format!(
        "Deleted things are kept for {kept}, and can be restored until then. Empty is what holds above: {otherwise}. \
         What is in the trash already keeps its day."
    );
    let kind = Kind { input: "number", ..Kind::OPTIONAL };
    view! {
        <section aria-labelledby="trash">
            <h2 class="section" id="trash">"Trash"</h2>
            <p class="sm muted">{words}</p>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform grantform-short" label="Days in the trash".to_owned()>
                <Field intent=INTENT name="trash_days" label="Days in the trash" value=own.map(|own| own.to_string()).unwrap_or_default() kind/>
                <button class="btn btn-primary" type="submit">"Save days"</button>
            </PostForm>
        </section>
    }
    .into_any()
}
