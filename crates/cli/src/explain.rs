//! `derive explain`: sections of the page of rules, `docs/rules.md`. That page is made from the tables of rules and proofs and
//! from the goldens, and a test keeps it up to date; so what is printed here is what the documentation says.

const PAGE: &str = include_str!("../../../docs/rules.md");

/// One rule of the page.
struct Section {
    name: &'static str,
    text: &'static str,
}

fn sections() -> impl Iterator<Item = Section> {
    let sections = PAGE.split("\n## ").skip(1);
    sections.filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        let text = text.trim();
        Some(Section { name, text })
    })
}

/// Everything about one rule; nothing if there is none of that name.
pub fn rule(name: &str) -> Option<String> {
    let section = sections().find(|section| section.name == name)?;
    let line = "─".repeat(name.chars().count());
    // A terminal needs no fences around what is set apart anyway.
    let kept = section.text.lines().filter(|line| !line.starts_with("```"));
    let text = kept.collect::<Vec<_>>().join("\n");
    Some(format!("{name}\n{line}\n\n    {text}\n"))
}

/// Every rule with its statement.
pub fn list() -> String {
    let widest = sections().map(|section| section.name.len()).max();
    let width = widest.unwrap_or(0);
    let row = |section: Section| {
        let statement = section.text.lines().next().unwrap_or_default();
        format!("{:width$}   {}\n", section.name, statement.trim())
    };
    sections().map(row).collect()
}
