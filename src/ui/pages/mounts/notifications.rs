//! How the registry of a mount tells of pushes, so that they are seen at once: where to, by which secret, and what to put into
//! its configuration for that.

use crate::domain::view::{HookView, MountRow};
use crate::domain::{Address, Timestamp};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::form::{Confirm, PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::part::Part;
use crate::ui::components::snippets::{Snippet, Snippets};
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use crate::ui::words::span;
use leptos::prelude::*;

/// What stands where the secret goes, which is shown once.
const SECRET: &str = "ptl_h_…";

/// The part of the page.
#[component]
pub fn Notifications<'a>(row: &'a MountRow, hook: HookView, now: Timestamp) -> impl IntoView + use<> {
    let HookView { address, may_rotate } = hook;
    let checked = row.refresh_s.map(|seconds| format!(" Without them it is read every {}.", span(seconds)));
    let words = format!(
        "A registry that tells of pushes is asked about each of them within two seconds.{} What it tells is never believed, only looked at.",
        checked.unwrap_or_default()
    );
    let made = row.hook_at;
    let shown = shown_now();
    let secret = shown.as_deref().unwrap_or(SECRET);
    let (snippets, header) = (snippets(&address, secret), format!("Authorization: Bearer {secret}"));
    let copy = shown.is_some().then(|| view! { <CopyButton text=header.clone() label="Copy the header".to_owned()/> });
    let heard = view! { <Heard row now/> };
    let act = may_rotate.then(|| view! { <Act is_made=made.is_some()/> });
    view! {
        <Part id="notifications" title="Notifications">
            <p class="sm">{words}</p>
            {heard}
            <Problem intent=Intent::RotateHook/>
            {act}
            <p class="sm">"It sends to this address, with this header:"</p>
            <div class="code"><code tabindex="0">{address.clone()}</code><CopyButton text=address label="Copy the address".to_owned()/></div>
            <div class="code"><code tabindex="0">{header}</code>{copy}</div>
            <Snippets legend="What to put where" name="sender" snippets/>
            <p class="sm muted">
                "Harbor has this under Webhooks of a project. Several servers over one database share address and secret: the one that is told does the asking."
            </p>
        </Part>
    }
    .into_any()
}

/// The secret that was made just now, this once.
fn shown_now() -> Option<String> {
    PageRequest::current().said.filter(|said| said.intent == Intent::RotateHook).and_then(|said| said.secret)
}

/// When something was heard, if anything was.
#[component]
fn Heard<'a>(row: &'a MountRow, now: Timestamp) -> impl IntoView + use<> {
    match (row.hook_at, row.heard_at) {
        (None, _) => view! { <p class="status"><Icon name="clock" class="i i-sm"/>"It has no secret yet, and tells of nothing"</p> }.into_any(),
        (Some(at), None) => view! {
            <p class="status"><Icon name="clock" class="i i-sm"/><span>"Nothing heard yet, since its secret was made "<When at now/></span></p>
        }
        .into_any(),
        (Some(_), Some(at)) => view! {
            <p class="status"><Icon name="check" class="i i-sm"/><span>"A push was heard of "<When at now/></span></p>
        }
        .into_any(),
    }
}

/// To make the first secret, or to ask whether another one is to take its place.
#[component]
fn Act(is_made: bool) -> impl IntoView {
    match is_made {
        true => {
            view! { <div class="row"><a class="btn" id="rotate" href="?rotate=yes">"Make a new secret…"</a></div> }.into_any()
        }
        false => view! {
            <PostForm intent=Intent::RotateHook class="row"><button class="btn" type="submit">"Make its secret"</button></PostForm>
        }
        .into_any(),
    }
}

/// The question before the secret that is in use ends.
#[component]
pub fn Rotating<'a>(row: &'a MountRow, now: Timestamp) -> impl IntoView + use<> {
    let (title, back) = (row.prefix.shown(), format!("{}#rotate", Address::Mount(row.prefix.clone())));
    let used = row.heard_at.map(|at| view! { " It was last used "<When at now/>"." });
    view! {
        <Confirm intent=Intent::RotateHook title=format!("Make a new secret for {title}?") act="Make a new secret".to_owned() back>
            <p>
                "The registry tells of pushes by it. The present one stops working at once, and until the new one stands in the configuration of the registry its pushes are found by reading it."
                {used}
            </p>
        </Confirm>
    }
    .into_any()
}

/// What goes into the configuration of registries that can send a header.
fn snippets(address: &str, secret: &str) -> Vec<Snippet> {
    let snippet = |client, text| Snippet { client, is_command: false, text };
    let distribution = format!(
        "notifications:\n  endpoints:\n    - name: portolan\n      url: {address}\n      headers:\n        Authorization: [\"Bearer {secret}\"]\n      timeout: 5s\n      threshold: 5\n      backoff: 10s\n      ignoredmediatypes: [application/octet-stream]\n      ignore:\n        mediatypes: [application/octet-stream]\n        actions: [pull]"
    );
    let harbor = format!(
        "Notify type: HTTP\nPayload format: Default\nEvent type: Artifact pushed, Artifact deleted\nEndpoint URL: {address}\nAuth header: Bearer {secret}"
    );
    let zot = format!(
        "\"extensions\": {{\n  \"events\": {{\n    \"enable\": true,\n    \"sinks\": [{{\n      \"type\": \"http\",\n      \"address\": \"{address}\",\n      \"timeout\": \"5s\",\n      \"credentials\": {{\"username\": \"portolan\", \"password\": \"{secret}\"}}\n    }}]\n  }}\n}}"
    );
    vec![snippet("CNCF distribution", distribution), snippet("Harbor", harbor), snippet("zot", zot)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_is_told_the_address_and_the_secret() {
        for Snippet { client, text, .. } in snippets("https://a.example/hooks/registry/1", "ptl_h_x") {
            assert!(
                text.contains("https://a.example/hooks/registry/1") && text.contains("ptl_h_x"),
                "{client}: {text}"
            );
            if client == "zot" {
                let read: serde_json::Value = serde_json::from_str(&format!("{{{text}}}")).unwrap();
                assert_eq!(read["extensions"]["events"]["sinks"][0]["credentials"]["password"], "ptl_h_x");
            }
        }
    }
}
