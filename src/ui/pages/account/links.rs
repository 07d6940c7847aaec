//! What is asked before an account is linked to a provider, or unlinked from one.

use crate::domain::Address;
use crate::domain::view::WaysIn;
use crate::ui::components::form::{Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, inert};
use leptos::prelude::*;

/// The question that the address asks; why the last one came to nothing where it asks none.
#[component]
pub(super) fn Question<'a>(ways: &'a WaysIn) -> impl IntoView + use<> {
    let request = PageRequest::current();
    let asked = Pairs::of(&request.path_and_query);
    let linked = asked.get("link").and_then(|name| ways.linkable.iter().find(|(it, _)| it == name).cloned());
    let unlinked = asked.get("unlink").and_then(|name| ways.identities.iter().find(|it| it.provider == name));
    match (linked, unlinked) {
        (Some((name, title)), _) => view! { <Link name title ways/> }.into_any(),
        (None, Some(row)) => view! { <Unlink name=row.provider.clone() title=row.title.clone()/> }.into_any(),
        (None, None) => {
            view! { <Problem intent=Intent::LinkIdentity/><Problem intent=Intent::UnlinkIdentity/> }.into_any()
        }
    }
}

#[component]
fn Link<'a>(name: String, title: String, ways: &'a WaysIn) -> impl IntoView + use<> {
    const INTENT: Intent = Intent::LinkIdentity;
    let title = inert(&title, MAX_NAME_CHARS);
    let takes_password = !ways.is_fresh && ways.has_password && ways.is_local;
    let password = takes_password.then(|| {
        let kind = Kind { input: "password", autocomplete: "current-password", ..Kind::TEXT };
        view! { <Field intent=INTENT name="password" label="Your password" kind hint="To show that it is you."/> }
    });
    let again = (!ways.is_fresh && !takes_password).then(|| {
        view! { <p>"You signed in more than five minutes ago. Sign out, sign in again, and come back here."</p> }
    });
    let act = again.is_none().then(|| {
        view! { <button class="btn btn-primary" type="submit">{format!("Continue to {title}")}</button> }
    });
    let back = format!("{}#link-{name}", Address::Account);
    view! {
        <section class="card confirm confirm-plain" aria-labelledby="confirm">
            <div class="card-head"><Icon name="key"/><h2 id="confirm">{format!("Link {title}?")}</h2></div>
            <div class="card-body">
                <Problem intent=INTENT/>
                <PostForm intent=INTENT>
                    <input type="hidden" name="provider" value=name/>
                    <p>
                        {format!("You go on to {title} and sign in there. Whoever you are there can sign in to this account from then on, ")}
                        "and the groups that you are in there count here."
                    </p>
                    {password}
                    {again}
                    <div class="foot"><a class="btn" href=back data-cancel="">"Cancel"</a>{act}</div>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Unlink(name: String, title: String) -> impl IntoView {
    let title = inert(&title, MAX_NAME_CHARS);
    let back = format!("{}#unlink-{name}", Address::Account);
    view! {
        <Confirm intent=Intent::UnlinkIdentity title=format!("Unlink {title}?") act=format!("Unlink {title}") back>
            <input type="hidden" name="provider" value=name/>
            <p>
                {format!("You cannot sign in by {title} any more, and what its groups gave you is gone. ")}
                "Sessions that it opened end, but for this one. Your tokens stay."
            </p>
        </Confirm>
    }
    .into_any()
}
