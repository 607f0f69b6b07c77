//! What the router remembers of the centre, and what it was set up with.

use std::fs;

use crate::harness::luytre;
use crate::scene::Scene;

#[test]
fn what_is_remembered_may_be_damaged() {
    let scene = Scene::with_news();
    let file = scene.router.path("list.lyt.sync");
    let good = fs::read(&file).unwrap();
    for damaged in [&b""[..], b"{", b"null", &good[..good.len() / 2], b"{\"root\":\"x\",\"anchor\":null}"] {
        scene.router.write("list.lyt.sync", damaged);
        assert!(scene.blocks("n7.example"));
        scene.takes("");
        assert!(scene.blocks("second.example"));
    }
}

#[test]
fn another_root_begins_another_publication() {
    let scene = Scene::new();
    let other = Scene::new();
    fs::copy(other.centre.path("keys/root.json"), scene.router.path("root.json")).unwrap();
    scene.refuses("0 good signatures");
    let config = fs::read_to_string(scene.router.config_file()).unwrap();
    scene.router.write("luytre.toml", config.replace(&scene.web.url(), &other.web.url()));
    scene.takes("");
    scene.router.write("root.json", b"<html>");
    scene.refuses("root.json: root.json is not one");
    fs::remove_file(scene.router.path("root.json")).unwrap();
    scene.refuses("[list] root: ");
    assert_eq!(luytre(["check", "--config", scene.router.config_file()]).code, 0);
}
