//! How two configurations differ, line by line.

use crate::domain::view::{ConfigChange, DiffLine};
use crate::ui::words::{MAX_TEXT_CHARS, grouped, inert};
use leptos::prelude::*;

/// The card.
#[component]
pub fn ConfigCard<'a>(change: Option<&'a ConfigChange>) -> impl IntoView + use<> {
    let (count, body) = match change {
        None => (
            None,
            view! { <p class="card-body muted">"The configuration of one of them is not known here."</p> }.into_any(),
        ),
        Some(change) if change.hunks.is_empty() => {
            (None, view! { <p class="card-body muted">"Nothing differs but when they were built."</p> }.into_any())
        }
        Some(change) => {
            let count = view! {
                <span class="xs"><span class="bad">{format!("{} removed", grouped(change.n_removed))}</span>", "<span class="good">{format!("{} added", grouped(change.n_added))}</span></span>
            };
            (Some(count), view! { <Lines change/> }.into_any())
        }
    };
    view! {
        <section class="card" aria-labelledby="h-config">
            <div class="card-head"><h2 id="h-config" class="grow">"Configuration"</h2>{count}</div>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Lines<'a>(change: &'a ConfigChange) -> impl IntoView + use<> {
    let parts = change.hunks.iter().map(|hunk| {
        let lines = hunk.iter().map(|line| view! { <Line line/> }).collect_view();
        view! { <tbody>{lines}</tbody> }
    });
    let cut = change.is_cut.then(|| view! { <p class="card-foot muted">"There is more, which is not shown."</p> });
    view! {
        <div class="patch" tabindex="0" role="region" aria-label="Changes of the configuration">
            <table>
                <caption class="vh">"Line by line: number before, number after, sign, text"</caption>
                {parts.collect_view()}
            </table>
        </div>
        {cut}
    }
    .into_any()
}

#[component]
fn Line<'a>(line: &'a DiffLine) -> impl IntoView + use<> {
    let (class, sign) = match (line.old, line.new) {
        (Some(_), None) => ("del", Some(("removed", "\u{2212}"))),
        (None, Some(_)) => ("add", Some(("added", "+"))),
        _ => ("", None),
    };
    let sign = sign.map(|(word, sign)| view! { <span class="vh">{word}</span>{sign} });
    view! {
        <tr class=class>
            <td class="ln">{line.old}</td>
            <td class="ln">{line.new}</td>
            <td class="sg">{sign}</td>
            <td class="cd"><code>{inert(&line.text, MAX_TEXT_CHARS)}</code></td>
        </tr>
    }
}
