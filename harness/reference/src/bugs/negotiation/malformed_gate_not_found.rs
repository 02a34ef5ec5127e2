//! Before negotiation malformed input is refused with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "malformed-gate-not-found",
    rule: "negotiation-malformed",
    summary: "before negotiation malformed input is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, session, _| {
            let malformed = matches!(
                refusal.check,
                Check::Json
                    | Check::Object
                    | Check::Verb
                    | Check::VerbMissing
                    | Check::Arguments
                    | Check::Member
            );
            if malformed && !session.negotiated {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
