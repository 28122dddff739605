//! Each function: what it makes of its arguments, and what it refuses.

use std::cell::Cell;

use crate::{Bindings, EvaluateError, Expression, MAX_VALUE_BYTES, ParseErrorKind, Value};

/// A world with one variable of the environment, a clock and a poor die.
struct World(Cell<u64>);

impl Bindings for World {
    fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "long" => Some("a".repeat(MAX_VALUE_BYTES).into()),
            "binary" => Some(Value::Bytes(vec![0xff, 0x00])),
            "token" => Some(JWT.into()),
            "json" => Some(JSON.into()),
            "quotes" => Some("'\"".into()),
            _ => None,
        }
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "EMQXVAR_REGION").then(|| "north".to_owned())
    }

    fn random(&self) -> Option<u64> {
        self.0.set(self.0.get() + 1);
        Some(self.0.get())
    }

    fn unix_milliseconds(&self) -> Option<i64> {
        Some(1_700_000_000_999)
    }
}

const JSON: &str = r#"{"sub":"user1","iat":1516239022,"user":{"name":"Alice","tags":["a",1],"x":null},"half":0.5}"#;
/// Header `{"alg":"HS256","typ":"JWT"}`, payload `{"sub":"1234567890","name":"John Doe","iat":1516239022}`.
const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                   eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
                   SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

fn evaluate(source: &str) -> Result<Value, EvaluateError> {
    Expression::parse(source).expect(source).evaluate(&World(Cell::new(60)))
}

/// Each expression has the value whose text is given.
fn assert_texts<const N: usize>(cases: [(&str, &str); N]) {
    for (source, expected) in cases {
        let value = evaluate(source);
        let text = value.as_ref().map(|value| value.to_text().expect(source));
        assert_eq!(text.as_deref(), Ok(expected), "{source}");
    }
}

