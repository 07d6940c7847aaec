//! Beside the layers: how the image runs, and what it is.

use crate::domain::Timestamp;
use crate::domain::manifest::{Kind, RunConfig};
use crate::domain::media_type::artifact_words;
use crate::domain::view::{ImageView, ShownImage};
use crate::ui::components::artifact::{kind_words, type_words};
use crate::ui::components::digest::DigestLink;
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::words::{MAX_NAME_CHARS, MAX_TEXT_CHARS, counted, grouped, inert};
use leptos::prelude::*;

/// The cards of the aside.
#[component]
pub(super) fn Aside<'a>(view: &'a ImageView, now: Timestamp) -> impl IntoView + use<> {
    let config = view.shown.as_ref().and_then(|shown| shown.config.as_ref());
    let run = config
        .filter(|_| view.kind != Kind::Artifact)
        .map(|config| view! { <RunCard run=&config.config platform=platform_of(view)/> });
    view! { {run}<FactsCard view now/> }.into_any()
}

/// How it runs.
#[component]
pub(super) fn RunCard<'a>(
    run: &'a RunConfig,
    platform: Option<String>,
    /// Whether variables and labels are unfolded.
    #[prop(default = false)]
    open: bool,
) -> impl IntoView + use<> {
    let ports = run.exposed_ports.keys().cloned().collect::<Vec<_>>().join(", ");
    let user = if run.user.is_empty() { "root, as none is named".to_owned() } else { run.user.clone() };
    let labels = run.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    view! {
        <section class="card" aria-labelledby="h-run">
            <div class="card-head"><h2 id="h-run">"How it runs"</h2><Of platform/></div>
            <dl class="card-body kv">
                <Code name="Entrypoint" value=command(&run.entrypoint)/>
                <Code name="Command" value=command(&run.cmd)/>
                <Code name="User" value=user/>
                <Code name="Ports" value=ports/>
                <Code name="Working dir" value=run.working_dir.clone()/>
                <Folded name="Environment" count=counted(run.env.len() as u64, "variable", "variables") lines=run.env.clone() open/>
                <Folded name="Labels" count=counted(run.labels.len() as u64, "label", "labels") lines=labels open/>
            </dl>
        </section>
    }
    .into_any()
}

/// The platform whose facts these are, where an index lists several.
pub(super) fn platform_of(view: &ImageView) -> Option<String> {
    let shown = view.shown.as_ref().filter(|_| view.kind == Kind::Index);
    shown.and_then(|shown| shown.platform.clone())
}

#[component]
fn Of(platform: Option<String>) -> impl IntoView {
    platform.map(|platform| view! { <span class="sm muted">{format!("of {platform}")}</span> })
}

/// A fact in code, unless there is none.
#[component]
fn Code(name: &'static str, value: String) -> impl IntoView {
    (!value.is_empty()).then(|| view! { <dt>{name}</dt><dd><code>{inert(&value, MAX_TEXT_CHARS)}</code></dd> })
}

/// A fact in words, unless there is none.
#[component]
fn Fact(name: &'static str, value: Option<String>) -> impl IntoView {
    value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
}

/// Many facts, of which the page shows the number first.
#[component]
fn Folded(name: &'static str, count: String, lines: Vec<String>, open: bool) -> impl IntoView {
    (!lines.is_empty()).then(|| {
        let line = |line: String| view! { <li><code>{inert(&line, MAX_TEXT_CHARS)}</code></li> };
        let lines = lines.into_iter().map(line).collect_view();
        view! {
           <dt>{name}</dt>
           <dd>
               <details open=open>
                   <summary class="fold">{count}<Icon name="down" class="i i-sm"/></summary>
                   <ul>{lines}</ul>
               </details>
           </dd>
        }
    })
}

/// What it is; of an index first its own facts, then those of the platform that is shown.
#[component]
pub(super) fn FactsCard<'a>(view: &'a ImageView, now: Timestamp) -> impl IntoView + use<> {
    let own = view! { <OwnFacts view/> };
    let shown = view.shown.as_ref().map(|shown| view! { <ShownFacts shown now/> });
    let facts = if view.kind == Kind::Index {
        let title = platform_of(view).map_or("Of what is shown".to_owned(), |platform| format!("Of {platform}"));
        let shown = shown.map(|shown| {
            view! { <h3 class="card-sub">{title}</h3><dl class="card-body kv">{shown}</dl> }
        });
        view! { <dl class="card-body kv">{own}</dl>{shown} }.into_any()
    } else {
        view! { <dl class="card-body kv">{own}{shown}</dl> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="h-facts">
            <div class="card-head"><h2 id="h-facts">"Facts"</h2></div>
            {facts}
        </section>
    }
    .into_any()
}

/// Facts of the manifest that the page is about.
#[component]
fn OwnFacts<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let parents =
        view.parents.iter().map(|digest| view! { <DigestLink repository=&view.repository digest/> }).collect_view();
    let parents = (!view.parents.is_empty()).then(|| view! { <dt>"Part of"</dt><dd>{parents}</dd> });
    view! {
        <Fact name="Kind" value=Some(kind_words(view.kind, None))/>
        <ArtifactType artifact=view.artifact.clone()/>
        <Code name="Media type" value=view.media_type.clone()/>
        {parents}
    }
    .into_any()
}

/// `Helm chart` with the type that says so, or the type alone.
#[component]
fn ArtifactType(artifact: Option<String>) -> impl IntoView {
    artifact.map(|artifact| {
        let words = Some(type_words(&artifact)).filter(|_| artifact_words(&artifact) != artifact);
        let words = words.map(|words| view! { {words}<br/> });
        view! { <dt>"Artifact type"</dt><dd>{words}<code>{inert(&artifact, MAX_NAME_CHARS)}</code></dd> }
    })
}

/// Facts of the one image whose layers are shown.
#[component]
fn ShownFacts<'a>(shown: &'a ShownImage, now: Timestamp) -> impl IntoView + use<> {
    let author = shown.config.as_ref().and_then(|config| config.author.clone());
    let built = shown.built.map(|at| view! { <dt>"Built"</dt><dd><When at now/></dd> });
    view! {
        <Fact name="Platform" value=shown.platform.clone()/>
        <Fact name="To pull" value=Some(pull_words(shown))/>
        {built}
        <Fact name="Author" value=author/>
    }
    .into_any()
}

fn pull_words(shown: &ShownImage) -> String {
    match shown.pull_size.0 {
        0..1000 => shown.pull_size.to_string(),
        bytes => format!("{} ({} bytes)", shown.pull_size, grouped(bytes)),
    }
}

/// A command as a shell would take it: words with spaces or quotes are quoted.
fn command(words: &[String]) -> String {
    let is_plain = |word: &String| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"'\"\\$`*".contains(&byte))
    };
    let quoted = words
        .iter()
        .map(|word| if is_plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        let words = ["/bin/sh", "-c", "echo it's $HOME"].map(str::to_owned);
        assert_eq!(command(&words), r"/bin/sh -c 'echo it'\''s $HOME'");
        assert_eq!(command(&[]), "");
    }
}
