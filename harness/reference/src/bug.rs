//! What a bug is: a name, the rule that must report it, and hooks into the peer that do nothing by default.

use crate::answer::is_query;
use crate::host::World;
use qmprobe_check::conform::{Mismatch, MismatchKind};
use qmprobe_schema::{Command, Schema};
use qmprobe_wire::automaton::Outcome;
use qmprobe_wire::{Dialect, Value};
use std::collections::VecDeque;
use std::fmt;

/// The members of an object, in the order of the text.
pub(crate) type Members = Vec<(String, Value)>;

/// The members of a value, if it is an object.
pub(crate) fn members_mut(value: &mut Value) -> Option<&mut Members> {
    if let Value::Object(members) = value { Some(members) } else { None }
}

/// The first member called `name`.
pub(crate) fn find_mut<'m>(members: &'m mut [(String, Value)], name: &str) -> Option<&'m mut Value> {
    members.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// One switchable bug.
pub struct Bug {
    /// Its name on the command line: `id-dropped-on-error`.
    pub name: &'static str,
    /// The slug of the rule that must report it.
    pub rule: &'static str,
    /// What the peer does wrong, in one line.
    pub summary: &'static str,
    /// The protocol in which it shows; most show in both.
    pub dialect: Dialect,
    pub(crate) hooks: Hooks,
}

impl fmt::Debug for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bug").field(&self.name).finish()
    }
}

/// Where a bug can take hold, in the order of the way of a request.
pub(crate) struct Hooks {
    /// Changes what a fresh connection is sent unasked.
    pub greeting: fn(&mut Vec<Value>),
    /// Changes the state in which a connection begins.
    pub open: fn(&mut Session, &World),
    /// Changes bytes as they come in.
    pub input: fn(&mut Vec<u8>),
    /// Changes the order of what waits to be answered.
    pub queue: fn(&mut VecDeque<Outcome>),
    /// Says whether the first name means the second, a declared command.
    pub same_name: fn(&str, &str) -> bool,
    /// Says whether a mismatch in the arguments of the named command goes unnoticed.
    pub overlooks: fn(&str, &Mismatch) -> bool,
    /// Changes a refusal; false lets the request pass.
    pub upholds: fn(&mut Refusal, &mut Session, &mut World) -> bool,
    /// Refuses a request that is in order.
    pub objects: fn(&Call<'_>) -> Option<Refusal>,
    /// Changes a return value.
    pub returned: fn(&mut Value, &Call<'_>),
    /// Changes a reply.
    pub reply: fn(&mut Reply, &mut Session),
    /// Says how a reply goes out.
    pub delivery: fn(&Reply) -> Delivery,
    /// Says whether the sentinel stands before a reply, given whether it should.
    pub sentinel: fn(bool, &Reply, &mut Session) -> bool,
    /// Changes an event.
    pub event: fn(&mut Event),
    /// Changes the bytes of one whole line, its end included.
    pub line: fn(&mut Vec<u8>, Line<'_>),
    /// Events come often.
    pub eventful: bool,
    /// An event comes before negotiation.
    pub early: bool,
    /// One parser reads what all clients send.
    pub one_parser: bool,
    /// A client that leaves something unread ends the peer.
    pub fragile: bool,
    /// A connection whose client has shut down its side stays open.
    pub lingering: bool,
    /// Bytes that are kept for good of every command carried out.
    pub lost_bytes: usize,
    /// The event that comes by itself, where it is always the same.
    pub favourite: Option<&'static str>,
}

impl Hooks {
    /// Those of a conforming peer.
    pub const NONE: Hooks = Hooks {
        greeting: |_| {},
        open: |_, _| {},
        input: |_| {},
        queue: |_| {},
        same_name: |_, _| false,
        overlooks: |_, _| false,
        upholds: |_, _, _| true,
        objects: |_| None,
        returned: |_, _| {},
        reply: |_, _| {},
        delivery: |_| Delivery::Once,
        sentinel: |due, _, _| due,
        event: |_| {},
        line: |_, _| {},
        eventful: false,
        early: false,
        one_parser: false,
        fragile: false,
        lingering: false,
        lost_bytes: 0,
        favourite: None,
    };
}

/// The state of one connection.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Commands are let through.
    pub negotiated: bool,
    /// `qmp_capabilities` was carried out on this connection. The same, but for bugs that let commands through.
    pub has_negotiated: bool,
    /// `exec-oob` is enabled.
    pub oob: bool,
    /// Commands carried out.
    pub commands: u64,
    /// Nothing is answered any more.
    pub hung: bool,
    /// The connection is to be closed.
    pub closed: bool,
    /// The last id that was seen.
    pub last_id: Option<Value>,
    /// The last reply was to a delimited sync.
    pub after_sync: bool,
}

/// One check that a request can fail, in the order of QEMU's dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// It is JSON.
    Json,
    /// It is an object.
    Object,
    /// `execute`, or `exec-oob`, is a string.
    Verb,
    /// `exec-oob` is enabled.
    OobGate,
    /// `arguments` is an object.
    Arguments,
    /// There are no other members.
    Member,
    /// There is a verb.
    VerbMissing,
    /// There is one verb.
    Clash,
    /// Negotiation comes first.
    Gate,
    /// The command exists.
    Unknown,
    /// It may run out of band.
    OobAllowed,
    /// Its arguments conform.
    Conformance(MismatchKind),
    /// A capability was offered.
    Capability,
    /// Negotiation comes once.
    Once,
    /// A file descriptor came along.
    Descriptor,
    /// What the command itself finds wrong.
    Semantics,
}

/// Error classes, of `qapi/error.json`.
pub(crate) const GENERIC: &str = "GenericError";
pub(crate) const NOT_FOUND: &str = "CommandNotFound";

/// Why a request is not carried out.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub check: Check,
    pub class: &'static str,
    pub desc: String,
    /// The command that the request names.
    pub name: Option<String>,
    /// Whether that command exists.
    pub known: bool,
}

