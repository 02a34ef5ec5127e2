//! Runs one case after another against one peer, and records what happens. It decides what is waited for,
//! when a session is fit for the next case, and what became of the peer; it judges nothing.

mod due;
mod ear;
mod link;
mod pace;
pub(crate) mod play;
mod redials;
mod resync;
mod scene;
mod session;
mod tap;
mod vigil;

use due::{Due, Until, messages};
use ear::Ear;
use link::{Heard, Link};
use qmprobe_schema::Schema;
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{
    Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Limits, Message, SessionState, Start, Step,
    Transcript, Value, Version, request,
};
use redials::Redials;
use session::{Manners, Session, blank};
use std::sync::Arc;
use tokio::sync::watch;

/// Milliseconds in which the rest of a connection's output is taken when it is closed.
const CLOSE_MS: u64 = 100;
/// Milliseconds in which a process that closed its connection may turn out to have ended.
const EXIT_MS: u64 = 500;
/// What the ids of questions outside any case begin with.
const QUESTION_ID: &str = "qmprobe-asks";
/// The index of a case made of one; no other case has it.
const QUESTION_INDEX: u64 = 1 << 41;
/// Milliseconds for an answer to a command that no newline follows.
const FRAMING_MS: u64 = 1_000;
/// Milliseconds for each answer of a peer that already kept us waiting.
const PROBE_MS: u64 = 2_000;
/// Times that an unanswering peer's patience is halved.
const HALVINGS_MAX: u32 = 3;
/// Cases with a reply left out before the patience is halved.
const PATIENT_CASES: u32 = 1;
/// Milliseconds listened after each step, once the peer has said more than it was asked.
const AFTER_SURPLUS_MS: u64 = 10;
/// Cases for which that is done: a peer that says more than it is asked says it again before long.
const AFTER_SURPLUS_CASES: u32 = 100;

/// A peer with the session that the next case may go on in.
#[derive(Debug)]
pub(crate) struct Runner {
    spec: PeerSpec,
    schema: Arc<Schema>,
    peer: Peer,
    session: Option<Session>,
    ear: Ear,
    manners: Manners,
    /// Cases in a row to which no reply came at all, not even while the session was opened.
    silent_cases: u32,
    /// Cases that a peer which goes on answering has left a reply out of.
    unanswered_cases: u32,
    /// Milliseconds that are listened after each step for what nobody asked for.
    pause_ms: u64,
    /// Cases until that ends; 0 when it does not.
    paused_cases: u32,
    /// Questions that were asked outside any case.
    questions: u64,
    /// The last of them.
    asked: Vec<u8>,
    /// A monitor that shows that it will not answer is not waited for to the end: see [`vigil`].
    vigilant: bool,
}

/// What running a case came to.
#[derive(Debug)]
pub(crate) enum Ran {
    /// The case was run, to whatever end.
    Through(Transcript),
    /// The peer was lost before anything was sent: an earlier case is to blame.
    LostBefore(Ending),
    /// The run is to stop; what happened so far is thrown away.
    Stopped,
}

impl Runner {
    /// Opens a peer. `version` is for those that state none when connected to.
    ///
    /// # Errors
    /// There is no peer.
    pub async fn open(
        spec: &PeerSpec,
        limits: &Limits,
        schema: Arc<Schema>,
        version: Option<Version>,
        stop: watch::Receiver<bool>,
    ) -> Result<Runner, qmprobe_target::Error> {
        let peer = Peer::open(spec, limits).await?;
        Ok(Runner::new(spec, limits, peer, schema, version, stop))
    }

    fn new(
        spec: &PeerSpec,
        limits: &Limits,
        peer: Peer,
        schema: Arc<Schema>,
        version: Option<Version>,
        stop: watch::Receiver<bool>,
    ) -> Runner {
        Runner {
            spec: spec.clone(),
            schema,
            peer,
            session: None,
            ear: Ear::new(limits, stop),
            manners: Manners {
                version,
                model: None,
                met: false,
                greets: true,
                returns_tokens: true,
                resets_apart: false,
                goes_astray: false,
                token: first_token(),
            },
            silent_cases: 0,
            unanswered_cases: 0,
            pause_ms: 0,
            paused_cases: 0,
            questions: 0,
            asked: Vec::new(),
            vigilant: false,
        }
    }

