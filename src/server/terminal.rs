//! Lines for the person who started the program. A closed pipe (`portolan check | head -1`) is no reason
//! to fail.

use std::io::Write;

/// Prints one line to standard output.
pub fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
