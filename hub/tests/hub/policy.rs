//! `luytre-hub policy`: a provider's keys, its drafts, and what is wrong with them.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use luytre_trust::Operator;
use tempfile::TempDir;

const DRAFT: &str = "provider = 'VNTT'\n[upstream]\nservers = ['tls://dns.example@192.0.2.1']\n\
                     [list]\nurls = ['https://mirror.example']\nedition = 'small'\nring = 'late'\n";

/// A place to work in.
struct Provider(TempDir);

impl Provider {
    /// With one key and a draft.
    fn new() -> Self {
        let provider = Self(tempfile::tempdir().unwrap());
        provider.good(&["new-key", "--dir", "operator"]);
        provider.write("draft.toml", DRAFT);
        provider
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// `luytre-hub policy`; its output, or its complaint.
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
        command.current_dir(self.0.path()).arg("policy").args(arguments).env_remove("SOURCE_DATE_EPOCH");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        self.run(arguments).unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], words: &str) {
        let error = self.run(arguments).unwrap_err();
        assert!(error.contains(words), "{error:?} does not say {words:?}");
    }
}

#[test]
fn a_draft_is_signed_with_the_next_version_and_is_good() {
    let provider = Provider::new();
    let secret = fs::metadata(provider.path("operator/operator-1.key")).unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
    let sign = ["sign", "draft.toml", "--dir", "operator", "--created", "2026-11-22T12:00:00Z"];
    let said = provider.good(&sign);
    assert_eq!(said, "policy.json: version 1, to be taken until 2027-02-20T12:00:00Z\n");
    let first = fs::read(provider.path("policy.json")).unwrap();
    let verify =
        ["verify", "policy.json", "--anchor", "operator/operator.json", "--created", "2026-11-23T00:00:00Z"];
    assert_eq!(
        provider.good(&verify),
        "version 1, to be taken until 2027-02-20T12:00:00Z\n  upstream.servers tls://dns.example@192.0.2.1\n  \
         list.urls https://mirror.example\n  list.edition small\n  list.ring late\n  provider VNTT\npolicy.json: good\n"
    );
    assert!(provider.good(&sign).contains("version 2, "));
    provider.write("draft.json", r#"{"provider": "VNTT"}"#);
    let json = ["sign", "draft.json", "--dir", "operator", "--version", "9", "--to", "other.json"];
    assert!(provider.good(&json).contains("version 9, "));

    fs::remove_file(provider.path("policy.json")).unwrap();
    provider.good(&sign);
    assert!(fs::read(provider.path("policy.json")).unwrap() == first, "the same by the byte");
    let late = ["verify", "policy.json", "--anchor", "operator", "--created", "2027-03-01T00:00:00Z"];
    provider.says(&late, "policy.json has expired at 2027-02-20T12:00:00Z");
}

#[test]
fn keys_stand_beside_one_another_and_people_sign_one_after_the_other() {
    let provider = Provider::new();
    let said = provider.good(&["new-key", "--dir", "operator", "--threshold", "2"]);
    assert!(said.contains("operator-2.key") && said.contains("2 of 2 keys sign"), "{said}");
    let anchor = Operator::read(&fs::read(provider.path("operator/operator.json")).unwrap()).unwrap();
    assert_eq!((anchor.keys().count(), anchor.holders().threshold), (2, 2));
    fs::create_dir(provider.path("away")).unwrap();
    fs::rename(provider.path("operator/operator-2.key"), provider.path("away/operator-2.key")).unwrap();
    let said = provider.good(&["sign", "draft.toml", "--dir", "operator"]);
    assert!(said.ends_with("; one more key has to sign: `luytre-hub policy countersign`\n"), "{said}");
    let verify = ["verify", "policy.json", "--anchor", "operator/operator.json"];
    provider.says(&verify, "1 good signatures of different operator keys, and needs 2");
    let other = ["countersign", "policy.json", "--dir", "operator", "--key", "away/operator-2.key"];
    assert_eq!(provider.good(&other), "policy.json: signed\n");
    provider.good(&verify);
}

#[test]
fn drafts_that_routers_would_refuse_are_not_signed() {
    let provider = Provider::new();
    for (draft, words) in [
        ("", "it says nothing"),
        ("servers = []", "unknown field `servers`"),
        ("block = ['adult']", "unknown field `block`"),
        ("[[person]]\nid = 'an'", "unknown field `person`"),
        ("upstream.zones = {}", "unknown field `zones`"),
        (
            "upstream.servers = ['dns.example']",
            "upstream.servers: \"dns.example\" begins with none of udp://",
        ),
        ("list.urls = ['mirror.example']", "list.urls: \"mirror.example\" begins with none of https://"),
        ("list.edition = 'huge'", "\"huge\" is not small, standard or full"),
        ("list.ring = 'first'", "unknown variant `first`, expected one of `early`, `normal`, `late`"),
        ("centre = 'centre.example'", "centre: \"centre.example\" begins"),
        ("provider = [", "draft.toml is no draft of a policy"),
    ] {
        provider.write("draft.toml", draft);
        provider.says(&["sign", "draft.toml", "--dir", "operator"], words);
    }
    assert!(!provider.path("policy.json").exists());
}

#[test]
fn what_is_missing_is_named() {
    let provider = Provider::new();
    provider.says(&["sign", "draft.toml", "--dir", "nowhere"], "new-key --dir` makes one");
    provider.says(&["sign", "none.toml", "--dir", "operator"], "none.toml can't be read");
    provider.says(&["new-key", "--dir", "other", "--threshold", "2"], "make the keys first");
    assert!(!provider.path("other/operator-1.key").exists());
    provider.write("policy.json", "{}");
    provider
        .says(&["sign", "draft.toml", "--dir", "operator"], "policy.json is no policy; name another file");
    provider.says(&["sign", "draft.toml", "--dir", "operator", "--days", "0"], "write 1 to 730");
    provider.says(&["verify", "policy.json", "--anchor", "draft.toml"], "draft.toml is no operator's keys");
    provider.good(&["new-key", "--dir", "stranger"]);
    fs::remove_file(provider.path("operator/operator-1.key")).unwrap();
    let stranger = ["--key", "stranger/operator-1.key"];
    let sign = [&["sign", "draft.toml", "--dir", "operator", "--to", "p.json"][..], &stranger].concat();
    provider.says(&sign, "no key at hand is one of operator.json");
}
