//! A finding's case once more, on fresh peers: is the defect still there?

use crate::error::Error;
use crate::event::Finding;
use crate::probe;
use crate::runner::{Ran, Runner};
use crate::schema_of::{declared, least, meet};
use qmprobe_check::{Outcome, judge};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::Limits;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Times that a case is tried when the caller has no wish of its own.
pub const TRIES: u32 = 3;

/// How often the finding showed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Tries in which its rule failed, of the same command.
    pub fails: u32,
    /// Tries made.
    pub tries: u32,
}

/// Reads a finding from its file.
///
/// # Errors
/// The file cannot be read, or is no finding.
pub fn load(path: &Path) -> Result<Finding, Error> {
    let text = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| Error::Damaged {
        path: path.to_owned(),
        line: source.line(),
        what: "finding",
        source,
    })
}

/// Runs the finding's case `tries` times, each on a fresh peer (of somebody else's: on a fresh connection).
/// Another version of the peer may break the same rule in another way: that counts.
///
/// # Errors
/// There is no peer, or its schema cannot be had.
pub async fn run(
    finding: &Finding,
    spec: &PeerSpec,
    schema: Option<Arc<Schema>>,
    tries: u32,
    limits: &Limits,
) -> Result<Replay, Error> {
    let (_go_on, stop) = watch::channel(false);
    let case = Arc::new(finding.case.clone());
    let mut schema = schema;
    let mut replay = Replay { fails: 0, tries: 0 };
    while replay.tries < tries {
        let known = match &schema {
            Some(schema) => Arc::clone(schema),
            None => Arc::new(least(spec.dialect())?),
        };
        let mut runner = Runner::open(spec, limits, Arc::clone(&known), None, stop.clone()).await?;
        let answers = meet(&mut runner, spec.dialect()).await;
        let known = match schema.is_none() && answers {
            true => declared(&mut runner, spec.dialect(), None).await?.map_or(known, Arc::new),
            false => known,
        };
        runner.adopt(Arc::clone(&known));
        probe::settle(&mut runner, spec, &known).await;
        if schema.is_none() && spec.ours() {
            // What it has just told is no part of the case, and leaves it room for what it may lose.
            runner.restart().await?;
        }
        schema = Some(Arc::clone(&known));
        if let Ran::Through(transcript) = runner.run(&case).await {
            let fails = judge(&known, &transcript).into_iter().any(|verdict| match verdict.outcome {
                Outcome::Fail(breach) => {
                    verdict.rule.slug == finding.rule && breach.command == finding.command
                }
                Outcome::Pass | Outcome::Skip(_) => false,
            });
            replay.fails += u32::from(fails);
        }
        replay.tries += 1;
        runner.retire().await;
    }
    Ok(replay)
}
