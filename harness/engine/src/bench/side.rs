//! One peer of a bench: which commands it is sent, its sittings, and what adds up over them.

use super::judge::{Fault, Judge};
use super::record::{Figures, Record};
use super::session::{Ask, Lost, Session};
use super::statistics::Sitting;
use super::{Options, PIPELINE_MAX, Side, Wanted};
use crate::error::Error;
use crate::peer_facts;
use crate::safety::{Gate, Walls};
use crate::schema_of::{Told, ask_schema, least};
use hdrhistogram::Histogram;
use qmprobe_check::conform::conform_arguments;
use qmprobe_schema::{Schema, fingerprint};
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::{Dialect, Ending, Frame};
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// What is timed when no command is named, as far as the peer has it: short replies, longer ones, and a command
/// whose reply is another each time.
const CHOICE_QMP: &[&str] = &["query-status", "query-version", "query-chardev", "query-commands"];
const CHOICE_QGA: &[&str] = &["guest-ping", "guest-info", "guest-get-time"];
/// Significant digits of a kept latency.
const DIGITS: u8 = 3;
/// Requests before the first of a turn that is timed.
const LEAD: u32 = 1;
/// Milliseconds that a peer which closed its connection has to end.
const EXIT_MS: u64 = 500;

/// A peer with what was measured of it so far.
pub(super) struct Measured {
    side: Side,
    judge: Judge,
    stop: watch::Receiver<bool>,
    asks: Vec<Tally>,
    /// Takes the latencies that do not count.
    aside: Histogram<u64>,
    cold_start_us: Vec<f64>,
    connect_us: Vec<f64>,
    rss_kib: Option<u64>,
    /// Why no session could be had.
    unmet: Option<Lost>,
}

/// What adds up of one command.
struct Tally {
    /// See [`Wanted::label`].
    label: String,
    ask: Ask,
    /// The class of the last error that was its answer.
    refused: Option<String>,
    sitting: Histogram<u64>,
    all: Histogram<u64>,
    sittings: Vec<Sitting>,
    wall_ns: u64,
    cpu_ns: u64,
    peer_cpu_ns: Option<u64>,
    growth_kib: Option<i64>,
}

/// A peer at hand, in a session.
pub(super) struct Seat {
    peer: Peer,
    session: Session,
}

impl Measured {
    /// Finds out what the peer declares and which commands it can be sent.
    pub async fn new(
        side: &Side,
        options: &Options,
        newline: bool,
        stop: watch::Receiver<bool>,
    ) -> Result<Measured, Error> {
        let dialect = side.peer.dialect();
        let told = match &side.schema {
            Some(schema) => Told { schema: (**schema).clone(), version: None },
            None => match ask_schema(&side.peer).await {
                // Without a schema its envelope can still be judged.
                Err(Error::NoSchema { .. }) => Told { schema: least(dialect)?, version: None },
                told => told?,
            },
        };
        let chosen = match dialect {
            Dialect::Qmp => CHOICE_QMP,
            Dialect::Qga => CHOICE_QGA,
        };
        let known = |name: &&&str| told.schema.command(name).is_some();
        let of_choice = |name: &&str| Wanted { name: (*name).to_owned(), arguments: None };
        let wanted: Vec<Wanted> = match &options.commands[..] {
            [] => chosen.iter().filter(known).map(of_choice).collect(),
            named => named.to_vec(),
        };
        let mut asks = Vec::new();
        for one in &wanted {
            permit(one, side, &told.schema)?;
            let ask = Ask::new(&one.name, one.arguments.as_ref(), dialect, newline);
            asks.push(Tally::new(one.label(), ask)?);
        }
        let judge = Judge::new(Arc::new(told.schema), dialect, told.version);
        Ok(Measured {
            side: side.clone(),
            judge,
            stop,
            asks,
            aside: histogram()?,
            cold_start_us: Vec::new(),
            connect_us: Vec::new(),
            rss_kib: None,
            unmet: None,
        })
    }

    /// How many commands it is sent.
    pub fn commands(&self) -> usize {
        self.asks.len()
    }

    /// Drops the commands that one of the two does not have; where none were named they may differ.
    pub fn keep_common(&mut self, other: &mut Measured) {
        let keep = |asks: &mut Vec<Tally>, others: &[Tally]| {
            asks.retain(|one| others.iter().any(|other| other.label == one.label));
        };
        keep(&mut self.asks, &other.asks);
        keep(&mut other.asks, &self.asks);
    }

