//! A house with its page, and a browser of the simplest kind.

mod bounds;
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
struct House {
    daemon: Daemon,
    page: SocketAddr,
    _state: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
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
        tasks::spawn("web", connection::serve(listener, daemon.clone(), limits));
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

    async fn get_with(&self, host: &str, path: &str, header: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n").as_bytes()).await
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
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
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

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.body.contains(text), "{text:?} is missing in {}", self.body);
    }

    #[track_caller]
    fn says_not(&self, text: &str) {
        assert!(!self.body.contains(text), "{text:?} stands in {}", self.body);
    }
}
