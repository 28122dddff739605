//! What holds for every text and every tree: no panic, writing reads back, editing changes what it was asked to and nothing else.

use dunlin_hocon::{Document, Limits, Node, Object, Origin, Reader, Value, join_path, write};
use proptest::prelude::*;

/// Pieces of HOCON, so that random text gets past the first characters often enough to matter.
const PIECES: [&str; 48] = [
    "a",
    "b",
    "a.b",
    "a.1",
    "1",
    "-1.5e3",
    "true",
    "null",
    "include",
    "include x",
    "include \"y\"",
    "required(",
    "file(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "=",
    ":",
    "+=",
    ",",
    "\n",
    "\r\n",
    " ",
    "\t",
    ".",
    "\"",
    "\"a b\"",
    "\"\"\"",
    "\"\"\"~\n",
    "~",
    "${a}",
    "${?a}",
    "${a.b}",
    "${",
    "#",
    "//",
    "/",
    "\\",
    "\\u00e9",
    "\\ud800",
    "$",
    "+",
    "@",
    "é",
    "\u{0}",
    "\u{feff}",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![6 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-c]", 2 => "[a-z0-9_-]{1,4}", 1 => "include|é|1|a\\.b|\"|", 1 => any::<String>()]
}

fn single() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "-?[0-9]{1,4}(\\.[0-9]{1,3})?(e-?[0-9])?".prop_map(Value::Number),
        "[a-z_]{0,6}|[0-9]{1,3}(s|MB|%)|true|null|( ?[a-z\"\\\\~]\n?){0,6}".prop_map(Value::Text),
        any::<String>().prop_map(Value::Text),
    ]
}

fn node(value: Value) -> Node {
    Node::new(value, Origin::Default)
}

fn value() -> impl Strategy<Value = Value> {
    single().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone().prop_map(node), 0..4).prop_map(Value::List),
            prop::collection::btree_map(key(), inner.prop_map(node), 0..4).prop_map(Value::Object),
        ]
    })
}

fn object() -> impl Strategy<Value = Object> {
    prop::collection::btree_map(key(), value().prop_map(node), 0..5)
}

/// A text of fields as people write them: nested or with dots, with comments, in lines or behind each other.
fn document_text() -> impl Strategy<Value = String> {
    let path = prop::collection::vec("[a-c]", 1..4).prop_map(|path| path.join("."));
    let value = prop_oneof![Just("1"), Just("x y"), Just("[1, { a = 2 }]"), Just("{}"), Just("${?HOME}"), Just("null")];
    let end = prop_oneof![Just("\n"), Just(", "), Just(" # c\n"), Just("\n\n// c\n  "), Just(",\n")];
    let field = (path.clone(), prop_oneof![Just(" = "), Just(":"), Just(" += ")], value)
        .prop_map(|(path, sign, value)| format!("{path}{sign}{value}"));
    let fields = prop::collection::vec((field, end.clone()), 0..4)
        .prop_map(|fields| fields.into_iter().map(|(field, end)| field + end).collect::<String>());
    let member = prop_oneof![
        2 => fields.clone(),
        2 => (path.clone(), fields.clone(), end.clone()).prop_map(|(path, inner, end)| format!("{path} {{ {inner} }}{end}")),
        1 => (path.clone(), path, fields, end)
            .prop_map(|(outer, path, inner, end)| format!("{outer} {{\n  # c\n  {path} {{\n{inner}\n}}\n}}{end}")),
    ];
    prop::collection::vec(member, 0..5).prop_map(|members| members.concat())
}

/// Every line without a value on it: what no edit may touch.
fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#') || line.starts_with("//")).collect()
}

