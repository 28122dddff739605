//! Any text: no panic, printing is the reverse of reading, and without placeholders a template is its text.
#![no_main]

use dunlin_expression::{Part, Template, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (source, allowed) = input;
    let template = Template::parse(source, &[allowed, "username", "client_attrs.*"]);
    assert_eq!(Template::parse(&template.to_string(), &[allowed, "username", "client_attrs.*"]), template);
    assert!(!template.parts().contains(&Part::Text(String::new())));
    _ = template.render(&|name: &str| Some(Value::from(name)));
    let literal = Template::parse(source, &[]).render(&|_: &str| None);
    assert_eq!(literal, Ok(source.replace("${$}", "$")));
});
