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

impl Verdict {
    /// The rule had something to look at, and it held.
    pub fn pass(rule: &'static Rule) -> Verdict {
        Verdict { rule, outcome: Outcome::Pass }
    }

    /// The rule did not hold.
    pub fn fail(rule: &'static Rule, breach: Breach) -> Verdict {
        Verdict { rule, outcome: Outcome::Fail(Box::new(breach)) }
    }

    /// Whether the rule did not hold.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Fail(_))
    }

    /// The rule had nothing to look at.
    pub fn skip(rule: &'static Rule, why: &'static str) -> Verdict {
        Verdict { rule, outcome: Outcome::Skip(why) }
    }
}

/// Pass, fail, or nothing to say.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The rule had something to look at and it held.
    Pass,
    /// It did not hold.
    Fail(Box<Breach>),
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

/// Pushes the fails; when there are none, a pass if anything was looked at, else a skip.
pub fn conclude(
    rule: &'static Rule,
    breaches: Vec<Breach>,
    looked: bool,
    why_not: &'static str,
    out: &mut Vec<Verdict>,
) {
    if breaches.is_empty() {
        out.push(if looked { Verdict::pass(rule) } else { Verdict::skip(rule, why_not) });
    }
    out.extend(breaches.into_iter().map(|breach| Verdict::fail(rule, breach)));
}
