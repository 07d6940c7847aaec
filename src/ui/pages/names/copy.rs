//! `/-/copy`: tags on their way to another repository, or a name on its way to one of them. First where to, then what that
//! would do; each has an address.

mod choose;

use super::{InTheWay, LastMoved, Stale};
use crate::api::copies::show_copying;
use crate::domain::view::{CopyPlan, CopyQuery, CopyView};
use crate::domain::{Address, Digest, Error, Tag, Timestamp};
use crate::ui::components::change::{Image, Sides};
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::form::{PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::each_once;
use crate::ui::components::table::Table;
use crate::ui::form::{FormState, Intent};
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped, sentence};
use choose::Choose;
use leptos::prelude::*;

const INTENT: Intent = Intent::CopyTags;

/// The page.
#[component]
pub fn Copy(name: crate::domain::RepositoryName) -> impl IntoView {
    let request = PageRequest::current();
    let query = CopyQuery::of(&request.path_and_query);
    let asked = query.clone();
    let data = async move { show_copying(name, asked?).await };
    load(data, move |view| view! { <Whole view query=query.unwrap_or_default() request/> })
}

#[component]
fn Whole(view: CopyView, query: CopyQuery, request: PageRequest) -> impl IntoView {
    if let Some((field, message)) = view.wrong.clone().filter(|_| request.form.error.is_none()) {
        // What an address asks for and cannot have is said as of a form that came back.
        let field = if field == "name" && query.to != view.repository.as_str() { "as".to_owned() } else { field };
        let typed = vec![(field.clone(), if field == "to" { query.to.clone() } else { query.name.clone() })];
        let error = Some(Error::invalid(field, message));
        let form = FormState { intent: Some(INTENT), error, typed, ..FormState::default() };
        provide_context(PageRequest { form, ..request.clone() });
    }
    let title = title(&view);
    let repository = view.repository.clone();
    let image = match view.tags.as_slice() {
        [(tag, digest)] => {
            view! { {format!("{repository}:{tag}")}<DigestLink repository=&repository digest/> }.into_any()
        }
        _ => format!("from {repository}").into_any(),
    };
    let chips = (view.plan.is_none() && view.tags.len() > 1).then(|| view! { <Chips tags=&view.tags/> });
    let body = match view.plan.clone() {
        Some(plan) => view! { <Look view plan query request/> }.into_any(),
        None => view! { <Problem intent=INTENT/><Choose view query now=request.now/> }.into_any(),
    };
    view! {
        <PageTitle text=title.clone()/>
        <Crumbs repository inside=true/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub row-1 wrap">{image}</p>{chips}</div>
        </div>
        {body}
    }
    .into_any()
}

/// The tags by name, as long as no table shows them.
#[component]
fn Chips<'a>(tags: &'a [(Tag, Digest)]) -> impl IntoView + use<> {
    const SHOWN: usize = 50;
    let more = tags.len().saturating_sub(SHOWN) as u64;
    let more = (more > 0).then(|| view! { <li class="xs subtle">{format!("and {} more", grouped(more))}</li> });
    let names = tags.iter().take(SHOWN).map(|(tag, _)| view! { <li class="tagchip">{tag.to_string()}</li> });
    view! { <ul class="names mt-4">{names.collect_view()}{more}</ul> }.into_any()
}

fn title(view: &CopyView) -> String {
    let what = match view.tags.as_slice() {
        [(tag, _)] => tag.to_string(),
        tags => counted(tags.len() as u64, "tag", "tags"),
    };
    match &view.plan {
        Some(plan) => act(view, plan),
        None if view.tags.len() == 1 => format!("Copy or promote {what}"),
        None => format!("Copy {what}"),
    }
}

