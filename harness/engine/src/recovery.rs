//! How clients got back in step: class of corruption by where it happened, as figures.

use crate::event::{RecoveryBucket, RecoveryRow};
use qmprobe_generate::recovery::{AIM, FIRST_INDEX, Trial};
use qmprobe_wire::{Case, CaseId, ExchangeEnd, Transcript};

/// Parts that the places of an exchange are counted in.
pub const BUCKETS: usize = 4;

/// Cases without recovery after which the rest are left out, unless most others had it: the agent's sync does not
/// work, and each such case costs a fresh session.
const FAILURES_MAX: u64 = 24;

/// Milliseconds that the cases of a run about everything may take with a stranger's agent, whose pace nobody knows.
pub const FOREIGN_SWEEP_MS: u64 = 10_000;

/// The same with one of our own, which has all of them in a small part of that.
pub const SWEEP_MS: u64 = 45_000;

/// The figures of one run, by class in the order of the catalogue.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// Microseconds after which the rest of the trials are left out, once each class had its turn.
    us_max: Option<u64>,
    us_total: u64,
    planned: u64,

    /// By the position of the trial: its row, and its bucket.
    places: Vec<Option<(usize, usize)>>,
    rows: Vec<RecoveryRow>,
    recovered: u64,
    failed: u64,
}

impl Matrix {
    /// No figures yet, for these trials, which may take so many milliseconds in all.
    pub fn new(trials: &[Trial], ms_max: Option<u64>) -> Matrix {
        let us_max = ms_max.map(|ms| ms * 1000);
        let mut matrix = Matrix { us_max, planned: trials.len() as u64, ..Matrix::default() };
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
        let cut_short = transcript.exchanges.last().is_some_and(|last| last.end == ExchangeEnd::Unread);
        match last {
            Some(last) if last.synced && last.number == 0 => *first += 1,
            Some(last) if last.synced => *later += 1,
            _ if cut_short => {}
            _ => *never += 1,
        }
        let synced = last.is_some_and(|last| last.synced);
        self.recovered += u64::from(synced);
        self.failed += u64::from(!synced && !cut_short);
        row.tries_max = row.tries_max.max(last.map_or(0, |last| last.number + 1));
        row.skipped_max = row.skipped_max.max(tries().map(|one| one.skipped).sum());
        row.cases += 1;
        self.us_total += took_us;
        row.us_total += took_us;
        row.us_max = row.us_max.max(took_us);
    }

    /// Whether the case is left out because hardly anything recovers, or because the time for it is spent.
    pub fn gives_up(&self, case: &Case) -> bool {
        case.aim.as_deref() == Some(AIM) && (self.is_hopeless() || self.is_spent())
    }

    /// What there is to say of it.
    pub fn note(&self) -> Option<String> {
        let Matrix { failed, planned, .. } = self;
        let run = self.recovered + failed;
        if self.is_hopeless() {
            return Some(format!(
                "{AIM}: no client got back in step in {failed} of {run} cases, the rest are left out"
            ));
        }
        let text = || {
            format!(
                "{AIM}: the first {run} of {planned} cases, spread evenly over classes and places, filled the \
                 {} s that they have beside everything else; --rule {AIM} runs them all",
                self.us_max.unwrap_or_default() / 1_000_000
            )
        };
        (self.is_spent() && run < *planned).then(text)
    }

    fn is_spent(&self) -> bool {
        let every_class = self.rows.iter().all(|row| row.cases > 0);
        every_class && self.us_max.is_some_and(|max| self.us_total >= max)
    }

    fn is_hopeless(&self) -> bool {
        self.failed >= FAILURES_MAX && self.failed > self.recovered
    }

    /// The rows of which anything was run.
    pub fn into_rows(self) -> Vec<RecoveryRow> {
        self.rows.into_iter().filter(|row| row.cases > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_generate::recovery::{ALL, spread, trials};
    use qmprobe_wire::automaton::Model;
    use qmprobe_wire::{Dialect, Ending, SessionState};
    use std::sync::Arc;

    fn transcript(case: &Case) -> Transcript {
        Transcript {
            case: Arc::new(case.clone()),
            dialect: Dialect::Qga,
            version: None,
            model: Model::Tolerant,
            start: SessionState::command_mode(Dialect::Qga),
            exchanges: Vec::new(),
            ending: Ending::Alive,
        }
    }

    /// How many cases are run of a sweep in which each takes so long.
    fn run(matrix: &mut Matrix, trials: &[Trial], took_us: u64) -> usize {
        let mut run = 0;
        for trial in trials {
            if !matrix.is_spent() {
                matrix.case(trial.case.id, &transcript(&trial.case), took_us);
                run += 1;
            }
        }
        run
    }

    #[test]
    fn the_sweep_ends_with_its_time_and_says_how_far_it_got() {
        let trials = spread(trials(0));
        let mut matrix = Matrix::new(&trials, Some(1_000));
        assert_eq!(run(&mut matrix, &trials, 10_000), 100);
        assert!(matrix.gives_up(&trials[0].case));

        let mut slow = Matrix::new(&trials, Some(1_000));
        assert_eq!(run(&mut slow, &trials, 1_000_000), ALL.len(), "each class has its turn");

        let mut unbounded = Matrix::new(&trials, None);
        assert_eq!(run(&mut unbounded, &trials, 1_000_000), trials.len());
    }

    #[test]
    fn a_sweep_that_was_cut_is_noted_and_a_whole_one_is_not() {
        let trials = spread(trials(0));
        let mut matrix = Matrix::new(&trials, Some(1_000));
        matrix.recovered = 27;
        matrix.us_total = 1_000_000;
        matrix.rows.iter_mut().for_each(|row| row.cases = 1);
        assert!(matrix.note().is_some_and(|text| text.contains("the first 27 of")));
        matrix.us_total = 0;
        assert_eq!(matrix.note(), None);
    }
}
