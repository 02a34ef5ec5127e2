//! Whose program a process runs: whether any of it was built of QEMU's source, whatever script or loader started it, and
//! which version a program says it is.

use memchr::memmem;
use qmprobe_wire::Version;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// A file of source that assertions name in every build of QEMU's programs, and its folder. They are apart so that this
/// program has no such name in it.
const FILE: [&str; 2] = ["qobject/", "qdict.c"];
/// A program that is larger is not looked through.
const PROGRAM_BYTES_MAX: u64 = 256 << 20;
/// How long a program is listened to that is asked for its version, in ms, and how many bytes it may say.
const VERSION_MS_MAX: u64 = 2_000;
const VERSION_BYTES_MAX: u64 = 4096;

/// The version that a program prints when it is started with `--version`, as every program of QEMU's does.
pub async fn version_of(program: &Path) -> Option<Version> {
    let mut asked = Command::new(program);
    asked
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut process = asked.spawn().ok()?;
    let (mut said, mut output) = (String::new(), process.stdout.take()?.take(VERSION_BYTES_MAX));
    timeout(Duration::from_millis(VERSION_MS_MAX), output.read_to_string(&mut said)).await.ok()?.ok()?;
    said.split_ascii_whitespace().find_map(Version::parse)
}

/// Whether one of these processes runs code that was built of QEMU's source. `None` where the system does not show what
/// they run.
pub(crate) fn is_qemus(pids: &[u32]) -> Option<bool> {
    let mark = FILE.concat();
    let mut seen = HashSet::new();
    let mut looked = false;
    for pid in pids {
        for path in programs(*pid) {
            if seen.insert(path.clone()) {
                let inside = format!("/proc/{pid}/root{path}");
                let is_marked =
                    [Path::new(&inside), Path::new(&path)].into_iter().find_map(|path| has(path, &mark));
                looked |= is_marked.is_some();
                if is_marked == Some(true) {
                    return Some(true);
                }
            }
        }
    }
    looked.then_some(false)
}

/// The files that a process has code of in its memory.
fn programs(pid: u32) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let of_code = maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|may| may.contains('x')));
    let named = of_code.filter_map(|line| line.find('/').map(|at| line[at..].to_owned()));
    named.collect()
}

fn has(path: &Path, mark: &str) -> Option<bool> {
    let size = fs::metadata(path).ok()?.len();
    (size <= PROGRAM_BYTES_MAX)
        .then(|| fs::read(path).ok())
        .flatten()
        .map(|code| memmem::find(&code, mark.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::process::Command as Started;

    #[test]
    fn a_process_of_our_own_is_not_qemus_and_one_that_is_gone_shows_nothing() {
        let mut cat = Started::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // What it echoes shows that its program is loaded: `spawn` returns before that.
        cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        assert_eq!(is_qemus(&[cat.id()]), Some(false));
        cat.kill().unwrap();
        cat.wait().unwrap();
        assert_eq!(is_qemus(&[cat.id()]), None);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_program_that_prints_its_version_is_of_it_and_one_that_goes_on_for_ever_is_of_none() {
        let place = tempfile::tempdir().unwrap();
        let program = |name: &str, text: &str| {
            let (script, path) = (place.path().join("script"), place.path().join(name));
            fs::write(&script, format!("#!/bin/sh\n{text}\n")).unwrap();
            // Written by us, it could not be run while a process that another test forks still has it open.
            assert!(Started::new("install").args([&script, &path]).status().unwrap().success());
            path
        };
        let printed = program("prints", "test \"$*\" = --version && echo 'Guest Agent 9.1.2 (of 2024-11)'");
        assert_eq!(version_of(&printed).await, Version::parse("9.1.2"));
        assert_eq!(version_of(&program("mute", "echo none")).await, None);
        assert_eq!(version_of(&program("hangs", "exec sleep 10")).await, None);
    }
}
