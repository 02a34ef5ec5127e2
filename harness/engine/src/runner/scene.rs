//! One case on stage: its steps one by one, and the exchanges that come of them.

use super::due::{Due, Until, messages, replies};
use super::link::Heard;
use super::session::{Session, blank};
use super::tap::Tap;
use super::{EXIT_MS, Ran, Runner};
use crate::safety::ends_the_peer;
use qmprobe_check::stream::is_stream;
use qmprobe_check::{Accepted, may_leak, predict_all};
use qmprobe_target::Wrote;
use qmprobe_wire::automaton::Outcome;
use qmprobe_wire::{
    Attempt, Case, Dialect, Ending, Exchange, ExchangeEnd, MessageKind, Payload, Received, SessionState,
    Start, Step, Transcript,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Milliseconds in which a peer frees what it frees by and by: QEMU's RCU thread waits for ten at most
/// (util/rcu.c:call_rcu_thread).
const FREEING_MS: u64 = 20;

/// How a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parting {
    /// Nothing begun, nothing unread.
    Proper,
    /// As it is; so many milliseconds are left to the peer to notice.
    Abrupt(u64),
    /// Half-closed after so many milliseconds, with the next one open before the peer has closed this one.
    Beside(u64),
}

/// What has happened so far.
#[derive(Debug)]
pub(super) struct Scene {
    session: Session,
    start: SessionState,
    exchanges: Vec<Exchange>,
    /// What the last case left behind, for the first exchange of this one.
    before: Vec<Received>,
    connection: u32,
    /// Replies that pushed bytes are owed: index of the exchange, how many.
    owed: Vec<(usize, usize)>,
    /// Replies to them that may come or stay out.
    unsure: usize,
    /// What has come of that, as long as it is not all.
    partly: Vec<Received>,
    /// Replies came as they were due.
    clean: bool,
    /// Replies were due at all.
    asked: bool,
    half_closed: bool,
    /// The case is a stream, judged whole.
    is_stream: bool,
    /// How the last exchange ended.
    heard: Heard,
}

impl Runner {
    /// Brings the session to where the case begins.
    ///
    /// # Errors
    /// It cannot be brought there; what running the case came to.
    pub(super) async fn set_scene(&mut self, case: &Arc<Case>) -> Result<Scene, Ran> {
        if case.start != Start::Command {
            return self.set_fresh_scene(case).await;
        }
        let mut before = Vec::new();
        let session = match self.session.take() {
            Some(mut session) => {
                session.link.drain(&mut self.ear, &mut before);
                if session.link.ended {
                    return Err(Ran::LostBefore(self.fate_of_closed().await));
                }
                session
            }
            None => match self.command_mode().await {
                Ok(session) => session,
                Err(exchanges) => return Err(self.no_session(case, exchanges).await),
            },
        };
        Ok(Scene { before, ..Scene::new(session) })
    }

    async fn set_fresh_scene(&mut self, case: &Arc<Case>) -> Result<Scene, Ran> {
        self.retire().await;
        let Some(session) = self.connect().await else {
            let refused = vec![self.refused(0)];
            return Err(self.no_session(case, refused).await);
        };
        let mut scene = Scene::new(session);
        if case.start == Start::Greeting {
            let (greeting, heard) = scene.session.greet(&mut self.ear, &mut self.manners, 0).await;
            scene.exchanges.push(greeting);
            scene.heard = heard;
        }
        if scene.heard == Heard::Stopped { Err(Ran::Stopped) } else { Ok(scene) }
    }

    /// The transcript of a case that could not begin.
    async fn no_session(&mut self, case: &Arc<Case>, exchanges: Vec<Exchange>) -> Ran {
        if self.ear.stopped() {
            return Ran::Stopped;
        }
        self.count_silence(true);
        let closed = exchanges.last().is_none_or(|last| last.end == ExchangeEnd::Closed);
        let mut transcript = self.transcript(case, SessionState::fresh(self.dialect()), exchanges);
        transcript.ending = match closed {
            true => self.fate_of_closed().await,
            false => self.fate_of_unwelcoming(&mut transcript).await,
        };
        Ran::Through(transcript)
    }

