//! The table of where the time of a run went.

use crate::worker::BulkTimes;
use std::time::Duration;

/// A line for each part, with its share of all that was computed; times of several threads add up, the last line is that of a clock.
pub(super) fn table(times: &BulkTimes, passed: Duration) -> String {
    let predicting = times.predicting;
    let parts = [
        ("reading", times.reading),
        ("sentences, words, pieces", predicting.preparing),
        ("encoder", predicting.encoding),
        ("tags and spans", predicting.decoding),
        ("pairs and roles", predicting.relating),
        ("writing", times.delivering),
    ];
    let all: Duration = parts.iter().map(|(_, time)| *time).sum();
    let mut table = String::new();
    for (name, time) in parts {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
        table += &format!("{name:26}{:9.3} s {share:6.1} %\n", time.as_secs_f64());
    }
    let rate = predicting.pieces as f64 / passed.as_secs_f64().max(f64::MIN_POSITIVE);
    table + &format!("in {:.3} s by the clock; {} pieces, {rate:.0} a second", passed.as_secs_f64(), predicting.pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Times;

    #[test]
    fn shares_add_up_and_an_empty_run_divides_by_nothing() {
        let predicting = Times { encoding: Duration::from_secs(3), pieces: 200, ..Times::default() };
        let times = BulkTimes { predicting, reading: Duration::from_secs(1), delivering: Duration::ZERO };
        let table = table(&times, Duration::from_secs(2));
        assert!(table.contains("75.0 %") && table.contains("25.0 %") && table.contains("200 pieces, 100 a second"), "{table}");
        assert!(super::table(&BulkTimes::default(), Duration::ZERO).contains(" 0.0 %"));
    }
}
