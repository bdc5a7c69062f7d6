//! Reasons as LaTeX: the marks above the signs of equations, the list below them, and the braces that say what indices are.

use crate::breaking::width;
use crate::document::{Inline, Reading, Reason, Sign};
use crate::latex::{big_sum, inline, prose};
use crate::layout_latex::{LINE, NUMBER, inlines_latex};
use crate::layout_text;
use crate::math::Math;
use crate::text;

/// The reasons behind the marks, below the equations.
pub(crate) fn list_reasons(out: &mut String, reasons: &[&Reason]) {
    if !reasons.is_empty() {
        out.push_str("\\begin{itemize}\n");
        for (at, reason) in reasons.iter().enumerate() {
            out.push_str(&format!(
                "\\item[({})] {}.\n",
                mark(at),
                reason_latex(reason)
            ));
            for display in reason.readings.iter().filter_map(reading_latex) {
                out.push_str(&format!("\\[\n{display}\n\\]\n"));
            }
        }
        out.push_str("\\end{itemize}\n\n");
    }
}

/// The entry with a brace below every factor that says what its indices are; nothing where it is wider than the page.
pub(crate) fn reading_latex(reading: &Reading) -> Option<String> {
    // Words below a brace are about two thirds as wide as those on the line.
    let wide = |(factor, roles): &(Math, Vec<Inline>)| {
        let roles = layout_text::unicode(roles);
        width(factor).max(text::columns(&roles) * 2 / 3) + 1
    };
    let front = reading.front.as_ref();
    let all = reading.parts.iter().map(wide).sum::<usize>() + front.map_or(0, width);
    if all + width(&reading.result) + 6 > LINE - NUMBER {
        return None;
    }
    let role = |part: &Inline| match part {
        Inline::Math(math) => inline(math),
        part => format!(
            r"\text{{{}}}",
            layout_text::unicode(std::slice::from_ref(part))
        ),
    };
    let brace = |(factor, roles): &(Math, Vec<Inline>)| {
        let roles: String = roles.iter().map(role).collect();
        format!(r"\underbrace{{{}}}_{{{roles}}}", inline(factor))
    };
    let braces: Vec<String> = reading.parts.iter().map(brace).collect();
    let sum = match reading.summed.as_slice() {
        [] => String::new(),
        summed => format!("{} ", big_sum(summed)),
    };
    let front = front.map_or(String::new(), |front| format!(r"{} \, ", inline(front)));
    let result = inline(&reading.result);
    Some(format!("{front}{sum}{} = {result}", braces.join(r" \; ")))
}

/// The rule's name and its sentences in a row.
pub(crate) fn reason_latex(reason: &Reason) -> String {
    let sentences = reason
        .sentences
        .iter()
        .map(|sentence| inlines_latex(sentence));
    let told = sentences.collect::<Vec<_>>().join("; ");
    let colon = if told.is_empty() { "" } else { ": " };
    format!(r"\textbf{{{}}}{colon}{told}", prose(&reason.rule))
}

/// The sign, with the marks of the reasons that stand below above it.
pub(crate) fn sign_latex<'a>(
    sign: Sign,
    told_below: &'a [Reason],
    reasons: &mut Vec<&'a Reason>,
) -> String {
    let plain = match sign {
        Sign::Equal => "=",
        Sign::Assign => r"\leftarrow",
    };
    let marks: Vec<String> = told_below
        .iter()
        .map(|reason| {
            reasons.push(reason);
            format!("({})", mark(reasons.len() - 1))
        })
        .collect();
    if marks.is_empty() {
        plain.to_owned()
    } else {
        format!(r"\overset{{\text{{{}}}}}{{{plain}}}", marks.join(", "))
    }
}

/// a, b, …, z, a1, b1, …
pub(crate) fn mark(at: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(at % 26).unwrap_or(0));
    match at / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}
