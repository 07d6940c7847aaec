//! Grants as rows: on the page of a scope, of somebody, or of a group.

use crate::domain::view::AccessRow;
use crate::domain::{Address, Grantee, Permission, Role, Scope, Timestamp};
use crate::ui::components::avatar::Somebody;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, inert, invited};
use leptos::either::Either;
use leptos::prelude::*;

/// On which page the rows stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Of a scope, with the roles that the reader may give there.
    Scope(Scope, Vec<Role>),
    /// Of a person: theirs, and by what they have it.
    Somebody,
    Group,
}

/// What the head does not say by itself.
const SEEN: &str =
    "When whom it names was last here by a session or a token, whatever for; of a group, whoever of it was last";

/// The table.
#[component]
pub fn AccessRows<E, V>(rows: Vec<AccessRow>, page: Columns, empty: E) -> impl IntoView
where
    E: FnOnce() -> V,
    V: IntoView,
{
    if rows.is_empty() {
        return empty().into_any();
    }
    let request = PageRequest::current();
    let shows_who = page != Columns::Group;
    let who = shows_who.then(|| {
        let label = if page == Columns::Somebody { "By" } else { "Who" };
        view! { <th role="columnheader" scope="col">{label}</th> }
    });
    let set_in = matches!(page, Columns::Scope(..))
        .then(|| view! { <th role="columnheader" scope="col" class="p2">"Set in"</th> });
    // Who it is stands on the other pages above it.
    let seen = matches!(page, Columns::Scope(..))
        .then(|| view! { <th role="columnheader" scope="col" class="p3" title=SEEN>"Last seen"</th> });
    let rows = rows.into_iter().map(|row| view! { <Row row page=page.clone() request=&request/> }).collect_view();
    // A question above says itself why it came back.
    let problem = Pairs::of(&request.path_and_query).get("open").is_none();
    view! {
        {problem.then(|| view! { <Problem intent=Intent::ChangeAccess/> })}
        <div class="tablewrap">
            <table class="cards cards-2" role="table" aria-label="Access">
                <thead role="rowgroup">
                    <tr role="row">
                        {who}
                        <th role="columnheader" scope="col">"Role"</th>
                        <th role="columnheader" scope="col">"Where"</th>
                        {set_in}
                        <th role="columnheader" scope="col" class="p2">"Until"</th>
                        {seen}
                        <th role="columnheader" scope="col"><span class="vh">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row<'a>(row: AccessRow, page: Columns, request: &'a PageRequest) -> impl IntoView + use<> {
    let opens = (request.holds(Permission::UserRead), request.holds(Permission::GroupRead));
    let shows_who = page != Columns::Group;
    let who = shows_who.then(|| {
        let (to, name, n_members) = (row.to.clone(), row.name.clone(), row.n_members);
        let note = row.invited.map(|it| invited(it.until, request.now));
        view! { <th role="rowheader" scope="row" data-a="head"><Somebody to name n_members opens note/></th> }
    });
    let set_in = match &page {
        Columns::Scope(scope, _) => Some(
            view! { <td role="cell" class="p2 nowrap"><SetIn here=scope.clone() at=row.terms.scope.clone()/></td> },
        ),
        Columns::Somebody | Columns::Group => None,
    };
    let role = match (row.may_change, &page) {
        (true, Columns::Scope(_, roles)) => Either::Left(view! { <RoleForm row=&row roles=roles.clone()/> }),
        _ => Either::Right(view! { <span>{row.terms.role.title()}</span> }),
    };
    let role_place = if shows_who { "end1" } else { "head" };
    let (terms, now) = (row.terms.clone(), request.now);
    let seen = matches!(page, Columns::Scope(..))
        .then(|| view! { <td role="cell" class="p3 nowrap muted"><Seen to=row.to.clone() at=row.seen_at now/></td> });
    let until = terms.expires_at;
    let by = row.provider.as_ref().map(|name| format!("While {} says so", title_of(request, name)));
    let until_card =
        until.map(|at| view! { <span class="cell-sub k-only">"until "{at.rfc3339()[..10].to_owned()}</span> });
    view! {
        <tr role="row">
            {who}
            <td role="cell" data-a=role_place>{role}</td>
            <td role="cell" data-a="two">
                <Place scope=terms.scope/>
                {terms.tags.map(|tags| view! { <span class="cell-sub">"only tags "<span class="mono">{tags.to_string()}</span></span> })}
                {until_card}
            </td>
            {set_in}
            <td role="cell" class="nowrap p2">
                {match by { Some(by) => view! { <span>{by}</span> }.into_any(), None => view! { <Until at=until now/> }.into_any() }}
            </td>
            {seen}
            <td role="cell" class="r" data-a="end2"><Taking row page request/></td>
        </tr>
    }
    .into_any()
}

/// What people call a provider; its name where it is in force no more.
fn title_of(request: &PageRequest, name: &str) -> String {
    let known = request.ways.providers.iter().find(|way| way.name == name);
    inert(known.map_or(name, |way| &way.title), MAX_NAME_CHARS)
}

/// Another role, saved by a button of its own.
#[component]
fn RoleForm<'a>(row: &'a AccessRow, roles: Vec<Role>) -> impl IntoView + use<> {
    let (id, role, who) = (format!("role-{}", row.id), row.terms.role, row.to.to_string());
    let fits = |other: &Role| *other == role || roles.contains(other);
    let option = |other: Role| view! { <option value=other.name() selected=other == role>{other.title()}</option> };
    let options = Role::ALL.into_iter().filter(fits).map(option).collect_view();
    let grant = row.id.clone();
    let asks = (row.to == Grantee::Anonymous).then(|| format!("grant={grant}"));
    view! {
        <PostForm intent=Intent::ChangeAccess class="rolef" asks>
            <input type="hidden" name="grant" value=grant/>
            <label class="vh" for=id.clone()>{format!("Role of {who}")}</label>
            <select class="select select-bare" id=id name="role">{options}</select>
            <button class="btn btn-sm btn-primary" type="submit">"Save"<span class="vh">{format!(" role of {who}")}</span></button>
        </PostForm>
    }
    .into_any()
}

