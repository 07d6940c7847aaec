//! From one image to another, each by its mark; and both side by side.

use super::icon::Icon;
use super::mark::Mark;
use super::time::When;
use crate::domain::view::Side;
use crate::domain::{Address, Digest, RepositoryName, Tag, Timestamp};
use crate::ui::words::grouped;
use leptos::prelude::*;

/// `91b7d3208f6c → 3f9a41c7e05d`, with words where there is no image on a side.
#[component]
pub fn FromTo<'a>(
    repository: &'a RepositoryName,
    from: Option<&'a Digest>,
    to: Option<&'a Digest>,
    /// What is said in place of the first, and of the second.
    #[prop(default = ("new", "deleted"))]
    none: (&'static str, &'static str),
) -> impl IntoView + use<> {
    view! {
        <span class="row-1 wrap">
            <span class="vh">"from "</span><Named repository digest=from none=none.0/>
            <Icon name="right" class="i i-sm"/>
            <span class="vh">" to "</span><Named repository digest=to none=none.1/>
        </span>
    }
    .into_any()
}

/// An image that has a page, or the words for none.
#[component]
fn Named<'a>(repository: &'a RepositoryName, digest: Option<&'a Digest>, none: &'static str) -> impl IntoView + use<> {
    match digest {
        Some(digest) => view! { <Image repository digest/> }.into_any(),
        None => view! { <span class="subtle">{none}</span> }.into_any(),
    }
}

/// An image by its mark, which leads to its page.
#[component]
pub fn Image<'a>(repository: &'a RepositoryName, digest: &'a Digest) -> impl IntoView + use<> {
    let href = Address::Manifest(repository.clone(), digest.clone()).to_string();
    view! { <a class="digest" href=href><Mark digest/>{digest.short().to_owned()}</a> }
}

/// `1.4.1, 1.4, stable and 2 more`.
pub fn known_as(side: &Side) -> String {
    let names = side.tags.iter().map(Tag::to_string).collect::<Vec<_>>().join(", ");
    match side.n_tags.saturating_sub(side.tags.len() as u64) {
        0 => names,
        more => format!("{names} and {} more", grouped(more)),
    }
}

/// What a tag names now, and what it would name.
#[component]
pub fn Sides(
    repository: RepositoryName,
    now: Option<Side>,
    then: Side,
    at: Timestamp,
    /// Where the image lies that it would name, if that is another repository.
    #[prop(optional_no_strip)]
    from: Option<RepositoryName>,
) -> impl IntoView {
    let sides = [(repository.clone(), now), (from.unwrap_or(repository), Some(then))];
    let row = |label: &'static str, cell: &dyn Fn(&RepositoryName, &Side) -> AnyView| {
        let cells = sides.iter().map(|(place, side)| match side {
            Some(side) => view! { <td role="cell">{cell(place, side)}</td> }.into_any(),
            None => view! { <td role="cell" class="subtle nowrap">"none"</td> }.into_any(),
        });
        view! { <tr role="row"><th role="rowheader" scope="row">{label}</th>{cells.collect_view()}</tr> }.into_any()
    };
    let image = row("Image", &|place, side| {
        match side.is_in_trash {
        true => view! { <span class="digest"><Mark digest=&side.digest/>{side.digest.short().to_owned()}</span><span class="cell-sub">"in the trash"</span> }.into_any(),
        false => view! { <Image repository=place digest=&side.digest/> }.into_any(),
    }
    });
    let names = row("Tags", &|_, side| match side.tags.is_empty() {
        true => view! { <span class="subtle">"none"</span> }.into_any(),
        false => known_as(side).into_any(),
    });
    let size = row("To pull", &|_, side| side.size.map_or("not known".to_owned(), |size| size.to_string()).into_any());
    let platforms = row("Platforms", &|_, side| match side.platforms.is_empty() {
        true => "none".into_any(),
        false => side.platforms.join(", ").into_any(),
    });
    let built = row("Built", &|_, side| match side.built {
        Some(built) => view! { <When at=built now=at/> }.into_any(),
        None => "not stated".into_any(),
    });
    view! {
        <table class="sides" role="table" aria-label="Before and after">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col"><span class="vh">"What"</span></th>
                    <th role="columnheader" scope="col">"Now"</th>
                    <th role="columnheader" scope="col">"Then"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{image}{names}{size}{platforms}{built}</tbody>
        </table>
    }
    .into_any()
}
