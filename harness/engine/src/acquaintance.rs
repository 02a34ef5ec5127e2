//! What is found out about a peer before the first case: its schema, its parser, how it reads, and what it may be
//! sent.

use crate::error::Error;
use crate::event::PeerFacts;
use crate::options::Options;
use crate::peer_facts;
use crate::probe;
use crate::runner::Runner;
use crate::safety::{Gate, Walls};
use crate::schema_of::{Settled, declared, least, leave_out_disabled, meet, offered, settle_for_offered};
use qmprobe_schema::{Schema, is_of_source, join};
use qmprobe_target::{PeerSpec, version_of};
use qmprobe_wire::Dialect;
use std::sync::Arc;
use tokio::sync::watch;

/// Said of a peer that cannot be tested with everything.
const BY_LINE: &str = "the peer reads its input line by line, where QEMU frames it by value: cases in which a \
                       command is not on a line of its own are left out";

/// A peer that was met.
pub(crate) struct Acquaintance {
    pub runner: Runner,
    /// What to hold it against.
    pub schema: Arc<Schema>,
    /// Commands of the schema that it does not offer.
    pub absent: Vec<String>,
    pub facts: PeerFacts,
    pub gate: Gate,
    /// It is somebody else's program, or none that was built of QEMU's source.
    pub foreign: bool,
    /// It reads its input line by line.
    pub by_line: bool,
    /// Its parser is another one than QEMU's.
    pub strange: bool,
    /// It reads slowly.
    pub slow: bool,
    /// What there is to say about it.
    pub notes: Vec<String>,
}

impl Acquaintance {
    /// Opens the peer and a session, and asks what there is to ask.
    ///
    /// # Errors
    /// There is no peer, or its schema cannot be had.
    pub async fn make(options: &Options, stop: watch::Receiver<bool>) -> Result<Acquaintance, Error> {
        let spec = &options.peer;
        let first = match &options.schema {
            Some(schema) => Arc::clone(schema),
            None => Arc::new(least(spec.dialect())?),
        };
        let mut runner = Runner::open(spec, &options.limits, Arc::clone(&first), None, stop).await?;
        let Acquired { schema, absent, notes: said, answers } = acquire(options, &mut runner, first).await?;
        runner.adopt(Arc::clone(&schema));
        if runner.version().is_none()
            && let PeerSpec::GuestAgent { binary, .. } = spec
            && runner.peer().is_qemus() == Some(true)
            && let Some(version) = version_of(binary).await
        {
            // What is wrong with its guest-info hides neither its parser nor its known defects. Of which commands were
            // built into it the version says nothing: no schema follows from it.
            runner.set_version(version);
        }
        // One that does not answer shows nothing of its parser, and costs a deadline each time it is asked.
        let foreign = probe::is_foreign(&runner, spec);
        let parser = if answers { probe::settle(&mut runner, spec, &schema).await } else { None };
        let facts = peer_facts::facts(spec, runner.peer(), runner.version(), options.peer_name.as_deref());
        let gate = Gate { allow: options.allow, walls: Walls::around(spec, runner.peer()) };
        let by_line = foreign && answers && runner.has_answered() && runner.reads_by_line().await;
        let strange = parser.is_some();
        let pace = match foreign && answers && !strange && spec.dialect() == Dialect::Qga {
            true => probe::slowness(&mut runner, options.limits.case_ms_max).await,
            false => None,
        };
        let is_our_agent = spec.dialect() == Dialect::Qga && runner.peer().pid().is_some();
        if answers && is_our_agent && runner.ask("guest-ping").await.is_none() {
            // What it was asked to be known by was too much for it: that is for a case to show.
            runner.restart().await?;
        }
        let reads = by_line.then(|| BY_LINE.to_owned());
        let slow = pace.is_some();
        let own = runner.peer().notes().iter().cloned();
        let notes = said.into_iter().chain(reads).chain(parser).chain(pace).chain(own).collect();
        Ok(Acquaintance { runner, schema, absent, facts, gate, foreign, by_line, strange, slow, notes })
    }
}

/// The schema to hold the peer against, the commands of it that the peer does not offer, and what there is to
/// say about it.
struct Acquired {
    schema: Arc<Schema>,
    absent: Vec<String>,
    notes: Vec<String>,
    /// It answered at all.
    answers: bool,
}

/// Opens the session as well.
async fn acquire(options: &Options, runner: &mut Runner, first: Arc<Schema>) -> Result<Acquired, Error> {
    let dialect = options.peer.dialect();
    let answers = meet(runner, dialect).await;
    let offered = if answers && dialect == Dialect::Qga { offered(runner).await } else { None };
    let told = match (&options.schema, answers) {
        (None, true) => declared(runner, dialect, offered.as_deref()).await?.map(Arc::new),
        (Some(source), true) if tells_of_itself(options) && is_of_source(source) => {
            // What it does not tell, it is not asked twice: the source holds as it is.
            declared(runner, dialect, None).await.ok().flatten().map(|live| Arc::new(joined(source, &live)))
        }
        _ => None,
    };
    let lacking = "the peer did not tell its schema: only the commands that every peer has are run";
    let note = (options.schema.is_none() && told.is_none()).then(|| lacking.to_owned());
    let schema = told.unwrap_or(first);
    let Some(offered) = offered.filter(|_| note.is_none()) else {
        return Ok(Acquired { schema, absent: Vec::new(), notes: note.into_iter().collect(), answers });
    };
    // What is left out is still declared.
    let mut schema = Schema { source: Some(Arc::clone(&schema)), ..(*schema).clone() };
    let Settled { absent, unknown } = match options.schema {
        Some(_) => leave_out_disabled(&mut schema, &offered),
        None => settle_for_offered(&mut schema, &offered),
    };
    let named =
        |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let left_out = named("left out, as guest-info does not offer them", &absent);
    let unknown =
        named("offered by guest-info and known to no schema here; --schema tells of them", &unknown);
    let notes = left_out.into_iter().chain(unknown).collect();
    Ok(Acquired { schema: Arc::new(schema), absent, notes, answers })
}

/// Whether a peer has a schema of its own. The reference peer has the one that it was given.
fn tells_of_itself(options: &Options) -> bool {
    options.peer.dialect() == Dialect::Qmp && !matches!(options.peer, PeerSpec::Embedded(_))
}

/// What exists is the peer's, and what introspection does not tell of it the source's.
fn joined(source: &Arc<Schema>, live: &Schema) -> Schema {
    let (schema, _) = join((**source).clone(), live);
    Schema { source: Some(Arc::clone(source)), ..schema }
}
