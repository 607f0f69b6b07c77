//! A browser of the simplest kind: HTTP/1.1 by hand, one request a connection, with a cookie and from any address.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};

use serde_json::Value;

use super::stream::connected;

/// Somebody in front of the router's page.
pub(crate) struct Browser {
    from: IpAddr,
    to: SocketAddr,
    /// `name=value` of the session, once there is one.
    pub(crate) cookie: String,
    /// A header of every request, such as `Authorization: Bearer …`.
    pub(crate) header: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(from: IpAddr, to: SocketAddr) -> Self {
        Self { from, to, cookie: String::new(), header: String::new() }
    }

    /// The same browser with a header in every request.
    pub(crate) fn with(mut self, header: &str) -> Self {
        self.header = header.into();
        self
    }

    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.request("GET", path, None)
    }

    pub(crate) fn post(&mut self, path: &str, body: Value) -> Page {
        self.request("POST", path, Some(body))
    }

    pub(crate) fn patch(&mut self, path: &str, body: Value) -> Page {
        self.request("PATCH", path, Some(body))
    }

    pub(crate) fn delete(&mut self, path: &str, body: Option<Value>) -> Page {
        self.request("DELETE", path, body)
    }

    /// Sends a request to our own host, and keeps the cookie that comes back.
    pub(crate) fn request(&mut self, method: &str, path: &str, body: Option<Value>) -> Page {
        let page = self.request_to("luytre.lan", method, path, body);
        if let Some(cookie) = page.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        page
    }

    pub(crate) fn request_to(&self, host: &str, method: &str, path: &str, body: Option<Value>) -> Page {
        let mut connection = self.send(host, method, path, body);
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        Page::parse(&text)
    }

    /// Sends a request and leaves its answer to be read.
    pub(crate) fn send(&self, host: &str, method: &str, path: &str, body: Option<Value>) -> TcpStream {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        if !self.cookie.is_empty() {
            head += &format!("Cookie: {}\r\n", self.cookie);
        }
        if !self.header.is_empty() {
            head += &format!("{}\r\n", self.header);
        }
        let body = body.map_or_else(String::new, |body| {
            head += "Content-Type: application/json\r\n";
            body.to_string()
        });
        let mut connection = connected(self.from, self.to);
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(request.as_bytes()).unwrap();
        connection
    }
}

impl Page {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// A header, whose name is written in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The pointer and the words of the first error in the body that was sent.
    pub(crate) fn fault(&self) -> (String, String) {
        let errors = &self.json()["errors"][0];
        let text = |key: &str| errors[key].as_str().unwrap_or_default().to_owned();
        (text("pointer"), text("detail"))
    }
}
