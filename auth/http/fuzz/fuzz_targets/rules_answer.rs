//! Any answer of a web service that is asked for rules: no panic; nothing is allowed but by 204, or by 200 and the word for it.
#![no_main]

mod served;

use dunlin_access::Verdict;
use dunlin_auth_http::HttpAuthorization;
use dunlin_auth_http::http_client::http::StatusCode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let answer = served::served(data);
    if let Ok(Verdict::Allow) = HttpAuthorization::verdict(&answer) {
        let says_so = answer.body.windows(b"result".len()).any(|word| word == b"result")
            // Written otherwise: escaped in JSON or in a form.
            || answer.body.iter().any(|byte| matches!(byte, b'\\' | b'%'));
        assert!(answer.status == StatusCode::NO_CONTENT || answer.status == StatusCode::OK && says_so);
    }
});
