//! What a change took from somewhere else, as it stands on record: a line of its own, before what there was afterwards. Older
//! versions named it in the object, before where it went.

/// What the line begins with.
const FROM: &str = "from ";
/// What stood in an object between the two.
const TO: &str = " to ";

/// The text that is kept: the source, and what there was afterwards.
pub(in crate::server::store) fn before(source: Option<String>, after: Option<String>) -> Option<String> {
    match (source, after) {
        (Some(source), Some(after)) => Some(format!("{FROM}{source}\n{after}")),
        (Some(source), None) => Some(format!("{FROM}{source}")),
        (None, after) => after,
    }
}

/// What is on record of a copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copied {
    /// Where it went.
    pub object: String,
    pub source: Option<String>,
    pub after: Option<String>,
}

/// Reads it, by whichever version it was written.
pub(super) fn read(object: String, after: Option<String>) -> Copied {
    if let Some(rest) = after.as_deref().and_then(|after| after.strip_prefix(FROM)) {
        let (source, after) = rest.split_once('\n').map_or((rest, None), |(source, after)| (source, Some(after)));
        return Copied { object, source: Some(source.to_owned()), after: after.map(str::to_owned) };
    }
    match in_object(&object) {
        Some((source, to)) => Copied { object: to.to_owned(), source: Some(source.to_owned()), after },
        None => Copied { object, source: None, after },
    }
}

/// The source that an object names, and where it went.
pub(super) fn in_object(object: &str) -> Option<(&str, &str)> {
    object.rsplit_once(TO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_read_apart_from_where_it_went() {
        let text = |it: &str| Some(it.to_owned()).filter(|it| !it.is_empty());
        for (object, after, expected) in [
            (
                "team/web:1 and 2 more",
                "from a/x:1 and 2 more\nteam/web:1 sha256:0",
                ("team/web:1 and 2 more", "team/web:1 sha256:0"),
            ),
            ("team/web:1 and 2 more", "from a/x:1 and 2 more", ("team/web:1 and 2 more", "")),
            ("a/x:1 and 2 more to team/web", "team/web:1 sha256:0", ("team/web", "team/web:1 sha256:0")),
            ("a/x:1 and 2 more to team/web", "", ("team/web", "")),
        ] {
            let read = read(object.to_owned(), text(after));
            let (object, after) = (expected.0.to_owned(), text(expected.1));
            assert_eq!(read, Copied { object, source: text("a/x:1 and 2 more"), after });
        }
        let none = Copied { object: "team/web".to_owned(), source: None, after: text("by the job 1") };
        assert_eq!(read("team/web".to_owned(), text("by the job 1")), none);
        assert_eq!((before(text("a:1"), text("b")), before(None, text("b"))), (text("from a:1\nb"), text("b")));
    }
}
