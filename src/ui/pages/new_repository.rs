//! `/repositories/new`: a repository before its first push.

use super::load::{PageTitle, load};
use super::settings::visibilities;
use crate::api::repositories::may_create_repositories;
use crate::domain::Address;
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::form::Intent;
use leptos::prelude::*;

/// The page.
#[component]
pub fn NewRepository() -> impl IntoView {
    load(may_create_repositories(), |()| view! { <Whole/> })
}

#[component]
fn Whole() -> impl IntoView {
    const INTENT: Intent = Intent::CreateRepository;
    let name = Kind { class: "input input-mono", placeholder: "team/web", ..Kind::TEXT };
    let options = [(String::new(), "As its namespace says".to_owned())].into_iter().chain(visibilities()).collect();
    view! {
        <PageTitle text="New repository".to_owned()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Repositories.to_string()>"Repositories"</a></li></ol></nav>
        <div class="head">
            <div class="grow">
                <h1>"New repository"</h1>
                <p class="head-sub">"A push makes one as well. Make it first to describe it, or to say who sees it from the beginning."</p>
            </div>
        </div>
        <div class="narrow-page mt-4">
            <Problem intent=INTENT/>
            <PostForm intent=INTENT>
                <Field intent=INTENT name="name" label="Name" kind=name hint="Lower-case parts with slashes between them, such as team/backend/api"/>
                <Field intent=INTENT name="description" label="Description" kind=Kind::OPTIONAL hint="One line"/>
                <Choice intent=INTENT name="visibility" label="Who may see and pull it" options=options/>
                <div class="row"><button class="btn btn-primary" type="submit">"Make the repository"</button></div>
            </PostForm>
        </div>
    }
}