    /// Opens another peer, of which the same is known and expected.
    ///
    /// # Errors
    /// There is none to be had.
    pub async fn another(&self, spec: &PeerSpec) -> Result<Runner, qmprobe_target::Error> {
        Ok(self.alike(spec, Peer::open(spec, &self.ear.limits).await?))
    }

    /// Another peer, which may leave a core.
    ///
    /// # Errors
    /// There is none to be had.
    pub async fn another_dumping(&self, spec: &PeerSpec) -> Result<Runner, qmprobe_target::Error> {
        Ok(self.alike(spec, Peer::open_dumping(spec, &self.ear.limits).await?))
    }

    /// How the process of the peer ended, if it has.
    pub fn exited(&mut self) -> Option<qmprobe_target::Exit> {
        self.peer.exited()
    }

    /// The same with a peer that is open already.
    pub fn alike(&self, spec: &PeerSpec, peer: Peer) -> Runner {
        let (schema, stop) = (Arc::clone(&self.schema), self.ear.stop.clone());
        let mut runner = Runner::new(spec, &self.ear.limits, peer, schema, self.manners.version, stop);
        runner.manners.met = self.manners.met;
        runner.manners.resets_apart = self.manners.resets_apart;
        runner.manners.goes_astray = self.manners.goes_astray;
        runner.manners.greets = self.manners.greets;
        runner.manners.model = self.manners.model;
        runner.silent_cases = self.silent_cases;
        runner.unanswered_cases = self.unanswered_cases;
        runner.pause_ms = self.pause_ms;
        runner.paused_cases = self.paused_cases;
        runner
    }

    /// Does not wait to the end for a monitor that shows that it will not answer. What was found so is for runners to
    /// confirm that wait.
    pub fn keep_vigil(mut self) -> Runner {
        self.vigilant = true;
        self
    }

    /// Judges predictions by another schema from now on.
    pub fn adopt(&mut self, schema: Arc<Schema>) {
        self.schema = schema;
    }

    /// The peer's version, once it is known.
    pub fn version(&self) -> Option<Version> {
        self.manners.version
    }

    /// Whether a first connection got a greeting, or none was made yet; and whether the last sync brought its
    /// token back, or none was sent yet.
    pub fn manners(&self) -> (bool, bool) {
        (self.manners.greets, self.manners.returns_tokens)
    }

    /// Sets the version of a peer that states it in no greeting.
    pub fn set_version(&mut self, version: Version) {
        self.manners.version = Some(version);
    }

    /// Sets the parser of a peer whose version says nothing about it, for the sessions to come.
    pub fn set_model(&mut self, model: Model) {
        self.manners.model = Some(model);
    }

    /// The peer.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether the peer has ever replied.
    pub fn has_answered(&self) -> bool {
        self.ear.ever_heard_reply
    }

    /// Cases in a row to which no reply came at all.
    pub fn silent_cases(&self) -> u32 {
        self.silent_cases
    }

