//! Tests of the headers and of what a build holds.

use super::*;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

static FILES: [Asset; 2] = [
    Asset { path: "index.html", bytes: b"<p>", packed: None, entity_tag: "\"1\"" },
    Asset { path: "assets/main-1.js", bytes: b"let a", packed: Some(b"packed"), entity_tag: "\"2\"" },
];

async fn ask(path: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let answer = router_of(&FILES).oneshot(request).await.expect("an answer");
    let (parts, body) = answer.into_parts();
    (parts.status, parts.headers, body.collect().await.expect("a body").to_bytes().to_vec())
}

#[tokio::test]
async fn files_have_their_type_and_their_policy() {
    for path in ["/", "/index.html"] {
        let (status, headers, body) = ask(path, &[(header::HOST, "node.example:18083")]).await;
        assert_eq!((status, body.as_slice()), (StatusCode::OK, &b"<p>"[..]));
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.ends_with("ws://node.example:* wss://node.example:*"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn files_are_packed_for_those_who_take_it() {
    let path = "/assets/main-1.js";
    for taken in ["gzip, deflate, br", "br;q=1, GZIP;q=0.5"] {
        let (_, headers, body) = ask(path, &[(header::ACCEPT_ENCODING, taken)]).await;
        assert_eq!((headers[header::CONTENT_ENCODING].as_bytes(), body.as_slice()), (&b"gzip"[..], &b"packed"[..]));
        assert_eq!(headers[header::VARY], "accept-encoding");
        assert_eq!(headers[header::CACHE_CONTROL], FOR_EVER);
    }
    for refused in ["br", "gzip;q=0", ""] {
        let (_, headers, body) = ask(path, &[(header::ACCEPT_ENCODING, refused)]).await;
        assert_eq!((headers.get(header::CONTENT_ENCODING), body.as_slice()), (None, &b"let a"[..]), "{refused}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    for tags in ["\"2\"", "W/\"2\"", "\"0\", \"2\"", "*"] {
        let (status, headers, body) = ask("/assets/main-1.js", &[(header::IF_NONE_MATCH, tags)]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{tags}");
        assert_eq!(headers[header::ETAG], "\"2\"");
    }
    assert_eq!(ask("/", &[(header::IF_NONE_MATCH, "\"2\"")]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn nothing_else_is_there() {
    for path in ["/assets/", "/assets/other.js", "/../Cargo.toml", "/assets/..%2findex.html", "/.gitignore"] {
        assert_eq!(ask(path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_build_is_whole() {
    let _ = router();
    if ASSETS.is_empty() {
        return;
    }
    let page = ASSETS.iter().find(|file| file.path == "index.html").expect("a page");
    let page = std::str::from_utf8(page.bytes).expect("text");
    let named = ASSETS.iter().filter(|file| page.contains(file.path)).count();
    assert!(named >= 2, "the page names its script and its style");
    assert!(
        !page.contains("<style") && !page.contains("style=\"") && !page.contains("<script>"),
        "the policy forbids it"
    );
}
