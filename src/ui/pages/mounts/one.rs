//! `/admin/mounts/{prefix}`: how one registry is mounted, and what it is told to trust tokens from here.

use super::form::MountForm;
use super::{Numbers, State};
use crate::api::mounts::show_mount;
use crate::domain::view::{MountKind, MountView, TrustView};
use crate::domain::{Address, MountPrefix};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
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
    let MountView { row, settings, has_password, trust, n_grants, may_manage, .. } = view;
    let (title, now) = (row.prefix.shown(), request.now);
    let removing = (asks && may_manage).then(|| {
        view! { <Removing prefix=row.prefix.clone() n_repositories=row.totals.repositories n_grants/> }
    });
    let actions = (may_manage && !asks).then(Actions);
    let locked = row.is_of_file.then(|| view! { <Locked prefix=row.prefix.clone()/> });
    let form = settings.filter(|_| may_manage).map(|settings| {
        view! {
            <h2 class="section">"How it is mounted"</h2>
            <MountForm intent=Intent::ChangeMount settings has_password act="Save the mount"/>
        }
        .into_any()
    });
    let is_remote = row.kind == MountKind::Remote;
    let reads_only = is_remote.then(|| {
        view! { <p class="sm muted">"Portolan reads this registry and writes nothing to it. Clients push to it and pull from it directly."</p> }
    });
    view! {
        <PageTitle text=format!("Mount {title}")/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Mounts.to_string()>"Mounts"</a></li></ol></nav>
        <div class="head">
            <div class="grow"><h1 class="mono">{title}</h1>{reads_only}</div>
            {actions}
        </div>
        <Problem intent=Intent::CheckMount/>
        {removing}
        {locked}
        <div class="stack mt-4"><State mount=&row now/><Numbers mount=&row now/></div>
        {trust.map(|trust| view! { <Trust trust/> })}
        {form}
    }
    .into_any()
}

#[component]
fn Actions() -> impl IntoView {
    view! {
        <div class="head-actions row">
            <PostForm intent=Intent::CheckMount class="row"><button class="btn" type="submit">"Check now"</button></PostForm>
            <a class="btn" href="?remove=yes">"Remove…"</a>
        </div>
    }
    .into_any()
}

/// That the configuration holds it, with the key.
#[component]
fn Locked(prefix: MountPrefix) -> impl IntoView {
    let key = format!("[[mounts]] prefix = \"{prefix}\"");
    view! {
        <div class="callout callout-info mt-4">
            <Icon name="lock"/>
            <p>"The configuration holds this mount, under "<code>{key}</code>". Change it there, and start the server again."</p>
        </div>
    }
    .into_any()
}

/// What the registry is told to take tokens from here.
#[component]
fn Trust(trust: TrustView) -> impl IntoView {
    let TrustView { realm, service, issuer } = trust;
    let block = format!(
        "auth:\n  token:\n    realm: {realm}\n    service: {service}\n    issuer: {issuer}\n    rootcertbundle: /etc/docker/registry/portolan-token-ca.pem"
    );
    view! {
        <h2 class="section" id="trust">"Tokens from here"</h2>
        <div class="stack narrow-page">
            <p>"This registry lets in whom Portolan lets in. Its configuration says so by this block, and it has the certificate at the path that the block names."</p>
            <div class="code"><code tabindex="0">{block.clone()}</code><CopyButton text=block label="Copy the block".to_owned()/></div>
            <p><a class="btn" href="/token/ca.pem" download="portolan-token-ca.pem">"Download the certificate"</a></p>
            <p class="sm muted">
                "A token holds for 5 minutes there, and the registry asks nobody again in that time: what is taken from somebody is gone there after at most 5 minutes. It also knows no tag that may not move: whoever may push may move a tag there, so access that is narrowed to some tags pushes nothing."
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Removing(prefix: MountPrefix, n_repositories: u64, n_grants: u64) -> impl IntoView {
    let (title, back) = (prefix.shown(), Address::Mount(prefix).to_string());
    let goes = format!(
        "What is known here of {} goes, and {} on what lies below it. Who asks for them finds nothing.",
        counted(n_repositories, "repository", "repositories"),
        counted(n_grants, "grant", "grants")
    );
    view! {
        <Confirm intent=Intent::DeleteMount title=format!("Remove {title}?") act=format!("Remove {title}") back typed=title.clone()>
            <p>{goes}</p>
            <p>"Nothing is deleted at the registry. Mounted again, it is read anew; the grants do not come back."</p>
        </Confirm>
    }
    .into_any()
}
