//! A policy under the router's own configuration.

use std::fs;
use std::path::PathBuf;

use luytre_trust::policy::Taken;
use luytre_trust::{Moment, Operator, Policy, Ring, SigningKey, sign};
use tempfile::TempDir;

use crate::config::{Config, Spec};
use crate::operator::layer;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).unwrap()
}

fn signed(policy: &Policy) -> Vec<u8> {
    sign(policy, &[&key()]).unwrap()
}

fn taken(policy: &Policy) -> Taken {
    Operator::new([key().public()], 1).unwrap().read_taken(&signed(policy)).unwrap()
}

/// Everything that can be said.
fn policy() -> Policy {
    let mut policy = Policy::new(3, Moment(1), Moment(2));
    policy.upstream.servers = vec!["udp://192.0.2.53".into()];
    policy.upstream.bootstrap = vec!["192.0.2.54".into()];
    policy.list.urls = vec!["https://mirror.example/list".into()];
    policy.list.edition = "small".into();
    policy.list.ring = Some(Ring::Late);
    policy.provider = "VNTT · \"1800\"".into();
    policy.centre = "https://centre.example".into();
    policy
}

/// A router with an operator: `luytre.toml`, the keys, and the policy that it has kept.
struct Router(TempDir);

impl Router {
    fn with(config: &str, kept: &[u8]) -> Self {
        let router = Self(tempfile::tempdir().unwrap());
        fs::create_dir(router.path("state")).unwrap();
        let operator = "[operator]\npolicy = 'https://isp.example/policy.json'\nkeys = 'operator.json'\n";
        let head = "state.dir = 'state'\nlist.root = 'root.json'\n";
        router.write("luytre.toml", format!("{head}{config}\n{operator}").as_bytes());
        router.write("operator.json", &Operator::new([key().public()], 1).unwrap().document());
        router.write("state/policy.json", kept);
        router
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        fs::write(self.path(name), bytes).unwrap();
    }

    fn config(&self, variables: &[(&str, &str)]) -> Config {
        let env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&self.path("luytre.toml"), env).unwrap()
    }
}

/// The servers in force, and what of the policy the router says otherwise.
fn servers(config: &Config) -> (String, Vec<String>) {
    let servers: Vec<_> = config.upstream.servers.iter().filter_map(|server| server.address()).collect();
    let servers: Vec<_> = servers.iter().map(|address| address.ip().to_string()).collect();
    (servers.join(" "), config.operator.in_force.clone().unwrap().overridden)
}

#[test]
fn all_that_a_policy_says_is_a_key_of_the_configuration() {
    let config = Router::with("", &signed(&policy())).config(&[]);
    assert_eq!(servers(&config), ("192.0.2.53".to_owned(), Vec::new()));
    assert_eq!(config.upstream.bootstrap, ["192.0.2.54:53".parse().unwrap()]);
    let sync = config.list.sync.unwrap();
    assert_eq!((sync.mirrors.len(), sync.edition.as_deref(), sync.ring), (1, Some("small"), Ring::Late));
    assert_eq!(config.web.provider, "VNTT · \"1800\"");
    assert_eq!(config.reports.centre.unwrap().authority, "centre.example");
    let in_force = config.operator.in_force.unwrap();
    assert_eq!((in_force.version, in_force.sets.len()), (3, layer::settings(&policy()).len()));
    assert_eq!(config.operator.refused, "");
    let spec = Spec::default().to_table();
    for setting in layer::settings(&policy()) {
        assert!(spec[setting.section].get(setting.key).is_some(), "{}", setting.dotted());
    }
}

#[test]
fn the_file_stands_over_the_policy_and_the_environment_over_both() {
    let file = "upstream.servers = ['udp://192.0.2.1']\n";
    let router = Router::with(file, &signed(&policy()));
    let mine = vec!["upstream.servers".to_owned()];
    assert_eq!(servers(&router.config(&[])), ("192.0.2.1".to_owned(), mine.clone()));
    let variable = [("LUYTRE_UPSTREAM__SERVERS", "udp://192.0.2.2")];
    assert_eq!(servers(&router.config(&variable)), ("192.0.2.2".to_owned(), mine));
    // Who copies the file that ships says nothing by it.
    let defaults = "upstream.servers = []\nlist.ring = 'normal'\nweb.provider = ''";
    let router = Router::with(defaults, &signed(&policy()));
    assert_eq!(servers(&router.config(&[])), ("192.0.2.53".to_owned(), Vec::new()));
    let config = router.config(&[("LUYTRE_LIST__RING", "early"), ("LUYTRE_WEB__PROVIDER", "me")]);
    assert_eq!(servers(&config).1, ["list.ring", "web.provider"]);
    assert_eq!((config.list.sync.unwrap().ring, config.web.provider.as_str()), (Ring::Early, "me"));
}

