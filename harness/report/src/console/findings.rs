//! The findings in full, gravest first and by rule; beyond a screenful a table; then the known defects.

use super::paint::{Colour, Page};
use crate::finding::{fields, frequency, headline};
use crate::run::Run;
use crate::text::{counted, printable, shorten, wrap};
use qmprobe_engine::event::Finding;
use std::io;

/// Findings printed in full.
const FULL_MAX: usize = 20;
/// Rows of a table of findings.
const ROWS_MAX: usize = 60;

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
        table(page, &format!("{more} (each is kept in its file)"), rest, |finding| &finding.class, "class")?;
    }
    let waived: Vec<&Finding> = run.waived().collect();
    if !waived.is_empty() {
        let title = "known defects (waived)";
        table(page, title, &waived, |finding| finding.waived.as_deref().unwrap_or_default(), "reason")?;
    }
    Ok(())
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

/// Rule, command, times, and one column more.
fn table<'a>(
    page: &mut Page,
    title: &str,
    findings: &[&'a Finding],
    last: impl Fn(&'a Finding) -> &'a str,
    last_title: &str,
) -> io::Result<()> {
    let cell = |text: &str| shorten(text, 26);
    let rows: Vec<[String; 3]> = findings
        .iter()
        .take(ROWS_MAX)
        .map(|finding| {
            let command = finding.command.as_deref().unwrap_or("any");
            [cell(&finding.rule), cell(command), finding.occurrences.to_string()]
        })
        .collect();
    let titles = ["rule", "command", "times"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([titles[column].len()]).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let lead = |row: [&str; 3]| {
        format!(
            "  {:<a$}  {:<b$}  {:>c$}  ",
            row[0],
            row[1],
            row[2],
            a = widths[0],
            b = widths[1],
            c = widths[2]
        )
    };
    page.line("")?;
    let title = page.paint(Colour::Bold, title);
    page.line(&title)?;
    let head = page.paint(Colour::Dim, &format!("{}{last_title}", lead(titles)));
    page.line(&head)?;
    for (row, finding) in rows.iter().zip(findings) {
        let lead = lead([&row[0], &row[1], &row[2]]);
        let indent = lead.chars().count();
        for (index, line) in
            wrap(&shorten(last(finding), 200), super::paint::WIDTH - indent).iter().enumerate()
        {
            let head = if index == 0 { lead.clone() } else { " ".repeat(indent) };
            page.line(&format!("{head}{line}"))?;
        }
    }
    let more = findings.len().saturating_sub(ROWS_MAX);
    if more > 0 { page.line(&format!("  … and {more} more")) } else { Ok(()) }
}
