//! Where a session stands in a list: found by looking while the list is short, by hash once it is long.

use crate::SessionKey;
use hashbrown::HashMap;

/// Lists of up to this many elements are searched from end to end.
const MAX_SEARCHED: usize = 32;

/// Something that belongs to a session.
pub(crate) trait OfSession {
    fn session(&self) -> SessionKey;
}

/// Positions in a list that lives elsewhere; the owner of both reports every change of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct PositionIndex {
    positions: Option<Box<HashMap<SessionKey, u32>>>,
}

impl PositionIndex {
    pub(crate) fn find<T: OfSession>(&self, list: &[T], session: SessionKey) -> Option<usize> {
        match &self.positions {
            Some(positions) => positions.get(&session).map(|position| *position as usize),
            None => list.iter().position(|element| element.session() == session),
        }
    }

    /// The last element was added.
    pub(crate) fn pushed<T: OfSession>(&mut self, list: &[T]) {
        match &mut self.positions {
            Some(_) => self.placed(list, list.len() - 1),
            None if list.len() > MAX_SEARCHED => {
                let positions = (0..).zip(list).map(|(position, element)| (element.session(), position)).collect();
                self.positions = Some(Box::new(positions));
            }
            None => {}
        }
    }

    /// The element now at `position` stood elsewhere before.
    pub(crate) fn placed<T: OfSession>(&mut self, list: &[T], position: usize) {
        let (Some(positions), Some(element)) = (&mut self.positions, list.get(position)) else { return };
        // Lists are counted in sessions, and those have 32-bit slots.
        positions.insert(element.session(), u32::try_from(position).unwrap_or(u32::MAX));
    }

    /// The session left the list.
    pub(crate) fn removed<T: OfSession>(&mut self, list: &[T], session: SessionKey) {
        // Half the limit, so that a list at the border does not build and drop the table in turns.
        if list.len() <= MAX_SEARCHED / 2 {
            self.positions = None;
        }
        if let Some(positions) = &mut self.positions {
            positions.remove(&session);
            if positions.len() < positions.capacity() / 4 {
                positions.shrink_to(positions.len() * 2);
            }
        }
    }
}