impl Refusal {
    /// Whether the request names this command.
    pub fn is_of(&self, command: &str) -> bool {
        self.name.as_deref() == Some(command)
    }

    /// What a command itself finds wrong, or pretends to.
    pub fn of_command(call: &Call<'_>, class: &'static str) -> Refusal {
        let name = call.command.name.clone();
        let desc = format!("{name} will not run");
        Refusal { check: Check::Semantics, class, desc, name: Some(name), known: true }
    }
}

/// A request that is in order.
pub(crate) struct Call<'a> {
    pub schema: &'a Schema,
    pub command: &'a Command,
    pub arguments: Option<&'a Value>,
}

impl Call<'_> {
    /// Whether the command is one of these.
    pub fn is_any(&self, names: &[&str]) -> bool {
        names.contains(&self.command.name.as_str())
    }

    /// Whether what it returns is an invention: anything of the declared type would do.
    pub fn returns_invention(&self) -> bool {
        !self.is_any(&[
            "query-version",
            "query-commands",
            "query-qmp-schema",
            "guest-info",
            "guest-sync",
            "guest-sync-delimited",
        ])
    }

    /// Whether bugs that spoil one command spoil this one: a query that every client asks now and then.
    pub fn is_victim(&self) -> bool {
        self.is_any(&["query-jobs", "query-block-jobs", "guest-get-time"])
    }
}

/// A reply before it is written.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its members in the order of the text.
    pub members: Members,
    /// The command, if it named a declared one.
    pub command: Option<String>,
    /// The check that failed; `None` on success.
    pub failed: Option<Check>,
    /// Other requests came in with this one.
    pub pipelined: bool,
    /// It is not sent: the command does not answer on success.
    pub silent: bool,
}

impl Reply {
    pub fn is_error(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether it is the successful reply to a command that only looks.
    pub fn is_successful_query(&self) -> bool {
        !self.is_error() && self.command.as_deref().is_some_and(is_query)
    }

    pub fn is_to(&self, command: &str) -> bool {
        self.command.as_deref() == Some(command)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        find_mut(&mut self.members, name)
    }

    pub fn remove(&mut self, name: &str) {
        self.members.retain(|(key, _)| key != name);
    }

    pub fn push(&mut self, name: &str, value: Value) {
        self.members.push((name.to_owned(), value));
    }

    /// The members of the error, if it is one.
    pub fn error_mut(&mut self) -> Option<&mut Members> {
        members_mut(self.get_mut("error")?)
    }

    /// Replaces the id by what `change` makes of it.
    pub fn change_id(&mut self, change: impl FnOnce(&Value) -> Option<Value>) {
        if let Some(id) = self.get_mut("id")
            && let Some(changed) = change(id)
        {
            *id = changed;
        }
    }
}

/// How a reply goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Once, as it should.
    Once,
    /// Twice.
    Twice,
    /// Not at all.
    Never,
    /// Once, and then the connection is closed.
    ThenClosed,
    /// The connection is closed instead.
    Closed,
    /// Not at all, and neither is any other on this connection and the next.
    Hung,
}

/// An event before it is written.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its members: `timestamp`, `event` and perhaps `data`.
    pub members: Members,
}

impl Event {
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        find_mut(&mut self.members, name)
    }

    pub fn set(&mut self, name: &str, value: Value) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.members.push((name.to_owned(), value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.members.retain(|(key, _)| key != name);
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    Greeting,
    Reply(&'a Reply),
    Event,
}
