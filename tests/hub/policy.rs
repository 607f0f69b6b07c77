//! A provider and its routers: what the provider signs is in force there, and nothing else is.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use crate::centre::{Centre, write};
use crate::harness::{Browser, Daemon, House, Upstream, eventually, luytre, patiently};
use crate::scene::router;
use crate::web::{Lie, Web};

/// A provider with keys, a web server, and a resolver of its own.
struct Provider {
    centre: Centre,
    web: Web,
    resolver: Upstream,
}

impl Provider {
    fn new() -> Self {
        let centre = Centre::new();
        centre.good(&["policy", "new-key", "--dir", "operator"]);
        let web = Web::of(centre.publication());
        Self { centre, web, resolver: Upstream::plain() }
    }

    /// Signs what a draft in TOML says, and shows it.
    fn sign(&self, draft: &str, arguments: &[&str]) {
        write(&self.centre.path("draft.toml"), draft.as_bytes());
        let sign = ["policy", "sign", "draft.toml", "--dir", "operator", "--to", "publication/policy.json"];
        fs::create_dir_all(self.centre.publication()).unwrap();
        self.centre.good(&[&sign[..], arguments].concat());
    }

    /// Signs that its own resolver is asked, and is called so.
    fn sign_its_resolver(&self, name: &str) {
        self.sign(&self.draft(name), &[]);
    }

    fn draft(&self, name: &str) -> String {
        format!("provider = '{name}'\nupstream.servers = ['udp://{}']", self.resolver.address())
    }

    /// A router with the provider's keys, which looks every second.
    fn router(&self) -> House {
        let house = House::new()
            .upstreams([])
            .with("upstream.timeout = 1")
            .with("list.check_every = 1")
            .with(&format!("operator.policy = '{}/policy.json'", self.web.url()))
            .with("operator.keys = 'operator.json'")
            .furnished();
        fs::copy(self.centre.path("operator/operator.json"), house.path("operator.json")).unwrap();
        house
    }

    /// Whether its resolver was asked this, now.
    fn hears(&self, house: &Daemon, name: &str) -> bool {
        house.ask(name);
        self.resolver.questions().contains(&format!("{name} A"))
    }
}

fn operator(house: &Daemon) -> Value {
    house.status()["operator"].clone()
}

#[track_caller]
fn takes(house: &Daemon, version: u64) {
    eventually("the policy is in force", || operator(house)["policy"]["version"] == version);
}

/// The policy that lies at the provider's is refused with these words, and the one in force stays.
#[track_caller]
fn refuses(house: &Daemon, words: &str) {
    let before = operator(house)["policy"].clone();
    eventually(words, || operator(house)["trouble"].as_str().unwrap_or_default().contains(words));
    assert_eq!(operator(house)["policy"], before);
}

#[test]
fn the_providers_servers_are_asked_unless_the_router_has_its_own() {
    let provider = Provider::new();
    provider.sign_its_resolver("VNTT · 1800 1234");
    let mut house = provider.router().start_as_it_is();
    takes(&house, 1);
    assert!(provider.hears(&house, "one.example"));
    let status = house.status();
    assert_eq!(status["provider"], "VNTT · 1800 1234");
    assert_eq!(
        status["operator"]["policy"],
        json!({"version": 1, "expires": status["operator"]["policy"]["expires"],
               "sets": ["upstream.servers", "web.provider"], "overridden": []})
    );

    let own = Upstream::plain();
    house.reload_with(&format!("upstream.servers = ['udp://{}']", own.address()));
    assert!(!provider.hears(&house, "two.example"), "the router's own configuration stands over it");
    assert_eq!(own.questions(), ["two.example A"]);
    let told = luytre(["status", "--config", house.config_file()]).out;
    let line = "policy    version 1, sets upstream.servers, web.provider; \
                this router's own configuration stands over upstream.servers";
    assert!(told.lines().any(|told| told == line), "{told}");

    house.reload_with("upstream.servers = []");
    assert!(provider.hears(&house, "three.example"), "as soon as it says nothing else");
}