fn is_subsequence(few: &[&str], many: &[&str]) -> bool {
    let mut many = many.iter();
    few.iter().all(|line| many.any(|other| other == line))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in text()) {
        let small = Limits { max_nodes: 2_000, max_value_bytes: 20_000, ..Limits::default() };
        match Reader::new().limits(small).read("x", &text) {
            Ok(root) => {
                let again = Reader::new().read("x", &write(&root));
                prop_assert!(again.is_ok_and(|again| again.value.is_same(&root.value)), "{}", write(&root));
            }
            Err(error) => {
                prop_assert!(error.line as usize <= text.split('\n').count() && error.line > 0);
                prop_assert!(!error.problem.is_empty() && error.to_string().lines().count() == 1, "{error}");
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(fields in object()) {
        let root = node(Value::Object(fields));
        let written = write(&root);
        let again = Reader::new().read("x", &written);
        prop_assert!(again.as_ref().is_ok_and(|again| again.value.is_same(&root.value)), "{again:?}\n{written}");
    }

    #[test]
    fn a_layer_above_wins(low in object(), high in object()) {
        let mut root = node(Value::Object(low.clone()));
        if root.merge(node(Value::Object(high.clone()))).is_ok() {
            for (key, upper) in &high {
                let merges = matches!(upper.value, Value::Object(_)) && low.contains_key(key);
                prop_assert!(merges || root.get(&[key]).is_some_and(|node| node.value.is_same(&upper.value)));
            }
            let (low, high) = (write(&node(Value::Object(low))), write(&node(Value::Object(high))));
            let read = Reader::new().read_layers(&[("low", &low), ("high", &high)]);
            prop_assert!(read.is_ok_and(|read| read.value.is_same(&root.value)), "{low}\n{high}");
        }
    }

    #[test]
    fn setting_changes_this_value_only(text in document_text(), path in prop::collection::vec("[a-c]", 1..4), value in value()) {
        let variable = |name: &str| (name == "HOME").then(|| "/h".to_owned());
        let read = |text: &str| Reader::new().variables(variable).read("x", text);
        let (Ok(mut document), Ok(before)) = (Document::parse("x", &text), read(&text)) else { return Ok(()) };
        if document.set(&path, &value).is_err() {
            prop_assert_eq!(document.text(), &text);
            return Ok(());
        }
        let after = read(document.text()).unwrap_or_else(|error| panic!("{error}\n{text}\n--\n{}", document.text()));
        let found = after.get(&path).map(|node| &node.value);
        prop_assert!(found.is_some_and(|found| found.is_same(&value)), "{text}\n--\n{}", document.text());
        for (other, node) in before.leaves() {
            // A value that is no object gives way to one.
            let replaced = (1..path.len())
                .find(|length| before.get(&path[..*length]).is_some_and(|node| node.value.as_object().is_none()));
            let concerned = &path[..replaced.unwrap_or(path.len())];
            let is_concerned = other.iter().zip(concerned).all(|(a, b)| a == b);
            let same = after.get(&other).is_some_and(|after| after.value.is_same(&node.value));
            prop_assert!(is_concerned || same, "{}:\n{text}\n--\n{}", join_path(&other), document.text());
        }
        if !matches!(value, Value::Object(_) | Value::Text(_) | Value::List(_)) {
            prop_assert!(is_subsequence(&comments(document.text()), &comments(&text)), "{text}\n--\n{}", document.text());
        }
    }

    #[test]
    fn removing_removes_this_value_only(text in document_text(), path in prop::collection::vec("[a-c]", 1..4)) {
        let read = |text: &str| Reader::new().read("x", text);
        let (Ok(mut document), Ok(before)) = (Document::parse("x", &text), read(&text)) else { return Ok(()) };
        let removed = document.remove(&path);
        prop_assert!(removed.is_ok(), "{removed:?}\n{text}");
        let after = read(document.text()).unwrap_or_else(|error| panic!("{error}\n{text}\n--\n{}", document.text()));
        prop_assert!(after.get(&path).is_none(), "{text}\n--\n{}", document.text());
        for (other, node) in before.leaves() {
            let is_concerned = other.iter().zip(&path).all(|(a, b)| a == b);
            let same = after.get(&other).is_some_and(|after| after.value.is_same(&node.value));
            prop_assert!(is_concerned || same, "{}:\n{text}\n--\n{}", join_path(&other), document.text());
        }
    }
}
