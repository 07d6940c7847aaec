//! `/account/tokens`: the reader's own tokens, to make and to revoke.

use super::access::rows::{Place, Until};
use super::load::{PageTitle, load};
use crate::api::credentials::show_tokens;
use crate::domain::view::{MAX_DAYS, OFFERED_DAYS, TokenRow, TokensView};
use crate::domain::{Address, Role, Terms, Timestamp};
use crate::ui::components::empty::Empty;
use crate::ui::components::form::{Choice, Confirm, Field, Kind, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::table::{ACTIONS, Table};
use crate::ui::components::tabs::AccountTabs;
use crate::ui::components::time::Used;
use crate::ui::form::Intent;
use crate::ui::query::{Pairs, address};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Tokens() -> impl IntoView {
    let request = PageRequest::current();
    load(show_tokens(), move |view| view! { <Whole view request/> })
}

#[component]
fn Whole(view: TokensView, request: PageRequest) -> impl IntoView {
    let revoked = chosen(&view.tokens, &request);
    let back = Address::Tokens.to_string();
    let empty = view.tokens.is_empty().then(NoTokens);
    let rows = (!view.tokens.is_empty()).then(|| view! { <TokenRows rows=view.tokens is_own=true/> });
    view! {
        <PageTitle text="Your tokens".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Your tokens"</h1>
                <p class="head-sub">"For clients and programs, in place of your password. A token is a bound: it allows what both the token and your own access allow, at that moment."</p>
                <p class="head-sub"><a href=Address::ApiHelp.to_string()>"What programs can ask for"</a></p>
            </div>
        </div>
        <AccountTabs open=Address::Tokens/>
        {revoked.is_none().then(|| view! { <Problem intent=Intent::DeleteToken/> })}
        {revoked.map(|token| view! { <Revoke token intent=Intent::DeleteToken back/> })}
        <NewToken now=request.now/>
        {rows}
        {empty}
    }
}

/// The token about which the page's address asks.
pub fn chosen(tokens: &[TokenRow], request: &PageRequest) -> Option<TokenRow> {
    let pairs = Pairs::of(&request.path_and_query);
    pairs.get("revoke").and_then(|id| tokens.iter().find(|token| token.id == id)).cloned()
}

#[component]
fn NewToken(now: Timestamp) -> impl IntoView {
    const INTENT: Intent = Intent::CreateToken;
    let words = |role: Role| (role.name().to_owned(), format!("{}: {}", role.title(), role.words()));
    let all = (String::new(), "All that I may".to_owned());
    let roles: Vec<_> = [all].into_iter().chain(Role::ALL.into_iter().map(words)).collect();
    let mono = Kind { class: "input input-mono", ..Kind::OPTIONAL };
    let until = Kind { input: "date", ..Kind::OPTIONAL };
    view! {
        <section aria-labelledby="new-token" class="mt-4">
            <h2 class="vh" id="new-token">"New token"</h2>
            <Problem intent=INTENT/>
            <PostForm intent=INTENT class="grantform">
                <Field intent=INTENT name="name" label="Name" kind=Kind { placeholder: "laptop", ..Kind::TEXT }/>
                <Choice intent=INTENT name="role" label="At most" options=roles/>
                <Field intent=INTENT name="scope" label="Where" kind=Kind { placeholder: "team/*", ..mono }
                    hint="With a role: * is everything, team/* a namespace, team/web one repository"/>
                <Field intent=INTENT name="tags" label="Only tags" kind=Kind { placeholder: "release-*", ..mono }/>
                <Field intent=INTENT name="until" label="Until" value=now.plus_days(OFFERED_DAYS).day() kind=until
                    hint="Within a year. Empty is without an end."/>
                <button class="btn btn-primary" type="submit"><Icon name="plus" class="i i-sm"/>"New token"</button>
            </PostForm>
        </section>
    }
    .into_any()
}

/// Tokens in a table: one's own, or those of the user whose page it is.
#[component]
pub fn TokenRows(rows: Vec<TokenRow>, is_own: bool) -> impl IntoView {
    let request = PageRequest::current();
    const COLUMNS: &[&str] = &["Name", "At most", "Expires", "Last used", ACTIONS];
    let rows = rows.into_iter().map(|row| view! { <Row row is_own request=&request/> }).collect_view();
    view! { <Table label="Tokens" class="cards acts" columns=COLUMNS>{rows}</Table> }.into_any()
}

#[component]
fn Row<'a>(row: TokenRow, is_own: bool, request: &'a PageRequest) -> impl IntoView + use<> {
    let TokenRow { id, name, bound, expires_at, used_at, used_from, reaches, .. } = row;
    let name = name.to_string();
    let (href, anchor) = (address(request.path(), &[("revoke", &id)]), format!("revoke-{id}"));
    let now = request.now;
    let idle = if is_own { "Nothing is given to you there" } else { "Nothing is given to them there" };
    let idle = (!reaches).then(|| view! { <span class="cell-sub">{idle}</span> });
    let label = format!("Revoke the token {name}");
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><span class="name">{name}</span></th>
            <td role="cell" data-a="two"><Bound bound is_own/>{idle}</td>
            <td role="cell" class="nowrap" data-a="end1"><Until at=expires_at now/></td>
            <td role="cell" data-a="three"><span class="k-only">"Last used: "</span><Used at=used_at from=used_from now/></td>
            <td role="cell" class="r" data-a="end3"><a class="btn btn-ghost btn-sm" id=anchor href=href aria-label=label>"Revoke…"</a></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Bound(bound: Option<Terms>, is_own: bool) -> impl IntoView {
    match bound {
        None => {
            let words = if is_own { "All that you may" } else { "All that they may" };
            view! { <span>{words}</span> }.into_any()
        }
        Some(terms) => view! { <Held terms/> }.into_any(),
    }
}

/// A role, where it holds, and for which tags.
#[component]
pub fn Held(terms: Terms) -> impl IntoView {
    let tags = terms.tags.map(|tags| {
        view! { <span class="cell-sub">"only tags "<span class="mono">{tags.to_string()}</span></span> }
    });
    view! { <span>{terms.role.title()}" on "<Place scope=terms.scope/></span>{tags} }.into_any()
}

/// Asks before a token is revoked.
#[component]
pub fn Revoke(token: TokenRow, intent: Intent, back: String) -> impl IntoView {
    let now = PageRequest::current().now;
    let (name, back) = (token.name.to_string(), format!("{back}#revoke-{}", token.id));
    view! {
        <Confirm intent title=format!("Revoke the token {name}?") act=format!("Revoke {name}") back>
            <p>"What signs in with it is refused from then on. "<LastUse at=token.used_at from=token.used_from now/></p>
            <input type="hidden" name="token" value=token.id/>
        </Confirm>
    }
    .into_any()
}

/// When a secret was last used, as a sentence.
#[component]
pub fn LastUse(at: Option<Timestamp>, from: String, now: Timestamp) -> impl IntoView {
    match at {
        Some(at) => format!("It was last used {} from {from}.", at.ago(now)),
        None => "It was never used.".to_owned(),
    }
}

#[component]
fn NoTokens() -> impl IntoView {
    let words = format!(
        "Make one above for a client that cannot ask you for your password. It lives for {MAX_DAYS} days at most, or until you revoke it."
    );
    view! { <Empty icon="key" title="No tokens yet".to_owned()><p>{words}</p></Empty> }
}