#[test]
fn a_policy_holds_from_the_first_question_although_its_provider_is_gone() {
    let provider = Provider::new();
    provider.sign_its_resolver("VNTT");
    let mut house = provider.router().start_as_it_is();
    takes(&house, 1);
    let kept = || fs::metadata(house.path("state/policy.json")).unwrap().ino();
    let (before, _) = (kept(), provider.web.asked());
    let asked = patiently("it is looked at again", || provider.web.asked().pop());
    assert!(asked.header("if-none-match").is_some(), "it need not come again");
    assert_eq!(kept(), before, "flash is written for a new one only");

    house.stop();
    let Provider { web, resolver, .. } = provider;
    drop(web);
    house.start_again();
    assert_eq!(house.ask("first.example"), "NOERROR A 300 192.0.2.1");
    assert!(resolver.questions().contains(&"first.example A".to_owned()));
    eventually("that nobody is there is told", || operator(&house)["failures"] != 0);
    assert_eq!(operator(&house)["policy"]["version"], 1);
    assert_eq!(house.status()["notices"].to_string().matches("operator").count(), 0, "and worries nobody");
}

#[test]
fn what_is_not_the_providers_last_word_changes_nothing() {
    let provider = Provider::new();
    let show = |bytes: &[u8]| provider.centre.put("policy.json", bytes);
    provider.sign_its_resolver("first");
    let first = provider.centre.file("policy.json");
    provider.sign_its_resolver("second");
    let second = provider.centre.file("policy.json");
    let house = provider.router().start_as_it_is();
    takes(&house, 2);

    show(&first);
    refuses(&house, "rollback: the version of policy.json was 2 and is 1 now");
    assert!(house.status()["notices"].to_string().contains("the operator's policy was refused: "));
    let mut forged = second.clone();
    let at = forged.iter().position(|byte| *byte == b's').unwrap();
    forged[at] ^= 1;
    show(&forged);
    refuses(&house, "policy.json is not one");
    show(&[&second[..], &[b' '; 20_000]].concat());
    refuses(&house, "more than 16384 bytes came");
    show(b"<html>welcome</html>");
    refuses(&house, "it is a web page");
    provider.sign(&provider.draft("late"), &["--version", "3", "--created", "2025-01-01T00:00:00Z"]);
    refuses(&house, "policy.json has expired at 2025-04-01T00:00:00Z");
    provider.sign("upstream.servers = ['udp://dns.example']\nprovider = 'x'", &["--version", "4"]);
    refuses(&house, "policy 4 is refused whole: the policy: upstream.servers: ");
    show(&second);
    eventually("all is well again", || operator(&house)["trouble"] == "");

    for (lie, words) in [
        (Lie::Cut(100), "policy.json"),
        (Lie::Endless, "more than 16384 bytes came"),
        (Lie::Status(503), "the server answers with status 503"),
        (Lie::Moved("http://portal.example/"), "the server sends us to \"http://portal.example/\""),
    ] {
        provider.web.be_honest();
        provider.web.lie("policy.json", lie);
        // Whoever knows the version is told that it is the same; a lie comes to all.
        refuses(&house, words);
    }
    assert_eq!(house.status()["provider"], "second");
    assert!(provider.hears(&house, "still.example"));
}

#[test]
fn another_providers_keys_and_half_as_many_keys_sign_nothing() {
    let provider = Provider::new();
    provider.sign_its_resolver("first");
    let house = provider.router();
    provider.centre.good(&["policy", "new-key", "--dir", "stranger"]);
    write(&provider.centre.path("draft.toml"), provider.draft("stranger").as_bytes());
    let stranger = ["policy", "sign", "draft.toml", "--dir", "stranger", "--to", "publication/policy.json"];
    provider.centre.good(&stranger);
    let house = house.start_as_it_is();
    refuses(&house, "policy.json has 0 good signatures of different operator keys, and needs 1");
    assert_eq!(operator(&house)["policy"], Value::Null);
}

