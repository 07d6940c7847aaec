//! What a delete frees, and until when all of it can come back.

use super::{of_kind, row};
use crate::domain::view::{Preview, PreviewKind, PreviewRow};
use crate::domain::{ByteSize, Digest};
use crate::ui::components::icon::Icon;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// What a delete frees, and when.
pub(super) fn weight(preview: &Preview) -> Option<AnyView> {
    if preview.is_in_the_way() {
        return None;
    }
    let until = preview.freed_at.date();
    let what = match (preview.freed, &preview.freed_by) {
        (ByteSize(0), _) => match &preview.stays_at {
            Some(host) => format!("Frees nothing: the image itself stays at {host}."),
            None => frees_nothing(preview).to_owned(),
        },
        (freed, Some(_)) => format!("Frees 0 now, about {freed} after the registry's own garbage collection."),
        (freed, None) if preview.kept_until.is_some_and(|until| preview.freed_at > until) => {
            format!("Frees {freed} on {until}, when neither the trash nor history needs it.")
        }
        (freed, None) => format!("Frees {freed} on {until}, when the trash lets it go."),
    };
    let more = (preview.freed > ByteSize(0)).then(|| format!("{}. What other images need stays.", to_pull(preview)));
    Some(row("disk", what, more.map(IntoAny::into_any)))
}

/// How large it is, as the pages of images and of lists say it.
fn to_pull(preview: &Preview) -> String {
    match preview.pulls.as_slice() {
        [] => format!("{} before sharing layers", preview.logical),
        [(platform, size)] if platform.is_empty() => format!("{size} to pull"),
        each => {
            let each = each.iter().enumerate().map(|(at, (platform, size))| match at {
                0 => format!("{size} to pull for {platform}"),
                _ => format!("{size} for {platform}"),
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Why a delete frees nothing: the images stay, or others need their layers.
fn frees_nothing(preview: &Preview) -> &'static str {
    let is_image = |it: &PreviewRow| it.kind == PreviewKind::Image;
    let images: BTreeSet<&Digest> =
        of_kind(&preview.removed, PreviewKind::Tag).into_iter().filter_map(|it| it.digest.as_ref()).collect();
    match preview.removed.iter().chain(&preview.kept).any(is_image) {
        true => "Frees nothing: other images need the layers.",
        false if images.len() == 1 => "Frees nothing: the image stays.",
        false => "Frees nothing: the images stay.",
    }
}

/// Until when all of it can come back.
#[component]
pub fn Undoable<'a>(preview: &'a Preview) -> impl IntoView + use<> {
    let words = match preview.kept_until {
        None => "Nothing is kept in the trash here: it cannot come back.".to_owned(),
        Some(until) => {
            format!("All of it can be restored until {}. Restoring keeps the same digests.", until.date())
        }
    };
    view! { <p class="row xs muted"><Icon name="undo" class="i i-sm"/>{words}</p> }.into_any()
}
