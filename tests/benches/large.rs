//! What a curator waits for where there is much: the time from a key to the frame that answers it in a document of 50,000 characters with
//! 1,000 spans, and with 10,000 documents open, there also the time to the first frame and the memory. On the real binary in a
//! pseudo-terminal, without a model.
//!
//! `cargo bench --bench large`; the last line is `result: long_p99_ms=… many_first_frame_ms=… many_p99_ms=… many_memory_mb=…`.
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
#[path = "common/memory.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod memory;
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
    use super::memory;
    use super::pty::Terminal;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    const CHARACTERS: usize = 50_000;
    const SPANS: usize = 1_000;
    const DOCUMENTS: usize = 10_000;
    const KEYS: usize = 300;
    const STARTS: usize = 9;
    const SENTENCE: &str = "The p.R41H variant of QRX7 reduces kinase activity in patients with dystrophy. ";
    /// Where words of the sentence begin and end, and what they are.
    const WORDS: [(&str, &str); 4] = [("p.R41H", "Var"), ("QRX7", "Gene"), ("reduces", "NegReg"), ("kinase activity", "MPA")];

    pub fn run() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();

        let long = folder.path().join("long");
        write_long(&long);
        let mut review = start(&home, &long);
        review.wait_for("long");
        // The palette lies over a screen full of spans, which is drawn anew when it comes and when it goes.
        review.press("ge");
        review.wait_for(&format!(" {} ", CHARACTERS / SENTENCE.len()));
        let times = keys(&mut review, |number| {
            let opens = number % 2 == 0;
            (if opens { ":" } else { "\x1b" }, "choose".to_owned(), opens)
        });
        quit(review);
        println!("{CHARACTERS} characters, {SPANS} spans, {KEYS} keys: {}", spread(&times));
        let long = percentile(&times, 99);

        let many = folder.path().join("many");
        write_many(&many);
        let mut starts: Vec<Duration> = (0..STARTS).map(|_| first_frame(|| start(&home, &many), "family 1 ")).collect();
        starts.sort_unstable();
        let mut review = start(&home, &many);
        review.wait_for("family 1 ");
        let mut place = 1;
        let mut times = keys(&mut review, |_| {
            place += 1;
            ("J", format!("{place}/{DOCUMENTS} "), true)
        });
        review.press("gd");
        review.wait_for("sorted:");
        times.extend(keys(&mut review, |number| {
            // What is typed searches, what is deleted shows all again.
            let searches = number % 2 == 0;
            let shown = if searches { "/ 7▏".to_owned() } else { format!("{DOCUMENTS} of {DOCUMENTS}") };
            (if searches { "7" } else { "\x7f" }, shown, true)
        }));
        times.sort_unstable();
        let memory = memory::megabytes_of(&review.process_id().to_string(), "VmRSS").unwrap_or(f64::NAN);
        review.press("\x1b");
        review.wait_gone("sorted:");
        quit(review);
        println!("{DOCUMENTS} documents, {STARTS} starts, {} keys: {}", times.len(), spread(&times));
        println!("first frame: fastest {:.0} ms, slowest {:.0} ms", millis(starts[0]), millis(starts[STARTS - 1]));
        println!(
            "result: long_p99_ms={:.2} many_first_frame_ms={:.0} many_p99_ms={:.2} many_memory_mb={memory:.0}",
            millis(long),
            millis(starts[STARTS / 2]),
            millis(percentile(&times, 99))
        );
    }

    /// One text with as many sentences as make up the characters, annotated from its start on until there are enough spans.
    fn write_long(folder: &Path) {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("long.txt"), SENTENCE.repeat(CHARACTERS / SENTENCE.len())).unwrap();
        let mut sheet = String::new();
        // Spread over the whole text: every sentence has one span or two.
        for number in 0..SPANS {
            let sentence = number * (CHARACTERS / SENTENCE.len()) / SPANS;
            let (word, label) = WORDS[number % WORDS.len()];
            let start = sentence * SENTENCE.len() + SENTENCE.find(word).unwrap();
            sheet += &format!("T{}\t{label} {start} {}\t{word}\n", number + 1, start + word.len());
        }
        fs::write(folder.join("long.ann"), sheet).unwrap();
    }

    fn write_many(folder: &Path) {
        fs::create_dir(folder).unwrap();
        for number in 1..=DOCUMENTS {
            let name = format!("family-{number:05}");
            let text = format!("Variants in family {number} .\n{}\n", SENTENCE.repeat(16));
            fs::write(folder.join(format!("{name}.txt")), text).unwrap();
            fs::write(folder.join(format!("{name}.ann")), "T1\tGene 0 8\tVariants\n").unwrap();
        }
    }

    fn start(home: &Path, folder: &Path) -> Terminal {
        Terminal::start(home, 120, 40, ["review".as_ref(), folder.as_os_str(), "--no-model".as_ref()])
    }

    /// The times from keys to the texts that they bring onto the screen or take from it, sorted.
    fn keys(review: &mut Terminal, mut next: impl FnMut(usize) -> (&'static str, String, bool)) -> Vec<Duration> {
        let answered = (0..KEYS).map(|number| {
            let (key, text, appears) = next(number);
            answer(review, key, &text, appears)
        });
        let mut times: Vec<Duration> = answered.collect();
        times.sort_unstable();
        times
    }

    fn spread(sorted: &[Duration]) -> String {
        let at = |percent| millis(percentile(sorted, percent));
        format!("key to frame: half within {:.2} ms, 99 % within {:.2} ms, all within {:.2} ms", at(50), at(99), at(100))
    }
}