    /// Remembers why no session could be had.
    pub fn set_unmet(&mut self, lost: Lost) {
        self.unmet = Some(lost);
    }

    /// What a reader of the figures should know.
    pub fn notes(&self) -> Vec<String> {
        let refused = self.asks.iter().filter_map(|tally| {
            let class = tally.refused.as_ref()?;
            Some(format!("{} answered {} with {class}: an error was timed", self.judge.peer, tally.label))
        });
        let unmet = match self.unmet {
            Some(Lost::Silent) => Some("let no session begin in time: another client may hold it"),
            Some(Lost::Closed) => Some("closed the connection before a session began"),
            Some(Lost::Stopped) | None => None,
        };
        refused.chain(unmet.map(|what| format!("{} {what}", self.judge.peer))).collect()
    }

    /// A fresh peer with a session on its second connection; the first one shows how long the start takes.
    pub async fn sit_down(&mut self, options: &Options) -> Result<Result<Seat, Lost>, Error> {
        let limits = &options.limits;
        let began = Instant::now();
        let mut peer = Peer::open(&self.side.peer, limits).await?;
        if self.judge.peer.is_empty() {
            self.judge.peer = peer_facts::facts(&self.side.peer, &peer, self.judge.version, None).name;
        }
        let dialect = self.side.peer.dialect();
        let mut session = self.session(peer.connect().await?, options)?;
        if let Err(lost) = open(&mut session, dialect, options.pipeline).await {
            return Ok(Err(lost));
        }
        if peer.pid().is_some() {
            self.cold_start_us.push(us(began));
        }
        if self.side.peer.sees_clients() {
            session.close();
            let began = Instant::now();
            session = self.session(peer.connect().await?, options)?;
            if let Err(lost) = open(&mut session, dialect, options.pipeline).await {
                return Ok(Err(lost));
            }
            self.connect_us.push(us(began));
        }
        Ok(Ok(Seat { peer, session }))
    }

    fn session(&self, connection: qmprobe_target::Connection, options: &Options) -> Result<Session, Error> {
        Session::new(connection, options.wait, &options.limits, self.stop.clone()).map_err(Error::Client)
    }

    /// Times `count` requests of one command, which are remembered if they count.
    pub async fn turn(
        &mut self,
        seat: &mut Seat,
        command: usize,
        count: u32,
        counts: bool,
        options: &Options,
    ) -> Option<Lost> {
        let tally = self.asks.get_mut(command)?;
        let window = options.pipeline.clamp(1, PIPELINE_MAX) as usize;
        let (cpu, rss) = (seat.peer.cpu_ns(), seat.peer.rss_kib());
        // While we looked at it the peer went to sleep: waking it is no part of any command.
        let mut timed = seat.session.block(&tally.ask, LEAD, window, &mut self.aside).await;
        if timed.lost.is_none() {
            let into = if counts { &mut tally.sitting } else { &mut self.aside };
            let led = std::mem::take(&mut timed.answers);
            timed = seat.session.block(&tally.ask, count, window, into).await;
            timed.answers.splice(0..0, led);
        }
        if counts {
            tally.wall_ns += timed.wall_ns;
            tally.cpu_ns += timed.cpu_ns;
            if let (Some(before), Some(after)) = (cpu, seat.peer.cpu_ns()) {
                let share = u64::from(count) * after.saturating_sub(before) / u64::from(count + LEAD);
                *tally.peer_cpu_ns.get_or_insert(0) += share;
            }
            if let (Some(before), Some(after)) = (rss, seat.peer.rss_kib()) {
                *tally.growth_kib.get_or_insert(0) += after as i64 - before as i64;
            }
        }
        let ending = match timed.lost {
            None | Some(Lost::Stopped) => Ending::Alive,
            Some(lost) => fate(&mut seat.peer, lost).await,
        };
        let judging = qmprobe_target::thread_cpu_ns();
        for answer in timed.answers {
            let class = answer.received.iter().find_map(|frame| match frame {
                Frame::Message(message) => message.error_class().map(str::to_owned),
                _ => None,
            });
            tally.refused = class.or(tally.refused.take());
            let good = self.judge.judge(&tally.ask.name, answer, seat.session.oob, &ending);
            tally.ask.known = good.or(tally.ask.known.take());
        }
        if counts {
            tally.cpu_ns += qmprobe_target::thread_cpu_ns().saturating_sub(judging);
        }
        timed.lost
    }

