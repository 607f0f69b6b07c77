//! A publication in a bucket, of an object store that checks who asks: s3rver, by `tests/s3/server.mjs`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::centre::Centre;

/// An object store with the bucket `lists`; ends with the test.
struct Store {
    process: Child,
    /// `None`: it is to end.
    wishes: Option<ChildStdin>,
    said: Receiver<String>,
    port: u16,
}

impl Store {
    /// `None`, and said so, where the server is not installed.
    fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/s3");
        if !folder.join("node_modules/s3rver").exists() {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: an object store; npm --prefix tests/s3 ci installs one"
            );
            return None;
        }
        let mut process = Command::new("node")
            .arg(folder.join("server.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let wishes = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || lines.for_each(|line| drop(tell.send(line))));
        let mut store = Self { process, wishes, said, port: 0 };
        store.port = store.hears("listening ").parse().unwrap();
        Some(store)
    }

    /// What follows these words, in the next line that begins with them.
    fn hears(&self, words: &str) -> String {
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(60)).unwrap();
            if let Some(rest) = line.strip_prefix(words) {
                return rest.to_owned();
            }
        }
    }

    fn wish(&mut self, wish: &str) {
        self.writes(wish);
        self.hears("so be it");
    }

    fn writes(&mut self, line: &str) {
        writeln!(self.wishes.as_ref().unwrap(), "{line}").unwrap();
    }

    /// The paths of files written since it was asked last, without the bucket, in their order.
    fn written(&mut self) -> Vec<String> {
        // They were told before the answer to this.
        self.writes("serve");
        let mut written = Vec::new();
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(60)).unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["so", "be", "it"] => return written,
                ["PUT", path, "200"] => written.push(path.trim_start_matches("/lists/v1/").to_owned()),
                _ => {}
            }
        }
    }

    /// A centre that publishes into the bucket.
    fn centre(&self) -> Centre {
        let mut centre = Centre::new(1000);
        centre.put("hub.toml", "[publish]\nto = 's3://lists/v1'\npopular = 'popular.txt'\n");
        centre.environment = vec![
            ("AWS_ACCESS_KEY_ID", "S3RVER".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "S3RVER".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
        ];
        centre
    }

    /// What routers get of it.
    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/lists/v1", self.port)
    }

    fn verify(&self, centre: &Centre) -> Result<String, String> {
        centre.run(&["verify", &self.url(), "--root", "keys/root.1.json"])
    }

    /// A header that a file comes with.
    fn header(&self, path: &str, name: &str) -> String {
        let answer = ureq::get(format!("{}/{path}", self.url())).call().unwrap();
        answer.headers().get(name).unwrap().to_str().unwrap().to_owned()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It has files to remove: at the end of its input, and not by a kill.
        drop(self.wishes.take());
        let _ = self.process.wait();
    }
}

#[test]
fn a_publication_goes_into_a_bucket_and_the_timestamp_last() {
    let Some(mut store) = Store::start() else { return };
    let mut centre = store.centre();
    assert!(centre.publish(&[]).starts_with("s3://lists/v1: serial 1"));
    let written = store.written();
    let kinds: Vec<_> = written.iter().map(|path| path.split('/').next().unwrap()).collect();
    assert_eq!(
        kinds,
        ["full", "root", "manifest.json", "timestamp.json"],
        "editions with the same names are one file"
    );
    let found = store.verify(&centre).unwrap();
    assert!(found.contains("full: serial 1, 1000 names"), "{found}");
    for (path, control) in
        [(&written[0][..], "public, max-age=31536000, immutable"), ("manifest.json", "public, max-age=60")]
    {
        assert_eq!(store.header(path, "cache-control"), control, "{path}");
    }
    assert_eq!(store.header("timestamp.json", "content-type"), "application/json");

    centre.day = 2;
    centre.names(1010);
    centre.publish(&[]);
    assert!(store.verify(&centre).unwrap().contains("deltas from 1: "));
    store.written();
    // The same names: nothing but the two documents, not even a list that is there already.
    centre.publish(&[]);
    assert_eq!(store.written(), ["root/1.json", "manifest.json", "timestamp.json"]);
}

#[test]
fn who_is_interrupted_leaves_what_was_published_before_and_may_try_again() {
    let Some(mut store) = Store::start() else { return };
    let centre = store.centre();
    centre.publish(&[]);
    centre.names(1010);
    for refused in ["full/", "delta/", "root/", "manifest.json", "timestamp.json"] {
        store.wish(&format!("refuse {refused}"));
        let complaint = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
        let words = format!("s3://lists/v1/{refused}");
        assert!(complaint.contains(&words) && complaint.contains("can't be written"), "{complaint}");
        // Once the manifest is there it waits for its timestamp, which routers ask for again when the two don't fit.
        if refused != "timestamp.json" {
            assert!(store.verify(&centre).unwrap().contains("serial 1,"), "{refused}");
        }
    }
    store.wish("busy");
    centre.publish(&[]);
    assert!(store.verify(&centre).unwrap().contains("full: serial 2, 1010 names"));
}

#[test]
fn old_files_leave_the_bucket_and_those_of_the_manifest_before_stay() {
    let Some(mut store) = Store::start() else { return };
    let mut centre = store.centre();
    let mut first = Vec::new();
    for (number, names) in [1000, 1001, 1002].into_iter().enumerate() {
        centre.names(names);
        centre.day += 1;
        centre.publish(&[]);
        if number == 0 {
            first = store.written();
        }
    }
    let gone = ureq::get(format!("{}/{}", store.url(), first[0])).call().unwrap_err();
    assert!(matches!(gone, ureq::Error::StatusCode(404)), "{gone}");
    let manifest = centre.run(&["verify", &store.url()]).unwrap();
    assert!(manifest.contains("deltas from 2: ") && manifest.contains(", 1: "), "{manifest}");
}

#[test]
fn who_may_not_write_is_told() {
    let Some(store) = Store::start() else { return };
    let mut centre = store.centre();
    centre.environment[1].1 = "somebody else's".to_owned();
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("SignatureDoesNotMatch"), "{refused}");
    // Secrets and signatures don't go over the wire in the clear unless somebody says so.
    centre.environment[1].1 = "S3RVER".to_owned();
    centre.environment[3].1 = "false".to_owned();
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("https"), "{refused}");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
    let shown = serve.args(["serve", "--config"]).arg(centre.path("hub.toml")).output().unwrap();
    assert!(String::from_utf8(shown.stderr).unwrap().contains("the store shows it itself"));
}
