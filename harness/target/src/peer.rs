//! A peer, from being opened to being stopped. It starts once and connects once per call: the runner decides
//! what is tried again.

use crate::connection::Connection;
use crate::coverage::CoverageMap;
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::{self, Care, Entrance, Launch};
use crate::process::{Process, Watch};
use crate::props::{Prop, inside};
use crate::spec::{Embedded, PeerSpec};
use crate::transport::{Address, Stream, serial};
use qmprobe_wire::{Limits, Weight};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Between looks at something that cannot be waited for.
const POLL: Duration = Duration::from_millis(2);
/// Looks in a row that must find a starting process asleep.
const RESTS_MIN: u32 = 2;
/// How long a starting process has to fall asleep; one that runs a guest may never.
const SETTLE_MAX: Duration = Duration::from_millis(500);
/// How long a peer that closed its first connection without a word has to end as well.
const END_WAIT_MAX: Duration = Duration::from_millis(500);
/// Milliseconds that a killed process has to be gone.
const KILL_MS_MAX: u64 = 2_000;

/// A peer: a process of ours, somebody's server, or a part of this process.
///
/// Dropping it kills the process group and removes the scratch directory. Open it on a current-thread runtime that
/// outlives it.
#[derive(Debug)]
pub struct Peer {
    // Before `scratch`: the process must be gone when its directory is removed.
    process: Option<Process>,
    scratch: Option<TempDir>,
    door: Door,
    /// The connection that showed that the peer is there.
    first: Option<Connection>,
    limits: Limits,
    command_line: String,
    socket_name: Option<String>,
    notes: Vec<String>,
    stand_ins: bool,
    coverage: Option<CoverageMap>,
}

/// What a peer of ours is given beside its arguments.
#[derive(Clone, Copy, Debug, Default)]
struct Outfit<'o> {
    props: &'o [Prop],
    /// Edges of its map.
    edges: Option<usize>,
    /// It may leave a core.
    dumps: bool,
}

/// Where connections come from.
#[derive(Clone, Debug)]
enum Door {
    Address(Address),
    /// Our end of a line, on which nobody waits for clients.
    Line(Arc<OwnedFd>),
    Embedded(Embedded),
}

impl Peer {
    /// Starts the peer, or makes sure that one which runs already accepts connections.
    ///
    /// A process counts as started when it accepts a connection. QEMU and the storage daemon inherit a socket
    /// that listens already, so they must also have sent something on it, or lived for
    /// [`Limits::greeting_ms_max`]. The connection is kept: [`Peer::connect`] hands it out first.
    ///
    /// # Errors
    /// There is no such program, it cannot be started, it ends at once or never listens; nobody listens at a
    /// foreign address.
    pub async fn open(spec: &PeerSpec, limits: &Limits) -> Result<Peer, Error> {
        Peer::open_with(spec, limits, &[]).await
    }

    /// The same, with `props` in its scratch directory before it starts. A peer that is not started by us has
    /// no such directory, and gets none.
    ///
    /// # Errors
    /// Those of [`Peer::open`], and a prop that cannot be made.
    pub async fn open_with(spec: &PeerSpec, limits: &Limits, props: &[Prop]) -> Result<Peer, Error> {
        Peer::outfitted(spec, limits, Outfit { props, ..Outfit::default() }).await
    }

    /// The same with a map of so many edges, which a peer that was built for it counts in: see
    /// [`Peer::coverage`]. A peer that is not started by us gets none.
    ///
    /// # Errors
    /// Those of [`Peer::open`], and a map that the system refuses.
    pub async fn open_counting(spec: &PeerSpec, limits: &Limits, edges: usize) -> Result<Peer, Error> {
        Peer::outfitted(spec, limits, Outfit { edges: Some(edges), ..Outfit::default() }).await
    }

    /// The same with the limit for cores that this process has: what ends it by a signal may leave one, which
    /// [`Exit::core`] tells of. No other peer leaves any.
    ///
    /// # Errors
    /// Those of [`Peer::open`].
    pub async fn open_dumping(spec: &PeerSpec, limits: &Limits) -> Result<Peer, Error> {
        Peer::outfitted(spec, limits, Outfit { dumps: true, ..Outfit::default() }).await
    }

