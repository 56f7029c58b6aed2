//! The binary as a citizen of a shell: help, completions, exit codes, pipes.

use std::io::Read as _;
use std::process::Stdio;

use crate::harness::{Folder, SHOP, command, gwapi};

#[test]
fn help_and_version_and_completions_are_there() {
    for (arguments, expected) in [
        (vec!["--help"], "route"),
        (vec!["route", "--help"], "regex-rank=above-prefix|below-prefix|by-length"),
        (vec!["test", "--help"], "--min-coverage"),
        (vec!["--version"], "Gateway API v1.6.1"),
        (vec!["completions", "bash"], "gwapi"),
        (vec!["completions", "zsh"], "#compdef gwapi"),
        (vec!["completions", "fish"], "complete -c gwapi"),
        (vec!["completions", "bash"], "json junit"),
    ] {
        let run = gwapi(&arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}");
        assert!(run.out.contains(expected), "{arguments:?}: {}", run.out);
    }
}

#[test]
fn a_command_that_cannot_run_exits_with_2() {
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let file = folder.path();
    let cases: [&[&str]; 15] = [
        &[],
        &["nonsense"],
        &["route"],
        &["route", "-f", file],
        &["route", "-f", file, "http://a/"],
        &["route", "--gateway", "infra/public", "http://a/"],
        &["route", "-f", file, "--gateway", "infra/public", "ftp://a/"],
        &["route", "-f", file, "--gateway", "infra/public", "/cart"],
        &["route", "-f", file, "--gateway", "infra/public", "-H", "no colon", "http://a/"],
        &["route", "-f", file, "--gateway", "infra/public", "-X", "G ET", "http://a/"],
        &["route", "-f", file, "--gateway", "infra/public", "--option", "regex-rank=x", "http://a/"],
        &["test", "-f", file],
        &["test", "-f", file, "--min-coverage", "x", "cases.yaml"],
        &["route", "-f", "-", "--requests", "-"],
        &["route", "-f", file, "--requests", "/does/not/exist"],
    ];
    for arguments in cases {
        let run = gwapi(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!run.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let line = "{\"gateway\": \"infra/public\", \"host\": \"shop.example.com\", \"path\": \"/cart\"}\n";
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes()), ("r.jsonl", line.repeat(5000).as_bytes())]);
    let mut child =
        command(&["route", "-f", &folder.file("shop.yaml"), "--requests", &folder.file("r.jsonl"), "-o", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut first = [0; 10];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn who_waits_for_an_answer_before_asking_again_gets_it() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let folder = Folder::new(&[("shop.yaml", SHOP.as_bytes())]);
    let mut child = command(&["route", "-f", folder.path(), "--requests", "-", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asker = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for id in 0..3 {
        writeln!(asker, "{{\"id\": {id}, \"gateway\": \"infra/public\", \"port\": 81}}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{{\"id\":{id},\"action\":\"reject\"}}\n"));
    }
    drop(asker);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
