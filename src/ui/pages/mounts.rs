//! `/admin/mounts`: the registries behind this console, what each can do, and how it stands.

mod changes;
mod form;
pub mod new;
mod notifications;
pub mod one;

use super::load::{PageTitle, load};
use super::repositories::Sharing;
use crate::api::mounts::list_mounts;
use crate::domain::capability::Capability;
use crate::domain::view::{CrawlState, MountKind, MountNotice, MountRow, MountsView};
use crate::domain::{Address, Timestamp};
use crate::ui::components::icon::Icon;
use crate::ui::components::notice::Notice;
use crate::ui::components::time::When;
use crate::ui::islands::live::LiveScope;
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped, span};
use leptos::either::Either;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Mounts() -> impl IntoView {
    let request = PageRequest::current();
    let now = request.now;
    load(list_mounts(), move |view| match request.part {
        Some(_) => view! { <Cards view now/> }.into_any(),
        None => view! { <Whole view now/> }.into_any(),
    })
}

#[component]
fn Whole(view: MountsView, now: Timestamp) -> impl IntoView {
    view! {
        <PageTitle text="Mounts".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"Mounts"</h1>
                <p class="head-sub">"Each path prefix of the one namespace leads to a registry."</p>
            </div>
            <LiveScope scope="repositories".to_owned() since=now nouns=("mount", "mounts")/>
            {view.may_manage.then(NewLink)}
        </div>
        <Cards view now/>
    }
}

#[component]
fn NewLink() -> impl IntoView {
    view! {
        <div class="head-actions row">
            <a class="btn btn-primary" href=Address::NewMount.to_string()><Icon name="plus" class="i i-sm"/>"Add a mount"</a>
        </div>
    }
    .into_any()
}

/// What changes with the data.
#[component]
fn Cards(view: MountsView, now: Timestamp) -> impl IntoView {
    let is_only = view.mounts.len() == 1;
    let mounts = view.mounts.into_iter().enumerate();
    let cards = mounts.map(|(index, mount)| view! { <Mount index mount is_only now/> }).collect_view();
    view! { <div class="stack mt-4" data-live="mounts">{cards}</div> }
}

#[component]
fn Mount(index: usize, mount: MountRow, is_only: bool, now: Timestamp) -> impl IntoView {
    let heading = format!("mount-{index}");
    let label = heading.clone();
    let (prefix, href) = (mount.prefix.shown(), Address::Mount(mount.prefix.clone()).to_string());
    let rest = if is_only { "everything" } else { "everything else" };
    let rest = mount.prefix.is_root().then(|| view! { <span class="sm muted">{rest}</span> });
    let locked = (mount.is_of_file && mount.kind == MountKind::Remote)
        .then(|| view! { <span class="badge">"In the configuration"</span> });
    let read_only = (mount.kind == MountKind::Remote && mount.is_read_only)
        .then(|| view! { <span class="badge">"Read-only"</span> });
    let (kind, icon) = match mount.kind {
        MountKind::Hosted => ("Hosted here", "repo"),
        MountKind::Remote => ("Remote", "globe"),
    };
    view! {
        <section class="card" aria-labelledby=label>
            <div class="card-head">
                <Icon name=icon/>
                <h2 id=heading class="mono"><a class="name" href=href>{prefix}</a></h2>
                {rest}
                <span class="badge">{kind}</span>
                {read_only}
                {locked}
            </div>
            <div class="card-body stack"><State mount=&mount now/><Numbers mount=&mount now/></div>
        </section>
    }
    .into_any()
}

/// What is under way or went wrong.
#[component]
fn State<'a>(mount: &'a MountRow, now: Timestamp) -> impl IntoView + use<> {
    let is_news = mount.kind == MountKind::Remote && mount.crawl != CrawlState::Rested;
    is_news.then(|| {
        let MountRow { prefix, url, crawl, as_of, refresh_s, heard_at, .. } = mount.clone();
        view! { <Notice notice=MountNotice { prefix, url, crawl, as_of, refresh_s, heard_at } now/> }
    })
}

#[component]
fn Numbers<'a>(mount: &'a MountRow, now: Timestamp) -> impl IntoView + use<> {
    let totals = mount.totals;
    let holds = [
        counted(totals.repositories, "repository", "repositories"),
        counted(totals.tags, "tag", "tags"),
        counted(totals.images, "image", "images"),
    ];
    let is_known = mount.kind == MountKind::Hosted || mount.as_of.is_some() || totals.repositories > 0;
    let holds = if is_known { holds.join(", ") } else { "Not known yet".to_owned() };
    let stored = is_known.then(|| {
        let words = format!("{}, {} before sharing layers", totals.stored, totals.logical);
        view! { <dt>"Stored"</dt><dd class="num">{words}<Sharing totals/></dd> }
    });
    let capabilities = mount.capabilities.iter().map(|(capability, known)| {
        view! { <Power capability=*capability known=*known/> }
    });
    view! {
        <dl class="kv">
            <dt>"Address"</dt>
            <dd>{mount.url.clone()}</dd>
            <dt>"Holds"</dt>
            <dd>{holds}</dd>
            {stored}
            <Crawl mount now/>
            <dt>"Can"</dt>
            <dd><ul class="powers">{capabilities.collect_view()}</ul></dd>
        </dl>
    }
}

/// When a registry that is read was last read; the embedded one needs no reading.
#[component]
fn Crawl<'a>(mount: &'a MountRow, now: Timestamp) -> impl IntoView + use<> {
    let as_of = match mount.as_of {
        Some(at) => Either::Left(view! { <When at now/> }),
        None => Either::Right("not yet"),
    };
    let refresh = mount.refresh_s.map(|seconds| format!(", every {}", span(seconds)));
    let missing = (mount.missing > 0).then(|| {
        view! { <dt>"Missing"</dt><dd>{format!("{} known here that the registry no longer lists", grouped(mount.missing))}</dd> }
    });
    let left_out = mount.left_out.clone().map(|words| view! { <dt>"Left out"</dt><dd>{words}</dd> });
    (mount.kind == MountKind::Remote)
        .then(|| view! { <dt>"Last checked"</dt><dd>{as_of}{refresh}</dd>{missing}{left_out} })
}

/// A capability with what is known of it, in words and with a sign.
#[component]
fn Power(capability: Capability, known: Option<bool>) -> impl IntoView {
    let (icon, class, sign) = match known {
        Some(true) => ("check", "good", "yes"),
        Some(false) => ("x", "muted", "no"),
        None => ("clock", "subtle", "not probed"),
    };
    let words = match known {
        Some(_) => capability.words().to_owned(),
        None => format!("{} (not probed)", capability.words()),
    };
    let sign = known.map(|_| view! { <span class="vh">{format!(": {sign}")}</span> });
    view! { <li class=class><Icon name=icon class="i i-sm"/><span>{words}{sign}</span></li> }
}
