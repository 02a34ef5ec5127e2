//! What an oracle says: nonconformance is data, never an error.

use crate::rule::Rule;

/// One rule's word on one transcript.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule.
    pub rule: &'static Rule,
    /// Its word.
    pub outcome: Outcome,
}

/// Pass, fail, or nothing to say.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The rule had something to look at and it held.
    Pass,
    /// It did not hold.
    Fail(Breach),
    /// It had nothing to look at; why.
    Skip(&'static str),
}

/// Precisely what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breach {
    /// Index of the exchange in the transcript.
    pub exchange: usize,
    /// The command concerned, where the defect is one of that command and not of the peer as a whole.
    pub command: Option<String>,
    /// A short stable word for the kind of breach, part of the signature: `missing`, `undeclared`, `SIGABRT`.
    pub class: String,
    /// Where in the value: `return.cpus[0].props`. Empty where there is no value.
    pub value_path: String,
    /// Where in the schema: `query-cpus-fast.returns[].props`. Empty where no schema is concerned.
    pub schema_path: String,
    /// Every accepted outcome.
    pub expected: Vec<String>,
    /// The actual one.
    pub actual: String,
}
