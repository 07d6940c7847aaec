//! Byte counts as people read them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number of bytes. Printed in SI units with three figures: `38.6 MB`, never MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
        const NO_BREAK: char = '\u{a0}';
        if self.0 < 1000 {
            return write!(f, "{}{NO_BREAK}B", self.0);
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = if value < 9.995 {
            2
        } else if value < 99.95 {
            1
        } else {
            0
        };
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        write!(f, "{text}{NO_BREAK}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures_in_si_units() {
        let shown = |bytes: u64| ByteSize(bytes).to_string().replace('\u{a0}', " ");
        assert_eq!(shown(0), "0 B");
        assert_eq!(shown(999), "999 B");
        assert_eq!(shown(1_000), "1 kB");
        assert_eq!(shown(38_612_345), "38.6 MB");
        assert_eq!(shown(999_999), "1 MB");
        assert_eq!(shown(1_240_000_000), "1.24 GB");
        assert_eq!(shown(412_000_000_000), "412 GB");
    }
}
