//! `rolecall evaluate` beyond the plain scores: intervals and the comparison of two sets of predictions.

use crate::{FOUND, GOLD, TEXT, rolecall, write};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Two gold documents of the same annotations; `right` finds all of them, `poor` the same part of both.
fn three() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, sheet) in [("gold", GOLD), ("right", GOLD), ("poor", FOUND)] {
        write(&folder.path().join(name), &[("a.txt", TEXT), ("a.ann", sheet), ("b.txt", TEXT), ("b.ann", sheet)]);
    }
    folder
}

#[test]
fn intervals_stand_behind_the_scores_on_request() {
    let folder = three();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = rolecall(&["evaluate", "--gold", &path("gold"), "--pred", &path("poor"), "--bootstrap", "200"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("95 % intervals of F1 from 200 resamplings of the documents, seed 1\n"), "{}", run.out);
    // In each document two of three spans are right and two of four found: 4/7, whichever documents are drawn.
    let all: Vec<&str> = run.out.lines().filter(|line| line.starts_with("all ")).collect();
    assert!(all[0].ends_with("0.667   0.500   0.571  0.571 – 0.571"), "{}", run.out);
    let json = rolecall(&["evaluate", "--gold", &path("gold"), "--pred", &path("poor"), "--bootstrap", "--json"]);
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&told["bootstrap"]["resamplings"], &told["bootstrap"]["seed"]), (&1000.into(), &1.into()));
    assert_eq!(told["spans"]["micro"]["f1_interval"][0].as_f64(), Some(4.0 / 7.0));
    let none = rolecall(&["evaluate", "--gold", &path("gold"), "--pred", &path("poor"), "--json"]);
    assert!(!none.out.contains("interval") && !none.out.contains("bootstrap"), "{}", none.out);
}

#[test]
fn two_sets_of_predictions_are_compared_with_chance() {
    let folder = three();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (gold, right, poor) = (path("gold"), path("right"), path("poor"));
    let compare = ["evaluate", "--gold", &gold, "--compare", &right, &poor, "--draws", "2000", "--seed", "5"];
    let run = rolecall(&compare);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("strict matching over 2 documents; 2000 draws, seed 5\n"), "{}", run.out);
    assert!(run.out.contains("1.000   0.571  -0.429"), "{}", run.out);
    assert_eq!(rolecall(&compare).out, run.out, "the same seed gives the same numbers");
    let told: Value = serde_json::from_str(&rolecall(&[&compare[..], &["--json"]].concat()).out).unwrap();
    // Both documents or none change hands in half of the draws: the difference is as large only then.
    let p = told["spans"]["p_randomisation"].as_f64().unwrap();
    assert!((p - 0.5).abs() < 0.05 && told["spans"]["p_bootstrap"] == 0.0, "{told}");

    fs::remove_file(folder.path().join("poor/b.txt")).unwrap();
    fs::remove_file(folder.path().join("poor/b.ann")).unwrap();
    let run = rolecall(&compare);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("B: 1 documents without a prediction, scored as if nothing had been found in them: b"),
        "{}",
        run.err
    );
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for wrong in [
        &["--gold", "x"][..],
        &["--gold", "x", "--pred", "y", "--compare", "a", "b"],
        &["--gold", "x", "--compare", "a"],
        &["--gold", "x", "--compare", "a", "b", "--bootstrap"],
        &["--gold", "x", "--pred", "y", "--bootstrap", "0"],
    ] {
        let run = rolecall(&[&["evaluate"][..], wrong].concat());
        assert!(run.code == 2 && run.out.is_empty(), "{wrong:?}: {}", run.err);
    }
}
