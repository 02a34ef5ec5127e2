//! The README's output is what its command prints: the whole check of the QEMU that it names.
#![allow(clippy::print_stderr, reason = "a test that did not run says so")]

use std::path::Path;
use std::process::{Command, Stdio};

/// The first fenced block of plain text.
fn shown(readme: &str) -> Vec<&str> {
    let block = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("the README shows an output").lines().filter(|line| !line.trim().is_empty()).collect()
}

/// The line with numbers, which differ from run to run, as one sign, and without the widths of columns.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for word in line.split_whitespace() {
        let number = |symbol: char| symbol.is_ascii_digit() || ".,".contains(symbol);
        let is_number = word.starts_with(|symbol: char| symbol.is_ascii_digit()) && word.chars().all(number);
        shape.push_str(if is_number { "N" } else { word });
        shape.push(' ');
    }
    shape
}

#[test]
fn the_readme_shows_what_a_check_of_its_qemu_prints() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"));
    let readme = readme.expect("there is a README");
    let shown = shown(&readme);
    let version = shown[0].split(' ').find(|word| {
        word.starts_with(|first: char| first.is_ascii_digit())
            && word.matches('.').count() == 2
            && *word != env!("CARGO_PKG_VERSION")
    });
    let version = version.expect("the first line names a version of QEMU");
    let installed = Command::new("qemu-system-x86_64").arg("--version").output();
    let installed = installed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let Ok(installed) = installed else {
        assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no QEMU");
        return eprintln!("not run: there is no qemu-system-x86_64");
    };
    if !installed.contains(version) {
        return eprintln!("not run: the README shows QEMU {version}");
    }
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let output = Command::new(env!("CARGO_BIN_EXE_qmprobe"))
        .args(["check", "--qemu"])
        .stdin(Stdio::null())
        .current_dir(scratch.path())
        .output()
        .expect("qmprobe starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    let shapes: Vec<String> = printed.lines().map(shape).collect();
    for line in shown.iter().filter(|line| line.trim() != "…") {
        assert!(shapes.contains(&shape(line)), "not printed: {line}\n{printed}");
    }
    assert_eq!(output.status.code(), Some(0), "{printed}");
}
