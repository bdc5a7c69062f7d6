//! Sentences about layers of a network that was written out, in the words of a layer l.
//!
//! In: text in which members stand as the spec writes them, `softmax(Z{7})`. Out: the same with the layers as they are told, and of
//! sentences that differ in the layer alone the one that speaks for all.

use std::ops::RangeInclusive;

/// Text with the layers as they are told; those without a label keep their numbers.
pub(crate) fn told_text(
    text: &str,
    label: &dyn Fn(i64) -> Option<String>,
    layers: &RangeInclusive<i64>,
) -> String {
    let told = |k: i64| label(k).filter(|_| layers.contains(&k));
    with_members(text, &mut |k| told(k).unwrap_or_else(|| k.to_string()))
}

/// Sentences in the words of layer l. One that is that of the middle layer counted on or back is told by that one.
pub(crate) fn told_notes(
    notes: &[String],
    label: &dyn Fn(i64) -> Option<String>,
    layers: &RangeInclusive<i64>,
    middle: i64,
) -> Vec<String> {
    let speaks = |note: &&String| {
        let greatest = greatest(note, layers);
        let moved = greatest.map(|k| counted_on(note, middle - k, layers));
        greatest == Some(middle) || moved.is_none_or(|moved| !notes.contains(&moved))
    };
    let kept = notes.iter().filter(speaks);
    kept.map(|note| told_text(note, label, layers)).collect()
}

/// What a claim rests on. What is promised of several layers alike is told of layer l.
pub(crate) fn told_promises(
    promises: &[String],
    label: &dyn Fn(i64) -> Option<String>,
    layers: &RangeInclusive<i64>,
    variable: &str,
) -> Vec<String> {
    let general = |text: &String| told_text(text, &|_| Some(variable.to_owned()), layers);
    let all: Vec<String> = promises.iter().map(general).collect();
    let mut told: Vec<String> = Vec::new();
    for (promise, general) in promises.iter().zip(&all) {
        let alone = all.iter().filter(|other| *other == general).count() == 1;
        let one = match alone {
            true => told_text(promise, label, layers),
            false => general.clone(),
        };
        if !told.contains(&one) {
            told.push(one);
        }
    }
    told
}

/// The greatest layer that is named.
fn greatest(text: &str, layers: &RangeInclusive<i64>) -> Option<i64> {
    let mut found = None;
    with_members(text, &mut |k| {
        found = found.max(Some(k).filter(|k| layers.contains(k)));
        k.to_string()
    });
    found
}

fn counted_on(text: &str, by: i64, layers: &RangeInclusive<i64>) -> String {
    with_members(text, &mut |k| match layers.contains(&k) {
        true => (k + by).to_string(),
        false => k.to_string(),
    })
}

/// Text with every number between braces replaced.
fn with_members(text: &str, new: &mut dyn FnMut(i64) -> String) -> String {
    let mut parts = text.split('{');
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.split_once('}');
        let number = number.and_then(|(k, rest)| Some((k.parse().ok()?, rest)));
        match number {
            Some((k, rest)) => told.push_str(&format!("{{{}}}{rest}", new(k))),
            None => told.push_str(&format!("{{{part}")),
        }
    }
    told
}