    /// Ends a sitting.
    pub async fn stand_up(&mut self, seat: Seat) {
        self.rss_kib = self.rss_kib.max(seat.peer.rss_kib());
        seat.session.close();
        seat.peer.stop().await;
        for tally in &mut self.asks {
            tally.close_sitting();
        }
    }

    /// What was measured, and what was wrong.
    pub fn finish(mut self, options: &Options, at: u64) -> (Record, Vec<Fault>) {
        let mut record = Record::begin(at);
        record.peer = self.judge.peer.clone();
        record.schema = fingerprint(&self.judge.schema);
        record.pipeline = options.pipeline;
        record.busy_poll = options.wait == qmprobe_target::Wait::Spin;
        record.cold_start_us = median(&mut self.cold_start_us);
        record.connect_us = median(&mut self.connect_us);
        record.rss_kib = self.rss_kib;
        for mut tally in self.asks {
            tally.close_sitting();
            record.commands.insert(tally.label.clone(), tally.figures());
        }
        (record, self.judge.into_faults().collect())
    }
}

impl Tally {
    fn new(label: String, ask: Ask) -> Result<Tally, Error> {
        Ok(Tally {
            label,
            ask,
            refused: None,
            sitting: histogram()?,
            all: histogram()?,
            sittings: Vec::new(),
            wall_ns: 0,
            cpu_ns: 0,
            peer_cpu_ns: None,
            growth_kib: None,
        })
    }

    fn close_sitting(&mut self) {
        if self.sitting.is_empty() {
            return;
        }
        self.sittings.push(Sitting::of(&self.sitting));
        // Both resize themselves.
        let _ = self.all.add(&self.sitting);
        self.sitting.reset();
    }

    fn figures(self) -> Figures {
        let count = self.all.len().max(1) as f64;
        let per_command_us = |ns: u64| ns as f64 / 1e3 / count;
        let mut figures = Figures {
            ops_per_s: self.all.len() as f64 / (self.wall_ns.max(1) as f64 / 1e9),
            client_cpu_us: per_command_us(self.cpu_ns),
            peer_cpu_us: self.peer_cpu_ns.map(per_command_us),
            rss_growth_kib: self.growth_kib,
            sittings: self.sittings,
            ..Figures::default()
        };
        figures.set_quantiles(&self.all);
        figures
    }
}

/// An empty histogram of nanoseconds, which grows as it must.
fn histogram() -> Result<Histogram<u64>, Error> {
    Histogram::new(DIGITS).map_err(|error| Error::Client(io::Error::other(error)))
}

/// Greets and negotiates.
async fn open(session: &mut Session, dialect: Dialect, pipeline: u32) -> Result<(), Lost> {
    let offers_oob = session.greet(dialect).await?;
    session.negotiate(dialect, offers_oob && pipeline > 1).await
}

/// What became of a peer that was lost.
async fn fate(peer: &mut Peer, lost: Lost) -> Ending {
    match peer.wait_exit(EXIT_MS).await {
        Some(exit) => Ending::Exited {
            status: exit.status,
            signalled: exit.signalled,
            code: exit.code,
            stderr_tail: exit.stderr_tail,
        },
        None if lost == Lost::Closed => Ending::Disconnected,
        None if peer.pid().is_some() => Ending::Hung,
        None => Ending::Alive,
    }
}

/// Whether the command may be sent, as it is.
fn permit(wanted: &Wanted, side: &Side, schema: &Schema) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::NoBench { command: wanted.name.clone(), why });
    let real_agent = matches!(side.peer, PeerSpec::GuestAgent { .. })
        || side.peer.dialect() == Dialect::Qga && matches!(side.peer, PeerSpec::Spawn { .. });
    let walls = if real_agent { Walls::MissingAroundAgent } else { Walls::None };
    if let Some(why) = (Gate { allow: side.allow, walls }).refusal(&wanted.name) {
        return refuse(why);
    }
    let Some(command) = schema.command(&wanted.name) else {
        return if schema.partial { Ok(()) } else { refuse("the peer does not declare it".to_owned()) };
    };
    match conform_arguments(schema, command.arguments, wanted.arguments.as_ref()).first() {
        Some(one) => {
            let place = format!("{}.arguments.{}", wanted.name, one.value_path);
            refuse(format!("{place}: expected {}, is {}", one.expected, one.actual))
        }
        None => Ok(()),
    }
}

fn us(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64 / 1e3
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
