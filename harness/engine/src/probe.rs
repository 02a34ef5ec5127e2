//! What a peer shows of its parser: a server of somebody's own may state the version of a QEMU and still count
//! errors in its own way.

use crate::runner::Runner;
use qmprobe_check::stream::{Peer, Predicted, predict_stream};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::automaton::{Model, TOKEN_BYTES_MAX};
use qmprobe_wire::{Dialect, Message, SessionState, Value, request};

/// Malformed texts that are worth two errors or more to QEMU's parser, whatever its version.
const TELLING: &[&[u8]] =
    &[b"{\"id\":01}", b"#,", b"}}", b"\xFF\xFF", b"[1}]", b"{\"a\":\"\x01\"}", b"tru\xFE", b"{:}}"];
/// Texts that QEMU's parser takes or refuses where others may not, each of them closed.
const WAYS: &[&[u8]] = &[
    b"{'execute':'query-nothing','id':'a\\'b'}",
    b"{\"id\":0e1,\"execute\":\"query-nothing\"}",
    b"{\"id\":1E+2,\"execute\":\"query-nothing\"}",
    b"{\"id\":-0,\"execute\":\"query-nothing\"}",
    b"{\"id\":1.,\"execute\":\"query-nothing\"}",
    b"{\"id\":1E+,\"execute\":\"query-nothing\"}",
    b"{\"id\":inf}",
    b"{\"id\":True}",
    b"{\"id\":%i}",
    b"{\"id\":1,\"id\":2,\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\\u0000\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\\ud800\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\\ud83d\\ude00\\uFFFF\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\xC0\x80\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\xED\xA0\x80\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\\x41\",\"execute\":\"query-nothing\"}",
    b"{\"id\":\"\x7F\",\"execute\":\"query-nothing\"}",
    b"{\"id\":1,}",
    b"[1,2,]",
    b"{\"execute\" \"query-nothing\"}",
    b"{execute:1}",
    b"{1:2}",
    b"\xEF\xBB\xBF{\"execute\":\"query-nothing\",\"id\":1}",
    b"{\"execute\":\"query-nothing\",\"id\":\"\x1F\"}",
    b"12 \"a\" null [] 1.5e3 tru",
    b"{\"execute\":\"query-nothing\",\x00\"id\":1}",
    b"{\"\\\",\"}\"}",
    b"{\"id\":.5}",
    b"{\"id\":+1}",
    b"{\"id\":0x1}",
    b"{\"id\":1e400,\"execute\":\"query-nothing\"}",
];

/// Whether the peer is somebody else's program, or none that was built of QEMU's source.
pub(crate) fn is_foreign(runner: &Runner, spec: &PeerSpec) -> bool {
    match spec {
        PeerSpec::Connect { .. } | PeerSpec::Spawn { .. } => true,
        PeerSpec::GuestAgent { .. } => runner.peer().is_qemus() == Some(false),
        PeerSpec::Qemu { .. } | PeerSpec::StorageDaemon { .. } | PeerSpec::Embedded(_) => false,
    }
}

/// Finds out which parser the peer has, and lets its runner know; says so when it is not just as one of QEMU's.
/// What we start as QEMU's own is believed its version, but for an agent in which little of what tells is as in
/// QEMU's.
pub(crate) async fn settle(runner: &mut Runner, spec: &PeerSpec, schema: &Schema) -> Option<String> {
    let (dialect, foreign) = (spec.dialect(), is_foreign(runner, spec));
    if !foreign && !matches!(spec, PeerSpec::GuestAgent { .. }) {
        return None;
    }
    let stated = Model::of(runner.version());
    // What tells QEMU's parsers apart is nesting beyond the limit, which other parsers have died of.
    let shown = match stated.is_qemus() {
        true if foreign => shown(stated, runner, dialect, schema).await.unwrap_or(Model::Tolerant),
        true => match alike(stated, runner, dialect, schema).await {
            Some(alike) if !is_most(alike) => Model::Library,
            _ => stated,
        },
        false => Model::Tolerant,
    };
    runner.set_model(shown);
    if shown.is_qemus() {
        return None;
    }
    let note =
        "its parser is not just as QEMU's: how many errors malformed text is worth is not held against it";
    Some(note.to_owned())
}

