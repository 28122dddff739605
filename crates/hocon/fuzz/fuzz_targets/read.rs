//! Any text: no panic, errors have a place, what is read can be written and read again, and it can be edited.
#![no_main]

use dunlin_hocon::{Document, IncludeRequest, Included, Limits, Reader, Value, write};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    max_text_bytes: 64 * 1024,
    max_depth: 64,
    max_include_depth: 4,
    max_nodes: 5_000,
    max_value_bytes: 64 * 1024,
};

fuzz_target!(|text: &str| {
    // Whatever is included is the rest of the text, under one of a few names.
    let include = |request: &IncludeRequest<'_>| match request.path.len() {
        0..=2 => {
            let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(index, _)| index);
            Ok(Some(Included { name: request.path.into(), text: text[half..].into() }))
        }
        3 => Ok(None),
        _ => Err("unreadable".into()),
    };
    let variable = |name: &str| (name.len() == 4).then(|| name.to_owned());
    match Reader::new().limits(LIMITS).includes(include).variables(variable).read("text", text) {
        Ok(root) => {
            let written = write(&root);
            let again = Reader::new().read("written", &written).expect("what is written can be read");
            assert!(again.value.is_same(&root.value), "{written}");
        }
        Err(error) => assert!(error.line > 0 && error.to_string().lines().count() == 1),
    }
    edit(text);
});

fn edit(text: &str) {
    let Ok(mut document) = Document::parse("text", text) else { return };
    let before = document.clone();
    for path in [&["a"][..], &["a", "b"], &["a", "1", "b"], &["x y", "é"]] {
        if document.set(path, &Value::Text("v\n w".into())).is_err() {
            assert_eq!(document, before);
            return;
        }
        document.remove(path).expect("what was set can be removed");
        assert!(Document::parse("text", document.text()).is_ok());
        document = before.clone();
    }
}
