//! What a form sent: fields by name, read into what they mean.

use crate::domain::{Error, Result, Tag, Timestamp};
use crate::server::secret::Secret;
use crate::ui::form::Intent;
use std::str::FromStr;

/// The fields of a form.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Vec<(String, String)>);

impl Sent {
    /// Reads a body as forms write it (application/x-www-form-urlencoded).
    pub(super) fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// What it asks for.
    pub(super) fn intent(&self) -> Option<Intent> {
        Intent::parse(self.text("do"))
    }

    /// A field without the space around it; nothing where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Whether there is such a field, whatever stands in it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// All values of a field that stands in the form more than once.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// A field as it was sent.
    pub(super) fn secret(&self, name: &str) -> Secret {
        Secret::from(self.raw(name).to_owned())
    }

    /// A field that means something.
    ///
    /// # Errors
    /// [`Error::Invalid`] for that field, whatever its type calls itself.
    pub(super) fn parse<T: FromStr<Err = Error>>(&self, name: &'static str) -> Result<T> {
        self.text(name).parse().map_err(|error| at(name, error))
    }

    /// A name that somebody chooses for an image.
    ///
    /// # Errors
    /// [`Error::Invalid`] for that field, also where nobody may have the name.
    pub(super) fn new_tag(&self, name: &'static str) -> Result<Tag> {
        let tag: Tag = self.parse(name)?;
        tag.refuse_reserved().map_err(|error| at(name, error)).map(|()| tag)
    }

    /// A field that means something, or is empty.
    pub(super) fn optional<T: FromStr<Err = Error>>(&self, name: &'static str) -> Result<Option<T>> {
        if self.text(name).is_empty() { Ok(None) } else { self.parse(name).map(Some) }
    }

    /// A date, at whose end something ends; nothing where none was chosen.
    pub(super) fn end_of_day(&self, name: &'static str) -> Result<Option<Timestamp>> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let end = Timestamp::parse(&format!("{text}T23:59:59Z"));
        end.map(Some).ok_or_else(|| Error::invalid(name, "a date is written 2027-01-31"))
    }

    /// What may be shown again: all but passwords and what the page itself puts in.
    pub(super) fn typed(&self) -> Vec<(String, String)> {
        let again = |(name, value): &(String, String)| {
            let value = if name.contains("password") { String::new() } else { value.clone() };
            (name.clone(), value)
        };
        self.0.iter().filter(|(name, _)| name != "do").map(again).collect()
    }

    fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

/// What is wrong with a value is wrong with the field that it stands in.
pub(super) fn at(name: &'static str, error: Error) -> Error {
    match error {
        Error::Invalid { message, .. } => Error::invalid(name, message),
        other => other,
    }
}

/// What is wrong with an end is wrong with the field for the day.
pub(super) fn at_until(error: Error) -> Error {
    match error {
        Error::Invalid { field, message } if field == "expires_at" => Error::invalid("until", message),
        other => other,
    }
}

/// A name that somebody else has is wrong in the field that it was typed into.
pub(super) fn taken(name: &'static str, error: Error) -> Error {
    match error {
        Error::Conflict(message) => Error::invalid(name, message),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Username;

    #[test]
    fn fields_are_read_and_passwords_are_not_shown_again() {
        let sent = Sent::read(b"do=create-user&username=+Mara+&password=a+b&until=2027-01-31&odd=2027");
        assert_eq!(sent.intent(), Some(Intent::CreateUser));
        assert_eq!((sent.text("username"), sent.secret("password").expose()), ("Mara", "a b"));
        assert!(matches!(sent.parse::<Username>("username"), Err(Error::Invalid { field, .. }) if field == "username"));
        assert_eq!(sent.end_of_day("until").unwrap().unwrap().rfc3339(), "2027-01-31T23:59:59Z");
        assert!(sent.end_of_day("odd").is_err() && sent.end_of_day("none").unwrap().is_none());
        let typed = sent.typed();
        assert!(typed.contains(&("password".to_owned(), String::new())) && typed.iter().all(|(name, _)| name != "do"));
    }
}
