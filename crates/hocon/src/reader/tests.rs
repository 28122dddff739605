//! What texts mean. Values are compared as text: [`crate::write`] of one text and of another that says the same plainly.

use super::*;
use crate::{Value, write};
use std::collections::BTreeMap;

fn read(text: &str) -> Result<Node, HoconError> {
    Reader::new().read("x", text)
}

/// Reads with files and with the variables HOME and LIST.
fn read_with(files: &[(&str, &str)], text: &str) -> Result<Node, HoconError> {
    let files: BTreeMap<_, _> = files.iter().copied().collect();
    let include = |request: &IncludeRequest<'_>| match request.path {
        "unreadable" => Err("permission denied".into()),
        path => Ok(files.get(path).map(|text| Included { name: path.into(), text: (*text).into() })),
    };
    let variable = |name: &str| (name == "HOME").then(|| "/home/m".to_owned());
    Reader::new().includes(include).variables(variable).read("x", text)
}

#[track_caller]
fn assert_same(text: &str, plain: &str) {
    let values = |text: &str| write(&read_with(&[], text).unwrap_or_else(|error| panic!("{text}: {error}")));
    assert_eq!(values(text), values(plain), "{text}");
}

#[track_caller]
fn assert_error(text: &str, expected: &str) {
    let error = read_with(&[], text).expect_err(text).to_string();
    assert!(error.starts_with(expected), "{text}: {error}");
}

#[test]
fn the_shape_of_a_text() {
    for (text, plain) in [
        ("", "{}"),
        ("\u{feff}# nothing\n// here", "{}"),
        ("{ \"a\": 1, \"b\" : [true, null] }", "a = 1\nb = [true, null]"),
        ("a=1,b=2,\nc : 3\r\n", "a = 1\nb = 2\nc = 3"),
        ("a\n{\n b = 1 }", "a.b = 1"),
        ("a =\n  1", "a = 1"),
        ("a = [\n1\n2 # two\n,3,\n]", "a = [1, 2, 3]"),
        ("a.b.c = 1\na { b.d = 2 }", "a { b { c = 1, d = 2 } }"),
        ("a.\"b.c\".d = 1", "a { \"b.c\" { d = 1 } }"),
        ("a = 1 // one\nb = 2# two", "a = 1, b = 2"),
        ("include = 1\ninclude.a = 2\nincluded { b = 1 }", "include { a = 2 }\nincluded.b = 1"),
        ("a = {} \n\"b\" = 1", "a = {}, b = 1"),
    ] {
        assert_same(text, plain);
    }
}

#[test]
fn values_are_typed_and_joined() {
    for (text, plain) in [
        ("a = 0.0.0.0:1883", "a = \"0.0.0.0:1883\""),
        ("a = emqx@127.0.0.1", "a = \"emqx@127.0.0.1\""),
        ("a = one  two three ", "a = \"one  two three\""),
        ("a = \" x\" y\"z\"", "a = \" x yz\""),
        ("a = 1 2", "a = \"1 2\""),
        ("a = http://h:80/p // c", "a = \"http://h:80/p\""),
        ("a = 10000|64MB", "a = \"10000|64MB\""),
        ("a = [1, 2] [3]", "a = [1, 2, 3]"),
        ("a = { b = 1, c = 1 } { c = 2 }", "a { b = 1, c = 2 }"),
        ("a = 1\na = { b = 1 }\na = { c = 2 }", "a { b = 1, c = 2 }"),
        ("a = { b = 1 }\na = 2", "a = 2"),
        ("a = { b = 1 }\na = null\na { c = 1 }", "a { c = 1 }"),
        ("a = \"\"\"x\n\"y\"\"\"\"", "a = \"x\\n\\\"y\\\"\""),
        ("a {\n  sql = \"\"\"~\n    SELECT\n      *\n  ~\"\"\"\n}", "a.sql = \"SELECT\\n  *\\n\""),
        // EMQX joins over the end of a line.
        ("a = \"x\"\n\"y\"\n\"b\" = 1", "a = \"xy\"\nb = 1"),
        ("a = [1]\n\n[2]\nb = {c = 1}\n{d = 2}", "a = [1, 2]\nb { c = 1, d = 2 }"),
        ("a = [\"x\"\n\"y\"]", "a = [x, y]"),
    ] {
        assert_same(text, plain);
    }
}

