//! Did you mean: the closest of some known words to a word that is not one of them. Nothing here can fail.

/// The candidate nearest to `word`, if it is near enough to be a slip of the fingers: at most one edit for words of
/// up to four letters, two for longer ones. The first of equally near candidates wins.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().take(64).collect();
    let allowed = if letters.len() <= 4 { 1 } else { 2 };
    // Any two letters are one edit apart: of a single one, the other has to have it, small or large.
    let has_it = |candidate: &&str| match letters.as_slice() {
        [only] => candidate
            .to_lowercase()
            .contains(&only.to_lowercase().to_string()),
        _ => true,
    };
    candidates
        .into_iter()
        .filter(has_it)
        .map(|candidate| (edits(&letters, candidate), candidate))
        .filter(|(count, _)| *count <= allowed)
        .min_by_key(|(count, _)| *count)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, replacements or swaps of neighbours turn one word into the other.
fn edits(word: &[char], other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=word.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(word[i - 1] != other[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            let swapped =
                i > 1 && j > 1 && word[i - 1] == other[j - 2] && word[i - 2] == other[j - 1];
            if swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[word.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        let known = ["input", "param", "target", "loss", "for"];
        assert_eq!(closest(word, known), expected);
    }

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        check("inptu", Some("input"));
        check("parm", Some("param"));
        check("lose", Some("loss"));
        check("fro", Some("for"));
        check("weights", None);
        assert_eq!(closest("y", ["d", "Y"]), Some("Y"));
        assert_eq!(closest("W", ["d", "W1"]), Some("W1"));
        assert_eq!(closest("s", ["d", "m"]), None);
        check("", None);
    }
}
