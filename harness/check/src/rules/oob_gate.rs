//! 'exec-oob' without the capability: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q207",
    slug: "oob-gate",
    title: "exec-oob needs the capability",
    requirement: "'exec-oob' on a session that has not enabled the capability oob is answered with GenericError; on one that has, it is carried out as any command.",
    source: "QMP specification, Out-of-band execution; QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms { yields_to: &["envelope-members", "command-not-found"], ..Terms::USUAL },
    judge: prediction::judge,
};
