//! Which rules failed, and of which commands: what a failure of another rule may be explained by.

use qmprobe_check::rule::Rule;
use std::collections::{HashMap, HashSet};

/// What failed, by signature.
#[derive(Debug, Default)]
pub(crate) struct Failing(HashMap<String, Failed>);

#[derive(Debug)]
struct Failed {
    /// What a rule may name that this explains: its rule, and that with the class.
    keys: [String; 2],
    commands: HashSet<Option<String>>,
    /// It is known to fail.
    excused: bool,
}

impl Failing {
    /// A rule failed; `excused` says that it is known to.
    pub fn note(&mut self, signature: &str, keys: [String; 2], command: Option<&str>, excused: bool) {
        let fresh = || Failed { keys, commands: HashSet::new(), excused };
        let failed = self.0.entry(signature.to_owned()).or_insert_with(fresh);
        failed.commands.insert(command.map(str::to_owned));
    }

    /// It was a mistake: what does not fail explains nothing.
    pub fn strike(&mut self, signature: &str) {
        self.0.remove(signature);
    }

    /// Whether one of the rules that explain this one failed, of the same command or of the peer as a whole. What is
    /// known of one command explains nothing else.
    pub fn explains(&self, rule: &Rule, command: Option<&str>) -> bool {
        let names =
            |failed: &&Failed| failed.keys.iter().any(|key| rule.terms.yields_to.contains(&key.as_str()));
        self.0.values().filter(names).any(|failed| {
            failed.commands.iter().any(|of| {
                let same = of.as_deref() == command;
                let whole = of.is_none() || command.is_none() || rule.terms.is_consequence;
                if failed.excused { same && of.is_some() } else { same || whole }
            })
        })
    }
}

/// What rules may name that a failure explains: its rule, and that with the class.
pub(crate) fn keys(rule: &str, class: &str) -> [String; 2] {
    [rule.to_owned(), format!("{rule}/{class}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_a_mistake_explains_nothing() {
        let rule = qmprobe_check::find("one-reply").unwrap();
        let mut failing = Failing::default();
        failing.note("a", keys("reply-order", "order"), None, false);
        failing.note("b", keys("reply-shape", "x"), None, false);
        assert!(failing.explains(rule, Some("query-name")));
        failing.strike("a");
        assert!(!failing.explains(rule, Some("query-name")));
    }

    #[test]
    fn a_consequence_is_explained_whatever_command_either_names() {
        let mut failing = Failing::default();
        failing.note("a", keys("one-reply", "missing"), Some("guest-ping"), false);
        failing.note("b", keys("sync-echo", "differs"), Some("guest-sync"), false);
        let explains = |slug| failing.explains(qmprobe_check::find(slug).unwrap(), Some("guest-info"));
        assert!(explains("sync-recovers") && explains("basic-commands"));
        assert!(!failing.explains(qmprobe_check::find("return-type").unwrap(), Some("guest-info")));
    }

    #[test]
    fn what_is_known_of_one_command_explains_nothing_of_another() {
        let rule = qmprobe_check::find("arguments-type").unwrap();
        let mut failing = Failing::default();
        failing.note("a", keys("declared-command", "CommandNotFound"), Some("query-name"), true);
        assert!(failing.explains(rule, Some("query-name")));
        assert!(!failing.explains(rule, Some("query-status")));
        assert!(!failing.explains(rule, None));
    }
}