    async fn outfitted(spec: &PeerSpec, limits: &Limits, outfit: Outfit<'_>) -> Result<Peer, Error> {
        match spec {
            PeerSpec::Connect { address, .. } => {
                Peer::meet(Door::Address(address.clone()), address.to_string(), limits).await
            }
            PeerSpec::Embedded(embedded) => {
                let peer = embedded.anew.as_ref().map_or_else(|| embedded.clone(), |anew| anew());
                Peer::meet(Door::Embedded(peer), embedded.name.clone(), limits).await
            }
            PeerSpec::Qemu { binary, extra } => {
                Peer::start(|care| launch::qemu::prepare(binary, extra, care), limits, outfit).await
            }
            PeerSpec::StorageDaemon { binary, extra } => {
                Peer::start(|_| launch::storage_daemon::prepare(binary, extra), limits, outfit).await
            }
            PeerSpec::GuestAgent { binary, extra, channel } => {
                let prepare = |care| launch::guest_agent::prepare(binary, extra, *channel, care);
                Peer::start(prepare, limits, outfit).await
            }
            PeerSpec::Spawn { command, .. } => {
                Peer::start(|_| launch::spawn::prepare(command), limits, outfit).await
            }
        }
    }

    /// A fresh connection; the first call gets the one that [`Peer::open`] made. A one-client server accepts
    /// a second only when the first is closed.
    ///
    /// # Errors
    /// [`Error::Connect`] when nobody accepts within [`Limits::greeting_ms_max`].
    pub async fn connect(&mut self) -> Result<Connection, Error> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        let dialled = self.door.dial(&self.limits).await;
        dialled.map_err(|source| Error::Connect { address: self.address(), source })
    }

    /// A connection to another socket, in the scratch directory: a further monitor of the same peer.
    ///
    /// # Errors
    /// [`Error::Connect`] when there is none, or nobody accepts within [`Limits::greeting_ms_max`].
    pub async fn connect_to(&self, socket: &str) -> Result<Connection, Error> {
        let refused = |source| Error::Connect { address: socket.to_owned(), source };
        let scratch = self.scratch().ok_or(ErrorKind::NotFound).map_err(|kind| refused(kind.into()))?;
        let path = inside(scratch, socket).map_err(refused)?;
        Door::Address(Address::Unix(path)).dial(&self.limits).await.map_err(refused)
    }

    /// What starts the same peer by hand, with its socket in the working directory and without namespaces;
    /// of a peer that was not started by us, its address or name.
    pub fn command_line(&self) -> &str {
        &self.command_line
    }

    /// The socket on which a peer started with [`Peer::command_line`] listens, relative to its working
    /// directory. `None` for a peer that was not started by us, and for one at the end of a line.
    pub fn command_line_socket(&self) -> Option<&str> {
        self.socket_name.as_deref()
    }

    /// What is less protected than it should be and why, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The process that we started, which leads its process group. For a sandboxed guest agent it is the one
    /// that holds the namespaces.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// How the process ended, if it has. Does not wait.
    pub fn exited(&mut self) -> Option<Exit> {
        self.process.as_mut()?.exited()
    }

    /// Waits up to `ms` milliseconds for the process to end by itself.
    pub async fn wait_exit(&mut self, ms: u64) -> Option<Exit> {
        let process = self.process.as_mut()?;
        let until = Instant::now() + Duration::from_millis(ms);
        loop {
            let exit = process.exited();
            if exit.is_some() || Instant::now() >= until {
                return exit;
            }
            sleep(POLL).await;
        }
    }

    /// Resident KiB of the largest process among the peer's.
    pub fn rss_kib(&self) -> Option<u64> {
        self.process.as_ref()?.rss_kib()
    }

    /// What the peer takes up; `None` for one that somebody else runs.
    pub fn weigh(&self) -> Option<Weight> {
        match (&self.process, &self.door) {
            (Some(process), _) => process.weigh(),
            (None, Door::Embedded(embedded)) => embedded.weigh.as_ref().map(|weigh| weigh()),
            (None, _) => None,
        }
    }

    /// An eye on the peer's processes, of one that we started.
    pub fn watch(&self) -> Option<Watch> {
        self.process.as_ref().map(Process::watched)
    }

    /// Processor time that the peer's processes have used, in nanoseconds.
    pub fn cpu_ns(&self) -> Option<u64> {
        self.watch()?.cpu_ns()
    }

    /// File descriptors open in the one of the peer's processes that has most.
    pub fn open_files(&self) -> Option<usize> {
        self.process.as_ref()?.open_files()
    }

    /// The end of what the process wrote to standard output and error so far, lossy. Empty for others.
    pub fn stderr_tail(&self) -> String {
        self.process.as_ref().map(Process::stderr_tail).unwrap_or_default()
    }

    /// Where the peer counts the edges that it takes, when it was started with [`Peer::open_counting`].
    pub fn coverage(&self) -> Option<&CoverageMap> {
        self.coverage.as_ref()
    }

    /// The peer's own directory, the only one that a sandboxed peer can write to.
    pub fn scratch(&self) -> Option<&Path> {
        self.scratch.as_ref().map(TempDir::path)
    }

    /// Whether the peer can do no harm: it lives in namespaces of its own, or in this process.
    pub fn sandboxed(&self) -> bool {
        match &self.process {
            Some(process) => process.sandboxed(),
            None => matches!(self.door, Door::Embedded(_)),
        }
    }

    /// Whether what a sandboxed agent shuts the system down with was replaced by programs that do nothing but
    /// tell of it in the file `shutdown.calls` of its scratch directory, and fail where that holds a file
    /// `shutdown.fails`.
    pub fn only_plays_shutdown(&self) -> bool {
        self.stand_ins
    }

    /// Whether the process runs a program that was built of QEMU's source, whatever script started it. `None` for a peer
    /// that is no process of ours, and where the system does not show it.
    pub fn is_qemus(&self) -> Option<bool> {
        self.process.as_ref()?.is_qemus()
    }

    /// Kills the process group and says how the process ended: by itself before, or by this. `None` for a
    /// peer that is no process of ours.
    pub async fn stop(mut self) -> Option<Exit> {
        if let Some(exit) = self.exited() {
            return Some(exit);
        }
        self.process.as_mut()?.kill();
        self.wait_exit(KILL_MS_MAX).await
    }

    async fn meet(door: Door, command_line: String, limits: &Limits) -> Result<Peer, Error> {
        let mut peer = Peer {
            process: None,
            scratch: None,
            door,
            first: None,
            limits: limits.clone(),
            command_line,
            socket_name: None,
            notes: Vec::new(),
            stand_ins: false,
            coverage: None,
        };
        peer.first = Some(peer.connect().await?);
        Ok(peer)
    }

    /// Starts it as carefully as can be, and less so only when that care itself is what failed.
    async fn start(
        prepare: impl Fn(Care) -> Result<Launch, Error>,
        limits: &Limits,
        outfit: Outfit<'_>,
    ) -> Result<Peer, Error> {
        let mut notes = Vec::new();
        let prepare = |care| {
            let mut launch = prepare(care)?;
            launch.dumps = outfit.dumps;
            launch.coverage = outfit.edges.map(CoverageMap::new).transpose().map_err(Error::Coverage)?;
            outfit.props.iter().try_for_each(|prop| prop.make(launch.scratch.path()))?;
            Ok::<_, Error>(launch)
        };
        let mut launch = prepare(Care::Full)?;
        let (process, first) = match bring_up(&mut launch, limits, &mut notes).await {
            Ok(up) => up,
            Err(error) => {
                let Some(note) = (launch.excuse)(&error, launch.scratch.path()) else { return Err(error) };
                notes.push(note);
                launch = prepare(Care::Less)?;
                bring_up(&mut launch, limits, &mut notes).await?
            }
        };
        let socket_name = match &launch.entrance {
            Entrance::Socket(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Entrance::Line { .. } => None,
        };
        let stand_ins =
            process.sandboxed() && launch::guest_agent::stand_ins_are_in_place(launch.scratch.path());
        Ok(Peer {
            process: Some(process),
            scratch: Some(launch.scratch),
            door: Door::of(&launch.entrance),
            first: Some(first),
            limits: limits.clone(),
            command_line: launch.command_line,
            socket_name,
            notes,
            stand_ins,
            coverage: launch.coverage,
        })
    }

    fn address(&self) -> String {
        match &self.door {
            Door::Address(address) => address.to_string(),
            Door::Line(_) => "the line to the peer".to_owned(),
            Door::Embedded(embedded) => embedded.name.clone(),
        }
    }
}

