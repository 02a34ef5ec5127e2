//! How clients got back in step: class of corruption by where it happened, as figures.

use crate::event::{RecoveryBucket, RecoveryRow};
use qmprobe_generate::recovery::{AIM, FIRST_INDEX, Trial};
use qmprobe_wire::{Case, CaseId, Transcript};

/// Parts that the places of an exchange are counted in.
pub const BUCKETS: usize = 4;

/// Cases without recovery after which the rest are left out, unless most others had it: the agent's sync does not
/// work, and each such case costs a fresh session.
const FAILURES_MAX: u64 = 24;

/// The figures of one run, by class in the order of the catalogue.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// By the position of the trial: its row, and its bucket.
    places: Vec<Option<(usize, usize)>>,
    rows: Vec<RecoveryRow>,
    recovered: u64,
    failed: u64,
}

impl Matrix {
    /// No figures yet, for these trials.
    pub fn new(trials: &[Trial]) -> Matrix {
        let mut matrix = Matrix::default();
        for trial in trials {
            let class = trial.class;
            let known = matrix.rows.iter().position(|row| row.class == class.name);
            let row = known.unwrap_or_else(|| {
                matrix.rows.push(RecoveryRow {
                    class: class.name.to_owned(),
                    title: class.title.to_owned(),
                    expected: class.expected.to_owned(),
                    tries_due: class.tries,
                    ..RecoveryRow::default()
                });
                matrix.rows.len() - 1
            });
            let bucket = (trial.at * BUCKETS / trial.of.max(1)).min(BUCKETS - 1);
            let Ok(position) = usize::try_from(trial.case.id.index.saturating_sub(FIRST_INDEX)) else {
                continue;
            };
            if matrix.places.len() <= position {
                matrix.places.resize(position + 1, None);
            }
            matrix.places[position] = Some((row, bucket));
        }
        matrix
    }

    /// Counts a case, if it is one of the trials.
    pub fn case(&mut self, id: CaseId, transcript: &Transcript, took_us: u64) {
        let position = id.index.checked_sub(FIRST_INDEX).and_then(|index| usize::try_from(index).ok());
        let Some((row, bucket)) = position.and_then(|position| self.places.get(position).copied().flatten())
        else {
            return;
        };
        let row = &mut self.rows[row];
        let tries = || transcript.exchanges.iter().filter_map(|exchange| exchange.attempt);
        let last = tries().next_back();
        let RecoveryBucket { first, later, never } = &mut row.places[bucket];
        match last {
            Some(last) if last.synced && last.number == 0 => *first += 1,
            Some(last) if last.synced => *later += 1,
            _ => *never += 1,
        }
        let synced = last.is_some_and(|last| last.synced);
        *(if synced { &mut self.recovered } else { &mut self.failed }) += 1;
        row.tries_max = row.tries_max.max(last.map_or(0, |last| last.number + 1));
        row.skipped_max = row.skipped_max.max(tries().map(|one| one.skipped).sum());
        row.cases += 1;
        row.us_total += took_us;
        row.us_max = row.us_max.max(took_us);
    }

    /// Whether the case is left out because hardly anything recovers.
    pub fn gives_up(&self, case: &Case) -> bool {
        case.aim.as_deref() == Some(AIM) && self.is_hopeless()
    }

    /// What there is to say of it.
    pub fn note(&self) -> Option<String> {
        let Matrix { recovered, failed, .. } = self;
        let text = || {
            format!(
                "{AIM}: no client got back in step in {failed} of {} cases, the rest are left out",
                recovered + failed
            )
        };
        self.is_hopeless().then(text)
    }

    fn is_hopeless(&self) -> bool {
        self.failed >= FAILURES_MAX && self.failed > self.recovered
    }

    /// The rows of which anything was run.
    pub fn into_rows(self) -> Vec<RecoveryRow> {
        self.rows.into_iter().filter(|row| row.cases > 0).collect()
    }
}
