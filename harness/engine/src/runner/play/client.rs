//! One client of a scenario: its connections one after another, and what came over them that no line has told.

use super::super::due::{Due, Until, messages};
use super::super::link::{Heard, Link};
use super::super::session::{Manners, Session, blank};
use super::{Acquainted, socket_of};
use crate::runner::ear::Ear;
use crate::runner::{CLOSE_MS, first_token};
use qmprobe_check::predict;
use qmprobe_check::predict::Accepted;
use qmprobe_scenario::Session as Begin;
use qmprobe_target::{Peer, Wrote};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::escape::escape_short;
use qmprobe_wire::{
    Dialect, Exchange, ExchangeEnd, Frame, Message, MessageKind, Payload, Received, SessionState, Value,
    request,
};
use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

/// Characters of a message that are shown.
const SHOWN_CHARS: usize = 240;
/// The id of our own negotiation.
const NEGOTIATION_ID: &str = "qmprobe";

/// Something that came and that a line must tell, unless it is an event.
#[derive(Clone, Debug)]
pub(super) enum Heed {
    Message { message: Message, sentinel: bool },
    Garbage(Vec<u8>),
}

impl Heed {
    pub fn shown(&self) -> String {
        match self {
            Heed::Message { message, sentinel } => {
                let byte = if *sentinel { "0xFF " } else { "" };
                format!("{byte}{}", escape_short(&message.bytes, SHOWN_CHARS))
            }
            Heed::Garbage(bytes) => {
                format!("bytes that are no message: {}", escape_short(bytes, SHOWN_CHARS))
            }
        }
    }
}

/// Why a connection could not be brought to where the scenario begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum NoSession {
    /// The peer does not have what it takes, and says so.
    NotOffered(&'static str),
    /// It ought to have.
    Refused(&'static str),
}

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub name: Option<String>,
    dialect: Dialect,
    session: Option<Session>,
    connection: u32,
    start: SessionState,
    exchanges: Vec<Exchange>,
    /// Replies, greetings and garbage in order.
    pub inbox: VecDeque<Heed>,
    /// Events in order.
    pub events: Vec<Message>,
    /// What comes up to a match is not told.
    pub eliding: bool,
    /// A descriptor for the next send.
    pub pass: Option<OwnedFd>,
    /// Replies due to what was sent in the last exchange.
    owed: usize,
    sentinel: bool,
    opened: bool,
    /// What it did is beyond the rules: something was never read.
    beyond_rules: bool,
}

impl Client {
    pub fn new(name: Option<String>, dialect: Dialect) -> Client {
        Client {
            name,
            dialect,
            session: None,
            connection: 0,
            start: SessionState::fresh(dialect),
            exchanges: Vec::new(),
            inbox: VecDeque::new(),
            events: Vec::new(),
            eliding: false,
            pass: None,
            owed: 0,
            sentinel: false,
            opened: false,
            beyond_rules: false,
        }
    }

