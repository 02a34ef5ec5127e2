//! Input is framed by value and not by line: without newlines, several commands on a line, one over many, in
//! pieces. Peers that read by line are not sent these.

use super::{Cases, command, send};
use qmprobe_wire::{Start, Step};

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let good = |id: u32| format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}");
    let unknown = |id: u32| format!("{{\"execute\":\"qmprobe-no-such-command\",\"id\":{id}}}");
    let bare = |text: String| Step::Send(text.into_bytes());
    let mut one = |aim: &str, name: &str, steps: Vec<Step>| cases.push(aim, name, Start::Command, steps);
    one("one-reply", "no newline", vec![bare(good(1)), bare(good(2)), bare(unknown(3))]);
    let many: String = (1..=24).map(|id| if id % 3 == 0 { unknown(id) } else { good(id) }).collect();
    one("reply-order", "24 commands without white space", vec![bare(many)]);
    let pretty = format!("{{\n  \"execute\" :\t\"{harmless}\" ,\r\n \"id\" : 1\n}}\n\n\n");
    one("reply-order", "spread over lines", vec![send(pretty), send(good(2))]);
    let whole = good(1);
    let (head, tail) = whole.split_at(whole.len() / 2);
    let pieces = vec![
        Step::Push(head.into()),
        Step::Settle(20),
        Step::Send(format!("{tail}\n").into_bytes()),
        command(harmless, 2),
    ];
    one("one-reply", "in two pieces", pieces);
}
