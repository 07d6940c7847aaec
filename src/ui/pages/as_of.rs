//! `/n/{ns}/-/as-of`: a namespace as it was at a time, what differs now, and the way back for all of it.

mod asking;

use super::load::{PageTitle, load};
use crate::api::names::show_as_of;
use crate::domain::tag_filter::PROTECTED;
use crate::domain::view::{AsOfView, Deleted, Difference, Differences};
use crate::domain::{Address, Error, Namespace, RepositoryName, Scope, Tag, Timestamp};
use crate::ui::components::change::FromTo;
use crate::ui::components::crumbs::NamespaceCrumbs;
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::components::protected::{Met, each_once};
use crate::ui::components::table::Table;
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped, sentence};
use asking::{Asking, act, effects};
use leptos::prelude::*;

/// What is left out: what rules keep.
const LEAVE: &str = "leave";

const HOUR_MS: i64 = 3_600_000;

/// The page.
#[component]
pub fn AsOf(namespace: Namespace) -> impl IntoView {
    let request = PageRequest::current();
    let pairs = Pairs::of(&request.path_and_query);
    let typed = pairs.get("t").unwrap_or_default().trim().to_owned();
    let after = pairs.get("after").and_then(|after| after.rsplit_once(':'));
    let after = after.and_then(|(repository, tag)| Some((repository.parse().ok()?, tag.parse().ok()?)));
    let asks = pairs.get("roll-back").is_some();
    let unprotected = pairs.get(LEAVE) == Some(PROTECTED);
    let chosen = moment(&typed);
    let data = async move { read(namespace, chosen, (after, unprotected)).await };
    load(data, move |(view, wrong)| view! { <Whole view wrong typed asks now=request.now/> })
}

/// What a field says: a time in full, or one that the browser's field wrote, which is in UTC here.
fn moment(text: &str) -> Option<Result<Timestamp, Error>> {
    if text.is_empty() {
        return None;
    }
    let read = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    let read = read.iter().find_map(|text| Timestamp::parse(text));
    Some(read.ok_or_else(|| Error::invalid("t", "a time is written 2026-11-24T12:00")))
}

/// The page with what is wrong with its time, if something is.
async fn read(
    namespace: Namespace,
    then: Option<Result<Timestamp, Error>>,
    (after, unprotected): (Option<(RepositoryName, Tag)>, bool),
) -> Result<(AsOfView, Option<String>), Error> {
    let found = match then.transpose() {
        Ok(then) => show_as_of(namespace.clone(), then, after, unprotected).await,
        Err(wrong) => Err(wrong),
    };
    match found {
        Ok(view) => Ok((view, None)),
        Err(Error::Invalid { field, message }) if field == "t" => {
            Ok((show_as_of(namespace, None, None, false).await?, Some(message)))
        }
        Err(other) => Err(other),
    }
}

#[component]
fn Whole(view: AsOfView, wrong: Option<String>, typed: String, asks: bool, now: Timestamp) -> impl IntoView {
    let title = format!("{} as of a time", view.namespace);
    let chosen = match view.then {
        Some(then) => view! { <Chosen view=view.clone() then asks/> }.into_any(),
        None => view! {
            <Empty icon="clock" title="Choose a moment".to_owned()>
                <p>"Each tag that names something else now is listed here, with what it named then."</p>
            </Empty>
        }
        .into_any(),
    };
    view! {
        <PageTitle text=title.clone()/>
        <NamespaceCrumbs namespace=view.namespace.clone()/>
        <div class="head">
            <div class="grow">
                <h1>{title}</h1>
                <p class="head-sub">{format!("What every tag named then, of the last {}. Nothing changes until you roll back.", counted(view.days.into(), "day", "days"))}</p>
            </div>
        </div>
        <ScopeTabs scope=Scope::Namespace(view.namespace.clone()) open=Tab::AsOf opens=view.opens/>
        <Choose view=&view wrong typed now/>
        {chosen}
    }
    .into_any()
}

