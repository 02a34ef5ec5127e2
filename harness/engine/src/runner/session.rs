//! A connection brought to where commands run, as leniently as a client can: what the peer does wrong on the
//! way is kept and judged, and nothing more than silence or noise keeps a session from being had.

use super::due::{Due, Until, messages};
use super::ear::Ear;
use super::link::{Heard, Link};
use super::tap::Tap;
use qmprobe_target::Wrote;
use qmprobe_wire::automaton::{Automaton, Model};
use qmprobe_wire::case::TOKEN_STEP;
use qmprobe_wire::recovery::SENTINEL;
use qmprobe_wire::{
    Dialect, Exchange, ExchangeEnd, Message, MessageKind, Payload, Received, SessionState, Value, Version,
    request,
};

/// Milliseconds that a peer which has shown that it sends no greeting has for the next.
const NO_GREETING_MS: u64 = 300;
/// The id of our own negotiation.
const NEGOTIATION_ID: &str = "qmprobe";
/// Milliseconds for an agent that was never heard to answer before it is sent 0xFF.
const HELLO_MS: u64 = 300;
/// Milliseconds for an agent to read 0xFF by itself.
const RESET_MS: u64 = 20;
/// Milliseconds for our reply to follow one that is not ours.
const STRAY_REPLY_MS: u64 = 100;
/// Milliseconds for the token of a sync to come back, from an agent that has failed to return one before.
const NO_TOKEN_MS: u64 = 200;
/// The largest token: one that an agent which keeps doubles keeps as well.
const TOKEN_MAX: i64 = (1 << 53) - 1;
/// Syncs sent to an agent that does not answer.
const SYNCS_MAX: u32 = 2;

/// A connection with what its bytes so far have brought it to.
#[derive(Debug)]
pub(super) struct Session {
    pub link: Link,
    pub automaton: Automaton,
    pub state: SessionState,
    /// The automaton has refused the last of it: the peer's lexer may be in recovery, which no automaton tells.
    pub erred: bool,
}

/// What is known of the peer's manners, from one connection to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    pub version: Option<Version>,
    /// The parser that it has shown, where its version does not tell.
    pub model: Option<Model>,
    /// A first word was said to it.
    pub met: bool,
    /// A first connection got a greeting, or none was made yet.
    pub greets: bool,
    /// The last sync brought its token back, or none was sent yet.
    pub returns_tokens: bool,
    /// The last sync brought its token back where 0xFF came in a write of its own.
    pub resets_apart: bool,
    /// The last sync was answered without 0xFF in front of it, and only so.
    pub goes_astray: bool,
    /// The token of the last sync.
    pub token: i64,
}

impl Manners {
    /// The parser that the peer has.
    pub fn model(&self) -> Model {
        self.model.unwrap_or(Model::of(self.version))
    }
}

impl Session {
    pub fn new(link: Link, dialect: Dialect, model: Model) -> Session {
        let automaton = Automaton::new(model.counted());
        Session { link, automaton, state: SessionState::fresh(dialect), erred: false }
    }

    /// Whether the peer may hold on to something of what it was sent.
    pub fn is_dirty(&self) -> bool {
        self.erred || self.automaton.pending()
    }

    /// Reads the greeting of a fresh connection. An agent has none and is not waited for.
    pub async fn greet(
        &mut self,
        ear: &mut Ear,
        manners: &mut Manners,
        connection: u32,
    ) -> (Exchange, Heard) {
        let mut exchange = blank(ear, connection);
        exchange.opened = true;
        let heard = if self.state.dialect == Dialect::Qga {
            self.link.drain(ear, &mut exchange.received);
            if self.link.ended { Heard::Closed } else { Heard::All }
        } else {
            let patience = if manners.greets { ear.limits.greeting_ms_max } else { NO_GREETING_MS };
            let deadline = ear.deadline(patience);
            self.link.listen(ear, &Until::Greeting, deadline, &mut exchange.received).await
        };
        exchange.end = heard.end();
        if matches!(heard, Heard::TimedOut { .. }) && !self.link.is_in_message() {
            manners.greets = false;
        }
        self.learn(&exchange.received, manners);
        (exchange, heard)
    }

