//! What several clients are told, one tab for each. Radios and CSS choose, so that it works without script.

use super::copy::CopyButton;
use leptos::prelude::*;

/// What to run, or to put where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    pub client: &'static str,
    pub is_command: bool,
    pub text: String,
}

/// The tabs and what each shows; the style sheet knows eight. `name` is what their radios are called on the page.
#[component]
pub fn Snippets(legend: &'static str, name: &'static str, snippets: Vec<Snippet>) -> impl IntoView {
    let tabs = snippets.iter().enumerate().map(|(index, snippet)| {
        view! { <label>{snippet.client}<input type="radio" name=name value=snippet.client checked=index == 0/></label> }
    });
    let tabs = tabs.collect_view();
    let codes = snippets.into_iter().map(|snippet| view! { <Code snippet/> }).collect_view();
    view! {
        <fieldset class="snip ready">
            <legend class="vh">{legend}</legend>
            <div class="snip-tabs">{tabs}</div>
            {codes}
        </fieldset>
    }
    .into_any()
}

#[component]
fn Code(snippet: Snippet) -> impl IntoView {
    let Snippet { client, is_command, text } = snippet;
    view! {
        <div class="code">
            {is_command.then(|| view! { <span class="p" aria-hidden="true">"$"</span> })}
            <code tabindex="0">{text.clone()}</code>
            <CopyButton text label=format!("Copy for {client}")/>
        </div>
    }
}
