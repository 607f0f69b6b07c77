//! A centre, a web server, and a router that has the centre's first list.

use std::fs;
use std::process::Command;

use crate::centre::Centre;
use crate::harness::{Ended, House, luytre, program};
use crate::web::Web;

/// The three of them.
pub(crate) struct Scene {
    pub(crate) centre: Centre,
    pub(crate) web: Web,
    pub(crate) router: House,
}

impl Scene {
    /// The router has never heard of the centre; it has the centre's root, no list, and nothing was published.
    pub(crate) fn empty() -> Self {
        let centre = Centre::new();
        let web = Web::of(centre.publication());
        let router = router(&centre, &[&web.url()]);
        Self { centre, web, router }
    }

    /// The router has list 1, in which `first.example` stands.
    pub(crate) fn new() -> Self {
        let scene = Self::empty();
        scene.centre.publish("first.example");
        scene.takes("serial 1");
        scene.web.asked();
        scene.web.sent();
        scene
    }

    /// And list 2 with `second.example` in its place is published.
    pub(crate) fn with_news() -> Self {
        let scene = Self::new();
        scene.centre.publish("second.example");
        scene
    }

    /// `luytre sync --once`.
    pub(crate) fn sync(&self) -> Ended {
        self.sync_with(&[])
    }

    pub(crate) fn sync_with(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(program());
        command.args(["sync", "--once", "--config", self.router.config_file()]).args(arguments);
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        Ended::of(command, "")
    }

    /// It is good, and says this.
    #[track_caller]
    pub(crate) fn takes(&self, words: &str) {
        let ended = self.sync();
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        assert!(ended.out.contains(words), "{:?} does not say {words:?}", ended.out);
    }

    /// It is refused with these words, and the list in force is the very same as before.
    #[track_caller]
    pub(crate) fn refuses(&self, words: &str) {
        self.refuses_with(&[], words);
    }

    #[track_caller]
    pub(crate) fn refuses_with(&self, arguments: &[&str], words: &str) {
        let before = self.list();
        let ended = self.sync_with(arguments);
        assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
        assert!(ended.err.contains(words), "{:?} does not say {words:?}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "one line is enough: {}", ended.err);
        assert!(self.list() == before, "the list in force has changed: {words}");
    }

    /// The list's bytes; empty if there is none.
    pub(crate) fn list(&self) -> Vec<u8> {
        fs::read(self.router.path("list.lyt")).unwrap_or_default()
    }

    /// Whether the router would block it, by what lies on its disk.
    pub(crate) fn blocks(&self, name: &str) -> bool {
        let ended = luytre(["explain", "--config", self.router.config_file(), name]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        ended.out.starts_with("blocked ")
    }

    /// Files beside the list that a round has left: neither the list, nor the one before, nor what is remembered.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let known = ["list.lyt", "list.lyt.prev", "list.lyt.sync", "list.lyt.lock"];
        let entries = fs::read_dir(self.router.path("")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("list.lyt") && !known.contains(&name.as_str())).collect()
    }
}

/// A router with a centre's root and no list.
pub(crate) fn router(centre: &Centre, urls: &[&str]) -> House {
    let house = House::new()
        .with(&format!("list.urls = {urls:?}"))
        .with("list.edition = 'full'")
        .with("reply.mode = 'refused'")
        .with("list.root = 'root.json'")
        .with_page()
        .furnished();
    fs::remove_file(house.path("list.lyt")).unwrap();
    fs::copy(centre.path("keys/root.1.json"), house.path("root.json")).unwrap();
    house
}
