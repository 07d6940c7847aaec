//! The `Link` header of lists (RFC 8288). Only the `last` of its query is believed: where the next
//! page is asked for is decided here, never by the registry's answer.

use url::Url;

/// That there is a next page, and the name that it begins after, if that was said.
#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    pub last: Option<String>,
}

/// Reads the `rel="next"` among the links of one header line.
pub fn next(line: &str, asked: &Url) -> Option<Next> {
    let (address, _) = links(line).into_iter().find(|(_, parameters)| is_next(parameters))?;
    let url = asked.join(address).ok()?;
    let last = url.query_pairs().find(|(key, _)| key == "last");
    Some(Next { last: last.map(|(_, value)| value.into_owned()) })
}

/// Each address with its parameters. Commas part links, but not inside `<…>` or `"…"`.
fn links(line: &str) -> Vec<(&str, &str)> {
    let mut end = None;
    let parts = line.split(|character| {
        end = match (end, character) {
            (None, '<') => Some('>'),
            (None, '"') => Some('"'),
            (Some(end), character) if end == character => None,
            (end, _) => end,
        };
        end.is_none() && character == ','
    });
    parts.filter_map(|part| part.trim().strip_prefix('<')?.split_once('>')).collect()
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(key, value)| {
        key.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Option<String>> {
        next(line, &Url::parse("https://reg.example/v2/_catalog?n=2").unwrap()).map(|next| next.last)
    }

    #[test]
    fn the_last_of_the_next_link_is_read() {
        let last = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(read(r#"</v2/_catalog?last=a%2Fb&n=2>; rel="next""#), last("a/b"));
        assert_eq!(read("<https://evil.example/?n=2&last=x>; REL=next"), last("x"));
        assert_eq!(read(r#"</a?last=1,1>; rel="prev", </b?last=2>; title="<x>, y"; rel="next last""#), last("2"));
        assert_eq!(read(r#"</v2/_catalog?next_page=x>; rel="next""#), Some(None));
        assert_eq!(read(r#"</v2/_catalog?last=x>; rel="prev""#), None);
        assert_eq!(read("<"), None);
        assert_eq!(read(""), None);
    }
}
