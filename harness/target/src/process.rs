//! A process of ours and everything it starts: one process group, watched, and killed as one.

use crate::core_file::{self, Facts};
use crate::coverage::CoverageMap;
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::Launch;
use crate::output::Output;
use crate::processor::process_cpu_ns;
use crate::provenance;
use crate::sandbox::{Cell, Room, Sandbox};
use crate::starter;
use qmprobe_wire::{Limits, Weight};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::env;
use std::fs;
use std::io::{self, PipeWriter};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Processes of a peer, and threads of each, that are looked at.
const FAMILY_MAX: usize = 64;
/// How long a drop waits for a killed process, so that its scratch directory can be removed.
const DROP_WAIT_MAX: Duration = Duration::from_millis(500);

/// Variables that lead a peer to the user's desktop.
const DESKTOP: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];

/// A process that leads a group of its own. Dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: Pid,
    output: Output,
    /// See [`Launch::relayed`].
    relayed: bool,
    sandboxed: bool,
    /// What it leaves to the next, if there is such a thing.
    room: Option<Arc<Room>>,
    exit: Option<Exit>,
    /// Of one that may leave a core, its program and where it works.
    dumps: Option<(PathBuf, PathBuf)>,
}

impl Process {
    /// Starts what `launch` says, and takes what it inherits. Also returns a note where it had to be
    /// started without the namespaces it should have.
    ///
    /// The process dies with this program: `PR_SET_PDEATHSIG` follows threads (prctl(2)), and the one that starts it
    /// lives as long.
    pub async fn start(launch: &mut Launch, limits: &Limits) -> Result<(Process, Option<String>), Error> {
        let inherit = launch.inherit.take().map(Arc::new);
        let mut refusal = io::Error::other("no namespaces can be planned");
        for cell in launch.cells() {
            let cell = cell.map(Arc::new);
            let (reader, writer) = io::pipe().map_err(Error::Scratch)?;
            let output = Output::drain(reader, limits.stderr_bytes_max).map_err(Error::Scratch)?;
            let (relayed, sandboxed) = (launch.relayed, cell.is_some());
            let place =
                || if launch.at_home { Ok(launch.scratch.path().to_owned()) } else { env::current_dir() };
            let dumps = launch.dumps.then(|| Some((launch.program.clone(), place().ok()?))).flatten();
            // Who keeps capabilities might leave another room than there was.
            let roomy = cell.clone().filter(|_| !launch.keeps_capabilities());
            let spawned = match command(launch, writer, cell, inherit.clone()) {
                Ok(mut command) => {
                    let start = move || {
                        let child = command.spawn()?;
                        let room = roomy.and_then(|cell| cell.room_of(child.id()));
                        let group = Pid::from_child(&child);
                        Ok(Process { child, group, output, relayed, sandboxed, room, exit: None, dumps })
                    };
                    starter::start(Box::new(start)).await
                }
                Err(error) => Err(error),
            };
            match spawned {
                Ok(process) => {
                    let unmet = launch.cell.is_some() && !sandboxed;
                    let note = unmet.then(|| format!("started without namespaces of its own: {refusal}"));
                    return Ok((process, note));
                }
                Err(error) => refusal = error,
            }
        }
        Err(Error::Spawn { command: launch.command_line.clone(), source: refusal })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn sandboxed(&self) -> bool {
        self.sandboxed
    }

    pub fn stderr_tail(&self) -> String {
        self.exit.as_ref().map_or_else(|| self.output.tail(), |exit| exit.stderr_tail.clone())
    }

    /// How it ended, if it has. What it left behind in its group ends with it.
    pub fn exited(&mut self) -> Option<Exit> {
        if self.exit.is_none() {
            // Look first, kill, and reap then: until it is reaped, its number belongs to no other group.
            let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            rustix::process::waitid(WaitId::Pid(self.group), peek).ok()??;
            self.kill();
            let name = self
                .dumps
                .as_ref()
                .and_then(|_| fs::read_to_string(format!("/proc/{}/comm", self.pid())).ok());
            let status = self.child.try_wait().ok()??;
            let core = status.signal().filter(|_| status.core_dumped()).and_then(|signal| {
                let (program, place) = self.dumps.as_ref()?;
                core_file::find(&self.facts(signal, name?.trim_end(), program), place)
            });
            self.exit = Some(Exit { core, ..Exit::new(status, self.relayed, self.output.tail()) });
        }
        self.exit.clone()
    }

    fn facts(&self, signal: i32, name: &str, program: &Path) -> Facts {
        Facts {
            pid: self.pid(),
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
            signal,
            name: name.to_owned(),
            program: program.to_owned(),
            host: fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim_end().to_owned(),
            time: 0,
        }
    }

    /// Kills the group, unless its leader has been reaped, and the rest with it.
    pub fn kill(&mut self) {
        if self.exit.is_none() {
            // Fails only where there is nobody left to kill.
            let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
        }
    }

    /// Resident KiB of the largest process among this one and its descendants.
    pub fn rss_kib(&self) -> Option<u64> {
        self.family().into_iter().filter_map(resident_kib).max()
    }

    /// What this process and its descendants take up together; `None` where the system does not say.
    pub fn weigh(&self) -> Option<Weight> {
        let count = |pid: u32, of: &str| fs::read_dir(format!("/proc/{pid}/{of}")).ok().map(Iterator::count);
        let mut all = Weight::default();
        for pid in self.family() {
            all.memory_kib += anonymous_kib(pid)?;
            all.files += count(pid, "fd")? as u64;
            all.threads += count(pid, "task")? as u64;
        }
        Some(all)
    }

    /// See [`Watch`].
    pub fn watched(&self) -> Watch {
        Watch::of(self.pid())
    }

    /// File descriptors open in the one among this process and its descendants that has most.
    pub fn open_files(&self) -> Option<usize> {
        let open = |pid| fs::read_dir(format!("/proc/{pid}/fd")).ok().map(Iterator::count);
        self.family().into_iter().filter_map(open).max()
    }

    /// Whether one of these processes has opened the device itself, beside the descriptor that all inherit.
    pub fn has_opened(&self, device: u64) -> bool {
        self.family().into_iter().any(|pid| {
            let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            let is_it =
                |file: &fs::DirEntry| fs::metadata(file.path()).is_ok_and(|facts| facts.rdev() == device);
            open.filter(is_it).count() > 1
        })
    }

    /// See [`crate::Peer::is_qemus`].
    pub fn is_qemus(&self) -> Option<bool> {
        provenance::is_qemus(&self.family())
    }

    fn family(&self) -> Vec<u32> {
        family(self.pid())
    }
}

/// An eye on a process and its descendants, which may outlive them: then there is nothing to be seen.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    pid: u32,
}