    /// What became of a peer that let nobody in, and how long it was given for that.
    async fn fate_of_unwelcoming(&mut self, transcript: &mut Transcript) -> Ending {
        let (began, patience) = (Instant::now(), Duration::from_millis(self.ear.limits.step_ms_max));
        let mut fate = self.fate_of_silent().await;
        while fate == Ending::Hung && began.elapsed() < patience && !self.ear.stopped() {
            fate = self.fate_of_silent().await;
        }
        if let Some(last) = transcript.exchanges.last_mut()
            && let ExchangeEnd::TimedOut { waited_ms } = &mut last.end
            && fate == Ending::Hung
        {
            *waited_ms += u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        fate
    }

    /// Plays the steps and sees what became of the peer.
    pub(super) async fn play(&mut self, case: &Arc<Case>, mut scene: Scene) -> Ran {
        scene.is_stream = is_stream(case);
        for (number, step) in case.steps.iter().enumerate() {
            if !scene.goes_on() || matches!(step, Step::Repeat(_)) && !self.repeats(&scene) {
                break;
            }
            let mut exchange = blank(&self.ear, scene.connection);
            exchange.step = Some(number);
            exchange.received = std::mem::take(&mut scene.before);
            match step {
                Step::Send(bytes) => self.send(&mut scene, bytes.as_slice().into(), true, exchange).await,
                Step::Push(bytes) => self.send(&mut scene, bytes.as_slice().into(), false, exchange).await,
                Step::Repeat(repeat) => {
                    self.send(&mut scene, repeat.into(), true, exchange).await;
                    self.weigh(&mut scene).await;
                }
                Step::Settle(ms) => self.listen(&mut scene, *ms, &Until::Time, exchange).await,
                Step::HalfClose => {
                    let is_told = scene.session.link.half_close().await;
                    scene.half_closed = true;
                    let ms = self.step_ms(0);
                    let until = if is_told { Until::Eof } else { Until::Time };
                    self.listen(&mut scene, ms, &until, exchange).await;
                }
                Step::Sync(sync) => self.resync(&mut scene, sync, number, exchange.received).await,
                Step::Reconnect | Step::Leave(_) | Step::Abandon(_) => {
                    let parting = match step {
                        Step::Leave(ms) => Parting::Beside(*ms),
                        Step::Abandon(ms) => Parting::Abrupt(*ms),
                        _ => Parting::Proper,
                    };
                    match self.reconnect(case, scene, parting).await {
                        Ok(reconnected) => scene = reconnected,
                        Err(ran) => return ran,
                    }
                }
            }
            if scene.heard == Heard::Stopped {
                return Ran::Stopped;
            }
        }
        self.curtain(case, scene).await
    }

    /// Whether there is something to learn from doing it again, and room for what comes of it.
    fn repeats(&mut self, scene: &Scene) -> bool {
        may_leak(&scene.exchanges) && self.ear.repeats()
    }

    /// Writes, and reads until the predicted replies came.
    pub(super) async fn send(
        &mut self,
        scene: &mut Scene,
        payload: Payload,
        reads: bool,
        mut exchange: Exchange,
    ) {
        self.gather_stray(scene, &mut exchange);
        exchange.sent_us = self.ear.now_us();
        exchange.sent = payload;
        let (stall_ms, case_end) = (self.step_ms(0), self.ear.case_end());
        let wrote = scene.session.link.write_with(&exchange.sent, None, stall_ms, case_end).await;
        let deadline = self.ear.deadline(self.step_ms(exchange.sent.len()));
        // While the peer is at work.
        let mut due = self.predicted(scene, &exchange.sent);
        due.is_of_stream(scene.is_stream.then(|| self.manners.model()));
        scene.asked |= due.must() > 0;
        match wrote {
            Wrote::All if !reads => {
                scene.owed.push((scene.exchanges.len(), due.must()));
                scene.unsure += due.may();
                scene.exchanges.push(exchange);
            }
            Wrote::All => {
                due.also(scene.owed.iter().map(|(_, count)| count).sum(), std::mem::take(&mut scene.unsure));
                let until = Until::Replies(due);
                let mut received = std::mem::take(&mut scene.partly);
                let link = &mut scene.session.link;
                scene.heard = link.listen(&mut self.ear, &until, deadline, &mut received).await;
                if self.pause_ms > 0 && scene.heard == Heard::All {
                    let deadline = self.ear.deadline(self.pause_ms);
                    link.listen(&mut self.ear, &Until::Time, deadline, &mut received).await;
                }
                if let Until::Replies(due) = &until {
                    scene.clean &= due.is_met_by(replies(&received));
                    // What answers a sync holds on to nothing that came before it.
                    scene.session.erred &= !due.is_ended_by(messages(&received).last());
                }
                scene.keep(exchange, received);
            }
            Wrote::Closed => {
                // Its last words may explain why.
                let deadline = self.ear.deadline(EXIT_MS);
                let mut received = Vec::new();
                let link = &mut scene.session.link;
                link.listen(&mut self.ear, &Until::Eof, deadline, &mut received).await;
                scene.heard = Heard::Closed;
                scene.keep(exchange, received);
            }
            Wrote::TimedOut(_) => {
                let mut received = Vec::new();
                scene.session.link.drain(&mut self.ear, &mut received);
                let waited_ms = (self.ear.now_us() - exchange.sent_us) / 1000;
                let cut_short = self.ear.cuts_short(Instant::now());
                scene.heard = if cut_short { Heard::CutShort } else { Heard::TimedOut { waited_ms } };
                scene.keep(exchange, received);
            }
        }
    }

    /// Looks at what the peer takes up, after a moment in which it may free what it does not need any more.
    async fn weigh(&mut self, scene: &mut Scene) {
        if scene.heard == Heard::All
            && let Some(last) = scene.exchanges.last_mut()
        {
            tokio::time::sleep(Duration::from_millis(FREEING_MS)).await;
            // What came unasked with the last reply belongs to it.
            scene.session.link.drain(&mut self.ear, &mut last.received);
            last.weight = self.peer.weigh();
        }
    }

    async fn listen(&mut self, scene: &mut Scene, ms: u64, until: &Until, exchange: Exchange) {
        let deadline = self.ear.deadline(ms);
        let mut received = std::mem::take(&mut scene.partly);
        scene.heard = scene.session.link.listen(&mut self.ear, until, deadline, &mut received).await;
        let owed: usize = scene.owed.iter().map(|(_, count)| count).sum();
        if matches!(until, Until::Time) && replies(&received) < owed {
            // The pause was no time limit: the rest comes with what is listened to next.
            scene.partly = received;
            scene.exchanges.push(Exchange { end: scene.heard.end(), ..exchange });
            return;
        }
        scene.keep(exchange, received);
    }

    /// Leaves a connection, and says of what it was owed that it went unread. Gives the next one where that is
    /// opened before; what became of the peer where it threw its client out for that.
    async fn part(
        &mut self,
        mut session: Session,
        parting: Parting,
        connection: u32,
        owed: &[(usize, usize)],
        exchanges: &mut [Exchange],
    ) -> Result<Option<Session>, Ending> {
        let beside = match parting {
            Parting::Proper => {
                self.session = Some(session);
                self.retire().await;
                None
            }
            Parting::Abrupt(ms) => {
                let ours = |exchange: &&mut Exchange| exchange.connection == connection && !exchange.opened;
                for exchange in exchanges.iter_mut().filter(ours) {
                    exchange.end = ExchangeEnd::Unread;
                }
                tokio::time::sleep(Duration::from_millis(ms)).await;
                drop(session);
                tokio::time::sleep(Duration::from_millis(ms)).await;
                None
            }
            Parting::Beside(ms) => {
                for (pushed, _) in owed {
                    exchanges
                        .get_mut(*pushed)
                        .into_iter()
                        .for_each(|pushed| pushed.end = ExchangeEnd::Unread);
                }
                // An agent sees that a client has gone sooner than the next one could come.
                let waiting = if self.dialect() == Dialect::Qga { self.connect().await } else { None };
                tokio::time::sleep(Duration::from_millis(ms)).await;
                if waiting.is_some() {
                    session.link.drain(&mut self.ear, &mut Vec::new());
                    if session.link.ended {
                        return Err(self.fate_of_closed().await);
                    }
                }
                session.link.half_close().await;
                self.session = Some(session);
                let beside = if waiting.is_some() { waiting } else { self.connect().await };
                self.retire().await;
                beside
            }
        };
        Ok(beside)
    }

    /// Opens the next connection of a case.
    async fn reconnect(&mut self, case: &Arc<Case>, scene: Scene, parting: Parting) -> Result<Scene, Ran> {
        let Scene { session, start, mut exchanges, connection, asked, owed, .. } = scene;
        let beside = match self.part(session, parting, connection, &owed, &mut exchanges).await {
            Ok(beside) => beside,
            Err(ending) => {
                exchanges.iter_mut().last().into_iter().for_each(|last| last.end = ExchangeEnd::Closed);
                let transcript = self.transcript(case, start, exchanges);
                return Err(Ran::Through(Transcript { ending, ..transcript }));
            }
        };
        let connection = connection + 1;
        let Some(session) = (if beside.is_some() { beside } else { self.connect().await }) else {
            exchanges.push(self.refused(connection));
            let mut transcript = self.transcript(case, start, exchanges);
            transcript.ending = self.fate_of_closed().await;
            return Err(Ran::Through(transcript));
        };
        let mut scene = Scene { start, exchanges, connection, asked, ..Scene::new(session) };
        let (greeting, heard) = scene.session.greet(&mut self.ear, &mut self.manners, connection).await;
        scene.exchanges.push(greeting);
        scene.heard = heard;
        Ok(scene)
    }

    /// What a conforming peer answers to the bytes, and the state that it is in then.
    fn predicted(&self, scene: &mut Scene, payload: &Payload) -> Due {
        let mut due = Due::default();
        let mut outcomes = Vec::new();
        let session = &mut scene.session;
        if !self.manners.model().is_qemus() {
            due.leaves_errors_open(session.erred);
        }
        session.automaton.feed_payload(payload, &mut outcomes);
        for outcome in &outcomes {
            // A whole value shows that the lexer is out of recovery, if the peer has the parser that it seems to,
            // or answered what resynchronises a stream.
            let is_sure = scene.is_stream || self.manners.model().is_qemus();
            session.erred = matches!(outcome, Outcome::Error { .. }) || session.erred && !is_sure;
        }
        let expectations = predict_all(&self.schema, self.manners.version, session.state, &outcomes);
        // Of a text that is worth several errors to QEMU's parser, another one makes something else. A stream ends
        // with a command that every parser is back in step for.
        let errors = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Error { .. })).count();
        let disputed = !scene.is_stream && !self.manners.model().is_qemus() && errors > 1;
        for (outcome, mut expectation) in outcomes.iter().zip(expectations) {
            session.state = expectation.next;
            if disputed && !expectation.accepted.has(Accepted::RETURN) {
                expectation.accepted = expectation.accepted.or(Accepted::NOTHING);
            }
            due.expect(
                &expectation,
                sync_token(outcome).filter(|_| expectation.accepted == Accepted::RETURN),
            );
        }
        due
    }

    /// What came after the last exchange of the case belongs to it.
    fn gather_stray(&mut self, scene: &mut Scene, exchange: &mut Exchange) {
        if !scene.owed.is_empty() {
            // It belongs to what was pushed: it is sorted out when it is listened to.
            return;
        }
        let last = scene.exchanges.last_mut().filter(|last| last.connection == scene.connection);
        let into = last.map_or(&mut exchange.received, |last| &mut last.received);
        let known = into.len();
        scene.session.link.drain(&mut self.ear, into);
        if self.dialect() == Dialect::Qga {
            // An agent does not say as much as a newline before it is asked.
            into.extend(scene.session.link.unasked_blank().map(|blank| self.ear.received(blank)));
        }
        scene.clean &= replies(&into[known..]) == 0;
    }

    /// Ends the case: what became of the peer, and whether the session serves the next one.
    async fn curtain(&mut self, case: &Arc<Case>, mut scene: Scene) -> Ran {
        if let Some(last) = scene.exchanges.last_mut() {
            last.received.append(&mut scene.partly);
            let known = last.received.len();
            let leaves = case.command.as_deref().is_some_and(ends_the_peer)
                && messages(&last.received).any(|message| message.kind == MessageKind::Return);
            if leaves {
                // It ends a moment after its reply; the next case must not be taken for the cause.
                let deadline = self.ear.deadline(EXIT_MS);
                scene.session.link.listen(&mut self.ear, &Until::Eof, deadline, &mut last.received).await;
            }
            scene.session.link.drain(&mut self.ear, &mut last.received);
            scene.clean &= replies(&last.received[known..]) == 0;
        }
        let reusable = scene.is_reusable();
        self.note_surplus(!scene.clean && scene.heard == Heard::All);
        let Scene { session, start, exchanges, heard, asked, half_closed, .. } = scene;
        self.count_silence(asked || heard != Heard::All);
        let mut transcript = self.transcript(case, start, exchanges);
        let closed = heard == Heard::Closed || (session.link.ended && !half_closed);
        self.session = Some(session);
        transcript.ending = match heard {
            _ if closed => self.fate_of_closed().await,
            Heard::TimedOut { .. } => {
                let fate = self.fate_of_silent().await;
                self.unanswered_cases += u32::from(fate == Ending::Alive && self.ear.ever_heard_reply);
                fate
            }
            _ => {
                if !reusable {
                    self.retire().await;
                }
                self.peer.exited().map_or(Ending::Alive, super::exited)
            }
        };
        if self.ear.stopped() { Ran::Stopped } else { Ran::Through(transcript) }
    }

    /// `owed`: the peer had something to answer, or did something else instead.
    fn count_silence(&mut self, owed: bool) {
        if self.ear.heard_reply {
            self.silent_cases = 0;
        } else if owed {
            self.silent_cases += 1;
        }
    }
}

