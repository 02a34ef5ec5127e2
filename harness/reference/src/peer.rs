//! One connection of the reference peer as a pure state machine: bytes in, bytes out, no input and output.

use crate::answer;
use crate::bug::{Call, Delivery, Event, Line, Refusal, Reply, Session};
use crate::dispatch::{Action, Dispatch};
use crate::encode::{encode, encode_members};
use crate::events;
use crate::host::{Config, Host, World};
use crate::input::Input;
use qmprobe_wire::automaton::{Model, Outcome};
use qmprobe_wire::{Dialect, Value, Version};
use std::collections::VecDeque;
use std::sync::Arc;

/// The byte before a successful reply to `guest-sync-delimited`.
const SENTINEL: u8 = 0xFF;

/// The peer's end of one connection.
///
/// Take [`Peer::open`] first, then [`Peer::take`] what the client sends and [`Peer::answer`] until nothing is
/// left, and close the connection when the peer [is closed](Peer::is_closed).
#[derive(Debug)]
pub struct Peer {
    host: Arc<Host>,
    input: Input,
    session: Session,
    /// What the client has sent, parsed and not answered yet.
    queue: VecDeque<Outcome>,
    pipelined: bool,
}

impl Peer {
    /// The only connection of a peer of its own.
    pub fn new(config: Config) -> Peer {
        Peer::of(Arc::new(Host::new(config, false)))
    }

    /// A fresh connection to a peer.
    pub(crate) fn of(host: Arc<Host>) -> Peer {
        let model = if host.config.version >= Version::new(11, 0) { Model::V11 } else { Model::V3_1 };
        let mut session = Session { negotiated: host.config.dialect == Dialect::Qga, ..Session::default() };
        {
            let mut world = host.world();
            session.hung = world.hung_connections > 0;
            world.hung_connections = world.hung_connections.saturating_sub(1);
            for bug in &host.config.bugs {
                (bug.hooks.open)(&mut session, &world);
            }
        }
        let fresh = || Input::new(host.strict, host.config.dialect, model);
        let input = host.left_parser().unwrap_or_else(fresh);
        Peer { host, input, session, queue: VecDeque::new(), pipelined: false }
    }

