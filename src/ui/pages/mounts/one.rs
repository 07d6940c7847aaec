//! `/admin/mounts/{prefix}`: how one registry is mounted, and what it is told to trust tokens from here.

use super::changes::Changes;
use super::form::MountForm;
use super::notifications::{Notifications, Rotating};
use super::{Numbers, State};
use crate::api::mounts::show_mount;
use crate::domain::view::{LedElsewhere, MountKind, MountRow, MountView, TrustView};
use crate::domain::{Address, Timestamp};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::part::Part;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::query::{Pairs, decode_path};
use crate::ui::request::PageRequest;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The page.
#[component]
pub fn OneMount() -> impl IntoView {
    let request = PageRequest::current();
    let name = decode_path(request.path()).trim_start_matches("/admin/mounts/").to_owned();
    let asks = Pairs::of(&request.path_and_query).get("remove").is_some();
    load(show_mount(name, asks), move |view| view! { <Whole view request asks/> })
}

#[component]
fn Whole(view: MountView, request: PageRequest, asks: bool) -> impl IntoView {
    let MountView { row, settings, has_password, trust, hook, n_grants, n_held, moved, may_manage, .. } = view;
    let (title, now) = (row.prefix.shown(), request.now);
    let rotates = Pairs::of(&request.path_and_query).get("rotate").is_some();
    let rotates = rotates && row.hook_at.is_some() && hook.as_ref().is_some_and(|hook| hook.may_rotate);
    let rotating = rotates.then(|| view! { <Rotating row=&row now/> });
    let hook = hook.map(|hook| view! { <Notifications row=&row hook now/> });
    let removing = (asks && may_manage).then(|| {
        view! { <Removing row=&row n_grants/> }
    });
    let check = (may_manage && !asks).then(Check);
    let form = settings.filter(|_| may_manage).map(|settings| {
        view! {
            <Held n_held/>
            <MountForm intent=Intent::ChangeMount settings has_password act="Save the mount"/>
        }
        .into_any()
    });
    let words = match row.kind {
        MountKind::Hosted => "What is pushed to Portolan is kept here.",
        MountKind::Remote if row.is_read_only => {
            "Portolan reads this registry and writes nothing to it. Clients push to it and pull from it directly."
        }
        MountKind::Remote => {
            "Tags of this registry are moved and deleted from here too. Clients push to it and pull from it directly."
        }
    };
    let read_only = (row.kind == MountKind::Remote && row.is_read_only)
        .then(|| view! { <span class="badge"><Icon name="lock"/>"Read-only"</span> });
    view! {
        <PageTitle text=format!("Mount {title}")/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Mounts.to_string()>"Mounts"</a></li></ol></nav>
        <div class="head">
            <div class="grow"><div class="head-title"><h1 class="mono">{title}</h1>{read_only}</div><p class="head-sub">{words}</p></div>
            {check}
        </div>
        <Problem intent=Intent::CheckMount/>
        {removing}
        {rotating}
        <Locked row=&row/>
        {moved.map(|moved| view! { <Led moved now/> })}
        <div class="stack mt-4 wide"><State mount=&row now/><div class="card"><div class="card-body"><Numbers mount=&row now/></div></div></div>
        <div class="parts mt-4"><Changes row=&row/>{hook}{trust.map(|trust| view! { <Trust trust/> })}</div>
        {form}
        <div class="parts">{(may_manage && !asks).then(RemoveLink)}</div>
    }
    .into_any()
}

/// What would be left behind at an address that changes.
#[component]
fn Held(n_held: u64) -> impl IntoView {
    if n_held == 0 {
        return None;
    }
    let images = counted(n_held, "image is held", "images are held");
    let words = format!(
        "{images} at this address by hidden tags, for what is in the trash. With another address, none of that can be restored, and the hidden tags stay there: empty the trash first, or restore what is wanted."
    );
    Some(view! { <div class="callout callout-info mt-4 wide"><Icon name="trash"/><p>{words}</p></div> }.into_any())
}

