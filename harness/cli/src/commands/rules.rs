//! `qmprobe rules`: the catalogue as a table, or as JSON.

use crate::args::RulesArgs;
use crate::exit::Failure;
use crate::stdout::Stdout;
use qmprobe_check::{ALL, Rule};
use qmprobe_report::Outcome;
use serde_json::json;
use std::io::Write;

/// Runs the command.
pub fn run(args: &RulesArgs) -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    if args.json {
        let rules: Vec<_> = ALL.iter().map(|rule| document(rule)).collect();
        serde_json::to_writer_pretty(&mut out, &rules).map_err(Failure::trouble)?;
        writeln!(out)?;
    } else {
        let slug = ALL.iter().map(|rule| rule.slug.len()).max().unwrap_or_default();
        for rule in ALL {
            writeln!(
                out,
                "{}  {:<slug$}  {:<9}  {}",
                rule.id,
                rule.slug,
                rule.terms.severity.name(),
                rule.title
            )?;
        }
    }
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn document(rule: &Rule) -> serde_json::Value {
    let dialects: Vec<_> = rule.terms.dialects.iter().map(|dialect| dialect.name()).collect();
    json!({
        "id": rule.id,
        "rule": rule.slug,
        "severity": rule.terms.severity.name(),
        "title": rule.title,
        "requirement": rule.requirement,
        "source": rule.source,
        "dialects": dialects,
        "versions": rule.terms.versions.to_string(),
        "versions_reason": rule.terms.versions_reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_page() {
        let slug = ALL.iter().map(|rule| rule.slug.len()).max().unwrap();
        for rule in ALL {
            let width = rule.id.len() + 2 + slug + 2 + 9 + 2 + rule.title.chars().count();
            assert!(width <= 100, "{}: {width}", rule.slug);
        }
    }
}
