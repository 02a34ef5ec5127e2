//! A journal cut anywhere: what stands before the cut is read, in order, and nothing else; and one with a byte
//! that is another is read or refused, and no more.

use crate::Held;
use arbitrary::{Result, Unstructured};
use qmprobe_engine::journal::{FILE, Journal, Kept, read_journal};
use qmprobe_engine::{Error, Event, Summary};
use qmprobe_wire::CaseId;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Events of one journal.
const EVENTS_MAX: usize = 12;

/// The target.
///
/// # Errors
/// Something before the cut is lost, or something after it found.
pub fn body(data: &[u8]) -> Held {
    let Ok((events, cut, damage)) = plan(&mut Unstructured::new(data)) else { return Ok(()) };
    let trouble = |error: Error| format!("cannot keep a journal: {error}");
    let dir = TempDir::new().map_err(|error| format!("cannot make a directory: {error}"))?;
    let mut journal = Journal::create(dir.path()).map_err(trouble)?;
    events.iter().try_for_each(|event| journal.append(event)).map_err(trouble)?;
    // Ends of cases are with the system only when something follows.
    drop(journal);
    let path = dir.path().join(FILE);
    let whole = fs::read(&path).map_err(|error| format!("cannot read the journal: {error}"))?;
    let cut = cut as usize % (whole.len() + 1);
    let kept = reread(&path, &whole[..cut])?.map_err(|error| format!("cut at {cut}: {error}"))?;
    is_prefix(&events, &whole[..cut], &kept)?;
    let mut damaged = whole;
    let length = damaged.len().max(1);
    if let Some(byte) = damaged.get_mut(damage.0 as usize % length) {
        *byte = damage.1;
    }
    reread(&path, &damaged).map(drop)
}

/// The events, where the journal is cut, and which byte is another.
fn plan(source: &mut Unstructured<'_>) -> Result<(Vec<Event>, u32, (u32, u8))> {
    let (cut, damage) = source.arbitrary()?;
    let count = source.int_in_range(0..=EVENTS_MAX)?;
    Ok(((0..count).map(|_| event(source)).collect::<Result<_>>()?, cut, damage))
}

fn event(source: &mut Unstructured<'_>) -> Result<Event> {
    let text = |source: &mut Unstructured<'_>| source.arbitrary::<&str>().map(str::to_owned);
    let id = CaseId { seed: source.arbitrary()?, index: source.arbitrary()? };
    Ok(match source.int_in_range(0..=6u8)? {
        0 | 1 => Event::CaseBegan { id, name: text(source)?, command: None },
        2 => Event::CaseEnded {
            id,
            command: Some(text(source)?),
            passed: vec![text(source)?],
            failed: Vec::new(),
            took_us: source.arbitrary()?,
        },
        3 => Event::Noted { text: text(source)? },
        4 => Event::FindingCounted { signature: text(source)?, occurrences: source.arbitrary()? },
        5 => Event::RuleSkipped { rule: text(source)?, why: text(source)? },
        _ => Event::RunFinished(Summary { cut: Some(text(source)?), judged: id.index, ..Summary::default() }),
    })
}

/// What is read of these bytes; an error of the outer kind is the system's.
fn reread(path: &Path, bytes: &[u8]) -> std::result::Result<std::result::Result<Kept, Error>, String> {
    fs::write(path, bytes).map_err(|error| format!("cannot write the journal: {error}"))?;
    Ok(read_journal(path))
}

/// Whether all that stands whole in the bytes was kept, and `torn` tells whether there is more.
fn is_prefix(events: &[Event], bytes: &[u8], kept: &Kept) -> Held {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let rest = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = lines + usize::from(!rest.is_empty() && !kept.torn);
    if kept.events.len() != whole || kept.torn && rest.is_empty() {
        return Err(format!("{} events are read where {whole} stand", kept.events.len()));
    }
    let text = |event: &Event| serde_json::to_string(event).unwrap_or_default();
    for (event, read) in events.iter().zip(&kept.events) {
        if text(event) != text(read) {
            return Err(format!("{} is read as {}", text(event), text(read)));
        }
    }
    // Whatever was left without a newline is either the whole event or no event.
    if !rest.is_empty() && !kept.torn && events.get(lines).map(text).unwrap_or_default().as_bytes() != rest {
        return Err("part of an event is taken for one".to_owned());
    }
    let is_open = |(at, event): (usize, &Event)| match event {
        Event::CaseBegan { id, .. } => {
            let ends = |later: &Event| match later {
                Event::CaseEnded { id: ended, .. } => ended == id,
                Event::RunFinished(_) => true,
                _ => false,
            };
            (!kept.events[at + 1..].iter().any(ends)).then_some(*id)
        }
        _ => None,
    };
    let open = kept.events.iter().enumerate().filter_map(is_open);
    if !open.eq(kept.unfinished.iter().map(|(id, _)| *id)) {
        return Err(format!("{:?} is said to be unfinished", kept.unfinished));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(text: &str) -> Event {
        Event::Noted { text: text.to_owned() }
    }

    #[test]
    fn what_is_lost_or_made_up_is_noticed() {
        let (events, bytes) = ([noted("a"), noted("b")], b"{\"event\":\"noted\",\"text\":\"a\"}\n{\"ev");
        let kept = |events: &[Event], torn| Kept { events: events.to_vec(), torn, ..Kept::default() };
        assert_eq!(is_prefix(&events, bytes, &kept(&[noted("a")], true)), Ok(()));
        assert!(is_prefix(&events, bytes, &kept(&[], true)).is_err());
        assert!(is_prefix(&events, bytes, &kept(&[noted("c")], true)).is_err());
        assert!(is_prefix(&events, bytes, &kept(&[noted("a")], false)).is_err());
        assert!(is_prefix(&events, bytes, &kept(&events, false)).is_err());
        let begun =
            Kept { unfinished: vec![(CaseId { seed: 0, index: 0 }, String::new())], ..Kept::default() };
        assert!(is_prefix(&events, b"", &begun).is_err());
    }
}
