//! `/help/api`: what programs may ask for, drawn from the OpenAPI document, with the address of this registry in its examples.

use crate::api::openapi::read_api;
use crate::domain::view::api::{ApiAnswer, ApiCall, ApiField, ApiGroup, ApiKind, ApiPiece, ApiShape, ApiView};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::icon::Icon;
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Where the document is.
const DOCUMENT: &str = "/api/openapi.json";
const SHAPES: &str = "shapes";
const REFUSALS: &str = "refusals";

/// The page.
#[component]
pub fn ApiHelp() -> impl IntoView {
    let address = PageRequest::current().public_url;
    load(read_api(), move |view| view! { <Whole view address/> })
}

#[component]
fn Whole(view: ApiView, address: String) -> impl IntoView {
    let ApiView { words, refusals, groups, shapes } = view;
    let listed = groups.iter().map(|group| (anchor(&group.name), group.name.clone()));
    let rest =
        [(REFUSALS, "Refusals"), (SHAPES, "What goes in and out")].map(|(id, name)| (id.to_owned(), name.to_owned()));
    let contents =
        listed.chain(rest).map(|(id, name)| view! { <li><a class="tagchip" href=format!("#{id}")>{name}</a></li> });
    let contents = contents.collect_view();
    let groups = groups.into_iter().map(|group| view! { <Group group address=address.clone()/> }).collect_view();
    let shapes = shapes.into_iter().map(|shape| view! { <Shape shape/> }).collect_view();
    view! {
        <PageTitle text="API".to_owned()/>
        <div class="head">
            <div class="grow">
                <h1>"API"</h1>
                <p class="head-sub">"Everything that the console does, for programs."</p>
            </div>
            <div class="head-actions"><a class="btn" href=DOCUMENT>"OpenAPI document"</a></div>
        </div>
        <p class="mt-4">{marked(&words)}</p>
        <nav aria-label="On this page"><ul class="row wrap">{contents}</ul></nav>
        {groups}
        <Refusals refusals/>
        <h2 class="section" id=SHAPES>"What goes in and out"</h2>
        {shapes}
    }
    .into_any()
}

#[component]
fn Group(group: ApiGroup, address: String) -> impl IntoView {
    let ApiGroup { name, words, calls } = group;
    let calls = calls.into_iter().map(|call| view! { <Call call address=address.as_str()/> }).collect_view();
    let id = anchor(&name);
    view! {
        <h2 class="section" id=id>{name}</h2>
        <p class="muted">{words}</p>
        <div class="stack mt-4">{calls}</div>
    }
    .into_any()
}

