//! The catalogue: one file per rule, one line here.

use crate::rule::Rule;
use crate::verdict::Verdict;
use qmprobe_schema::Schema;
use qmprobe_wire::Transcript;

/// What a rule may look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The schema in force.
    pub schema: &'a Schema,
    /// What happened.
    pub transcript: &'a Transcript,
}

/// Every rule, in the order of the catalogue.
pub const ALL: &[&Rule] = &[];

/// The rule with this slug or id.
pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.slug == name || rule.id.eq_ignore_ascii_case(name))
}

/// Every rule's verdict on one transcript.
pub fn judge(schema: &Schema, transcript: &Transcript) -> Vec<Verdict> {
    let context = Context { schema, transcript };
    let mut verdicts = Vec::new();
    for rule in ALL {
        if rule.dialects.contains(&transcript.dialect) && rule.versions.contains(transcript.version) {
            (rule.judge)(&context, rule, &mut verdicts);
        }
    }
    verdicts
}
