//! Which hosts can only mean this machine.

use url::{Host, Url};

/// Whether a host never leads off this machine (RFC 6761, section 6.3, for names).
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}

/// Whether secrets and names of people may go to an address: nobody may read along.
///
/// # Errors
/// Words that say what would be right.
pub fn address(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| "this is no address; write it with its scheme: https://…".to_owned())?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("this is an address without a user and without ? or #".to_owned());
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(()),
        ("http", Some(host)) if is_loopback(&host) => Ok(()),
        ("http", _) => Err("plain http is for loopback only; name its https address".to_owned()),
        _ => Err("the address must start with https:// (or http:// on loopback)".to_owned()),
    }
}
