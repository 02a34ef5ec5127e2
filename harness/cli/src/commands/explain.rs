//! `qmprobe explain RULE`: everything about one rule, and how to see it broken.

use crate::args::ExplainArgs;
use crate::exit::Failure;
use crate::names::known_rule;
use crate::stdout::Stdout;
use qmprobe_check::Rule;
use qmprobe_report::Outcome;
use qmprobe_wire::Dialect;
use std::io::{self, Write};

/// Runs the command.
pub fn run(args: &ExplainArgs) -> Result<Outcome, Failure> {
    let rule = known_rule(&args.rule)?;
    let mut out = Stdout::new();
    explain(rule, &mut out)?;
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn explain(rule: &Rule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {}: {}\n", rule.id, rule.slug, rule.title)?;
    writeln!(out, "{}\n", rule.requirement)?;
    writeln!(out, "  source    {}", rule.source)?;
    writeln!(out, "  severity  {}", rule.severity.name())?;
    let dialects: Vec<_> = rule.dialects.iter().map(|dialect| dialect.name()).collect();
    writeln!(out, "  speaks of {}", dialects.join(" and "))?;
    writeln!(out, "  versions  {}", rule.versions)?;
    if !rule.versions_reason.is_empty() {
        writeln!(out, "            {}", rule.versions_reason)?;
    }
    if !rule.yields_to.is_empty() {
        writeln!(out, "  yields to {} (one defect is reported once)", rule.yields_to.join(", "))?;
    }
    let protocol = if rule.dialects.contains(&Dialect::Qmp) { "" } else { " --protocol qga" };
    let bugs = qmprobe_reference::bugs().iter().filter(|bug| bug.rule == rule.slug);
    for (index, bug) in bugs.enumerate() {
        if index == 0 {
            writeln!(out, "\nThe reference peer breaks it with these bugs:")?;
        }
        let serve = format!("qmprobe serve --bug {}{protocol} --listen unix:{{socket}}", bug.name);
        writeln!(out, "\n  {}: {}", bug.name, bug.summary)?;
        writeln!(out, "    qmprobe check --rule {}{protocol} --spawn '{serve}'", rule.slug)?;
    }
    Ok(())
}
