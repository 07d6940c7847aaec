//! The names that an image has had: which tags came to it and went on, newest first.

use crate::domain::view::{How, ImageView, MoveRow};
use crate::domain::{Actor, Address, Digest, RepositoryName, Timestamp};
use crate::ui::components::artifact::kind_noun;
use crate::ui::components::icon::Icon;
use crate::ui::components::mark::Mark;
use crate::ui::components::time::When;
use crate::ui::query::address;
use leptos::prelude::*;

/// The card; an image whose tags are not known to have moved has none.
#[component]
pub fn NamesCard<'a>(view: &'a ImageView, now: Timestamp) -> impl IntoView + use<> {
    // One way back for each tag, beside the last of its moves.
    let is_first = |index: usize| view.moves[..index].iter().all(|before| before.tag != view.moves[index].tag);
    let moves = view.moves.iter().enumerate();
    let entries = moves.map(|(index, entry)| {
        let may_roll_back = entry.may_roll_back && is_first(index);
        view! { <Entry repository=&view.repository own=&view.digest entry may_roll_back now/> }
    });
    let entries = entries.collect_view();
    let base = Address::History(view.repository.clone()).to_string();
    let (history, all) = match &view.tag {
        Some(tag) => (address(&base, &[("tag", tag.as_str())]), format!("All of {tag}'s history")),
        None => (base, format!("All of {}", view.repository)),
    };
    let title = format!("Names this {} has had", kind_noun(view.kind));
    (!view.moves.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-names">
                <div class="card-head"><h2 class="grow" id="h-names">{title}</h2><a class="sm" href=history>{all}</a></div>
                <ol class="card-body moves">{entries}</ol>
            </section>
        }
        .into_any()
    })
}

#[component]
fn Entry<'a>(
    repository: &'a RepositoryName,
    own: &'a Digest,
    entry: &'a MoveRow,
    may_roll_back: bool,
    now: Timestamp,
) -> impl IntoView + use<> {
    let MoveRow { tag, from, to, how, when, by, is_current, .. } = entry;
    let is_current = *is_current;
    let (icon, words, other) = match (from, to) {
        (Some(from), Some(to)) if to == own => ("up", " moved here from ", Some(from)),
        (None, _) if matches!(how, How::Restore | How::RollBack) => ("undo", " restored", None),
        (None, _) => ("plus", " created", None),
        (Some(_), Some(to)) => ("right", " moved on to ", Some(to)),
        (Some(_), None) if *how == How::Seen => ("trash", " gone", None),
        (Some(_), None) if *how == How::RollBack => ("trash", " removed", None),
        (Some(_), None) => ("trash", " deleted", None),
    };
    let other = other.map(|digest| {
        let href = Address::Manifest(repository.clone(), digest.clone()).to_string();
        view! { <a class="digest" href=href><Mark digest/>{digest.short().to_owned()}</a> }
    });
    let by = by.as_ref().and_then(Actor::name).map(|by| format!(" by {by}")).unwrap_or_default();
    let how = format!("{}{by}, ", how.way(to.as_ref()));
    // One that came from another image goes back to that or to an earlier one; one that names another now, to this.
    let back = (may_roll_back && (from.is_some() || !is_current)).then(|| {
        let base = Address::RollBack(repository.clone(), tag.clone()).to_string();
        let (to, goal) = if is_current { ("", "…") } else { (own.as_str(), " to this…") };
        let href = address(&base, &[("to", to)]);
        view! {
            <a class="btn btn-sm push" href=href data-dialog="">
                <Icon name="undo" class="i i-sm"/><span>"Roll back"<span class="vh">{format!(" {tag}")}</span>{goal}</span>
            </a>
        }
    });
    view! {
        <li>
            <Icon name=icon/>
            <div>
                <p class="sm"><span class="tagname">{tag.to_string()}</span>{words}{other}</p>
                <p class="xs subtle">{how}<When at=*when now/></p>
            </div>
            {back}
        </li>
    }
}
