//! Where the system leaves the core of a process that a signal ended: core(5).

use rustix::process::Resource;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds that a core may have taken to be written: its name may hold when that began.
const WRITTEN_WITHIN_S: u64 = 60;
/// Bytes of a pattern, with the final NUL (Linux, CORENAME_MAX_SIZE).
const PATTERN_BYTES_MAX: usize = 128;
/// Bytes that are read at once, and that are a hole if they are zeros.
const BLOCK_BYTES: usize = 64 << 10;

/// What became of a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Core {
    /// It lies in this file.
    File(PathBuf),
    /// This program of the system's was given it.
    HandedTo(String),
}

/// What a pattern may ask for about a process.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub pid: u32,
    pub uid: u32,
    pub gid: u32,
    pub signal: i32,
    /// Its name, which the system cuts off at 15 bytes.
    pub name: String,
    /// Its program.
    pub program: PathBuf,
    pub host: String,
    /// When it was written, in seconds since 1970.
    pub time: u64,
}

/// Whether the user has set a limit that allows cores.
pub fn cores_are_wanted() -> bool {
    rustix::process::getrlimit(Resource::Core).current != Some(0)
}

/// What became of the core of a process that worked in this directory and ended just now. `None` where there is none
/// to be seen.
pub(crate) fn find(facts: &Facts, directory: &Path) -> Option<Core> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").ok()?;
    let numbered = fs::read_to_string("/proc/sys/kernel/core_uses_pid").is_ok_and(|text| text.trim() != "0");
    let now = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let begun = (now.saturating_sub(WRITTEN_WITHIN_S)..=now).rev();
    begun
        .map(|time| expand(pattern.trim_end_matches('\n'), numbered, &Facts { time, ..facts.clone() }))
        .find_map(|core| match core {
            Core::File(path) => {
                let path = directory.join(path);
                is_fresh(&path).then_some(Core::File(path))
            }
            handed => Some(handed),
        })
}

/// Moves a core to where it is kept, to another file system too: what is zeros stays a hole.
///
/// # Errors
/// It cannot be read, or not be written there.
pub fn move_core(from: &Path, to: &Path) -> io::Result<()> {
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut block = vec![0; BLOCK_BYTES];
    let mut length = 0;
    loop {
        let got = from.read(&mut block)?;
        if got == 0 {
            return to.set_len(length);
        }
        length += got as u64;
        match block[..got].iter().all(|byte| *byte == 0) {
            true => drop(to.seek(SeekFrom::Current(got as i64))?),
            false => to.write_all(&block[..got])?,
        }
    }
}

/// Whether the file was written just now: without a number in its name it may be that of another process.
fn is_fresh(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|facts| facts.modified());
    let age = written.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
    age.is_ok_and(|age| age.as_secs() <= WRITTEN_WITHIN_S)
}

/// The name that a pattern gives to a core; `numbered` is what `core_uses_pid` says. A relative one is meant from the
/// directory that the process worked in.
pub(crate) fn expand(pattern: &str, numbered: bool, facts: &Facts) -> Core {
    let pattern = pattern.get(..PATTERN_BYTES_MAX - 1).unwrap_or(pattern);
    if let Some(command) = pattern.strip_prefix('|') {
        return Core::HandedTo(command.split_whitespace().next().unwrap_or_default().to_owned());
    }
    let (mut name, mut has_number) = (String::new(), false);
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            name.push(c);
            continue;
        }
        let Some(asked) = rest.next() else { break };
        has_number |= asked == 'p';
        name.push_str(&match asked {
            '%' => "%".to_owned(),
            'p' | 'P' | 'i' | 'I' => facts.pid.to_string(),
            'u' => facts.uid.to_string(),
            'g' => facts.gid.to_string(),
            's' => facts.signal.to_string(),
            't' => facts.time.to_string(),
            'h' => facts.host.replace('/', "!"),
            'e' => facts.name.replace('/', "!"),
            'f' => facts.program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            'E' => facts.program.to_string_lossy().replace('/', "!"),
            // What the system does not know it leaves out; the rest no process of ours is told apart by.
            _ => String::new(),
        });
    }
    if numbered && !has_number {
        name.push_str(&format!(".{}", facts.pid));
    }
    Core::File(PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            pid: 4711,
            uid: 1000,
            gid: 100,
            signal: 6,
            name: "qemu-system-x86".to_owned(),
            program: PathBuf::from("/usr/bin/qemu-system-x86_64"),
            host: "here".to_owned(),
            time: 1_700_000_000,
        }
    }

    #[test]
    fn a_pattern_names_the_core_as_the_system_does() {
        for (pattern, numbered, name) in [
            ("core", false, "core"),
            ("core", true, "core.4711"),
            ("core.%p", true, "core.4711"),
            ("/var/crash/%e.%u.%g.%s.%h", false, "/var/crash/qemu-system-x86.1000.100.6.here"),
            ("%E-%t", false, "!usr!bin!qemu-system-x86_64-1700000000"),
            ("%f%%%q.%", false, "qemu-system-x86_64%."),
        ] {
            assert_eq!(expand(pattern, numbered, &facts()), Core::File(PathBuf::from(name)), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_with_a_pipe_names_the_program_that_is_given_the_core() {
        let handed = |pattern| expand(pattern, true, &facts());
        assert_eq!(handed("|/usr/lib/catch %p %e"), Core::HandedTo("/usr/lib/catch".to_owned()));
        assert_eq!(handed("|"), Core::HandedTo(String::new()));
    }

    #[test]
    fn a_core_that_is_not_there_is_not_told() {
        let place = tempfile::tempdir().unwrap();
        if matches!(find(&facts(), place.path()), Some(Core::File(path)) if path.starts_with(place.path())) {
            panic!("there is none");
        }
    }
}
