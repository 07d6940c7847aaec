//! Many tags that one request deleted, in one line: what brings all of them back, and what lets all of them go for good.

use super::{Asked, about};
use crate::domain::Timestamp;
use crate::domain::view::{Fold, TrashedView};
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
    let Fold { n, first, last } = fold;
    let of = row.repository.to_string();
    let n_all = n_together.max(n);
    let (tags, all) = (counted(n, "tag", "tags"), format!("Restore all {}", grouped(n_all)));
    let open = address(base, &[("batch", &row.batch)]);
    let purge = may_purge.then(|| {
        let href = asked.with_all(base, [("purge-all", &row.batch), ("of", &of)]);
        let label = format!("Delete all now… {tags} of {of}");
        view! { <a class="btn btn-sm btn-ghost" id=format!("purge-{}-{of}", row.batch) href=href aria-label=label data-dialog="">"Delete all now…"</a> }
    });
    let about = about(&row, now);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">
                <span class="sm">{format!("{tags} of ")}<span class="name">{of.clone()}</span></span>
                <span class="cell-sub">"from "<span class="mono">{first.to_string()}</span>" to "<span class="mono">{last.to_string()}</span>", deleted together"</span>
                <span class="cell-sub"><a href=open>{format!("Show all {}", grouped(n_all))}</a></span>
            </th>
            {about}
            <td role="cell" data-a="end2" class="r">
                <span class="row end">
                    <PostForm intent=Intent::RestoreTrash class="row">
                        <input type="hidden" name="batch" value=row.batch/>
                        <button class="btn btn-sm" type="submit" aria-label=format!("{all} that were deleted together with {last} of {of}")>{all.clone()}</button>
                    </PostForm>
                    {purge}
                </span>
            </td>
        </tr>
    }
    .into_any()
}