/// Where a grant holds, in words.
#[component]
pub fn Place(scope: Scope) -> impl IntoView {
    match scope {
        Scope::Everything => view! { <span>"everything"</span> }.into_any(),
        Scope::Namespace(name) => {
            view! { <span><span class="mono">{name.to_string()}</span>" and below"</span> }.into_any()
        }
        Scope::Repository(name) => view! { <span class="mono">{name.to_string()}</span> }.into_any(),
    }
}

/// Where a grant is set, seen from a page: here, or above it.
#[component]
fn SetIn(here: Scope, at: Scope) -> impl IntoView {
    let words = match &at {
        _ if at == here => return view! { <span>"Here"</span> }.into_any(),
        Scope::Everything => "Everything".to_owned(),
        other => other.to_string().trim_end_matches("/*").to_owned(),
    };
    view! { <a href=Address::Access(at).to_string()>{words}</a> }.into_any()
}

/// When it ends; soon is said so.
#[component]
pub fn Until(at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    /// From when on the end is near.
    const NEAR_DAYS: i64 = 14;
    let Some(at) = at else { return view! { <span class="subtle">"No end"</span> }.into_any() };
    let days = (at.0 - now.0).div_euclid(86_400_000);
    let words = match days {
        ..0 => "Ended".to_owned(),
        0 => "Ends today".to_owned(),
        1 => "in 1 day".to_owned(),
        _ => format!("in {days} days"),
    };
    let time = view! { <time datetime=at.rfc3339() title=at.absolute()>{words}</time> };
    match days <= NEAR_DAYS {
        true => view! { <span class="badge badge-warn"><Icon name="clock"/>{time}</span> }.into_any(),
        false => view! { <span>{time}</span> }.into_any(),
    }
}

/// When whom a grant names was last here; nobody knows of everybody.
#[component]
fn Seen(to: Grantee, at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    match (to, at) {
        (Grantee::Anonymous, _) => {
            view! { <span class="subtle" aria-hidden="true">"–"</span><span class="vh">"Not known"</span> }.into_any()
        }
        (_, Some(at)) => view! { <When at now/> }.into_any(),
        (_, None) => view! { <span class="subtle">"Never"</span> }.into_any(),
    }
}

/// The way to take it, or why not.
#[component]
fn Taking<'a>(row: AccessRow, page: Columns, request: &'a PageRequest) -> impl IntoView + use<> {
    if !row.may_change {
        return view! {
            <span class="lockcell subtle"><Icon name="lock" class="i i-sm"/><span class="vh">"Not editable here"</span></span>
        }
        .into_any();
    }
    // Where it is set the question is asked.
    let page = match page {
        Columns::Scope(..) => request.path().to_owned(),
        Columns::Somebody | Columns::Group => Address::Access(row.terms.scope.clone()).to_string(),
    };
    let takes_back = row.invited.is_some_and(|invited| invited.may_take_back);
    let (question, words, label) = match takes_back {
        true => ("take-back", "Take back…", format!("Take back the invitation of {}", called(&row.to))),
        false => ("take", "Take access…", format!("Take access from {}", row.to)),
    };
    let (href, id) = (address(&page, &[(question, &row.id)]), anchor(&row));
    view! { <a class="btn btn-ghost btn-sm" id=id href=href aria-label=label>{words}</a> }.into_any()
}

fn called(to: &Grantee) -> String {
    match to {
        Grantee::User(name) => name.to_string(),
        other => other.to_string(),
    }
}

/// The place of a row's action, to come back to.
fn anchor(row: &AccessRow) -> String {
    format!("take-{}", row.id)
}

/// Asks before a grant is taken.
#[component]
pub fn TakeAway(row: AccessRow, back: String) -> impl IntoView {
    let back = format!("{back}#{}", anchor(&row));
    let AccessRow { id, to, terms, .. } = row;
    let tags = terms.tags.as_ref().map(|tags| format!(", only tags {tags}")).unwrap_or_default();
    let place = if terms.scope == Scope::Everything { "everything".to_owned() } else { terms.scope.to_string() };
    let role = terms.role.title();
    view! {
        <Confirm intent=Intent::TakeAccess title=format!("Take access from {to}?") act=format!("Take {role} from {to}") back>
            <p>
                {format!("{to} loses {role} on ")}<span class="mono">{place}</span>{tags}
                ". It holds at once, in open sessions and for tokens too. What other grants give stays."
            </p>
            <input type="hidden" name="grant" value=id/>
        </Confirm>
    }
    .into_any()
}

/// Asks before an invitation is taken back, which takes more than one grant.
#[component]
pub fn TakeBack(row: AccessRow, back: String) -> impl IntoView {
    let only = address(&back, &[("take", &row.id)]);
    let back = format!("{back}#{}", anchor(&row));
    let (who, role) = (called(&row.to), row.terms.role.title());
    let (title, act) = (format!("Take back the invitation of {who}?"), format!("Take back the invitation of {who}"));
    view! {
        <Confirm intent=Intent::TakeInvitation title act back>
            <p>{format!("The link of {who} stops working at once, and the account goes with all access that was given to it, here and elsewhere.")}</p>
            <p class="sm muted">{format!("Or take only {role} here and leave the invitation: ")}<a href=only>{format!("take {role} away")}</a></p>
            <input type="hidden" name="username" value=who/>
        </Confirm>
    }
    .into_any()
}
