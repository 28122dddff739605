//! Which parts of a text have to do with a path.

use crate::node::index_of;
use crate::syntax::{Body, Expression, Field, Member};

/// A part of a text that has to do with a path.
pub(super) enum Mention<'a> {
    /// A field that sets the value.
    Whole(&'a Field),
    /// A field that sets a part of the value.
    Part(&'a Field),
    /// An item of a list that is the value.
    Item(&'a Expression),
    /// Something that may set the value, or not: an include, a substitution.
    Unknown,
}

/// Everything that has to do with a path, in the order of the text.
pub(super) fn mentions<'a>(body: &'a Body, path: &[&str]) -> Vec<Mention<'a>> {
    let mut found = Vec::new();
    collect(body, path, &mut found);
    found
}

fn collect<'a>(body: &'a Body, path: &[&str], found: &mut Vec<Mention<'a>>) {
    for member in &body.members {
        let Member::Field(field) = member else {
            found.push(Mention::Unknown);
            continue;
        };
        let shared = field.path.iter().zip(path).take_while(|(key, wanted)| *key == *wanted).count();
        if shared == path.len() {
            found.push(if shared == field.path.len() { Mention::Whole(field) } else { Mention::Part(field) });
        } else if shared == field.path.len() {
            collect_in_value(field, &path[shared..], found);
        }
    }
}

/// What the value of a field, which is above the path, has to do with the rest of it.
fn collect_in_value<'a>(field: &'a Field, rest: &[&str], found: &mut Vec<Mention<'a>>) {
    let nested = if field.is_append { None } else { field.value.as_object() };
    match nested {
        Some(body) => collect(body, rest, found),
        None => found.extend(item_mentions(&field.value, rest)),
    }
}

fn item_mentions<'a>(list: &'a Expression, rest: &[&str]) -> Vec<Mention<'a>> {
    let item = rest.split_first().and_then(|(key, inner)| {
        let index = index_of(key)?.checked_sub(1)?;
        Some((list.as_list()?.get(index)?, inner))
    });
    match item {
        Some((item, [])) => vec![Mention::Item(item)],
        Some((item, inner)) => match item.as_object() {
            Some(body) => mentions(body, inner),
            None => vec![Mention::Unknown],
        },
        None => vec![Mention::Unknown],
    }
}
