//! `qmprobe explain ID`: everything about one rule, and how to see it broken; or one statement of the protocol, and
//! what shows it.

use crate::args::ExplainArgs;
use crate::exit::Failure;
use crate::names::known_rule;
use crate::stdout::Stdout;
use qmprobe_check::Rule;
use qmprobe_check::statements::{self, STATEMENTS, Shown, Statement};
use qmprobe_report::{Outcome, wrap};
use qmprobe_wire::Dialect;
use std::io::{self, Write};

/// Columns of a page.
const WIDTH: usize = 100;
/// Where the text of an entry begins.
const INDENT: usize = 13;

/// Runs the command.
pub fn run(args: &ExplainArgs) -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    match statements::find(&args.rule) {
        Some(statement) => explain_statement(statement, &mut out)?,
        None => explain(known_rule(&args.rule)?, &mut out)?,
    }
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn explain_statement(statement: &Statement, out: &mut impl Write) -> io::Result<()> {
    for line in wrap(&format!("{}: {}", statement.id, statement.says), WIDTH) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    entry(out, "source", statement.source)?;
    if let Shown::Not(why) = statement.shown {
        return entry(out, "not shown", why);
    }
    let (scenarios, rules): (Vec<&str>, Vec<&str>) =
        statement.shown_by().iter().partition(|name| name.contains('/'));
    for rule in rules.into_iter().filter_map(qmprobe_check::find) {
        entry(out, "rule", &format!("{} {}: {}", rule.id, rule.slug, rule.title))?;
    }
    for scenario in scenarios {
        entry(out, "scenario", &format!("scenarios/{scenario}.qmp"))?;
    }
    Ok(())
}

fn explain(rule: &Rule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {}: {}\n", rule.id, rule.slug, rule.title)?;
    for line in wrap(rule.requirement, WIDTH) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    entry(out, "source", rule.source)?;
    entry(out, "severity", rule.terms.severity.name())?;
    let dialects: Vec<_> = rule.terms.dialects.iter().map(|dialect| dialect.name()).collect();
    entry(out, "protocols", &dialects.join(", "))?;
    entry(out, "versions", &rule.terms.versions.to_string())?;
    if !rule.terms.versions_reason.is_empty() {
        entry(out, "because", rule.terms.versions_reason)?;
    }
    if !rule.terms.yields_to.is_empty() {
        entry(
            out,
            "yields to",
            &format!("{} (so that one defect is reported once)", rule.terms.yields_to.join(", ")),
        )?;
    }
    let shown = STATEMENTS.iter().filter(|statement| statement.shown_by().contains(&rule.slug));
    let shown: Vec<&str> = shown.map(|statement| statement.id).collect();
    entry(out, "shows", &format!("{} (`qmprobe explain ID`)", shown.join(", ")))?;
    let bugs = qmprobe_reference::bugs().iter().filter(|bug| bug.rule == rule.slug);
    for (index, bug) in bugs.enumerate() {
        if index == 0 {
            writeln!(out, "\nThe reference peer breaks it with these bugs:")?;
        }
        let protocol = if bug.dialect == Dialect::Qga { " --protocol qga" } else { "" };
        let serve = format!("qmprobe serve --bug {}{protocol} --listen unix:{{socket}}", bug.name);
        writeln!(out, "\n  {}: {}", bug.name, bug.summary)?;
        writeln!(out, "    qmprobe check --rule {}{protocol} --spawn '{serve}'", rule.slug)?;
    }
    Ok(())
}

fn entry(out: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    for (index, line) in wrap(text, WIDTH - INDENT).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        writeln!(out, "  {label:<width$}{line}", width = INDENT - 2)?;
    }
    Ok(())
}