impl Scene {
    fn new(session: Session) -> Scene {
        Scene {
            start: session.state,
            session,
            exchanges: Vec::new(),
            before: Vec::new(),
            connection: 0,
            owed: Vec::new(),
            unsure: 0,
            partly: Vec::new(),
            clean: true,
            asked: false,
            half_closed: false,
            is_stream: false,
            heard: Heard::All,
        }
    }

    pub(super) fn connection(&self) -> u32 {
        self.connection
    }

    pub(super) fn heard(&self) -> Heard {
        self.heard
    }

    /// Lets a client that gets back in step listen in, or takes it away again.
    pub(super) fn set_tap(&mut self, tap: Option<Tap>) -> Option<Tap> {
        std::mem::replace(&mut self.session.link.tap, tap)
    }

    /// Notes what came of the last exchange as a try to get back in step.
    pub(super) fn account(&mut self, attempt: Attempt) {
        if let Some(last) = self.exchanges.last_mut() {
            last.attempt = Some(attempt);
        }
    }

    /// Whether the next step can be taken: a greeting that stays out keeps nobody from going on.
    fn goes_on(&self) -> bool {
        let ungreeted = || self.exchanges.last().is_some_and(|last| last.opened && last.received.is_empty());
        match self.heard {
            Heard::All => true,
            Heard::TimedOut { .. } => ungreeted(),
            // As it should, when the client has nothing more to say.
            Heard::Closed => self.half_closed,
            Heard::Flooded(_) | Heard::CutShort | Heard::Stopped => false,
        }
    }

