//! What one request deleted, in one line: what brings all of it back, and of tags what lets all of them go for good.

use super::{Asked, about};
use crate::domain::view::{Fold, TrashedView};
use crate::domain::{Namespace, Timestamp};
use crate::ui::components::form::PostForm;
use crate::ui::form::Intent;
use crate::ui::query::address;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// The line.
#[component]
pub(super) fn Folded<'a>(
    it: TrashedView,
    fold: Fold,
    asked: &'a Asked,
    base: &'a str,
    now: Timestamp,
) -> impl IntoView + use<> {
    let TrashedView { row, may_purge, n_together, .. } = it;
    let of = row.repository.to_string();
    let n = match &fold {
        Fold::Tags { n, .. } | Fold::Repositories { n, .. } => *n,
    };
    let (n_all, tags) = (n_together.max(n), counted(n, "tag", "tags"));
    let all = format!("Restore all {}", grouped(n_all));
    let open = address(base, &[("batch", &row.batch)]);
    let purge = may_purge.then(|| {
        let href = asked.with_all(base, [("purge-all", &row.batch), ("of", &of)]);
        let label = format!("Delete all now… {tags} of {of}");
        view! { <a class="btn btn-sm btn-ghost" id=format!("purge-{}-{of}", row.batch) href=href aria-label=label data-dialog="">"Delete all now…"</a> }
    });
    let about = about(&row, now);
    let (what, label) = match fold {
        Fold::Tags { first, last, .. } => {
            let label = format!("{all} that were deleted together with {last} of {of}");
            let (from, to) = if n == 2 { ("", " and ") } else { ("from ", " to ") };
            let what = view! {
                <span class="sm">{format!("{tags} of ")}<span class="name">{of}</span></span>
                <span class="cell-sub">{from}<span class="mono">{first.to_string()}</span>{to}<span class="mono">{last.to_string()}</span>", deleted together"</span>
            };
            (what.into_any(), label)
        }
        Fold::Repositories { n_tags, within, .. } => {
            let label = format!("{all} that were deleted together with repository {of}");
            (view! { <Repositories n n_tags within/> }.into_any(), label)
        }
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                {what}
                <span class="cell-sub"><a href=open>{format!("Show all {}", grouped(n_all))}</a></span>
            </th>
            {about}
            <td role="cell" data-a="end2" class="r">
                <span class="row end">
                    <PostForm intent=Intent::RestoreTrash class="row">
                        <input type="hidden" name="batch" value=row.batch/>
                        <button class="btn btn-sm" type="submit" aria-label=label>{all}</button>
                    </PostForm>
                    {purge}
                </span>
            </td>
        </tr>
    }
    .into_any()
}

/// `Namespace team, 3 repositories, 24 tags`.
#[component]
fn Repositories(n: u64, n_tags: u64, within: Option<Namespace>) -> impl IntoView {
    let repositories = counted(n, "repository", "repositories");
    let tags = counted(n_tags, "tag", "tags");
    let what = match within {
        Some(namespace) => {
            view! { "Namespace "<span class="name">{namespace.to_string()}</span>", "{repositories} }.into_any()
        }
        None => repositories.into_any(),
    };
    view! {
        <span class="sm">{what}", "{tags}</span>
        <span class="cell-sub">"deleted together"</span>
    }
}
