//! The rows of a list of tags: each names its image, and the other tags that name the same one.

use super::select::Selected;
use crate::domain::manifest::Kind;
use crate::domain::view::{Deletable, Moved, TagMay, TagRow};
use crate::domain::{Actor, Address, Protection, RepositoryName, Tag, Timestamp};
use crate::ui::components::artifact::kind_words;
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::components::missing::Missing;
use crate::ui::components::protected::Protected;
use crate::ui::components::pull_box::{PULL_BOX, Pull};
use crate::ui::components::time::When;
use crate::ui::query::{LIST, address};
use leptos::either::Either;
use leptos::prelude::*;

/// Chips that a row shows before it counts the rest.
const MAX_CHIPS: usize = 3;

/// The body of the table. Its cells have no classes: the style sheet tells them by their place.
#[component]
pub fn Rows(
    name: RepositoryName,
    rows: Vec<TagRow>,
    rules: Vec<Protection>,
    deletable: Deletable,
    copies: bool,
    /// How to pull what the rows have in common.
    pull: Pull,
    /// The list, for the way back to it.
    list: String,
    now: Timestamp,
) -> impl IntoView {
    // "linux/" says nothing where everything is for Linux.
    let all_linux = rows.iter().flat_map(|row| &row.platforms).all(|platform| platform.starts_with("linux/"));
    let any = pull.text();
    let draw = |row: TagRow| {
        let own = match row.kind {
            Kind::Image | Kind::Index => String::new(),
            Kind::Artifact => {
                let (suffix, artifact) = (format!(":{}", row.tag), row.artifact.clone());
                Pull { suffix, artifact, kind: row.kind, ..pull.clone() }.text()
            }
        };
        let rule = Protection::of_tag(&rules, &row.tag).cloned();
        let delete = deletable.tags.contains(&row.tag);
        // What is chosen can be deleted, wherever anything of the list can; or a rule keeps it, and it can be copied.
        let choose = delete || !deletable.is_some() || (copies && rule.is_some());
        let can = Can { delete, copy: copies, choose };
        view! { <Row name=name.clone() row rule can pull=own list=list.clone() now all_linux/> }
    };
    view! { <tbody role="rowgroup" data-pull=any>{rows.into_iter().map(draw).collect_view()}</tbody> }
}

/// What the reader can do with a row besides.
#[derive(Clone, Copy)]
struct Can {
    delete: bool,
    copy: bool,
    /// Whether it can be chosen.
    choose: bool,
}

#[component]
fn Row(
    name: RepositoryName,
    row: TagRow,
    rule: Option<Protection>,
    can: Can,
    pull: String,
    list: String,
    now: Timestamp,
    all_linux: bool,
) -> impl IntoView {
    let same = same_words(&row.same_as, row.same_more).map(|words| view! { <span class="cell-sub">{words}</span> });
    view! {
        <tr role="row">
            <Selected tag=&row.tag may=can.choose/>
            <th role="rowheader" scope="row"><TagName name=&name row=&row rule now/></th>
            <td role="cell"><DigestLink repository=&name digest=&row.digest/>{same}</td>
            <td role="cell"><Platforms platforms=row.platforms all_linux/></td>
            <td role="cell">{row.size.to_string()}</td>
            <td role="cell"><Built at=row.built now/></td>
            <td role="cell"><MovedCell moved=row.moved now/></td>
            <td role="cell" class="acts"><Actions name tag=row.tag may=row.may can pull list/></td>
        </tr>
    }
}

/// What the reader may do with a tag, how to pull it, and where it was before. `pull` is how, where it is not as that of the
/// other rows.
#[component]
fn Actions(name: RepositoryName, tag: Tag, may: TagMay, can: Can, pull: String, list: String) -> impl IntoView {
    let history = address(&Address::History(name.clone()).to_string(), &[("tag", tag.as_str())]);
    let label = format!("Actions for {tag}");
    let pulling = format!("{}#{PULL_BOX}", Address::Tag(name.clone(), tag.clone()));
    let pull = view! { <a href=pulling data-copy=pull><Icon name="copy"/>"Copy pull command"</a> };
    let asks = |is_open: bool, to: Address, icon: &'static str, words: &'static str| {
        is_open.then(|| view! { <a href=to.to_string() data-dialog=""><Icon name=icon/>{words}</a> })
    };
    let named = [
        asks(may.retag, Address::Retag(name.clone(), tag.clone()), "tag", "Retag…"),
        asks(may.rename, Address::RenameTag(name.clone(), tag.clone()), "pencil", "Rename…"),
    ];
    let copying = address(&Address::Copy(name.clone()).to_string(), &[("tag", tag.as_str())]);
    let copy = can.copy.then(|| view! { <a href=copying><Icon name="up"/>"Copy or promote…"</a> });
    let back = asks(may.roll_back, Address::RollBack(name.clone(), tag.clone()), "undo", "Roll back…");
    let delete = can.delete.then(|| {
        let href = address(&Address::DeleteTag(name, tag).to_string(), &[(LIST, list.as_str())]);
        view! { <a class="bad" href=href data-dialog=""><Icon name="trash"/>"Delete tag…"</a> }
    });
    view! {
        <details class="drop">
            <summary class="btn btn-ghost btn-sm btn-icon" aria-label=label><Icon name="more"/></summary>
            <div class="menu">{pull}{named}{copy}{back}<a href=history><Icon name="clock"/>"History"</a>{delete}</div>
        </details>
    }
}

