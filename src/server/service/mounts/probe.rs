//! Asking a registry what it is and can do before it is mounted. What it answers is said in words of ours.

use super::Wanted;
use crate::domain::view::ProbeView;
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::mounted::Typed;
use crate::server::registry::ReadRegistry;

/// Names that are asked for.
const NAMES: u32 = 3;

/// Asks the registry.
///
/// # Errors
/// [`Error::Invalid`] of the field that keeps it from being mounted so.
pub async fn probe<A: crate::domain::Action>(app: &App, _proof: &Authorized<A>, wanted: &Wanted) -> Result<ProbeView> {
    wanted.settings.check()?;
    let Wanted { prefix, settings, password } = wanted.clone();
    let mount = app.mounts.connect(Typed { id: String::new(), prefix, settings, password })?;
    let names = listed(&*mount.read, wanted).await?;
    let capabilities = mount.read.capabilities().await;
    Ok(ProbeView { answers: answers(wanted, &mount, &names), capabilities })
}

/// Some names of the registry, as they will be here.
async fn listed(registry: &dyn ReadRegistry, wanted: &Wanted) -> Result<Vec<String>> {
    let page = registry.repositories(None, NAMES).await.map_err(at_fault)?;
    let names: Vec<String> = page.items.iter().map(ToString::to_string).collect();
    // Names that were typed were not asked for: so one of them is.
    if let (false, Some(first)) = (wanted.settings.repositories.is_empty(), page.items.first()) {
        match registry.tags(first, None, 1).await {
            Ok(_) => {}
            Err(Error::NotFound(_)) => {
                let words = "the registry has no repository of the first name; write names as it does";
                return Err(Error::invalid("repositories", words));
            }
            Err(error) => return Err(at_fault(error)),
        }
    }
    Ok(names)
}

/// What the registry did is wrong with the address that was typed.
fn at_fault(error: Error) -> Error {
    match error {
        Error::Upstream { registry, message, .. } => Error::invalid("url", format!("{registry} {message}")),
        other => other,
    }
}

fn answers(wanted: &Wanted, mount: &Mount, names: &[String]) -> Vec<String> {
    let host = mount.upstream.as_ref().map_or("", |upstream| upstream.host.as_str());
    let settings = &wanted.settings;
    let way = match settings.url.starts_with("https://") {
        true => "over TLS, with a certificate that is trusted here",
        false => "in plain text: whoever is between reads along",
    };
    let sign_in = match (&mount.token_service, wanted.password.is_some()) {
        (Some(service), _) => format!("It trusts tokens from here, for the service {service}, or asks for none."),
        (None, true) => format!("It lets {} in, or asks nobody who they are.", settings.username),
        (None, false) => "It lets us read without signing in.".to_owned(),
    };
    let holds = match names {
        [] => "It lists no repository yet.".to_owned(),
        names => format!("It has repositories, such as {}.", names.join(", ")),
    };
    vec![format!("{host} answers {way}."), "It speaks the distribution API, version 2.".to_owned(), sign_in, holds]
}
