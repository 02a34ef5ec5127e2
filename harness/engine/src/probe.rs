//! What a peer shows of its parser: a server of somebody's own may state the version of a QEMU and still count
//! errors in its own way.

use crate::runner::Runner;
use qmprobe_check::stream::{Came, Peer, difference, predict_stream};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::automaton::{Model, NESTING_MAX};
use qmprobe_wire::{Dialect, Message, SessionState, Value, request};

/// Malformed texts that are worth two errors or more to QEMU's parser, whatever its version.
const TELLING: &[&[u8]] =
    &[b"{\"id\":01}", b"#a,b", b"}}", b"\xFF\xFF", b"[1}]", b"{\"a\":\"\x01\"}", b"tru\xFE", b"{:}}"];

/// Finds out which parser the peer has, and lets its runner know; says so when it is none of QEMU's. One with
/// a defect is still QEMU's. The peers that we start as QEMU's own are believed their version.
pub(crate) async fn settle(runner: &mut Runner, spec: &PeerSpec, schema: &Schema) -> Option<String> {
    if !matches!(spec, PeerSpec::Spawn { .. } | PeerSpec::Connect { .. }) {
        return None;
    }
    let stated = Model::of(runner.version());
    let mut alike = 0;
    for text in TELLING {
        match answers_like(stated, text, runner, spec.dialect(), schema).await {
            Some(like) => alike += usize::from(like),
            None => break,
        }
    }
    if stated != Model::Tolerant && alike * 2 > TELLING.len() {
        let levels = NESTING_MAX as usize + 1;
        let deep = ["[".repeat(levels), "]".repeat(levels)].concat().into_bytes();
        for model in [stated, Model::V3_1, Model::V11] {
            if answers_like(model, &deep, runner, spec.dialect(), schema).await == Some(true) {
                runner.set_model(model);
                return None;
            }
        }
        runner.set_model(stated);
        return None;
    }
    runner.set_model(Model::Tolerant);
    let note = "its parser is none of QEMU's: how many errors malformed text is worth is not held against it";
    Some(note.to_owned())
}

/// Whether the peer answers malformed text as this parser does. `None` when it does not answer even the command
/// after it.
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
    let came: Vec<Came<'_>> = replies.iter().map(|reply: &Message| Came { reply, sentinel: false }).collect();
    let peer = Peer { schema, version: runner.version(), model };
    let predicted = predict_stream(&peer, SessionState::command_mode(dialect), &stream);
    Some(difference(&peer, dialect, &stream, &predicted, &came).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::automaton::Automaton;

    #[test]
    fn a_telling_text_is_worth_more_than_one_error_to_each_of_qemus_parsers() {
        for (text, model) in TELLING.iter().flat_map(|text| [(text, Model::V3_1), (text, Model::V11)]) {
            let mut outcomes = Vec::new();
            Automaton::new(model).feed(text, &mut outcomes);
            assert!(outcomes.len() > 1, "{model:?} of {}", qmprobe_wire::escape::escape(text));
        }
    }
}
