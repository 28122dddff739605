//! Any text: no panic, printing is the reverse of reading, and values are bounded, whatever variables hold.
#![no_main]

use dunlin_expression::{Bindings, Expression, MAX_VALUE_BYTES, Value};
use libfuzzer_sys::fuzz_target;

/// Variables hold a part of the input.
struct World<'a>(&'a str);

impl Bindings for World<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match name.len() {
            1 => Some(self.0.into()),
            2 => Some(Value::from_bytes(self.0.bytes().rev().collect())),
            3 => Some(Value::Integer(i64::try_from(self.0.len()).ok()?)),
            4 => Some(Value::Null),
            _ => None,
        }
    }

    fn random(&self) -> Option<u64> {
        Some(7)
    }
}

fuzz_target!(|input: (&str, &str)| {
    let (source, value) = input;
    match Expression::parse(source) {
        Ok(expression) => {
            let printed = expression.to_string();
            assert_eq!(Expression::parse(&printed).as_ref(), Ok(&expression), "{printed}");
            if let Ok(text) = expression.evaluate_text(&World(value)) {
                assert!(text.len() <= MAX_VALUE_BYTES);
            }
        }
        Err(error) => assert!(error.offset <= source.len() && error.to_string().lines().count() == 1),
    }
});
