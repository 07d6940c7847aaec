//! `/n/{ns}/-/robots`: the robots of a namespace, to make, to rotate, to stop and to delete.

use super::access::Above;
use super::access::rows::Until;
use super::admin::More;
use super::load::{PageTitle, load};
use super::tokens::{Held, LastUse};
use crate::api::credentials::show_robots;
use crate::domain::view::{OFFERED_DAYS, RobotRow, RobotsView};
use crate::domain::{Namespace, Role, Scope, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Choice, Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::components::time::Used;
use crate::ui::form::Intent;
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page of a namespace.
#[component]
pub fn Robots(namespace: Namespace) -> impl IntoView {
    let request = PageRequest::current();
    let after = Pairs::of(&request.path_and_query).get("after").unwrap_or_default().to_owned();
    load(show_robots(namespace, after), move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: RobotsView, request: PageRequest) -> impl IntoView {
    let RobotsView { namespace, robots, next, roles, opens } = view;
    let (title, scope) = (namespace.to_string(), Scope::Namespace(namespace));
    let question = view! { <Question robots=&robots request=&request/> };
    let problems = [Intent::DisableRobot, Intent::EnableRobot].map(|intent| view! { <Problem intent/> });
    let rows = match robots.is_empty() {
        true => view! { <NoRobots/> }.into_any(),
        false => view! { <Rows robots request=&request/> }.into_any(),
    };
    let new = (!roles.is_empty()).then(|| view! { <NewRobot roles scope=scope.clone() now=request.now/> });
    view! {
        <PageTitle text=format!("Robots of {title}")/>
        <Above scope=scope.clone()/>
        <div class="head">
            <div class="grow">
                <h1>{title}</h1>
                <p class="head-sub">"Machines that sign in here without a person's password. Each has one secret, access within this namespace, and an end."</p>
            </div>
        </div>
        <ScopeTabs scope open=Tab::Robots opens/>
        {problems}
        {question}
        {new}
        {rows}
        <More next/>
    }
}

/// What the page's address asks about one of its robots.
#[component]
fn Question<'a>(robots: &'a [RobotRow], request: &'a PageRequest) -> impl IntoView + use<> {
    let pairs = Pairs::of(&request.path_and_query);
    let find =
        |key: &str| pairs.get(key).and_then(|name| robots.iter().find(|robot| robot.name.as_str() == name)).cloned();
    let (back, now) = (request.path().to_owned(), request.now);
    match (find("rotate").filter(|robot| robot.may_rotate), find("delete")) {
        (Some(robot), _) => view! { <Rotating robot back now/> }.into_any(),
        (None, Some(robot)) => view! { <Deleting robot back/> }.into_any(),
        (None, None) => ().into_any(),
    }
}

#[component]
fn Rotating(robot: RobotRow, back: String, now: Timestamp) -> impl IntoView {
    const INTENT: Intent = Intent::RotateRobot;
    let (name, back) = (robot.name.to_string(), format!("{back}#rotate-{}", robot.name));
    let has_ended = robot.expires_at.is_some_and(|end| end <= now);
    let until = if has_ended { now.plus_days(OFFERED_DAYS).day() } else { String::new() };
    view! {
        <Confirm intent=INTENT title=format!("Rotate the secret of {name}?") act=format!("Rotate {name}") back>
            <p>
                "It gets a new secret. The present one stops working at once, wherever it is in use. "
                <LastUse at=robot.used_at from=robot.used_from now/>
            </p>
            <input type="hidden" name="robot" value=name/>
            <Field intent=INTENT name="until" label="Until" value=until kind=Kind { input: "date", ..Kind::OPTIONAL }
                hint="Empty leaves its end as it is."/>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Deleting(robot: RobotRow, back: String) -> impl IntoView {
    let (name, back) = (robot.name.to_string(), format!("{back}#delete-{}", robot.name));
    view! {
        <Confirm intent=Intent::DeleteRobot title=format!("Delete {name}?") act=format!("Delete {name}") back typed=name.clone()>
            <p>
                {format!("{name} loses its secret and all access given to it. ")}
                "What it pushed and what activity records stay. This cannot be undone; to stop it for a while, disable it instead."
            </p>
            <input type="hidden" name="robot" value=name/>
        </Confirm>
    }
    .into_any()
}

#[component]
fn NewRobot(roles: Vec<Role>, scope: Scope, now: Timestamp) -> impl IntoView {
    const INTENT: Intent = Intent::CreateRobot;
    let words = |role: &Role| (role.name().to_owned(), format!("{}: {}", role.title(), role.words()));
    let roles = roles.iter().map(words).collect::<Vec<_>>();
    let mono = Kind { class: "input input-mono", ..Kind::TEXT };
    let tags = Kind { placeholder: "release-*", is_required: false, ..mono };
    view! {
        <section aria-labelledby="new-robot" class="mt-4">
            <h2 class="vh" id="new-robot">"New robot"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform">
                <Field intent=INTENT name="name" label="Name" kind=Kind { placeholder: "ci-web", ..mono }
                    hint="It signs in by this name; no user or other robot has it."/>
                <Choice intent=INTENT name="role" label="Role" options=roles/>
                <Field intent=INTENT name="scope" label="Where" value=scope.to_string() kind=mono
                    hint="All of the namespace, or one repository in it"/>
                <Field intent=INTENT name="tags" label="Only tags" kind=tags/>
                <Field intent=INTENT name="until" label="Until" value=now.plus_days(OFFERED_DAYS).day()
                    kind=Kind { input: "date", ..Kind::TEXT } hint="Within a year"/>
                <button class="btn btn-primary" type="submit"><Icon name="plus" class="i i-sm"/>"New robot"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

#[component]
fn Rows<'a>(robots: Vec<RobotRow>, request: &'a PageRequest) -> impl IntoView + use<> {
    const COLUMNS: &[&str] = &["Name", "Role and where", "Expires", "Last used", ACTIONS];
    let rows = robots.into_iter().map(|robot| view! { <Row robot request/> }).collect_view();
    view! { <Table label="Robots" class="cards acts" columns=COLUMNS>{rows}</Table> }.into_any()
}

#[component]
fn Row<'a>(robot: RobotRow, request: &'a PageRequest) -> impl IntoView + use<> {
    let now = request.now;
    let disabled = robot.is_disabled.then(|| view! { " "<span class="badge">"Disabled"</span> });
    let nothing = robot.held.is_empty().then(|| view! { <span class="subtle">"Nothing is given to it"</span> });
    let held = robot.held.iter().cloned().map(|terms| view! { <div><Held terms/></div> }).collect_view();
    let actions = view! { <Actions robot=&robot request/> };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><span class="name mono">{robot.name.to_string()}</span>{disabled}</th>
            <td role="cell" data-a="two">{nothing}{held}</td>
            <td role="cell" class="nowrap" data-a="end1"><Until at=robot.expires_at now/></td>
            <td role="cell" data-a="three"><span class="k-only">"Last used: "</span><Used at=robot.used_at from=robot.used_from now/></td>
            <td role="cell" class="r" data-a="end3">{actions}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Actions<'a>(robot: &'a RobotRow, request: &'a PageRequest) -> impl IntoView + use<> {
    let name = robot.name.to_string();
    let (field, whose) = (name.clone(), format!(" {name}"));
    let href = |question: &str| address(request.path(), &[(question, &name)]);
    let rotate = robot.may_rotate.then(|| {
        view! { <a class="btn btn-ghost btn-sm" id=format!("rotate-{name}") href=href("rotate") aria-label=format!("Rotate {name}")>"Rotate…"</a> }
    });
    let (intent, words) = match robot.is_disabled {
        true => (Intent::EnableRobot, "Enable"),
        false => (Intent::DisableRobot, "Disable"),
    };
    // To let one in takes what it takes to make it; to stop one does not.
    let switch = (robot.may_rotate || !robot.is_disabled).then(|| {
        view! {
            <PostForm intent class="row">
                <input type="hidden" name="robot" value=field/>
                <button class="btn btn-ghost btn-sm" type="submit">{words}<span class="vh">{whose}</span></button>
            </PostForm>
        }
    });
    let delete = view! { <a class="btn btn-ghost btn-sm" id=format!("delete-{name}") href=href("delete") aria-label=format!("Delete {name}")>"Delete…"</a> };
    view! { <div class="row wrap end">{rotate}{switch}{delete}</div> }.into_any()
}

#[component]
fn NoRobots() -> impl IntoView {
    view! {
        <Empty icon="robot" title="No robots yet".to_owned()>
            <p>"A robot lets CI push without a person's token. Make one above."</p>
        </Empty>
    }
}
