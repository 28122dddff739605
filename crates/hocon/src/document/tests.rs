//! Changes of texts, by hand and at random.

use super::*;
use crate::Node;
use crate::origin::Origin;

fn set(text: &str, path: &str, value: &str) -> String {
    let value = Reader::new().read("value", &format!("v = {value}")).unwrap().get(&["v"]).unwrap().value.clone();
    let mut document = Document::parse("x", text).unwrap();
    document.set(&crate::split_path(path).unwrap(), &value).unwrap_or_else(|error| panic!("{text}: {error}"));
    document.text
}

fn remove(text: &str, path: &str) -> String {
    let mut document = Document::parse("x", text).unwrap();
    let removed = document.remove(&crate::split_path(path).unwrap()).unwrap();
    assert_eq!(removed, document.text != text);
    document.text
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    for (text, path, value, expected) in [
        ("a = 1 # c\nb = 2\n", "a", "5", "a = 5 # c\nb = 2\n"),
        ("a {\n  b: 1, c = 2 // c\n}", "a.c", "x y", "a {\n  b: 1, c = \"x y\" // c\n}"),
        ("a.b {\n  c = 1\n}\n", "a.b", "3", "a.b = 3\n"),
        ("a = 1\n", "a", "{ b = 1 }", "a = {\n  b = 1\n}\n"),
        ("  a { b = 1 }\n", "a", "{ c = 1 }", "  a {\n    c = 1\n  }\n"),
        ("a += 1\n", "a", "[2]", "a = [2]\n"),
        ("a = [\n  { b = 1 },\n  { b = 2 } # two\n]\n", "a.2.b", "3", "a = [\n  { b = 1 },\n  { b = 3 } # two\n]\n"),
        ("a = [1, 2]", "a.1", "3", "a = [3, 2]"),
        // What sets it elsewhere goes.
        ("a.b = 1\na { b = 2, c = 3 }\n", "a.b", "5", "a { b = 5, c = 3 }\n"),
        ("a.b = 1\na.c = 2 # c\na { b = 2 }\n", "a", "{ d = 1 }", "a {\n  d = 1\n}\n"),
        ("a { x = 1 }\n# on x\na.x = 2\n", "a", "[]", "a = []\n# on x\n"),
    ] {
        assert_eq!(set(text, path, value), expected, "{text}");
    }
}

#[test]
fn a_new_value_goes_to_the_object_it_belongs_into() {
    for (text, path, value, expected) in [
        ("", "a.b", "1", "a.b = 1\n"),
        ("# c", "a", "1", "# c\na = 1\n"),
        ("a {\n    b = 1 # b\n    # end\n}\n", "a.c", "1", "a {\n    b = 1 # b\n    # end\n    c = 1\n}\n"),
        ("a { b = 1 }\n", "a.c", "{ d = 2 }", "a { b = 1, c {\n  d = 2\n} }\n"),
        ("a { b = 1, }\n", "a.c", "2", "a { b = 1, c = 2, }\n"),
        ("a {}\n", "a.c.d", "2", "a { c.d = 2 }\n"),
        ("a {\n}\n", "a.c", "2", "a {\n  c = 2\n}\n"),
        ("a { b = 1\n  c = 2 }\n", "a.d", "2", "a { b = 1\n  c = 2\n  d = 2 }\n"),
        ("{\n  \"a\": 1\n}\n", "b.c", "x", "{\n  \"a\": 1\n  b.c = x\n}\n"),
        ("a.b { c = 1 }\na { d = 1 }", "a.b.e", "2", "a.b { c = 1 }\na { d = 1, b.e = 2 }"),
        ("a = 1\n", "a.b", "2", "a = 1\na.b = 2\n"),
        (
            "a { b = 1 }\ninclude x\n",
            "a.b",
            "2",
            "a { b = 1 }\ninclude x\na.b = 2\n".replace("{ b = 1 }", "{  }").as_str(),
        ),
        ("include x\na.c = 1\n", "a", "{ b = 2 }", "include x\na = null\na {\n  b = 2\n}\n"),
        ("a = ${x}\na { c = 1 }\n", "a.b", "2", "a = ${x}\na { c = 1 }\na.b = 2\n"),
        ("a = [1]\n", "a.2", "2", "a = [1]\na.2 = 2\n"),
        ("a = 1\n", "\"b.c\".\"é\"", "2", "a = 1\n\"b.c\".\"é\" = 2\n"),
    ] {
        assert_eq!(set(text, path, value), expected, "{text}");
    }
}

#[test]
fn what_is_removed_takes_its_line_and_its_comma_along() {
    for (text, path, expected) in [
        ("a = 1 # a\nb = 2\n", "a", "b = 2\n"),
        ("# on a\na {\n  b = 1\n}\nc = 2\n", "a", "# on a\nc = 2\n"),
        ("a { b = 1, c = 2 }", "a.b", "a { c = 2 }"),
        ("a { b = 1, c = 2 }", "a.c", "a { b = 1 }"),
        ("a { b = 1 }", "a.b", "a {  }"),
        ("a = 1, b = 2 # b\n", "b", "a = 1 # b\n"),
        ("a = 1,\nb = 2,\n", "b", "a = 1,\n"),
        ("a = 1\n, b = 2\n", "a", " b = 2\n"),
        ("a = 1\n, b = 2\n, c = 3", "b", "a = 1\n\n, c = 3"),
        ("a = [1, 2, 3]", "a.2", "a = [1, 3]"),
        ("a.b = 1\na.c = 1\nd { a = 1 }\na = 5\n", "a", "d { a = 1 }\n"),
        ("a = 1\n", "b", "a = 1\n"),
        ("a = 1\r\nb = 2\r\n", "a", "b = 2\r\n"),
    ] {
        assert_eq!(remove(text, path), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_said_is_refused_and_nothing_is_changed() {
    let object = Value::Object([("y".to_owned(), Node::new(Value::Bool(true), Origin::Default))].into());
    let mut document = Document::parse("x", "a = [{ x = 1 }]\na.1 = { z = 2 }\n").unwrap();
    let before = document.clone();
    assert_eq!(document.set(&["a", "1"], &object), Err(EditError::Mixed { path: "a.1".into() }));
    assert_eq!(document.set(&[""; 0], &object), Err(EditError::EmptyPath));
    assert!(matches!(document.set(&["a"; 100], &object), Err(EditError::Unreadable(_))));
    assert_eq!(document, before);
    assert!(Document::parse("x", "a = ").is_err());
}
