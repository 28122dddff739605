//! Which queries are understood, and what becomes of them.

use super::*;
use dunlin_access::{ClientInfo, Credentials, Password};
use dunlin_model::ArcStr;

fn parse(query: &str, dialect: Dialect) -> Result<SqlQuery, SqlQueryError> {
    SqlQuery::parse(query, dialect, Purpose::Authentication)
}

#[track_caller]
fn becomes(query: &str, postgresql: &str, mysql: &str) {
    assert_eq!(parse(query, Dialect::PostgreSql).expect("a query").text(), postgresql);
    assert_eq!(parse(query, Dialect::MySql).expect("a query").text(), mysql);
}

#[test]
fn placeholders_become_bind_variables() {
    becomes(
        "SELECT a FROM t WHERE u = ${username} AND c=${clientid} OR u=${username}",
        "SELECT a FROM t WHERE u = $1 AND c=$2 OR u=$3",
        "SELECT a FROM t WHERE u = ? AND c=? OR u=?",
    );
    becomes(
        "SELECT 'ä' FROM t WHERE u='${username}';",
        "SELECT 'ä' FROM t WHERE u=$1;",
        "SELECT 'ä' FROM t WHERE u=?;",
    );
    becomes("SELECT 1 WHERE u = \"${username}\"", "SELECT 1 WHERE u = $1", "SELECT 1 WHERE u = ?");
}

#[test]
fn texts_and_comments_stay_as_they_are() {
    for query in [
        "SELECT '${nobody}', 'it''s ${' -- ${username}\nFROM t",
        "SELECT /* ${username} ' */ 1 - 2 / 3",
        "SELECT \"a\"\"b\" FROM t",
    ] {
        becomes(query, query, query);
    }
    for query in [
        "SELECT $$ ' $$, $tag$ $$ ' $tag$, E'\\'', a$1b FROM t WHERE j ? 'x'",
        "SELECT /* /* ' */ ' */ 1",
        "SELECT '\\', 1",
    ] {
        assert_eq!(parse(query, Dialect::PostgreSql).expect("a query").text(), query);
    }
    for query in ["SELECT `a'b` FROM t # it's\n WHERE a = '\\''", "SELECT 1--1, '\\\\'"] {
        assert_eq!(parse(query, Dialect::MySql).expect("a query").text(), query);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_way_out() {
    for (query, expected) in [
        (" \n", "the query is empty"),
        ("SELECT ${user}", "nothing is known as `${user}` (at 7); there are: password, username, clientid, peerhost,"),
        (
            "SELECT 'x-${username}'",
            "`${username}` (at 10) stands inside a text in quotes; let the database join them: 'text' ||",
        ),
        ("SELECT $a$ ${username} $a$", "`${username}` (at"),
        ("SELECT 'x", "what begins with `'` at 7 does not end"),
        ("SELECT E'x\\'", "what begins with `'` at 8 does not end"),
        ("SELECT /* /* */", "what begins with `/*` at 7 does not end"),
        ("SELECT ${username", "what begins with `${` at 7 does not end"),
        ("SELECT $a$ $b$", "what begins with `$a$` at 7 does not end"),
        ("SELECT $1", "`$1` (at 7) is no placeholder here; write for example ${username}"),
    ] {
        let error = parse(query, Dialect::PostgreSql).expect_err(query).to_string();
        assert!(error.starts_with(expected), "{query}: {error}");
    }
    assert_eq!(parse("SELECT ?", Dialect::MySql), Err(SqlQueryError::OwnBindVariable { mark: "?", offset: 7 }));
    let long = format!("SELECT {}", "x".repeat(MAX_QUERY_BYTES));
    assert_eq!(parse(&long, Dialect::MySql), Err(SqlQueryError::TooLong(long.len())));
    let many = "${username},".repeat(MAX_PARAMETERS + 1);
    assert_eq!(parse(&many, Dialect::MySql), Err(SqlQueryError::TooManyPlaceholders));
}

#[test]
fn a_password_is_known_only_where_it_is_checked() {
    let query = "SELECT ${password}";
    assert!(SqlQuery::parse(query, Dialect::MySql, Purpose::Authentication).is_ok());
    let error = SqlQuery::parse(query, Dialect::MySql, Purpose::Authorization).expect_err("no password here");
    assert!(
        matches!(&error, SqlQueryError::UnknownPlaceholder { known, .. } if !known.contains("password")),
        "{error}"
    );
}

#[test]
fn values_are_those_of_the_client() {
    let query = parse(
        "SELECT ${username}, ${clientid}, ${password}, ${peerhost}, ${peerport}, ${zone}, ${listener}, ${proto_name}, \
         ${client_attrs.team}, ${client_attrs.none}, ${mountpoint}, ${cert_subject}, ${cert_common_name}, ${cert_pem}",
        Dialect::MySql,
    )
    .expect("a query");
    let client = ClientInfo {
        client_id: ArcStr::from("c' OR 1=1"),
        username: Some(ArcStr::from("u")),
        peer: "[::ffff:10.0.0.7]:1234".parse().expect("an address"),
        listener: ArcStr::from("tcp:default"),
        attributes: [("team".to_owned(), "a".to_owned())].into(),
        certificate: Some(Arc::new(dunlin_access::Certificate {
            subject: Some("CN=x".into()),
            common_name: Some("x".into()),
            pem: Some("PEM".into()),
            ..dunlin_access::Certificate::default()
        })),
        ..ClientInfo::default()
    };
    let question = query.question(&Credentials { client, password: Some(Password::new(b"\xff")) }, 1);
    let expected: [&[u8]; 14] = [
        b"u",
        b"c' OR 1=1",
        b"\xff",
        b"10.0.0.7",
        b"1234",
        b"default",
        b"tcp:default",
        b"MQTT",
        b"a",
        b"",
        b"",
        b"CN=x",
        b"x",
        b"UEVN",
    ];
    assert_eq!(question.parameters, expected);
}