#[test]
fn substitutions() {
    for (text, plain) in [
        ("a = 1\nb = ${a}", "a = 1, b = 1"),
        ("b = ${a.x}\na { x = y }", "a { x = y }, b = y"),
        ("a = ${HOME}/mqtt", "a = \"/home/m/mqtt\""),
        ("a = x ${?NONE} y", "a = \"x  y\""),
        ("a = ${?NONE} y", "a = y"),
        ("a = ${?NONE}", "{}"),
        ("a = 1\na = ${?NONE}", "a = 1"),
        ("a = [${?NONE}, 1]", "a = [1]"),
        ("a = ${b} { y = 2 }\nb { x = 1 }", "a { x = 1, y = 2 }, b { x = 1 }"),
        ("a { x = 1, y = ${a.x} }", "a { x = 1, y = 1 }"),
        ("p = \"/a\"\np = ${p}\":/b\"", "p = \"/a:/b\""),
        ("l = [1]\nl = ${l} [2]", "l = [1, 2]"),
        ("l = [1]\nl += 2\nl += { a = 3 }\nm += 1", "l = [1, 2, { a = 3 }], m = [1]"),
        ("l = null\nl += 1\nl.2 = 2\nl += 3", "l = [1, 2, 3]"),
        ("l.1 = x\nl += ${l.1}", "l = [x, x]"),
        ("l += 1\nl += ${l}", "l = [1, [1]]"),
        ("a = { b = 1 }\na = ${a.b}", "a = 1"),
        ("a.b = 1\na = ${a} { c = 2 }", "a { b = 1, c = 2 }"),
        ("x { q = 10 }\na = ${x} { b = ${a.q} }", "x { q = 10 }, a { q = 10, b = 10 }"),
        ("a { b = ${c} }\na { b = 1 }", "a { b = 1 }"),
        ("c = 1\na { b = ${c} }\na = ${a} { d = ${a.b} }", "c = 1, a { b = 1, d = 1 }"),
        ("a = ${b}\nb = ${c}\nc = { d = ${e} }\ne = [1]", "a { d = [1] }, b { d = [1] }, c { d = [1] }, e = [1]"),
        ("a = \"${b}\"", "a = \"$\"\"{b}\""),
    ] {
        assert_same(text, plain);
    }
}

#[test]
fn numbers_are_keys_of_lists() {
    assert_same("a = [x, y]\na.2 = z\na.3.b = 1", "a = [x, z, { b = 1 }]");
    assert_same("a = [{ b = 1 }]\na.1.c = 2", "a = [{ b = 1, c = 2 }]");
    let root = read("a.0 = x\na.1.b = y\na.10 = z").unwrap();
    let items = root.get(&["a"]).unwrap().value.as_list().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].value, Value::Text("x".into()));
    assert_eq!(items[1].get(&["b"]).unwrap().origin.to_string(), "x:2");
    assert_error("a = [1]\na.3 = 2", "x:2: item 3 of a list of 1 cannot be set; items count from 1, and 2 is the next");
}

