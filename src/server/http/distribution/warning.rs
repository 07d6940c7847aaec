//! Warnings that clients show to people (OCI distribution specification, "Warnings").

use axum::http::HeaderValue;

/// The most bytes of all warnings of an answer.
const MAX_BYTES: usize = 4096;

/// The value of a `Warning` header: code 299, agent `-`, no date. What no header can carry is left out, and what is
/// too long is cut.
pub(super) fn header(text: &str) -> HeaderValue {
    const FRAME: usize = "299 - \"\"".len();
    let mut quoted = String::new();
    for c in text.chars().filter(|c| (' '..='~').contains(c)) {
        let escape = if matches!(c, '"' | '\\') { "\\" } else { "" };
        if FRAME + quoted.len() + escape.len() + 1 > MAX_BYTES {
            break;
        }
        quoted.push_str(escape);
        quoted.push(c);
    }
    HeaderValue::from_str(&format!("299 - \"{quoted}\"")).expect("visible ASCII fits a header")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_makes_a_warning_that_clients_accept(text in any::<String>(), times in 1..3000usize) {
            let value = header(&text.repeat(times.min(20_000 / (text.len() + 1))));
            let value = value.to_str().unwrap();
            prop_assert!(value.len() <= 4096);
            let inner = value.strip_prefix("299 - \"").and_then(|rest| rest.strip_suffix('"')).unwrap();
            let unescaped = inner.replace("\\\\", "").replace("\\\"", "");
            prop_assert!(!unescaped.contains('"') && !unescaped.contains('\\'), "{}", value);
        }
    }
}
