//! `mqtt.client_attrs_init`: what is known of a client from its beginning, by names of your own.

use crate::rule::{AnyText, Parsed, Shown};
use crate::section::Section;
use dunlin_expression::Expression;

/// An entry of [`Mqtt::client_attrs_init`](super::Mqtt::client_attrs_init). Both keys are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAttribute {
    /// `expression`, in EMQX's Variform: `username`, `nth(1, tokens(clientid, '-'))`.
    pub expression: String,
    /// `set_as_attr`: the name of the attribute, `${client_attrs.NAME}` elsewhere.
    pub set_as_attr: String,
}

impl ClientAttribute {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let (expression, name) = (entry.required("expression", &expression()), entry.required("set_as_attr", &AnyText));
        Some(Self { expression: expression?, set_as_attr: name? })
    }
}

/// An expression that can be read; what it is about is known when a client comes.
pub(super) fn expression() -> impl Shown<Value = String> {
    let parse = |text: &str| Expression::parse(text).ok().map(|_| text.to_owned());
    Parsed::new(parse, "an expression such as `username` or `nth(1, tokens(clientid, '-'))`")
}
