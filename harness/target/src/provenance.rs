//! Whose program a process runs: whether any of it was built of QEMU's source, whatever script or loader started it.

use memchr::memmem;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// A file of source that assertions name in every build of QEMU's programs, and its folder. They are apart so that this
/// program has no such name in it.
const FILE: [&str; 2] = ["qobject/", "qdict.c"];
/// A program that is larger is not looked through.
const PROGRAM_BYTES_MAX: u64 = 256 << 20;

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
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_of_our_own_is_not_qemus_and_one_that_is_gone_shows_nothing() {
        let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // What it echoes shows that its program is loaded: `spawn` returns before that.
        cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        assert_eq!(is_qemus(&[cat.id()]), Some(false));
        cat.kill().unwrap();
        cat.wait().unwrap();
        assert_eq!(is_qemus(&[cat.id()]), None);
    }
}