/// What there is to say of an agent that would be at the longest that it is sent for more than half the time of a case:
/// half a text that was given up would be in its parser for whoever comes next.
pub(crate) async fn slowness(runner: &mut Runner, case_ms_max: u64) -> Option<String> {
    let rate = runner.bytes_per_second().await?;
    let longest_ms = TOKEN_BYTES_MAX as f64 / rate * 1000.0;
    (longest_ms > case_ms_max as f64 / 2.0).then(|| {
        format!("it reads {:.0} kB a second: what passes a limit of 64 MiB is left out", rate / 1000.0)
    })
}

/// The parser that the peer shows: this one where it finds the same in every text, one modelled on it where it finds
/// as many errors in most of what tells. `None` when not even the command after a text is answered.
async fn shown(model: Model, runner: &mut Runner, dialect: Dialect, schema: &Schema) -> Option<Model> {
    let alike = alike(model, runner, dialect, schema).await?;
    if alike < TELLING.len() {
        return Some(if is_most(alike) { Model::Tolerant } else { Model::Library });
    }
    for text in WAYS {
        if !answers_like(model, text, runner, dialect, schema).await? {
            return Some(Model::Tolerant);
        }
    }
    Some(model)
}

/// In how many of the texts that tell the peer finds what this parser does.
async fn alike(model: Model, runner: &mut Runner, dialect: Dialect, schema: &Schema) -> Option<usize> {
    let mut alike = 0;
    for text in TELLING {
        alike += usize::from(answers_like(model, text, runner, dialect, schema).await?);
    }
    Some(alike)
}

fn is_most(alike: usize) -> bool {
    alike * 2 > TELLING.len()
}

/// Whether the peer finds in malformed text what this parser does: as many errors and as many values. Which ids and
/// classes it answers with is another matter. `None` when it does not answer even the command after it.
async fn answers_like(
    model: Model,
    text: &[u8],
    runner: &mut Runner,
    dialect: Dialect,
    schema: &Schema,
) -> Option<bool> {
    let harmless = if dialect == Dialect::Qmp { "query-version" } else { "guest-ping" };
    let id = Value::string("qmprobe-parser");
    let command = request::execute(harmless, None, Some(&id));
    // The object between keeps the errors apart: a defect in long rows of them is no other parser.
    let stream = [text, b"\n{}\n\xFF\n", &command, b"\n"].concat();
    let replies = runner.ask_stream(&stream, &id).await;
    replies.last().filter(|last| last.get("id") == Some(&id))?;
    let peer = Peer { schema, version: runner.version(), model };
    let predicted = predict_stream(&peer, SessionState::command_mode(dialect), &stream);
    let alike = predicted.iter().zip(&replies).all(|(due, reply)| is_of_kind(due, reply));
    Some(predicted.len() == replies.len() && alike)
}

/// Whether a reply may be to what this parser finds.
fn is_of_kind(due: &Predicted, reply: &Message) -> bool {
    let of_a_command = reply.get("return").is_some()
        || reply.get("id").is_some()
        || reply.error_class().is_some_and(|class| class != "GenericError");
    match &due.expectation {
        found if found.json_error => reply.get("return").is_none(),
        found => found.id.is_none() || of_a_command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::automaton::{Automaton, Outcome};

    /// The most errors in a row that a text is worth.
    fn errors(model: Model, text: &[u8]) -> usize {
        let mut outcomes = Vec::new();
        Automaton::new(model).feed(&[text, b"\n{}\n\xFF\n"].concat(), &mut outcomes);
        let rows = outcomes.split(|outcome| matches!(outcome, Outcome::Value { .. }));
        rows.map(<[Outcome]>::len).max().unwrap_or(0)
    }

    #[test]
    fn a_telling_text_is_worth_more_than_one_error_to_each_of_qemus_parsers() {
        for (text, model) in TELLING.iter().flat_map(|text| [(text, Model::V3_1), (text, Model::V11)]) {
            assert!(errors(model, text) > 1, "{model:?} of {}", qmprobe_wire::escape::escape(text));
        }
    }

    #[test]
    fn no_text_is_worth_so_many_errors_in_a_row_that_a_defect_in_rows_of_them_would_look_like_another_parser()
    {
        for (text, model) in
            TELLING.iter().chain(WAYS).flat_map(|text| [(text, Model::V3_1), (text, Model::V11)])
        {
            assert!(errors(model, text) < 3, "{model:?} of {}", qmprobe_wire::escape::escape(text));
        }
    }
}
