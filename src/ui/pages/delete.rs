//! `/r/{repo}/-/delete` and its like: everything that goes with a delete, what stays, and the form that does it. The same
//! form comes as a part of the page, for a dialog.

mod asked;
mod blast;
mod news;

use super::load::{PageTitle, load};
use crate::domain::view::Preview;
use crate::domain::{Address, Scope};
use crate::ui::components::crumbs::{Crumbs, NamespaceCrumbs};
use crate::ui::components::dialog::DialogHead;
use crate::ui::components::form::{Field, Kind, PostForm};
use crate::ui::query::{Pairs, came_from};
use crate::ui::request::{PageRequest, Part};
use asked::{Asked, leaves_protected};
use blast::{Blast, Undoable};
use leptos::prelude::*;
use news::{News, Seen};

/// The page.
#[component]
pub fn Delete(address: Address) -> impl IntoView {
    let request = PageRequest::current();
    let query = Pairs::of(&request.path_and_query);
    let (asked, unprotected) = (Asked::of(address, &query), leaves_protected(&query));
    let data = {
        let asked = asked.clone();
        async move { asked?.preview(unprotected).await }
    };
    load(data, move |preview| asked.map(|asked| view! { <Whole asked preview request/> }))
}

#[component]
fn Whole(asked: Asked, preview: Preview, request: PageRequest) -> impl IntoView {
    let title = asked.title(&preview);
    if request.part == Some(Part::Dialog) {
        return view! {
            <DialogHead title/>
            <PlanForm asked preview request/>
        }
        .into_any();
    }
    let crumbs = match asked.back() {
        Address::Settings(Scope::Namespace(namespace)) => view! { <NamespaceCrumbs namespace/> }.into_any(),
        Address::Settings(Scope::Repository(repository))
        | Address::Repository(repository)
        | Address::Tag(repository, _)
        | Address::Manifest(repository, _) => view! { <Crumbs repository inside=true/> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <PageTitle text=title.clone()/>
        {crumbs}
        <div class="head"><div class="grow"><h1>{title}</h1></div></div>
        <section class="card confirm" aria-label="What goes and what stays"><PlanForm asked preview request/></section>
    }
    .into_any()
}

/// All that changes, and what does it. What an index lists cannot go before the index, nor what a rule protects before the
/// rule: then there is no form.
#[component]
fn PlanForm(asked: Asked, preview: Preview, request: PageRequest) -> impl IntoView {
    const TYPED: Kind = Kind { class: "input input-mono", ..Kind::TEXT };
    let intent = asked.intent();
    let is_stopped = preview.is_in_the_way();
    let back = back(&asked, &request);
    // A page begins at its title.
    let in_dialog = request.part == Some(Part::Dialog);
    let (act, typed) = (asked.act(&preview), asked.typed(&preview).filter(|_| !is_stopped));
    let (plan, n_tags) = (preview.plan.clone(), preview.n_tags.to_string());
    let seen = view! { <Seen asked=&asked preview=&preview/> };
    let news = view! { <News asked=&asked preview=&preview request=&request/> };
    let typed = typed.map(|words| view! { <Field intent name="confirmed" wants=words kind=TYPED/> });
    let blast = view! { <Blast asked=&asked preview=&preview/> };
    let lead = match is_stopped {
        true => "Nothing is deleted while this stands in the way. Without it all of this would go.",
        false => "This is everything that changes. Anything not listed stays as it is.",
    };
    let undoable = (!is_stopped).then(|| view! { <Undoable preview=&preview/> });
    let act = match is_stopped {
        true => asked.onward(&preview, &request.own_address()).map(|(href, words)| {
            view! { <a class="btn btn-primary" href=href data-dialog=in_dialog.then_some("")>{words}</a> }.into_any()
        }),
        false => Some(view! { <button class="btn btn-bad" type="submit">{act}</button> }.into_any()),
    };
    let content = view! {
        <div class="dialog-body">
            {news}
            <p class="muted">{lead}</p>
            {blast}
            {undoable}
            {typed}
        </div>
        <div class="dialog-foot">
            <a class="btn" href=back autofocus=in_dialog data-cancel="">"Cancel"</a>
            {act}
        </div>
    }
    .into_any();
    if is_stopped {
        return view! { <div class="plan">{content}</div> }.into_any();
    }
    view! {
        <PostForm intent class="plan">
            <input type="hidden" name="plan" value=plan/>
            <input type="hidden" name="tags" value=n_tags/>
            {seen}
            {content}
        </PostForm>
    }
    .into_any()
}

/// Where its reader goes who changes their mind: to the list that they came from, as they left it.
fn back(asked: &Asked, request: &PageRequest) -> String {
    let list = match asked {
        Asked::Tags(name, _) | Asked::Matching(name, _) => {
            came_from(&request.path_and_query, &Address::Repository(name.clone()).to_string())
        }
        Asked::Image(..) | Asked::All(_) => None,
    };
    list.unwrap_or_else(|| asked.back().to_string())
}
