//! The arrows between folders, the sizes that keep files readable, and documents that speak of the code as it is.

mod arrows;
mod documents;

use arrows::ARROWS;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn files() -> Vec<(PathBuf, String)> {
    files_below("src")
}

fn files_below(root: &str) -> Vec<(PathBuf, String)> {
    files_of(root, "rs")
}

fn files_of(root: &str, kind: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, kind: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, kind, found);
            } else if entry.extension().is_some_and(|extension| extension == kind) {
                found.push(entry);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(root), kind, &mut found);
    found.sort();
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Everything before the unit tests of a file, comments left out.
pub(crate) fn production(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

fn is_allowed(named: &str, allowed: &[&str]) -> bool {
    allowed
        .iter()
        .any(|prefix| named == *prefix || named.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::")))
}

/// What a file names with `crate::` or `super::`, written from the root of the crate.
fn named_modules(path: &Path, code: &str) -> Vec<String> {
    let inside = path.strip_prefix("src").unwrap().with_extension("");
    let mut own: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if own.last().is_some_and(|last| last == "mod") {
        own.pop();
    }
    let mut named = Vec::new();
    for (at, start) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let is_first = !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
        if !is_first {
            continue;
        }
        let mut rest = &code[at..];
        let mut base = if start == "crate::" { vec![] } else { own.clone() };
        if start == "crate::" {
            rest = &rest[start.len()..];
        }
        while let Some(outer) = rest.strip_prefix("super::") {
            (base, rest) = (base[..base.len() - 1].to_vec(), outer);
        }
        for item in items(rest) {
            named.push(base.iter().cloned().chain([item]).collect::<Vec<_>>().join("::"));
        }
    }
    named
}

/// The path at the start of `rest`, or each path of what it groups: `a::{b, c::{d, e}}` are three.
fn items(rest: &str) -> Vec<String> {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
    let (path, rest) = rest.split_at(end);
    let group = rest.strip_prefix('{').filter(|_| path.is_empty() || path.ends_with("::"));
    let Some(group) = group else { return vec![path.trim_end_matches(':').to_owned()] };
    let (mut found, mut depth, mut is_new) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_new = true,
            c if is_new && !c.is_whitespace() => {
                found.extend(items(&group[at..]).into_iter().map(|item| format!("{path}{item}")));
                is_new = false;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn arrows_point_inward() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let folder =
            ARROWS.iter().filter(|(folder, _)| path.starts_with(folder) || path.starts_with(format!("{folder}.rs")));
        let Some((_, allowed)) = folder.max_by_key(|(folder, _)| folder.len()) else {
            wrong.push(format!("{} has no row in the table of arrows", path.display()));
            continue;
        };
        let code = production(&text);
        for named in named_modules(&path, &code) {
            if !is_allowed(&named, allowed) {
                wrong.push(format!("{} names {named}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these arrows point the wrong way:\n{}", wrong.join("\n"));
}

/// Which modules of a folder each of them names.
fn neighbours(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let within: Vec<String> =
        Path::new(folder).iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    let within = within.join("::") + "::";
    let mut of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files_below(folder) {
        let own = path.strip_prefix(folder).unwrap().with_extension("");
        let own = own.iter().next().unwrap().to_string_lossy().into_owned();
        let named = named_modules(&path, &production(&text)).into_iter();
        let named = named.filter_map(|it| Some(it.strip_prefix(&within)?.split("::").next()?.to_owned()));
        of.entry(own).or_default().extend(named);
    }
    of.remove("mod");
    for (own, named) in &mut of {
        named.remove(own);
    }
    of
}

/// What two use cases share lies below both, so that each can be read with what it names and nothing besides.
#[test]
fn services_name_each_other_in_no_circle() {
    let mut of = neighbours("src/server/service");
    assert!(of["names"].contains("elsewhere") && of["trash"].contains("elsewhere"), "what they name is found");
    // Who names none of the others is in no circle, nor who is named by none.
    loop {
        let n_left = of.len();
        let named: BTreeSet<String> = of.values().flatten().cloned().collect();
        let left: BTreeSet<String> = of.keys().filter(|own| named.contains(*own)).cloned().collect();
        of.values_mut().for_each(|named| named.retain(|it| left.contains(it)));
        of.retain(|own, named| left.contains(own) && !named.is_empty());
        if of.len() == n_left {
            break;
        }
    }
    assert!(of.is_empty(), "these name each other in a circle: {of:?}");
}

/// A word that only some places may use.
struct Reserved {
    word: &'static str,
    places: &'static [&'static str],
}

const RESERVED: &[Reserved] = &[
    Reserved { word: "StatusCode", places: &["src/server/http"] },
    Reserved { word: "env::var", places: &["src/server/config.rs"] },
    Reserved { word: "SystemTime::now", places: &["src/server/clock.rs"] },
    Reserved { word: "sqlx", places: &["src/server/store"] },
    Reserved { word: "rusqlite", places: &["src/server/store"] },
    Reserved {
        word: "reqwest",
        places: &["src/server/registry/remote", "src/server/identity/provider", "src/server/guard.rs"],
    },
    Reserved { word: "rcgen", places: &["src/server/identity/certificates.rs"] },
    Reserved { word: "oauth2", places: &["src/server/identity/provider"] },
    Reserved { word: "axum", places: &["src/server/http", "src/server/serve.rs", "src/server/registry/remote/tests"] },
    Reserved {
        word: ".system(",
        places: &["src/server/jobs", "src/server/app.rs", "src/server/access", "src/server/identity"],
    },
    Reserved { word: ".vouch(", places: &["src/server/identity", "src/server/access"] },
    Reserved {
        word: "crate::server::app",
        places: &["src/server/accounts.rs", "src/server/backup.rs", "src/server/serve", "src/server/check.rs"],
    },
    Reserved { word: "FilesystemBlobs", places: &["src/server/app.rs", "src/server/backup.rs", "src/server/blobs"] },
    Reserved { word: "HostedRegistry", places: &["src/server/app.rs", "src/server/app", "src/server/registry/hosted"] },
    Reserved { word: "RemoteRegistry", places: &["src/server/app.rs", "src/server/app", "src/server/registry/remote"] },
    // What unpacks bytes that anybody may push has bounds around it there.
    Reserved { word: "flate2", places: &["src/server/insight"] },
    Reserved { word: "ruzstd", places: &["src/server/insight"] },
    Reserved { word: "println!", places: &["src/main.rs"] },
];

#[test]
fn each_power_has_its_place() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let code = production(&text);
        for Reserved { word, places } in RESERVED {
            let is_word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let used = code.match_indices(word).any(|(at, _)| is_word(at) || word.starts_with('.'));
            if used && !places.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{} uses {word}, which is for {}", path.display(), places.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_knows_no_library_of_the_outside() {
    for (path, text) in files().into_iter().filter(|(path, _)| path.starts_with("src/domain")) {
        for library in ["sqlx", "rusqlite", "axum", "leptos", "reqwest", "tokio", "std::fs", "std::net"] {
            assert!(!production(&text).contains(library), "{} names {library}", path.display());
        }
    }
}

const MAX_LINES: usize = 300;
const MAX_FUNCTION_LINES: usize = 60;

#[test]
fn files_and_functions_stay_readable() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        let n_lines = code.lines().count();
        if n_lines > MAX_LINES {
            wrong.push(format!("{} has {n_lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not say in its head what it is for", path.display()));
        }
        let lines: Vec<&str> = code.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function =
                line.trim_start().split(' ').take(4).any(|word| word == "fn") && !line.trim_end().ends_with(';');
            let end = format!("{}}}", " ".repeat(indent));
            let length = lines[at..].iter().position(|line| *line == end).unwrap_or(0);
            if is_function && length > MAX_FUNCTION_LINES {
                wrong.push(format!("{}:{} is a function of {length} lines", path.display(), at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A test file tells one story at a time.
const MAX_TEST_LINES: usize = 400;

#[test]
fn test_files_stay_readable() {
    for (path, text) in files_below("tests") {
        let n_lines = text.lines().count();
        assert!(n_lines <= MAX_TEST_LINES, "{} has {n_lines} lines", path.display());
    }
}

/// SEC-37: nothing that is secret is compared, byte by byte or otherwise. What somebody shows is found by its fingerprint
/// or opened and checked by what made it.
#[test]
fn no_secret_is_compared() {
    let is_compared = |line: &str| {
        let line = line.replace(".expose().len()", "");
        let by_sign = ["==", "!="].into_iter().any(|sign| {
            let sides: Vec<&str> = line.split(sign).collect();
            let is_secret = |word: Option<&str>| word.is_some_and(|word| word.contains(".expose()"));
            sides.windows(2).any(|pair| {
                is_secret(pair[0].split_whitespace().last()) || is_secret(pair[1].split_whitespace().next())
            })
        });
        by_sign || [".eq(", ".ne(", ".cmp("].iter().any(|method| line.contains(&format!(".expose(){method}")))
    };
    assert!(is_compared("a.expose() == b") && is_compared("if b != a.expose() {") && is_compared("a.expose().eq(b)"));
    assert!(!is_compared("a.expose().len() == b.expose().len() && kind.fits(c.expose())"));
    let (mut compared, mut types) = (Vec::new(), 0);
    for (path, text) in files_below("src/server") {
        let code = production(&text);
        compared
            .extend(code.lines().filter(|line| is_compared(line)).map(|line| format!("{}: {line}", path.display())));
        let derived = code.split("#[derive(").skip(1).filter(|rest| rest.contains("struct Secret("));
        for rest in
            derived.filter(|rest| rest.find("struct ").is_some_and(|at| rest[at..].starts_with("struct Secret(")))
        {
            types += 1;
            assert!(!rest.split(')').next().unwrap().contains("Eq"), "{}: by bytes", path.display());
            let own = code.split("impl PartialEq for Secret").nth(1).expect("a comparison of its own");
            assert!(own.split("\n}").next().unwrap().contains("verify_slices_are_equal"), "{own}");
        }
    }
    assert_eq!((types, compared), (1, Vec::<String>::new()));
}
