//! What rules say: the badge of a tag that one binds, and one that somebody meets, with who may lift it.

use super::icon::Icon;
use crate::domain::protection::and_up;
use crate::domain::text::first_of;
use crate::domain::view::RuleMet;
use crate::domain::{Protection, Role};
use leptos::prelude::*;

/// Things of one rule that are named.
const NAMED: usize = 50;

/// The badge.
#[component]
pub fn Protected<'a>(rule: &'a Protection) -> impl IntoView + use<> {
    let words = words(rule, "it");
    let (title, hidden) = (rule.guard.title(), format!(": {words}"));
    view! { <span class="badge" title=words><Icon name="lock"/>{title}<span class="vh">{hidden}</span></span> }
        .into_any()
}

/// `only Maintainer and up delete it, by the rule about prod* in team`.
pub fn words(rule: &Protection, it: &str) -> String {
    format!("{}, by {}", rule.guard.leaving(it), rule.called())
}

/// Rules that somebody meets, each once with all that it is met about.
pub fn each_once(met: &[RuleMet]) -> Vec<RuleMet> {
    let mut each: Vec<(&RuleMet, Vec<&str>)> = Vec::new();
    for it in met {
        let is_same =
            |other: &RuleMet| (&other.barred.rule, other.is_in_the_way) == (&it.barred.rule, it.is_in_the_way);
        match each.iter_mut().find(|(other, _)| is_same(other)) {
            Some((_, what)) => what.push(&it.barred.what),
            None => each.push((it, vec![&it.barred.what])),
        }
    }
    let one = |(met, what): (&RuleMet, Vec<&str>)| {
        let mut met = met.clone();
        met.barred.what = first_of(&what, NAMED);
        met
    };
    each.into_iter().map(one).collect()
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
            "{what} are {}: {}, by {}.",
            met.barred.guard.title().to_lowercase(),
            met.barred.guard.leaving("them"),
            met.barred.called()
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

    fn met(what: &str, guard: Guard, is_in_the_way: bool, role: Option<Role>, may_lift: bool) -> RuleMet {
        let (rule, about) = ("7".to_owned(), "v* but not *-rc".to_owned());
        let barred = Barred { what: what.to_owned(), rule, about, scope: "team/*".parse().unwrap(), guard };
        RuleMet { barred, is_in_the_way, role, may_open: may_lift, may_lift }
    }

    #[test]
    fn a_rule_says_who_may_lift_it() {
        let one = met("v1", Guard::Immutable, true, Some(Role::Owner), true);
        assert_eq!(
            said(&one),
            "v1 is immutable: nobody moves or deletes it, by the rule about v* but not *-rc in team."
        );
        assert_eq!(lifting(&one), "As Owner you may change or remove the rule.");
        assert_eq!(one.address().as_deref(), Some("/n/team/-/policies#rule-7"));
        let others = met("v1", Guard::Protected(Role::Owner), true, Some(Role::Maintainer), false);
        assert_eq!((&*lifting(&others), others.address()), ("Owner and up may change or remove the rule.", None));
        let several = met("v1 and v2", Guard::NoDelete(Some(Role::Owner)), false, Some(Role::Admin), true);
        assert_eq!(
            said(&several),
            "v1 and v2 are protected: only Owner and up delete them, by the rule about v* but not *-rc in team."
        );
        assert_eq!(lifting(&several), "As Admin you may remove them.");
    }

    #[test]
    fn a_rule_that_is_met_by_several_is_said_once() {
        let mut all = ["v1", "v2", "v3"].map(|tag| met(tag, Guard::Immutable, true, Some(Role::Owner), true));
        all[1].barred.rule = "8".to_owned();
        let words: Vec<String> = each_once(&all).iter().map(said).collect();
        assert_eq!(
            words,
            [
                "v1 and v3 are immutable: nobody moves or deletes them, by the rule about v* but not *-rc in team.",
                "v2 is immutable: nobody moves or deletes it, by the rule about v* but not *-rc in team."
            ]
        );
    }
}