    /// Takes from a greeting what later judgements need.
    fn learn(&mut self, received: &[Received], manners: &mut Manners) {
        for greeting in messages(received).filter(|message| message.kind == MessageKind::Greeting) {
            let Some(qmp) = greeting.get("QMP") else { continue };
            if let Some(version) = qmp.get("version").and_then(|version| version_of(version.get("qemu")?)) {
                manners.version = Some(version);
                // Nothing was fed to it yet: a greeting comes first.
                self.automaton = Automaton::new(manners.model().counted());
            }
            if let Some(offered) = qmp.get("capabilities").and_then(Value::as_array) {
                self.state.oob_offered = offered.iter().any(|one| one.as_str() == Some("oob"));
            }
        }
    }

    /// Brings a fresh connection to where commands run.
    ///
    /// # Errors
    /// The peer is silent, floods or closes: the exchanges that show it.
    pub async fn negotiate(&mut self, ear: &mut Ear, manners: &mut Manners) -> Result<(), Vec<Exchange>> {
        if self.state.dialect == Dialect::Qga {
            return self.synchronise(ear, manners).await;
        }
        let (greeting, heard) = self.greet(ear, manners, 0).await;
        let nothing_came = greeting.received.is_empty();
        let goes_on = heard == Heard::All || matches!(heard, Heard::TimedOut { .. }) && nothing_came;
        if !goes_on {
            return Err(vec![greeting]);
        }
        let id = Value::string(NEGOTIATION_ID);
        let mut bytes = request::execute("qmp_capabilities", None, Some(&id));
        bytes.extend_from_slice(b"\r\n");
        let (answer, heard) = self.ask_one(ear, bytes, Some(&id)).await;
        if heard != Heard::All {
            return Err(vec![greeting, answer]);
        }
        self.state =
            SessionState { oob_offered: self.state.oob_offered, ..SessionState::command_mode(Dialect::Qmp) };
        Ok(())
    }

    /// Gets rid of whatever the agent's channel holds, in both directions. Source: QEMU
    /// `qga/qapi-schema.json`, guest-sync-delimited.
    async fn synchronise(&mut self, ear: &mut Ear, manners: &mut Manners) -> Result<(), Vec<Exchange>> {
        let mut opened = blank(ear, 0);
        opened.opened = true;
        let mut exchanges = vec![opened];
        let mut answered = false;
        if !std::mem::replace(&mut manners.met, true) {
            // One that 0xFF ends, or hangs, has lived before.
            let hello = [request::execute("guest-ping", None, None), b"\n".to_vec()].concat();
            exchanges.push(self.ask_for(ear, hello, Until::Replies(Due::one()), HELLO_MS).await.0);
        }
        if manners.goes_astray && self.synchronise_plainly(ear, manners, &mut exchanges).await {
            return Ok(());
        }
        let mut tap = Tap::new(Dialect::Qga, &[]);
        for number in 0..SYNCS_MAX {
            manners.token = manners.token.wrapping_add(TOKEN_STEP) & TOKEN_MAX;
            let mut bytes = tap.attempt(number, manners.token);
            let apart = number > 0 || manners.resets_apart;
            if apart && bytes.first() == Some(&SENTINEL) {
                // It may take what comes in one write for one thing.
                let reset = bytes.remove(0);
                let lone = self.ask_for(ear, vec![reset], Until::Time, RESET_MS).await;
                exchanges.push(lone.0);
            }
            let patience = if manners.returns_tokens { ear.limits.step_ms(bytes.len()) } else { NO_TOKEN_MS };
            self.link.tap = Some(tap);
            let (answer, heard) = self.ask_for(ear, bytes, Until::Synced, patience).await;
            let Some(back) = self.link.tap.take() else { break };
            tap = back;
            if heard == Heard::All && tap.has_token() {
                manners.returns_tokens = true;
                manners.resets_apart = apart;
                return Ok(());
            }
            manners.returns_tokens &= heard == Heard::All;
            answered = messages(&answer.received).any(|message| message.kind == MessageKind::Return);
            exchanges.push(answer);
            // A refusal may be an old one; the next try is told by its token all the same.
            if !matches!(heard, Heard::TimedOut { .. } | Heard::All) {
                break;
            }
        }
        // An agent that answers, but with another token, can be talked to; the rules say what is wrong with it.
        if answered || self.synchronise_plainly(ear, manners, &mut exchanges).await {
            return Ok(());
        }
        Err(exchanges)
    }

