//! Whole byte streams: which replies a conforming peer gives to any bytes at all, in which order, and where
//! what came first differs. Strict for parsers that are known; for others only what the protocol promises.

use crate::overtaking::match_up;
use crate::predict::{Accepted, Expectation, predict};
use crate::prediction::deviating_class;
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::parse::{DeviationKind, parse};
use qmprobe_wire::{Case, Dialect, Message, Number, SessionState, Value, Version, escape};

/// Up to this version, a double is printed with six decimals (QEMU `qobject/qnum.c:qnum_to_string`).
const SIX_DECIMALS_UNTIL: (u32, u32) = (5, 2);
/// Levels of nesting that any parser reads.
const SOUND_NESTING_MAX: usize = 32;
/// Bytes of a reply that are shown.
const SHOWN_BYTES_MAX: usize = 160;

/// Slug of the rule about streams, which their cases are made for.
const AIM: &str = "stream-predicted";

/// Whether a case is a stream, which is judged whole.
pub fn is_stream(case: &Case) -> bool {
    case.aim.as_deref() == Some(AIM)
}

/// One reply that is due, and where in the stream it comes from.
#[derive(Clone, Debug)]
pub struct Predicted {
    /// What must answer.
    pub expectation: Expectation,
    /// Offset of the outcome in the stream, as [`Outcome`] has it.
    pub offset: u64,
}

impl Predicted {
    /// Whether the agent's sentinel stands before a reply of this kind.
    fn has_sentinel(&self, reply: &Message) -> bool {
        self.expectation.command.as_deref() == Some("guest-sync-delimited") && reply.get("return").is_some()
    }
}

/// What is known of a peer before it is sent a stream.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'s> {
    /// What it declares.
    pub schema: &'s Schema,
    /// Its version, where it states one.
    pub version: Option<Version>,
    /// Its parser.
    pub model: Model,
}

/// The replies to a stream that comes in any split, from a session in `state`.
pub fn predict_stream(peer: &Peer<'_>, mut state: SessionState, stream: &[u8]) -> Vec<Predicted> {
    let mut outcomes = Vec::new();
    Automaton::new(peer.model).feed(stream, &mut outcomes);
    let predicted = outcomes.iter().map(|outcome| {
        let (Outcome::Value { offset, .. } | Outcome::Error { offset, .. }) = outcome;
        let mut expectation = predict(peer.schema, peer.version, state, outcome);
        if expectation.json_error && peer.model.is_qemus() {
            // Of a known parser it is known that it answers, whatever others may do.
            expectation.accepted = Accepted::GENERIC;
        }
        state = expectation.next;
        Predicted { expectation, offset: *offset }
    });
    predicted.collect()
}

/// A reply that came.
#[derive(Clone, Copy, Debug)]
pub struct Came<'m> {
    /// The reply.
    pub reply: &'m Message,
    /// The agent's sentinel stood before it.
    pub sentinel: bool,
}

/// The first place at which what came is not what was predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// A stable word for the kind of difference: `missing` and `surplus` where there are too few or too many
    /// replies in all, else `class`, `id` or `sentinel`.
    pub kind: &'static str,
    /// How many replies were as predicted before it.
    pub after: usize,
    /// What was due there.
    pub expected: Vec<String>,
    /// What came.
    pub actual: String,
}

/// Holds the replies to `stream` against the prediction.
pub fn difference(
    peer: &Peer<'_>,
    dialect: Dialect,
    stream: &[u8],
    predicted: &[Predicted],
    came: &[Came<'_>],
) -> Option<Difference> {
    match peer.model {
        Model::Tolerant | Model::Library => as_promised(peer, dialect, stream, predicted, came),
        Model::V3_1 | Model::V11 => in_full(peer, predicted, came),
    }
}

/// Every reply is as predicted.
fn in_full(peer: &Peer<'_>, predicted: &[Predicted], came: &[Came<'_>]) -> Option<Difference> {
    let mut found = one_by_one(peer, predicted, came).err()?;
    // One reply too few or too many makes all that follow look wrong in some other way.
    let always = predicted.iter().filter(|one| !one.expectation.accepted.has(Accepted::NOTHING)).count();
    if came.len() < always {
        found.kind = "missing";
    } else if came.len() > predicted.len() {
        found.kind = "surplus";
    }
    Some(found)
}

/// Each reply is the one that is due; returns how many came.
fn one_by_one(peer: &Peer<'_>, predicted: &[Predicted], came: &[Came<'_>]) -> Result<usize, Difference> {
    let after = in_order(peer, predicted, came)?;
    match came.get(after) {
        None => Ok(after),
        Some(surplus) => Err(Difference {
            kind: "surplus",
            after,
            expected: vec!["no further reply".to_owned()],
            actual: shown(surplus.reply),
        }),
    }
}

fn in_order(peer: &Peer<'_>, predicted: &[Predicted], came: &[Came<'_>]) -> Result<usize, Difference> {
    if predicted.iter().any(|due| due.expectation.out_of_band) {
        return overtaking(peer, predicted, came);
    }
    let mut after = 0;
    for due in predicted {
        let may_be_silent = due.expectation.accepted.has(Accepted::NOTHING);
        let next = came.get(after);
        let kind = match next {
            None => Some("missing"),
            Some(next) => differs(peer, due, *next),
        };
        match kind {
            None => after += 1,
            Some(_) if may_be_silent => {}
            Some(kind) => {
                let actual = next.map_or("no reply".to_owned(), |next| shown(next.reply));
                return Err(Difference { kind, after, expected: wanted(due), actual });
            }
        }
    }
    Ok(after)
}

