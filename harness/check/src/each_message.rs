//! The loop of the rules that judge each message by itself.

use crate::context::Context;
use crate::rule::Rule;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::Message;

/// Concludes from what `look` says of each message and the index of its exchange: `None` where it does not concern
/// the rule, else the breaches in it. `why_not` is said when none did.
pub fn judge_each<'a, B: IntoIterator<Item = Breach>>(
    context: &Context<'a>,
    rule: &'static Rule,
    why_not: &'static str,
    out: &mut Vec<Verdict>,
    mut look: impl FnMut(usize, &'a Message) -> Option<B>,
) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (exchange, message) in context.messages() {
        let Some(found) = look(exchange, message) else { continue };
        looked = true;
        breaches.extend(found.into_iter().map(|breach| Breach { exchange, ..breach }));
    }
    conclude(rule, breaches, looked, why_not, out);
}