/// What the button does.
fn act(view: &CopyView, plan: &CopyPlan) -> String {
    match plan.one() {
        Some(row) if plan.to == view.repository => format!("Promote {} to {}", row.tag, row.name),
        Some(row) if row.tag == row.name => format!("Copy {} to {}", row.tag, plan.to),
        Some(row) => format!("Copy {} to {} as {}", row.tag, plan.to, row.name),
        None => format!("Copy {} to {}", counted(plan.rows.len() as u64, "tag", "tags"), plan.to),
    }
}

/// What it would do, and the button.
#[component]
fn Look(view: CopyView, plan: CopyPlan, query: CopyQuery, request: PageRequest) -> impl IntoView {
    let act = act(&view, &plan);
    let other = query.address(&view.repository, None, None);
    let back = match view.tags.as_slice() {
        [(tag, _)] => Address::Tag(view.repository.clone(), tag.clone()).to_string(),
        _ => Address::Repository(view.repository.clone()).to_string(),
    };
    let stale = match plan.one().filter(|_| matches!(request.form.error, Some(Error::Changed { .. }))) {
        Some(row) => view! { <Stale intent=INTENT repository=plan.to.clone() tag=row.name.clone()/> }.into_any(),
        None => view! { <Problem intent=INTENT/> }.into_any(),
    };
    let (seen, n_tags) = (plan.seen.clone(), plan.rows.len() as u64);
    let expect = plan.one().and_then(|row| row.now.as_ref()).map(Digest::to_string).unwrap_or_default();
    let barred = plan.barred.iter().map(|words| {
        view! { <div class="callout callout-warn"><Icon name="lock"/><p>{sentence(words)}</p></div> }.into_any()
    });
    let rules = each_once(&plan.rules).into_iter().map(|met| view! { <InTheWay intent=INTENT met/> }.into_any());
    let barred = rules.chain(barred).collect::<Vec<_>>();
    let is_barred = !barred.is_empty();
    let left = left_out(&plan).map(|words| view! { <p class="sm">{words}</p> });
    let comes = (!is_barred).then(|| view! { <p class="sm">{comes_along(&view, &plan, n_tags)}</p>{left} });
    let form = match !is_barred && !plan.changes_nothing() {
        true => view! {
            <PostForm intent=INTENT>
                <input type="hidden" name="seen" value=seen/>
                <input type="hidden" name="expect" value=expect/>
                <div class="foot">
                    <a class="btn" href=back autofocus="true">"Cancel"</a>
                    <button class="btn btn-primary" type="submit">{act}</button>
                </div>
            </PostForm>
        }
        .into_any(),
        false => view! { <div class="foot"><a class="btn" href=back>"Back"</a></div> }.into_any(),
    };
    view! {
        {stale}
        <section class="card confirm confirm-plain" aria-labelledby="copy">
            <div class="card-head"><h2 id="copy">{heading(&plan)}</h2></div>
            <div class="card-body stack">
                {barred}
                <Change view=&view plan=&plan is_barred now=request.now/>
                {comes}
                <p class="sm"><a href=other>"Choose another place"</a></p>
                {form}
            </div>
        </section>
    }
    .into_any()
}

fn heading(plan: &CopyPlan) -> String {
    match plan.one() {
        _ if plan.changes_nothing() => "Nothing would change".to_owned(),
        Some(row) if row.now.is_some() => format!("{} names another image now", row.name),
        Some(row) => format!("{} is new in {}", row.name, plan.to),
        None => format!("What these tags name in {}", plan.to),
    }
}

/// What the names name where they go, and what they would name.
#[component]
fn Change<'a>(view: &'a CopyView, plan: &'a CopyPlan, is_barred: bool, now: Timestamp) -> impl IntoView + use<> {
    let (from, to) = (view.repository.clone(), plan.to.clone());
    let Some((row, then)) = plan.one().zip(plan.then.clone()) else {
        return view! { <Rows view plan/> }.into_any();
    };
    // What cannot happen is not said as if it did.
    let pulls = if is_barred { "" } else { " Whoever pulls it gets the other image from then on." };
    let words = match (&row.now, &plan.now) {
        (Some(now), _) if *now == row.digest => format!("{} names this image there already.", row.name),
        (Some(now), side) => {
            let now = side.as_ref().map_or_else(|| now.short().to_owned(), |(side, _)| side.called(&row.name));
            format!("{} names {now} in {to} now, and {} afterwards.{pulls}", row.name, row.tag)
        }
        (None, _) => format!("{to} has no tag {} yet. It will name the image of {}.", row.name, row.tag),
    };
    let moved = plan.now.clone().map(|(_, moved)| view! { <LastMoved tag=row.name.clone() moved now/> });
    let side = plan.now.clone().map(|(side, _)| side);
    view! { <p>{words}</p><Sides repository=to now=side then at=now from=Some(from)/>{moved} }.into_any()
}

