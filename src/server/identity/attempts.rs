//! Browsers on their way through an identity provider. What was begun travels with them, sealed, as the `state` that the
//! provider sends back (RFC 6749, section 10.12): whoever begins a thousand takes no room, and pushes nobody out.

use super::sealing::Sealing;
use super::secrets;
use crate::domain::{Error, Result, Timestamp};
use crate::server::entropy::Entropy;
use crate::server::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a sign-in by a provider";
/// The most of where to go on: all of it travels in an address.
const MAX_NEXT_BYTES: usize = 512;
/// No state is longer.
const MAX_STATE_BYTES: usize = 4096;

/// A sign-in that was begun.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The provider's name.
    pub provider: String,
    /// SHA-256 of the cookie of the browser that began it, in hex.
    pub browser: String,
    pub nonce: String,
    pub verifier: Secret,
    /// Where to go on.
    pub next: String,
    /// What it was begun for.
    pub aim: Aim,
    /// From which network it was begun.
    pub network: String,
    pub expires_at: Timestamp,
}

/// What somebody goes to a provider for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// To come in.
    SignIn,
    /// To see what comes back, in this session.
    Try(String),
    /// To link who they are there to the account of this session.
    Link(String),
    /// To take the invitation of this secret.
    Invitation(Secret),
}

impl Aim {
    /// As it travels: its kind, and what belongs to it.
    fn carried(&self) -> (&'static str, &str) {
        match self {
            Self::SignIn => ("in", ""),
            Self::Try(session) => ("try", session),
            Self::Link(session) => ("link", session),
            Self::Invitation(link) => ("invite", link.expose()),
        }
    }

    fn read(kind: &str, of: String) -> Option<Self> {
        match kind {
            "in" => Some(Self::SignIn),
            "try" => Some(Self::Try(of)),
            "link" => Some(Self::Link(of)),
            "invite" => Some(Self::Invitation(of.into())),
            _ => None,
        }
    }
}

/// An attempt as it travels.
#[derive(Serialize, Deserialize)]
struct Carried {
    p: String,
    b: String,
    n: String,
    v: String,
    x: String,
    a: String,
    t: String,
    w: String,
    e: i64,
}

impl Attempt {
    /// The `state` that stands for it.
    pub(super) fn seal(&self, sealing: &Sealing, entropy: &dyn Entropy) -> Result<Secret> {
        let next = if self.next.len() <= MAX_NEXT_BYTES { self.next.clone() } else { String::new() };
        let (kind, of) = self.aim.carried();
        let carried = Carried {
            p: self.provider.clone(),
            b: self.browser.clone(),
            n: self.nonce.clone(),
            v: self.verifier.expose().to_owned(),
            x: next,
            a: kind.to_owned(),
            t: of.to_owned(),
            w: self.network.clone(),
            e: self.expires_at.0,
        };
        let text = serde_json::to_vec(&carried).map_err(|_| Error::Internal)?;
        Ok(Secret::from(URL_SAFE_NO_PAD.encode(sealing.seal(PURPOSE, &text, entropy)?)))
    }

    /// What was begun under that state, with the name under which its end is noted; `None` if it was not begun here, or
    /// its time is over.
    pub(super) fn open(sealing: &Sealing, state: &Secret, now: Timestamp) -> Option<(Self, String)> {
        let bytes = Some(state.expose()).filter(|text| text.len() <= MAX_STATE_BYTES);
        let text = sealing.open(PURPOSE, &URL_SAFE_NO_PAD.decode(bytes?).ok()?).ok()?;
        let Carried { p, b, n, v, x, a, t, w, e } = serde_json::from_slice(&text).ok()?;
        let (verifier, expires_at, aim) = (v.into(), Timestamp(e), Aim::read(&a, t)?);
        let attempt = Self { provider: p, browser: b, nonce: n, verifier, next: x, aim, network: w, expires_at };
        (now < expires_at).then(|| (attempt, secrets::fingerprint(state)))
    }
}
