//! The journal: the event stream in a file, one JSON line each. It is only ever appended to, and a case's
//! beginning is with the system before its bytes go out: a beginning without an end names the case at which
//! we died.

use crate::error::Error;
use crate::event::{Event, Round};
use qmprobe_wire::CaseId;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The name of the journal in a run's output directory.
pub const FILE: &str = "journal.jsonl";
/// The directory of the findings beside it.
pub const FINDINGS: &str = "findings";
/// Bytes that rounds take up at most before their figures are put together.
const ROUNDS_BYTES_MAX: u64 = 8 << 20;

/// A journal being written.
#[derive(Debug)]
pub struct Journal {
    file: BufWriter<File>,
    path: PathBuf,
    /// Bytes that rounds may take up.
    room: u64,
    /// Bytes of rounds since they were last put together.
    rounds: u64,
}

impl Journal {
    /// Begins a journal in `dir`, which is made if need be. What an earlier run left there goes.
    ///
    /// # Errors
    /// The directory or the file cannot be made.
    pub fn create(dir: &Path) -> Result<Journal, Error> {
        let failed = |path: &Path, source| Error::Write { path: path.to_owned(), source };
        fs::create_dir_all(dir).map_err(|source| failed(dir, source))?;
        let path = dir.join(FILE);
        let findings = dir.join(FINDINGS);
        // Only a directory that holds a journal holds findings of ours.
        if path.is_file() && findings.is_dir() {
            fs::remove_dir_all(&findings).map_err(|source| failed(&findings, source))?;
        }
        let file = File::create(&path).map_err(|source| failed(&path, source))?;
        Ok(Journal::over(file, path))
    }

    /// Goes on with the journal in `dir`, from where it was cut or its last part was closed. Returns the events
    /// that it holds; none where there is no journal yet.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or cannot be written.
    pub fn resume(dir: &Path) -> Result<(Journal, Vec<Event>), Error> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Ok((Journal::create(dir)?, Vec::new()));
        }
        let mut kept = read_journal(&path)?.events;
        let closing = |event: &Event| {
            matches!(
                event,
                Event::FindingCounted { .. }
                    | Event::RuleSkipped { .. }
                    | Event::WaiverIdle { .. }
                    | Event::RunFinished(_)
            )
        };
        let end = kept.iter().position(closing).unwrap_or(kept.len());
        kept.truncate(end);
        let failed = |source| Error::Write { path: path.clone(), source };
        let bytes = end_of_line(&path, end).map_err(failed)?;
        let file = File::options().write(true).open(&path).map_err(failed)?;
        file.set_len(bytes).map_err(failed)?;
        let file = File::options().append(true).open(&path).map_err(failed)?;
        let journal = Journal::over(file, path);
        Ok((Journal { rounds: bytes, ..journal }, kept))
    }

    fn over(file: File, path: PathBuf) -> Journal {
        Journal { file: BufWriter::new(file), path, room: u64::MAX, rounds: 0 }
    }

    /// Puts the figures of rounds together whenever they take up so many bytes. Those of blocks stay apart, of
    /// which there is a bounded number.
    pub fn with_room(self, bytes: u64) -> Journal {
        Journal { room: bytes.min(ROUNDS_BYTES_MAX), ..self }
    }

    /// Appends an event. All but the ends of cases, which the next beginning takes along, reach the system
    /// before this returns.
    ///
    /// # Errors
    /// The file cannot be written; the run must stop.
    pub fn append(&mut self, event: &Event) -> Result<(), Error> {
        self.put(event).map_err(|source| Error::Write { path: self.path.clone(), source })?;
        if self.rounds > self.room && matches!(event, Event::RoundEnded(_)) { self.fold() } else { Ok(()) }
    }

    fn put(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        if matches!(event, Event::RoundBegan { .. } | Event::RoundWentOn { .. } | Event::RoundEnded(_)) {
            self.rounds += line.len() as u64;
        }
        if matches!(event, Event::CaseEnded { .. }) { Ok(()) } else { self.file.flush() }
    }

    /// Writes the journal anew, with one record in place of those of all rounds that are no blocks. Of
    /// those under way the beginnings stay. Whoever dies here leaves the old journal or the new one.
    fn fold(&mut self) -> Result<(), Error> {
        let events = read_journal(&self.path)?.events;
        let path = self.path.with_extension("new");
        let ended = |event: &Event| match event {
            Event::RoundEnded(round) => Some(round.round),
            _ => None,
        };
        let ended: HashSet<u64> = events.iter().filter_map(ended).collect();
        let folded = || {
            let mut journal = Journal::over(File::create(&path)?, self.path.clone());
            let mut whole: Option<Round> = None;
            for event in events {
                match event {
                    Event::RoundBegan { round, .. } | Event::RoundWentOn { round, .. }
                        if ended.contains(&round) => {}
                    Event::RoundEnded(round) if round.block.is_none() => match &mut whole {
                        Some(whole) => whole.absorb(round),
                        None => whole = Some(round),
                    },
                    event => journal.put(&event)?,
                }
            }
            whole.into_iter().try_for_each(|round| journal.put(&Event::RoundEnded(round)))?;
            journal.file.get_ref().sync_data()?;
            fs::rename(&path, &self.path)?;
            Ok(journal)
        };
        let folded: io::Result<Journal> = folded();
        let folded = folded.map_err(|source| Error::Write { path: path.clone(), source })?;
        // Where the blocks alone take up the room, it is looked at again when there is as much more.
        *self = Journal { room: self.room.max(2 * folded.rounds), ..folded };
        Ok(())
    }
}

