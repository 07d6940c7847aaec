//! Rules as rows: what each is about, what it asks, and where it is set.

use crate::domain::view::RuleRow;
use crate::domain::{Address, Scope};
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::query::address;
use crate::ui::request::PageRequest;
use crate::ui::words::sentence;
use leptos::prelude::*;

#[component]
pub(super) fn Rows<'a>(scope: Scope, rules: Vec<RuleRow>, request: &'a PageRequest) -> impl IntoView + use<> {
    const COLUMNS: &[&str] = &["Tags", "Rule", "Set in", ACTIONS];
    if rules.is_empty() {
        return view! {
            <Empty icon="lock" title="No rules".to_owned()>
                <p>"Whoever has access moves and deletes tags as their role says."</p>
            </Empty>
        }
        .into_any();
    }
    let rows = rules.into_iter().map(|row| view! { <Row row scope=&scope request/> }).collect_view();
    view! { <Table label="Protection rules" class="cards acts" columns=COLUMNS>{rows}</Table> }.into_any()
}

#[component]
fn Row<'a>(row: RuleRow, scope: &'a Scope, request: &'a PageRequest) -> impl IntoView + use<> {
    let rule = &row.rule.protection;
    let whole = rule.is_whole().then(|| view! { <span class="cell-sub">"and all else of a repository"</span> });
    let words = format!("{}.", sentence(&rule.guard.leaving("them")).trim_end_matches('.'));
    let kind = rule.guard.kind().title();
    let set_in = view! { <SetIn row=&row scope/> };
    let (about, id) = (rule.about(), format!("rule-{}", row.rule.id));
    let actions = view! { <Actions row request/> };
    view! {
        <tr role="row" id=id>
            <th role="rowheader" scope="row" data-a="head"><span class="name mono">{about}</span>{whole}</th>
            <td role="cell" data-a="two"><span class="medium">{kind}</span><span class="cell-sub">{words}</span></td>
            <td role="cell" class="nowrap" data-a="end1">{set_in}</td>
            <td role="cell" class="r" data-a="end3">{actions}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn SetIn<'a>(row: &'a RuleRow, scope: &'a Scope) -> impl IntoView + use<> {
    let at = &row.rule.protection.scope;
    let words = at.words().trim_end_matches("/*").to_owned();
    match at {
        _ if at == scope => view! { <span>"Here"</span> }.into_any(),
        Scope::Namespace(namespace) if row.may_follow => {
            view! { <a href=Address::Policies(namespace.clone()).to_string()>{words}</a> }.into_any()
        }
        Scope::Everything if row.may_follow => {
            view! { <a href=Address::AllPolicies.to_string()>{words}</a> }.into_any()
        }
        _ => view! { <span>{words}</span> }.into_any(),
    }
}

#[component]
fn Actions<'a>(row: RuleRow, request: &'a PageRequest) -> impl IntoView + use<> {
    if !row.may_change {
        return view! {
            <span class="lockcell subtle"><Icon name="lock" class="i i-sm"/><span class="vh">"Not editable here"</span></span>
        }
        .into_any();
    }
    let (id, about) = (row.rule.id, row.rule.protection.about());
    let (change, remove) = (address(request.path(), &[("rule", &id)]), address(request.path(), &[("remove", &id)]));
    view! {
        <div class="row wrap end">
            <a class="btn btn-ghost btn-sm" href=format!("{change}#protection") aria-label=format!("Change the rule about {about}")>"Change…"</a>
            <a class="btn btn-ghost btn-sm" id=format!("remove-{id}") href=remove aria-label=format!("Remove the rule about {about}")>"Remove…"</a>
        </div>
    }
    .into_any()
}