/// One call; what is folded opens for an address that names it.
#[component]
fn Call<'a>(call: ApiCall, address: &'a str) -> impl IntoView + use<> {
    let example = curl(&call, address);
    let ApiCall { id, method, path, title, words, parameters, body, answers, refusals, .. } = call;
    let sent = fields("Asked", parameters).into_iter().chain(fields("Sent", body)).collect_view();
    let answers = answers.into_iter().map(|answer| view! { <Answer answer/> }).collect_view();
    let refusals = (!refusals.is_empty()).then(|| {
        let link = format!("#{REFUSALS}");
        view! { <p class="sm muted">"Refused with "{refusals.join(", ")}"; "<a href=link>"what that says"</a>"."</p> }
    });
    let words = (!words.is_empty()).then(|| view! { <p>{marked(&words)}</p> });
    let label = format!("Copy example: {title}");
    view! {
        <details class="rest">
            <summary class="fold wrap"><h3 class="sm">{title}</h3><code class="xs raw">{format!("{method} {path}")}</code><Icon name="down" class="i i-sm"/></summary>
            <div class="stack" id=id>
                {words}
                {sent}
                <dl class="kv kv-keys">{answers}</dl>
                {refusals}
                <div class="code"><span class="p" aria-hidden="true">"$"</span><code tabindex="0">{example.clone()}</code><CopyButton text=example label/></div>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Answer(answer: ApiAnswer) -> impl IntoView {
    let ApiAnswer { status, words, kind } = answer;
    let words = if kind.0.is_empty() { words } else { format!("{words} ") };
    view! { <dt>"Answer "{status}</dt><dd>{words}<Kind kind/></dd> }
}

#[component]
fn Refusals(refusals: Vec<ApiAnswer>) -> impl IntoView {
    let rows = refusals.into_iter().map(|answer| view! { <Answer answer/> }).collect_view();
    view! {
        <h2 class="section" id=REFUSALS>"Refusals"</h2>
        <dl class="kv kv-keys">{rows}</dl>
    }
    .into_any()
}

#[component]
fn Shape(shape: ApiShape) -> impl IntoView {
    let ApiShape { name, words, kind, fields: keys } = shape;
    let (id, by) = (name.clone(), name.clone());
    let rows = keys.into_iter().map(|field| view! { <Field field/> }).collect_view();
    let kind = (!kind.0.is_empty()).then(|| view! { <p class="sm"><Kind kind/></p> });
    let words = (!words.is_empty()).then(|| view! { <p class="sm muted">{marked(&words)}</p> });
    view! {
        <section class="mt-4" aria-labelledby=by>
            <h3 id=id>{name}</h3>
            {words}{kind}
            <dl class="kv kv-keys">{rows}</dl>
        </section>
    }
    .into_any()
}

/// A list of keys under a word for them, where there are any.
fn fields(title: &'static str, keys: Vec<ApiField>) -> Option<AnyView> {
    let rows: Vec<_> = keys.into_iter().map(|field| view! { <Field field/> }).collect();
    (!rows.is_empty()).then(|| {
        view! { <div><p class="sm muted medium">{title}</p><dl class="kv kv-keys">{rows}</dl></div> }.into_any()
    })
}

#[component]
fn Field(field: ApiField) -> impl IntoView {
    let ApiField { name, kind, is_needed, words } = field;
    let optional = (!is_needed).then(|| view! { " "<span class="opt">"optional"</span> });
    let words = (!words.is_empty()).then(|| view! { " · "{marked(&words)} });
    view! { <dt><code>{name}</code></dt><dd><Kind kind/>{optional}{words}</dd> }
}

/// What stands somewhere; a shape leads to where it is described.
#[component]
fn Kind(kind: ApiKind) -> impl IntoView {
    let piece = |piece| match piece {
        ApiPiece::Words(words) => words.into_any(),
        ApiPiece::Shape(name) => {
            let to = format!("#{name}");
            view! { <a href=to>{name}</a> }.into_any()
        }
    };
    kind.0.into_iter().map(piece).collect_view()
}

/// Words in which what is typed stands between backticks.
fn marked(words: &str) -> impl IntoView + use<> {
    let piece = |(at, piece): (usize, &str)| match at % 2 {
        0 => piece.to_owned().into_any(),
        _ => view! { <code>{piece.to_owned()}</code> }.into_any(),
    };
    words.split('`').enumerate().map(piece).collect_view()
}

/// The name of a group as the address says it.
fn anchor(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// The call on a command line.
fn curl(call: &ApiCall, address: &str) -> String {
    let user = if call.is_public { "" } else { " -u USER" };
    let method = match (call.method.as_str(), &call.sample_body) {
        ("GET", _) | ("POST", Some(_)) => String::new(),
        (method, _) => format!(" -X {method}"),
    };
    let sent = call.sample_body.as_ref().map(|body| format!(" -H 'Content-Type: application/json' -d '{body}'"));
    format!("curl{user}{method} '{address}{}'{}", call.sample, sent.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_a_command_line() {
        let call = |method: &str, sample_body: Option<&str>| ApiCall {
            id: String::new(),
            method: method.to_owned(),
            path: String::new(),
            title: String::new(),
            words: String::new(),
            parameters: vec![],
            body: vec![],
            answers: vec![],
            refusals: vec![],
            sample: "/api/v1/users".to_owned(),
            sample_body: sample_body.map(ToOwned::to_owned),
            is_public: false,
        };
        let of = |method, body| curl(&call(method, body), "https://hub.example.com");
        assert_eq!(of("GET", None), "curl -u USER 'https://hub.example.com/api/v1/users'");
        assert_eq!(of("DELETE", None), "curl -u USER -X DELETE 'https://hub.example.com/api/v1/users'");
        assert_eq!(
            of("POST", Some("{}")),
            "curl -u USER 'https://hub.example.com/api/v1/users' -H 'Content-Type: application/json' -d '{}'"
        );
    }
}
