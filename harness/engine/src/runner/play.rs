//! Plays a scenario, line by line, on a peer of its own, and records what each of its clients heard. What a
//! line says must come is compared here; what the rules say of it all is for the caller to ask.

mod client;
mod lines;

use super::ear::Ear;
use super::{EXIT_MS, exited};
use client::{Client, NoSession};
use qmprobe_scenario::{Action, Bindings, Difference, Line, Prop, Scenario, Strictness, bindings};
use qmprobe_schema::Schema;
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{Ending, Limits, Transcript, Value, Version};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// What is due where not even a session could be had.
pub(crate) const NO_SESSION: &str = "a session for the scenario to begin in";

/// What is known of the peer before a scenario is played on it.
#[derive(Clone, Debug)]
pub(crate) struct Acquainted {
    pub schema: Arc<Schema>,
    pub version: Option<Version>,
    /// It greets who connects: else no scenario waits for that longer than a moment.
    pub greets: bool,
    /// It returns the tokens of syncs: likewise.
    pub returns_tokens: bool,
}

/// A line that did not come true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number in the file.
    pub line: usize,
    /// The line, as the notation writes it.
    pub expected: String,
    /// What happened instead.
    pub actual: String,
    /// Where in the message, and how, the two differ.
    pub differences: Vec<Difference>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.actual)?;
        for Difference { path, expected, actual } in &self.differences {
            let place = if path.is_empty() { "the value" } else { path };
            write!(f, "; {place}: {expected} is due, there is {actual}")?;
        }
        Ok(())
    }
}

/// How a scenario ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every line came true.
    Held,
    /// This one did not.
    Broken(Broken),
    /// It cannot be played on this peer; why.
    Skipped(String),
    /// The run is to stop.
    Stopped,
}

/// A scenario that was played.
#[derive(Debug)]
pub(crate) struct Played {
    pub end: End,
    /// What each client did and heard that the rules can judge; the first client's is the first.
    pub transcripts: Vec<Transcript>,
    /// The first client's, whether the rules can judge it or not.
    pub record: Option<Transcript>,
    /// What starts such a peer by hand.
    pub by_hand: String,
}

impl Played {
    fn without_a_word(end: End) -> Played {
        Played { end, transcripts: Vec::new(), record: None, by_hand: String::new() }
    }
}

/// Why a line goes no further.
enum Halt {
    Broken(Broken),
    Skipped(String),
    Stopped,
}

/// A scenario on a peer.
struct Stage<'a> {
    scenario: &'a Scenario,
    known: &'a Acquainted,
    spec: &'a PeerSpec,
    peer: Peer,
    ear: Ear,
    clients: Vec<Client>,
    bindings: Bindings,
    /// The message that the last line matched.
    matched: Option<Value>,
    /// The scenario itself said that the peer closes or ends.
    foretold: bool,
    /// Resident KiB of the peer before the first line.
    rss_kib: Option<u64>,
}

/// Plays the scenario on a fresh peer, or on a fresh connection to somebody else's.
///
/// # Errors
/// The peer cannot be started or reached although it needs nothing special.
pub(crate) async fn play(
    scenario: &Scenario,
    name: &str,
    spec: &PeerSpec,
    limits: &Limits,
    known: &Acquainted,
    stop: watch::Receiver<bool>,
) -> Result<Played, qmprobe_target::Error> {
    let props: Vec<qmprobe_target::Prop> = scenario.props().map(prop).collect();
    let special = with_arguments(spec, scenario);
    let peer = match Peer::open_with(&special, limits, &props).await {
        Ok(peer) => peer,
        Err(error) if !scenario.header.arguments.is_empty() || !scenario.header.monitors.is_empty() => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default();
            let why = format!("the peer does not start as the scenario needs it: {why}");
            return Ok(Played::without_a_word(End::Skipped(why)));
        }
        Err(error) => return Err(error),
    };
    let mut stage = Stage {
        scenario,
        known,
        spec,
        peer,
        ear: Ear::new(limits, stop),
        clients: Vec::new(),
        bindings: Bindings::default(),
        matched: None,
        foretold: false,
        rss_kib: None,
    };
    let end = match stage.run().await {
        Ok(()) => End::Held,
        Err(Halt::Broken(broken)) => End::Broken(broken),
        Err(Halt::Skipped(why)) => End::Skipped(why),
        Err(Halt::Stopped) => End::Stopped,
    };
    Ok(stage.curtain(name, end).await)
}

fn prop(prop: &Prop) -> qmprobe_target::Prop {
    match prop {
        Prop::Fifo { name } => qmprobe_target::Prop::Fifo(name.clone()),
        Prop::File { name, bytes } => qmprobe_target::Prop::File(name.clone(), *bytes),
    }
}

/// The socket of a further monitor in the scratch directory, which is the peer's working directory.
fn socket_of(monitor: &str) -> String {
    format!("monitor-{monitor}.sock")
}