/// The offset behind so many lines.
fn end_of_line(path: &Path, lines: usize) -> io::Result<u64> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut text, mut bytes) = (Vec::new(), 0);
    for _ in 0..lines {
        text.clear();
        bytes += reader.read_until(b'\n', &mut text)? as u64;
    }
    Ok(bytes)
}

/// What a journal holds.
#[derive(Debug, Default)]
pub struct Kept {
    /// The events in order.
    pub events: Vec<Event>,
    /// The cases that began and never ended, in a journal that breaks off, the first first: one of them was sent when
    /// the tool died. There are several where several peers were at work.
    pub unfinished: Vec<(CaseId, String)>,
    /// Whether the last line was cut off. It is left out.
    pub torn: bool,
}

/// Reads a journal, also one that breaks off.
///
/// # Errors
/// The file cannot be read, or a line other than the last is damaged.
pub fn read_journal(path: &Path) -> Result<Kept, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut kept = Kept::default();
    let mut text = Vec::new();
    let mut number = 0;
    while lines.read_until(b'\n', &mut text).map_err(unreadable)? > 0 {
        number += 1;
        match serde_json::from_slice::<Event>(&text) {
            Ok(event) => kept.take(event),
            // The writer ends each event with a newline: a line without one is the last, and cut off.
            Err(_) if text.last() != Some(&b'\n') => kept.torn = true,
            Err(source) => {
                return Err(Error::Damaged { path: path.to_owned(), line: number, what: "journal", source });
            }
        }
        text.clear();
    }
    Ok(kept)
}

impl Kept {
    fn take(&mut self, event: Event) {
        match &event {
            Event::CaseBegan { id, name, .. } => self.unfinished.push((*id, name.clone())),
            Event::CaseEnded { id, .. } => self.unfinished.retain(|(begun, _)| begun != id),
            Event::RunFinished(_) => self.unfinished.clear(),
            _ => {}
        }
        self.events.push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Summary;
    use std::collections::BTreeMap;

    fn began(index: u64) -> Event {
        let id = CaseId { seed: 1, index };
        Event::CaseBegan { id, name: format!("case {index}"), command: None }
    }

    fn ended(index: u64) -> Event {
        let id = CaseId { seed: 1, index };
        Event::CaseEnded { id, command: None, passed: vec!["one-reply".into()], failed: vec![], took_us: 7 }
    }

    fn journal_of(events: &[Event]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(dir.path()).unwrap();
        for event in events {
            journal.append(event).unwrap();
        }
        let path = dir.path().join(FILE);
        (dir, path)
    }

    #[test]
    fn a_beginning_is_in_the_file_before_anything_else_happens() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(dir.path()).unwrap();
        journal.append(&began(1)).unwrap();
        let kept = read_journal(&dir.path().join(FILE)).unwrap();
        assert_eq!(kept.events.len(), 1);
        assert_eq!(kept.unfinished[0].1, "case 1");
    }

