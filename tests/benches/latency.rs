//! What a curator waits for, measured on the real binary in a pseudo-terminal: the time from a key to the frame that answers it while
//! the model predicts fifty documents, and the time from the start of the process to the first frame.
//!
//! `cargo bench --bench latency`; the last line is `result: p99_ms=… first_frame_ms=…`.
#![cfg_attr(
    unix,
    expect(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        reason = "a bench ends when it can't go on"
    )
)]

#[cfg(unix)]
#[path = "common/keys.rs"]
mod keys;
#[cfg(unix)]
#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod pty;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    bench::run();
}

#[cfg(unix)]
mod bench {
    use super::keys::{answer, first_frame, millis, percentile, quit};
    use super::pty::Terminal;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    const DOCUMENTS: usize = 50;
    const KEYS: usize = 600;
    const STARTS: usize = 15;

    const SUBJECTS: [&str; 6] = [
        "A missense mutation of QRX7",
        "Deletion of TNK2B",
        "The p.R41H variant",
        "Loss of ARVX",
        "Overexpression of MLT3",
        "A truncated SCN9Z",
    ];
    const VERBS: [&str; 5] = ["reduces", "abolishes", "increases", "impairs", "has no effect on"];
    const OBJECTS: [&str; 6] = [
        "kinase activity",
        "apoptosis of neurons",
        "the binding to DNA",
        "cell growth",
        "calcium influx",
        "signalling through NF-κB",
    ];
    const ENDS: [&str; 4] =
        ["in patients with retinal dystrophy", "in zebrafish", "and leads to early death of mice", "at 37 °C (p < 0.05)"];

    pub fn run() {
        let folder = tempfile::tempdir().unwrap();
        let (home, abstracts) = (folder.path().join("home"), folder.path().join("abstracts"));
        fs::create_dir(&home).unwrap();
        write_documents(&abstracts);
        let begin = || start(&home, &abstracts);
        let first = median((0..STARTS).map(|_| first_frame(begin, "Effects of variants in family 0")).collect());
        let (times, predicting) = key_to_frame(&home, &abstracts);
        let percentile = |percent: usize| millis(percentile(&times, percent));
        println!("{DOCUMENTS} documents, {KEYS} keys, {STARTS} starts (median)");
        println!("{predicting} of {KEYS} keys were pressed while the model predicted");
        println!(
            "key to frame: half within {:.2} ms, 90 % within {:.2} ms, all within {:.2} ms",
            percentile(50),
            percentile(90),
            percentile(100)
        );
        println!("result: p99_ms={:.2} first_frame_ms={:.2}", percentile(99), millis(first));
    }

    /// Abstracts of about 350 word pieces, each different.
    fn write_documents(abstracts: &Path) {
        fs::create_dir(abstracts).unwrap();
        for number in 0..DOCUMENTS {
            let mut text = format!("Effects of variants in family {number}\n");
            for sentence in 0..15 {
                let pick = |list: &[&'static str], step: usize| list[(number * step + sentence * (step + 1)) % list.len()];
                text += &format!("{} {} {} {}. ", pick(&SUBJECTS, 1), pick(&VERBS, 2), pick(&OBJECTS, 3), pick(&ENDS, 5));
            }
            fs::write(abstracts.join(format!("family-{:02}.txt", number + 1)), text).unwrap();
        }
    }

    fn start(home: &Path, abstracts: &Path) -> Terminal {
        Terminal::start(home, 120, 40, ["review".as_ref(), abstracts.as_os_str()])
    }

    /// The times of keys that open, move and leave, sorted, and how many of them came while the model was at work.
    fn key_to_frame(home: &Path, abstracts: &Path) -> (Vec<Duration>, usize) {
        let mut review = start(home, abstracts);
        review.wait_for("Effects of variants in family 0");
        review.wait_until("the model to begin or to be absent", |screen| {
            let screen = screen.contents();
            ["predicting", "no model", "model failed"].iter().any(|state| screen.contains(state))
        });
        let mut times = Vec::with_capacity(KEYS);
        let mut predicting = 0;
        let mut document = 1;
        for _ in 0..KEYS / 3 {
            let (key, next) = if document < DOCUMENTS { ("J", document + 1) } else { ("K", document - 1) };
            document = next;
            times.push(answer(&mut review, key, &format!("{document}/{DOCUMENTS} "), true));
            times.push(answer(&mut review, ":", "choose", true));
            times.push(answer(&mut review, "\x1b", "choose", false));
            predicting += 3 * usize::from(review.screen().contains("predicting"));
        }
        quit(review);
        times.sort_unstable();
        (times, predicting)
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort_unstable();
        times[times.len() / 2]
    }
}
