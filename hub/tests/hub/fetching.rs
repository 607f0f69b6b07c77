//! `luytre-hub source fetch`: what strangers' servers send, and what becomes of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A centre whose one source is a server of ours.
struct Centre {
    folder: TempDir,
    /// What the server sends next, and whether it was asked on a condition.
    next: Arc<Mutex<(Vec<u8>, bool)>>,
    hour: u32,
}

impl Centre {
    fn new(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let next = Arc::<Mutex<(Vec<u8>, bool)>>::default();
        let shared = Arc::clone(&next);
        std::thread::spawn(move || listener.incoming().for_each(|stream| serve(&stream.unwrap(), &shared)));
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            File::create(folder.path().join(name)).unwrap().write_all(text.as_bytes()).unwrap();
        };
        put("hub.toml", "[publish]\nfrom = 'sources.toml'\n");
        let source = format!(
            "[[source]]\nid = 'anna/ads'\nurl = 'http://{address}/{name}'\ncategory = 'ads'\nevery = '6h'\n"
        );
        put("sources.toml", &source);
        Self { folder, next, hour: 0 }
    }

    /// What the program says when the server sends this, seven hours after the last time.
    fn fetch(&mut self, body: &[u8]) -> String {
        self.hour += 7;
        self.fetch_with(body, &[])
    }

    fn fetch_with(&self, body: &[u8], arguments: &[&str]) -> String {
        self.next.lock().unwrap().0 = body.to_vec();
        let mut command = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
        command
            .args(["source", "fetch", "--config", "hub.toml"])
            .args(arguments)
            .current_dir(self.folder.path());
        let time = format!("2026-10-{:02}T{:02}:00:00Z", 1 + self.hour / 24, self.hour % 24);
        command.args(["--created", &time]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    /// Everything that the program says.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// The names that a build would read.
    fn kept(&self) -> String {
        let entries =
            fs::read_dir(self.folder.path().join("fetched")).unwrap().map(|entry| entry.unwrap().path());
        let is_list = |path: &std::path::PathBuf| path.extension() != Some("note".as_ref());
        let files: Vec<_> = entries.filter(is_list).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        String::from_utf8_lossy(&fs::read(&files[0]).unwrap()).into_owned()
    }
}

fn serve(stream: &TcpStream, next: &Mutex<(Vec<u8>, bool)>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let conditional = lines.any(|line| line.eq_ignore_ascii_case("if-none-match: \"one\""));
    let mut next = next.lock().unwrap();
    next.1 = conditional;
    let (status, body) =
        if next.0 == b"304" { ("304 Not Modified", &b""[..]) } else { ("200 OK", &next.0[..]) };
    let head = format!(
        "HTTP/1.1 {status}\r\nETag: \"one\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut out = stream;
    // A client that has seen enough hangs up.
    let _ = out.write_all(head.as_bytes()).and_then(|()| out.write_all(body));
}

const GOOD: &[u8] = b"a.example\nb.example\nc.example\nd.example\n";

#[test]
fn a_source_is_asked_when_it_is_due_and_only_for_what_is_new() {
    let mut centre = Centre::new("ads.txt");
    assert_eq!(centre.fetch(GOOD), "anna/ads: 4 names in 40 bytes\n");
    assert!(!centre.next.lock().unwrap().1);
    assert_eq!(centre.fetch_with(b"", &[]), "anna/ads: not due yet\n");
    assert_eq!(centre.fetch(b"304"), "anna/ads: unchanged\n");
    assert!(centre.next.lock().unwrap().1, "it was asked on the condition that there is news");
    assert_eq!(centre.kept().as_bytes(), GOOD);
}

#[test]
fn what_is_no_list_leaves_the_last_good_one() {
    let mut centre = Centre::new("ads.txt");
    centre.fetch(GOOD);
    for (body, words) in [
        (&b"<!DOCTYPE html><html>no such list</html>"[..], "it is a web page and no list"),
        (b"", "it holds no names"),
        (b"\x00\x01\x02\xff", "it holds no names"),
        (b"a.example\n", "it has 1 names, where it had 4; --accept anna/ads takes it"),
    ] {
        let told = centre.fetch(body);
        assert!(told.contains(words) && told.contains("the last good one stays"), "{told}");
        assert_eq!(centre.kept().as_bytes(), GOOD);
    }
    assert_eq!(
        centre.fetch_with(b"a.example\n", &["--accept", "anna/ads"]),
        "anna/ads: 1 names in 10 bytes\n"
    );
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut centre = Centre::new("ads.txt.gz");
    let packed = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    assert!(centre.fetch(&packed(GOOD)).contains("4 names"));
    let good = centre.kept();
    let bomb = packed(&vec![b'a'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let told = centre.fetch(&bomb);
    assert!(told.contains("unpack to more than"), "{told}");
    let cut = packed(GOOD);
    assert!(centre.fetch(&cut[..cut.len() - 5]).contains("it can't be unpacked"));
    assert_eq!(centre.kept(), good);
}

#[test]
fn what_was_fetched_is_published() {
    let mut centre = Centre::new("ads.txt");
    centre.run(&["keys", "new", "--dir", "keys"]);
    let early = centre.run(&["publish", "--config", "hub.toml"]);
    assert!(early.contains("it has a url: run `luytre-hub source fetch` first"), "{early}");
    centre.fetch(GOOD);
    assert!(centre.run(&["publish", "--config", "hub.toml"]).contains("full: 4 names"));
    assert!(Path::new(&centre.folder.path().join("publication/timestamp.json")).exists());
}