    #[test]
    fn a_case_that_ended_is_not_unfinished() {
        let (_dir, path) = journal_of(&[began(1), ended(1)]);
        assert!(read_journal(&path).unwrap().unfinished.is_empty());
    }

    #[test]
    fn a_run_that_was_ended_in_a_case_is_whole() {
        let (_dir, path) = journal_of(&[began(1), Event::RunFinished(Summary::default())]);
        assert!(read_journal(&path).unwrap().unfinished.is_empty());
    }

    #[test]
    fn a_last_line_cut_at_any_byte_is_left_out() {
        let (_dir, path) = journal_of(&[began(1), ended(1), began(2)]);
        let whole = fs::read(&path).unwrap();
        let second_last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for cut in second_last + 1..whole.len() - 1 {
            fs::write(&path, &whole[..cut]).unwrap();
            let kept = read_journal(&path).unwrap();
            assert!(kept.torn, "cut at {cut}");
            assert_eq!(kept.events.len(), 2);
        }
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error_that_names_it() {
        let (_dir, path) = journal_of(&[began(1), ended(1)]);
        let text = fs::read_to_string(&path).unwrap().replacen('{', "[", 1);
        fs::write(&path, text).unwrap();
        let error = read_journal(&path).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:1:"), "{error}");
    }

    #[test]
    fn a_journal_goes_on_where_it_was_cut_or_closed() {
        let finished = Event::RunFinished(Summary::default());
        let (dir, path) = journal_of(&[began(1), ended(1), finished]);
        let (mut journal, kept) = Journal::resume(dir.path()).unwrap();
        assert_eq!(kept.len(), 2);
        journal.append(&began(2)).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let (mut journal, kept) = Journal::resume(dir.path()).unwrap();
        assert_eq!(kept.len(), 2, "the line that was cut is gone");
        journal.append(&began(3)).unwrap();
        assert_eq!(read_journal(&path).unwrap().events.len(), 3);
    }

    #[test]
    fn rounds_that_take_up_too_much_are_put_together_and_nothing_is_lost_of_their_figures() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(dir.path()).unwrap().with_room(2_000);
        let rules = BTreeMap::from([("one-reply".to_owned(), (3, 1))]);
        for round in 0..200 {
            let block = (round % 50 == 7).then_some(round);
            journal.append(&Event::Noted { text: format!("note {round}") }).unwrap();
            let setup = "qemu".to_owned();
            let kind = "requests".to_owned();
            journal.append(&Event::RoundBegan { round, setup, kind, block, picks: Vec::new() }).unwrap();
            journal.append(&Event::RoundWentOn { round, picks: vec!["a".repeat(16)] }).unwrap();
            let commands = vec![format!("c{}", round % 3)];
            let record =
                Round { round, block, cases: 10, rules: rules.clone(), commands, ..Round::default() };
            journal.append(&Event::RoundEnded(record)).unwrap();
        }
        let path = dir.path().join(FILE);
        assert!(fs::metadata(&path).unwrap().len() < 200 * 60 + 4_000);
        let (_, events) = Journal::resume(dir.path()).unwrap();
        let rounds: Vec<&Round> = events
            .iter()
            .filter_map(|event| if let Event::RoundEnded(round) = event { Some(round) } else { None })
            .collect();
        assert_eq!(rounds.iter().map(|round| round.cases).sum::<u64>(), 2_000);
        assert_eq!(rounds.iter().map(|round| round.rules["one-reply"].0).sum::<u64>(), 600);
        assert_eq!(rounds.iter().map(|round| 1 + round.others).sum::<u64>(), 200);
        assert_eq!(rounds.iter().filter(|round| round.block.is_some()).count(), 4);
        assert_eq!(events.iter().filter(|event| matches!(event, Event::Noted { .. })).count(), 200);
    }

    #[test]
    fn a_new_run_leaves_nothing_of_the_old_one() {
        let (dir, path) = journal_of(&[began(1)]);
        fs::create_dir_all(dir.path().join("findings/one-reply")).unwrap();
        Journal::create(dir.path()).unwrap();
        assert!(read_journal(&path).unwrap().events.is_empty());
        assert!(!dir.path().join("findings").exists());
    }

    #[test]
    fn a_directory_that_no_run_wrote_keeps_its_findings() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("findings")).unwrap();
        Journal::create(dir.path()).unwrap();
        assert!(dir.path().join("findings").exists());
    }
}
