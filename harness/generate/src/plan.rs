//! The systematic enumeration: every command's cases, each a pure function of (schema, seed, index).
//!
//! What a case is gets decided in [`Plan::new`]; its bytes are made when it is asked for.

use crate::budget::{self, Share};
use crate::build::{Build, Form, put_token};
use crate::entropy::mix;
use crate::minimal::Smallest;
use crate::site::{Site, Step, sites};
use crate::title::title;
use crate::valid::{self, Stretched};
use crate::violation::{self, Violation};
use qmprobe_schema::{Command, Schema};
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step as CaseStep, Value, request};
use std::sync::Arc;

/// Valid cases of one command.
pub const VALID_MAX: usize = 1200;
/// Violations of one command.
pub const VIOLATIONS_MAX: usize = 600;
/// Valid values that a place which is always there gets before other places get their second one: as many as
/// an integer has.
const MANDATORY_EACH: usize = 4;

/// Stand for strings without a reason to be another. They can be neither a host path outside the working
/// directory nor an option nor a protocol, whoever takes them for one.
const WORDS: [&str; 8] = ["x", "q0", "disk0", "net1", "node-a", "m1", "dev_b", "z9"];

/// All cases for one schema.
#[derive(Debug)]
pub struct Plan<'s> {
    smallest: Smallest<'s>,
    seed: u64,
    sections: Vec<Section<'s>>,
    len: u64,
    unmakeable: Vec<&'s str>,
}

/// The cases of one command.
#[derive(Debug)]
struct Section<'s> {
    command: &'s Command,
    first: u64,
    drafts: Vec<Draft<'s>>,
}

/// A case before it has bytes.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'s> {
    pub steps: Arc<[Step<'s>]>,
    pub form: Form<'s>,
    /// Everything beside the way is given, not only what must be.
    pub full: bool,
    /// What is wrong with it; `None` for valid input.
    pub violation: Option<&'static Violation>,
}

impl<'s> Plan<'s> {
    /// Decides what the cases are. The seed chooses what gets beyond a command's budget, the words that
    /// stand for strings, and the forms of the ids.
    pub fn new(schema: &'s Schema, dialect: Dialect, seed: u64) -> Plan<'s> {
        let mut plan = Plan {
            smallest: Smallest::new(schema),
            seed,
            sections: Vec::new(),
            len: 0,
            unmakeable: Vec::new(),
        };
        let mut stretched = Stretched::new();
        for (command, nth) in schema.commands.iter().zip(0..) {
            if dialect == Dialect::Qga {
                // An agent reads thousands of bytes at once.
                stretched.clear();
            }
            let spin = mix(seed, nth);
            let Some(drafts) = drafts(&plan.smallest, command, dialect, spin, &mut stretched) else {
                plan.unmakeable.push(&command.name);
                continue;
            };
            let first = plan.len;
            plan.len += drafts.len() as u64;
            plan.sections.push(Section { command, first, drafts });
        }
        plan
    }

    /// How many cases there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none: the schema has no command.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The commands that have no cases because no finite arguments conform.
    pub fn unmakeable(&self) -> &[&'s str] {
        &self.unmakeable
    }

    /// The case at `index`, or `None` from [`Plan::len`] on.
    pub fn case(&self, index: u64) -> Option<Case> {
        let after = self.sections.partition_point(|section| section.first <= index);
        let section = self.sections.get(after.checked_sub(1)?)?;
        let draft = section.drafts.get(usize::try_from(index - section.first).ok()?)?;
        Some(self.make(section.command, draft, index))
    }

    /// All cases: commands by name, of each the valid ones first.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        let drafts = self.sections.iter().flat_map(|section| {
            section.drafts.iter().zip(section.first..).map(|(draft, index)| (section.command, draft, index))
        });
        drafts.map(|(command, draft, index)| self.make(command, draft, index))
    }

    /// The cases of one command, with the ids that they have among all; none for an unknown command.
    pub fn command_cases(&self, command: &str) -> Vec<Case> {
        let sections = self.sections.iter().filter(|section| section.command.name == command);
        let drafts = sections
            .flat_map(|section| section.drafts.iter().zip(section.first..).map(move |at| (section, at)));
        drafts.map(|(section, (draft, index))| self.make(section.command, draft, index)).collect()
    }

    fn make(&self, command: &Command, draft: &Draft<'s>, index: u64) -> Case {
        let noise = mix(self.seed, index);
        let arguments = self.arguments(command, draft, &word(noise, index));
        let id = id(noise, index);
        let mut bytes = request::execute(&command.name, arguments.as_ref(), id.as_ref());
        if let Form::Token(token) = draft.form {
            put_token(&mut bytes, token);
        }
        bytes.push(b'\n');
        let mut steps = vec![CaseStep::Send(bytes)];
        if !command.success_response {
            // Behind silence the next reply may be lost as well.
            steps.push(CaseStep::Send(b"{\"execute\":\"guest-ping\",\"id\":\"next\"}\n".to_vec()));
        }
        Case {
            id: CaseId { seed: self.seed, index },
            name: title(&command.name, draft),
            command: Some(command.name.clone()),
            aim: draft.violation.map(|violation| violation.rule.to_owned()),
            start: Start::Command,
            steps,
        }
    }

    fn arguments(&self, command: &Command, draft: &Draft<'s>, word: &str) -> Option<Value> {
        if draft.form == Form::Absent {
            return None;
        }
        let build = Build { smallest: &self.smallest, word, full: draft.full };
        match (command.arguments, &draft.form) {
            (Some(ty), form) => build.value(ty, &draft.steps, form),
            (None, Form::With(name, value)) => {
                Some(Value::Object(vec![(name.clone().into_owned(), value.clone())]))
            }
            (None, _) => Some(Value::Object(Vec::new())),
        }
    }
}