/// The field for the moment, and the moments that people mean mostly.
#[component]
fn Choose<'a>(view: &'a AsOfView, wrong: Option<String>, typed: String, now: Timestamp) -> impl IntoView + use<> {
    let base = Address::AsOf(view.namespace.clone()).to_string();
    let oldest = now.plus_days(-i64::from(view.days));
    let presets = [("An hour ago", HOUR_MS), ("Yesterday", 24 * HOUR_MS), ("A week ago", 7 * 24 * HOUR_MS)];
    let presets = presets.into_iter().filter(|(_, ms)| now.0 - ms >= oldest.0).map(|(words, ms)| {
        let href = address(&base, &[("t", &Timestamp(now.0 - ms).rfc3339())]);
        view! { <a class="btn btn-sm" href=href>{words}</a> }
    });
    let presets = presets.collect_view();
    let ((value, step), (newest, _)) = (view.then.map_or((typed, "1"), field), field(now));
    let invalid = wrong.is_some();
    let error = wrong.map(|wrong| {
        view! { <p class="field-error" id="t-error"><Icon name="warn" class="i i-sm"/><span>{sentence(&wrong)}</span></p> }
    });
    view! {
        <form class="filters row wrap" method="get" action=base role="search" aria-label="Choose a moment">
            <label for="t">"Moment, in UTC"</label>
            <input class="input narrow" id="t" name="t" type="datetime-local" value=value step=step min=oldest.minute() max=newest
                aria-invalid=invalid.then_some("true") aria-describedby=invalid.then_some("t-error") required="true"/>
            <button class="btn" type="submit">"Look"</button>
            {presets}
        </form>
        {error}
    }
    .into_any()
}

/// A moment as its field takes it, and the step at which the field keeps all of it: another second is another moment.
fn field(at: Timestamp) -> (String, &'static str) {
    let (second, exact) = (at.rfc3339(), at.exact());
    let (text, step) = if at.0 % 1000 == 0 { (second, "1") } else { (exact, "0.001") };
    (text.trim_end_matches('Z').to_owned(), step)
}

/// What differs between a moment and now.
#[component]
fn Chosen(view: AsOfView, then: Timestamp, asks: bool) -> impl IntoView {
    let is_stopped = !view.rules.is_empty() && !view.leaves_out;
    let kept = (view.protected.n > 0).then(|| view! { <Kept view=&view then/> });
    let AsOfView { namespace, differences, next, all, protected, leaves_out, print, deleted, days, .. } = view;
    let base = Address::AsOf(namespace.clone()).to_string();
    let t = then.exact();
    let leave = leaves_out.then_some((LEAVE, PROTECTED));
    let going = if leaves_out { all.without(protected) } else { all };
    let (tags, name) = (counted(all.n, "tag", "tags"), if all.n == 1 { "names" } else { "name" });
    let heading = format!("{tags} {name} something else than on {}", then.absolute());
    let gone = (!deleted.first.is_empty()).then(|| view! { <Gone deleted namespace=namespace.clone()/> });
    if all.n == 0 {
        return view! {
            {gone}
            <Empty icon="check" title="No tag differs".to_owned()>
                <p>{format!("Every tag of {namespace} names what it named on {}.", then.absolute())}</p>
            </Empty>
        }
        .into_any();
    }
    let at = |more: &[(&'static str, &str)]| {
        let pairs: Vec<(&str, &str)> = [("t", &*t)].into_iter().chain(leave).chain(more.iter().copied()).collect();
        address(&base, &pairs)
    };
    let goes = !is_stopped && going.n_lost == 0;
    let said = goes.then(|| view! { <p class="head-sub">{format!("Rolling back, {}.", effects(going))}</p> });
    let act = match (going.n_lost > 0, asks) {
        (true, _) => view! { <Lost all=going/> }.into_any(),
        _ if is_stopped => ().into_any(),
        (false, true) => {
            view! { <Asking namespace=namespace.clone() then all=going leaves_out print days back=at(&[])/> }.into_any()
        }
        (false, false) => {
            let href = at(&[("roll-back", "yes")]);
            let words = format!("{}…", act(going));
            view! { <p class="mt-4"><a class="btn btn-primary btn-wrap" id="roll-back" href=href>{words}</a></p> }
                .into_any()
        }
    };
    let more = next.map(|(repository, tag)| {
        let href = at(&[("after", &format!("{repository}:{tag}"))]);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Next"</a></nav> }
    });
    view! {
        <h2 class="section">{heading}</h2>
        {said}
        {gone}
        {kept}
        {act}
        <Rows differences/>
        {more}
    }
    .into_any()
}

/// What cannot come back whole.
#[component]
fn Lost(all: Differences) -> impl IntoView {
    let words = match all.n_lost {
        1 => "The image that one of these tags named is gone for good, so that they cannot go back together. Roll back the others one by one.".to_owned(),
        n => format!("The images that {n} of these tags named are gone for good, so that they cannot go back together. Roll back the others one by one."),
    };
    view! { <div class="callout callout-warn mt-4"><Icon name="warn"/><p>{words}</p></div> }.into_any()
}

/// What rules keep as it is: in the way of all of it, until it is left out.
#[component]
fn Kept<'a>(view: &'a AsOfView, then: Timestamp) -> impl IntoView + use<> {
    let n = view.protected.n;
    let tags = counted(n, "tag", "tags");
    if view.leaves_out {
        let stay = if n == 1 { "stays as it is" } else { "stay as they are" };
        let words = format!("Protected, and left out: {tags} {stay}.");
        return view! { <div class="callout callout-info mt-4"><Icon name="lock"/><p>{words}</p></div> }.into_any();
    }
    let (are, which) = (if n == 1 { "it is" } else { "they are" }, counted(n, "protected tag", "protected tags"));
    let words = format!("Rules keep {tags} as {are}. Nothing rolls back while they stand in the way.");
    let met = each_once(&view.rules).into_iter().map(|met| view! { <Met met/> }).collect_view();
    let more = counted(view.rules_more, "more tag is kept by a rule", "more tags are kept by rules");
    let more = (view.rules_more > 0).then(|| view! { <p>{format!("{more}.")}</p> });
    let on = (n < view.all.n).then(|| {
        let base = Address::AsOf(view.namespace.clone()).to_string();
        let href = address(&base, &[("t", &then.exact()), (LEAVE, PROTECTED)]);
        view! { <p class="mt-4"><a class="btn btn-primary" href=href>{format!("Leave out {which} and go on")}</a></p> }
    });
    view! {
        <div class="callout callout-warn mt-4"><Icon name="lock"/><div class="stack-2"><p class="medium">{words}</p>{met}{more}</div></div>
        {on}
    }
    .into_any()
}

