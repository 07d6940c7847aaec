//! The form of a rule: a new one, or one that is to say something else. Its patterns can be tried on the tags that are
//! there before it is set; that changes nothing.

use crate::domain::protection::ProtectionKind;
use crate::domain::view::{Covered, RuleRow};
use crate::domain::{Protection, Role, TagPattern};
use crate::ui::components::form::{Choice, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::form::{ALL_SEEN, Intent};
use crate::ui::query::Pairs;
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped, sentence};
use leptos::prelude::*;

#[component]
pub(super) fn RuleForm<'a>(
    changed: Option<RuleRow>,
    roles: Vec<Role>,
    tried: Option<Covered>,
    request: &'a PageRequest,
) -> impl IntoView + use<> {
    let pairs = Pairs::of(&request.path_and_query);
    let (intent, act) = match changed {
        Some(_) => (Intent::ChangeProtection, "Change rule"),
        None => (Intent::SetProtection, "Set rule"),
    };
    let rule = changed.as_ref().map(|row| &row.rule.protection);
    let is_tried = pairs.get("try").is_some();
    // What was tried stands there again, as it was typed.
    let value = |key, set: Option<String>| match is_tried {
        true => pairs.get(key).unwrap_or_default().to_owned(),
        false => set.unwrap_or_default(),
    };
    let pattern =
        |of: fn(&Protection) -> &Option<TagPattern>| rule.and_then(|it| of(it).as_ref().map(ToString::to_string));
    let (tags, except) = (value("tags", pattern(|it| &it.tags)), value("except", pattern(|it| &it.except)));
    let kind = value("kind", rule.map(|it| it.guard.kind().name().to_owned()));
    let role = value("role", rule.and_then(|it| it.guard.role()).map(|role| role.name().to_owned()));
    let kinds = ProtectionKind::ALL.map(|kind| (kind.name().to_owned(), kind.words().to_owned())).into();
    // What is about all tags says so once more.
    let is_all = changed.is_none() && tags.trim().is_empty() && tried.is_some();
    let all_seen = is_all.then(|| view! { <input type="hidden" name=ALL_SEEN value="yes"/> });
    let press = if is_all { "Set rule about all tags" } else { act };
    let id = changed.map(|row| view! { <input type="hidden" name="rule" value=row.rule.id/> });
    let cancel = id.is_some().then(|| view! { <a class="btn" href=request.path().to_owned()>"Cancel"</a> });
    let mono = Kind { class: "input input-mono", ..Kind::OPTIONAL };
    let result = is_tried.then(|| view! { <Tried tags=tags.clone() except=except.clone() tried/> });
    let action = format!("{}#tried", request.path());
    // As the way back of a change is refused, which stands in no form.
    let refused = id.is_none().then(|| view! { <Problem intent=Intent::ChangeProtection/> });
    view! {
        <Problem intent/>
        {refused}
        <PostForm intent class="grantform" label=act.to_owned()>
            {id}{all_seen}
            <Field intent name="tags" label="Tags" value=tags kind=Kind { placeholder: "v*", ..mono } hint="Globs, with commas between them. Empty is all tags."/>
            <Field intent name="except" label="Except" value=except kind=Kind { placeholder: "*-snapshot", ..mono }/>
            <Choice intent name="kind" label="Rule" options=kinds value=kind/>
            <Choice intent name="role" label="Who still may" options=role_words(roles, &role) value=role hint="The least role."/>
            <div class="row wrap">
                <button class="btn btn-primary" type="submit">{press}</button>
                <button class="btn" type="submit" formmethod="get" formaction=action name="try" value="yes">"Try on present tags"</button>
                {cancel}
            </div>
        </PostForm>
        {result}
    }
    .into_any()
}

/// The roles that the reader may name; the one that is named already stays.
fn role_words(roles: Vec<Role>, named: &str) -> Vec<(String, String)> {
    let named = named.parse::<Role>().ok().filter(|role| !roles.contains(role));
    let words = |role: Role| (role.name().to_owned(), role.title().to_owned());
    let nobody = (String::new(), "Nobody".to_owned());
    [nobody].into_iter().chain(roles.into_iter().chain(named).map(words)).collect()
}

/// What the patterns would be about.
#[component]
fn Tried(tags: String, except: String, tried: Option<Covered>) -> impl IntoView {
    let odd = |text: &str| (!text.trim().is_empty()).then(|| text.trim().parse::<TagPattern>().err()).flatten();
    let (tone, words) = match (odd(&tags).or_else(|| odd(&except)), &tried) {
        (Some(error), _) => ("callout callout-warn", sentence(&error.to_string())),
        (None, Some(tried)) => ("callout callout-info", covered(tried)),
        (None, None) => return ().into_any(),
    };
    let is_all = tags.trim().is_empty() && tried.is_some();
    let all = is_all
        .then(|| view! { <p>"Without a pattern it is about all tags, those to come too. Nothing is set yet."</p> });
    let first = tried.filter(|tried| !tried.first.is_empty()).map(|tried| {
        let more = tried.n_covered - tried.first.len() as u64;
        let more = (more > 0).then(|| format!(" and {} more", grouped(more)));
        view! { <p><span class="mono sm">{tried.first.join(", ")}</span>{more}</p> }
    });
    view! {
        <div class=format!("{tone} mt-4") id="tried" role="status" tabindex="-1">
            <Icon name="tag"/>
            <div class="grow"><p class="medium">{words}</p>{first}{all}</div>
        </div>
    }
    .into_any()
}

fn covered(tried: &Covered) -> String {
    let of = counted(tried.n_tags, "tag", "tags");
    let first = if tried.is_cut { "the first " } else { "" };
    match tried.n_covered {
        0 => format!("It would bind none of {first}{of}."),
        n_covered => format!("It would bind {} of {first}{of}:", grouped(n_covered)),
    }
}
