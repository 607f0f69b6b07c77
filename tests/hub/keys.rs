//! Routers that slept follow the centre's keys.

use std::fs;

use crate::scene::Scene;
use crate::web::Lie;

#[test]
fn roots_are_followed_step_by_step() {
    let scene = Scene::new();
    for role in ["timestamp", "targets", "root", "timestamp"] {
        scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", role]);
    }
    scene.centre.publish("second.example");
    scene.takes("serial 2");
    scene.web.asked();
    scene.takes("up to date");
    assert_eq!(scene.web.asked()[0].path, "/root/6.json", "the last one is remembered");
}

#[test]
fn a_missing_step_stops_the_rotation_until_it_is_there() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", "root"]);
        scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", "timestamp"]);
    }
    scene.centre.publish("second.example");
    scene.web.lie("root/4.json", Lie::Status(404));
    scene.refuses("0 good signatures of different timestamp keys of root 3");
    scene.web.be_honest();
    // A later root in its place is none.
    scene.web.lie("root/4.json", Lie::Bytes(scene.centre.file("root/5.json")));
    scene.refuses("good signatures of different root keys of root 3");
    scene.web.be_honest();
    scene.takes("serial 2");
}

#[test]
fn an_old_root_in_place_of_the_next_is_none() {
    let scene = Scene::with_news();
    scene.web.lie("root/2.json", Lie::Bytes(fs::read(scene.centre.path("keys/root.1.json")).unwrap()));
    scene.refuses("root 2 has to come next, and 1 came");
    assert!(scene.blocks("first.example"));
}
