//! What is done with the models of a cross-validation: scored alone and together, calibrated, an ensemble that predicts.

use crate::{Run, rolecall, write};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Small enough to be learned by heart in seconds by the encoder of the fixtures, whose pieces are the letters up to "j".
const RECIPE: &str = r#"
name = "tiny"
description = "Genes, variations and losses of words of ten letters"
seed = 3

[tagger]
encoder_rate = 0.02
layer_decay = 1.0
shape_width = 4
threshold = 0.3
score_every = 100
optimizer = { epochs = 25, batch = 2, learning_rate = 0.05, warmup = 0.1, weight_decay = 0.0, clip = 5.0, dropout = 0.0, average = 0.0 }

[relations]
joint_weight = 0.0
state_width = 8
heads = 2
hidden_width = 8
threshold = 0.3
optimizer = { epochs = 20, batch = 2, learning_rate = 0.02, warmup = 0.1, weight_decay = 0.0, clip = 5.0, dropout = 0.0, average = 0.0 }
"#;

/// A folder with a corpus of eight documents, its splits file and two folds of the tiny recipe in `run`.
fn trained() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..8).map(|number| format!("d{number}")).collect();
    for (name, (gene, loss)) in
        names.iter().zip(["Abc", "Bcd", "Cde", "Def"].iter().flat_map(|gene| [(gene, "deaf"), (gene, "dead")]))
    {
        let sheet = format!(
            "T1\tGene 0 3\t{gene}\nT2\tVar 4 9\tfaded\nT3\tNegReg 13 17\t{loss}\nR1\tThemeOf Arg1:T1 Arg2:T2\nR2\tCauseOf Arg1:T2 Arg2:T3\n"
        );
        let text = format!("{gene} faded if {loss}.\n");
        write(&folder.path().join("corpus"), &[(&format!("{name}.txt"), &text), (&format!("{name}.ann"), &sheet)]);
    }
    let (even, odd): (Vec<_>, Vec<_>) = names.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    let fold = |names: Vec<(usize, &String)>| names.into_iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    fs::write(folder.path().join("splits.json"), json!({ "folds": [fold(even), fold(odd)] }).to_string()).unwrap();
    fs::write(folder.path().join("recipe.toml"), RECIPE).unwrap();
    let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/encoders/bert");
    let run = in_folder(
        &folder,
        &[
            "train",
            "--recipe",
            "@recipe.toml",
            "--corpus",
            "@corpus",
            "--encoder",
            encoder,
            "--splits",
            "@splits.json",
            "--all-folds",
            "--out",
            "@run",
        ],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    folder
}