/// The same of several.
#[component]
fn Rows<'a>(view: &'a CopyView, plan: &'a CopyPlan) -> impl IntoView + use<> {
    const COLUMNS: &[&str] = &["Tag", "Now → then"];
    let rows = plan.rows.iter().map(|row| {
        let now = match &row.now {
            Some(now) if *now == row.digest => "the same image".into_any(),
            Some(now) => view! { <Image repository=&plan.to digest=now/> }.into_any(),
            None => view! { <span class="subtle">"not there"</span> }.into_any(),
        };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" data-a="head"><span class="tagname">{row.name.to_string()}</span></th>
                <td role="cell" data-a="two">
                    <span class="row-1 wrap">{now}<Icon name="right" class="i i-sm"/><span class="vh">" then "</span><Image repository=&view.repository digest=&row.digest/></span>
                </td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! { <Table label="Tags that are copied" columns=COLUMNS>{rows}</Table> }.into_any()
}

/// What goes from one registry to another.
fn sent(plan: &CopyPlan, made: String) -> String {
    let what = match plan.n_images {
        0 => "All of it is there already, as far as is known here.".to_owned(),
        n => format!(
            "{} of {} go to another registry, with platforms and signatures; layers that it has are not sent again.",
            counted(n, "image", "images"),
            plan.bytes
        ),
    };
    let end = if plan.is_final { format!(" {FINAL}") } else { String::new() };
    format!(
        "{made}{what} A job does it, which goes on when you leave; tags are set when all that they name is there.{end}"
    )
}

/// Which tags of signatures do not come along, and why.
fn left_out(plan: &CopyPlan) -> Option<String> {
    const NAMED: usize = 3;
    let some = plan.left.iter().take(NAMED).map(Tag::to_string).collect::<Vec<_>>().join(", ");
    let more = match plan.left.len().saturating_sub(NAMED) as u64 {
        0 => String::new(),
        n => format!(" and {} more", grouped(n)),
    };
    let is_any = !plan.left.is_empty() && !plan.changes_nothing();
    is_any.then(|| {
        format!("Tags of signatures that are left out: {some}{more}. They name others there, or you may not set them.")
    })
}

const FINAL: &str = "A new name there cannot be taken back: that registry deletes nothing.";

/// What comes with the tags, and what it costs.
fn comes_along(view: &CopyView, plan: &CopyPlan, n_tags: u64) -> String {
    if plan.changes_nothing() {
        return "There is nothing to do.".to_owned();
    }
    let made = if plan.is_new { format!("The repository {} is made by it. ", plan.to) } else { String::new() };
    if plan.by_job {
        return sent(plan, made);
    }
    let undo = if plan.is_final { FINAL } else { "Undo takes it back." };
    if plan.to == view.repository {
        return format!("The history keeps both images. {undo}");
    }
    let its = if n_tags == 1 { "its image" } else { "their images" };
    match plan.n_images {
        0 => format!("{made}All of {its} is there already: no byte is written. {undo}"),
        1 => format!("{made}1 image of {} is linked there, and no byte is written. {undo}", plan.bytes),
        n => format!(
            "{made}{} come along, with platforms and signatures. {} are linked there, and no byte is written. {undo}",
            counted(n, "image", "images"),
            plan.bytes
        ),
    }
}
