//! A server of HTTP that gives one prepared answer after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

/// The server.
pub(in crate::listening) struct HttpServer {
    address: SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

/// An answer with this status and content.
pub(in crate::listening) fn answer(status: u16, content: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} Something\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    [head.as_bytes(), content].concat()
}

impl HttpServer {
    /// Serves as many requests as there are answers.
    pub(in crate::listening) fn start(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Vec<_> = answers.into_iter().collect();
        let thread = thread::spawn(move || answers.iter().map(|answer| serve(&listener, answer)).collect());
        Self { address, thread }
    }

    pub(in crate::listening) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked, once all answers are given.
    pub(in crate::listening) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

/// Serves one request and gives it back.
fn serve(listener: &TcpListener, answer: &[u8]) -> String {
    let mut reader = BufReader::new(listener.accept().unwrap().0);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut request).unwrap() > 0, "the request is not complete");
    }
    let length = request
        .to_lowercase()
        .split_once("content-length: ")
        .map_or(0, |(_, rest)| rest.split("\r\n").next().and_then(|digits| digits.parse().ok()).unwrap());
    let mut content = vec![0; length];
    reader.read_exact(&mut content).unwrap();
    reader.get_mut().write_all(answer).unwrap();
    request + &String::from_utf8_lossy(&content)
}
