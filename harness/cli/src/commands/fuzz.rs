//! `qmprobe fuzz`: one campaign against one peer, for as long as it is given.

use super::check::{waivers_in, with_usable_path};
use crate::args::{Coverage, FuzzArgs};
use crate::each_peer::each_peer;
use crate::exit::{Failure, of_run};
use crate::kept;
use crate::peers::{self, Chosen};
use crate::reports::Reports;
use crate::signals::Signals;
use anyhow::Context;
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_engine::fuzz::{self, Options};
use qmprobe_engine::journal::{FILE, read_journal};
use qmprobe_engine::waivers::Waiver;
use qmprobe_engine::{Event, campaign};
use qmprobe_report::Outcome;
use qmprobe_target::PeerSpec;
use qmprobe_wire::Limits;
use std::time::Duration;

/// Seconds of a campaign when its user gives no bound.
const SECONDS: u64 = 600;
/// Milliseconds in which a peer must answer. A campaign meets many requests that keep one from it for good.
const STEP_MS: u64 = 3_000;

/// Peers at work at once where nothing says how many: one thread of ours serves them all.
const JOBS_MAX: usize = 8;

/// Edges of a map where nothing says how many: `MAP_SIZE` of AFL++ (include/config.h).
const MAP_EDGES: usize = 1 << 16;
/// The most of them.
const MAP_EDGES_MAX: usize = 1 << 26;

/// Runs the command.
pub fn run(args: &FuzzArgs) -> Result<Outcome, Failure> {
    let waivers = waivers_in(args.strictness.waivers.as_deref())?;
    let choice = peers::choose(&args.peers, args.strictness.allow)?;
    if choice.peers.len() != 1 {
        return Err(Failure::usage("a campaign has one peer: run several beside each other"));
    }
    if args.coverage.is_some() && choice.peers.iter().any(|peer| !peer.spec.ours()) {
        return Err(Failure::usage("--coverage needs a peer that is started by us"));
    }
    let part = if args.resume { kept_part(args)? } else { (args.seed, args.shard) };
    let reports = Reports::open(&args.output, args.strictness.strict)?;
    if !args.resume {
        kept::clear(&args.out)?;
    }
    let campaign = async |_: usize, peer: &Chosen, signals: &Signals, reports: &mut Reports| {
        let options = options(args, peer, waivers.clone(), part);
        let mut sink = |event: &Event| reports.event(&with_usable_path(event, &args.out));
        fuzz::run(options, signals.stop.clone(), &mut sink).await.map(drop)
    };
    each_peer(&choice, reports, campaign, |run, signals| {
        let told = of_run(run, &[], args.strictness.strict);
        if run.summary.complete { told } else { signals.outcome().unwrap_or(told) }
    })
}

/// The seed of the campaign that is to go on, and which shard it is.
fn kept_part(args: &FuzzArgs) -> Result<(u64, Shard), Failure> {
    let journal = args.out.join(FILE);
    if !journal.is_file() {
        return Ok((args.seed, args.shard));
    }
    let kept = read_journal(&journal).context("there is nothing to resume").map_err(Failure::Usage)?;
    let part = kept.events.into_iter().find_map(|event| match event {
        Event::RunStarted { seed, shards: None, .. } => Some((seed, Shard::WHOLE)),
        Event::RunStarted { seed, shards: Some(shards), .. } => {
            let number = shards.held.first().copied().filter(|_| !shards.merged)?;
            Some((seed, Shard { number, of: shards.of }))
        }
        _ => None,
    });
    Ok(part.unwrap_or((args.seed, args.shard)))
}

/// How many peers are at work at once. One in this process has the processor that we have.
fn jobs(args: &FuzzArgs, peer: &PeerSpec) -> usize {
    let told = args.jobs.and_then(|jobs| usize::try_from(jobs).ok());
    let alone = matches!(peer, PeerSpec::Embedded(_) | PeerSpec::Connect { .. });
    let processors = || std::thread::available_parallelism().map_or(1, |count| count.get().min(JOBS_MAX));
    told.unwrap_or_else(|| if alone { 1 } else { processors() })
}

/// The size of the map, as other tools of AFL++ are told.
fn map_edges() -> usize {
    let told = std::env::var("AFL_MAP_SIZE").ok().and_then(|text| text.parse().ok());
    told.filter(|edges| (1..=MAP_EDGES_MAX).contains(edges)).unwrap_or(MAP_EDGES)
}

fn options(args: &FuzzArgs, peer: &Chosen, waivers: Vec<Waiver>, (seed, shard): (u64, Shard)) -> Options {
    let endless = args.cases.is_none() && !args.systematic;
    let seconds = args.time.or(endless.then_some(SECONDS));
    Options {
        run: campaign::Options {
            peer: peer.spec.clone(),
            peer_name: None,
            schema: peer.schema.clone(),
            allow: peer.allow,
            rules: Vec::new(),
            seed,
            time: seconds.map(Duration::from_secs),
            out: args.out.clone(),
            waivers,
            strict: args.strictness.strict,
            limits: Limits { step_ms_max: STEP_MS, peer_rss_mib_max: args.rss_max, ..Limits::default() },
            max_cases: args.cases,
        },
        resume: args.resume,
        out_bytes_max: args.out_max << 20,
        shard,
        only_systematic: args.systematic,
        corpus: args.corpus.clone(),
        jobs: jobs(args, &peer.spec),
        coverage: args.coverage.map(|Coverage::Afl| map_edges()),
    }
}
