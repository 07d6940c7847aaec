//! What somebody pasted: an image as clients name it, a line for one of them, a digest, or an address of the console.
//!
//! Nothing here looks anything up: whether it names something is told to who may see that.

use super::digest::Algorithm;
use super::{Address, Digest, RepositoryName, Tag};

/// The most characters that are looked at of what somebody typed.
pub const MAX_CHARS: usize = 1_024;

/// The longest name of a host (RFC 1035, section 2.3.4), with its port.
const MAX_HOST_BYTES: usize = 255 + 6;

/// With so many digits on, a digest is looked for.
const LEAST_DIGITS: usize = 6;
/// And with so many it is meant, whether or not its algorithm stands before it: the console shows as many.
const MEANT_DIGITS: usize = 12;

/// Programs in whose lines an image stands, and what stands before one in files.
const TOOLS: [&str; 16] = [
    "docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "regctl", "oras", "helm", "cosign", "ctr", "crictl",
    "kubectl", "FROM", "image:", "Image:",
];
/// Their options that take the next word.
const VALUED: [&str; 22] = [
    "--platform",
    "--version",
    "--name",
    "--namespace",
    "--network",
    "--entrypoint",
    "--env",
    "--publish",
    "--user",
    "--volume",
    "--workdir",
    "--creds",
    "--output",
    "--authfile",
    "-e",
    "-n",
    "-o",
    "-p",
    "-u",
    "-v",
    "-w",
    "-f",
];
/// What may stand before an image.
const SCHEMES: [&str; 4] = ["docker://", "oci://", "https://", "http://"];

/// What a text names, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pasted {
    /// Something with a page, by the address of that.
    Page(Address),
    Image(Pulled),
    Digest(DigestStart),
}

/// An image as clients name it: `registry.acme.dev/team/web:1.4.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The first part, where clients take it for a host.
    pub host: Option<String>,
    /// What follows.
    pub name: RepositoryName,
    pub tag: Option<Tag>,
    pub digest: Option<Digest>,
}

/// How a digest begins, or all of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestStart {
    algorithm: Algorithm,
    hex: String,
}

/// As much of a text as is looked at.
pub fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    text[..end].trim()
}

impl Pasted {
    /// Reads it; `own` are the hosts at which this console is. A text that names nothing by itself is for searching.
    pub fn read(text: &str, own: &[&str]) -> Option<Self> {
        let words: Vec<&str> = cut(text).split_whitespace().collect();
        let Named { word, version, is_image } = named(&words)?;
        let word = word.trim_matches(['"', '\'', '`', ',', ';']);
        if let Some(address) = page(word, own) {
            return Some(Self::Page(address));
        }
        let is_meant = |it: &DigestStart| word.contains(':') || it.hex.len() >= MEANT_DIGITS;
        match DigestStart::read(word) {
            Some(start) => is_meant(&start).then_some(Self::Digest(start)),
            None => Pulled::read(word, version, is_image).map(Self::Image),
        }
    }
}

impl Pulled {
    /// Reads one. A single plain word is none where nothing says so: it may be anything.
    fn read(text: &str, version: Option<&str>, is_image: bool) -> Option<Self> {
        let text = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text).trim_end_matches('/');
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(digest.parse().ok()?)),
            None => (text, None),
        };
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
            // What Helm calls a version is a tag, in which a plus cannot be.
            _ => (text, version.map(|version| version.replace('+', "_"))),
        };
        let tag = tag.map(|tag| tag.parse()).transpose().ok()?;
        let (host, name) = match path.split_once('/') {
            Some((first, rest)) if is_host(first) => (Some(first.to_owned()), rest),
            _ => (None, path),
        };
        let name: RepositoryName = name.parse().ok()?;
        let is_clear = is_image || host.is_some() || tag.is_some() || digest.is_some() || name.namespace().is_some();
        is_clear.then_some(Self { host, name, tag, digest })
    }

    /// The name with its first part, where that is one of a name too.
    pub fn whole(&self) -> Option<RepositoryName> {
        match &self.host {
            Some(host) => format!("{host}/{}", self.name).parse().ok(),
            None => Some(self.name.clone()),
        }
    }
}

