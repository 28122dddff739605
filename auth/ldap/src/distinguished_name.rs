//! Distinguished names with placeholders (RFC 4514).

use crate::filter::value_bytes;
use dunlin_expression::{Bindings, Part, Template};

/// A name with placeholders, such as `uid=${username},ou=devices,dc=example,dc=org`.
#[derive(Clone, Debug)]
pub(crate) struct NameTemplate(Template);

impl NameTemplate {
    pub(crate) fn parse(text: &str, names: &[&str]) -> Self {
        Self(Template::parse(text, names))
    }

    pub(crate) fn has_placeholders(&self) -> bool {
        self.0.as_constant().is_none()
    }

    /// The name for one client, values escaped. `None` if one is missing or no text: then there is nobody to search for.
    pub(crate) fn render(&self, values: &dyn Bindings) -> Option<String> {
        let mut name = String::new();
        for part in self.0.parts() {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Variable(variable) => escape(&String::from_utf8(value_bytes(variable, values)?).ok()?, &mut name),
            }
        }
        Some(name)
    }
}

/// RFC 4514 §2.4, and `=` as well, which it allows to escape.
fn escape(value: &str, into: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (index, letter) in value.chars().enumerate() {
        match letter {
            '\0' => into.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => {
                into.push('\\');
                into.push(letter);
            }
            // A value may follow text, so the beginning of the value need not be that of the whole; escaped it is right anyway.
            '#' | ' ' if index == 0 || index == last => {
                into.push('\\');
                into.push(letter);
            }
            letter => into.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_expression::Value;

    fn render(name: &str) -> Option<String> {
        let template = NameTemplate::parse("uid=${username},dc=x", &["username"]);
        template.render(&|_: &str| Some(Value::Text(name.to_owned())))
    }

    #[test]
    fn values_are_escaped() {
        for (name, expected) in [
            ("a", "a"),
            ("a b", "a b"),
            (" a ", "\\ a\\ "),
            ("#a#b", "\\#a#b"),
            ("a,dc=y", "a\\,dc\\=y"),
            ("a+b=\"c\";<d>\\", "a\\+b\\=\\\"c\\\"\\;\\<d\\>\\\\"),
            ("a\0b", "a\\00b"),
            ("é", "é"),
        ] {
            assert_eq!(render(name).as_deref(), Some(format!("uid={expected},dc=x").as_str()), "{name:?}");
        }
        assert_eq!(render(""), None);
    }
}
