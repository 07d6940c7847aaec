//! Documents speak of what is there: files, items, tests, and the ids of threats and faults.

use super::{files, files_below, files_of};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const THREATS: &str = "docs/threats-and-faults.md";

/// Documents that name files and parts of the code.
const GUIDES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", THREATS];

#[test]
fn what_the_guides_name_is_there() {
    let code = [files(), files_below("tests")].concat();
    let is_path = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_/.".contains(c));
    let is_item = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
    let functions: BTreeSet<&str> =
        code.iter().flat_map(|(_, text)| text.split("fn ").skip(1)).map(|rest| before(rest, is_word)).collect();
    let mut wrong = Vec::new();
    for guide in GUIDES {
        for quoted in fs::read_to_string(guide).unwrap().split('`').skip(1).step_by(2) {
            let item = quoted.split('(').next().unwrap_or(quoted);
            let is_there = if quoted.ends_with(".rs") && is_path(quoted) {
                code.iter().any(|(path, _)| path.ends_with(quoted))
            } else if item.contains("::") && is_item(item) {
                code.iter().any(|(path, text)| stands_in(item, path, text))
            } else if is_sentence(quoted) {
                functions.contains(quoted)
            } else {
                true // Not ours to judge: commands, patterns, names of other things.
            };
            if !is_there {
                wrong.push(format!("{guide} names {quoted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "these are gone:\n{}", wrong.join("\n"));
}

/// Whether a file is or defines the module or type and defines its item; or uses it so, if it is of a library.
fn stands_in(item: &str, path: &Path, text: &str) -> bool {
    let (owner, name) = item.rsplit_once("::").expect("an item of something");
    let owner = owner.rsplit("::").next().unwrap_or(owner);
    let defines = |kinds: &[&str], name: &str| kinds.iter().any(|kind| has_words(text, &format!("{kind} {name}")));
    let is_home = path.with_extension("").iter().any(|part| part == owner);
    (is_home || defines(&["struct", "enum", "trait", "impl", "for"], owner))
        && defines(&["fn", "const", "struct", "enum", "trait", "type", "mod"], name)
        || has_words(text, item)
}

fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + words.len()..].starts_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word is a sentence, as names of tests are.
fn is_sentence(word: &str) -> bool {
    word.matches('_').count() > 2 && word.chars().all(|c| is_word(c) && !c.is_uppercase())
}

/// What a text begins with.
fn before(text: &str, holds: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c: char| !holds(c)).unwrap_or(text.len())]
}

/// Families of ids, each with a table.
const FAMILIES: &[&str] = &["SEC-", "FLT-", "OCI-", "AUTH-"];

#[test]
fn every_threat_and_fault_that_is_spoken_of_has_its_row_and_the_other_way_round() {
    let rows = fs::read_to_string(THREATS).unwrap();
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let rows: Vec<String> = rows.flat_map(ids).collect();
    let said =
        ["rs", "ts"].iter().flat_map(|kind| ["src", "tests", "end2end/journeys"].map(|root| files_of(root, kind)));
    let said: BTreeSet<String> = said.flatten().flat_map(|(_, text)| ids(&text)).collect();
    let known: BTreeSet<String> = rows.iter().cloned().collect();
    let apart: Vec<_> = known.symmetric_difference(&said).collect();
    assert!(apart.is_empty(), "these have a row in {THREATS}, or are spoken of, and not both: {apart:?}");
    assert_eq!(rows.len(), known.len(), "each has one row");
}

/// The ids in a text, such as the attack of number 7.
fn ids(text: &str) -> Vec<String> {
    let found = FAMILIES.iter().flat_map(|family| text.match_indices(*family));
    let whole = found.filter(|(at, _)| !text[..*at].ends_with(is_word));
    let numbered = whole.map(|(at, family)| (family, before(&text[at + family.len()..], |c| c.is_ascii_digit())));
    numbered.filter(|(_, number)| !number.is_empty()).map(|(family, number)| format!("{family}{number}")).collect()
}
