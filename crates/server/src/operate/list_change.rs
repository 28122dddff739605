//! A list of the configuration as it is to be: authenticators or sources of rules with one more, one less, or in another order.

use crate::configuration::ListEntry;
use dunlin_access::{OrderError, Position, whole_order};
use dunlin_api::access::ListChange;
use dunlin_api::{ErrorCode, Refusal};
use serde_json::Value;

/// What a list is of.
#[derive(Clone, Copy)]
pub(super) struct ListKind {
    /// The id of an entry.
    pub(super) id_of: fn(&Value) -> String,
    /// What an entry is called.
    pub(super) unknown: fn(&str) -> Refusal,
    /// There cannot be two of it.
    pub(super) twice: fn(&str) -> Refusal,
}

/// The list after a change.
///
/// # Errors
/// What the change is about is not there, or is there already.
pub(super) fn changed(kind: ListKind, list: &[ListEntry], change: ListChange) -> Result<Vec<Value>, Refusal> {
    let ids: Vec<_> = list.iter().map(|entry| (kind.id_of)(&entry.real)).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let place_of = |id: &str| ids.iter().position(|known| *known == id).ok_or_else(|| (kind.unknown)(id));
    let mut real: Vec<_> = list.iter().map(|entry| entry.real.clone()).collect();
    let order = match change {
        ListChange::Add { entry, is_first } => {
            let id = (kind.id_of)(&entry);
            if ids.contains(&id.as_str()) {
                return Err((kind.twice)(&id));
            }
            let place = if is_first { 0 } else { real.len() };
            real.insert(place, ListEntry::default().completed(entry));
            return Ok(real);
        }
        ListChange::Replace { id, entry } => {
            let place = place_of(&id)?;
            let before = list.get(place).ok_or_else(|| (kind.unknown)(&id))?;
            let entry = before.completed(entry);
            real.splice(place..=place, [entry]);
            return Ok(real);
        }
        ListChange::Remove { id } => {
            real.remove(place_of(&id)?);
            return Ok(real);
        }
        ListChange::Move { id, position } => {
            place_of(&id)?;
            let position: Position = position.parse().map_err(|error| refused(&error))?;
            position.order(&ids, &id)
        }
        ListChange::Order(wanted) => whole_order(&ids, &wanted.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    let order = order.map_err(|error| refused(&error))?;
    Ok(order.into_iter().filter_map(|place| real.get(place).cloned()).collect())
}

fn refused(error: &OrderError) -> Refusal {
    Refusal::new(ErrorCode::BadRequest, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KIND: ListKind = ListKind {
        id_of: |entry| entry["type"].as_str().unwrap_or_default().to_owned(),
        unknown: |id| Refusal::not_found(id),
        twice: |id| Refusal::new(ErrorCode::AlreadyExists, id),
    };

    fn after(change: ListChange) -> Result<String, ErrorCode> {
        let entry = |kind: &str| ListEntry::with_real(json!({"type": kind}));
        let list = [entry("a"), entry("b"), entry("c")];
        let changed = changed(KIND, &list, change).map_err(|refusal| refusal.code())?;
        Ok(changed.iter().map(KIND.id_of).collect())
    }

    #[test]
    fn lists_are_changed_entry_by_entry() {
        let entry = |kind: &str| json!({"type": kind});
        let moved = |id: &str, position: &str| ListChange::Move { id: id.into(), position: position.into() };
        let order = |ids: [&str; 3]| ListChange::Order(ids.map(str::to_owned).into());
        for (change, expected) in [
            (ListChange::Add { entry: entry("d"), is_first: true }, Ok("dabc")),
            (ListChange::Add { entry: entry("d"), is_first: false }, Ok("abcd")),
            (ListChange::Add { entry: entry("b"), is_first: false }, Err(ErrorCode::AlreadyExists)),
            (ListChange::Replace { id: "b".into(), entry: entry("x") }, Ok("axc")),
            (ListChange::Replace { id: "x".into(), entry: entry("x") }, Err(ErrorCode::NotFound)),
            (ListChange::Remove { id: "a".into() }, Ok("bc")),
            (ListChange::Remove { id: "x".into() }, Err(ErrorCode::NotFound)),
            (moved("c", "front"), Ok("cab")),
            (moved("a", "after:b"), Ok("bac")),
            (moved("x", "front"), Err(ErrorCode::NotFound)),
            (moved("a", "before:x"), Err(ErrorCode::BadRequest)),
            (moved("a", "somewhere"), Err(ErrorCode::BadRequest)),
            (order(["c", "a", "b"]), Ok("cab")),
            (order(["c", "a", "a"]), Err(ErrorCode::BadRequest)),
        ] {
            assert_eq!(after(change.clone()), expected.map(str::to_owned), "{change:?}");
        }
    }
}
