//! Two stacks of layers beside each other. Those that follow each other and did not change are one row.

use crate::domain::ByteSize;
use crate::domain::view::{Changes, LayerChange, LayerRow};
use crate::ui::components::icon::Icon;
use crate::ui::components::sort_head::Head;
use crate::ui::pages::image::layers::Step;
use crate::ui::words::counted;
use leptos::prelude::*;

/// The card.
#[component]
pub fn LayersCard<'a>(changes: &'a Changes, names: [String; 2]) -> impl IntoView + use<> {
    let rows = folded(&changes.layers).into_iter().map(|row| match row {
        [one] if !one.is_same() => view! { <Changed change=one/> }.into_any(),
        same => view! { <Same layers=same/> }.into_any(),
    });
    let rows = rows.collect_view();
    let more = (changes.layers_more > 0).then(|| {
        view! { <p class="card-foot muted">{format!("And {} more, which are not shown.", changes.layers_more)}</p> }
    });
    let [from, to] = names;
    let body = match changes.layers.is_empty() {
        true => view! { <p class="card-body muted">"Both are nothing but their configuration."</p> }.into_any(),
        false => view! {
            <table class="layers" role="table" aria-labelledby="h-layers">
                <thead role="rowgroup">
                    <tr role="row"><Head label="Step"/><th role="columnheader" scope="col" class="r">{from}</th><th role="columnheader" scope="col" class="r">{to}</th></tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
            {more}
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="h-layers">
            <div class="card-head"><h2 id="h-layers">"Layers"</h2></div>
            {body}
        </section>
    }
    .into_any()
}

/// Rows as they are drawn: each change by itself, what is the same together.
fn folded(layers: &[LayerChange]) -> Vec<&[LayerChange]> {
    layers.chunk_by(|one, next| one.is_same() && next.is_same()).collect()
}

/// Layers that both have.
#[component]
fn Same<'a>(layers: &'a [LayerChange]) -> impl IntoView + use<> {
    let rows: Vec<&LayerRow> = layers.iter().filter_map(|it| it.from.as_ref()).collect();
    let bytes = ByteSize(rows.iter().map(|row| row.size.0).sum());
    let words = match rows.as_slice() {
        [layer] => view! { <Step layer/> }.into_any(),
        many => counted(many.len() as u64, "layer", "layers").into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><span class="cmp-step"><Icon name="check" class="i i-sm"/>{words}</span></th>
            <td role="cell" class="r num nowrap muted" data-a="two">{bytes.to_string()}</td>
            <td role="cell" class="r nowrap subtle">"the same"</td>
        </tr>
    }
}

#[component]
fn Changed<'a>(change: &'a LayerChange) -> impl IntoView + use<> {
    let layer = change.to.as_ref().or(change.from.as_ref())?;
    let size = |row: &Option<LayerRow>, none: &'static str| match row {
        Some(row) => view! { <span class="num">{row.size.to_string()}</span> }.into_any(),
        None => view! { <span class="subtle">{none}</span> }.into_any(),
    };
    Some(view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><span class="cmp-step"><Icon name="compare" class="i i-sm"/><Step layer/></span></th>
            <td role="cell" class="r nowrap muted" data-a="two">{size(&change.from, "not there")}</td>
            <td role="cell" class="r nowrap">{size(&change.to, "gone")}</td>
        </tr>
    })
}
