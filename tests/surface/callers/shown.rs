//! What a page shows its reader, they may do: no link and no form on it is refused to whoever was shown it.

use super::{CALLERS, World, standing};
use crate::support::{TestApp, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// Pages to begin at, besides what leads on from them.
const STARTS: &[&str] = &[
    "/repositories",
    "/r/team/web",
    "/r/other/mine",
    "/n/team",
    "/n/other",
    "/account",
    "/account/tokens",
    "/admin/users",
    "/admin/groups",
    "/admin/access",
    "/admin/mounts",
    "/admin/providers",
    "/activity",
    "/jobs",
];
/// No page leads on for ever.
const MAX_PAGES: usize = 400;

/// The text of an attribute as it was written.
fn plain(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The values of an attribute in a piece of a page.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).map(plain).collect()
}

/// Where a page leads within the console, and to questions on itself.
fn links(path: &str, html: &str) -> Vec<String> {
    let own = path.split('?').next().unwrap_or_default();
    let whole = |href: String| if href.starts_with('?') { format!("{own}{href}") } else { href };
    let is_page = |href: &String| {
        let is_file = href.split('?').next().is_some_and(|path| path.ends_with(".svg") || path.ends_with(".pem"));
        // Trying a provider leads to another host.
        let is_elsewhere = ["//", "/pkg/", "/auth/provider/"].iter().any(|start| href.starts_with(start));
        href.starts_with('/') && !is_elsewhere && !is_file
    };
    let anchors = html.split("<a").skip(1).filter_map(|rest| rest.split('>').next());
    let hrefs = anchors.flat_map(|tag| values(tag, "href")).map(whole);
    hrefs.map(|href| href.split('#').next().unwrap_or_default().to_owned()).filter(is_page).collect()
}

/// A form that changes something: to where, and what stands in it.
fn forms(html: &str) -> Vec<(String, String)> {
    let read = |form: &str| {
        let (tag, rest) = form.split_once('>')?;
        let body = rest.split("</form>").next()?;
        let action = values(tag, "action").into_iter().next()?;
        let mut sent = url::form_urlencoded::Serializer::new(String::new());
        for input in body.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            let one = |attribute: &str| values(input, attribute).into_iter().next();
            let is_chosen = !matches!(one("type").as_deref(), Some("checkbox" | "radio")) || input.contains(" checked");
            if let (Some(name), true) = (one("name"), is_chosen) {
                let typed = match (&*name, one("value").unwrap_or_default()) {
                    // Somebody has to stand there, or nobody is asked about rights.
                    ("who", _) => "otto".to_owned(),
                    // A rule over all tags would leave nothing to delete.
                    ("tags", all) if all.is_empty() => "frozen-*".to_owned(),
                    (_, value) => value,
                };
                sent.append_pair(&name, &typed);
            }
        }
        for select in body.split("<select").skip(1).filter_map(|rest| rest.split("</select>").next()) {
            let options: Vec<&str> = select.split("<option").skip(1).collect();
            let chosen = options.iter().find(|option| option.contains(" selected")).or(options.first());
            if let (Some(name), Some(option)) = (values(select, "name").into_iter().next(), chosen) {
                sent.append_pair(&name, &values(option, "value").into_iter().next().unwrap_or_default());
            }
        }
        // Signing out, and what a browser keeps for itself, is for everybody.
        let is_own = ["/auth/", "/help/"].iter().any(|own| action.starts_with(own));
        (tag.contains("method=\"post\"") && !is_own).then(|| (action, sent.finish()))
    };
    html.split("<form").skip(1).filter_map(read).collect()
}

/// A form without the plan in it, which is another one each time that the page is drawn.
fn unsealed(form: &str) -> String {
    form.split('&').filter(|field| !field.starts_with("plan=")).collect::<Vec<_>>().join("&")
}

fn intent(form: &str) -> String {
    let mut fields = url::form_urlencoded::parse(form.as_bytes());
    fields.find(|(name, _)| name == "do").map(|(_, intent)| intent.into_owned()).unwrap_or_default()
}

/// What somebody met who went everywhere.
pub(super) struct Seen {
    /// How many pages were drawn.
    pub n_drawn: usize,
    /// What was shown and refused.
    pub refused: Vec<String>,
    /// All that forms asked for, or would ask for.
    pub intents: BTreeSet<String>,
}

