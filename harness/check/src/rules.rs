//! The catalogue: one file per rule, one line in [`ALL`].

mod agent_outlives_client;
mod agent_silent_start;
mod arguments_coercion;
mod arguments_enum;
mod arguments_null;
mod arguments_range;
mod arguments_refused;
mod arguments_required;
mod arguments_type;
mod arguments_unknown;
mod basic_commands;
mod command_not_found;
mod commands_agree;
mod declared_command;
mod descriptor_required;
mod envelope_arguments;
mod envelope_execute;
mod envelope_members;
mod envelope_object;
mod envelope_order;
mod error_class;
mod error_shape;
mod event_data;
mod event_declared;
mod event_gate;
mod event_rate;
mod event_shape;
mod greeting_first;
mod greeting_shape;
mod greeting_version_agrees;
pub(crate) mod guest_info_agrees;
mod half_close_ends;
mod half_command_outlives_client;
mod input_framing;
mod json_error_answered;
mod json_error_no_id;
pub(crate) mod json_leniency;
mod line_end;
mod negotiation_arguments;
mod negotiation_atomic;
mod negotiation_gate;
mod negotiation_malformed;
mod negotiation_once;
mod negotiation_per_connection;
mod negotiation_succeeds;
mod no_foreign_reply;
pub(crate) mod no_leak;
mod one_reply;
mod oob_allowed;
mod oob_gate;
mod output_ascii;
mod output_bounded;
mod output_framing;
mod output_strict_json;
mod peer_survives;
mod refused_changes_nothing;
mod reply_id_echo;
mod reply_order;
mod reply_shape;
mod return_empty;
mod return_enum;
mod return_range;
mod return_required;
mod return_type;
mod return_undeclared;
mod schema_agrees;
mod silent_success;
pub(crate) mod stream_predicted;
mod sync_echo;
mod sync_recovers;
mod sync_reset;
mod sync_sentinel;

use crate::context::Context;
use crate::rule::Rule;
use crate::stream::is_stream;
use crate::verdict::Verdict;
use qmprobe_schema::Schema;
use qmprobe_wire::Transcript;

/// Every rule, in the order of the catalogue.
pub static ALL: &[&Rule] = &[
    &greeting_first::RULE,
    &greeting_shape::RULE,
    &greeting_version_agrees::RULE,
    &negotiation_gate::RULE,
    &negotiation_malformed::RULE,
    &negotiation_arguments::RULE,
    &negotiation_atomic::RULE,
    &negotiation_succeeds::RULE,
    &negotiation_once::RULE,
    &negotiation_per_connection::RULE,
    &envelope_object::RULE,
    &envelope_execute::RULE,
    &envelope_arguments::RULE,
    &envelope_members::RULE,
    &envelope_order::RULE,
    &command_not_found::RULE,
    &oob_gate::RULE,
    &oob_allowed::RULE,
    &reply_id_echo::RULE,
    &json_error_no_id::RULE,
    &json_error_answered::RULE,
    &json_leniency::RULE,
    &one_reply::RULE,
    &reply_order::RULE,
    &input_framing::RULE,
    &no_foreign_reply::RULE,
    &half_close_ends::RULE,
    &reply_shape::RULE,
    &error_shape::RULE,
    &error_class::RULE,
    &arguments_required::RULE,
    &arguments_unknown::RULE,
    &arguments_type::RULE,
    &arguments_coercion::RULE,
    &arguments_null::RULE,
    &arguments_range::RULE,
    &arguments_enum::RULE,
    &arguments_refused::RULE,
    &descriptor_required::RULE,
    &refused_changes_nothing::RULE,
    &declared_command::RULE,
    &basic_commands::RULE,
    &commands_agree::RULE,
    &schema_agrees::RULE,
    &return_empty::RULE,
    &return_required::RULE,
    &return_undeclared::RULE,
    &return_type::RULE,
    &return_enum::RULE,
    &return_range::RULE,
    &output_ascii::RULE,
    &output_strict_json::RULE,
    &output_framing::RULE,
    &line_end::RULE,
    &output_bounded::RULE,
    &event_shape::RULE,
    &event_declared::RULE,
    &event_data::RULE,
    &event_gate::RULE,
    &event_rate::RULE,
    &agent_silent_start::RULE,
    &sync_sentinel::RULE,
    &sync_echo::RULE,
    &guest_info_agrees::RULE,
    &silent_success::RULE,
    &sync_reset::RULE,
    &sync_recovers::RULE,
    &agent_outlives_client::RULE,
    &half_command_outlives_client::RULE,
    &peer_survives::RULE,
    &no_leak::RULE,
    &stream_predicted::RULE,
];

/// The rules that look at a stream of malformed and other commands, or at one that is cut: those about the bytes that
/// come back.
const OF_STREAMS: &[&str] = &[
    "stream-predicted",
    "peer-survives",
    "greeting-first",
    "greeting-shape",
    "output-ascii",
    "output-strict-json",
    "output-framing",
    "output-bounded",
    "line-end",
    "reply-shape",
    "error-shape",
    "error-class",
];

/// The rule with this slug or id.
pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.slug == name || rule.id.eq_ignore_ascii_case(name))
}

/// Every rule's verdict on one transcript.
pub fn judge(schema: &Schema, transcript: &Transcript) -> Vec<Verdict> {
    let context = Context::new(schema, transcript);
    let mut verdicts = Vec::new();
    let aim = transcript.case.aim.as_deref();
    // What is wrong with the answers in these cases is wrong with the reading.
    let of_bytes = is_stream(&transcript.case) || aim == Some(input_framing::RULE.slug);
    let looks = |rule: &Rule| !of_bytes || OF_STREAMS.contains(&rule.slug) || aim == Some(rule.slug);
    for rule in ALL.iter().filter(|rule| looks(rule)) {
        if rule.terms.dialects.contains(&transcript.dialect)
            && rule.terms.versions.contains(transcript.version)
        {
            (rule.judge)(&context, rule, &mut verdicts);
        }
    }
    verdicts
}
