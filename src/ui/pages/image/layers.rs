//! The layers of one image: a bar, and a table with the step that made each.

use crate::domain::view::{LayerRow, ShownImage};
use crate::ui::components::digest::DigestText;
use crate::ui::components::icon::Icon;
use crate::ui::components::layer_bar::LayerBar;
use crate::ui::components::sort_head::Head;
use crate::ui::words::{MAX_TEXT_CHARS, counted, inert};
use leptos::either::Either;
use leptos::prelude::*;

/// Steps longer than this are cut, and open on demand.
const MAX_STEP_CHARS: usize = 160;

/// The card.
#[component]
pub fn LayersCard<'a>(shown: &'a ShownImage) -> impl IntoView + use<> {
    let count = counted(shown.layers.len() as u64 + shown.layers_more, "layer", "layers");
    let platform = shown.platform.clone().map(|platform| format!(" for {platform}")).unwrap_or_default();
    let summary = format!("{count}, {} to pull{platform}", shown.pull_size);
    let bar = (shown.layers.len() > 1).then(|| {
        view! { <div class="card-body"><LayerBar layers=&shown.layers/></div> }
    });
    let body = if shown.layers.is_empty() {
        view! { <p class="card-body muted">"Nothing but its configuration."</p> }.into_any()
    } else {
        view! { {bar}<LayerTable shown/> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="h-layers">
            <div class="card-head"><h2 id="h-layers">"Layers"</h2><span class="sm muted">{summary}</span></div>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn LayerTable<'a>(shown: &'a ShownImage) -> impl IntoView + use<> {
    let largest = shown.layers.iter().map(|layer| layer.size.0).max().unwrap_or_default();
    let rows =
        shown.layers.iter().enumerate().map(|(index, layer)| view! { <Row index layer largest/> }).collect_view();
    let empty = (shown.empty_steps > 0).then(|| {
        let words = counted(shown.empty_steps, "step", "steps");
        view! { <p class="card-foot muted">{format!("And {words} that changed no files.")}</p> }
    });
    let more = (shown.layers_more > 0).then(|| {
        view! { <p class="card-foot muted">{format!("And {} more, which are not shown.", shown.layers_more)}</p> }
    });
    view! {
        <table class="layers" role="table" aria-labelledby="layers">
            <caption class="vh" id="layers">"Layers, first to last"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <Head label="#"/><Head label="Step"/><Head label="Digest"/>
                    <th role="columnheader" scope="col"><span class="vh">"Share"</span></th>
                    <Head label="Size" class="r"/>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        {more}{empty}
    }
    .into_any()
}

#[component]
fn Row<'a>(index: usize, layer: &'a LayerRow, largest: u64) -> impl IntoView + use<> {
    // Even the smallest layer leaves a trace.
    let share = (layer.size.0 as f64 / largest.max(1) as f64 * 100.0).max(1.5);
    view! {
        <tr role="row">
            <td role="cell" class="step">{index + 1}</td>
            <th role="rowheader" scope="row" data-a="head"><Step layer/></th>
            <td role="cell" class="nowrap"><DigestText digest=&layer.digest/></td>
            <td role="cell" class="l-gone">
                <svg class="minibar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=format!("{share:.1}") height="6"></rect>
                </svg>
            </td>
            <td role="cell" class="r num nowrap" data-a="two">{layer.size.to_string()}</td>
        </tr>
    }
}

/// The step that made a layer, in a Dockerfile's words; of what has none its type.
#[component]
pub fn Step<'a>(layer: &'a LayerRow) -> impl IntoView + use<> {
    let Some(step) = &layer.step else {
        return Either::Left(view! { <code class="subtle">{layer.media_type.clone()}</code> });
    };
    let step = inert(step, MAX_TEXT_CHARS);
    let (keyword, rest) = read_step(&step);
    let keyword = keyword.map(|keyword| view! { <span class="kw">{keyword.to_owned()}</span>" " });
    Either::Right(match cut(&rest) {
        None => Either::Left(view! { <code>{keyword}{rest}</code> }),
        Some(start) => Either::Right(view! {
            <details>
                <summary class="row-1"><code>{keyword}{start}</code><Icon name="down" class="i i-sm"/></summary>
                <code>{rest}</code>
            </details>
        }),
    })
}

fn cut(step: &str) -> Option<String> {
    let (end, _) = step.char_indices().nth(MAX_STEP_CHARS)?;
    Some(format!("{}…", &step[..end]))
}

/// Splits a step into the Dockerfile's word and the rest, without what builders wrap around it.
fn read_step(step: &str) -> (Option<&str>, String) {
    let step = step.trim().trim_end_matches("# buildkit").trim_end();
    let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(instruction) = step.strip_prefix("/bin/sh -c #(nop)") {
        return split_word(instruction.trim_start())
            .map_or((None, tidy(instruction)), |(word, rest)| (Some(word), tidy(rest)));
    }
    if let Some(command) = step.strip_prefix("/bin/sh -c ") {
        return (Some("RUN"), tidy(command));
    }
    match split_word(step) {
        Some(("RUN", rest)) => (Some("RUN"), tidy(rest.strip_prefix("/bin/sh -c ").unwrap_or(rest))),
        Some((word, rest)) => (Some(word), tidy(rest)),
        None => (None, tidy(step)),
    }
}

/// The first word, if it is one of a Dockerfile's.
fn split_word(step: &str) -> Option<(&str, &str)> {
    let (word, rest) = step.split_once(' ')?;
    let is_instruction = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    is_instruction.then(|| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_freed_of_what_builders_wrap_around_them() {
        let read = |step: &'static str| {
            let (word, rest) = read_step(step);
            (word.unwrap_or("-"), rest)
        };
        assert_eq!(read("COPY rootfs / # buildkit"), ("COPY", "rootfs /".to_owned()));
        assert_eq!(read("RUN /bin/sh -c apt-get   update # buildkit"), ("RUN", "apt-get update".to_owned()));
        assert_eq!(read("/bin/sh -c #(nop) ADD file:1 in / "), ("ADD", "file:1 in /".to_owned()));
        assert_eq!(read("/bin/sh -c make"), ("RUN", "make".to_owned()));
        assert_eq!(read("bazel build ..."), ("-", "bazel build ...".to_owned()));
        assert_eq!(read(""), ("-", String::new()));
    }

    #[test]
    fn long_steps_are_cut_between_characters() {
        assert_eq!(cut("short"), None);
        let start = cut(&"ü".repeat(200)).unwrap();
        assert_eq!(start.chars().count(), MAX_STEP_CHARS + 1);
    }
}