    /// Whether the session is as the case found it, fit for another.
    fn is_reusable(&self) -> bool {
        self.clean
            && self.heard == Heard::All
            && self.connection == 0
            && !self.half_closed
            && self.start.negotiated
            && self.session.state == self.start
            && !self.session.is_dirty()
    }

    /// Keeps an exchange that was listened to. The replies that earlier pushes are owed go to theirs, with
    /// what came before each.
    fn keep(&mut self, mut exchange: Exchange, mut received: Vec<Received>) {
        self.unsure = 0;
        for (pushed, count) in std::mem::take(&mut self.owed) {
            let mut seen = 0;
            let last = received.iter().position(|one| {
                seen += replies(std::slice::from_ref(one));
                seen == count && count > 0
            });
            // Where it ended before it came so far, it came no further than theirs.
            let all = if matches!(self.heard, Heard::Closed | Heard::CutShort) { received.len() } else { 0 };
            let theirs = received.drain(..last.map_or(all, |last| last + 1));
            if let Some(pushed) = self.exchanges.get_mut(pushed) {
                pushed.received.extend(theirs);
                if last.is_none() && self.heard == Heard::CutShort {
                    pushed.end = ExchangeEnd::Unread;
                }
            }
        }
        exchange.received.append(&mut self.partly);
        exchange.received.append(&mut received);
        exchange.end = self.heard.end();
        self.exchanges.push(exchange);
    }
}

/// What the sync in this outcome is to return.
fn sync_token(outcome: &Outcome) -> Option<i128> {
    let Outcome::Value { value, .. } = outcome else { return None };
    let is_sync = value.get("execute")?.as_str()?.starts_with("guest-sync");
    value.get("arguments")?.get("id")?.as_integer().filter(|_| is_sync)
}