    /// Whether an agent that 0xFF leads astray answers where there is none. On a connection that holds nothing that
    /// serves as well. Source: QEMU `qga/qapi-schema.json`, guest-sync.
    async fn synchronise_plainly(
        &mut self,
        ear: &mut Ear,
        manners: &mut Manners,
        exchanges: &mut Vec<Exchange>,
    ) -> bool {
        if self.link.ended {
            return false;
        }
        manners.token = manners.token.wrapping_add(TOKEN_STEP) & TOKEN_MAX;
        let id = Value::Object(vec![("id".to_owned(), Value::int(manners.token))]);
        let bytes = [request::execute("guest-sync", Some(&id), None), b"\n".to_vec()].concat();
        let (answer, _) = self.ask_for(ear, bytes, Until::Replies(Due::one()), NO_TOKEN_MS).await;
        let token = manners.token;
        let returns =
            |message: &Message| message.get("return").and_then(Value::as_integer) == Some(token.into());
        let is_back = messages(&answer.received).any(returns);
        exchanges.push(answer);
        manners.goes_astray = is_back;
        is_back
    }

    /// Sends a command outside any case and listens for its reply, whatever it says.
    pub async fn ask_one(&mut self, ear: &mut Ear, bytes: Vec<u8>, id: Option<&Value>) -> (Exchange, Heard) {
        let (mut answer, heard) = self.ask(ear, bytes, Until::Replies(Due::one())).await;
        let is_ours = id.is_none() || messages(&answer.received).any(|message| message.get("id") == id);
        if heard == Heard::All && !is_ours {
            // It may be the reply to somebody else; then ours follows, and must not be taken for the next one.
            let deadline = ear.deadline(STRAY_REPLY_MS);
            self.link.listen(ear, &Until::Time, deadline, &mut answer.received).await;
        }
        (answer, heard)
    }

    /// Sends something outside any case and listens for what comes.
    pub async fn ask(&mut self, ear: &mut Ear, bytes: Vec<u8>, until: Until) -> (Exchange, Heard) {
        let patience = ear.limits.step_ms(bytes.len());
        self.ask_for(ear, bytes, until, patience).await
    }

    /// As [`Session::ask`], with so much patience.
    pub async fn ask_for(
        &mut self,
        ear: &mut Ear,
        bytes: Vec<u8>,
        until: Until,
        ms: u64,
    ) -> (Exchange, Heard) {
        let mut exchange = blank(ear, 0);
        let deadline = ear.deadline(ms);
        let mut heard = Heard::Closed;
        if self.link.write(&bytes, ms).await == Wrote::All {
            heard = self.link.listen(ear, &until, deadline, &mut exchange.received).await;
        }
        exchange.sent = bytes.into();
        exchange.end = heard.end();
        (exchange, heard)
    }
}

/// An exchange in which nothing happened yet.
pub(super) fn blank(ear: &Ear, connection: u32) -> Exchange {
    Exchange {
        step: None,
        connection,
        opened: false,
        sent: Payload::default(),
        received: Vec::new(),
        end: ExchangeEnd::Complete,
        sent_us: ear.now_us(),
        attempt: None,
        weight: None,
    }
}

/// The version that an object with major, minor and micro states.
fn version_of(numbers: &Value) -> Option<Version> {
    let part = |name: &str| u32::try_from(numbers.get(name)?.as_integer()?).ok();
    Some(Version { major: part("major")?, minor: part("minor")?, micro: part("micro")? })
}
