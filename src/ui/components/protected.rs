//! What rules say: the badge of a tag that one binds, and one that somebody meets, with who may lift it.

use super::icon::Icon;
use crate::domain::protection::and_up;
use crate::domain::view::RuleMet;
use crate::domain::{Protection, Role};
use leptos::prelude::*;

/// The badge.
#[component]
pub fn Protected<'a>(rule: &'a Protection) -> impl IntoView + use<> {
    let words = words(rule, "it");
    let (title, hidden) = (rule.guard.title(), format!(": {words}"));
    view! { <span class="badge" title=words><Icon name="lock"/>{title}<span class="vh">{hidden}</span></span> }
        .into_any()
}

/// `only Maintainer and up delete it, by the rule on team/*`.
pub fn words(rule: &Protection, it: &str) -> String {
    format!("{}, by the rule on {}", rule.guard.leaving(it), rule.scope.words())
}

/// A rule that somebody meets, with who may lift it and the way to it.
#[component]
pub fn Met(met: RuleMet) -> impl IntoView {
    let said = said(&met);
    view! { <div class="grow"><p class="medium">{said}</p><MetMore met/></div> }.into_any()
}

/// The second half of it alone.
#[component]
pub fn MetMore(met: RuleMet) -> impl IntoView {
    let link = met.address().map(|href| view! { " "<a href=href>"See the rule"</a> });
    view! { <p>{lifting(&met)}{link}</p> }.into_any()
}

/// What the rule says.
pub fn said(met: &RuleMet) -> String {
    let what = &met.barred.what;
    match what.contains(' ') {
        true => format!(
            "{what} are protected: {}, by the rule on {}.",
            met.barred.guard.leaving("them"),
            met.barred.scope.words()
        ),
        false => format!("{}.", met.barred),
    }
}

/// What its reader may do about it, or who else may.
fn lifting(met: &RuleMet) -> String {
    let by = met.role.map(Role::title);
    match by {
        Some(role) if !met.is_in_the_way => {
            let them = if met.barred.what.contains(' ') { "them" } else { "it" };
            format!("As {role} you may remove {them}.")
        }
        Some(role) if met.may_lift => format!("As {role} you may change or remove the rule."),
        _ => format!("{} may change or remove the rule.", and_up(met.barred.guard.lifted_by())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protection::{Barred, Guard};

    #[test]
    fn a_rule_says_who_may_lift_it() {
        let met = |what: &str, guard, is_in_the_way, role, may_lift| {
            let barred =
                Barred { what: what.to_owned(), rule: "7".to_owned(), scope: "team/*".parse().unwrap(), guard };
            let met = RuleMet { barred, is_in_the_way, role, may_open: may_lift, may_lift };
            (said(&met), lifting(&met), met.address())
        };
        let (words, lifting, address) = met("v1", Guard::Immutable, true, Some(Role::Owner), true);
        assert_eq!(words, "v1 is immutable: nobody moves or deletes it, by the rule on team/*.");
        assert_eq!(lifting, "As Owner you may change or remove the rule.");
        assert_eq!(address.as_deref(), Some("/n/team/-/policies#rule-7"));
        let others = met("v1", Guard::Protected(Role::Owner), true, Some(Role::Maintainer), false);
        assert_eq!((others.1.as_str(), others.2), ("Owner and up may change or remove the rule.", None));
        let several = met("v1 and v2", Guard::NoDelete(Some(Role::Owner)), false, Some(Role::Admin), true);
        assert_eq!(several.0, "v1 and v2 are protected: only Owner and up delete them, by the rule on team/*.");
        assert_eq!(several.1, "As Admin you may remove them.");
    }
}
