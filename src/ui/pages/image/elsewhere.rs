//! Other repositories in which a tag names the same image: those that the reader may see, and no word of others.

use crate::domain::Address;
use crate::domain::view::image_tabs::{Elsewhere, ElsewhereRow};
use crate::ui::components::name::Breakable;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// The card; an image that is nowhere else has none.
#[component]
pub fn ElsewhereCard<'a>(elsewhere: &'a Elsewhere, noun: &'static str) -> impl IntoView + use<> {
    let Elsewhere { rows, count } = elsewhere;
    let more = count.saturating_sub(rows.len() as u64);
    let more = (more > 0).then(|| {
        let words = counted(more, "more repository", "more repositories");
        view! { <p class="card-foot muted">{format!("And {words}.")}</p> }
    });
    let row = |row: &ElsewhereRow| {
        let href = Address::Tag(row.repository.clone(), row.tag.clone()).to_string();
        let tags = match row.n_tags {
            0 | 1 => row.tag.to_string(),
            n_tags => format!("{} and {} more", row.tag, grouped(n_tags - 1)),
        };
        view! {
            <dt><a href=href><Breakable text=row.repository.to_string()/></a></dt>
            <dd>{tags}</dd>
        }
    };
    let list = rows.iter().map(row).collect_view();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-elsewhere">
                <div class="card-head">
                    <h2 id="h-elsewhere">{format!("Where else this {noun} is tagged")}</h2>
                    <span class="sm muted">{grouped(*count)}</span>
                </div>
                <dl class="card-body kv kv-long">{list}</dl>
                {more}
            </section>
        }
        .into_any()
    })
}
