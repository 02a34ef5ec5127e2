//! The findings in full, gravest first and by rule; beyond a screenful a table; then the known defects.

use super::paint::{Colour, Page, WIDTH};
use crate::finding::{fields, frequency, headline};
use crate::run::Run;
use crate::text::{counted, printable, shorten, wrap};
use qmprobe_engine::event::Finding;
use std::io;

/// Findings printed in full.
const FULL_MAX: usize = 20;
/// Rows of a table of findings.
const ROWS_MAX: usize = 60;
/// Characters of a rule or a command in a table, and of what stands in the last column.
const CELL_CHARS: usize = 28;
const LAST_CHARS: usize = 200;

pub(super) fn print(page: &mut Page, run: &Run) -> io::Result<()> {
    let unwaived: Vec<&Finding> = run.unwaived().collect();
    let (full, rest) = unwaived.split_at(unwaived.len().min(FULL_MAX));
    let mut rule = "";
    let mut number = 0;
    for finding in full {
        if finding.rule != rule {
            rule = &finding.rule;
            number = 0;
            heading(page, finding)?;
        }
        number += 1;
        in_full(page, number, finding)?;
    }
    if !rest.is_empty() {
        let more = counted(rest.len() as u64, "more finding", "more findings");
        let row = |finding: &&Finding| Row::of(finding, &finding.class);
        table(page, &format!("{more} (each is kept in its file)"), "class", rest.iter().map(row).collect())?;
    }
    known(page, run)
}

/// The waived findings, those of one rule, command and reason in one row.
fn known(page: &mut Page, run: &Run) -> io::Result<()> {
    let mut rows: Vec<Row> = Vec::new();
    for finding in run.waived() {
        let row = Row::of(finding, finding.waived.as_deref().unwrap_or_default());
        match rows.iter_mut().find(|other| other.is_like(&row)) {
            Some(other) => other.times += row.times,
            None => rows.push(row),
        }
    }
    if rows.is_empty() { Ok(()) } else { table(page, "known defects (waived)", "reason", rows) }
}

fn heading(page: &mut Page, finding: &Finding) -> io::Result<()> {
    let colour = match finding.severity.as_str() {
        "violation" => Colour::Red,
        "warning" => Colour::Yellow,
        _ => Colour::Bold,
    };
    let name = page.paint(colour, &format!("{} {}", printable(&finding.id), printable(&finding.rule)));
    let severity = page.paint(Colour::Dim, &format!("({})", printable(&finding.severity)));
    page.line("")?;
    page.line(&format!("{name}  {} {severity}", printable(&finding.title)))?;
    page.entry("rule", Colour::Dim, &finding.requirement)?;
    page.entry("source", Colour::Dim, &finding.source)
}

fn in_full(page: &mut Page, number: usize, finding: &Finding) -> io::Result<()> {
    let head = page.paint(Colour::Bold, &headline(finding));
    let often = page.paint(Colour::Dim, &frequency(finding));
    page.line("")?;
    page.line(&format!("  {number}. {head}  {often}"))?;
    for field in fields(finding) {
        if field.verbatim {
            page.verbatim(5, field.label, &field.text)?;
        } else {
            let colour = if field.label == "actual" { Colour::Yellow } else { Colour::Dim };
            page.entry_at(5, field.label, colour, &field.text)?;
        }
    }
    Ok(())
}

/// A finding in a table.
struct Row {
    rule: String,
    command: String,
    times: u64,
    last: String,
}

impl Row {
    fn of(finding: &Finding, last: &str) -> Row {
        Row {
            rule: shorten(&finding.rule, CELL_CHARS),
            command: shorten(finding.command.as_deref().unwrap_or("any"), CELL_CHARS),
            times: finding.occurrences,
            last: shorten(last, LAST_CHARS),
        }
    }

    fn is_like(&self, other: &Row) -> bool {
        (&self.rule, &self.command, &self.last) == (&other.rule, &other.command, &other.last)
    }
}

fn table(page: &mut Page, title: &str, last_title: &str, rows: Vec<Row>) -> io::Result<()> {
    let widest = |cell: fn(&Row) -> usize, title: &str| rows.iter().map(cell).chain([title.len()]).max();
    let rule = widest(|row| row.rule.chars().count(), "rule").unwrap_or_default();
    let command = widest(|row| row.command.chars().count(), "command").unwrap_or_default();
    page.line("")?;
    let title = page.paint(Colour::Bold, title);
    page.line(&title)?;
    let head = format!("  {:<rule$}  {:<command$}  times  {last_title}", "rule", "command");
    let head = page.paint(Colour::Dim, &head);
    page.line(&head)?;
    let indent = 2 + rule + 2 + command + 2 + "times".len() + 2;
    for row in rows.iter().take(ROWS_MAX) {
        let lead = format!("  {:<rule$}  {:<command$}  {:>5}  ", row.rule, row.command, row.times);
        for (index, line) in wrap(&row.last, WIDTH - indent).iter().enumerate() {
            let head = if index == 0 { lead.clone() } else { " ".repeat(indent) };
            page.line(&format!("{head}{line}"))?;
        }
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 { page.line(&format!("  … and {more} more")) } else { Ok(()) }
}
