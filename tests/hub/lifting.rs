//! What is blocked by mistake is opened between publications; and what a thief of the key that does it can't do.

use luytre_trust::{Lifts, Moment, Timestamp};

use crate::centre::{Centre, write};
use crate::scene::Scene;

/// A centre that may lift blocks, and a router that has its list: `shop.example`, below it `bad.shop.example` in a
/// category of its own, and `worst.example`, which is blocked for everybody.
fn scene() -> Scene {
    let scene = Scene::empty();
    let names = |category: &str, names: &str| {
        write(&scene.centre.path(&format!("names/{category}.txt")), names.as_bytes());
    };
    names("always", "worst.example\n");
    names("gambling", "bad.shop.example\n");
    scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", "lifts"]);
    scene.centre.publish("shop.example");
    scene.takes("serial 1");
    assert!(scene.blocks("shop.example"));
    scene
}

fn lift(centre: &Centre, arguments: &[&str]) -> String {
    centre.good(&[&["lift", "--config", "hub.toml"][..], arguments].concat())
}

impl Scene {
    /// Which of these the router blocks.
    fn blocked<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        names.iter().copied().filter(|name| self.blocks(name)).collect()
    }
}

const NAMES: [&str; 4] = ["shop.example", "www.shop.example", "bad.shop.example", "worst.example"];

#[test]
fn a_wrong_block_is_lifted_at_once_and_listed_again_by_the_same_way() {
    let scene = scene();
    let list = scene.list();
    assert_eq!(scene.blocked(&NAMES), NAMES);
    assert!(lift(&scene.centre, &["shop.example"]).contains("1 names are lifted until "));
    scene.takes("other blocks lifted");
    assert_eq!(
        scene.blocked(&NAMES),
        ["bad.shop.example", "worst.example"],
        "it is more specific, or for everybody"
    );
    assert!(scene.list() == list, "the list is as it was signed");
    let verified = scene.centre.good(&["verify", "publication"]);
    assert!(verified.contains(": shop.example"), "{verified}");

    // It stays so with the daily timestamp and the next list.
    scene.centre.renew(&["--timestamp"]);
    scene.takes("up to date");
    scene.centre.publish("another.example");
    scene.takes("serial 2");
    assert!(!scene.blocks("shop.example"), "it is not listed any more");
    assert_eq!(scene.blocked(&NAMES), ["bad.shop.example", "worst.example"]);
    lift(&scene.centre, &["bad.shop.example", "worst.example", "another.example"]);
    scene.takes("other blocks lifted");
    assert_eq!(scene.blocked(&NAMES), ["worst.example"], "what is for everybody is never lifted");
    assert!(!scene.blocks("another.example"));
    lift(&scene.centre, &["--end", "another.example"]);
    scene.takes("other blocks lifted");
    assert!(scene.blocks("another.example"));
}

#[test]
fn a_running_daemon_takes_what_is_lifted_and_ends_it_in_time() {
    let scene = scene();
    let now = Moment(scene.centre.timestamp().created.0);
    let text = std::fs::read_to_string(scene.router.config_file()).unwrap();
    scene.router.write("luytre.toml", format!("{text}list.check_every = 1\n"));
    let Scene { centre, web, router } = scene;
    let house = router.run_with("--clock steered").start_as_it_is();
    assert_eq!(house.ask("shop.example"), "REFUSED ede 17");
    announce(&centre, &Lifts::new(1, now, 300, vec!["shop.example".to_owned()]), &["lifts"]);
    crate::harness::patiently("it is lifted", || {
        (house.ask("shop.example") != "REFUSED ede 17").then_some(())
    });
    // The centre is gone, and the time of what it lifted is over.
    drop(web);
    house.time_passes(600);
    crate::harness::patiently("it is listed again", || {
        (house.ask("shop.example") == "REFUSED ede 17").then_some(())
    });
}

/// Publishes lifts that these keys sign, and the timestamp that announces them.
fn announce(centre: &Centre, lifts: &Lifts, keys: &[&str]) {
    centre.put("lifts.json", &centre.sign(lifts, keys));
    let timestamp = Timestamp { lifts: Some(lifts.version), ..centre.timestamp() };
    let timestamp = Timestamp { version: timestamp.version + 1, ..timestamp };
    centre.put("timestamp.json", &centre.sign(&timestamp, &["timestamp"]));
}

/// Whoever has broken into the machine with the online keys can open little, for a short time, and close nothing.
#[test]
fn what_a_thief_lifts_is_bounded_and_stops_no_list() {
    let scene = scene();
    let now = scene.centre.timestamp().created;
    let week = 7 * 24 * 3600;
    let lifts = |version, lifetime, count: usize| {
        let names = (0..count).map(|number| format!("n{number}.example")).collect();
        Lifts::new(version, now, lifetime, names)
    };
    let attacks: [(&str, Lifts, &[&str]); 6] = [
        ("the timestamp's key signs", lifts(1, week, 1), &["timestamp"]),
        ("two keys of targets sign", lifts(1, week, 1), &["targets-1", "targets-2"]),
        ("everything", lifts(1, week, 400), &["lifts"]),
        ("for ever", lifts(1, 1000 * week, 1), &["lifts"]),
        ("long ago", Lifts::new(1, Moment(now.0 - 9 * week), week, vec!["n1.example".into()]), &["lifts"]),
        ("a whole country", Lifts::new(1, now, week, vec!["example".into()]), &["lifts"]),
    ];
    for (attack, lifts, keys) in attacks {
        announce(&scene.centre, &lifts, keys);
        let ended = scene.sync();
        assert_eq!(ended.code, 0, "{attack}: {}", ended.err);
        assert!(scene.blocks("n1.example"), "{attack}");
    }
    // In the middle of it a list comes through.
    scene.centre.publish("second.example");
    announce(&scene.centre, &lifts(1, week, 400), &["lifts"]);
    scene.takes("serial 2");

    // What was taken can't be replaced by what is older, and another key shakes the thief off.
    announce(&scene.centre, &lifts(99_999, week, 2), &["lifts"]);
    scene.takes("other blocks lifted");
    assert!(!scene.blocks("n1.example"));
    announce(&scene.centre, &lifts(3, week, 5), &["lifts"]);
    scene.takes("up to date");
    assert!(scene.blocks("n3.example"), "an older one");
    scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", "lifts"]);
    write(
        &scene.centre.path("publication/lifts.json"),
        &scene.centre.sign(&lifts(4, week, 0), &["timestamp"]),
    );
    lift(&scene.centre, &["shop.example"]);
    scene.takes("other blocks lifted");
    assert!(scene.blocks("n1.example"));
}