    /// Opens a connection, of which nothing is read. `monitor`: the client has a socket of its own.
    ///
    /// # Errors
    /// Nobody accepts it; why, in words.
    pub async fn open(
        &mut self,
        peer: &mut Peer,
        ear: &mut Ear,
        known: &Acquainted,
        monitor: bool,
    ) -> Result<(), String> {
        let connection = match &self.name {
            Some(name) if monitor => peer.connect_to(&socket_of(name)).await,
            _ => peer.connect().await,
        };
        let connection = connection.map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })?;
        let link = Link::new(connection, &ear.limits);
        self.session = Some(Session::new(link, self.dialect, Model::of(known.version)));
        self.connection += u32::from(self.opened);
        self.opened = true;
        (self.owed, self.sentinel) = (0, false);
        let opened = Exchange { opened: true, ..blank(ear, self.connection) };
        self.exchanges.push(opened);
        Ok(())
    }

    /// Brings the first connection to where the scenario begins.
    ///
    /// # Errors
    /// Why it cannot be brought there.
    pub async fn begin(&mut self, begin: Begin, ear: &mut Ear, known: &Acquainted) -> Result<(), NoSession> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let mut manners = Manners {
            version: known.version,
            model: None,
            met: true,
            greets: known.greets,
            returns_tokens: known.returns_tokens,
            resets_apart: false,
            goes_astray: false,
            token: first_token(),
        };
        let reached = match (begin, self.dialect) {
            (Begin::Fresh, _) => return Ok(()),
            (Begin::Oob, Dialect::Qmp) => enable_oob(session, ear, &mut manners).await,
            _ => session
                .negotiate(ear, &mut manners)
                .await
                .map_err(|_| NoSession::Refused("no session can be had")),
        };
        reached?;
        self.start = session.state;
        self.exchanges.clear();
        Ok(())
    }

    /// Whether it has a connection on which something can come or go.
    pub fn is_open(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.link.ended)
    }

    /// Whether the peer closed the connection that it has.
    pub fn is_closed(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.link.ended)
    }

    /// Whether what it did is a session of the usual kind: another client of one socket only waits its turn. Of
    /// replies that nobody waited for the rules know nothing.
    pub fn is_judged(&self, monitors: &[String]) -> bool {
        let waited = self.exchanges.last().is_none_or(|last| last.end != ExchangeEnd::Complete);
        let unread = self.is_open() && self.owed > 0 && !waited;
        !self.beyond_rules && !unread && self.name.as_ref().is_none_or(|name| monitors.contains(name))
    }

    /// Sends, and notes how many replies a conforming peer owes.
    pub async fn send(&mut self, payload: &Payload, ear: &mut Ear, known: &Acquainted) -> Wrote {
        // What came before belongs to what was sent before.
        self.drain(ear);
        let Some(session) = &mut self.session else { return Wrote::Closed };
        let mut outcomes = Vec::new();
        session.automaton.feed_payload(payload, &mut outcomes);
        let mut due = 0;
        for outcome in &outcomes {
            let expectation = predict(&known.schema, known.version, session.state, outcome);
            session.state = expectation.next;
            due += usize::from(!expectation.accepted.has(Accepted::NOTHING));
        }
        match self.exchanges.last_mut() {
            // What was sent before is not all answered: the replies belong to both.
            Some(last) if self.owed > 0 && !last.opened => last.sent.append(payload),
            _ => self.exchanges.push(Exchange { sent: payload.clone(), ..blank(ear, self.connection) }),
        }
        self.owed += due;
        let fd = self.pass.take();
        let fd = fd.as_ref().map(AsFd::as_fd);
        session.link.write_with(payload, fd, ear.limits.step_ms_max, ear.case_end()).await
    }

    /// Milliseconds to wait for the answer to what was sent last.
    pub fn patience(&self, ear: &Ear) -> u64 {
        ear.limits.step_ms(self.exchanges.last().map_or(0, |last| last.sent.len()))
    }

    /// Listens until something is reached, and sorts what came.
    pub async fn listen(&mut self, until: &Until, deadline: Instant, ear: &mut Ear) -> Heard {
        let Some(session) = &mut self.session else { return Heard::Closed };
        let mut received = Vec::new();
        let heard = session.link.listen(ear, until, deadline, &mut received).await;
        self.sort(received);
        heard
    }

    /// Notes that something due did not come.
    pub fn missed(&mut self, heard: Heard) {
        if let Some(last) = self.exchanges.last_mut().filter(|_| self.owed > 0) {
            last.end = heard.end();
        }
    }

    /// Takes what is there, without waiting.
    pub fn drain(&mut self, ear: &mut Ear) {
        let Some(session) = &mut self.session else { return };
        let mut received = Vec::new();
        session.link.drain(ear, &mut received);
        self.sort(received);
    }

    fn sort(&mut self, received: Vec<Received>) {
        for one in received {
            match &one.frame {
                Frame::Sentinel => self.sentinel = true,
                Frame::Garbage(bytes) => self.inbox.push_back(Heed::Garbage(bytes.clone())),
                Frame::Message(message) if message.kind == MessageKind::Event => {
                    self.events.push(message.clone())
                }
                Frame::Message(message) => {
                    self.learn_offer(message);
                    self.owed -= usize::from(message.is_reply() && self.owed > 0);
                    let sentinel = std::mem::take(&mut self.sentinel);
                    self.inbox.push_back(Heed::Message { message: message.clone(), sentinel });
                }
            }
            self.keep(one);
        }
    }

    /// A greeting belongs to the opening of its connection, even if more was sent before it came.
    fn keep(&mut self, one: Received) {
        let is_greeting =
            matches!(&one.frame, Frame::Message(message) if message.kind == MessageKind::Greeting);
        let connection = self.connection;
        let opening = |exchange: &&mut Exchange| exchange.opened && exchange.connection == connection;
        let ungreeted = |exchange: &&mut Exchange| exchange.messages().next().is_none();
        let into = match self.exchanges.iter_mut().find(opening).filter(ungreeted) {
            Some(opened) if is_greeting => Some(opened),
            _ => self.exchanges.last_mut(),
        };
        match into {
            Some(exchange) => exchange.received.push(one),
            // Before anything was sent in a session that we opened ourselves: it is kept with what is next.
            None => self.exchanges.push(Exchange {
                attempt: None,
                weight: None,
                step: None,
                connection,
                opened: false,
                sent: Payload::default(),
                sent_us: one.at_us,
                received: vec![one],
                end: ExchangeEnd::Complete,
            }),
        }
    }

    fn learn_offer(&mut self, message: &Message) {
        let Some(session) = &mut self.session else { return };
        let offered = message.get("QMP").and_then(|qmp| qmp.get("capabilities")).and_then(Value::as_array);
        if let Some(offered) = offered {
            session.state.oob_offered = offered.iter().any(|one| one.as_str() == Some("oob"));
        }
    }

    /// What came and no line has told, if anything.
    pub fn untold(&self, exact_events: bool) -> Option<String> {
        let reply = self.inbox.front().filter(|_| !self.eliding).map(Heed::shown);
        let event = self.events.first().filter(|_| exact_events);
        reply.or_else(|| event.map(|event| escape_short(&event.bytes, SHOWN_CHARS)))
    }

    pub async fn half_close(&mut self) {
        if let Some(session) = &mut self.session {
            session.link.half_close().await;
        }
    }

    /// Closes in good order, or at once.
    pub async fn close(&mut self, politely: bool) {
        if let Some(session) = self.session.take()
            && politely
        {
            return session.link.close(CLOSE_MS).await;
        }
        self.beyond_rules |= self.owed > 0;
    }

    /// Closes at once. What came and no line has told is lost with the connection.
    pub async fn drop_connection(&mut self) {
        self.beyond_rules |= !self.inbox.is_empty();
        self.close(false).await;
        self.inbox.clear();
        self.events.clear();
        self.eliding = false;
    }

    /// Closes what is open, and gives out the record: the state that it began in, and the exchanges.
    pub async fn leave(mut self, ear: &Ear) -> (SessionState, Vec<Exchange>) {
        // A peer that is thrown away need not be taken leave of; somebody else's must.
        let politely = !ear.stopped() && self.is_open();
        self.close(politely).await;
        (self.start, self.exchanges)
    }
}

/// Negotiates with out-of-band execution on.
///
/// # Errors
/// Why the peer cannot be had so.
async fn enable_oob(session: &mut Session, ear: &mut Ear, manners: &mut Manners) -> Result<(), NoSession> {
    let (_, heard) = session.greet(ear, manners, 0).await;
    if heard != Heard::All {
        return Err(NoSession::Refused("no greeting comes"));
    }
    if !session.state.oob_offered {
        return Err(NoSession::NotOffered("the peer does not offer oob"));
    }
    let enable = Value::Array(vec![Value::string("oob")]);
    let arguments = Value::Object(vec![("enable".to_owned(), enable)]);
    let id = Value::string(NEGOTIATION_ID);
    let mut bytes = request::execute("qmp_capabilities", Some(&arguments), Some(&id));
    bytes.extend_from_slice(b"\r\n");
    let (answer, heard) = session.ask(ear, bytes, Until::Replies(Due::one())).await;
    let agreed = messages(&answer.received).any(|message| message.kind == MessageKind::Return);
    if heard != Heard::All || !agreed {
        return Err(NoSession::Refused("the peer offers oob and does not enable it"));
    }
    session.state = SessionState { oob: true, ..SessionState::command_mode(Dialect::Qmp) };
    Ok(())
}
