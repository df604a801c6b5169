//! The table of where the time of a run went.

use crate::worker::BulkTimes;
use std::time::Duration;

/// A line for each part, with its share of all that threads did; times of several threads add up. What they waited for stands
/// behind it: `disk` is for how long writing waited for the disk, while documents were predicted. The last line is that of a clock.
pub(super) fn table(times: &BulkTimes, disk: Duration, passed: Duration) -> String {
    let predicting = times.predicting;
    let parts = [
        ("reading", times.reading),
        ("sentences, words, pieces", predicting.preparing),
        ("encoder", predicting.encoding),
        ("tags and spans", predicting.decoding),
        ("pairs and roles", predicting.relating),
        ("writing", times.delivering.saturating_sub(disk)),
    ];
    let all: Duration = parts.iter().map(|(_, time)| *time).sum();
    let mut table = String::new();
    for (name, time) in parts {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
        table += &format!("{name:26}{:9.3} s {share:6.1} %\n", time.as_secs_f64());
    }
    table += &format!("{:26}{:9.3} s, beside the rest\n", "waiting for the disk", disk.as_secs_f64());
    table += &format!("{:26}{:9.3} s, threads that had none to predict\n", "waiting for documents", times.starved.as_secs_f64());
    let rate = predicting.pieces as f64 / passed.as_secs_f64().max(f64::MIN_POSITIVE);
    table + &format!("in {:.3} s by the clock; {} pieces, {rate:.0} a second", passed.as_secs_f64(), predicting.pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Times;

    #[test]
    fn shares_add_up_without_what_was_waited_for_and_an_empty_run_divides_by_nothing() {
        let seconds = Duration::from_secs;
        let predicting = Times { encoding: seconds(6), pieces: 200, ..Times::default() };
        let times = BulkTimes { predicting, reading: seconds(1), delivering: seconds(9), ..BulkTimes::default() };
        let table = table(&times, seconds(8), seconds(2));
        assert!(table.contains("75.0 %") && table.matches("12.5 %").count() == 2, "{table}");
        assert!(table.contains("200 pieces, 100 a second") && table.contains("8.000 s, beside"), "{table}");
        assert!(super::table(&BulkTimes::default(), Duration::ZERO, Duration::ZERO).contains(" 0.0 %"));
    }
}