/// Repositories that only the trash gives back.
#[component]
fn Gone(deleted: Deleted, namespace: Namespace) -> impl IntoView {
    let Deleted { first, more } = deleted;
    let names: Vec<String> = first.iter().map(RepositoryName::to_string).collect();
    let is_one = names.len() == 1 && more == 0;
    let (be, it) = if is_one { ("was deleted since and is", "it") } else { ("were deleted since and are", "them") };
    let rest = if more == 0 { String::new() } else { format!(" and {} more", grouped(more)) };
    let words = format!(" {be} in the trash. Rolling back does not bring {it} back: restore {it} first.");
    let href = Address::Trash(Some(namespace)).to_string();
    view! {
        <div class="callout callout-info mt-4"><Icon name="trash"/><p><span class="mono">{names.join(", ")}</span>{rest}{words}" "<a href=href>"Open the trash"</a></p></div>
    }
    .into_any()
}

#[component]
fn Rows(differences: Vec<Difference>) -> impl IntoView {
    const COLUMNS: &[&str] = &["Tag", "Now → then"];
    let rows = differences.into_iter().map(|it| {
        let Difference { repository, tag, then, now, is_kept, barred } = it;
        // What a rule keeps goes nowhere.
        let absent = if barred.is_some() { "not there" } else { "goes to the trash" };
        let barred = barred.map(|barred| {
            view! { <span class="badge" title=barred.to_string()><Icon name="lock"/>{barred.guard.title()}</span> }
        });
        let lost = (!is_kept).then(|| view! { <span class="badge badge-warn">"Gone for good"</span> });
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" data-a="head">
                    <span class="dim">{repository.to_string()}":"</span><span class="tagname">{tag.to_string()}</span>
                </th>
                <td role="cell" data-a="two">
                    <span class="row wrap"><FromTo repository=&repository from=now.as_ref() to=then.as_ref() none=("deleted", absent)/>{lost}{barred}</span>
                </td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! { <Table label="Tags that differ" columns=COLUMNS>{rows}</Table> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_fields_and_links_write_it() {
        let read = |text: &str| moment(text).map(|it| it.map(Timestamp::exact));
        for text in ["2026-11-24T12:00", "2026-11-24T12:00:00", "2026-11-24T12:00:00Z"] {
            assert_eq!(read(text), Some(Ok("2026-11-24T12:00:00.000Z".to_owned())), "{text}");
        }
        assert_eq!(read(""), None);
        assert!(matches!(read("yesterday"), Some(Err(Error::Invalid { .. }))));
    }

    #[test]
    fn a_field_keeps_all_of_a_moment() {
        for (text, value, step) in [
            ("2026-11-24T12:00:35Z", "2026-11-24T12:00:35", "1"),
            ("2026-11-24T12:00:35.120Z", "2026-11-24T12:00:35.120", "0.001"),
        ] {
            let at = Timestamp::parse(text).unwrap();
            assert_eq!(field(at), (value.to_owned(), step));
            assert_eq!(moment(&field(at).0), Some(Ok(at)), "{text}");
        }
    }
}
