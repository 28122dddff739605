//! Cutting a text where another is found in it.

/// Where to cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Everywhere,
    First,
    Last,
}

/// What is left and right of the cuts. An empty separator is nowhere.
pub(super) fn pieces<'a>(text: &'a str, separator: &str, place: Place) -> Vec<&'a str> {
    let once = |cut: Option<(&'a str, &'a str)>| cut.map_or_else(|| vec![text], |(left, right)| vec![left, right]);
    match place {
        _ if separator.is_empty() => vec![text],
        Place::Everywhere => text.split(separator).collect(),
        Place::First => once(text.split_once(separator)),
        Place::Last => once(text.rsplit_once(separator)),
    }
}
