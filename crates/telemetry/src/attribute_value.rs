//! The value of something that a line of the log or a span says.

/// The value of something that a line of the log or a span says.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// A truth value.
    Flag(bool),
}
