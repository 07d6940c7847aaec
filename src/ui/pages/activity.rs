//! `/activity`, `/n/{ns}/-/activity`, `/r/{repo}/-/activity`: what was done and what was refused, by whom and from where,
//! newest first.

mod words;

use super::access::Above;
use super::load::{PageTitle, load};
use crate::api::people::list_activity;
use crate::domain::view::{ActivityQuery, ActivityRow, ActivityView, Opens};
use crate::domain::{Actor, Address, Error, Permission, Scope, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::icon::Icon;
use crate::ui::components::name::ScopeTitle;
use crate::ui::components::table::Table;
use crate::ui::components::tabs::{ScopeTabs, Tab};
use crate::ui::components::time::When;
use crate::ui::query::{Pairs, SPANS, Span, address};
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_TEXT_CHARS, inert};
use leptos::prelude::*;
use words::{Difference, short, tried, words};

/// The most that is shown of what it was done to.
const MAX_OBJECT_CHARS: usize = 300;

/// The page of everything, or of the scope that is filtered for.
#[component]
pub fn Everywhere() -> impl IntoView {
    view! { <Activity scope=Scope::Everything/> }
}

/// The page of a scope.
#[component]
pub fn Activity(scope: Scope) -> impl IntoView {
    let request = PageRequest::current();
    let query = read(&request.path_and_query);
    let span = Span::read(&request.path_and_query);
    let asked = ActivityQuery { since: span.map(|span| span.before(request.now)), ..query.clone() };
    let page = scope.clone();
    let place = Pairs::of(&request.path_and_query).get("where").unwrap_or_default().trim().to_owned();
    let data = async move {
        let scope = match place.is_empty() {
            true => scope,
            false => place.parse().map_err(|error| match error {
                Error::Invalid { message, .. } => Error::invalid("where", message),
                other => other,
            })?,
        };
        list_activity(scope, asked).await
    };
    load(data, move |view| view! { <Whole view asked=(query, span) page now=request.now/> })
}

fn read(path_and_query: &str) -> ActivityQuery {
    let pairs = Pairs::of(path_and_query);
    let get = |key: &str| pairs.get(key).unwrap_or_default().trim().to_owned();
    let refused_only = pairs.get("refused").is_some();
    let (who, action, object, after) = (get("who"), get("action"), get("object"), get("after"));
    ActivityQuery { who, action, object, refused_only, after, ..ActivityQuery::default() }
}

#[component]
fn Whole(view: ActivityView, asked: (ActivityQuery, Option<Span>), page: Scope, now: Timestamp) -> impl IntoView {
    let (query, span) = asked;
    let own = Address::Activity(page.clone()).to_string();
    let place = if view.scope == page { String::new() } else { view.scope.to_string() };
    let next = view.next.as_ref().map(|next| {
        let refused = if query.refused_only { "yes" } else { "" };
        let pairs = [
            ("who", query.who.as_str()),
            ("action", &query.action),
            ("object", &query.object),
            ("where", &place),
            ("refused", refused),
            ("span", span.map_or("", |span| span.name)),
            ("after", next),
        ];
        let href = address(&own, &pairs);
        view! { <nav class="tfoot" aria-label="Pages"><a class="btn btn-sm" rel="next" href=href>"Older"</a></nav> }
    });
    let rows = match view.rows.is_empty() {
        true => view! { <Empty icon="pulse" title="Nothing was done that fits".to_owned()><a class="btn" href=own>"Clear filter"</a></Empty> }.into_any(),
        false => view! { <Rows rows=view.rows now/> }.into_any(),
    };
    view! {
        <Top page=page.clone() opens=view.opens/>
        <FilterBar query span place page/>
        {rows}
        {next}
    }
    .into_any()
}

#[component]
fn Top(page: Scope, opens: Opens) -> impl IntoView {
    let title = match &page {
        Scope::Everything => "Activity".to_owned(),
        scope => scope.to_string().trim_end_matches("/*").to_owned(),
    };
    let of = if page == Scope::Everything { title.clone() } else { format!("Activity of {title}") };
    view! {
        <PageTitle text=of/>
        <Above scope=page.clone()/>
        <div class="head">
            <div class="grow"><ScopeTitle scope=&page title/><p class="head-sub">"What was changed and what was refused. Pulls are counted, not listed."</p></div>
        </div>
        <ScopeTabs scope=page open=Tab::Activity opens/>
    }
    .into_any()
}

