//! The key an author probably meant.

/// The candidate that takes the fewest edits to reach from `name`, the earlier of equals; `None` when every candidate is too
/// different to be a typo.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most_edits = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= most_edits)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) between two words.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut two_back: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=to.len()).collect();
    let mut last_char = None;
    for (row, from_char) in from.chars().enumerate() {
        let mut current = Vec::with_capacity(to.len() + 1);
        current.push(row + 1);
        for (column, to_char) in to.iter().enumerate() {
            let replace = previous[column] + usize::from(from_char != *to_char);
            let mut best = replace.min(previous[column + 1] + 1).min(current[column] + 1);
            if column > 0 && last_char == Some(*to_char) && to[column - 1] == from_char {
                best = best.min(two_back[column - 1] + 1);
            }
            current.push(best);
        }
        last_char = Some(from_char);
        two_back = std::mem::replace(&mut previous, current);
    }
    previous[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("enable", "enbale", 1),
            ("backlog", "baklog", 1),
            ("max_inflight", "max_infligth", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edits(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn suggests_only_what_looks_alike() {
        let known = ["max_inflight", "max_mqueue_len", "enable"];
        assert_eq!(nearest("max_infligth", known), Some("max_inflight"));
        assert_eq!(nearest("enabel", known), Some("enable"));
        assert_eq!(nearest("cookie", known), None);
    }
}
