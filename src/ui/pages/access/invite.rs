//! What is offered where somebody typed an e-mail address that nobody here has: an account with the access that was to be
//! given.

use crate::domain::Role;
use crate::ui::components::form::{Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::form::{FormState, Intent, NOBODYS};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

const INTENT: Intent = Intent::InviteWithAccess;

/// What was typed into the form that gave rise to it, or into this one when it came back.
fn typed<'f>(form: &'f FormState, field: &str) -> &'f str {
    let of = |intent| form.value(Some(intent), field);
    of(Intent::GiveAccess).or(of(INTENT)).unwrap_or_default()
}

/// Whether there is somebody to invite: an address came back.
pub fn is_asked() -> bool {
    let form = PageRequest::current().form;
    let is_address = typed(&form, "who").contains('@');
    is_address
        && (form.intent == Some(INTENT)
            || form.wrong(Some(Intent::GiveAccess), "who").is_some_and(|words| words.eq_ignore_ascii_case(NOBODYS)))
}

/// The offer.
#[component]
pub fn InviteForm() -> impl IntoView {
    let form = PageRequest::current().form;
    let address = typed(&form, "who").to_owned();
    let kept = ["who", "role", "scope", "tags", "until"].map(|field| {
        let value = typed(&form, field).to_owned();
        view! { <input type="hidden" name=field value=value/> }
    });
    let mono = Kind { class: "input input-mono", ..Kind::TEXT };
    view! {
        <section class="card mt-4" aria-labelledby="invite">
            <div class="card-head"><Icon name="user"/><h2 id="invite">{format!("Invite {address}?")}</h2></div>
            <div class="card-body">
                <Problem intent=INTENT/>
                <p class="sm">
                    "They get an account, and with it "<strong>{access(&form)}</strong>". To give something else, change it above and press Give access again. You get a link to pass on: it works once, for 7 days, and lets them choose how they sign in."
                </p>
                <PostForm intent=INTENT class="grantform">
                    {kept}
                    <Field intent=INTENT name="username" label="Username" value=suggested(&address) kind=mono/>
                    <Field intent=INTENT name="name" label="Name" kind=Kind::OPTIONAL/>
                    <button class="btn btn-primary" type="submit">"Invite and give access"</button>
                </PostForm>
            </div>
        </section>
    }
    .into_any()
}

/// What they are given, as it was typed.
fn access(form: &FormState) -> String {
    let of = |field| typed(form, field);
    let role = of("role").parse().map_or_else(|_| of("role").to_owned(), |role: Role| role.title().to_owned());
    let scope = if of("scope") == "*" { "everything" } else { of("scope") };
    let part =
        |before: &str, field| if of(field).is_empty() { String::new() } else { format!(", {before} {}", of(field)) };
    format!("{role} on {scope}{}{}", part("only tags", "tags"), part("until", "until"))
}

/// A username from what stands before the at sign.
fn suggested(address: &str) -> String {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    let plain: String = local.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '.' }).collect();
    let parts: Vec<&str> = plain.split('.').filter(|part| !part.is_empty()).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_suggested_from_an_address() {
        assert_eq!(suggested("Priya.Nair+ci@example.com"), "priya.nair.ci");
        assert_eq!(suggested("@example.com"), "");
    }
}
