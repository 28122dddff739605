//! What is sent, and what hostile values do to it.

use super::*;
use dunlin_expression::Value as Bound;
use serde_json::json;

const NAMES: [&str; 3] = ["username", "clientid", "password"];

fn settings(method: Method, url: &str) -> HttpSettings {
    HttpSettings::new(method, url)
}

fn template(settings: &HttpSettings) -> RequestTemplate {
    RequestTemplate::parse(settings, &NAMES).expect("settings").1
}

fn of(username: &'static str) -> impl Fn(&str) -> Option<Bound> {
    move |name| match name {
        "username" => Some(Bound::Text(username.into())),
        "password" => Some(Bound::from_bytes(b"\xff\xfe".to_vec())),
        _ => Some(Bound::Null),
    }
}

#[test]
fn values_in_path_and_query_are_encoded_and_text_is_not() {
    let settings = HttpSettings {
        body: json!({"p": "${password}", "n": 1, "x": null}).as_object().cloned().expect("an object"),
        ..settings(Method::Get, "http://h/a/${username}/b?u=${username}&v=%20${nobody}")
    };
    let request = template(&settings).render(&of("a/b?c=d&e#f%\r\n é"));
    let encoded = "a%2Fb%3Fc%3Dd%26e%23f%25%0D%0A%20%C3%A9";
    let literal = "$%7Bnobody%7D";
    match request {
        Ok(request) => assert_eq!(
            request.uri().to_string().replace("${nobody}", literal),
            format!("/a/{encoded}/b?u={encoded}&v=%20{literal}&n=1&p=%FF%FE&x=")
        ),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn nobody_climbs_out_of_the_path() {
    let climbing = template(&settings(Method::Get, "http://h/users/${username}"));
    for name in [".", ".."] {
        assert_eq!(climbing.render(&of(name)).err(), Some(Unaskable::Path), "{name}");
    }
    for name in ["...", "../x", "a", ""] {
        assert!(climbing.render(&of(name)).is_ok(), "{name}");
    }
    let together = template(&settings(Method::Get, "http://h/users/.${username}"));
    assert_eq!(together.render(&of(".")).err(), Some(Unaskable::Path));
}

#[test]
fn no_value_ends_a_header() {
    let settings = HttpSettings {
        headers: vec![("X-User".into(), "u=${username}".into()), ("Accept".into(), "*/*".into())],
        ..settings(Method::Post, "http://h")
    };
    let template = template(&settings);
    let request = template.render(&of("é")).expect("a request");
    assert_eq!(request.headers()["x-user"].as_bytes(), "u=é".as_bytes());
    assert_eq!(request.headers()["accept"], "*/*");
    assert_eq!(request.headers()["content-type"], JSON);
    assert_eq!(request.headers()["cache-control"], "no-cache");
    for name in ["a\r\nx: y", "a\nb", "a\0"] {
        assert_eq!(template.render(&of(name)).err(), Some(Unaskable::Header), "{name:?}");
    }
}

#[test]
fn json_holds_whatever_is_text() {
    let body = json!({"u": "${username}", "list": ["${username}", 1, {"deep": "${clientid}"}], "n": 7, "t": true});
    let mut settings =
        HttpSettings { body: body.as_object().cloned().expect("an object"), ..settings(Method::Post, "http://h") };
    let request = template(&settings).render(&of("\"},\0\u{1}{\"a\":\"")).expect("a request");
    let sent: Value = serde_json::from_slice(request.body()).expect("JSON");
    let name = "\"},\0\u{1}{\"a\":\"";
    assert_eq!(sent, json!({"u": name, "list": [name, 1, {"deep": ""}], "n": 7, "t": true}));
    settings.body.insert("p".into(), json!("${password}"));
    assert!(matches!(template(&settings).render(&of("u")), Err(Unaskable::NotText(_))), "bytes are no JSON");
}

#[test]
fn a_form_holds_bytes() {
    let settings = HttpSettings {
        headers: vec![("Content-Type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
        body: json!({"u u": "${username}&x=y", "p": "${password}"}).as_object().cloned().expect("an object"),
        ..settings(Method::Post, "http://h/")
    };
    let request = template(&settings).render(&of("a&b=c")).expect("a request");
    assert_eq!(request.body().as_ref(), b"p=%FF%FE&u%20u=a%26b%3Dc%26x%3Dy");
}

#[test]
fn long_names_make_no_longer_requests_than_can_be_sent() {
    let long = |_: &str| Some(Bound::Text("/".repeat(60_000)));
    let in_the_path = template(&settings(Method::Get, "http://h/${username}"));
    assert_eq!(in_the_path.render(&long).err(), Some(Unaskable::TooLong));
}

#[test]
fn settings_that_cannot_be_asked_with_are_refused() {
    let with_header = |name: &str, value: &str, method| HttpSettings {
        headers: vec![(name.into(), value.into())],
        ..settings(method, "http://h/")
    };
    let form_of = |body: Value| HttpSettings {
        body: body.as_object().cloned().expect("an object"),
        ..settings(Method::Get, "http://h/")
    };
    for (settings, expected) in [
        (settings(Method::Get, "ftp://h/"), "url must start with http:// or https://"),
        (settings(Method::Get, "http://h/#f"), "url must have no fragment"),
        (settings(Method::Get, "http://h/a b"), "url has a path or a query that is none"),
        (settings(Method::Get, "http://${username}/"), "url has no valid host"),
        (with_header("content-type", JSON, Method::Get), "headers.content-type: a GET has no content"),
        (
            with_header("content-type", "text/plain", Method::Post),
            "headers.content-type: must be application/json or application/x-www-form-urlencoded",
        ),
        (with_header("Host", "x", Method::Post), "headers.Host: is set by the broker"),
        (with_header("a b", "x", Method::Post), "headers.a b: is no name of a header"),
        (with_header("a", "x\r\ny", Method::Post), "headers.a: has letters that no header can have"),
        (form_of(json!({"a": [1]})), "body.a: a form has texts and numbers only"),
    ] {
        let error = RequestTemplate::parse(&settings, &NAMES).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected));
    }
}
