//! What comes out of files that mean harm: no control character reaches the terminal, no file is written outside of the folder.

use crate::{rolecall, write};
use std::fs;
use std::path::Path;

/// Clears the screen, rings, turns the reading direction, and ends a C1 sequence.
const NASTY: &str = "\u{1b}[2J\u{7}\u{202e}\u{2066}\u{9b}31m";

fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Every command that prints something of files, on all of these.
fn print_everything(folder: &Path, other: &Path) -> String {
    let (folder, other) = (folder.to_str().unwrap(), other.to_str().unwrap());
    let out = tempfile::tempdir().unwrap();
    let into = |name: &str| out.path().join(name).to_str().unwrap().to_owned();
    let runs = [
        vec!["validate", folder],
        vec!["diff", folder, other],
        vec!["agree", folder, other],
        vec!["evaluate", "--gold", folder, "--pred", other],
        vec!["stats", folder],
        vec!["corpus", "reachable", folder],
    ];
    let mut told: String = runs.iter().map(|arguments| rolecall(arguments)).map(|run| run.out + &run.err).collect();
    for (command, format) in [("convert", "pubtator"), ("convert", "brat"), ("export", "brat")] {
        let flag = if command == "convert" { "--to" } else { "--format" };
        let run = rolecall(&[command, folder, flag, format, "--out", &into(&format!("{command}-{format}"))]);
        told = told + &run.out + &run.err;
    }
    let run = rolecall(&["merge", folder, other, "--out", &into("merged")]);
    told + &run.out + &run.err
}

#[test]
fn texts_ids_types_notes_and_names_send_nothing_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let text = format!("Loss {NASTY} of p53\n");
    let end = 5 + NASTY.chars().count();
    let sheet = format!(
        "T1\tX{NASTY} 0 4\tLoss\nT2\tGene 5 {end}\t{NASTY}\nT{NASTY}\tGene 0 4\tLoss\nR1\tR{NASTY} Arg1:T1 Arg2:T2\n\
         #1\tAnnotatorNotes T1\t{NASTY}\nT3\tGene 0 3\t{NASTY}\n{NASTY}\tline\n"
    );
    let json = serde_json::json!({
        "sourcedb": NASTY, "sourceid": NASTY, "text": text,
        "denotations": [{ "id": NASTY, "span": { "begin": 0, "end": 4 }, "obj": NASTY }, { "id": NASTY, "span": 1, "obj": 2 }],
        "relations": [{ "pred": NASTY, "subj": NASTY, "obj": "gone" }],
    });
    for path in [&one, &two] {
        write(path, &[("a.txt", &text), ("a.ann", &sheet), ("c.json", &json.to_string())]);
        write(
            path,
            &[(
                "d.jsonl",
                &format!(
                    "{}\n{{\"text\": \"\\u001b[2J\\ud83d\", \"name\": 3}}\n",
                    serde_json::json!({ "name": NASTY, "text": text })
                ),
            )],
        );
        write(path, &[("e.pubtator", &format!("1|t|{text}1|a|\n1\t0\t4\t{NASTY}\tX{NASTY}\n"))]);
        write(
            path,
            &[(
                "f.xml",
                "<collection><document><id>&#27;[2J&#x202e;</id><passage><offset>0</offset><text>x&evil;</text></passage></document></collection>",
            )],
        );
        // File names may hold everything but a slash.
        fs::write(path.join(format!("n{NASTY}.txt")), &text).unwrap();
    }
    write(&two, &[("a.ann", &sheet.replace("0 4\tLoss", "5 6\t\u{1b}"))]);
    let told = print_everything(&one, &two);
    assert!(told.contains("a.ann:") && told.contains("c.json"), "{told}");
    let hidden: Vec<char> = told.chars().filter(|c| is_hidden(*c)).collect();
    assert_eq!(hidden, [], "{}", told.escape_debug());
}

#[test]
fn names_become_files_of_the_output_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("deep/out"));
    let names = [
        "../../up",
        "/etc/rolecall-test",
        "..",
        ".",
        "",
        "CON",
        "nul.txt",
        "a/b\\c",
        "x\u{0}y",
        "tab\tend",
        &"long".repeat(200),
        "C:\\z",
        ".hidden",
        "-flag",
        "café",
        "space ",
    ];
    let lines: String = names.iter().map(|name| format!("{}\n", serde_json::json!({ "name": name, "text": "p53" }))).collect();
    write(&input, &[("all.jsonl", &lines)]);
    for format in ["brat", "bionlp", "pubannotation", "bioc-xml", "bioc-json", "pubtator", "jsonl", "plain"] {
        let run = rolecall(&["convert", input.to_str().unwrap(), "--to", format, "--out", out.to_str().unwrap()]);
        assert!(run.err.contains("a new file is called"), "{format}: {}", run.err);
    }
    for place in [folder.path().to_path_buf(), folder.path().join("deep")] {
        let there: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(there.iter().all(|name| ["in", "deep", "out"].contains(&name.to_str().unwrap())), "{there:?}");
    }
    assert!(!Path::new("/etc/rolecall-test.txt").exists() && !Path::new("/etc/rolecall-test.jsonl").exists());
    for entry in fs::read_dir(&out).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(entry.file_type().unwrap().is_file() && name.len() < 255 && !name.chars().any(is_hidden), "{name:?}");
        let stem = name.split('.').next().unwrap().to_lowercase();
        assert!(!["con", "nul", ""].contains(&stem.as_str()), "{name:?}");
    }
}

#[test]
fn json_and_xml_that_nest_without_end_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (deep_json, deep_xml) = ("[".repeat(100_000), "<a>".repeat(100_000));
    let bomb = "<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
                <collection><document><id>1</id><passage><offset>0</offset><text>&b;&x;</text></passage></document></collection>";
    write(
        folder.path(),
        &[("a.json", &format!("{{\"text\":{deep_json}")), ("b.jsonl", &format!("{{\"text\":{deep_json}\n{{\"text\":\"ok\"}}\n"))],
    );
    write(folder.path(), &[("c.xml", &format!("<collection><document>{deep_xml}")), ("d.xml", bomb)]);
    let run = rolecall(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    for told in ["a.json:1:", "b.jsonl:1:", "c.xml:1:", "d.xml:1:"] {
        assert!(run.out.contains(told), "{told} {}", run.out);
    }
    assert!(run.out.contains("recursion limit") && run.out.contains("[too-deep]") && run.out.contains("&x;"), "{}", run.out);
    let out = folder.path().join("out");
    rolecall(&["convert", folder.path().join("d.xml").to_str().unwrap(), "--to", "plain", "--out", out.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(out.join("1.txt")).unwrap(), "&b;&x;");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_folder_is_not_followed_on_write() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out, outside) = (folder.path().join("in"), folder.path().join("out"), folder.path().join("precious"));
    write(&input, &[("a.txt", "p53"), ("b.txt", "p53")]);
    write(&out, &[]);
    fs::write(&outside, "precious").unwrap();
    std::os::unix::fs::symlink(&outside, out.join("a.jsonl")).unwrap();
    let run = rolecall(&["convert", input.to_str().unwrap(), "--to", "jsonl", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error: a: ") && run.err.contains("1 of 2 documents written"), "{}", run.err);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
}
