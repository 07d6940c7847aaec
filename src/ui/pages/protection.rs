//! The rules of a scope, on the page of a namespace's policies and in the settings of a repository: those that hold there,
//! a form for one, and what its patterns would be about.

mod form;
mod rows;

use super::admin::More;
use crate::domain::view::{ProtectionQuery, ProtectionsView, RuleRow};
use crate::ui::components::form::{Confirm, Problem};
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use form::RuleForm;
use leptos::prelude::*;
use rows::Rows;

/// What an address asks of the rules.
pub(super) fn asked(request: &PageRequest) -> ProtectionQuery {
    let pairs = Pairs::of(&request.path_and_query);
    let text = |key| pairs.get(key).unwrap_or_default().to_owned();
    let tries = pairs.get("try").map(|_| (text("tags"), text("except")));
    ProtectionQuery { after: text("after"), tries }
}

/// All of it, under a heading.
#[component]
pub(super) fn Protections(view: ProtectionsView) -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let find = |key| pairs.get(key).and_then(|id| view.rules.iter().find(|row| row.rule.id == id && row.may_change));
    let (removed, changed) = (find("remove").cloned(), find("rule").cloned());
    let form = view.may_set.then(|| {
        view! { <RuleForm changed roles=view.roles.clone() tried=view.tried.clone() request=&request/> }
    });
    let question = match removed {
        Some(row) => view! { <Removing row back=request.path().to_owned()/> }.into_any(),
        None => view! { <Problem intent=Intent::RemoveProtection/> }.into_any(),
    };
    view! {
        <section aria-labelledby="protection">
            <h2 class="section" id="protection">"Protection"</h2>
            <p class="sm muted">"Which tags stay on their image, and who may set, move and delete which. A rule holds for everybody: pushes, API and console alike."</p>
            {question}
            {form}
            <Rows scope=view.scope rules=view.rules request=&request/>
            <More next=view.next/>
        </section>
    }
    .into_any()
}

#[component]
fn Removing(row: RuleRow, back: String) -> impl IntoView {
    let (id, rule) = (row.rule.id, row.rule.protection);
    let back = format!("{back}#remove-{id}");
    let title = format!("Remove the rule about {}?", rule.about());
    let words =
        format!("It says that {}. Whoever has access there may do so from then on.", rule.guard.leaving("them"));
    view! {
        <Confirm intent=Intent::RemoveProtection title act="Remove rule".to_owned() back>
            <p>{words}</p>
            <input type="hidden" name="rule" value=id/>
        </Confirm>
    }
    .into_any()
}
