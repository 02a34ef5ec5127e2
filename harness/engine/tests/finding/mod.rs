//! A finding to match waivers against.

use qmprobe_engine::event::{Finding, PeerFacts};
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Version};

/// A missing reply of `query-name` on QEMU 7.2, whose standard error mentions an assertion.
pub fn finding(rule: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        id: "Q305".to_owned(),
        title: "One reply per command".to_owned(),
        requirement: "Every command is answered once.".to_owned(),
        source: "QMP specification".to_owned(),
        severity: "violation".to_owned(),
        signature: "0123456789ab".to_owned(),
        command: Some("query-name".to_owned()),
        class: "missing".to_owned(),
        value_path: String::new(),
        schema_path: String::new(),
        expected: vec!["return".to_owned()],
        actual: "no reply within 5000 ms".to_owned(),
        evidence: Vec::new(),
        peer_after: "alive".to_owned(),
        stderr_tail: "a.c:1: f: Assertion `x' failed.".to_owned(),
        reproduced: 3,
        tries: 3,
        occurrences: 1,
        core: None,
        after_s: None,
        waived: None,
        case: Case {
            id: CaseId { seed: 0, index: 0 },
            name: "query-name".to_owned(),
            command: Some("query-name".to_owned()),
            aim: None,
            start: Start::Command,
            steps: vec![Step::Send(b"{\"execute\":\"query-name\"}".to_vec())],
        },
        peer: PeerFacts {
            name: "QEMU 7.2.22".to_owned(),
            kind: "qemu".to_owned(),
            dialect: Dialect::Qmp,
            version: Version::parse("7.2.22"),
            command_line: "qemu-system-x86_64".to_owned(),
        },
        by_hand: String::new(),
        file: None,
    }
}
