//! A house with its page, and a browser of the simplest kind.

mod api;
mod bounds;
mod child;
mod hosts;
mod pages;

use std::net::SocketAddr;
use std::path::Path;

use luytre_lists::{Category, Disposition, Domain, Entry, ListWriter, Meta};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::connection::{self, Limits};
use crate::app::{App, Daemon};
use crate::clock::Clock;
use crate::config::Config;
use crate::tasks;

/// A daemon whose page is open.
pub(super) struct House {
    daemon: Daemon,
    page: SocketAddr,
    _state: tempfile::TempDir,
}

impl House {
    pub(super) async fn open() -> Self {
        Self::with("", Limits::default()).await
    }

    /// A house that blocks gambling and `always`, with a name of each listed, and denies one name.
    async fn with(more: &str, limits: Limits) -> Self {
        let state = tempfile::tempdir().unwrap();
        write_list(&state.path().join("list.lyt"));
        let text = format!(
            "listen.dns = [\"127.0.0.1:0\"]\nupstream.servers = [\"udp://127.0.0.1:9\"]\nstate.dir = {:?}\n\
             web.hosts = [\"filter.example.com\"]\nhouse.deny = [\"denied.example\"]\nhouse.allow = [\"allowed.example\"]\n\
             {more}",
            state.path()
        );
        let config = Config::parse(&text, "luytre.toml", Path::new(""), std::iter::empty()).unwrap();
        let app = App::start(config, "luytre.toml".into(), Clock::default()).unwrap();
        let daemon = app.daemon().clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = listener.local_addr().unwrap();
        tasks::spawn("web", connection::serve(listener, None, daemon.clone(), limits));
        Self { daemon, page, _state: state }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.page).await.unwrap()
    }

    /// Sends these bytes and reads until the house closes.
    async fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        Answer::parse(&String::from_utf8(bytes).unwrap())
    }

    async fn get(&self, host: &str, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
    }

    /// Sets the house up and returns the cookie of whoever did.
    pub(super) async fn set_up(&self) -> String {
        let code = crate::accounts::show_setup_code(self.daemon.config()).unwrap();
        let body = format!("{{\"code\":\"{code}\",\"password\":\"correct horse\",\"language\":\"en\"}}");
        let answer = self.call("POST", "/api/v1/setup", "", Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Calls the API with a cookie and a body, where there are any.
    pub(super) async fn call(&self, method: &str, path: &str, cookie: &str, body: Option<&str>) -> Answer {
        let kind = body.map_or("", |_| "Content-Type: application/json\r\n");
        let (body, cookie) = (body.unwrap_or_default(), format!("Cookie: {cookie}\r\n"));
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: luytre.lan\r\n{cookie}{kind}");
        self.send(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).await
    }

    /// Opens the stream of questions and waits for its welcome.
    async fn follow(&self, cookie: &str) -> Follower {
        let mut stream = self.connect().await;
        let head = "GET /api/v1/queries/stream HTTP/1.1\r\nHost: luytre.lan\r\n";
        stream.write_all(format!("{head}Cookie: {cookie}\r\n\r\n").as_bytes()).await.unwrap();
        let mut follower = Follower(stream, String::new());
        follower.until(": welcome").await;
        follower
    }

    async fn get_with(&self, host: &str, path: &str, header: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n").as_bytes()).await
    }
}

/// Somebody who follows the questions.
struct Follower(TcpStream, String);

impl Follower {
    /// Reads until this text has come.
    async fn until(&mut self, text: &str) {
        while !self.1.contains(text) {
            let mut bytes = [0; 1024];
            let read = self.0.read(&mut bytes).await.unwrap();
            assert_ne!(read, 0, "the stream ended: {}", self.1);
            self.1 += str::from_utf8(&bytes[..read]).unwrap();
        }
    }
}

fn write_list(file: &Path) {
    let mut writer = ListWriter::new(Meta { serial: 7, created: 1_795_219_200 });
    let mut add = |name: &str, category| {
        let blocked = Entry::subtree(Disposition::Block(Category::into(category)));
        writer.add(Domain::parse(name).unwrap().as_name(), blocked).unwrap();
    };
    add("worst.example", Category::ALWAYS);
    for (name, number) in
        [("casino.example", 9), ("allowed.example", 9), ("xn--cbc-3ma.example", 9), ("friends.example", 21)]
    {
        add(name, Category::new(number).unwrap());
    }
    crate::files::replace(file, |file| std::io::Write::write_all(file, &writer.finish().unwrap())).unwrap();
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// An answer that did not go over a socket.
    pub(super) async fn of(response: axum::response::Response) -> Self {
        let status = response.status().as_u16();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Self { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    #[track_caller]
    pub(super) fn says(&self, text: &str) {
        assert!(self.body.contains(text), "{text:?} is missing in {}", self.body);
    }

    #[track_caller]
    pub(super) fn says_not(&self, text: &str) {
        assert!(!self.body.contains(text), "{text:?} stands in {}", self.body);
    }
}