/// That it leads elsewhere since a start, and what that left behind.
#[component]
fn Led(moved: LedElsewhere, now: Timestamp) -> impl IntoView {
    let LedElsewhere { was, at, n_going, n_held } = moved;
    let going = (n_going > 0).then(|| {
        format!(
            " {} on the way into the trash there: that goes on for none of them.",
            counted(n_going, "tag was", "tags were")
        )
    });
    let held = (n_held > 0).then(|| {
        format!(
            " {} there by hidden tags, which stay until the mount leads there again.",
            counted(n_held, "image is held", "images are held")
        )
    });
    let jobs = Address::Jobs.to_string();
    view! {
        <div class="callout callout-warn mt-4 wide">
            <Icon name="warn"/>
            <p>
                "The configuration led this mount to "<code>{was}</code>" until a start "<When at now/>". Jobs that were under way there ended, and nothing of them is done at the new address; "<a href=jobs>"their pages"</a>" say how far they came."{going}{held}
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Check() -> impl IntoView {
    view! {
        <div class="head-actions row">
            <PostForm intent=Intent::CheckMount class="row grow"><button class="btn btn-block" type="submit">"Check now"</button></PostForm>
        </div>
    }
    .into_any()
}

#[component]
fn RemoveLink() -> impl IntoView {
    view! {
        <Part id="end" title="Remove it" words="Nothing is deleted at the registry.">
            <div class="row"><a class="btn btn-bad-quiet" id="remove" href="?remove=yes">"Remove…"</a></div>
        </Part>
    }
    .into_any()
}

/// By whom it is mounted, where it is not by the console: the configuration, or Portolan itself where nobody said
/// another registry.
#[component]
fn Locked<'a>(row: &'a MountRow) -> impl IntoView + use<> {
    if !row.is_of_file {
        return None;
    }
    let key = format!("[[mounts]] prefix = \"{}\"", row.prefix);
    let words = match (row.kind, row.prefix.is_root()) {
        (MountKind::Hosted, true) => {
            view! { "This registry is built in: it is there without being set, and stays. Others are mounted beside it." }.into_any()
        }
        _ => view! { "The configuration holds this mount, under "<code>{key}</code>". Change it there, and start the server again." }
            .into_any(),
    };
    Some(view! { <div class="callout callout-info mt-4 wide"><Icon name="lock"/><p>{words}</p></div> }.into_any())
}

/// What the registry is told to take tokens from here.
#[component]
fn Trust(trust: TrustView) -> impl IntoView {
    let TrustView { realm, service, issuer } = trust;
    let block = format!(
        "auth:\n  token:\n    realm: {realm}\n    service: {service}\n    issuer: {issuer}\n    rootcertbundle: /etc/docker/registry/portolan-token-ca.pem"
    );
    view! {
        <Part id="trust" title="Tokens from here">
            <p class="sm">"This registry lets in whom Portolan lets in. Its configuration says so by this block, and it has the certificate at the path that the block names."</p>
            <div class="code"><code tabindex="0">{block.clone()}</code><CopyButton text=block label="Copy the block".to_owned()/></div>
            <p><a class="btn" href="/token/ca.pem" download="portolan-token-ca.pem">"Download the certificate"</a></p>
            <p class="sm muted">
                "A token holds for 5 minutes there, and the registry asks nobody again in that time: what is taken from somebody is gone there after at most 5 minutes. It also knows no tag that may not move: whoever may push may move a tag there, so access that is narrowed to some tags pushes nothing."
            </p>
        </Part>
    }
    .into_any()
}

#[component]
fn Removing<'a>(row: &'a MountRow, n_grants: u64) -> impl IntoView + use<> {
    let (title, back) = (row.prefix.shown(), format!("{}#remove", Address::Mount(row.prefix.clone())));
    let goes = format!(
        "What is known here of {} goes, and {} on what lies below it. Who asks for them finds nothing.",
        counted(row.totals.repositories, "repository", "repositories"),
        counted(n_grants, "grant", "grants")
    );
    let held = (row.keeps_trash && row.kind == MountKind::Remote).then(|| {
        view! {
            <p>"What was deleted there from here is held by hidden tags, "<code>"portolan.trash.…"</code>". They stay at the registry, and can be restored no more from here. To free what they hold, empty the trash first, or delete these tags there."</p>
        }
    });
    view! {
        <Confirm intent=Intent::DeleteMount title=format!("Remove {title}?") act=format!("Remove {title}") back typed=title.clone()>
            <p>{goes}</p>
            {held}
            <p>"Nothing is deleted at the registry. Mounted again, it is read anew; the grants do not come back."</p>
        </Confirm>
    }
    .into_any()
}