impl Door {
    fn of(entrance: &Entrance) -> Door {
        match entrance {
            Entrance::Socket(path) => Door::Address(Address::Unix(path.clone())),
            Entrance::Line { host, .. } => Door::Line(Arc::clone(host)),
        }
    }

    /// Connects, within [`Limits::greeting_ms_max`].
    async fn dial(&self, limits: &Limits) -> io::Result<Connection> {
        match self {
            Door::Embedded(embedded) => Connection::adopt((embedded.dial)()?, limits.case_bytes_max),
            Door::Line(host) => {
                let stream = serial::stream(rustix::io::fcntl_dupfd_cloexec(host, 0)?)?;
                Ok(Connection::new(stream, limits.case_bytes_max))
            }
            Door::Address(address) => {
                let patience = Duration::from_millis(limits.greeting_ms_max);
                let stream = timeout(patience, queue(address)).await.map_err(|_| ErrorKind::TimedOut)??;
                Ok(Connection::new(stream, limits.case_bytes_max))
            }
        }
    }
}

/// Connects, however many others wait before us.
async fn queue(address: &Address) -> io::Result<Stream> {
    loop {
        match address.dial().await {
            // A non-blocking unix socket says so when the queue of the listener is full (connect(2), EAGAIN).
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(POLL).await,
            settled => return settled,
        }
    }
}

