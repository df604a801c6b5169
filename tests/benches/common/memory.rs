//! The memory of a process, as Linux tells it.

/// Megabytes of a line of `/proc/self/status` such as `VmRSS` (now) or `VmHWM` (at most); `None` elsewhere.
pub fn megabytes(line: &str) -> Option<f64> {
    megabytes_of("self", line)
}

/// The same of another process, by its number.
pub fn megabytes_of(process: &str, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    Some(value.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// The same for people.
pub fn shown(line: &str) -> String {
    megabytes(line).map_or_else(|| "unknown".to_owned(), |size| format!("{size:.0} MB"))
}
