//! Rules as they are said, and as they bind.

use super::*;
use crate::domain::Action;
use crate::domain::action::RemoveProtection;
use proptest::prelude::*;

fn rule(tags: Option<&str>, except: Option<&str>, guard: Guard) -> Protection {
    let pattern = |text: Option<&str>| text.map(|text| text.parse().unwrap());
    Protection { scope: "team/*".parse().unwrap(), tags: pattern(tags), except: pattern(except), guard }
}

#[test]
fn a_rule_says_who_may_still_act() {
    let (owner, nobody) = (Some(Least::Role(Role::Owner)), Some(Least::Nobody));
    for (guard, of_acts) in [
        (Guard::Immutable, [None, nobody, nobody]),
        (Guard::Protected(Role::Owner), [owner, owner, owner]),
        (Guard::Protected(Role::Publisher), [Some(Least::Role(Role::Publisher)); 3]),
        (Guard::NoDelete(None), [None, None, nobody]),
        (Guard::NoDelete(Some(Role::Owner)), [None, None, owner]),
    ] {
        assert_eq!([Act::Create, Act::Move, Act::Delete].map(|act| guard.leaves(act)), of_acts, "{guard}");
        assert_eq!(Guard::new(guard.kind(), guard.role()), Ok(guard));
        assert_eq!(guard.kind().name().parse(), Ok(guard.kind()));
        let before = Protection { scope: Scope::Everything, tags: None, except: None, guard };
        let needs = RemoveProtection { id: String::new(), before }.needs();
        let lifts = |role: &Role| needs.iter().all(|(permission, _)| role.holds(*permission));
        assert_eq!(Role::ALL.into_iter().find(lifts), Some(guard.lifted_by()), "{guard}");
    }
    for (kind, role) in [
        (ProtectionKind::Immutable, Some(Role::Owner)),
        (ProtectionKind::Protected, None),
        (ProtectionKind::Protected, Some(Role::Auditor)),
        (ProtectionKind::NoDelete, Some(Role::Reader)),
    ] {
        assert!(matches!(Guard::new(kind, role), Err(Error::Invalid { field, .. }) if field == "role"), "{kind:?}");
    }
}

#[test]
fn the_same_image_again_is_nothing_that_is_done_to_a_tag() {
    let [one, other] = ["1", "2"].map(|it| format!("sha256:{}", it.repeat(64)).parse::<Digest>().unwrap());
    let (one, other) = (Some(&one), Some(&other));
    let said = |before, after| Act::between(before, after).map(Act::needs);
    assert_eq!([said(None, None), said(one, one)], [None, None]);
    assert_eq!([said(None, one), said(one, other)], [Permission::RepositoryPush, Permission::TagMove].map(Some));
    assert_eq!(said(one, None), Some(Permission::TagDelete));
}

#[test]
fn a_rule_is_said_in_words() {
    let set = rule(Some("prod"), None, Guard::Protected(Role::Maintainer));
    let set = Rule { id: "1".to_owned(), protection: set, created_by: None, created_at: Timestamp(0) };
    assert_eq!(
        Barred::by(&set, "prod").to_string(),
        "prod is protected: only Maintainer and up set, move or delete it, by the rule about prod in team"
    );
    assert_eq!(
        rule(Some("v*"), Some("*-snapshot"), Guard::NoDelete(Some(Role::Admin))).words(),
        "no_delete on team/*: v* but not *-snapshot, least role admin"
    );
    assert_eq!(Guard::NoDelete(Some(Role::Admin)).to_string(), "protected: only Admin delete it");
    let all = Protection { scope: Scope::Everything, ..rule(None, Some("*-rc"), Guard::Immutable) };
    assert_eq!(all.called(), "the rule about all tags but not *-rc in every repository");
}

#[test]
fn what_binds_most_is_shown() {
    let (kept, fixed) = (rule(None, None, Guard::NoDelete(None)), rule(Some("v*"), None, Guard::Immutable));
    let rules = [kept.clone(), fixed.clone()];
    let of = |tag: &str| Protection::of_tag(&rules, &tag.parse().unwrap());
    assert_eq!((of("v1"), of("main")), (Some(&fixed), Some(&kept)));
    assert!(kept.is_whole() && !fixed.is_whole() && !rule(None, None, Guard::Immutable).is_whole());
}

/// A glob, read sign by sign.
fn fits(glob: &[u8], text: &[u8]) -> bool {
    match (glob, text) {
        ([], text) => text.is_empty(),
        ([b'*', rest @ ..], text) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
        ([b'?', rest @ ..], [_, text @ ..]) => fits(rest, text),
        ([b'[', from, b'-', to, b']', rest @ ..], [first, text @ ..]) => {
            (from..=to).contains(&first) && fits(rest, text)
        }
        ([sign, rest @ ..], [first, text @ ..]) => sign == first && fits(rest, text),
        (_, []) => false,
    }
}

fn takes_in(pattern: &str, tag: &str) -> bool {
    let (out, into): (Vec<_>, Vec<_>) = pattern.split(',').map(str::trim).partition(|glob| glob.starts_with('!'));
    let any = |globs: Vec<&str>| globs.iter().any(|glob| fits(glob.trim_start_matches('!').as_bytes(), tag.as_bytes()));
    (into.is_empty() || any(into)) && !any(out)
}

const PATTERN: &str = r"!?([ab*?]|\[a-b\]){1,5}(, ?!?([abc*?]|\[b-c\]){1,4}){0,2}";

proptest! {
    #[test]
    fn a_rule_is_about_what_its_patterns_say(
        tags in proptest::option::of(PATTERN), except in proptest::option::of(PATTERN), tag in "[abc]{1,6}",
    ) {
        let said = rule(tags.as_deref(), except.as_deref(), Guard::Immutable);
        let expected = tags.is_none_or(|it| takes_in(&it, &tag)) && !except.is_some_and(|it| takes_in(&it, &tag));
        prop_assert_eq!(said.covers(&tag.parse().unwrap()), expected);
    }
}