#[test]
fn files_are_included() {
    let files = [
        ("limits.conf", "mqtt.max_inflight = 6\nsize = ${unit}KB"),
        ("a b.conf", "include \"limits.conf\"\nx = 1"),
        ("inner.conf", "n = 1\nm = ${n}\no = ${top}"),
    ];
    for text in [
        "unit = 1\ninclude \"limits.conf\"",
        "unit = 1\ninclude limits.conf",
        "unit = 1\ninclude file(\"limits.conf\")",
        "unit = 1\ninclude required(\"limits.conf\")\ninclude \"none\"",
        "unit = 1\ninclude required( file( limits.conf ) ), include none.conf",
    ] {
        let root = read_with(&files, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let expected = "mqtt {\n  max_inflight = 6\n}\nsize = \"1KB\"\nunit = 1\n";
        assert_eq!(write(&root), expected, "{text}");
        assert_eq!(root.get(&["mqtt", "max_inflight"]).unwrap().origin.to_string(), "limits.conf:1");
    }
    let root = read_with(&files, "a { include inner.conf }\ntop = 5\na.n = 2").unwrap();
    assert_eq!(write(&root), "a {\n  m = 2\n  n = 2\n  o = 5\n}\ntop = 5\n");
    let root = read_with(&files, "unit = 2, include \"a b.conf\"").unwrap();
    assert_eq!(root.get(&["size"]).unwrap().value, Value::Text("2KB".into()));
}

#[test]
fn includes_that_cannot_be_are_errors() {
    let files = [("a", "x = 1\ninclude b"), ("b", "include \"a\""), ("bad", "x = = 1")];
    for (text, expected) in [
        ("include required(\"none\")", "x:1: cannot include `none`: there is no such file"),
        ("include unreadable", "x:1: cannot include `unreadable`: permission denied"),
        ("\n  include a", "b:1: files include each other without end: x -> a -> b -> a"),
        ("include bad", "bad:1: a value is missing"),
        ("include url(\"http://x\")", "x:1: `include url(…)` is not possible"),
        ("include \"\"", "x:1: `include` names no file"),
        ("include required(\"a\"", "x:1: `)` is missing"),
    ] {
        let error = read_with(&files, text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    assert!(read("include a").unwrap_err().to_string().contains("cannot be included here"));
    let chain = |request: &IncludeRequest<'_>| {
        Ok(Some(Included { name: format!("{}x", request.path), text: format!("include {}x", request.path) }))
    };
    let error = Reader::new().includes(chain).read("f", "include a").unwrap_err();
    assert_eq!(error.kind, crate::HoconErrorKind::Limit, "{error}");
}

#[test]
fn errors_have_a_place_and_say_what_would_be_right() {
    for (text, expected) in [
        ("a = 1\nb = \n", "x:3: a value is missing; write `key = value`"),
        ("a {\n b = 1\n", "x:1: this `{` is not closed; write `}` behind its last field (column 3 of `a {`)"),
        ("a = [1, 2", "x:1: this `[` is not closed"),
        ("a = 1\n}", "x:2: `}` without `{`"),
        ("a = 1\nmax_inflight 32\nb = 1", "x:2: nothing is set: `max_inflight` is followed by no `=`"),
        ("a = \"x\n", "x:1: the quote does not end on this line"),
        ("a = \"\"\"x\n", "x:1: the text in three quotes does not end"),
        ("a = b*c", "x:1: `*` is not expected here; put text with special characters in quotes"),
        ("a..b = 1", "x:1: a part of the key is empty"),
        ("a = 1,,b = 2", "x:1: two commas"),
        ("a = ${b", "x:1: this `${` is not closed"),
        ("a = $b", "x:1: `$` is not followed by `{`"),
        ("[1]", "x:1: a list is not a configuration"),
        ("{ a = 1 } b = 2", "x:1: text follows the object"),
        ("a = 1\n\nb = ${NOWHERE}\n", "x:3: nothing is called `NOWHERE`: no key and no environment variable; set it"),
        ("a = [1] { b = 1 }", "x:1: a list cannot be joined"),
        ("a = 1\na += 2", "x:2: nothing can be appended to `1`; write `=`"),
        ("a = 1 [2]", "x:1: a list cannot be joined"),
        ("a = ${b}, b = ${a}", "x:1: this value needs itself to be known"),
        ("a = ${a}", "x:1: nothing is called `a`"),
        ("a { b = ${a} }", "x:1: this value needs itself to be known"),
        ("a = ${b.x}, b = ${a.y}", "x:1: this value needs itself to be known"),
        ("limit = 1024,4096", "x:1: nothing is set: `4096` is followed by no `=`"),
    ] {
        assert_error(text, expected);
    }
}

#[test]
fn every_value_knows_its_line() {
    let text = "a {\n  b = 1\n  c = [\n    { d = 2 }\n    3\n  ]\n}\ne = ${a.b}\na.b = 4\n";
    let root = read(text).unwrap();
    for (path, line) in [
        (&["a"][..], 9),
        (&["a", "b"], 9),
        (&["a", "c"], 3),
        (&["a", "c", "1"], 4),
        (&["a", "c", "1", "d"], 4),
        (&["a", "c", "2"], 5),
        (&["e"], 8),
    ] {
        assert_eq!(root.get(path).unwrap().origin.line(), Some(line), "{path:?}");
    }
}

#[test]
fn layers_see_each_other_and_the_last_wins() {
    let layers = [("low", "a = 1\nb { c = 1, d = ${e} }"), ("high", "b.c = ${a}2\ne = 3")];
    let root = Reader::new().read_layers(&layers).unwrap();
    assert_eq!(write(&root), "a = 1\nb {\n  c = \"12\"\n  d = 3\n}\ne = 3\n");
    assert_eq!(root.get(&["b", "c"]).unwrap().origin.to_string(), "high:1");
    assert_eq!(root.get(&["b", "d"]).unwrap().origin.to_string(), "low:2");
}

/// Texts that are small and would become huge, or use up the stack.
#[test]
fn limits_hold() {
    use std::fmt::Write;
    let limit = |text: &str| {
        let error = read(text).expect_err("a limit is reached");
        assert!(!error.problem.is_empty());
        error
    };
    let mut laughs = String::from("a0 = [ha, ha]\n");
    let mut texts = String::from("a0 = \"hahahahahahahaha\"\n");
    for n in 1..60 {
        writeln!(laughs, "a{n} = [${{a{0}}}, ${{a{0}}}]", n - 1).unwrap();
        writeln!(texts, "a{n} = ${{a{0}}}${{a{0}}}", n - 1).unwrap();
    }
    assert_eq!(limit(&laughs).kind, crate::HoconErrorKind::Limit);
    assert_eq!(limit(&texts).kind, crate::HoconErrorKind::Limit);
    for deep in [
        "a = ".to_owned() + &"[".repeat(10_000),
        "a = ".to_owned() + &"{a=".repeat(10_000),
        "a.".repeat(10_000) + "a = 1",
        (0..10_000).fold(String::new(), |text, n| text + &format!("a{n} = ${{a{}}}\n", n + 1)) + "a10000 = 1",
    ] {
        limit(&deep);
    }
    assert!(read(&"a += 1\n".repeat(2_000)).is_ok());
    let small = Limits { max_text_bytes: 10, ..Limits::default() };
    assert!(
        Reader::new().limits(small).read("x", "a = 1\nb = 2\n").unwrap_err().to_string().contains("longer than 10")
    );
    let ways = "a = ${b.x}${b.y}\nb = ${c}${c}\nc = ${d}${d}\nd = ${a}${a}";
    limit(ways);
}
