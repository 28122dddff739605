//! Places in a list whose order matters: authenticators and sources of rules.

use std::str::FromStr;

/// Where to move one of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// `front`: before all others.
    Front,
    /// `rear`: after all others.
    Rear,
    /// `before:ID`.
    Before(String),
    /// `after:ID`.
    After(String),
}

/// Why the order of a list cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The position is none.
    #[error("`{0}` is no position; write front, rear, before:ID or after:ID")]
    BadPosition(String),
    /// There is no such one in the list.
    #[error("`{0}` is not in the list")]
    Unknown(String),
    /// It would be moved before or after itself.
    #[error("`{0}` cannot be moved before or after itself")]
    Itself(String),
    /// The new order names one twice.
    #[error("`{0}` is named twice")]
    Twice(String),
    /// The new order leaves one out.
    #[error("`{0}` is left out; name all of them")]
    Missing(String),
}

impl FromStr for Position {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "front" => Ok(Self::Front),
            None if text == "rear" => Ok(Self::Rear),
            Some(("before", id)) if !id.is_empty() => Ok(Self::Before(id.to_owned())),
            Some(("after", id)) if !id.is_empty() => Ok(Self::After(id.to_owned())),
            _ => Err(OrderError::BadPosition(text.to_owned())),
        }
    }
}

impl Position {
    /// The order of a list after one of it was moved here: for each place the place where that one was before.
    ///
    /// # Errors
    /// There is no such one, or no such place.
    pub fn order(&self, ids: &[&str], id: &str) -> Result<Vec<usize>, OrderError> {
        let place_of =
            |id: &str| ids.iter().position(|known| *known == id).ok_or_else(|| OrderError::Unknown(id.to_owned()));
        let moved = place_of(id)?;
        let mut order: Vec<_> = (0..ids.len()).filter(|place| *place != moved).collect();
        // Places in the list without the one that is moved.
        let beside = |anchor: &str| match place_of(anchor)? {
            place if place == moved => Err(OrderError::Itself(id.to_owned())),
            place if place > moved => Ok(place - 1),
            place => Ok(place),
        };
        let target = match self {
            Self::Front => 0,
            Self::Rear => order.len(),
            Self::Before(anchor) => beside(anchor)?,
            Self::After(anchor) => beside(anchor)? + 1,
        };
        order.insert(target, moved);
        Ok(order)
    }
}

/// The order that a list of all ids stands for: for each place the place where that one was before.
///
/// # Errors
/// One is unknown, named twice or left out.
pub fn whole_order(ids: &[&str], wanted: &[&str]) -> Result<Vec<usize>, OrderError> {
    let mut order = Vec::with_capacity(ids.len());
    for id in wanted {
        let place = ids.iter().position(|known| known == id).ok_or_else(|| OrderError::Unknown((*id).to_owned()))?;
        if order.contains(&place) {
            return Err(OrderError::Twice((*id).to_owned()));
        }
        order.push(place);
    }
    match (0..ids.len()).find(|place| !order.contains(place)) {
        Some(missing) => Err(OrderError::Missing(ids[missing].to_owned())),
        None => Ok(order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = ["jwt", "password_based:redis", "cinfo", "scram:http"];

    #[test]
    fn one_is_moved_and_the_others_keep_their_order() {
        for (id, position, expected) in [
            ("cinfo", "front", [2, 0, 1, 3]),
            ("jwt", "rear", [1, 2, 3, 0]),
            ("jwt", "front", [0, 1, 2, 3]),
            ("scram:http", "before:password_based:redis", [0, 3, 1, 2]),
            ("jwt", "before:scram:http", [1, 2, 0, 3]),
            ("jwt", "after:scram:http", [1, 2, 3, 0]),
            ("scram:http", "after:jwt", [0, 3, 1, 2]),
            ("cinfo", "after:password_based:redis", [0, 1, 2, 3]),
        ] {
            let position: Position = position.parse().expect("a position");
            assert_eq!(position.order(&IDS, id).as_deref(), Ok(&expected[..]), "{id} {position:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "top", "before", "before:", "after:", "front:jwt", "beside:jwt"] {
            assert_eq!(text.parse::<Position>(), Err(OrderError::BadPosition(text.into())), "{text}");
        }
        assert_eq!(Position::Front.order(&IDS, "x"), Err(OrderError::Unknown("x".into())));
        assert_eq!(Position::After("x".into()).order(&IDS, "jwt"), Err(OrderError::Unknown("x".into())));
        assert_eq!(Position::Before("jwt".into()).order(&IDS, "jwt"), Err(OrderError::Itself("jwt".into())));
    }

    #[test]
    fn a_whole_order_names_each_once() {
        assert_eq!(whole_order(&IDS, &["cinfo", "jwt", "scram:http", "password_based:redis"]), Ok(vec![2, 0, 3, 1]));
        assert_eq!(whole_order(&IDS, &["cinfo", "cinfo"]), Err(OrderError::Twice("cinfo".into())));
        assert_eq!(whole_order(&IDS, &["cinfo", "x"]), Err(OrderError::Unknown("x".into())));
        assert_eq!(whole_order(&IDS, &["jwt", "cinfo", "scram:http"]), Err(OrderError::Missing(IDS[1].into())));
        assert_eq!(whole_order(&[], &[]), Ok(vec![]));
    }
}
