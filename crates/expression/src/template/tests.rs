//! Templates: what is a placeholder and what is text, what is missing, and that printing is the reverse of reading.

use proptest::prelude::*;

use super::*;
use crate::Value;

const ALLOWED: [&str; 4] = ["username", "clientid", "client_attrs.*", "cert.cn"];

fn bindings(name: &str) -> Option<Value> {
    match name {
        "username" => Some("alice".into()),
        "clientid" => Some(Value::Null),
        "client_attrs.team" => Some(vec![1, 2].into()),
        "cert.cn" => Some(Value::Bytes(vec![0xff])),
        _ => None,
    }
}

fn render(source: &str) -> Result<String, EvaluateError> {
    Template::parse(source, &ALLOWED).render(&bindings)
}

#[test]
fn placeholders_have_values_and_all_else_is_text() {
    for (source, expected) in [
        ("", ""),
        ("a/b", "a/b"),
        ("a/${username}/c", "a/alice/c"),
        ("${.username}${username}", "alicealice"),
        ("t/${client_attrs.team}", "t/[1,2]"),
        (
            "${other} ${client_attrs.} ${client_attrs} ${usernam}",
            "${other} ${client_attrs.} ${client_attrs} ${usernam}",
        ),
        ("a:$a,b:b},c:{c},d:${username", "a:$a,b:b},c:{c},d:${username"),
        ("${user name}${}${.}${", "${user name}${}${.}${"),
        ("${$}{username}", "${username}"),
        ("${$}{${username}}", "${alice}"),
        ("$${username}", "$alice"),
        ("${${username}", "${alice"),
        ("${é}${username}é", "${é}aliceé"),
    ] {
        assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_missing_is_an_error_or_nothing() {
    for name in ["clientid", "client_attrs.none"] {
        let template = Template::parse(&format!("a/${{{name}}}"), &ALLOWED);
        assert_eq!(template.render(&bindings), Err(EvaluateError::Unbound(name.into())));
        assert_eq!(template.render_or_empty(&bindings).as_deref(), Ok("a/"));
    }
    assert_eq!(render("${cert.cn}"), Err(EvaluateError::NotText));
}

#[test]
fn a_rendered_text_is_bounded() {
    let large = |_: &str| Some(Value::Text("a".repeat(MAX_RENDERED_BYTES / 2)));
    assert!(Template::parse("${username}${username}", &ALLOWED).render(&large).is_ok());
    let error = Template::parse("${username}${username}.", &ALLOWED).render(&large);
    assert_eq!(error, Err(EvaluateError::TooLarge { limit_bytes: MAX_RENDERED_BYTES }));
}

/// What a back end of SQL does with the parts.
#[test]
fn parts_make_a_statement_with_bound_values() {
    let source = "SELECT * FROM users WHERE name = ${username} AND id = ${clientid} AND x = '${$}{x}${y}'";
    let template = Template::parse(source, &ALLOWED);
    let mut statement = String::new();
    let mut bound = Vec::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => statement.push_str(text),
            Part::Variable(name) => {
                bound.push(name.as_str());
                statement.push_str(&format!("${}", bound.len()));
            }
        }
    }
    assert_eq!(statement, "SELECT * FROM users WHERE name = $1 AND id = $2 AND x = '${x}${y}'");
    assert_eq!(bound, ["username", "clientid"]);
    assert!(template.variables().eq(bound));
    assert_eq!(template.as_constant(), None);
    assert_eq!(Template::parse("a${$}", &ALLOWED).as_constant(), Some("a$"));
    assert_eq!(Template::parse("", &ALLOWED).as_constant(), Some(""));
}

proptest! {
    #[test]
    fn printing_is_the_reverse_of_reading(
        source in "([${}.]|\\$\\{|\\$\\{\\$\\}|username|\\$\\{username\\}|client_attrs|[ -~é]){0,12}",
    ) {
        let template = Template::parse(&source, &ALLOWED);
        prop_assert!(template.parts().iter().all(|part| *part != Part::Text(String::new())));
        prop_assert_eq!(Template::parse(&template.to_string(), &ALLOWED), template);
        let text = Template::parse(&source, &[]).render(&|_: &str| None);
        prop_assert_eq!(text, Ok(source.replace("${$}", "$")));
    }
}
