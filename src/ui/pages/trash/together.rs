//! All that one request deleted, on its own page: what brings all of it back, and what lets its tags go for good.

use super::Asked;
use crate::domain::trash::TrashKind;
use crate::domain::view::TrashedView;
use crate::ui::components::form::PostForm;
use crate::ui::form::Intent;
use crate::ui::words::grouped;
use leptos::prelude::*;

/// What can be done with all of it.
#[component]
pub(super) fn Together<'a>(
    rows: &'a [TrashedView],
    asked: &'a Asked,
    base: &'a str,
    /// How many there are, on all pages.
    n: u64,
) -> impl IntoView + use<> {
    let (n, batch) = (grouped(n), asked.batch.clone());
    let act = format!("Restore all {n}");
    let of = rows.first().map(|it| it.row.repository.clone());
    let goes =
        |it: &TrashedView| it.may_purge && it.row.kind == TrashKind::Tag && Some(&it.row.repository) == of.as_ref();
    let purge = of.as_ref().filter(|_| rows.iter().all(goes)).map(|of| {
        let of = of.to_string();
        let (href, id) =
            (asked.with_all(base, [("purge-all", &asked.batch), ("of", &of)]), format!("purge-{}-{of}", asked.batch));
        view! { <a class="btn btn-sm btn-ghost" id=id href=href data-dialog="">"Delete all now…"</a> }
    });
    view! {
        <div class="callout callout-info row wrap mt-4">
            <p class="grow">{format!("These {n} were deleted together. ")}<a href=base.to_owned()>"All of the trash"</a></p>
            <PostForm intent=Intent::RestoreTrash class="row">
                <input type="hidden" name="batch" value=batch/>
                <button class="btn btn-sm" type="submit">{act}</button>
            </PostForm>
            {purge}
        </div>
    }
    .into_any()
}

/// All of them in the order of their names.
pub(super) fn by_name(mut rows: Vec<TrashedView>) -> Vec<TrashedView> {
    rows.sort_by(|a, b| (&a.row.repository, a.row.name()).cmp(&(&b.row.repository, b.row.name())));
    rows
}