impl Watch {
    /// On the process with this id, which should be a child of ours: another's may come to be somebody else's.
    pub fn of(pid: u32) -> Watch {
        Watch { pid }
    }

    /// Processor time that they have used, in nanoseconds.
    pub fn cpu_ns(&self) -> Option<u64> {
        let used = family(self.pid).into_iter().filter_map(|pid| process_cpu_ns(pid, FAMILY_MAX));
        used.reduce(u64::saturating_add)
    }

    /// Whether every thread of theirs sleeps at this moment.
    pub fn sleeps(&self) -> bool {
        let rests = |thread: &Path| state(thread) == Some('S');
        // This is asked often, and mostly the first thread tells.
        if state(Path::new(&format!("/proc/{0}/task/{0}", self.pid))).is_some_and(|state| state != 'S') {
            return false;
        }
        family(self.pid).into_iter().all(|pid| {
            let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            threads.take(FAMILY_MAX).all(|thread| rests(&thread.path()))
        })
    }
}

/// A process and its descendants, parents first.
fn family(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(pid) = family.get(next).copied() {
        family.extend(children(pid));
        family.truncate(FAMILY_MAX);
        next += 1;
    }
    family
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let until = Instant::now() + DROP_WAIT_MAX;
        while self.exited().is_none() && Instant::now() < until {
            thread::sleep(Duration::from_micros(500));
        }
        if let Some(room) = self.room.take().filter(|_| self.exit.is_some()) {
            room.vacate();
        }
    }
}

/// The command that starts what `launch` says.
fn command(
    launch: &Launch,
    output: PipeWriter,
    cell: Option<Arc<Cell>>,
    inherit: Option<Arc<OwnedFd>>,
) -> io::Result<Command> {
    let mut command = Command::new(&launch.program);
    command.args(&launch.args).process_group(0).env("LC_ALL", "C").env("TMPDIR", launch.scratch.path());
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    command.envs(launch.coverage.iter().flat_map(CoverageMap::environment));
    if launch.at_home {
        command.current_dir(launch.scratch.path()).env("HOME", launch.scratch.path());
        for variable in DESKTOP {
            command.env_remove(variable);
        }
    }
    let keep_capabilities = launch.keeps_capabilities();
    Sandbox { inherit, cell, keep_capabilities, dumps: launch.dumps }.install(&mut command);
    Ok(command)
}

/// The children that the first thread of `pid` started (proc_pid_task(5)).
fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_ascii_whitespace().filter_map(|child| child.parse().ok()).take(FAMILY_MAX).collect()
}

/// The letter for what a process or thread is doing (proc_pid_stat(5)); its name before that is in parentheses
/// and may hold anything.
fn state(folder: &Path) -> Option<char> {
    let stat = fs::read(folder.join("stat")).ok()?;
    String::from_utf8_lossy(&stat).rsplit_once(") ")?.1.chars().next()
}

fn resident_kib(pid: u32) -> Option<u64> {
    kib_in(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// KiB that no file stands behind. The sum over all mappings is exact; that in `status` is what the kernel has
/// counted so far (proc_pid_status(5)), and is for kernels that have no such sum.
fn anonymous_kib(pid: u32) -> Option<u64> {
    let exact = kib_in(&format!("/proc/{pid}/smaps_rollup"), "Anonymous:");
    exact.or_else(|| kib_in(&format!("/proc/{pid}/status"), "RssAnon:"))
}

fn kib_in(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