/// Runs the program; what begins with `@` is a path in the folder.
fn in_folder(folder: &TempDir, arguments: &[&str]) -> Run {
    let path = |argument: &&str| match argument.strip_prefix('@') {
        Some(inside) => folder.path().join(inside).to_str().unwrap().to_owned(),
        None => (*argument).to_owned(),
    };
    let arguments: Vec<String> = arguments.iter().map(path).collect();
    rolecall(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_models_of_a_cross_validation_are_scored_calibrated_and_decide_together() {
    let folder = trained();
    let score = |runs: &[&str]| {
        let scored =
            in_folder(&folder, &[&["evaluate", "--gold", "@corpus", "--splits", "@splits.json", "--folds"][..], runs].concat());
        assert_eq!(scored.code, 0, "{}", scored.err);
        scored
    };
    let alone = score(&["@run"]);
    let told = json_of(&folder.path().join("run/scores.json"));
    assert!(told["spans_f1"]["mean"].as_f64().is_some_and(|mean| mean > 0.5), "what was learned is found again: {told}");
    assert_eq!(alone.err.matches("F1 of spans").count(), 2, "{}", alone.err);
    assert_eq!(score(&["@run", "@run"]).out, alone.out, "twice the same models decide as one");
    let contexts = score(&["@run", "--contexts", "abstract", "neighbours", "sentence"]);
    assert_eq!(contexts.out, alone.out, "a text of one sentence is the same in every context");

    let predict = |models: &[&str], out: &str| {
        let run = in_folder(&folder, &[&["predict", "@corpus", "--out", out][..], models].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let out = folder.path().join(out.trim_start_matches('@'));
        (0..8).map(|number| fs::read_to_string(out.join(format!("d{number}.ann"))).unwrap()).collect::<Vec<_>>()
    };
    let both = predict(&["--ensemble", "@run/fold0/model", "@run/fold1/model"], "@both");
    assert!(both.iter().all(|sheet| sheet.contains("\tVar 4 9\tfaded\n")), "{both:?}");

    let model = folder.path().join("run/fold0/model");
    let before = (json_of(&model.join("manifest.json")), fs::read(model.join("weights.safetensors")).unwrap());
    assert_eq!(before.0.get("calibration"), None);
    let calibrate = ["calibrate", "--folds", "@run", "--corpus", "@corpus", "--splits", "@splits.json"];
    let only_told = in_folder(&folder, &calibrate);
    assert!(only_told.code == 0 && only_told.out.contains("ECE"), "{}{}", only_told.out, only_told.err);
    let once = in_folder(&folder, &[&calibrate[..], &["--no-rerank", "--model", "@run/fold1/model"]].concat());
    assert!(once.code == 0 && only_told.out.contains("After a second look") && !once.out.contains("After a second look"));
    assert_eq!(json_of(&folder.path().join("run/fold1/model/manifest.json"))["calibration"].get("rerank"), None);
    let twice = in_folder(&folder, &["calibrate", "--folds", "@run", "@run", "--corpus", "@corpus", "--splits", "@splits.json"]);
    assert_eq!((twice.code, &twice.out), (0, &only_told.out), "{}", twice.err);
    let contexts = in_folder(&folder, &[&calibrate[..], &["--contexts", "sentence", "abstract"]].concat());
    assert_eq!((contexts.code, &contexts.out), (0, &only_told.out), "{}", contexts.err);
    let unknown = in_folder(&folder, &[&calibrate[..], &["--contexts", "paragraph"]].concat());
    assert!(unknown.code == 2 && unknown.err.contains("\"paragraph\" is no context"), "{}", unknown.err);
    assert_eq!(json_of(&model.join("manifest.json")), before.0, "nothing is written unless asked for");
    let written = in_folder(&folder, &[&calibrate[..], &["--model", "@run/fold0/model", "--svg", "@reliability.svg"]].concat());
    assert_eq!((written.code, &written.out), (0, &only_told.out), "{}", written.err);
    assert!(fs::read_to_string(folder.path().join("reliability.svg")).unwrap().starts_with("<svg"));
    let after = json_of(&model.join("manifest.json"));
    assert!(
        after["calibration"]["rerank"]["spans"]["trees"].is_array() && after["weights_hash"] == before.0["weights_hash"],
        "{after}"
    );
    assert_eq!(fs::read(model.join("weights.safetensors")).unwrap(), before.1);
    predict(&["--model", "@run/fold0/model"], "@calibrated");
}

#[test]
fn what_is_no_cross_validation_or_no_ensemble_gets_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("corpus"), &[("a.txt", "Abc faded.\n"), ("a.ann", ""), ("b.txt", "Bcd.\n"), ("b.ann", "")]);
    fs::write(folder.path().join("splits.json"), json!({ "folds": [["a"], ["b"]] }).to_string()).unwrap();
    for command in [
        &["evaluate", "--gold", "@corpus", "--splits", "@splits.json", "--folds", "@nowhere"][..],
        &["calibrate", "--corpus", "@corpus", "--splits", "@splits.json", "--folds", "@nowhere"],
        &["predict", "@corpus", "--out", "@out", "--ensemble", "@nowhere", "@nowhere"],
    ] {
        let run = in_folder(&folder, command);
        assert!(run.code > 1 && run.err.contains("nowhere"), "{command:?}: {} {}", run.code, run.err);
        assert!(run.out.is_empty() && !folder.path().join("out/a.ann").exists(), "{command:?}");
    }
}

#[test]
fn a_recipe_that_is_of_no_use_is_told_with_its_file_and_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("whole.toml", RECIPE),
        ("wrong.toml", "base = \"whole.toml\"\n[tagger]\nshape_with = 0\n"),
        ("names.toml", "name = \"names\"\n[[corpus]]\nname = \"genes\"\n"),
        ("hidden.toml", include_str!("../../assets/recipes/adapt.toml")),
    ];
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let train = |recipe: &str, more: &[&str]| {
        let run = in_folder(&folder, &[&["train", "--recipe", recipe, "--corpus", "@corpus", "--out", "@run"], more].concat());
        (run.code, run.err)
    };
    let (code, told) = train("@nowhere.toml", &[]);
    assert!(code == 4 && told.contains("nowhere.toml can't be read"), "{code} {told}");
    let (code, told) = train("@names.toml", &[]);
    assert!(code == 2 && told.contains("names.toml is no usable recipe"), "{code} {told}");
    let (code, told) = train("@wrong.toml", &[]);
    assert!(code == 2 && told.contains("wrong.toml is no usable recipe, with ") && told.contains("shape_with"), "{code} {told}");
    let (code, told) = train("@hidden.toml", &["--teacher", "@run"]);
    assert!(code == 2 && told.contains("for recipes of models"), "{code} {told}");
    assert!(!folder.path().join("run").exists(), "nothing was begun");
}
