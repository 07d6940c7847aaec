//! Somebody in a list: a sign of what they are, their name, and what else tells them apart.

use super::icon::Icon;
use crate::domain::{Address, Grantee, Username};
use leptos::either::EitherOf3;
use leptos::prelude::*;

/// Initials of a person, in one of the tones.
#[component]
pub fn Avatar(username: Username, #[prop(optional, into)] name: String) -> impl IntoView {
    let shown = if name.is_empty() { username.to_string() } else { name };
    let tone = username.as_str().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 4;
    view! { <span class=format!("avatar av-{tone}") aria-hidden="true">{initials(&shown)}</span> }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '.', '-', '_']).filter(|word| !word.is_empty()).collect();
    let first = words.first().and_then(|word| word.chars().next());
    let last = words.last().filter(|_| words.len() > 1).and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Whom a grant is for, with a link to their page where the reader may open it.
#[component]
pub fn Somebody(
    to: Grantee,
    #[prop(into)] name: String,
    n_members: u64,
    /// Whether the reader may open the pages of users and of groups.
    opens: (bool, bool),
    /// What else there is to say of them.
    #[prop(default = None)]
    note: Option<String>,
) -> impl IntoView {
    let members = if n_members == 1 { "1 person".to_owned() } else { format!("{n_members} people") };
    let (sign, title, sub, href) = match to {
        Grantee::User(username) => {
            let title = if name.is_empty() { username.to_string() } else { name.clone() };
            let sub = if name.is_empty() { String::new() } else { username.to_string() };
            let href = opens.0.then(|| Address::User(username.clone()).to_string());
            (EitherOf3::A(view! { <Avatar username name/> }), title, sub, href)
        }
        Grantee::Group(group) => {
            let href = opens.1.then(|| Address::Group(group.clone()).to_string());
            (EitherOf3::B(view! { <Sign icon="users"/> }), group.to_string(), format!("Group, {members}"), href)
        }
        Grantee::Robot(robot) => {
            (EitherOf3::B(view! { <Sign icon="robot"/> }), robot.to_string(), "Robot".to_owned(), None)
        }
        Grantee::Anonymous => {
            (EitherOf3::C(view! { <Sign icon="globe"/> }), "Everybody".to_owned(), "Signed in or not".to_owned(), None)
        }
    };
    let title = match href {
        Some(href) => view! { <a class="name" href=href>{title}</a> }.into_any(),
        None => view! { <span class="name">{title}</span> }.into_any(),
    };
    let sub: Vec<String> = [Some(sub), note].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let sub = (!sub.is_empty()).then(|| view! { <span class="cell-sub">{sub.join(" · ")}</span> });
    view! { <span class="row-3">{sign}<span class="grow">{title}{sub}</span></span> }.into_any()
}

#[component]
fn Sign(icon: &'static str) -> impl IntoView {
    view! { <span class="avatar avatar-sq" aria-hidden="true"><Icon name=icon class="i i-sm"/></span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        assert_eq!(["Mara Lindqvist", "mara", "ci-web", "", "ü b c"].map(initials), ["ML", "M", "CW", "", "ÜC"]);
    }
}