#[test]
fn one_wrong_setting_refuses_all_of_a_policy_whatever_the_router_says() {
    let mut wrong = policy();
    wrong.upstream.servers.push("dns.example:853".into());
    let words = "policy 3 is refused whole: the policy: upstream.servers: ";
    for file in ["", "upstream.servers = ['udp://192.0.2.1']\n"] {
        let config = Router::with(file, &signed(&wrong)).config(&[]);
        assert!(config.operator.refused.contains(words), "{}", config.operator.refused);
        assert_eq!((config.operator.in_force, config.upstream.bootstrap), (None, Vec::new()));
    }
    type Change = fn(&mut Policy);
    let changes: [(Change, &str); 6] = [
        (|policy| policy.upstream.bootstrap = vec!["dns.example".into()], "upstream.bootstrap"),
        (|policy| policy.list.urls = vec!["ftp://mirror.example".into()], "list.urls"),
        (|policy| policy.list.edition = "huge".into(), "list.edition"),
        (|policy| policy.provider = "two\nlines".into(), "web.provider"),
        (|policy| policy.provider = "\u{7f}".into(), "web.provider"),
        (|policy| policy.centre = "centre.example".into(), "reports.centre"),
    ];
    for (change, key) in changes {
        let mut wrong = policy();
        change(&mut wrong);
        let error = Config::check_policy(&taken(&wrong)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the policy: {key}: ")), "{error}");
    }
}

#[test]
fn what_is_kept_and_can_not_be_believed_changes_nothing() {
    let good = signed(&policy());
    let stranger = sign(&policy(), &[&SigningKey::from_seed(&[8; 32]).unwrap()]).unwrap();
    for (kept, words) in [
        (&good[..good.len() - 1], "policy.json is not one"),
        (&stranger[..], "0 good signatures of different operator keys, and needs 1"),
        (&[b' '; 20_000][..], "larger than 16 kB"),
        (&[0xff; 3][..], "policy.json is not one"),
    ] {
        let config = Router::with("web.provider = 'me'", kept).config(&[]);
        assert!(config.operator.refused.contains(words), "{}", config.operator.refused);
        assert_eq!((config.operator.in_force, config.web.provider.as_str()), (None, "me"));
        assert!(config.operator.settings.is_some(), "the next one may be good");
    }
}

#[test]
fn an_operator_needs_both_keys_and_broken_ones_stop_nobody() {
    for (half, words) in [
        ("operator.policy = 'https://isp.example/policy.json'", "without operator.keys"),
        ("operator.keys = 'operator.json'", "without operator.policy"),
        ("operator.policy = 'https://isp.example/'\noperator.keys = 'k'", "not an address of a file"),
        ("operator.policy = 'ftp://isp.example/p'\noperator.keys = 'k'", "not an address of a file"),
    ] {
        assert!(super::refusal(half).contains(words), "{}", super::refusal(half));
    }
    let router = Router::with("", &signed(&policy()));
    router.write("operator.json", b"{}");
    let config = router.config(&[]);
    assert!(config.operator.refused.contains("operator.json: missing field"), "{}", config.operator.refused);
    assert_eq!((config.operator.settings, config.upstream.servers), (None, Vec::new()));
}

#[test]
fn a_policy_may_be_a_file_that_comes_with_the_image() {
    let router = Router::with("", &signed(&policy()));
    fs::remove_file(router.path("state/policy.json")).unwrap();
    let variable = [("LUYTRE_OPERATOR__POLICY", "image.json")];
    assert_eq!(router.config(&variable).operator.in_force, None, "there is none yet");
    let mut fresh = policy();
    fresh.expires = Moment(u64::from(u32::MAX));
    router.write("image.json", &signed(&fresh));
    assert_eq!(servers(&router.config(&variable)).0, "192.0.2.53");
    router.write("image.json", &signed(&policy()));
    let refused = router.config(&variable).operator.refused;
    assert!(refused.contains("policy.json has expired"), "{refused}");
}