#[test]
fn servers_that_do_not_answer_are_not_taken() {
    let provider = Provider::new();
    provider.sign_its_resolver("first");
    let house = provider.router().start_as_it_is();
    takes(&house, 1);
    let silent = Upstream::silent();
    provider.sign(&format!("upstream.servers = ['udp://{}']", silent.address()), &[]);
    refuses(&house, "policy 2: none of its servers answers (udp://");
    assert!(provider.hears(&house, "meanwhile.example"), "those before are still asked");
    let both = format!("['udp://{}', 'udp://{}']", silent.address(), provider.resolver.address());
    provider.sign(&format!("upstream.servers = {both}\nupstream.bootstrap = ['192.0.2.7']"), &[]);
    takes(&house, 3);
    eventually("all is well", || operator(&house)["trouble"] == "");
}

#[test]
fn a_policy_comes_with_the_image_as_a_file() {
    let provider = Provider::new();
    provider.sign_its_resolver("image");
    let config = provider.router();
    fs::copy(provider.centre.publication().join("policy.json"), config.path("image.json")).unwrap();
    let mut house = config.with("operator.policy = 'image.json'").furnished().start_as_it_is();
    assert!(provider.hears(&house, "first.example"), "before anything was looked at");
    eventually("it is kept", || fs::exists(house.path("state/policy.json")).unwrap());
    fs::remove_file(house.path("image.json")).unwrap();
    house.stop();
    house.start_again();
    assert!(provider.hears(&house, "second.example"));
}

fn parent(house: &Daemon) -> Browser {
    let code = luytre(["setup-code", "--config", house.config_file()]).out;
    let code = code.split_whitespace().last().unwrap();
    let mut parent = house.browser();
    let setup = json!({"code": code, "password": "correct horse", "language": "vi"});
    assert_eq!(parent.post("/api/v1/setup", setup).status, 201);
    parent
}

/// A staged rollout, by rings that change while the router runs: each look takes policy and list at once.
#[test]
fn early_routers_take_a_staged_list_first_and_late_ones_last() {
    let provider = Provider::new();
    let centre = &provider.centre;
    centre.publish("first.example");
    let policy = format!("{}/policy.json", provider.web.url());
    let house = router(centre, &[])
        .with(&format!("operator.policy = '{policy}'"))
        .with("operator.keys = 'operator.json'")
        .furnished();
    fs::remove_file(house.path("list.lyt")).unwrap();
    fs::copy(centre.path("operator/operator.json"), house.path("operator.json")).unwrap();
    let house = house.start_as_it_is();
    let mut parent = parent(&house);
    let mut look = || {
        let page = parent.request("POST", "/api/v1/sync", None);
        assert_eq!(page.status, 200, "{}", page.body);
        (page.json()["sync"].clone(), house.status()["list"]["serial"].clone())
    };
    assert_eq!(
        look(),
        (Value::Null, house.status()["list"]["serial"].clone()),
        "it does not know any mirror"
    );
    let draft = |ring: &str| format!("list.urls = ['{}']\nlist.ring = '{ring}'", provider.web.url());
    provider.sign(&draft("late"), &[]);
    assert_eq!(look().1, 1, "the policy's mirror has the first list, which is everybody's");
    assert_eq!(house.ask("first.example"), "REFUSED ede 17");

    centre.publish_with("second.example", &["--rollout", "1"]);
    assert_eq!(look().1, 1, "a late router waits");
    provider.sign(&draft("early"), &[]);
    assert_eq!(look().1, 2, "an early one does not");
    assert_eq!(house.ask("second.example"), "REFUSED ede 17");

    provider.sign(&draft("late"), &[]);
    centre.publish_with("third.example", &["--rollout", "99"]);
    assert_eq!(look().1, 2);
    centre.renew(&["--rollout", "100"]);
    assert!(look().1.as_u64() > Some(2), "it is for everybody now");
}
