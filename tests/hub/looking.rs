//! A parent looks for news at the page: of the list, and of the program.

use serde_json::{Value, json};

use crate::centre::write;
use crate::harness::{Browser, Daemon, luytre};
use crate::scene::Scene;
use crate::web::Lie;

fn parent(house: &Daemon) -> Browser {
    let code = luytre(["setup-code", "--config", house.config_file()]).out;
    let code = code.split_whitespace().last().unwrap();
    let mut parent = house.browser();
    let page =
        parent.post("/api/v1/setup", json!({"code": code, "password": "correct horse", "language": "vi"}));
    assert_eq!(page.status, 201, "{}", page.body);
    parent
}

/// What `POST /api/v1/sync` says, which has no body.
fn look(parent: &mut Browser) -> Value {
    let page = parent.request("POST", "/api/v1/sync", None);
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

#[test]
fn a_parent_has_the_newest_list_fetched_at_once() {
    let Scene { centre, web, router } = Scene::new();
    let house = router.start_as_it_is();
    let mut parent = parent(&house);
    centre.publish("second.example");
    assert_eq!(house.ask("second.example"), "NOERROR A 300 192.0.2.1", "the schedule's time has not come");
    let looked = look(&mut parent);
    assert_eq!((&looked["over"], &looked["sync"]["failures"]), (&true.into(), &0.into()), "{looked}");
    assert_eq!(house.ask("second.example"), "REFUSED ede 17");
    assert_eq!(look(&mut parent)["over"], true, "with nothing new");
    web.lie("timestamp.json", Lie::Status(503));
    let looked = look(&mut parent);
    assert!(looked["sync"]["trouble"].as_str().unwrap().contains("503"), "{looked}");
    assert_eq!(house.browser().request("POST", "/api/v1/sync", None).status, 401, "a child may not");
}

#[test]
fn a_newer_program_is_told_of_by_the_centres_word() {
    let Scene { centre, web, router } = Scene::new();
    let house = router.start_as_it_is();
    let mut parent = parent(&house);
    assert_eq!(look(&mut parent)["sync"]["newest"], Value::Null, "the centre says nothing of it");
    for (newest, update) in [("0.0.9", Value::Null), ("9.1.0", "9.1.0".into())] {
        write(&centre.path("hub.toml"), format!("[publish]\nprogram = '{newest}'\n").as_bytes());
        centre.publish(&format!("with-{newest}.example"));
        assert_eq!(look(&mut parent)["sync"]["newest"], newest);
        assert_eq!(house.status()["update"], update);
    }
    let said = luytre(["status", "--config", house.config_file()]).out;
    assert!(said.lines().next().unwrap().ends_with("; 9.1.0 is out: update the router's software"), "{said}");
    assert!(centre.good(&["verify", "publication"]).contains("newest luytre: 9.1.0"));

    // Known from the disk after a start without the centre.
    drop(web);
    let mut house = house;
    house.stop();
    house.start_again();
    assert_eq!(house.status()["update"], "9.1.0");
}

#[test]
fn what_is_no_version_is_not_published_and_not_believed() {
    let scene = Scene::new();
    write(&scene.centre.path("hub.toml"), b"[publish]\nprogram = 'latest'\n");
    let ended = scene.centre.run(&["publish", "--config", "hub.toml"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("publish.program: a version is three numbers"), "{}", ended.err);
    write(&scene.centre.path("hub.toml"), b"");
    scene.centre.publish("second.example");
    scene.centre.forge(|manifest| manifest["program"] = "<b>9</b>".into());
    scene.refuses("a version is three numbers");
}
