//! What is published arrives.

use std::fs;
use std::process::Command;

use crate::harness::{Ended, luytre, patiently, program};
use crate::scene::{Scene, router};
use crate::web::{Lie, Web};

#[test]
fn the_first_list_arrives_whole_and_the_next_by_delta() {
    let scene = Scene::empty();
    scene.centre.publish("first.example");
    assert!(!scene.blocks("first.example"), "the starter list does not know it");
    scene.takes("serial 1, edition full, 401 names, whole;");
    assert!(scene.blocks("www.first.example") && scene.blocks("n7.example"));
    let whole = scene.web.sent();
    scene.centre.publish("second.example");
    scene.takes("serial 2, edition full, 401 names, by delta from serial 1;");
    assert!(scene.blocks("second.example") && !scene.blocks("first.example"));
    assert!(scene.web.sent() < whole, "a delta is smaller");
    assert_eq!(scene.leftovers(), [""; 0]);
}

#[test]
fn the_list_may_come_before_the_daemon_and_its_folder() {
    let scene = Scene::empty();
    scene.centre.publish("first.example");
    let config = fs::read_to_string(scene.router.config_file()).unwrap();
    scene.router.write("luytre.toml", config.replace("list.file = 'list.lyt'\n", ""));
    scene.takes("state/list.lyt: serial 1");
    assert!(scene.blocks("first.example"));
}

#[test]
fn a_list_in_memory_is_back_after_a_power_cut() {
    let scene = Scene::empty();
    let config = fs::read_to_string(scene.router.config_file()).unwrap();
    let settings = config.replace("list.file = 'list.lyt'\n", "list.file = 'memory/list.lyt'\n");
    scene.router.write("luytre.toml", format!("{settings}list.copy = 'flash.copy'\n"));
    scene.centre.publish("first.example");
    scene.takes("serial 1");
    let copy = fs::read(scene.router.path("flash.copy")).unwrap();
    scene.centre.publish("second.example");
    scene.takes("serial 2");
    assert!(fs::read(scene.router.path("flash.copy")).unwrap() == copy, "flash is written once a week");
    scene.centre.publish_with("third.example", &["--urgent"]);
    scene.takes("serial 3");
    fs::remove_dir_all(scene.router.path("memory")).unwrap();
    fs::rename(scene.centre.publication(), scene.centre.path("away")).unwrap();
    let daemon = scene.router.start_as_it_is();
    let status = daemon.status();
    assert_eq!(
        (&status["list"]["serial"], &status["list"]["state"]),
        (&3.into(), &"current".into()),
        "{status}"
    );
}

#[test]
fn a_check_without_change_moves_less_than_a_kilobyte() {
    let scene = Scene::new();
    scene.takes("up to date");
    // With an ETag the timestamp is not sent again.
    assert!(scene.web.sent() < 100, "no bytes but those of the next root's absence");
    let asked = scene.web.asked();
    assert_eq!(
        asked.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(),
        ["/root/2.json", "/timestamp.json"]
    );
    assert!(asked[1].header("if-none-match").is_some());
    scene.centre.renew(&["--timestamp"]);
    scene.takes("up to date");
    assert!(scene.web.sent() < 600, "the timestamp and no more");
}

#[test]
fn nothing_that_is_sent_tells_one_router_from_another() {
    let scene = Scene::with_news();
    scene.takes("serial 2");
    let one = scene.web.asked();
    let other = router(&scene.centre, &[&scene.web.url()]);
    assert_eq!(luytre(["sync", "--once", "--config", other.config_file()]).code, 0);
    let known = ["host", "user-agent", "accept-encoding", "if-none-match", "range"];
    for asked in one.iter().chain(&scene.web.asked()) {
        assert!(asked.headers.iter().all(|(name, _)| known.contains(&name.as_str())), "{asked:?}");
        assert_eq!(asked.header("user-agent"), Some("luytre"));
    }
}

#[test]
fn a_download_goes_on_where_it_was_cut() {
    let scene = Scene::empty();
    scene.centre.publish("first.example");
    let full = scene.centre.manifest().editions["full"].full;
    scene.web.lie("/full/", Lie::Cut(full.length as usize / 2));
    let ended = scene.sync();
    assert_eq!(ended.code, 1);
    scene.web.be_honest();
    scene.web.asked();
    scene.takes("serial 1");
    let range = format!("bytes={}-", full.length / 2);
    assert!(scene.web.asked().iter().any(|asked| asked.header("range") == Some(range.as_str())));
}

