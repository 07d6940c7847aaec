//! Two configurations beside each other, line by line, as people read JSON.

use crate::domain::view::{ConfigChange, DiffLine};
use serde_json::Value;
use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

/// Lines of one configuration that are compared. Real ones have two hundred.
const MAX_LINES: usize = 2_000;
/// Lines of a difference that are shown.
const MAX_SHOWN: usize = 1_000;
/// Lines that stand around what changed.
const AROUND: usize = 3;

/// What a configuration says of layers and of the time stands elsewhere on the page.
const ELSEWHERE: [&str; 3] = ["created", "history", "rootfs"];

/// How they differ; `None` where one of them is not known or is no JSON.
pub fn change(from: Option<&[u8]>, to: Option<&[u8]>) -> Option<ConfigChange> {
    let (from, to) = (lines(from?)?, lines(to?)?);
    let mut change = ConfigChange { is_cut: from.len() > MAX_LINES || to.len() > MAX_LINES, ..ConfigChange::default() };
    let (from, to) = (&from[..from.len().min(MAX_LINES)], &to[..to.len().min(MAX_LINES)]);
    let steps = capture_diff_slices(Algorithm::Myers, from, to);
    let mut n_shown = 0;
    for group in group_diff_ops(steps, AROUND) {
        let mut hunk = Vec::new();
        for line in group.iter().flat_map(|step| step.iter_changes(from, to)) {
            change.n_removed += u64::from(line.tag() == ChangeTag::Delete);
            change.n_added += u64::from(line.tag() == ChangeTag::Insert);
            n_shown += 1;
            if n_shown <= MAX_SHOWN {
                let number = |at: Option<usize>| at.and_then(|at| u32::try_from(at + 1).ok());
                hunk.push(DiffLine {
                    old: number(line.old_index()),
                    new: number(line.new_index()),
                    text: line.value(),
                });
            }
        }
        change.is_cut |= n_shown > MAX_SHOWN;
        if !hunk.is_empty() {
            change.hunks.push(hunk);
        }
    }
    Some(change)
}

/// A configuration as lines; keys are in order, so that one builder's order is no difference.
fn lines(bytes: &[u8]) -> Option<Vec<String>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    if let Value::Object(fields) = &mut value {
        fields.retain(|key, _| !ELSEWHERE.contains(&key.as_str()));
    }
    let text = serde_json::to_string_pretty(&value).ok()?;
    Some(text.lines().take(MAX_LINES + 1).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(from: &str, to: &str) -> String {
        let change = change(Some(from.as_bytes()), Some(to.as_bytes())).unwrap();
        let line = |line: &DiffLine| match (line.old, line.new) {
            (Some(_), Some(_)) => format!("  {}", line.text.trim()),
            (Some(old), None) => format!("-{old} {}", line.text.trim()),
            (_, new) => format!("+{} {}", new.unwrap(), line.text.trim()),
        };
        change
            .hunks
            .iter()
            .map(|hunk| hunk.iter().map(line).collect::<Vec<_>>().join("\n"))
            .collect::<Vec<_>>()
            .join("\n@\n")
    }

    #[test]
    fn what_changed_stands_with_some_lines_around_it() {
        let from = r#"{"created":"a","config":{"Env":["A=1","B=2"],"Cmd":["run"],"User":"1"},"os":"linux"}"#;
        let to =
            r#"{"os":"linux","created":"b","config":{"User":"1","Cmd":["run"],"Env":["A=1","B=3"]},"history":[{}]}"#;
        let expected = "  ],\n  \"Env\": [\n  \"A=1\",\n-8 \"B=2\"\n+8 \"B=3\"\n  ],\n  \"User\": \"1\"\n  },";
        assert_eq!(drawn(from, to), expected);
        assert_eq!(drawn(from, from), "");
        assert_eq!(change(Some(b"{}"), None), None);
        assert_eq!(change(Some(b"{}"), Some(b"not JSON")), None);
    }

    #[test]
    fn what_is_very_long_is_cut_and_says_so() {
        let long = |word: &str| {
            let env: Vec<String> = (0..5_000).map(|n| format!("{word}{n}")).collect();
            serde_json::json!({ "config": { "Env": env } }).to_string()
        };
        let change = change(Some(long("a").as_bytes()), Some(long("b").as_bytes())).unwrap();
        assert!(change.is_cut && change.hunks.iter().map(Vec::len).sum::<usize>() == MAX_SHOWN);
    }
}