    /// Starts the peer anew, or makes sure that a foreign one still accepts connections.
    ///
    /// # Errors
    /// It cannot be had again, however often it is tried.
    pub async fn restart(&mut self) -> Result<(), qmprobe_target::Error> {
        self.retire().await;
        let mut redials = Redials::default();
        loop {
            match Peer::open(&self.spec, &self.ear.limits).await {
                Ok(peer) => {
                    self.peer = peer;
                    return Ok(());
                }
                Err(error) if !redials.again().await => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Goes on with this peer, which was started as the one before.
    pub async fn turn_to(&mut self, peer: Peer) {
        self.retire().await;
        std::mem::replace(&mut self.peer, peer).stop().await;
    }

    /// Whether a monitor of ours finds no rest with nothing to do. QEMU does not once it watches a descriptor that
    /// was closed under it (seen of 0, after commands about character devices): each poll(2) returns at once.
    pub async fn is_restless(&self) -> bool {
        match self.peer.watch().filter(|_| self.is_at_monitor()) {
            Some(watch) => vigil::finds_no_rest(watch).await,
            None => false,
        }
    }

    /// Only of monitors of ours is it known that they need nothing from outside.
    fn is_at_monitor(&self) -> bool {
        matches!(self.spec, PeerSpec::Qemu { .. } | PeerSpec::StorageDaemon { .. })
    }

    /// Closes the session properly; the next case gets a fresh connection.
    pub async fn retire(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        if session.is_dirty() && self.dialect() == Dialect::Qga {
            // An agent's parser outlives the connection (qga/main.c: it is made once).
            session.link.write(b"\xff", CLOSE_MS).await;
        }
        session.link.close(CLOSE_MS).await;
    }

    /// The reply to a command without arguments, outside any case. `None` when there is no reply to be had.
    pub async fn ask(&mut self, command: &str) -> Option<Message> {
        self.ear.begin();
        // An agent is asked without: old ones refuse an id.
        let id = (self.dialect() == Dialect::Qmp)
            .then(|| Value::string(format!("{QUESTION_ID}-{}", self.questions)));
        self.questions += 1;
        let mut bytes = request::execute(command, None, id.as_ref());
        bytes.push(b'\n');
        self.asked.clone_from(&bytes);
        if self.session.is_none() {
            self.session = self.command_mode().await.ok();
        }
        let session = self.session.as_mut()?;
        let (answer, heard) = session.ask_one(&mut self.ear, bytes, id.as_ref()).await;
        if heard != Heard::All {
            self.retire().await;
            return None;
        }
        let replies = || messages(&answer.received).filter(|message| message.is_reply());
        let ours = replies().find(|reply| reply.get("id") == id.as_ref());
        ours.or_else(|| replies().next()).cloned()
    }

    /// The replies to any bytes, outside any case. The last of them is the one with this id, if it comes.
    pub async fn ask_stream(&mut self, bytes: &[u8], last_id: &Value) -> Vec<Message> {
        self.ear.begin();
        if self.session.is_none() {
            self.session = self.command_mode().await.ok();
        }
        let Some(session) = self.session.as_mut() else { return Vec::new() };
        bytes.clone_into(&mut self.asked);
        let until = Until::Replies(Due::up_to(last_id));
        let (answer, heard) = session.ask(&mut self.ear, bytes.to_vec(), until).await;
        if heard != Heard::All {
            // What it made of them is not known.
            session.erred = true;
            self.retire().await;
        }
        messages(&answer.received).filter(|message| message.is_reply()).cloned().collect()
    }

    /// Whether the peer reads line by line: it answers no command before the newline, or takes no two of them
    /// from one line, or none that is spread over lines. QEMU frames by value; a server that does not can be
    /// tested with what stands on lines.
    pub async fn reads_by_line(&mut self) -> bool {
        let command = match self.dialect() {
            Dialect::Qmp => "query-version",
            Dialect::Qga => "guest-ping",
        };
        let compact = String::from_utf8_lossy(&request::execute(command, None, None)).into_owned();
        let spread = compact.replace(':', "\n:\n");
        for (text, due) in [(compact.clone(), 1), (format!("{compact}{compact}\n"), 2), (spread, 1)] {
            self.retire().await;
            self.ear.begin();
            let Ok(mut session) = self.command_mode().await else { return false };
            let until = Until::Replies(Due::some(due));
            let (answer, heard) = session.ask_for(&mut self.ear, text.into_bytes(), until, FRAMING_MS).await;
            let refused = messages(&answer.received).any(is_of_malformed);
            let late = match heard {
                Heard::TimedOut { .. } => {
                    // It is slow, or broken, unless it was the newline that it waited for.
                    let (answer, _) =
                        session.ask(&mut self.ear, b"\n".into(), Until::Replies(Due::one())).await;
                    due == 1 && messages(&answer.received).any(Message::is_reply)
                }
                _ => false,
            };
            self.session = Some(session);
            if refused || late {
                self.retire().await;
                return true;
            }
        }
        self.retire().await;
        false
    }

    /// What was last asked outside any case, as a case that the peer was lost in.
    pub fn last_question(&self, ending: Ending) -> Transcript {
        let case = Case {
            id: CaseId { seed: 0, index: QUESTION_INDEX },
            name: "what is asked before the first case".to_owned(),
            command: None,
            aim: None,
            start: Start::Command,
            steps: vec![Step::Send(self.asked.clone())],
        };
        let exchange = Exchange {
            step: Some(0),
            sent: self.asked.as_slice().into(),
            end: ExchangeEnd::Closed,
            ..blank(&self.ear, 0)
        };
        let start = SessionState::command_mode(self.dialect());
        Transcript { ending, ..self.transcript(&Arc::new(case), start, vec![exchange]) }
    }

    /// Runs a case, and gives the peer a moment to die of it after its last reply.
    pub async fn run_to_the_end(&mut self, case: &Arc<Case>) -> Ran {
        let mut ran = self.run(case).await;
        if let Ran::Through(transcript) = &mut ran
            && transcript.ending == Ending::Alive
            && let Some(exit) = self.peer.wait_exit(EXIT_MS).await
        {
            transcript.ending = exited(exit);
        }
        ran
    }

    /// Runs a case.
    pub async fn run(&mut self, case: &Arc<Case>) -> Ran {
        let mut redials = Redials::default();
        loop {
            self.ear.begin();
            self.ear.watch = self.peer.watch().filter(|_| self.vigilant && self.is_at_monitor());
            let ran = match self.set_scene(case).await {
                Ok(scene) => self.play(case, scene).await,
                Err(ran) => return ran,
            };
            let turned_away = matches!(&ran, Ran::Through(transcript) if self.was_turned_away(transcript));
            if !turned_away || !redials.again().await {
                return ran;
            }
        }
    }

    /// Whether the last connection of a case was closed before a word came.
    fn was_turned_away(&self, transcript: &Transcript) -> bool {
        let Some(last) = transcript.exchanges.last() else { return false };
        let connection = last.connection;
        // In command mode it has said something before the case.
        let fresh = connection > 0 || transcript.case.start != Start::Command;
        let from = transcript.exchanges.iter().position(|exchange| exchange.connection == connection);
        // To a client that closes its own side first the end is none of the peer's making.
        let closed = match transcript.ending {
            Ending::Disconnected => last.end == ExchangeEnd::Closed,
            _ => transcript.ending == Ending::Alive && transcript.case.steps.contains(&Step::HalfClose),
        };
        closed && fresh && self.is_silent(&transcript.exchanges[from.unwrap_or(0)..])
    }

    fn dialect(&self) -> Dialect {
        self.spec.dialect()
    }

    /// A fresh connection of which nothing was read.
    async fn connect(&mut self) -> Option<Session> {
        let mut redials = Redials::default();
        loop {
            if let Ok(connection) = self.peer.connect().await {
                let link = Link::new(connection, &self.ear.limits);
                return Some(Session::new(link, self.dialect(), self.manners.model()));
            }
            // A process that ended will not listen again.
            if self.ear.stopped() || self.peer.exited().is_some() || !redials.again().await {
                return None;
            }
        }
    }

    /// A fresh session in which commands run, or the exchanges that show why there is none.
    async fn command_mode(&mut self) -> Result<Session, Vec<Exchange>> {
        let mut redials = Redials::default();
        loop {
            let Some(mut session) = self.connect().await else {
                return Err(vec![self.refused(0)]);
            };
            let Err(exchanges) = session.negotiate(&mut self.ear, &mut self.manners).await else {
                return Ok(session);
            };
            // An agent that serves one client at a time may still be busy with taking leave of the last.
            if !self.is_turned_away(&exchanges) || !redials.again().await {
                return Err(exchanges);
            }
        }
    }

    /// Whether an agent closed a connection without a word that it has answered on others.
    fn is_turned_away(&self, exchanges: &[Exchange]) -> bool {
        exchanges.last().is_some_and(|last| last.end == ExchangeEnd::Closed) && self.is_silent(exchanges)
    }

    /// Whether somebody's agent that has answered before says nothing.
    fn is_silent(&self, exchanges: &[Exchange]) -> bool {
        let foreign = self.dialect() == Dialect::Qga && !self.spec.ours();
        foreign && self.ear.ever_heard_reply && exchanges.iter().all(|exchange| exchange.received.is_empty())
    }

    /// The exchange of a connection that nobody accepted.
    fn refused(&self, connection: u32) -> Exchange {
        Exchange { opened: true, end: ExchangeEnd::Closed, ..blank(&self.ear, connection) }
    }

    fn transcript(&self, case: &Arc<Case>, start: SessionState, exchanges: Vec<Exchange>) -> Transcript {
        Transcript {
            case: Arc::clone(case),
            dialect: self.dialect(),
            version: self.manners.version,
            model: self.manners.model(),
            start,
            exchanges,
            ending: Ending::Alive,
        }
    }

    /// Milliseconds to wait for the replies to `bytes` bytes. A peer that has answered nothing for whole cases,
    /// or is known to leave replies out, is waited for less and less, so that it does not cost hours.
    fn step_ms(&self, bytes: usize) -> u64 {
        let left_out = self.unanswered_cases.saturating_sub(PATIENT_CASES);
        self.ear.limits.step_ms(bytes) >> self.silent_cases.max(left_out).min(HALVINGS_MAX)
    }

    /// Listens longer for a while after a case in which more came than was asked for.
    fn note_surplus(&mut self, surplus: bool) {
        if surplus && (self.pause_ms == 0 || self.paused_cases > 0) {
            (self.pause_ms, self.paused_cases) = (AFTER_SURPLUS_MS, AFTER_SURPLUS_CASES);
        } else if self.paused_cases > 0 {
            self.paused_cases -= 1;
            if self.paused_cases == 0 {
                self.pause_ms = 0;
            }
        }
    }

    /// From now on listens so long after each step, to tell what was asked for from what was not.
    /// Returns how long it was before.
    pub fn pause(&mut self, ms: u64) -> u64 {
        std::mem::replace(&mut self.pause_ms, ms)
    }

    /// Waits for replies as long as for those of a peer that never left one out. Returns what
    /// [`Runner::recall_patience`] takes back.
    pub fn be_patient(&mut self) -> (u32, u32) {
        (std::mem::take(&mut self.silent_cases), std::mem::take(&mut self.unanswered_cases))
    }

    /// Waits again as before.
    pub fn recall_patience(&mut self, before: (u32, u32)) {
        self.silent_cases += before.0;
        self.unanswered_cases += before.1;
    }

    /// Whether a reply that did not come was waited for less long than a peer is given that never left one out.
    pub fn was_hasty(&self, transcript: &Transcript) -> bool {
        let patience = |exchange: &Exchange| self.ear.limits.step_ms(exchange.sent.len());
        let is_short = |exchange: &Exchange| matches!(exchange.end, ExchangeEnd::TimedOut { waited_ms } if waited_ms < patience(exchange));
        match transcript.ending {
            Ending::Alive => transcript.exchanges.iter().any(is_short),
            // What it left unanswered before, it was asked again.
            Ending::Hung => transcript.exchanges.last().is_some_and(is_short),
            _ => false,
        }
    }

    /// What became of a peer whose connection was closed or broken.
    async fn fate_of_closed(&mut self) -> Ending {
        self.session = None;
        if let Some(exit) = self.peer.wait_exit(EXIT_MS).await {
            return exited(exit);
        }
        let gone = self.peer.pid().is_some() && self.ear.ever_heard_reply && !self.answers().await;
        if gone { self.hung_or_exited().await } else { Ending::Disconnected }
    }

    /// What became of a peer that did not answer in time. One that never answered anything was not ended by
    /// this case.
    async fn fate_of_silent(&mut self) -> Ending {
        self.retire().await;
        if let Some(exit) = self.peer.exited() {
            return exited(exit);
        }
        if !self.ear.ever_heard_reply || self.answers().await {
            return Ending::Alive;
        }
        self.hung_or_exited().await
    }

    async fn hung_or_exited(&mut self) -> Ending {
        match self.peer.wait_exit(EXIT_MS).await {
            Some(exit) => exited(exit),
            None => Ending::Hung,
        }
    }

    /// Whether the peer answers a harmless command on a fresh connection; the old one is closed.
    async fn answers(&mut self) -> bool {
        let (heard, limits) = (self.ear.heard_reply, self.ear.limits.clone());
        self.ear.limits.greeting_ms_max = limits.greeting_ms_max.min(PROBE_MS);
        self.ear.limits.step_ms_max = limits.step_ms_max.min(PROBE_MS);
        let answers = match self.dialect() {
            Dialect::Qmp => self.ask("query-version").await.is_some(),
            // An agent that answers, be it with something else than it was asked for, is there.
            Dialect::Qga => {
                self.ear.begin();
                self.session = self.command_mode().await.ok();
                self.session.is_some() || self.ear.heard_reply
            }
        };
        // Whether the case itself was answered is another matter.
        self.ear.heard_reply = heard;
        self.ear.limits = limits;
        answers
    }
}

/// Whether a reply says that what was well-formed is not.
fn is_of_malformed(reply: &Message) -> bool {
    reply.error_class() == Some("GenericError")
}

fn exited(exit: qmprobe_target::Exit) -> Ending {
    Ending::Exited {
        status: exit.status,
        signalled: exit.signalled,
        code: exit.code,
        stderr_tail: exit.stderr_tail,
    }
}

/// Where tokens begin: different in each process, so that no stale reply carries one.
fn first_token() -> i64 {
    let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    let mixed = (nanos as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(std::process::id());
    (mixed >> 2) as i64
}

#[cfg(test)]
mod tests;