#[test]
fn a_beginning_of_something_else_is_no_harm() {
    let scene = Scene::empty();
    scene.centre.publish("first.example");
    let full = scene.centre.manifest().editions["full"].full;
    let part = format!("list.lyt.part-{}", &full.sha256.to_string()[..16]);
    for wrong in [vec![7; 20], vec![7; full.length as usize], vec![7; 5000]] {
        scene.router.write(&part, wrong);
        // The rest is fetched, and does not fit; what was wrong is gone then.
        let _ = scene.sync();
        scene.takes("");
        fs::remove_file(scene.router.path("list.lyt")).unwrap();
        fs::remove_file(scene.router.path("list.lyt.sync")).unwrap();
    }
}

#[test]
fn a_mirror_that_is_away_or_lies_is_passed_over() {
    let scene = Scene::with_news();
    let liar = Web::of(scene.centre.publication());
    liar.lie("", Lie::Bytes(b"<html>log in</html>".to_vec()));
    let urls = [&*liar.url(), "http://127.0.0.1:9/away", &scene.web.url()];
    let router = router(&scene.centre, &urls);
    for _ in 0..6 {
        let ended = luytre(["sync", "--once", "--config", router.config_file()]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "one of them is honest");
    }
}

#[test]
fn a_base_address_may_have_a_path() {
    let scene = Scene::empty();
    scene.centre.publish("first.example");
    let web = Web::of(scene.centre.path(""));
    for url in [format!("{}/publication", web.url()), format!("{}/publication/", web.url())] {
        let router = router(&scene.centre, &[&url]);
        let ended = luytre(["sync", "--once", "--config", router.config_file()]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    }
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let scene = Scene::new();
    let router = router(&scene.centre, &["http://lists.example/"]);
    let mut command = Command::new(program());
    command.args(["sync", "--once", "--config", router.config_file()]).env("http_proxy", scene.web.url());
    let ended = Ended::of(command, "");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let asked = scene.web.asked();
    assert!(asked.iter().all(|asked| asked.path.starts_with("http://lists.example/")), "{asked:?}");
}

#[test]
fn every_edition_can_be_had_and_changed() {
    let scene = Scene::new();
    for edition in ["small", "standard", "full"] {
        let router = router(&scene.centre, &[&scene.web.url()]);
        let config =
            fs::read_to_string(router.config_file()).unwrap().replace("'full'", &format!("'{edition}'"));
        router.write("luytre.toml", config);
        let ended = luytre(["sync", "--once", "--config", router.config_file()]);
        assert!(ended.out.contains(&format!("edition {edition}")), "{}{}", ended.out, ended.err);
    }
}

#[test]
fn without_root_or_urls_nothing_is_fetched_and_that_is_said() {
    let scene = Scene::new();
    let config = fs::read_to_string(scene.router.config_file()).unwrap();
    let without_root = config.replace("list.root = 'root.json'\n", "");
    scene.router.write("luytre.toml", without_root);
    let ended = scene.sync();
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("lists are not fetched: write [list] urls and root"), "{}", ended.err);
    assert_eq!(scene.web.asked(), []);
}

#[test]
fn a_staged_rollout_takes_its_share_of_routers() {
    let scene = Scene::new();
    scene.centre.publish_with("second.example", &["--rollout", "0"]);
    scene.takes("serial 2 is for 0 % of routers so far");
    assert!(scene.blocks("first.example"));
    scene.centre.renew(&["--rollout", "100"]);
    scene.takes("serial 2, edition full");
    // What is urgent is for everybody.
    scene.centre.publish_with("third.example", &["--rollout", "0", "--urgent"]);
    scene.takes("serial 3, edition full");
}

#[test]
fn a_withdrawn_list_is_replaced_by_the_one_before_it() {
    let scene = Scene::with_news();
    scene.takes("serial 2");
    scene.centre.renew(&["--withdraw", "2", "--rollout", "0"]);
    scene.takes("serial 3, edition full, 401 names, by delta from serial 2");
    assert!(scene.blocks("first.example") && !scene.blocks("second.example"));
}

// ---- With a daemon ----

#[test]
fn a_running_daemon_takes_the_list_in() {
    let Scene { centre, web, router } = Scene::new();
    let house = router.start_as_it_is();
    let list = &house.status()["list"];
    assert_eq!((&list["state"], &list["serial"]), (&"current".into(), &1.into()));
    assert_eq!(house.ask("first.example"), "REFUSED ede 17");
    centre.publish("second.example");
    let ended = luytre(["sync", "--once", "--config", house.config_file()]);
    assert!(ended.out.contains("serial 2"), "{}{}", ended.out, ended.err);
    assert_eq!(house.ask("second.example"), "REFUSED ede 17");
    assert_eq!(house.ask("first.example"), "NOERROR A 300 192.0.2.1");
    let ended = luytre(["sync", "--roll-back", "--config", house.config_file()]);
    assert!(
        ended.out.contains("back to serial 1; serial 2 is not taken again"),
        "{}{}",
        ended.out,
        ended.err
    );
    assert_eq!(house.ask("first.example"), "REFUSED ede 17");
    let ended = luytre(["sync", "--once", "--config", house.config_file()]);
    assert!(ended.out.contains("serial 2 was rolled back from"), "{}", ended.out);
    centre.publish("third.example");
    assert_eq!(luytre(["sync", "--once", "--config", house.config_file()]).code, 0);
    assert_eq!(house.ask("third.example"), "REFUSED ede 17");
    drop(web);
}