#[component]
fn TagName<'a>(
    name: &'a RepositoryName,
    row: &'a TagRow,
    rule: Option<Protection>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let href = Address::Tag(name.clone(), row.tag.clone()).to_string();
    let link = view! { <a class="tagname" href=href>{row.tag.to_string()}</a> };
    let missing = row.missing_since.map(|at| view! { <Missing at now/> });
    let rule = rule.map(|rule| view! { <Protected rule=&rule/> });
    let link = match missing.is_none() && rule.is_none() {
        true => Either::Left(link),
        false => Either::Right(view! { <span class="row wrap">{link}{rule}{missing}</span> }),
    };
    let artifact = (row.kind == Kind::Artifact).then(|| kind_words(row.kind, row.artifact.as_deref()));
    view! {
        {link}
        {artifact.map(|words| view! { <span class="cell-sub">{words}</span> })}
    }
}

/// `same image as 1.4, prod and 3 more`.
fn same_words(same_as: &[Tag], more: u64) -> Option<String> {
    let names: Vec<&str> = same_as.iter().map(Tag::as_str).collect();
    match (names.as_slice(), more) {
        ([], 0) => None,
        (names, 0) => Some(format!("same image as {}", names.join(", "))),
        (names, more) => Some(format!("same image as {} and {more} more", names.join(", "))),
    }
}

#[component]
fn Platforms(platforms: Vec<String>, all_linux: bool) -> impl IntoView {
    if platforms.is_empty() {
        return Either::Left(view! { <span class="xs subtle">"None"</span> });
    }
    let shown = if platforms.len() > MAX_CHIPS + 1 { MAX_CHIPS } else { platforms.len() };
    let more = (shown < platforms.len()).then(|| {
        view! { <span class="chip" title=platforms[shown..].join(", ")>{format!("+{}", platforms.len() - shown)}</span> }
    });
    let chip = |full: String| {
        let text = brief(&full, all_linux).to_owned();
        view! { <span class="chip" title=full>{text}</span> }
    };
    let is_one = platforms.len() == 1;
    let chips: Vec<_> = platforms.into_iter().take(shown).map(chip).collect();
    Either::Right(match is_one {
        true => Either::Left(chips),
        false => Either::Right(view! { <span class="plat">{chips}{more}</span> }),
    })
}

/// `arm64` of `linux/arm64/v8`: what goes without saying is left out.
fn brief(platform: &str, all_linux: bool) -> &str {
    let text = if all_linux { platform.strip_prefix("linux/") } else { None };
    let text = text.unwrap_or(platform);
    text.strip_suffix("/v8").filter(|text| text.ends_with("arm64")).unwrap_or(text)
}

#[component]
fn Built(at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    match at {
        Some(at) => Either::Left(view! { <When at now/> }),
        None => Either::Right(view! { <span class="xs subtle">"not stated"</span> }),
    }
}

#[component]
fn MovedCell(moved: Moved, now: Timestamp) -> impl IntoView {
    match moved {
        Moved::At { when, by } => {
            let by =
                by.as_ref().and_then(Actor::name).map(|by| view! { <span class="cell-sub">{by.to_owned()}</span> });
            Either::Left(view! { <When at=when now/>{by} })
        }
        Moved::FirstSeen { when } => {
            Either::Right(view! { <span class="muted">"first seen "<When at=when now/></span> })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_is_said_in_words() {
        let tags: Vec<Tag> = ["1.4", "prod"].into_iter().map(|tag| tag.parse().unwrap()).collect();
        assert_eq!(same_words(&tags, 3).as_deref(), Some("same image as 1.4, prod and 3 more"));
        assert_eq!(same_words(&tags[..1], 0).as_deref(), Some("same image as 1.4"));
        assert_eq!(same_words(&[], 0), None);
    }

    #[test]
    fn platforms_are_brief() {
        assert_eq!(
            ["linux/arm64/v8", "linux/arm/v8", "linux/amd64"].map(|it| brief(it, true)),
            ["arm64", "arm/v8", "amd64"]
        );
        assert_eq!(["linux/arm64/v8", "windows/amd64"].map(|it| brief(it, false)), ["linux/arm64", "windows/amd64"]);
    }
}