/// Each expression fails because of its argument at a position, from 1.
fn assert_mismatches<const N: usize>(cases: [(&str, usize); N]) {
    for (source, expected) in cases {
        match evaluate(source) {
            Err(EvaluateError::Argument { position, .. }) => assert_eq!(position, expected, "{source}"),
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn functions_of_text() {
    assert_texts([
        ("lower('ABC Ä')", "abc ä"),
        ("upper('abc ß')", "ABC SS"),
        ("upper(true)", "TRUE"),
        ("trim('\t a b \n')", "a b"),
        ("trim('xxayx', 'xy')", "a"),
        ("ltrim('  a ')", "a "),
        ("ltrim('xxax', 'x')", "ax"),
        ("rtrim('  a ')", "  a"),
        ("rtrim('xaxx', 'x')", "xa"),
        ("trim('\u{a0}a')", "\u{a0}a"),
        ("reverse('abc')", "cba"),
        ("reverse('ae\u{301}')", "e\u{301}a"),
        ("rm_prefix('dev-1', 'dev-')", "1"),
        ("rm_prefix('dev-1', 'x')", "dev-1"),
        ("strlen('')", "0"),
        ("strlen('e\u{301}\u{1f1e9}\u{1f1ea}')", "2"),
        ("substr('abc', 1)", "bc"),
        ("substr('abc', 1, 1)", "b"),
        ("substr('abc', 5)", ""),
        ("substr('aäc', 1, 9)", "äc"),
        ("concat(['a', 1, 2.50, true])", "a12.5true"),
        ("concat('a', 'b', 'c')", "abc"),
        ("concat('a', ['b'])", "a[\"b\"]"),
        ("any_to_str(-3)", "-3"),
        ("any_to_str(['a', 1])", "[\"a\",1]"),
        ("ascii('abc')", "97"),
        ("find('a.b.c', '.')", ".b.c"),
        ("find('a.b.c', '.', 'trailing')", ".c"),
        ("find('abc', 'x')", ""),
        ("replace('a-b-c', '-', '+')", "a+b+c"),
        ("replace('a-b-c', '-', '+', 'leading')", "a+b-c"),
        ("replace('a-b-c', '-', '+', 'trailing')", "a-b+c"),
        ("replace('abc', '', 'x')", "abc"),
        ("pad('ab', 5)", "ab   "),
        ("pad('ab', 5, 'leading')", "   ab"),
        ("pad('ab', 5, 'both')", " ab  "),
        ("pad('ab', 4, 'trailing', 'xy')", "abxyxy"),
        ("pad('abc', 2)", "abc"),
        ("pad('abc', -2)", "abc"),
    ]);
    assert_mismatches([
        ("lower(1)", 1),
        ("lower(['a'])", 1),
        ("lower(binary)", 1),
        ("ascii('')", 1),
        ("concat('a')", 1),
        ("substr('abc', -1)", 2),
        ("substr('abc', 0, -1)", 3),
        ("substr('abc', '1')", 2),
        ("find('a', 'a', 'x')", 3),
        ("replace('a', 'a', 'b', 'x')", 4),
        ("pad('a', 3, 'x')", 3),
        ("trim('a', 1)", 2),
    ]);
}

#[test]
fn functions_of_lists() {
    assert_texts([
        ("split('a,,b', ',')", "[\"a\",\"b\"]"),
        ("split('a,,b', ',', 'notrim')", "[\"a\",\"\",\"b\"]"),
        ("split(',a,b', ',', 'leading')", "[\"a,b\"]"),
        ("split(',a,b', ',', 'leading_notrim')", "[\"\",\"a,b\"]"),
        ("split('a,b,', ',', 'trailing')", "[\"a,b\"]"),
        ("split('a,b,', ',', 'trailing_notrim')", "[\"a,b\",\"\"]"),
        ("split('abc', '')", "[\"abc\"]"),
        ("tokens('a,b;;c', ',;')", "[\"a\",\"b\",\"c\"]"),
        ("tokens('a\n,b', ',', 'nocrlf')", "[\"a\",\"b\"]"),
        ("tokens('a\n,b', ',')", "[\"a\\n\",\"b\"]"),
        ("nth(1, tokens('a,b', ','))", "a"),
        ("nth('2', tokens('a,b', ','))", "b"),
        ("nth(3, tokens('a,b', ','))", ""),
        ("nth(2, [1, 2.5])", "2.5"),
        ("join_to_string(['a', 1])", "a, 1"),
        ("join_to_string('-', ['a', 1])", "a-1"),
    ]);
    assert_mismatches([
        ("split('a', ',', 'all_notrim')", 3),
        ("tokens('a', ',', 'x')", 3),
        ("nth('x', ['a'])", 1),
        ("nth(0, ['a'])", 1),
        ("nth(1, 'a')", 2),
        ("join_to_string('a')", 1),
    ]);
}

#[test]
fn functions_of_topics() {
    assert_texts([
        ("topic_join(['a', 1, 'b'])", "a/1/b"),
        ("topic_join('a', 'b')", "a/b"),
        ("topic_join('a/', 'b')", "a/b"),
        ("topic_match('a/b', 'a/+')", "true"),
        ("topic_match('$SYS/a', '#')", "false"),
        ("topic_split('a//b')", "[\"a\",\"\",\"b\"]"),
    ]);
    assert_mismatches([("topic_join('', 'b')", 1), ("topic_join('a')", 1)]);
}

#[test]
fn comparisons() {
    assert_texts([
        ("str_comp('a', 'b')", "lt"),
        ("str_eq('a', 'a')", "true"),
        ("str_eq(1, '1')", "true"),
        ("str_neq('a', '')", "true"),
        ("str_lt('a', 'b')", "true"),
        ("str_lte('a', 'a')", "true"),
        ("str_gt(9, 10)", "true"),
        ("str_gte('a', 'b')", "false"),
        ("str_eq(binary, binary)", "true"),
        ("num_comp(1, 2)", "lt"),
        ("num_eq(1, 1.0)", "true"),
        ("num_eq(-0.0, 0)", "true"),
        ("num_eq(9007199254740993, 9007199254740992)", "false"),
        ("num_neq(2, 1)", "true"),
        ("num_lt(1, 1.5)", "true"),
        ("num_lte(2, 1)", "false"),
        ("num_gt(9, 10)", "false"),
        ("num_gte(2, -1)", "true"),
        ("not(true)", "false"),
        ("not('false')", "true"),
        ("is_empty_val('')", "true"),
        ("is_empty_val(json_value(json, 'x'))", "true"),
        ("is_empty_val(false)", "false"),
    ]);
    assert_eq!(evaluate("not('true')"), Ok("false".into()));
    assert_eq!(evaluate("not(true)"), Ok(false.into()));
    assert_mismatches([("num_eq('1', 1)", 1), ("num_eq(1, '1')", 2), ("num_eq(1.0, '1')", 2), ("not('x')", 1)]);
}

#[test]
fn encodings() {
    assert_texts([
        ("base64_encode('hello>?')", "aGVsbG8+Pw=="),
        ("base64_encode('hello>?', 'no_padding')", "aGVsbG8+Pw"),
        ("base64_encode('hello>?', 'urlsafe')", "aGVsbG8-Pw=="),
        ("base64_encode('hello>?', 'urlsafe', 'no_padding')", "aGVsbG8-Pw"),
        ("base64_decode('aGVs bG8+Pw==')", "hello>?"),
        ("base64_decode('aGVsbG8+Pw', 'no_padding')", "hello>?"),
        ("base64_decode('aGVsbG8+Pw==', 'no_padding')", "hello>?"),
        ("base64_decode('aGVsbG8-Pw==', 'urlsafe')", "hello>?"),
        ("base64_decode('aGVsbG8-Pw', 'no_padding', 'urlsafe')", "hello>?"),
        ("bin2hexstr('AZ')", "415A"),
        ("bin2hexstr(binary)", "FF00"),
        ("hexstr2bin('415a')", "AZ"),
        ("bin2hexstr(base64_decode(base64_encode(binary)))", "FF00"),
        ("int2hexstr(0)", "0"),
        ("int2hexstr(26)", "1A"),
        ("int2hexstr(-255)", "-FF"),
        ("int2hexstr(-9223372036854775808)", "-8000000000000000"),
    ]);
    assert_mismatches([
        ("base64_decode('aGVsbG8+Pw')", 1),
        ("base64_decode('!')", 1),
        ("hexstr2bin('123')", 1),
        ("hexstr2bin('xx')", 1),
        ("int2hexstr('1')", 1),
    ]);
}

#[test]
fn json_and_tokens() {
    assert_texts([
        ("json_value(json, 'sub')", "user1"),
        ("json_value(json, 'user.name')", "Alice"),
        ("json_value(json, 'user.tags')", "[\"a\",1]"),
        ("json_value(json, 'half')", "0.5"),
        ("json_value(json, 'user.x')", ""),
        ("json_value(json, 'user.name.first')", ""),
        ("json_value('{no json}', 'sub')", ""),
        ("json_value('[1]', '0')", ""),
        ("json_value('{\"a\":{\"b\":1}}', 'a')", "{\"b\":1}"),
        ("json_value('{\"a\":18446744073709551615}', 'a')", "18446744073709551616.0"),
        ("jwt_value(token, 'name')", "John Doe"),
        ("jwt_value(token, 'iat')", "1516239022"),
        ("jwt_value(token, 'none')", ""),
        ("is_jwt(token)", "true"),
        ("is_jwt('eyJhbGciOiJub25lIn0=.eyJzdWIiOiIxIn0.')", "true"),
        ("is_jwt('a.b.c')", "false"),
        ("is_jwt('')", "false"),
        ("is_jwt('eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln')", "false"),
        ("is_jwt('eyJhbGciOiJub25lIn0.!.c2ln')", "false"),
        ("is_jwt(concat(token, '.a'))", "false"),
        ("is_jwt(42)", "false"),
    ]);
    assert_mismatches([
        ("json_value(json, '')", 2),
        ("json_value(1, 'a')", 1),
        ("jwt_value('a.b', 'sub')", 1),
        ("jwt_value('a.!.c', 'sub')", 1),
        ("jwt_value('a.b.c.d', 'sub')", 1),
        ("jwt_value(token, '')", 2),
    ]);
}

#[test]
fn digests_and_ranges() {
    assert_texts([
        ("hash('md5', 'hello')", "5d41402abc4b2a76b9719d911017c592"),
        ("hash('sha', 'hello')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("hash('sha1', 'hello')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("hash('sha256', 'hello')", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
        ("hash_to_range('A_C001', 0, 3)", "0"),
        ("hash_to_range('x', 7, 7)", "7"),
        ("map_to_range(7, 0, 3)", "3"),
        ("map_to_range('a', 0, 3)", "1"),
        ("map_to_range('ab', 10, 20)", "14"),
        ("map_to_range(-1, 0, 3)", "3"),
        ("map_to_range(-1, -9223372036854775808, 9223372036854775807)", "9223372036854775807"),
        ("strlen(hash('sha512', binary))", "128"),
    ]);
    assert_mismatches([
        ("hash_to_range(1, 1, 2)", 1),
        ("hash_to_range('', 1, 2)", 1),
        ("hash_to_range('a', '1', 2)", 2),
        ("hash_to_range('a', 2, 1)", 3),
        ("map_to_range('', 1, 2)", 1),
        ("map_to_range('a', '1', 2)", 2),
        ("map_to_range('a', 2, 1)", 3),
        ("hash(lower('SHA3'), 'a')", 1),
    ]);
    let error = Expression::parse("hash('sha265', 'a')").unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::UnknownDigest { name: "sha265".into(), nearest: Some("sha256") });
}

#[test]
fn regular_expressions() {
    assert_texts([
        ("regex_match('dev-12', '^dev-[0-9]+$')", "true"),
        ("regex_match('dev-x', concat('^dev', '-[0-9]+$'))", "false"),
        ("regex_extract('Order number: 12345', '([0-9]+)')", "[\"12345\"]"),
        ("regex_extract('Date: 2021-05-20', '([0-9]{4})-([0-9]{2})-([0-9]{2})')", "[\"2021\",\"05\",\"20\"]"),
        ("regex_extract('Hello, world!', '[0-9]')", "[]"),
        ("regex_extract('Hello', 'Hello')", "[]"),
        ("regex_extract('b', '(a)?(b)(c)?')", "[\"\",\"b\"]"),
        ("regex_replace('a1b22', '[0-9]+', 'x')", "axbx"),
        ("regex_replace('ab', 'b', '<&>')", "a<b>"),
        ("regex_replace('ab', '(a)(b)', '\\2\\g1\\g{2}')", "bab"),
        ("regex_replace('ab', 'b', '\\&\\\\\\q\\')", "a&\\q\\"),
        ("regex_replace('ab', 'b', '\\9')", "a"),
        ("regex_replace('aä', '', '-')", "-a-ä-"),
    ]);
    assert_mismatches([
        ("regex_match('a', concat('(', ''))", 2),
        ("regex_match('a', long)", 2),
        ("regex_match(1, 'a')", 1),
        ("regex_replace('a', 'a', 1)", 3),
    ]);
    for pattern in ["(", "(?=a)", "(a)\\1", "(a{999}){999}"] {
        let error = Expression::parse(&format!("regex_match(x, '{pattern}')")).unwrap_err();
        assert!(matches!(error.kind, ParseErrorKind::Pattern(_)), "{pattern}: {error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[test]
fn formats() {
    assert_texts([
        ("sprintf_s('~s is ~b, ~f~~~n', ['a', 7, 1.5])", "a is 7, 1.500000~\n"),
        ("sprintf_s('~.2f ~e ~p ~w ~ts', [1.005, 2.0, 'a', true, 'ä'])", "1.00 2.000000e0 <<\"a\">> true ä"),
        (
            "sprintf_s('[~5s|~-5s|~5.2s|~4..0b|~.16b|~.16B|~c]', ['a', 'b', 'xyz', 42, 255, -255, 65])",
            "[    a|b    |   xy|0042|ff|-FF|A]",
        ),
    ]);
    for source in [
        "sprintf_s('~s', [1])",
        "sprintf_s('~q', [1])",
        "sprintf_s('~s ~s', ['a'])",
        "sprintf_s('a', ['a'])",
        "sprintf_s('a~', ['a'])",
        "sprintf_s('~-s', ['a'])",
        "sprintf_s('~99999999999999999999s', ['a'])",
        "sprintf_s('~.1b', [1])",
    ] {
        assert!(matches!(evaluate(source), Err(EvaluateError::Function { .. })), "{source}");
    }
    assert_eq!(evaluate("sprintf_s('~99999999s', ['a'])"), Err(EvaluateError::VALUE_TOO_LARGE));
}

#[test]
fn escapes() {
    assert_texts([
        (r"unescape('a\n\t\r\b\f\v\a\\')", "a\n\t\r\u{8}\u{c}\u{b}\u{7}\\"),
        (r#"unescape("\'\?")"#, "'?"),
        (r"unescape('\x41g')", "Ag"),
        (r"unescape('\x1f600')", "\u{1f600}"),
        (r"unescape('a\')", "a\\"),
    ]);
    for source in [r"unescape('\q')", r"unescape('\xg')", r"unescape('\xd800')", r"unescape('\xfffffffff')"] {
        assert!(matches!(evaluate(source), Err(EvaluateError::Function { .. })), "{source}");
    }
}

#[test]
fn the_world_outside() {
    assert_texts([
        ("getenv('REGION')", "north"),
        ("getenv('HOME')", ""),
        ("timestamp_ms()", "1700000000999"),
        ("timestamp_s()", "1700000000"),
        ("rand_str(4)", "z012"),
        ("rand_int(10)", "2"),
        ("rand_int(1)", "1"),
    ]);
    assert_mismatches([("rand_int(0)", 1), ("rand_int(-1)", 1), ("rand_str(0)", 1), ("rand_str('1')", 1)]);
    let nothing = |_: &str| None;
    for source in ["timestamp_s()", "timestamp_ms()", "rand_str(1)", "rand_int(1)"] {
        let value = Expression::parse(source).unwrap().evaluate(&nothing);
        assert!(matches!(value, Err(EvaluateError::Function { .. })), "{source}");
    }
}

#[test]
fn no_function_makes_more_than_the_limit() {
    for source in [
        "pad('', 9223372036854775807)",
        "pad('a', 65537, 'leading')",
        "concat(long, 'a')",
        "concat([long, long])",
        "join_to_string(long, ['', '', ''])",
        "replace(long, 'a', long)",
        "regex_replace(long, 'a', long)",
        "base64_encode(long)",
        "bin2hexstr(long)",
        "rand_str(65537)",
        "topic_join(long, 'a')",
        "sprintf_s('~s~s', [long, 'a'])",
        "tokens(long, '')",
        "split(long, 'a', 'notrim')",
        "nth(1, [long, 'a'])",
    ] {
        assert_eq!(evaluate(source), Err(EvaluateError::VALUE_TOO_LARGE), "{source}");
    }
    assert!(evaluate("substr(long, 0)").is_ok());
    assert_eq!(evaluate("pad('a', 9223372036854775807, 'both', '')"), Ok("a".into()));
}