/// The peer with what the scenario needs besides.
fn with_arguments(spec: &PeerSpec, scenario: &Scenario) -> PeerSpec {
    let mut spec = spec.clone();
    let monitor = |name: &String, dash: &str, word: &str| {
        let chardev = format!("socket,id=scenario-{name},path={},server=on,wait=off", socket_of(name));
        let mode = format!("chardev=scenario-{name},mode=control");
        let mode = if word == "monitor" { mode.replace(",mode=control", "") } else { mode };
        [format!("{dash}chardev"), chardev, format!("{dash}{word}"), mode]
    };
    let header = &scenario.header;
    match &mut spec {
        PeerSpec::Qemu { extra, .. } => {
            extra.extend(header.monitors.iter().flat_map(|name| monitor(name, "-", "mon")));
            extra.extend(header.arguments.iter().cloned());
        }
        PeerSpec::StorageDaemon { extra, .. } => {
            extra.extend(header.monitors.iter().flat_map(|name| monitor(name, "--", "monitor")));
            extra.extend(header.arguments.iter().cloned());
        }
        PeerSpec::GuestAgent { extra, .. } => extra.extend(header.arguments.iter().cloned()),
        PeerSpec::Spawn { .. } | PeerSpec::Connect { .. } | PeerSpec::Embedded(_) => {}
    }
    spec
}

impl Stage<'_> {
    async fn run(&mut self) -> Result<(), Halt> {
        self.ear.begin();
        if let Some(path) = self.peer.scratch() {
            let path = Value::string(path.to_string_lossy());
            self.bindings.bind(bindings::SCRATCH, path);
        }
        self.open_clients().await?;
        self.rss_kib = self.peer.rss_kib();
        for at in 0..self.scenario.lines.len() {
            if self.ear.stopped() {
                return Err(Halt::Stopped);
            }
            self.line(at).await?;
        }
        self.nothing_is_left()
    }

    /// Whoever is there from the beginning: the first client, and one for each further monitor.
    async fn open_clients(&mut self) -> Result<(), Halt> {
        let monitors = self.scenario.header.monitors.iter().cloned().map(Some);
        for name in std::iter::once(None).chain(monitors) {
            let mut client = Client::new(name, self.spec.dialect());
            client
                .open(&mut self.peer, &mut self.ear, self.known, true)
                .await
                .map_err(|why| self.unopened(why))?;
            let begun = client.begin(self.scenario.header.session, &mut self.ear, self.known).await;
            self.clients.push(client);
            match begun {
                Ok(()) => {}
                Err(NoSession::NotOffered(why)) => return Err(Halt::Skipped(why.to_owned())),
                Err(NoSession::Refused(why)) => return Err(self.unopened(why.to_owned())),
            }
        }
        Ok(())
    }

    fn unopened(&self, why: String) -> Halt {
        if self.ear.stopped() {
            return Halt::Stopped;
        }
        let line = self.scenario.lines.first().map_or(1, |line| line.number);
        Halt::Broken(Broken { line, expected: NO_SESSION.to_owned(), actual: why, differences: Vec::new() })
    }

    /// The line did not come true.
    fn broken(&self, line: &Line, actual: impl Into<String>, differences: Vec<Difference>) -> Halt {
        if self.ear.stopped() {
            return Halt::Stopped;
        }
        Halt::Broken(Broken {
            line: line.number,
            expected: line.to_string(),
            actual: actual.into(),
            differences,
        })
    }

    fn strictness(&self) -> Strictness {
        Strictness { desc: self.scenario.header.compare_desc }
    }

    /// At the end every reply must have been told by a line.
    fn nothing_is_left(&mut self) -> Result<(), Halt> {
        let Some(last) = self.scenario.lines.last() else { return Ok(()) };
        for at in 0..self.clients.len() {
            let client = &mut self.clients[at];
            client.drain(&mut self.ear);
            if let Some(actual) = client.untold(self.scenario.header.exact_events) {
                let mut halt = self.broken(last, format!("no line tells of {actual}"), Vec::new());
                if let Halt::Broken(broken) = &mut halt {
                    broken.expected = "the end of the scenario".to_owned();
                }
                return Err(halt);
            }
        }
        Ok(())
    }

    /// Takes leave of the peer, and closes the record.
    async fn curtain(mut self, name: &str, end: End) -> Played {
        let lost = self.clients.iter().any(Client::is_closed) && !matches!(end, End::Stopped);
        let wait_ms = if lost { EXIT_MS } else { 0 };
        let ending = match self.peer.wait_exit(wait_ms).await {
            Some(exit) => exited(exit),
            None => Ending::Alive,
        };
        let by_hand = self.peer.command_line().to_owned();
        let case = Arc::new(self.scenario.as_case(name));
        let mut transcripts = Vec::new();
        for client in std::mem::take(&mut self.clients) {
            let judged = client.is_judged(&self.scenario.header.monitors);
            let exchanges = client.leave(&self.ear).await;
            transcripts.push((
                judged,
                Transcript {
                    case: Arc::clone(&case),
                    dialect: self.spec.dialect(),
                    version: self.known.version,
                    model: Model::of(self.known.version),
                    start: exchanges.0,
                    exchanges: exchanges.1,
                    ending: ending.clone(),
                },
            ));
        }
        let record = transcripts.first().map(|(_, transcript)| transcript.clone());
        let fit = self.scenario.header.unjudged.is_none() && self.can_be_judged();
        // That the peer ended well is known of the client that asked for it; others only see it go.
        let ended_well =
            self.foretold && matches!(ending, Ending::Exited { signalled: false, code: Some(0), .. });
        let mut number = 0;
        transcripts.retain(|(judged, _)| {
            number += 1;
            *judged && fit && (number == 1 || !ended_well)
        });
        let transcripts = transcripts.into_iter().map(|(_, transcript)| transcript).collect();
        Played { end, transcripts, record, by_hand }
    }

    /// Whether the rules know all that was done: they know nothing of descriptors sent along.
    fn can_be_judged(&self) -> bool {
        !self.scenario.lines.iter().any(|line| matches!(line.action, Action::PassFd(_)))
    }
}
