//! Where the next name that a filter can select lies, seen from a name, in subtree order.
//!
//! For `a/+/b`: from `a/x/a` jump to `a/x/b`; from `a/x/c` no name below `a/x` can follow, so jump behind its subtree.

/// What a filter says about a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is selected.
    Match,
    /// It is not; nothing before the place written to `target` is, either. The place lies behind the name.
    Seek,
    /// It is not, and nothing behind it is.
    End,
}

/// Writes the least text that the filter could select.
pub(crate) fn first_place(filter: &str, target: &mut Vec<u8>) {
    target.clear();
    let mut levels = filter.split('/');
    match levels.next() {
        None | Some("#") => return,
        Some("+") => {}
        Some(literal) => target.extend_from_slice(literal.as_bytes()),
    }
    complete(levels, target);
}

/// Adds the least levels that satisfy the rest of the filter.
fn complete<'a>(levels: impl Iterator<Item = &'a str>, target: &mut Vec<u8>) {
    for level in levels.take_while(|level| *level != "#") {
        target.push(b'/');
        if level != "+" {
            target.extend_from_slice(level.as_bytes());
        }
    }
}

/// Judges `name`; for [`Verdict::Seek`] the place to go on from is left in `target`.
pub(crate) fn examine(filter: &str, name: &[u8], target: &mut Vec<u8>) -> Verdict {
    target.clear();
    // [MQTT-4.7.2-1]: `%` is the byte after `$`, so this place is behind all such names.
    if name.first() == Some(&b'$') && filter.starts_with(['+', '#']) {
        target.push(b'%');
        return Verdict::Seek;
    }
    // End of the last level of the name that a `+` stands for: the place to turn back to.
    let mut plus_end = None;
    let mut rest = Some(0);
    let mut levels = filter.split('/');
    while let Some(level) = levels.next() {
        if level == "#" {
            return Verdict::Match;
        }
        let Some(start) = rest else {
            // The name is too short: the least that continues it.
            target.extend_from_slice(name);
            complete(std::iter::once(level).chain(levels), target);
            return Verdict::Seek;
        };
        let tail = &name[start..];
        let end = start + tail.iter().position(|byte| *byte == b'/').unwrap_or(tail.len());
        if level == "+" {
            plus_end = Some(end);
        } else {
            match name[start..end].cmp(level.as_bytes()) {
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Less => {
                    target.extend_from_slice(&name[..start]);
                    target.extend_from_slice(level.as_bytes());
                    complete(levels, target);
                    return Verdict::Seek;
                }
                std::cmp::Ordering::Greater => return behind_subtree(name, plus_end, target),
            }
        }
        rest = (end < name.len()).then_some(end + 1);
    }
    if rest.is_none() { Verdict::Match } else { behind_subtree(name, plus_end, target) }
}

fn behind_subtree(name: &[u8], end: Option<usize>, target: &mut Vec<u8>) -> Verdict {
    let Some(end) = end else { return Verdict::End };
    target.extend_from_slice(&name[..end]);
    target.push(0);
    Verdict::Seek
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_over_what_cannot_match() {
        for (filter, name, expected) in [
            ("a/b", "a/b", Ok(Verdict::Match)),
            ("a/b", "a/b/c", Ok(Verdict::End)),
            ("a/b", "a/c", Ok(Verdict::End)),
            ("a/b", "a/a/x", Err("a/b")),
            ("a/b/+/c", "a", Err("a/b//c")),
            ("a/#", "a", Ok(Verdict::Match)),
            ("a/#", "a/b/c", Ok(Verdict::Match)),
            ("a/#", "b", Ok(Verdict::End)),
            ("a/+/b", "a/x/a", Err("a/x/b")),
            ("a/+/b", "a/x/c", Err("a/x\0")),
            ("a/+/b", "a/x/b/c", Err("a/x\0")),
            ("a/+/b", "a/x", Err("a/x/b")),
            ("+/+/b/+", "a/x/c/d", Err("a/x\0")),
            ("+", "a/b", Err("a\0")),
            ("+", "$x", Err("%")),
            ("#", "$x/y", Err("%")),
            ("$x/#", "$x/y", Ok(Verdict::Match)),
        ] {
            let mut target = Vec::new();
            let verdict = examine(filter, name.as_bytes(), &mut target);
            let actual =
                if verdict == Verdict::Seek { Err(std::str::from_utf8(&target).unwrap()) } else { Ok(verdict) };
            assert_eq!(actual, expected, "{filter} at {name}");
        }
    }

    #[test]
    fn starts_at_the_least_text() {
        for (filter, expected) in [("#", ""), ("+", ""), ("a/b", "a/b"), ("a/+/b/#", "a//b"), ("+/a", "/a")] {
            let mut target = Vec::new();
            first_place(filter, &mut target);
            assert_eq!(target, expected.as_bytes(), "{filter}");
        }
    }
}