/// Goes everywhere that pages lead, and sends every form on them if that is wanted.
pub(super) async fn wander(world: &World, by: &TestApp, sends: bool) -> Seen {
    let mut ahead: VecDeque<String> = STARTS.iter().map(|&path| path.to_owned()).collect();
    let (mut seen, mut sent, mut wrong) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let (mut known, mut intents, mut n_drawn) = (BTreeSet::new(), BTreeSet::new(), 0);
    while let Some(path) = ahead.pop_front() {
        if !seen.insert(path.clone()) || seen.len() > MAX_PAGES {
            continue;
        }
        let page = world.ask(by, "GET", &path, "").await;
        if page.status != 200 {
            continue;
        }
        n_drawn += 1;
        for link in links(&path, &page.body) {
            if !known.insert(link.clone()) {
                continue;
            }
            let led = world.ask(by, "GET", &link, "").await;
            // What a form did meanwhile may be why; then the page shows the link no more.
            let is_there = async || links(&path, &world.ask(by, "GET", &path, "").await.body).contains(&link);
            if matches!(led.status, 403 | 404) && is_there().await {
                wrong.push(format!("{path} leads to {link}, which is {}", led.status));
            }
            ahead.push_back(link);
        }
        for (action, form) in forms(&page.body) {
            if !sends {
                intents.insert(intent(&form));
                continue;
            }
            let now = forms(&world.ask(by, "GET", &path, "").await.body);
            let is_it = |(to, other): &&(String, String)| *to == action && unsealed(other) == unsealed(&form);
            let Some((action, form)) = now.iter().find(is_it) else { continue };
            if !sent.insert((action.clone(), unsealed(form))) {
                continue;
            }
            intents.insert(intent(form));
            let answer = world.ask(by, "POST", action, form).await;
            if matches!(answer.status, 401 | 403 | 404 | 405) {
                wrong.push(format!("{path} shows {form}, which is {}", answer.status));
            }
        }
    }
    assert!(seen.len() <= MAX_PAGES, "there is no end to it");
    Seen { n_drawn, refused: wrong, intents }
}

/// How many pages somebody is shown at least: those of [`STARTS`] that are theirs, and what an owner changes.
fn least(caller: &str) -> usize {
    match caller {
        "a stranger" => 3,
        "an owner elsewhere" => 8,
        "an auditor" => 12,
        _ => 5,
    }
}

/// For each of the callers of the table who has a browser, and for who may do everything.
#[tokio::test]
async fn nothing_is_shown_that_is_refused() {
    let mut wrong = Vec::new();
    for (number, (caller, _)) in CALLERS.iter().enumerate() {
        // Pages are for who has a session: nobody is asked to sign in, and a robot or a token opens none.
        if matches!(*caller, "nobody" | "a robot elsewhere" | "an administrator by a reader's token") {
            continue;
        }
        let world = World::new().await;
        let by = world.test.with_standing(standing(number));
        let Seen { n_drawn, refused, intents } = wander(&world, &by, true).await;
        assert!(n_drawn >= least(caller), "{caller} is shown {n_drawn} pages");
        wrong.extend(refused.into_iter().map(|refused| format!("{caller}: {refused}")));
        if *caller == "an auditor" {
            let own = ["change-password", "create-token"].map(str::to_owned);
            assert!(intents.iter().all(|intent| own.contains(intent)), "an auditor changes nothing: {intents:?}");
        }
    }
    let world = World::new().await;
    let acme = json!({"name": "acme", "kind": "oidc", "issuer": "https://id.example.com", "client_id": "p",
                      "client_secret": "s", "enabled": true});
    let made = world.test.call("POST", "/api/v1/providers", "application/json", acme.to_string()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    let by = world.test.with_standing(Standing {
        terms: vec![Terms { role: Role::Admin, scope: "*".parse().unwrap(), tags: None, expires_at: None }],
        ..Standing::of(user("nina"))
    });
    let Seen { n_drawn, refused, intents } = wander(&world, &by, true).await;
    assert!(n_drawn >= STARTS.len(), "an administrator is shown {n_drawn} pages");
    wrong.extend(refused.into_iter().map(|refused| format!("an administrator: {refused}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for shown in [
        "create-user",
        "disable-user",
        "give-access",
        "change-access",
        "take-access",
        "create-group",
        "delete-group",
        "map-claim",
        "create-robot",
        "rotate-robot",
        "create-repository",
        "configure-repository",
        "delete-repository",
        "delete-namespace",
        "delete-tags",
        "delete-image",
        "create-mount",
        "create-provider",
        "link-identity",
        "create-token",
    ] {
        assert!(intents.contains(shown), "{shown} is shown to an administrator: {intents:?}");
    }
}
