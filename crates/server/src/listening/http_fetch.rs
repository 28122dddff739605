//! Small files over plain HTTP.

use std::time::Duration;
use ureq::Agent;

/// Ways that a server may send us on to.
const REDIRECTS_MAX: u32 = 3;

/// What is asked for, and what may come.
pub(super) struct Fetch<'a> {
    pub(super) url: &'a str,
    /// Content type and content of a POST; GET without.
    pub(super) post: Option<(&'a str, &'a [u8])>,
    /// For all of it, names included.
    pub(super) timeout: Duration,
    /// A longer answer is none.
    pub(super) bytes_max: u64,
}

impl Fetch<'_> {
    /// The answer.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub(super) fn run(&self) -> Result<Vec<u8>, String> {
        // What is fetched is signed itself, and a certificate would have to be verified to verify a certificate (RFC 5280 §8).
        if !self.url.starts_with("http://") {
            return Err("only http:// is supported".into());
        }
        let config = Agent::config_builder().timeout_global(Some(self.timeout)).max_redirects(REDIRECTS_MAX);
        let agent = Agent::from(config.build());
        let answer = match self.post {
            None => agent.get(self.url).call(),
            Some((content_type, content)) => agent.post(self.url).content_type(content_type).send(content),
        };
        // The library takes less than its limit.
        let body = answer.and_then(|mut answer| {
            answer.body_mut().with_config().limit(self.bytes_max.saturating_add(1)).read_to_vec()
        });
        body.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listening::tests::http_server::{HttpServer, answer};

    fn get(url: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
        Fetch { url, post: None, timeout: Duration::from_secs(30), bytes_max }.run()
    }

    #[test]
    fn files_are_fetched() {
        let server = HttpServer::start([answer(200, b"list"), answer(200, b"response")]);
        assert_eq!(get(&server.url("/a.crl"), 4), Ok(b"list".to_vec()));
        let post = Some(("application/ocsp-request", &b"question"[..]));
        let (url, timeout) = (server.url("/"), Duration::from_secs(30));
        assert_eq!(Fetch { url: &url, post, timeout, bytes_max: 100 }.run(), Ok(b"response".to_vec()));
        let requests = server.requests();
        assert!(requests[0].starts_with("GET /a.crl HTTP/1.1\r\n"), "{}", requests[0]);
        assert!(requests[1].starts_with("POST / HTTP/1.1\r\n") && requests[1].ends_with("\r\n\r\nquestion"));
        assert!(requests[1].to_lowercase().contains("content-type: application/ocsp-request\r\n"));
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let server = HttpServer::start([answer(404, b"nothing"), answer(200, b"too long")]);
        let refused = get(&server.url("/"), 100).unwrap_err();
        assert!(refused.contains("404"), "{refused}");
        assert!(get(&server.url("/"), 7).is_err());
        assert_eq!(get("https://localhost/a.crl", 7).unwrap_err(), "only http:// is supported");
        assert_eq!(get("ldap://localhost/a.crl", 7).unwrap_err(), "only http:// is supported");
    }

    #[test]
    fn a_server_that_says_nothing_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let fetch = Fetch { url: &url, post: None, timeout: Duration::from_millis(20), bytes_max: 100 };
        assert!(fetch.run().unwrap_err().contains("timeout"));
    }
}