    /// Appends what a client gets before it has sent anything: the greeting.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        let host = Arc::clone(&self.host);
        for greeting in host.greetings() {
            let mut line = Vec::new();
            encode(&greeting, &mut line);
            self.finish(line, Line::Greeting, out);
        }
        if host.config.bugs.iter().any(|bug| bug.hooks.early) {
            let event = events::by_itself(&host, &mut host.world());
            self.tell(event, out);
        }
    }

    /// Takes what the client sends, in any split. Each byte makes at most two requests to be answered, so a
    /// caller bounds the memory by the length of `bytes`.
    pub fn take(&mut self, bytes: &[u8]) {
        let mut input = bytes.to_vec();
        for bug in &self.host.config.bugs {
            (bug.hooks.input)(&mut input);
        }
        let mut outcomes = Vec::new();
        self.input.feed(&input, &mut outcomes);
        self.queue.extend(outcomes);
        self.pipelined = self.queue.len() > 1;
        for bug in &self.host.config.bugs {
            (bug.hooks.queue)(&mut self.queue);
        }
    }

    /// Answers the next request; false when none is left.
    pub fn answer(&mut self, out: &mut Vec<u8>) -> bool {
        if self.session.closed || self.session.hung {
            self.queue.clear();
        }
        let Some(outcome) = self.queue.pop_front() else { return false };
        let host = Arc::clone(&self.host);
        let mut world = host.world();
        self.handle(&host, &mut world, &outcome, out);
        true
    }

    /// Whether the connection is to be closed.
    pub fn is_closed(&self) -> bool {
        self.session.closed
    }

    fn handle(&mut self, host: &Host, world: &mut World, outcome: &Outcome, out: &mut Vec<u8>) {
        let request = match outcome {
            Outcome::Value { value, .. } => Some(value),
            Outcome::Error { .. } => None,
        };
        let mut dispatch = Dispatch { host, session: &mut self.session, world };
        let decision = match outcome {
            Outcome::Value { value, .. } => dispatch.decide(value),
            Outcome::Error { desc, .. } => dispatch.malformed(desc.to_string()),
        };
        let id = request.and_then(|request| request.get("id"));
        if let Some(id) = id {
            self.session.last_id = Some(id.clone());
        }
        let reply = match decision {
            Ok(action) => self.carry_out(host, world, &action, request, out),
            Err(refusal) => refused(refusal, id, self.pipelined),
        };
        let worked = !reply.is_error() && reply.command.is_some();
        self.deliver(reply, world, out);
        self.session.commands += u64::from(worked);
        let listens = self.session.negotiated && !self.session.closed && !self.session.hung;
        let due = worked && listens && events::is_due(host, self.session.commands);
        if due && host.config.dialect == Dialect::Qmp {
            let event = events::by_itself(host, world);
            self.tell(event, out);
        }
    }

    fn carry_out(
        &mut self,
        host: &Host,
        world: &mut World,
        action: &Action<'_>,
        request: Option<&Value>,
        out: &mut Vec<u8>,
    ) -> Reply {
        let mut reply = Reply {
            members: Vec::with_capacity(2),
            command: None,
            failed: None,
            pipelined: self.pipelined,
            silent: false,
        };
        let command = match action {
            Action::Nothing => None,
            Action::Negotiate { oob } => {
                (self.session.negotiated, self.session.has_negotiated) = (true, true);
                self.session.oob = *oob;
                world.negotiated_oob = *oob;
                host.config.schema.command("qmp_capabilities")
            }
            Action::Run(command) => Some(*command),
        };
        let arguments = request.and_then(|request| request.get("arguments"));
        let arguments = arguments.filter(|arguments| arguments.as_object().is_some());
        let returned = command.map_or(Value::Object(Vec::new()), |command| {
            answer::value(host, world, &Call { schema: &host.config.schema, command, arguments })
        });
        reply.push("return", returned);
        if let Some(id) = request.and_then(|request| request.get("id")) {
            reply.push("id", id.clone());
        }
        if let Some(command) = command {
            reply.silent = !command.success_response;
            reply.command = Some(command.name.clone());
            world.changes += u64::from(!answer::is_query(&command.name));
            world.ended |= command.name == "quit";
            host.config.bugs.iter().for_each(|bug| world.lose(bug.hooks.lost_bytes));
            if let Some(name) = events::caused_by(&command.name, world) {
                let event = events::make(host, world, name);
                self.tell(event, out);
            }
        }
        reply
    }

    fn deliver(&mut self, mut reply: Reply, world: &mut World, out: &mut Vec<u8>) {
        let host = Arc::clone(&self.host);
        let bugs = &host.config.bugs;
        for bug in bugs {
            (bug.hooks.reply)(&mut reply, &mut self.session);
        }
        let deliveries = bugs.iter().map(|bug| (bug.hooks.delivery)(&reply));
        let delivery =
            deliveries.fold(Delivery::Once, |all, one| if one == Delivery::Once { all } else { one });
        self.session.closed |= matches!(delivery, Delivery::ThenClosed | Delivery::Closed);
        self.session.closed |= world.ended;
        if delivery == Delivery::Hung {
            self.session.hung = true;
            world.hung_connections = 1;
        }
        let times = match delivery {
            _ if reply.silent => 0,
            Delivery::Once | Delivery::ThenClosed => 1,
            Delivery::Twice => 2,
            Delivery::Never | Delivery::Closed | Delivery::Hung => 0,
        };
        for _ in 0..times {
            let due = reply.is_to("guest-sync-delimited") && !reply.is_error();
            let session = &mut self.session;
            let sentinel = bugs.iter().fold(due, |due, bug| (bug.hooks.sentinel)(due, &reply, &mut *session));
            if sentinel {
                out.push(SENTINEL);
            }
            let mut line = Vec::new();
            encode_members(&reply.members, &mut line);
            self.finish(line, Line::Reply(&reply), out);
            self.session.after_sync = due;
        }
    }

    fn tell(&self, event: Option<Event>, out: &mut Vec<u8>) {
        if let Some(event) = event {
            let mut line = Vec::new();
            encode_members(&event.members, &mut line);
            self.finish(line, Line::Event, out);
        }
    }

    /// Ends a line and appends it.
    fn finish(&self, mut line: Vec<u8>, what: Line<'_>, out: &mut Vec<u8>) {
        let end: &[u8] = match self.host.config.dialect {
            Dialect::Qmp => b"\r\n",
            Dialect::Qga => b"\n",
        };
        line.extend_from_slice(end);
        for bug in &self.host.config.bugs {
            (bug.hooks.line)(&mut line, what);
        }
        out.append(&mut line);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let fresh = Input::new(self.host.strict, self.host.config.dialect, Model::V3_1);
        self.host.leave_parser(std::mem::replace(&mut self.input, fresh));
    }
}

/// The reply to a request that is not carried out.
fn refused(refusal: Refusal, id: Option<&Value>, pipelined: bool) -> Reply {
    let error = vec![
        ("class".to_owned(), Value::string(refusal.class)),
        ("desc".to_owned(), Value::string(refusal.desc)),
    ];
    let mut reply = Reply {
        members: Vec::with_capacity(2),
        command: refusal.name.filter(|_| refusal.known),
        failed: Some(refusal.check),
        pipelined,
        silent: false,
    };
    if let Some(id) = id {
        reply.push("id", id.clone());
    }
    reply.push("error", Value::Object(error));
    reply
}
