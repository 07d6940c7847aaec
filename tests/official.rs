//! The official conformance suite of the OCI distribution specification (its `conformance/`), run against the built
//! binary where the variable `OCI_CONFORMANCE` names the suite's own. It is built outside of this repository.

use crate::support::process::{ADMIN, QUIET, Server, goes_without};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What `stable` leaves out of what `dev` knows, and what nobody who keeps its content whole can pass: manifests whose
/// parts are not there.
const DISABLED: [(&str, &[&str]); 2] = [
    (
        "stable",
        &["Blob upload cancel", "Manifest put with tag params", "Sparse Manifests", "Tag Param", "Tag Param sha512"],
    ),
    ("dev", &["Sparse Manifests"]),
];

/// A mount that does not say from where would tell who has a blob; the specification lets a registry leave it out.
const SKIPPED: [&str; 1] = ["Blob anonymous mount"];

#[test]
#[expect(clippy::disallowed_methods, reason = "the test scripts say by a variable where the suite is")]
fn the_conformance_suite_passes() {
    let Ok(suite) = std::env::var("OCI_CONFORMANCE") else {
        return goes_without("the official conformance suite, since OCI_CONFORMANCE does not name its binary");
    };
    for (version, disabled) in DISABLED {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_private(&folder.path().join("data"), &[QUIET[0], ADMIN[0], ADMIN[1]]);
        let results = run(Path::new(&suite), version, &server.host, folder.path());
        let of = |outcome: &str| -> Vec<&str> {
            results.iter().filter(|(_, found)| *found == outcome).map(|(name, _)| name.as_str()).collect()
        };
        assert_eq!(of("Disabled"), disabled, "{version}");
        assert_eq!(of("Skip"), SKIPPED, "{version}");
        let n_passed = of("Pass").len();
        assert_eq!(n_passed + disabled.len() + SKIPPED.len(), results.len(), "{version}: {results:#?}");
        assert!(n_passed >= 45, "{version}: only {n_passed} were run");
    }
}

/// The outcome of each row. The suite says 0 for a configuration that it cannot read, so its results are read.
fn run(suite: &Path, version: &str, host: &str, folder: &Path) -> BTreeMap<String, String> {
    let mut command = Command::new(suite);
    command.current_dir(folder).env_clear().envs([
        ("OCI_REGISTRY", host),
        ("OCI_TLS", "disabled"),
        ("OCI_REPO1", "conf/one"),
        ("OCI_REPO2", "conf/two"),
        ("OCI_VERSION", version),
        ("OCI_USERNAME", ADMIN[0].1),
        ("OCI_PASSWORD", ADMIN[1].1),
    ]);
    let output = command.env("OCI_RESULTS_DIR", folder).output().expect("the suite starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let results = std::fs::read_to_string(folder.join("results.yaml")).unwrap_or_else(|_| panic!("no results: {said}"));
    let failed: Vec<&str> = results.lines().filter(|line| line.contains("FAIL") || line.contains("Error")).collect();
    assert!(failed.is_empty() && output.status.success(), "{version}: {failed:#?}\n{said}");
    let rows = results.lines().skip_while(|line| *line != "apis:").filter_map(|line| line.split_once(": "));
    rows.map(|(name, outcome)| (name.trim().to_owned(), outcome.trim().to_owned())).collect()
}
