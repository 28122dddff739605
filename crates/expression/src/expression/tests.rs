//! Expressions as a whole: what is read, what is refused, what special functions do, and that printing is the reverse of
//! reading.

use proptest::prelude::*;

use super::*;
use crate::{MAX_VALUE_BYTES, ParseErrorKind};

fn bindings(name: &str) -> Option<Value> {
    match name {
        "a" => Some("x".into()),
        "username" | "client_attrs.unknown" => Some(Value::Null),
        "clientid" => Some("dev-suffix".into()),
        "client_attrs.team-1" => Some("blue".into()),
        "number" => Some(1.into()),
        "fraction" => Some(Value::Float(2.2)),
        "empty" => Some("".into()),
        "list" => Some(vec!["x", "y"].into()),
        "huge" => Some("a".repeat(MAX_VALUE_BYTES + 1).into()),
        _ => None,
    }
}

fn text(source: &str) -> Result<String, EvaluateError> {
    Expression::parse(source).expect(source).evaluate_text(&bindings)
}

fn unbound(name: &str) -> Result<String, EvaluateError> {
    Err(EvaluateError::Unbound(name.to_owned()))
}

#[test]
fn names_and_constants_have_values() {
    for (source, expected) in [
        ("a", "x"),
        ("username", ""),
        ("client_attrs.team-1", "blue"),
        ("number", "1"),
        ("fraction", "2.2"),
        ("true", "true"),
        (" 'it\"s' ", "it\"s"),
        ("\"it's\"", "it's"),
        ("+5", "5"),
        ("-1.50e1", "-15.0"),
        ("concat([username, '/', a])", "/x"),
        ("concat(\r\n\t'a' , 'b'\n)", "ab"),
        ("emqx_variform_bif.lower('A')", "a"),
        ("nth(2, list)", "y"),
    ] {
        assert_eq!(text(source).as_deref(), Ok(expected), "{source}");
    }
    assert_eq!(text("nobody"), unbound("nobody"));
    assert_eq!(text("lower(nobody)"), unbound("nobody"));
    assert_eq!(text("list"), Err(EvaluateError::NotText));
    assert_eq!(text("huge"), Err(EvaluateError::VALUE_TOO_LARGE));
}

#[test]
fn the_first_that_is_not_empty_counts() {
    for (source, expected) in [
        ("coalesce(['a', 'b'])", "a"),
        ("coalesce(['', 'b'])", "b"),
        ("coalesce([nobody, a])", "x"),
        ("coalesce([nobody, nothing])", ""),
        ("coalesce(nobody)", ""),
        ("coalesce(tokens(nobody, ','))", ""),
        ("coalesce(tokens(',,b,c', ','))", "b"),
        ("coalesce([any_to_str(nobody), username, 'c'])", "c"),
        ("coalesce(empty, 2)", "2"),
        ("coalesce(list)", "x"),
    ] {
        assert_eq!(text(source).as_deref(), Ok(expected), "{source}");
    }
    assert!(matches!(text("coalesce(any_to_str(1))"), Err(EvaluateError::Argument { position: 1, .. })));
    // Only what has no value is passed over, not what fails.
    assert!(matches!(text("coalesce([lower(1), 'b'])"), Err(EvaluateError::Argument { .. })));
}

#[test]
fn conditions_choose() {
    let suffix = "iif(nth(2, tokens(clientid, '-')), concat([nth(2, tokens(clientid, '-')), '/#']), '')";
    for (source, expected) in [
        ("iif(a, 'yes', 'no')", "yes"),
        ("iif(nobody, 'yes', 'no')", "no"),
        ("iif(username, 'yes', 'no')", "no"),
        ("iif(true, 'yes', 'no')", "yes"),
        ("iif(false, 'yes', 'no')", "no"),
        ("iif(str_eq(number, 1), 2, 3)", "2"),
        ("iif(str_eq(nobody, 1), 2, 3)", "3"),
        ("iif(true, 'yes', nobody)", "yes"),
        (suffix, "suffix/#"),
        ("is_empty('')", "true"),
        ("is_empty(nobody)", "true"),
        ("is_empty(username)", "true"),
        ("is_empty(a)", "false"),
        ("is_empty(number)", "false"),
    ] {
        assert_eq!(text(source).as_deref(), Ok(expected), "{source}");
    }
    assert_eq!(text("iif(true, nobody, 'no')"), unbound("nobody"));
}

#[test]
fn preconditions_ask_for_true() {
    let is_true = |source: &str| Expression::parse(source).unwrap().is_true(&bindings);
    assert_eq!(is_true("str_eq(a, 'x')"), Ok(true));
    assert_eq!(is_true("regex_match(clientid, '^dev-')"), Ok(true));
    assert_eq!(is_true("'true'"), Ok(true));
    assert_eq!(is_true("not(is_empty(a))"), Ok(true));
    assert_eq!(is_true("num_gt(1, 2)"), Ok(false));
    assert_eq!(is_true("a"), Ok(false));
    assert_eq!(is_true("nobody"), Err(EvaluateError::Unbound("nobody".into())));
}

