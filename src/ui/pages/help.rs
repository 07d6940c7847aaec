//! `/help`: how to pull, push and sign in from a terminal, what a filter understands, how images are named, and what the
//! marks on pages mean.

pub mod shortcuts;

use super::load::{PageTitle, load};
use crate::api::repositories::may_read_help;
use crate::domain::manifest::Kind;
use crate::domain::tag_filter::WORDS;
use crate::domain::{Address, Digest, RepositoryName};
use crate::ui::components::clients::Clients;
use crate::ui::components::icon::Icon;
use crate::ui::components::mark::Mark;
use crate::ui::components::part::Part;
use crate::ui::components::pull_box::{Pull, PullBox};
use crate::ui::components::snippets::Snippets;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The repository of all examples, and a tag and a digest in it.
const NAME: &str = "team/web";
const TAG: &str = "1.4.2";
const DIGEST: &str = "sha256:3f9a41c7e05d7ab1c2b8f0d34d9e6a5517c0b3e2f1a49d8876543210fedcba98";

/// The page.
#[component]
pub fn Help() -> impl IntoView {
    load(may_read_help(), |()| view! { <Whole request=PageRequest::current()/> })
}

#[component]
fn Whole(request: PageRequest) -> impl IntoView {
    let sub = format!("How to work with {}.", request.host);
    view! {
        <PageTitle text="Help".to_owned()/>
        <div class="head"><div class="grow"><h1>"Help"</h1><p class="head-sub">{sub}</p></div></div>
        <div class="parts">
            <FromATerminal request/>
            <Filters/>
            <References/>
            <Marks/>
            <Part id="keys" title="Keys" words="Lists and pages work by single keys too.">
                <p><a href=Address::Shortcuts.to_string()>"See all keys, or switch them off"</a></p>
            </Part>
            <Part id="api" title="Programs" words="What pages show and do, programs get and do too, with a token.">
                <p><a href=Address::ApiHelp.to_string()>"See all calls of the API"</a></p>
            </Part>
        </div>
    }
    .into_any()
}

/// Signing in, pulling, pushing.
#[component]
fn FromATerminal(request: PageRequest) -> impl IntoView {
    let clients = Clients::here(&request);
    let (log_in, push) = (clients.log_in(), clients.push(NAME));
    let tokens = request.user.is_some().then(|| view! { <Tokens/> });
    view! {
        <Part id="sign-in" title="Sign in from a terminal" words="Once for each client and machine. The client asks for a password: yours, or better a token. A robot signs in by its name and secret.">
            <Snippets legend="Commands to sign in" name="log-in" snippets=log_in/>
            {tokens}
        </Part>
        <Part id="pulling" title="Pull" words="The page of a repository and of an image has this line ready for it.">
            <Pulling clients/>
        </Part>
        <Part id="pushing" title="Push" words="A push to a name that is not there yet makes the repository, where you may do that. The page of a repository says it with its own name.">
            <Snippets legend="Commands to push" name="push" snippets=push/>
        </Part>
    }
}

/// The way to one's own tokens.
#[component]
pub(super) fn Tokens() -> impl IntoView {
    view! { <p class="sm"><a href=Address::Tokens.to_string()>"Make a token"</a>" that does no more than this machine needs."</p> }
}

#[component]
fn Pulling(clients: Clients) -> impl IntoView {
    let repository: RepositoryName = NAME.parse().ok()?;
    let pull = Pull {
        host: clients.host,
        name: NAME.to_owned(),
        suffix: format!(":{TAG}"),
        kind: Kind::Image,
        artifact: None,
        plain_http: clients.is_plain,
    };
    Some(view! { <PullBox pull repository/> })
}

/// The words of the filter, from the parser's own table.
#[component]
fn Filters() -> impl IntoView {
    let words = WORDS.iter().map(|word| view! { <dt><code>{word.sample}</code></dt><dd><Coded text=word.means/></dd> });
    view! {
        <Part id="filters" title="Filter tags" words="A list of tags shows those that fit all words of its filter. The address keeps it, so that it can be shared.">
            <dl class="kv kv-keys">{words.collect_view()}</dl>
        </Part>
    }
}

/// A sentence of ours in which backticks set off what is typed.
#[component]
fn Coded(text: &'static str) -> impl IntoView {
    let pieces = text.split('`').enumerate().map(|(index, piece)| match index % 2 {
        0 => piece.into_any(),
        _ => view! { <code>{piece}</code> }.into_any(),
    });
    pieces.collect_view()
}

/// How an image is named.
#[component]
fn References() -> impl IntoView {
    let short = &DIGEST[..19];
    view! {
        <Part id="references" title="Names of images">
            <dl class="kv kv-keys">
                <dt><code>{NAME}</code></dt>
                <dd>"A repository, in the namespace "<code>"team"</code>". Namespaces may lie in others."</dd>
                <dt><code>{format!("{NAME}:{TAG}")}</code></dt>
                <dd>"A tag: a name for an image, which may be moved to another one, unless a rule keeps it."</dd>
                <dt><code>{format!("{NAME}@{short}…")}</code></dt>
                <dd>"A digest: always the same image, byte by byte."</dd>
            </dl>
        </Part>
    }
}

#[component]
fn Marks() -> impl IntoView {
    let digest: Option<Digest> = DIGEST.parse().ok();
    let digest = digest.map(|digest| {
        view! { <span class="digest"><Mark digest=&digest/><span>{digest.short().to_owned()}</span></span> }
    });
    view! {
        <Part id="marks" title="What the marks mean">
            <dl class="kv kv-keys">
                <dt>{digest}</dt>
                <dd>"An image, by the first twelve characters of its digest. The squares are drawn from the digest: where they are the same, so is the image."</dd>
                <dt><span class="badge"><Icon name="lock"/>"Protected"</span></dt>
                <dd>"A rule says who may move or delete the tag. Nobody moves or deletes what is immutable."</dd>
                <dt><span class="badge">"Remote"</span></dt>
                <dd>"Another registry keeps it; this one reads it. "<b class="medium">"Read-only"</b>" says that nothing is changed there from here."</dd>
                <dt><span class="badge">"Public"</span></dt>
                <dd>"Everybody may see and pull it. "<b class="medium">"Internal"</b>" is for everybody who signed in; without a word it is for those who were given access."</dd>
                <dt><span class="badge badge-warn">"Missing upstream"</span></dt>
                <dd>"The other registry did not list it when it was last asked. Nothing is deleted for that."</dd>
                <dt><span class="row"><span class="dot dot-good"></span>"Live"</span></dt>
                <dd>"The list keeps itself as new as the registry; else it says since when it does not."</dd>
            </dl>
        </Part>
    }
}