/// What the cases of `command` are; `None` when no finite arguments conform.
fn drafts<'s>(
    smallest: &Smallest<'s>,
    command: &'s Command,
    dialect: Dialect,
    spin: u64,
    stretched: &mut Stretched<'s>,
) -> Option<Vec<Draft<'s>>> {
    // A second negotiation is refused before its arguments matter.
    let negotiates = dialect == Dialect::Qmp && command.name == "qmp_capabilities";
    let binds = command.marshalled && !negotiates;
    let Some(root) = command.arguments else {
        let draft = |form, violation| Draft { steps: Arc::default(), form, full: false, violation };
        let mut drafts = vec![draft(Form::Absent, None), draft(Form::Smallest, None)];
        if binds {
            drafts.extend(violation::of_no_arguments().map(|(form, violation)| draft(form, Some(violation))));
        }
        return Some(drafts);
    };
    let sites = sites(smallest, root);
    if sites.is_empty() {
        return None;
    }
    let valid = sites.iter().map(|site| Share {
        each: if site.optional { 1 } else { MANDATORY_EACH },
        items: valid_drafts(smallest, site, stretched),
    });
    let mut drafts = budget::round_robin(valid.collect(), VALID_MAX, spin);
    if binds {
        let wrong = sites.iter().zip(0..);
        let wrong = wrong.map(|(site, nth)| Share { each: 1, items: wrong_drafts(smallest, site, nth) });
        drafts.extend(budget::round_robin(wrong.collect(), VIOLATIONS_MAX, spin));
    }
    Some(drafts)
}

fn valid_drafts<'s>(
    smallest: &Smallest<'s>,
    site: &Site<'s>,
    stretched: &mut Stretched<'s>,
) -> Vec<Draft<'s>> {
    let forms = valid::forms(smallest, site, stretched).into_iter();
    forms.map(|form| Draft { steps: site.steps.clone(), form, full: false, violation: None }).collect()
}

/// The violations at one place. Neighbouring places begin with different ones, so that a budget that gives
/// each place only one still has them all.
fn wrong_drafts<'s>(smallest: &Smallest<'s>, site: &Site<'s>, nth: usize) -> Vec<Draft<'s>> {
    let mut drafts = Vec::new();
    let mut forms = Vec::new();
    for violation in violation::ALL {
        (violation.forms)(smallest, site, &mut forms);
        let in_full = forms.first().filter(|_| site.optional && site.spare).cloned();
        let draft = |form, full| Draft { steps: site.steps.clone(), form, full, violation: Some(violation) };
        drafts.extend(forms.drain(..).map(|form| draft(form, false)));
        drafts.extend(in_full.map(|form| draft(form, true)));
    }
    if !drafts.is_empty() {
        let first = nth % drafts.len();
        drafts.rotate_left(first);
    }
    drafts
}

/// What stands for the strings of a case: mostly a word of its own, since what is made under a name that is
/// taken gets no further than that; else one that others share, so that they meet what was made.
fn word(noise: u64, index: u64) -> String {
    let shared = WORDS[(noise >> 8) as usize % WORDS.len()];
    if (noise >> 16).is_multiple_of(4) { shared.to_owned() } else { format!("w{index}") }
}

/// Most requests carry their index as id; one in sixteen a short string, one in sixteen none.
fn id(noise: u64, index: u64) -> Option<Value> {
    match noise % 16 {
        0 => None,
        1 => Some(Value::String(format!("c{index}"))),
        _ => Some(Value::int(i64::try_from(index).unwrap_or(i64::MAX))),
    }
}
