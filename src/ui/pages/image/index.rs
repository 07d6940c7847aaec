//! What an index holds: a line for each platform, its attestations folded below it.

use crate::domain::view::{ChildRow, ImageView};
use crate::domain::{Address, RepositoryName};
use crate::ui::components::digest::{DigestLink, DigestText};
use crate::ui::components::icon::Icon;
use crate::ui::words::counted;
use leptos::either::Either;
use leptos::prelude::*;

/// The card of an index.
#[component]
pub fn IndexCard<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let (attestations, platforms): (Vec<&ChildRow>, Vec<&ChildRow>) =
        view.children.iter().partition(|child| child.attestation);
    let repository = &view.repository;
    let count = counted(platforms.len() as u64, "platform", "platforms");
    let (entries, orphans) = fold(&platforms, &attestations);
    let entries = entries.into_iter().map(|(child, about)| view! { <Platform repository child about/> }).collect_view();
    let more = (view.children_more > 0).then(|| {
        view! { <p class="card-foot muted">{format!("And {} more entries, which are not shown.", view.children_more)}</p> }
    });
    let orphans = (!orphans.is_empty()).then(|| view! { <li><Attestations repository about=orphans/></li> });
    view! {
        <section class="card" aria-labelledby="h-index">
            <div class="card-head"><h2 id="h-index">"Platforms"</h2><span class="sm muted">{count}</span></div>
            <ul class="tree">{entries}{orphans}</ul>
            {more}
        </section>
    }
    .into_any()
}

/// Each platform with the attestations about it; those about nothing listed come last.
fn fold<'a>(
    platforms: &[&'a ChildRow],
    attestations: &[&'a ChildRow],
) -> (Vec<(&'a ChildRow, Vec<&'a ChildRow>)>, Vec<&'a ChildRow>) {
    let mut orphans = attestations.to_vec();
    let entries = platforms.iter().map(|child| {
        let (about, rest): (Vec<_>, Vec<_>) =
            orphans.iter().partition(|attestation| attestation.platform == child.platform);
        orphans = rest;
        (*child, about)
    });
    (entries.collect(), orphans)
}

#[component]
fn Platform<'a>(
    repository: &'a RepositoryName,
    child: &'a ChildRow,
    about: Vec<&'a ChildRow>,
) -> impl IntoView + use<> {
    let about = (!about.is_empty()).then(|| view! { <Attestations repository about/> });
    view! { <li><Leaf repository child/>{about}</li> }
}

#[component]
fn Leaf<'a>(repository: &'a RepositoryName, child: &'a ChildRow) -> impl IntoView + use<> {
    let digest = &child.digest;
    let (icon, class, name) = match child.attestation {
        true => ("list", "name", "Attestation".to_owned()),
        false => ("layers", "tagname", child.platform.clone()),
    };
    let href = Address::Manifest(repository.clone(), digest.clone()).to_string();
    let name = match child.present {
        true => Either::Left(view! { <a class=class href=href>{name}</a> }),
        false => Either::Right(view! { <span class=class>{name}</span> }),
    };
    let digest = if child.present {
        Either::Left(view! { <DigestLink repository digest/> })
    } else {
        Either::Right(
            view! { <span class="row-1"><DigestText digest/><span class="badge">"Not copied here"</span></span> },
        )
    };
    view! {
        <div class="leaf"><Icon name=icon/>{name}{digest}<span class="num nowrap">{child.size.to_string()}</span></div>
    }
}

#[component]
fn Attestations<'a>(repository: &'a RepositoryName, about: Vec<&'a ChildRow>) -> impl IntoView + use<> {
    let words = counted(about.len() as u64, "attestation", "attestations");
    let leaves = about.into_iter().map(|child| view! { <li><Leaf repository child/></li> }).collect_view();
    view! {
        <details>
            <summary><Icon name="right"/><span>{words}</span></summary>
            <ul>{leaves}</ul>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ByteSize;

    fn child(platform: &str, attestation: bool) -> ChildRow {
        let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        ChildRow { digest, platform: platform.to_owned(), attestation, size: ByteSize(1), present: true }
    }

    #[test]
    fn attestations_fold_below_their_platform() {
        let (amd, arm) = (child("linux/amd64", false), child("linux/arm64", false));
        let (about_arm, about_none) = (child("linux/arm64", true), child("unknown/unknown", true));
        let (entries, orphans) = fold(&[&amd, &arm], &[&about_arm, &about_none]);
        assert_eq!(entries, [(&amd, vec![]), (&arm, vec![&about_arm])]);
        assert_eq!(orphans, [&about_none]);
    }
}
