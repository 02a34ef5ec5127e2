//! Which rules failed, and of which commands: what a failure of another rule may be explained by.

use qmprobe_check::rule::Rule;
use std::collections::{HashMap, HashSet};

/// The commands of which each rule failed, by its slug and by slug and class, and whether that is known.
#[derive(Debug, Default)]
pub(crate) struct Failing(HashMap<String, HashSet<(Option<String>, bool)>>);

impl Failing {
    /// A rule failed; `excused` says that it is known to.
    pub fn note(&mut self, slug: &str, class: &str, command: Option<&str>, excused: bool) {
        for key in [slug.to_owned(), format!("{slug}/{class}")] {
            self.0.entry(key).or_default().insert((command.map(str::to_owned), excused));
        }
    }

    /// Whether one of the rules that explain this one failed, of the same command or of the peer as a whole. What is
    /// known of one command explains nothing else.
    pub fn explains(&self, rule: &Rule, command: Option<&str>) -> bool {
        let fails = rule.terms.yields_to.iter().filter_map(|slug| self.0.get(*slug)).flatten();
        fails.into_iter().any(|(of, excused)| {
            let same = of.as_deref() == command;
            let whole = of.is_none() || command.is_none();
            if *excused { same && of.is_some() } else { same || whole }
        })
    }
}