#[test]
fn the_daemon_looks_by_itself_and_says_how_it_goes() {
    let Scene { centre, web, router } = Scene::empty();
    let mut house = router.start_as_it_is();
    assert_eq!(house.status()["list"]["state"], "starter");
    house.stop();
    let config = fs::read_to_string(house.config_file()).unwrap();
    house.write("luytre.toml", format!("{config}list.check_every = 1\n"));
    centre.publish("first.example");
    house.start_again();
    patiently("the first list", || (house.ask("first.example") == "REFUSED ede 17").then_some(()));
    let sync = patiently("its state", || {
        Some(house.status()["list"]["sync"].clone()).filter(|sync| !sync["heard"].is_null())
    });
    assert_eq!(
        (&sync["edition"], &sync["trouble"], &sync["failures"]),
        (&"full".into(), &"".into(), &0.into())
    );
    // A list that comes by the daemon's own look is in force at once.
    centre.publish("second.example");
    patiently("the second list", || (house.ask("second.example") == "REFUSED ede 17").then_some(()));
    assert_eq!(house.status()["list"]["state"], "current");
    web.lie("timestamp.json", Lie::Bytes(b"<html>".to_vec()));
    let status = patiently("trouble", || {
        Some(house.status()).filter(|status| status["list"]["sync"]["failures"] != 0)
    });
    assert_eq!((&status["list"]["state"], &status["list"]["serial"]), (&"refused".into(), &2.into()));
    assert!(status["list"]["refused"].as_str().unwrap().contains("it is a web page"), "{status}");
    assert_eq!(house.ask("second.example"), "REFUSED ede 17", "the last good list is in force");
    web.be_honest();
    patiently("good again", || (house.status()["list"]["state"] == "current").then_some(()));
}

/// For LuCI and `ubus call luytre sync`, which are not the daemon's user: its files stay its own.
#[test]
fn a_daemon_that_is_asked_looks_at_once() {
    let Scene { centre: _centre, web, router } = Scene::with_news();
    let house = router.start_as_it_is();
    assert_eq!(house.status()["list"]["serial"], 1);
    let ask = || luytre(["sync", "--ask", "--config", house.config_file()]);
    assert_eq!(ask().out, "the newest list is in force\n");
    assert_eq!(house.status()["list"]["serial"], 2);
    web.lie("timestamp.json", Lie::Status(503));
    let refused = ask();
    assert!(refused.code == 1 && refused.err.contains("503"), "{}{}", refused.out, refused.err);
}

#[test]
fn a_list_that_the_daemon_dies_of_is_rolled_back_from() {
    let Scene { centre, web: _web, router } = Scene::new();
    let config = router.config_file().to_owned();
    centre.publish("second.example");
    assert_eq!(luytre(["sync", "--once", "--config", &config]).code, 0);
    let mut house = router.start_as_it_is();
    for _ in 0..3 {
        assert_eq!(house.ask("second.example"), "REFUSED ede 17");
        house.kill();
        house.start_again();
    }
    assert_eq!(house.ask("first.example"), "REFUSED ede 17");
    let notices = house.status()["notices"].to_string();
    assert!(notices.contains("the daemon ended 3 times soon after it had taken list 2"), "{notices}");
}

#[test]
fn an_old_list_stays_in_force_and_is_called_stale() {
    let Scene { centre: _centre, web, router } = Scene::new();
    drop(web);
    let house = router.run_with("--clock-offset 400000").start_as_it_is();
    assert_eq!(house.status()["list"]["state"], "stale");
    assert_eq!(house.ask("first.example"), "REFUSED ede 17");
}

#[test]
fn no_question_is_lost_while_lists_change() {
    let Scene { centre, web: _web, router } = Scene::new();
    let text = fs::read_to_string(router.config_file()).unwrap();
    router.write("luytre.toml", format!("{text}limits.client_rate = 0\n"));
    let house = router.start_as_it_is();
    let config = house.config_file().to_owned();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut asked = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(house.ask("n7.example"), "REFUSED ede 17", "blocked by each of the lists");
                asked += 1;
            }
            asked
        });
        for number in 0..10 {
            centre.publish(&format!("own{number}.example"));
            assert_eq!(luytre(["sync", "--once", "--config", &config]).code, 0);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(asking.join().unwrap() > 100);
    });
    assert_eq!(house.status()["list"]["serial"], 11);
}
