//! What one session has received of one stream.

/// Copies of one message, counted up to 255.
#[derive(Clone, Copy, Debug, Default)]
struct Copies {
    all: u8,
    at_qos_2: u8,
}

#[derive(Debug, Default)]
pub(super) struct Receipts {
    /// Indexed by sequence.
    copies: Vec<Copies>,
    /// Highest number that has arrived.
    pub(super) newest: Option<u32>,
    /// Messages before this one were looked for already.
    pub(super) verified_to: usize,
}

impl Receipts {
    pub(super) fn add(&mut self, sequence: u32, is_qos_2: bool) {
        let index = sequence as usize;
        if index >= self.copies.len() {
            self.copies.resize(index + 1, Copies::default());
        }
        let Some(copies) = self.copies.get_mut(index) else { return };
        copies.all = copies.all.saturating_add(1);
        copies.at_qos_2 = copies.at_qos_2.saturating_add(u8::from(is_qos_2));
        self.newest = self.newest.max(Some(sequence));
    }

    pub(super) fn has(&self, sequence: u32) -> bool {
        self.copies.get(sequence as usize).is_some_and(|copies| copies.all > 0)
    }

    pub(super) fn copies_at_qos_2(&self, sequence: u32) -> u8 {
        self.copies.get(sequence as usize).map_or(0, |copies| copies.at_qos_2)
    }
}
