//! getfd and add-fd without SCM_RIGHTS: GenericError.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q408",
    slug: "descriptor-required",
    title: "getfd and add-fd need a descriptor",
    requirement: "getfd and add-fd without a file descriptor sent along are answered with GenericError.",
    source: "QEMU monitor/fds.c:qmp_getfd, qmp_add_fd",
    terms: Terms {
        dialects: QMP,
        yields_to: &["declared-command", "json-error-answered/CommandNotFound"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
