//! What a reader may see, as a condition of a query: the same rule as `access::permits`.

use super::Value;
use crate::server::access::Visibility;

/// `AND …` over a column of repository names, with its parameters appended; nothing where everything is shown.
pub(super) fn condition(visibility: &Visibility, column: &str, params: &mut Vec<Value>) -> String {
    let Visibility::Under(namespaces) = visibility else { return String::new() };
    let mut ranges = vec!["1 = 0".to_owned()];
    for namespace in namespaces {
        // All that begins with `team/`: `0` follows the slash in the order of bytes.
        params.push(format!("{namespace}/").into());
        params.push(format!("{namespace}0").into());
        ranges.push(format!("({column} > ${} AND {column} < ${})", params.len() - 1, params.len()));
    }
    format!("AND ({})", ranges.join(" OR "))
}