#[test]
fn what_is_no_expression_is_refused_at_its_place() {
    use ParseErrorKind::*;
    let unknown = |name: &str, nearest| UnknownFunction { name: name.into(), nearest };
    let cases = [
        ("", 0, Expected("a name, a constant, a call or a list")),
        ("[1]", 0, Expected("a name, a constant or a call")),
        ("a b", 2, Expected("the end")),
        ("a,", 1, Expected("the end")),
        ("lower(a", 7, Expected("a comma or the closing sign")),
        ("lower(a]", 7, Expected("a comma or the closing sign")),
        ("concat(a,)", 9, Expected("a name, a constant, a call or a list")),
        ("concat(,a)", 7, Expected("a name, a constant, a call or a list")),
        ("concat([])", 9, Expected("something in the list")),
        ("true()", 4, Expected("the end")),
        ("$a", 0, Character('$')),
        ("ä", 0, Character('ä')),
        ("_a", 0, Character('_')),
        ("'a", 0, UnclosedQuote),
        ("concat('a', \"b')", 12, UnclosedQuote),
        ("-", 0, Expected("digits after the sign")),
        ("1e5", 1, Expected("the end")),
        ("1.", 1, Character('.')),
        ("9223372036854775808", 0, Number),
        ("1.0e999", 0, Number),
        ("lowr(a)", 0, unknown("lowr", Some("lower"))),
        ("concat(a, regexmatch(b, 'c'))", 10, unknown("regexmatch", Some("regex_match"))),
        ("frobnicate(a)", 0, unknown("frobnicate", None)),
        ("a.b.lower(a)", 0, unknown("a.b.lower", None)),
        ("lists.nth(1, a)", 0, unknown("lists.nth", None)),
        ("lower()", 0, ArgumentCount { function: "lower", least: 1, most: 1, given: 0 }),
        ("iif(a, b)", 0, ArgumentCount { function: "iif", least: 3, most: 3, given: 2 }),
    ];
    for (source, offset, kind) in cases {
        assert_eq!(Expression::parse(source), Err(ParseError { offset, kind }), "{source}");
    }
    for source in ["hash('a\nb', 'c')", "\u{b}"] {
        assert_eq!(Expression::parse(source).unwrap_err().to_string().lines().count(), 1, "{source}");
    }
    let error = Expression::parse("lowr(a)").unwrap_err();
    assert_eq!(error.to_string(), "unknown function `lowr`, did you mean `lower`? (at byte 0)");
}

#[test]
fn expressions_are_bounded() {
    let nested = |depth: usize| format!("{}'a'{}", "lower(".repeat(depth), ")".repeat(depth));
    assert_eq!(text(&nested(MAX_DEPTH)).as_deref(), Ok("a"));
    assert_eq!(Expression::parse(&nested(MAX_DEPTH + 1)).unwrap_err().kind, ParseErrorKind::TooDeep);
    let lists = format!("concat({}1{})", "[".repeat(2000), "]".repeat(2000));
    assert_eq!(Expression::parse(&lists).unwrap_err().kind, ParseErrorKind::TooDeep);
    let siblings = format!("concat({}1)", "lower('a'),".repeat(500));
    assert_eq!(text(&siblings).map(|text| text.len()), Ok(501));
    let long = |bytes: usize| format!("'{}'", "a".repeat(bytes - 2));
    assert!(Expression::parse(&long(MAX_SOURCE_BYTES)).is_ok());
    assert_eq!(Expression::parse(&long(MAX_SOURCE_BYTES + 1)).unwrap_err().kind, ParseErrorKind::TooLong);
}

#[test]
fn variables_are_listed() {
    let expression: Expression = "iif(a, concat([b.c, 'd']), lower(a))".parse().unwrap();
    assert_eq!(expression.variables(), ["a", "b.c", "a"]);
    assert_eq!(expression.to_string(), "iif(a, concat([b.c, 'd']), lower(a))");
}

/// Expressions of every form, as text.
fn source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z][a-z0-9_.-]{0,8}",
        "'[^']{0,8}'",
        "\"[^\"]{0,8}\"",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| {
            let text = format!("{number:.3e}");
            if text.contains('.') { text } else { text.replace('e', ".0e") }
        }),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let functions: Vec<&str> = crate::function_names().collect();
        let arguments = prop::collection::vec(inner, 1..4).prop_map(|arguments| arguments.join(" , "));
        prop_oneof![
            arguments.clone().prop_map(|arguments| format!("concat([{arguments}])")),
            (prop::sample::select(functions), arguments).prop_map(|(name, arguments)| format!("{name}({arguments})")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place(source in "\\PC{0,40}|[a-z(),'\\[\\]0-9.+\\- ]{0,40}") {
        match Expression::parse(&source) {
            Ok(expression) => prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression)),
            Err(error) => prop_assert!(source.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn printing_is_the_reverse_of_reading(source in source()) {
        if let Ok(expression) = Expression::parse(&source) {
            prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
        }
    }

    #[test]
    fn values_are_bounded_whatever_they_are_made_of(source in source(), value in "\\PC{0,20}|[0-9]{1,3}") {
        if let Ok(expression) = Expression::parse(&source)
            && let Ok(text) = expression.evaluate_text(&|_: &str| Some(value.as_str().into()))
        {
            prop_assert!(text.len() <= MAX_VALUE_BYTES);
        }
    }
}
