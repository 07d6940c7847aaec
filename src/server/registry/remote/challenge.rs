//! `WWW-Authenticate` (RFC 9110, section 11.6.1), read leniently: several challenges in one line
//! or in several, parameters quoted or not, names in any case. It never fails; what cannot be
//! read is skipped.

/// One way in which a registry wants to be convinced.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// In lower case.
    pub scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges of one header line, in order.
pub fn parse(line: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c: char| !is_token(c));
        if rest.is_empty() {
            return challenges;
        }
        let (word, after) = split_token(rest);
        let value = after.trim_start().strip_prefix('=');
        match (challenges.last_mut(), value) {
            (Some(challenge), Some(value)) => {
                let (value, after) = read_value(value.trim_start());
                challenge.parameters.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            _ => {
                challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn split_token(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !is_token(c)).unwrap_or(text.len()))
}

/// A quoted value ends at its quote. One without quotes ends at a comma or a space, which is
/// more than the grammar allows: registries write bare addresses.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([',', ' ']).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_read_in_every_form() {
        let read = parse(r#"bEaReR Realm="https://a.example/token?x=1,2" , SERVICE=reg.example:5000,scope="a \"b\"""#);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].scheme, "bearer");
        assert_eq!(read[0].parameter("realm"), Some("https://a.example/token?x=1,2"));
        assert_eq!(read[0].parameter("service"), Some("reg.example:5000"));
        assert_eq!(read[0].parameter("scope"), Some("a \"b\""));
        assert_eq!(read[0].parameter("error"), None);
    }

    #[test]
    fn several_challenges_may_share_a_line() {
        let read = parse(r#"Negotiate abc==, Basic realm="Registry", Bearer realm="https://a.example/t""#);
        let schemes: Vec<_> = read.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes.first(), Some(&"negotiate"));
        let bearer = read.iter().find(|challenge| challenge.scheme == "bearer").unwrap();
        assert_eq!(bearer.parameter("realm"), Some("https://a.example/t"));
        assert!(schemes.contains(&"basic"));
    }

    #[test]
    fn bare_words_are_challenges_without_parameters() {
        assert_eq!(parse("Basic").len(), 1);
        assert!(parse("").is_empty());
        assert!(parse(" ,,\" = ").is_empty());
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_panic(line in "\\PC*") {
            let _ = parse(&line);
        }
    }
}
