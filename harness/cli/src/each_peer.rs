//! One run per peer, one after another, and one outcome for all. A peer that cannot be tested does not keep the
//! next from being tested.

use crate::commands::runtime;
use crate::exit::{Failure, complain};
use crate::peers::{Choice, Chosen};
use crate::reports::Reports;
use crate::signals::Signals;
use qmprobe_engine::Event;
use qmprobe_report::{Outcome, Outcomes, Run};

/// Tests each peer with `test`, which feeds the reports and says how it went, and completes the reports. What
/// went well is named by `name`.
///
/// # Errors
/// When the system refuses a runtime or a handler, or a report cannot be written.
pub fn each_peer<E: Into<anyhow::Error>>(
    choice: &Choice,
    mut reports: Reports,
    mut test: impl AsyncFnMut(usize, &Chosen, &Signals, &mut Reports) -> Result<(), E>,
    name: impl Fn(&Run, &Signals) -> Outcome,
) -> Result<Outcome, Failure> {
    if let Some(text) = &choice.announcement {
        reports.announce(text)?;
    }
    let outcomes = runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let mut outcomes = Outcomes { whole: Outcome::Conforming, runs: Vec::new() };
        for (index, peer) in choice.peers.iter().enumerate() {
            if signals.outcome().is_some() {
                break;
            }
            let before = reports.runs.all.len();
            let ended = test(index, peer, &signals, &mut reports).await;
            let begun = reports.runs.all.len() > before;
            let outcome = match ended {
                Err(error) => {
                    untested(peer, error.into(), begun, &mut reports);
                    signals.outcome().unwrap_or(Outcome::Trouble)
                }
                Ok(()) => reports.runs.all.last().map_or(Outcome::NothingRan, |run| name(run, &signals)),
            };
            outcomes.whole = outcomes.whole.worse(outcome);
            if begun {
                outcomes.runs.push(outcome);
            }
        }
        Ok::<_, Failure>(outcomes)
    })?;
    reports.finish(&outcomes)?;
    Ok(outcomes.whole)
}

/// Says of a peer that it could not be tested.
fn untested(peer: &Chosen, error: anyhow::Error, begun: bool, reports: &mut Reports) {
    let text = format!("{} could not be tested: {error:#}", peer.label());
    reports.event(&Event::Noted { text: text.clone() });
    // The console shows notes of a run only; a run may never have begun.
    if !begun {
        complain(&text);
    }
}
