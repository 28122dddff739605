//! What back ends were asked.

/// Questions that a back end was asked, in numbers. What is answered from memory is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendQuestions {
    /// It has answered, whatever it said.
    pub success: u64,
    /// It has not, or too many waited to be asked.
    pub failed: u64,
}
