//! What can be changed at a registry elsewhere, how, and what is in the way, said before anybody tries.

use crate::domain::capability::Capability;
use crate::domain::mount::{COLLECT, NOT_UNTAGGED, STOP_WRITES};
use crate::domain::view::{MountKind, MountRow};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::part::Part;
use leptos::prelude::*;

/// How tags are taken away there, what becomes of what is deleted, and how its bytes are freed.
#[component]
pub fn Changes<'a>(row: &'a MountRow) -> impl IntoView + use<> {
    if row.kind == MountKind::Hosted {
        return None;
    }
    let words = match row.is_read_only {
        true => view! { <p class="sm">{read_only(row.is_of_file)}</p> }.into_any(),
        false => {
            let trash = trash(row.keeps_trash);
            view! { <ul class="sm stack-2"><li>{deleting(row)}</li><li>{trash}</li></ul><Freeing/> }.into_any()
        }
    };
    Some(view! { <Part id="what-changes" title="Changes from here">{words}</Part> }.into_any())
}

fn read_only(is_of_file: bool) -> &'static str {
    match is_of_file {
        true => "None: this mount is read-only. With read_only = false in its block, tags can be moved and deleted.",
        false => "None: this mount is read-only. That is chosen below, under \"What is changed there\".",
    }
}

/// How a tag goes, or what keeps it from going.
fn deleting(row: &MountRow) -> &'static str {
    let can = |asked: Capability| row.capabilities.iter().find(|(it, _)| *it == asked).and_then(|(_, known)| *known);
    match (can(Capability::DeleteTag), can(Capability::DeleteImage)) {
        (Some(true), _) => "A tag is deleted by its name; its siblings and its image stay.",
        (_, Some(true)) => {
            "This registry deletes no tag by its name, and with an image all its tags. So Portolan moves the tag to a \
             tombstone first, a manifest that only this tag names, and deletes that. Siblings and image stay. A push \
             to the very tag in the moment of the delete may go with it: the registry knows no condition."
        }
        (_, Some(false)) => {
            "Nothing can be deleted: that is switched off there. CNCF distribution allows it with \
             storage.delete.enabled: true, or REGISTRY_STORAGE_DELETE_ENABLED=true. Tags can be added and moved."
        }
        (_, None) => "Whether tags can be deleted there is not known yet; it is found out when the registry is read.",
    }
}

fn trash(keeps_trash: bool) -> &'static str {
    match keeps_trash {
        true => {
            "What is deleted is held by a hidden tag, portolan.trash.…, until its time in the trash is over. Other \
             clients of the registry see these tags; Portolan leaves them out everywhere."
        }
        false => "There is no trash (trash = false): what is deleted there cannot be brought back.",
    }
}

/// Bytes are freed by the registry alone.
#[component]
fn Freeing() -> impl IntoView {
    view! {
        <p class="sm">
            "Deleting frees nothing at once: bytes are freed by the garbage collection of the registry. "{STOP_WRITES}
        </p>
        <div class="code"><code tabindex="0">{COLLECT}</code><CopyButton text=COLLECT.to_owned() label="Copy the command".to_owned()/></div>
        <p class="sm muted">{NOT_UNTAGGED}</p>
    }
    .into_any()
}
