//! JSON as people read it: each value on a line of its own, and every value exactly as it was written. Nothing is parsed into
//! numbers or texts and printed again, so no digit, no escape, no repeated key and no order is lost.

use serde::de::IgnoredAny;

/// Two spaces for each step inwards.
const STEP: &str = "  ";

/// Some JSON with lines and steps, up to about `max_bytes` of it; `None` for what is no JSON.
pub fn laid_out(bytes: &[u8], max_bytes: usize) -> Option<Laid> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut writer = Writer { text: String::with_capacity(text.len().min(max_bytes)), depth: 0 };
    let mut rest = text;
    while let Some(token) = next(&mut rest) {
        if writer.text.len() + token.len() > max_bytes {
            return Some(Laid { text: writer.text, is_cut: true });
        }
        writer.write(token, rest);
    }
    Some(Laid { text: writer.text, is_cut: false })
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    pub text: String,
    /// Whether there was more.
    pub is_cut: bool,
}

/// The next token of valid JSON: a mark, a text, or a number or word.
fn next<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    let length = match text.bytes().next()? {
        b'"' => end_of_text(text),
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        _ => text.find([' ', '\t', '\n', '\r', ',', '}', ']', ':']).unwrap_or(text.len()),
    };
    let (token, after) = text.split_at(length);
    *rest = after;
    Some(token)
}

/// How long a text in quotes is, with them.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return at + 1,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn write(&mut self, token: &str, rest: &str) {
        match token {
            "{" | "[" => {
                self.text.push_str(token);
                self.depth += 1;
                // What is empty stays on its line.
                if !rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(['}', ']']) {
                    self.turn();
                }
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                if !self.text.ends_with(['{', '[']) {
                    self.turn();
                }
                self.text.push_str(token);
            }
            "," => {
                self.text.push(',');
                self.turn();
            }
            ":" => self.text.push_str(": "),
            value => self.text.push_str(value),
        }
    }

    fn turn(&mut self) {
        self.text.push('\n');
        (0..self.depth).for_each(|_| self.text.push_str(STEP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn laid(json: &str) -> String {
        laid_out(json.as_bytes(), 10_000).expect("JSON").text
    }

    /// All tokens, one after the other.
    fn tokens(mut json: &str) -> Vec<&str> {
        std::iter::from_fn(|| next(&mut json)).collect()
    }

    #[test]
    fn each_value_stands_on_a_line_as_it_was_written() {
        let json =
            r#"{"a":1.50,"a":1e400, "b":[],"c":{ },"d":[{"x":"\u0041 {,\"]\\"},null],"n":123456789012345678901}"#;
        let expected = [
            "{",
            "  \"a\": 1.50,",
            "  \"a\": 1e400,",
            "  \"b\": [],",
            "  \"c\": {},",
            "  \"d\": [",
            "    {",
            "      \"x\": \"\\u0041 {,\\\"]\\\\\"",
            "    },",
            "    null",
            "  ],",
            "  \"n\": 123456789012345678901",
            "}",
        ];
        assert_eq!(laid(json), expected.join("\n"));
        assert_eq!(laid(" true "), "true");
        for odd in ["", "{", "{} {}", "nothing", "\u{feff}{}"] {
            assert_eq!(laid_out(odd.as_bytes(), 100), None, "{odd}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(laid_out(deep.as_bytes(), 10_000).is_none_or(|laid| laid.is_cut && laid.text.len() < 11_000));
    }

    #[test]
    fn what_is_long_is_cut_between_values() {
        let long = format!("[{}1]", "1,".repeat(10_000));
        let cut = laid_out(long.as_bytes(), 100).expect("JSON");
        assert!(cut.is_cut && cut.text.len() <= 110 && cut.text.starts_with("[\n  1,\n"), "{}", cut.text);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_made_up(fields in proptest::collection::vec(("\\PC{0,6}", any::<f64>(), "\\PC{0,6}"), 0..9)) {
            let fields = fields.iter().map(|(key, number, text)| {
                let (key, text) = (serde_json::to_string(key).unwrap(), serde_json::to_string(text).unwrap());
                let number = if number.is_finite() { number.to_string() } else { "0".to_owned() };
                format!("{key}:[{number},{text},{{}}]")
            });
            let json = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
            let laid_out = laid(&json);
            prop_assert_eq!(tokens(&laid_out), tokens(&json));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = laid_out(&bytes, 40);
        }
    }
}