#[component]
fn FilterBar(query: ActivityQuery, span: Option<Span>, place: String, page: Scope) -> impl IntoView {
    let kinds = [
        ("", "Any action"),
        ("manifest", "Pushes and deletes of images"),
        ("tag", "Tags"),
        ("trash", "Trash"),
        ("blob", "Blobs"),
        ("repository", "Repositories"),
        ("grant", "Access"),
        ("user", "Users"),
        ("group", "Groups"),
        ("session", "Sessions"),
        ("account", "Accounts"),
        ("token", "Tokens"),
        ("namespace", "Namespaces"),
        ("robot", "Robots"),
        ("mount", "Mounts"),
        ("provider", "Sign-in providers"),
        ("job", "Jobs"),
        ("instance", "Instance"),
    ];
    let kinds =
        kinds.map(|(value, words)| view! { <option value=value selected=value == query.action>{words}</option> });
    let spans = SPANS.map(|it| view! { <option value=it.name selected=span == Some(it)>{it.words}</option> });
    let anywhere = (page == Scope::Everything).then(|| {
        view! {
            <label class="vh" for="where">"Where"</label>
            <input class="input narrow" id="where" name="where" value=place placeholder="Where: team/*" autocomplete="off" spellcheck="false"/>
        }
    });
    view! {
        <form class="filters row wrap" method="get" action=Address::Activity(page).to_string() role="search" aria-label="Filter activity">
            <label class="vh" for="who">"Who, by username"</label>
            <input class="input narrow" id="who" name="who" value=query.who placeholder="Who" autocomplete="off" spellcheck="false"/>
            <label class="vh" for="action">"What"</label>
            <select class="select" id="action" name="action">{kinds}</select>
            {anywhere}
            <label class="vh" for="refused">"Result"</label>
            <select class="select" id="refused" name="refused">
                <option value="">"Any result"</option>
                <option value="yes" selected=query.refused_only>"Refused only"</option>
            </select>
            <label class="vh" for="span">"When"</label>
            <select class="select" id="span" name="span"><option value="">"Any time"</option>{spans}</select>
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Rows(rows: Vec<ActivityRow>, now: Timestamp) -> impl IntoView {
    const COLUMNS: &[&str] = &["What", "Who and from where", "Result", "When"];
    let rows = rows.into_iter().map(|row| view! { <Row row now/> }).collect_view();
    view! { <Table label="Activity, newest first" columns=COLUMNS>{rows}</Table> }.into_any()
}

/// What became another, which opens into all that is known of it, to the letter.
#[component]
fn Details(object: String, before: Option<String>, after: Option<String>, request_id: String) -> impl IntoView {
    let difference = view! { <Difference before=before.as_ref() after=after.as_ref() object=&object/> };
    let rows = [("Object", object), ("Before", before.unwrap_or_default()), ("After", after.unwrap_or_default())];
    let rows = rows.into_iter().chain([("Request", request_id)]).filter(|(_, text)| !text.is_empty());
    let rows = rows.map(|(key, text)| view! { <dt>{key}</dt><dd class="mono">{inert(&text, MAX_TEXT_CHARS)}</dd> });
    view! {
        <details class="more">
            <summary class="xs"><span class="diff">{difference}</span><span class="fold">"Details"<Icon name="down" class="i i-sm"/></span></summary>
            <dl class="kv">{rows.collect_view()}</dl>
        </details>
    }
    .into_any()
}

#[component]
fn Row(row: ActivityRow, now: Timestamp) -> impl IntoView {
    let ActivityRow { at, actor, action, object, source, refused, before, after, request_id, address, token, .. } = row;
    let who = match &actor {
        Some(Actor::Anonymous) => "nobody in particular".to_owned(),
        Some(Actor::System(job)) => format!("Portolan ({})", job.name()),
        Some(actor) => actor.to_string(),
        None => "nobody knows".to_owned(),
    };
    // The secret of a robot has its name.
    let is_robots = matches!(actor, Some(Actor::Robot(_)));
    let token = token.filter(|_| !is_robots).map(|token| format!("token {} ", inert(&token, MAX_OBJECT_CHARS)));
    let (what, end) = match refused {
        Some(_) => (tried(&action), Some(view! { " "<span class="name">"was refused"</span> })),
        None => (words(&action), None),
    };
    let source = source.map(|source| {
        view! { " from "<span class="mono sm">{inert(&source, MAX_OBJECT_CHARS)}</span> }
    });
    let result = match refused {
        Some(permission) => {
            let why = view! { <span class="cell-sub">{reason(&permission)}</span> };
            view! { <span class="badge badge-bad">"Refused"</span>{why} }.into_any()
        }
        None => view! { <span class="subtle">"Done"</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <span class="name">{what}</span>" "<span class="mono sm">{inert(&short(&object), MAX_OBJECT_CHARS)}</span>{source}{end}
                <Details object before after request_id/>
            </th>
            <td role="cell" data-a="two">{who}<span class="cell-sub">{token}<span class="mono">{address}</span></span></td>
            <td role="cell" data-a="end2">{result}</td>
            <td role="cell" class="nowrap muted" data-a="end1"><When at now/></td>
        </tr>
    }
    .into_any()
}

/// Why something was refused: a permission that was missing, or other words.
fn reason(reason: &str) -> String {
    let is_permission = Permission::try_from(reason.to_owned()).is_ok();
    if is_permission { format!("needs {reason}") } else { inert(reason, MAX_OBJECT_CHARS) }
}
