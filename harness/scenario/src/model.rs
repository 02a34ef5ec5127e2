//! A scenario as data: a header that says what it shows and needs, and lines in their order.

use crate::pattern::Pattern;
use qmprobe_wire::{Dialect, Payload, VersionRange};

/// A whole scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What it shows and what it needs.
    pub header: Header,
    /// What is said, in order.
    pub lines: Vec<Line>,
}

/// What a scenario shows and what it needs to be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// What it is about, for people: the comments above everything else.
    pub about: Vec<String>,
    /// Slugs of the rules that it shows, at least one.
    pub rules: Vec<String>,
    /// The protocol.
    pub dialect: Dialect,
    /// The peer versions of which it holds.
    pub versions: VersionRange,
    /// Commands that the peer must have.
    pub needs: Vec<String>,
    /// The kinds of peer that it is for (`qemu`, `storage-daemon`, …); empty for any.
    pub peers: Vec<String>,
    /// Further arguments to start the peer with.
    pub arguments: Vec<String>,
    /// Monitors that the peer is to have besides the first. Each is the client of the same name.
    pub monitors: Vec<String>,
    /// Where the first connection begins.
    pub session: Session,
    /// Whether each event must be told, in order, by a line of its own.
    pub exact_events: bool,
    /// Whether `desc` is compared.
    pub compare_desc: bool,
    /// Why the ordinary rules cannot judge what happens, where they cannot.
    pub unjudged: Option<String>,
    /// Peers that are known not to hold it.
    pub known_defect: Option<KnownDefect>,
}

impl Default for Header {
    fn default() -> Header {
        Header {
            about: Vec::new(),
            rules: Vec::new(),
            dialect: Dialect::Qmp,
            versions: VersionRange::ALL,
            needs: Vec::new(),
            peers: Vec::new(),
            arguments: Vec::new(),
            monitors: Vec::new(),
            session: Session::Negotiated,
            exact_events: false,
            compare_desc: false,
            unjudged: None,
            known_defect: None,
        }
    }
}

/// Where the first connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// Where commands run: greeted and negotiated, or synchronised.
    Negotiated,
    /// The same, with out-of-band execution on.
    Oob,
    /// Nothing was read and nothing sent.
    Fresh,
}

/// Peers that are known not to hold a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownDefect {
    /// Their versions.
    pub versions: VersionRange,
    /// What is wrong with them.
    pub reason: String,
}

/// One line, continuation lines included.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1; no part of what a scenario is.
    pub number: usize,
    /// Who speaks: `None` is the first client, `Some("b")` the one written `@b`.
    pub client: Option<String>,
    /// What happens.
    pub action: Action,
}

impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        self.client == other.client && self.action == other.action
    }
}

/// Milliseconds.
pub type Duration = u64;

/// Something made in the peer's scratch directory before it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prop {
    /// A named pipe.
    Fifo {
        /// Its name.
        name: String,
    },
    /// A file full of zeros.
    File {
        /// Its name.
        name: String,
        /// Bytes.
        bytes: u64,
    },
}

impl Prop {
    /// The name in the scratch directory.
    pub fn name(&self) -> &str {
        match self {
            Prop::Fifo { name } | Prop::File { name, .. } => name,
        }
    }
}

/// What happens on one line.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `# …`: nothing.
    Comment(String),
    /// `-> TEXT`: the text and a newline are sent, with what `$NAME` stands for.
    Send(String),
    /// `=> BYTES`: exactly these are sent.
    SendBytes(Payload),
    /// `pass-fd NAME`: the next send takes along a descriptor of that file of the scratch directory.
    PassFd(String),
    /// `<- VALUE`: the next reply, or greeting, or, where the value has a member `event`, an event.
    Receive {
        /// What it must match.
        pattern: Pattern,
        /// `<- 0xFF VALUE`: the byte 0xFF stands directly before it.
        sentinel: bool,
        /// `oob <- VALUE`: it may overtake replies that other lines wait for.
        overtakes: bool,
    },
    /// `event NAME DATA`: this event comes, or came and no line took it.
    Event {
        /// Its name.
        name: String,
        /// Its data; `None` for any.
        data: Option<Pattern>,
    },
    /// `...`: any number of messages, up to one that the next line matches.
    Elide,
    /// `capture NAME PATH`: `$NAME` stands for that part of the last message that a line matched.
    Capture {
        /// The name, without `$`.
        name: String,
        /// Where in the message: `return.nodes[0].name`.
        path: String,
    },
    /// `wait 200ms`: nothing is read meanwhile; what comes is there for the lines that follow.
    Wait(Duration),
    /// `silence 200ms`: nothing but events may come meanwhile.
    Silence(Duration),
    /// `half-close`: our side of the connection is shut down.
    HalfClose,
    /// `eof`: the peer closes the connection.
    Eof,
    /// `drop`: we close at once, with whatever is unread.
    Drop,
    /// `reconnect`: the connection, if there is one, is closed in good order, and another opened of which
    /// nothing was read.
    Reconnect,
    /// `exit CODE`: the peer's process ends so by itself.
    Exit(i32),
    /// `scratch …`: something lies in the scratch directory.
    Scratch(Prop),
    /// `feed NAME`: whoever reads this pipe gets its end, and goes on.
    Feed(String),
    /// `memory +64M`: since the scenario began the peer has grown by no more than these bytes.
    Memory(u64),
}

impl Action {
    /// Whether it belongs to one client's connection, so that `@b` may stand before it.
    pub fn is_of_a_client(&self) -> bool {
        !matches!(
            self,
            Action::Comment(_)
                | Action::Scratch(_)
                | Action::Feed(_)
                | Action::Memory(_)
                | Action::Exit(_)
                | Action::Capture { .. }
        )
    }
}

impl Scenario {
    /// What is to lie in the scratch directory before the peer starts.
    pub fn props(&self) -> impl Iterator<Item = &Prop> {
        self.lines.iter().filter_map(|line| match &line.action {
            Action::Scratch(prop) => Some(prop),
            _ => None,
        })
    }

    /// The clients, in the order in which they come in; the first is `None`.
    pub fn clients(&self) -> Vec<Option<&str>> {
        let mut clients = vec![None];
        for line in self.lines.iter().filter(|line| line.action.is_of_a_client()) {
            if !clients.contains(&line.client.as_deref()) {
                clients.push(line.client.as_deref());
            }
        }
        clients
    }
}