/// Waits until a process that inherited its socket has come to rest, at most [`SETTLE_MAX`].
///
/// A client that waits there while the monitor is set up meets a race in the peer: in 60 starts each,
/// qemu-storage-daemon 7.2 greeted one client twice and then ignored six others, and QEMU 5.2 sent 13 an event
/// before the greeting. Whoever tests commands has no use for that.
async fn settle(process: &mut Process) {
    let until = Instant::now() + SETTLE_MAX;
    let mut rests = 0;
    while rests < RESTS_MIN && process.exited().is_none() && Instant::now() < until {
        sleep(POLL).await;
        rests = if process.watched().sleeps() { rests + 1 } else { 0 };
    }
}

/// Starts the process and makes the first connection.
async fn bring_up(
    launch: &mut Launch,
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<(Process, Connection), Error> {
    let inherits = launch.inherit.is_some();
    let (mut process, note) = Process::start(launch, limits).await?;
    notes.extend(note);
    let door = Door::of(&launch.entrance);
    let died = |exit| Error::DiedAtStart { command: launch.command_line.clone(), exit };
    let until = Instant::now() + Duration::from_millis(limits.greeting_ms_max);
    if let Entrance::Line { guest, .. } = launch.entrance {
        // What is sent before it listens is thrown away (qga/channel-posix.c:ga_channel_open, tcflush).
        while !(process.has_opened(guest) && process.watched().sleeps()) {
            if let Some(exit) = process.exited() {
                return Err(died(exit));
            }
            if Instant::now() >= until {
                let (command, stderr_tail) = (launch.command_line.clone(), process.stderr_tail());
                return Err(Error::StartTimeout { command, waited_ms: limits.greeting_ms_max, stderr_tail });
            }
            sleep(POLL).await;
        }
        let connection = door.dial(limits).await.map_err(Error::Scratch)?;
        return Ok((process, connection));
    }
    if inherits {
        settle(&mut process).await;
    }
    let until = Instant::now() + Duration::from_millis(limits.greeting_ms_max);
    let mut connection = loop {
        let error = match door.dial(limits).await {
            Ok(connection) => break connection,
            Err(error) => error,
        };
        if let Some(exit) = process.exited() {
            return Err(died(exit));
        }
        if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
            return Err(Error::Connect { address: launch.command_line.clone(), source: error });
        }
        if Instant::now() >= until {
            let (command, stderr_tail) = (launch.command_line.clone(), process.stderr_tail());
            return Err(Error::StartTimeout { command, waited_ms: limits.greeting_ms_max, stderr_tail });
        }
        sleep(POLL).await;
    };
    if inherits && timeout(until.saturating_duration_since(Instant::now()), connection.stirs()).await.is_ok()
    {
        let until = Instant::now() + END_WAIT_MAX;
        while connection.closed_silently() && Instant::now() < until {
            if let Some(exit) = process.exited() {
                return Err(died(exit));
            }
            sleep(POLL).await;
        }
    }
    Ok((process, connection))
}
