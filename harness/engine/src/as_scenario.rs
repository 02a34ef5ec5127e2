//! A finding as a scenario: what its case sends, and what a conforming peer answers. It is kept beside the
//! finding, for whoever wants to read it, change it, or keep it as a test.

use crate::event::Finding;
use qmprobe_check::predict;
use qmprobe_check::predict::{Accepted, Expectation};
use qmprobe_scenario::convert::{Answer, from_case};
use qmprobe_scenario::parse::BYTES_MAX;
use qmprobe_scenario::{Pattern, Scenario};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::automaton::{Automaton, Model};
use qmprobe_wire::{SessionState, Start, Step, Value};

/// The extension of scenario files.
pub const EXTENSION: &str = "qmp";

/// The finding's scenario as text; `None` for one that is too long to be read again.
pub(crate) fn text(finding: &Finding, spec: &PeerSpec, schema: &Schema) -> Option<String> {
    let text = scenario(finding, spec, schema).to_string();
    (text.len() <= BYTES_MAX).then_some(text)
}

fn scenario(finding: &Finding, spec: &PeerSpec, schema: &Schema) -> Scenario {
    let case = &finding.case;
    let (dialect, version) = (finding.peer.dialect, finding.peer.version);
    let about = [&finding.title, &finding.requirement, &case.name];
    let about = about.into_iter().map(|line| line.replace(char::is_control, " ").trim().to_owned()).collect();
    let begin = || match case.start {
        Start::Command => SessionState::command_mode(dialect),
        Start::Greeting | Start::Connected => SessionState::fresh(dialect),
    };
    let mut state = begin();
    let mut automaton = Automaton::new(Model::of(version));
    let mut before = 0;
    let mut scenario = from_case(case, dialect, &finding.rule, about, |number, bytes| {
        if case.steps[before..number].iter().any(Step::opens_another) {
            state = SessionState::fresh(dialect);
            automaton = Automaton::new(Model::of(version));
        }
        before = number;
        let mut outcomes = Vec::new();
        automaton.feed(bytes, &mut outcomes);
        let answers = outcomes.iter().map(|outcome| {
            let expectation = predict(schema, version, state, outcome);
            state = expectation.next;
            answer(&expectation)
        });
        answers.collect()
    });
    let header = &mut scenario.header;
    header.about.retain(|line| !line.is_empty());
    if matches!(spec.kind(), "qemu" | "storage-daemon" | "guest-agent") {
        header.peers.push(spec.kind().to_owned());
    }
    match spec {
        PeerSpec::Qemu { extra, .. }
        | PeerSpec::StorageDaemon { extra, .. }
        | PeerSpec::GuestAgent { extra, .. } => {
            header.arguments.clone_from(extra);
        }
        PeerSpec::Spawn { .. } | PeerSpec::Connect { .. } | PeerSpec::Embedded(_) => {}
    }
    scenario
}

/// One line for what a conforming peer answers; where that is left open, the rules judge it.
fn answer(expectation: &Expectation) -> Answer {
    let accepted = expectation.accepted;
    if accepted.has(Accepted::NOTHING) {
        return Answer::Open;
    }
    let named = |name: &str, pattern| (name.to_owned(), pattern);
    let error = |class: &str| {
        let members = vec![named("class", Pattern::String(class.to_owned()))];
        named("error", Pattern::Object { members, more: false })
    };
    let mut members = Vec::new();
    let mut more = false;
    match accepted {
        Accepted::RETURN => members.push(named("return", Pattern::Any)),
        Accepted::GENERIC => members.push(error("GenericError")),
        Accepted::NOT_FOUND => members.push(error("CommandNotFound")),
        _ => more = true,
    }
    let id: Option<&Value> = expectation.id.as_ref();
    members.extend(id.map(|id| named("id", Pattern::exactly(id))));
    Answer::Value(Pattern::Object { members, more })
}
