//! Conditions that a writer may attach: change this only if it is still what I saw (RFC 9110, section 13.1).

use super::{Digest, Error, Result};

/// What must hold of the state before a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// It must be one of these now (`If-Match`).
    pub matches: Option<Among>,
    /// It must be none of these now (`If-None-Match`).
    pub differs: Option<Among>,
}

/// Some states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// Whatever is there (`*`).
    Any,
    These(Vec<Digest>),
}

impl Among {
    /// Reads the value of `If-Match` or `If-None-Match`: `*`, or quoted digests with commas between them. Tags that
    /// are no digests, and weak ones where `is_strong`, match nothing.
    pub fn parse(header: &str, is_strong: bool) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        let tag = |text: &str| {
            let text = text.trim();
            let text = text.strip_prefix("W/").filter(|_| !is_strong).unwrap_or(text);
            text.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
        };
        Self::These(header.split(',').filter_map(tag).collect())
    }

    /// Whether the present state is among them.
    pub fn has(&self, current: Option<&Digest>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::These(digests), Some(current)) => digests.contains(current),
        }
    }
}

impl Condition {
    /// # Errors
    /// [`Error::Changed`] if it does not hold of the present state.
    pub fn check(&self, current: Option<&Digest>) -> Result<()> {
        let matches = self.matches.as_ref().is_none_or(|among| among.has(current));
        let differs = self.differs.as_ref().is_none_or(|among| !among.has(current));
        if matches && differs { Ok(()) } else { Err(Error::Changed { current: current.cloned() }) }
    }
}

/// What must hold of a tag before it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    #[default]
    Anything,
    /// It is not there.
    Absent,
    /// It names this image.
    Named(Digest),
}

impl Expect {
    /// Whether it holds.
    ///
    /// # Errors
    /// [`Error::Changed`] with what the tag names.
    pub fn check(&self, current: Option<&Digest>) -> Result<()> {
        let holds = match self {
            Self::Anything => true,
            Self::Absent => current.is_none(),
            Self::Named(digest) => current == Some(digest),
        };
        if holds { Ok(()) } else { Err(Error::Changed { current: current.cloned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_written() {
        let digest = |c: &str| -> Digest { format!("sha256:{}", c.repeat(64)).parse().unwrap() };
        let (a, b) = (digest("a"), digest("b"));
        assert_eq!(Among::parse(" * ", true), Among::Any);
        assert_eq!(Among::parse(&format!("\"{a}\" , \"odd\",\"{b}\""), true), Among::These(vec![a.clone(), b]));
        assert_eq!(Among::parse(&format!("W/\"{a}\""), true), Among::These(vec![]));
        assert!(Among::parse(&format!("W/\"{a}\""), false).has(Some(&a)));
        let absent = Condition { differs: Some(Among::Any), ..Condition::default() };
        assert!(absent.check(None).is_ok() && absent.check(Some(&a)).is_err());
        let still = Condition { matches: Some(Among::These(vec![a.clone()])), ..Condition::default() };
        assert!(
            still.check(Some(&a)).is_ok() && still.check(None).is_err() && still.check(Some(&digest("c"))).is_err()
        );
    }
}
