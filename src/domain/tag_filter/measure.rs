//! Spans of time and sizes, as a filter writes them: `30d`, `1.5GB`.

/// Milliseconds of `30d`: hours, days, weeks or years.
pub(super) fn span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        "y" => 365 * 24,
        _ => return None,
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<i64>().ok())??;
    number.checked_mul(hours)?.checked_mul(3_600_000)
}

/// Bytes of `1.5GB`, in the units in which pages show sizes; a unit may be in small letters. At most three decimals.
pub(super) fn size(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit: i64 = match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if decimals.is_empty() || decimals.len() > 3 {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<i64>().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(thousandths.checked_mul(unit)? / 1000)
}
