//! `/repositories/push`: to which repository somebody wants to push. Its form leads to that one's page.

use crate::api::repositories::may_push;
use crate::domain::{Address, Error, RepositoryName};
use crate::ui::components::form::{Field, Kind};
use crate::ui::form::FormState;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Ask() -> impl IntoView {
    load(may_push(), |()| view! { <Whole request=PageRequest::current()/> })
}

#[component]
fn Whole(request: PageRequest) -> impl IntoView {
    // What was sent and leads nowhere comes back, as in every form.
    let typed = Pairs::of(&request.path_and_query).get("name").map(str::to_owned);
    let error = typed.as_ref().and_then(|name| wrong(name));
    let form = FormState {
        error,
        typed: typed.map(|name| ("name".to_owned(), name)).into_iter().collect(),
        ..FormState::default()
    };
    provide_context(PageRequest { form, ..request });
    let name = Kind { class: "input input-mono", placeholder: "team/web", ..Kind::TEXT };
    view! {
        <PageTitle text="Push an image".to_owned()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Repositories.to_string()>"Repositories"</a></li></ol></nav>
        <div class="head">
            <div class="grow">
                <h1>"Push an image"</h1>
                <p class="head-sub">"A push to a name that is not there yet makes the repository, where you may do that."</p>
            </div>
        </div>
        <div class="narrow-page mt-4">
            <form class="stack" method="get" action=Address::PushImage.to_string()>
                <Field name="name" label="Repository" kind=name hint="Lower-case parts with slashes between them, such as team/backend/api"/>
                <div class="row"><button class="btn btn-primary" type="submit">"Show the commands"</button></div>
            </form>
        </div>
    }
    .into_any()
}

fn wrong(name: &str) -> Option<Error> {
    let refused = name.trim().parse::<RepositoryName>().err()?;
    Some(match refused {
        Error::Invalid { message, .. } => Error::invalid("name", message),
        other => other,
    })
}
