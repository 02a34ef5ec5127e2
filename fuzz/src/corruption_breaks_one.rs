//! A corrupted command breaks the one rule that it claims to break: a conforming peer's answer to it is no finding,
//! and the answer of one that makes something else of it is a finding under that rule and no other.

use crate::{Held, schemas};
use arbitrary::{Result, Unstructured};
use qmprobe_check::{Outcome, find, judge};
use qmprobe_generate::Entropy;
use qmprobe_generate::corruption::{ALL, Claim, Command, Corruption, Weight};
use qmprobe_reference::{Config, Peer};
use qmprobe_wire::{Dialect, Transcript, Version};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Commands to corrupt: always possible, so that refusing one is a finding.
const COMMANDS: [(&str, Option<&str>, &str); 3] = [
    ("query-name", None, "7"),
    ("query-status", Some("{}"), "\"\\u00e9\""),
    ("query-version", None, "[1,{\"a\":null}]"),
];

/// The target.
///
/// # Errors
/// A conforming answer is a finding, or a wrong one is none, or one under another rule.
pub fn body(data: &[u8]) -> Held {
    let Ok((corruption, bytes)) = corrupted(&mut Unstructured::new(data)) else { return Ok(()) };
    let line = [bytes.as_slice(), b"\n"].concat();
    let proper = answer(&line)?;
    let found = findings(&line, &proper)?;
    if !found.is_empty() {
        return Err(format!("{}: the proper answer breaks {found:?}", corruption.name));
    }
    let Some(wrong) = wrong_answer(corruption, &proper) else { return Ok(()) };
    let found = findings(&line, &wrong)?;
    if found != BTreeSet::from([corruption.breaks]) {
        return Err(format!("{}: the wrong answer breaks {found:?}", corruption.name));
    }
    Ok(())
}

fn corrupted(source: &mut Unstructured<'_>) -> Result<(&'static Corruption, Vec<u8>)> {
    let affordable: Vec<&Corruption> = ALL.iter().copied().filter(|one| one.weight != Weight::Huge).collect();
    let corruption = *source.choose(&affordable)?;
    let (name, arguments, id) = *source.choose(&COMMANDS)?;
    let mut entropy = Entropy::new(source.arbitrary()?, 0);
    Ok((corruption, corruption.apply(&Command::new(name, arguments, id), &mut entropy)))
}

/// What a conforming peer says to it.
fn answer(line: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let mut peer = Peer::new(Config {
        schema: Arc::clone(schemas::recorded(Dialect::Qmp)?),
        dialect: Dialect::Qmp,
        bugs: Vec::new(),
        version: Version::new(7, 2),
        seed: 0,
    });
    let mut out = Vec::new();
    peer.open(&mut out);
    peer.take(b"{\"execute\":\"qmp_capabilities\"}\n");
    while peer.answer(&mut out) {}
    out.clear();
    peer.take(line);
    while peer.answer(&mut out) {}
    Ok(out)
}

/// The answer of a peer that does not see what is wrong. `None` where anything may come of the corruption, or
/// nothing does.
fn wrong_answer(corruption: &Corruption, proper: &[u8]) -> Option<Vec<u8>> {
    let mut lines: Vec<&[u8]> = proper.split_inclusive(|byte| *byte == b'\n').collect();
    let first = lines.first_mut()?;
    match corruption.claim {
        Claim::Refused(_) | Claim::Preceded(_) => *first = b"{\"return\": {}}\r\n",
        Claim::Dispatched => {
            let id = first.strip_prefix(b"{\"id\": ").and_then(|rest| {
                let end = rest.windows(11).position(|window| window == b", \"error\": ")?;
                rest.get(..end)
            });
            let id = id.map(|id| [b", \"id\": ", id].concat()).unwrap_or_default();
            let forged = [b"{\"return\": {}".as_slice(), &id, b"}\r\n"].concat();
            return Some([forged, lines[1..].concat()].concat());
        }
        Claim::Harmless | Claim::Followed(_) | Claim::Unfinished | Claim::Recoverable => return None,
    }
    Some(lines.concat())
}

/// The rules that are broken, but for those whose breach another one explains.
fn findings(line: &[u8], said: &[u8]) -> std::result::Result<BTreeSet<&'static str>, String> {
    let transcript = Transcript::of_write(Dialect::Qmp, Version::new(7, 2), line.to_vec(), said);
    let verdicts = judge(schemas::recorded(Dialect::Qmp)?, &transcript);
    let failed = verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fail(_)));
    let mut found: BTreeSet<&str> = failed.map(|verdict| verdict.rule.slug).collect();
    let all = found.clone();
    found.retain(|slug| {
        let explained = find(slug).map(|rule| rule.terms.yields_to).unwrap_or_default();
        !explained.iter().any(|other| all.contains(other.split('/').next().unwrap_or_default()))
    });
    Ok(found)
}