/// As [`in_order`], where some replies may overtake others.
fn overtaking(peer: &Peer<'_>, predicted: &[Predicted], came: &[Came<'_>]) -> Result<usize, Difference> {
    let out_of_band: Vec<bool> = predicted.iter().map(|due| due.expectation.out_of_band).collect();
    let found = match_up(&out_of_band, came.len(), |request, reply| {
        differs(peer, &predicted[request], came[reply]).is_none()
    });
    let after = found.requests.len();
    let Some(first) = found.due.first() else { return Ok(after) };
    let next = came.get(after);
    let kind = next.map_or("missing", |next| differs(peer, &predicted[*first], *next).unwrap_or("order"));
    let expected = found.due.iter().flat_map(|due| wanted(&predicted[*due])).collect();
    Err(Difference {
        kind,
        after,
        expected,
        actual: next.map_or("no reply".to_owned(), |next| shown(next.reply)),
    })
}

/// What a peer of which only the protocol is known owes to a stream: an error, where there is a line that no
/// parser can read (an agent may be silent); and after the resynchronisation that ends the stream, the reply to
/// its last command, and no other. What else it makes of a stream that is not all sound depends on where its
/// parser takes up again, and on which of QEMU's ways it shares (single quotes, say).
fn as_promised(
    peer: &Peer<'_>,
    dialect: Dialect,
    stream: &[u8],
    predicted: &[Predicted],
    came: &[Came<'_>],
) -> Option<Difference> {
    if lines(stream).all(is_sound) {
        return in_full(peer, predicted, came);
    }
    let is_error = |one: &Came<'_>| one.reply.error_class() == Some("GenericError");
    let due = dialect == Dialect::Qmp && lines(stream).any(is_hopeless);
    if due && !came.iter().any(|one| is_error(one) && one.reply.get("id").is_none()) {
        let expected = vec!["an error of class GenericError without id, for the malformed text".to_owned()];
        let actual = came.first().map_or("no reply".to_owned(), |one| shown(one.reply));
        return Some(Difference { kind: "missing", after: 0, expected, actual });
    }
    let mut last = predicted.last().filter(|last| last.expectation.id.is_some())?.clone();
    // Whether a negotiation among the rest took place is open.
    last.expectation.accepted = last.expectation.accepted.or(Accepted::RETURN).or(Accepted::NOT_FOUND);
    match came.last() {
        Some(reply) => {
            let kind = differs(peer, &last, *reply)?;
            let after = came.len() - 1;
            Some(Difference { kind, after, expected: wanted(&last), actual: shown(reply.reply) })
        }
        None => Some(Difference {
            kind: "missing",
            after: 0,
            expected: wanted(&last),
            actual: "no reply".to_owned(),
        }),
    }
}

/// A line is what the protocol has clients send.
fn lines(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    stream.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

/// Whether a line is one message, by any parser.
fn is_sound(line: &[u8]) -> bool {
    let mut outcomes = Vec::new();
    let mut automaton = Automaton::new(Model::V3_1);
    automaton.feed(line, &mut outcomes);
    let one = matches!(outcomes[..], [Outcome::Value { .. }]) && !automaton.pending();
    let deviations = || parse(line.trim_ascii(), SOUND_NESTING_MAX).deviations;
    one && deviations().iter().all(|deviation| deviation.kind == DeviationKind::NonAscii)
}

/// Whether a line is malformed by any parser: it begins like a command, and before its end it is none.
fn is_hopeless(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let mut outcomes = Vec::new();
    Automaton::new(Model::V3_1).feed(line, &mut outcomes);
    let refused = matches!(outcomes.first(), Some(Outcome::Error { .. }));
    let parsed = parse(line, SOUND_NESTING_MAX);
    let unreadable = parsed.value.is_none()
        && parsed.deviations.last().is_some_and(|last| last.kind == DeviationKind::Syntax);
    line.starts_with(b"{") && line.is_ascii() && refused && unreadable
}

/// In what a reply differs from the one that is due.
fn differs(peer: &Peer<'_>, due: &Predicted, came: Came<'_>) -> Option<&'static str> {
    if deviating_class(due.expectation.accepted, came.reply).is_some() {
        return Some("class");
    }
    let same_id = match (&due.expectation.id, came.reply.get("id")) {
        (None, None) => true,
        (Some(due), Some(came)) => same(peer.version, due, came),
        _ => false,
    };
    if !same_id {
        return Some("id");
    }
    (came.sentinel != due.has_sentinel(came.reply)).then_some("sentinel")
}

/// Whether a value came back, as far as the peer's version can print it.
fn same(version: Option<Version>, sent: &Value, came: &Value) -> bool {
    let short = version.is_some_and(|version| (version.major, version.minor) <= SIX_DECIMALS_UNTIL);
    match (sent, came) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(version, a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| came.get(name).is_some_and(|b| same(version, a, b)))
        }
        (Value::Number(a @ Number::Double(_)), Value::Number(b)) if short => {
            let (a, b) = (a.as_f64(), b.as_f64());
            a == b || (a - b).abs() <= 1e-6
        }
        _ => sent == came,
    }
}

fn wanted(due: &Predicted) -> Vec<String> {
    let id = match &due.expectation.id {
        Some(id) => format!("with id {}", escape::escape_short(&id.encode(), 80)),
        None => "without id".to_owned(),
    };
    let because = &due.expectation.because;
    let kinds = due.expectation.accepted.describe();
    kinds.into_iter().map(|kind| format!("{kind} {id} (byte {}: {because})", due.offset)).collect()
}

fn shown(reply: &Message) -> String {
    escape::escape_short(&reply.bytes, SHOWN_BYTES_MAX)
}