impl DigestStart {
    /// Reads `3f9a41`, `sha256:3f9a41` or all of a digest, in letters of either case.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('@').unwrap_or(text);
        let (algorithm, hex) = match text.split_once(':') {
            Some((name, hex)) => (name.to_ascii_lowercase().parse().ok()?, hex),
            None if text.len() > Algorithm::Sha256.hex_digits() => (Algorithm::Sha512, text),
            None => (Algorithm::Sha256, text),
        };
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let fits = (LEAST_DIGITS..=algorithm.hex_digits()).contains(&hex.len());
        (is_hex && fits).then(|| Self { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// How digests begin that it may mean.
    pub fn text(&self) -> String {
        format!("{}:{}", self.algorithm.name(), self.hex)
    }
}

impl From<&Digest> for DigestStart {
    fn from(digest: &Digest) -> Self {
        Self { algorithm: digest.algorithm(), hex: digest.hex().to_owned() }
    }
}

/// Whether clients take the first part of a name for a host.
fn is_host(part: &str) -> bool {
    let is_in_hosts = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    let is_written_so = part.len() <= MAX_HOST_BYTES && !part.starts_with('-') && part.bytes().all(is_in_hosts);
    is_written_so && (part.contains(['.', ':']) || part == "localhost")
}

/// The word of a text that names something.
struct Named<'t> {
    word: &'t str,
    /// The version that is said beside it.
    version: Option<&'t str>,
    /// Whether it can be nothing but an image.
    is_image: bool,
}

/// The only word that there is, or the image in the line of a client.
fn named<'t>(words: &[&'t str]) -> Option<Named<'t>> {
    let is_prompt = |word: &&&str| matches!(**word, "$" | "#" | ">" | "-" | "sudo");
    let words = &words[words.iter().take_while(is_prompt).count()..];
    let (tool, rest) = words.split_first()?;
    if rest.is_empty() {
        return Some(Named { word: tool, version: None, is_image: false });
    }
    if !TOOLS.contains(tool) {
        return None;
    }
    let (mut plain, mut version, mut option) = (Vec::new(), None, "");
    for &word in rest {
        match std::mem::take(&mut option) {
            "--version" => version = Some(word),
            "" if word.starts_with("--version=") => version = word.split_once('=').map(|(_, version)| version),
            "" if VALUED.contains(&word) => option = word,
            "" if !word.starts_with('-') => plain.push(word),
            _ => {}
        }
    }
    let with_scheme = plain.iter().find(|word| SCHEMES.iter().any(|scheme| word.starts_with(scheme))).copied();
    let set = || plain.iter().filter(|_| *tool == "kubectl").find_map(|word| Some(word.split_once('=')?.1));
    let clear = || plain.iter().find(|word| word.contains(['/', ':', '@'])).copied();
    // `docker pull nginx` and `FROM nginx`, which nothing but their place says.
    let bare = || match tool.to_ascii_lowercase().as_str() {
        "from" | "image:" => plain.first().copied(),
        _ => plain.iter().skip_while(|word| **word != "pull").nth(1).copied(),
    };
    let word = with_scheme.or_else(set).or_else(clear);
    Some(Named { word: word.or_else(bare)?, version, is_image: word.is_none() })
}

/// The page at an address of this console, written whole or from its first slash.
fn page(text: &str, own: &[&str]) -> Option<Address> {
    let path = match text.split_once("://") {
        Some(("http" | "https", rest)) => {
            let (host, path) = rest.split_once('/')?;
            own.iter().any(|own| own.eq_ignore_ascii_case(host)).then_some(path)?
        }
        Some(_) => return None,
        None => text.strip_prefix('/')?,
    };
    let path = path.split(['?', '#']).next()?;
    match path.split_once('/')? {
        ("r", rest) => Address::parse_repository(rest),
        ("n", rest) => Address::parse_namespace(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
