//! Popular names, and lists that must not go out.

use super::folder::{Folder, text};

/// So many made-up names, of which two lists share most.
fn names(from: u32, to: u32) -> String {
    (from..to).map(|n| format!("n{n}.example\n")).collect()
}

#[test]
fn popular_names_leave_harm_and_are_named_in_choice() {
    let folder = Folder::with(&[
        ("adult.txt", "google.com\nwell-known.example\npornhub.com\nbad.example\n"),
        ("tracking.txt", "well-known.example\n"),
    ]);
    let popular = folder
        .put("popular.list", b"1,google.com\n2,www.well-known.example\n3,pornhub.com\nwell-known.example\n");
    let built = folder.build(&["--popular", text(&popular)]).good();
    assert_eq!(
        built.reasons("removed"),
        [
            "google.com: protected: Search engines and large platforms",
            "well-known.example: popular, without evidence",
        ]
    );
    assert_eq!(built.report["removed"][1]["sources"], serde_json::json!(["adult.txt"]));
    assert_eq!(
        built.reasons("kept_popular"),
        [
            "pornhub.com: adult: in our starter list",
            "well-known.example: trackers: a family's choice",
            "www.well-known.example: below well-known.example; trackers: a family's choice",
        ]
    );
    assert_eq!(built.says("pornhub.com"), "adult");
    assert_eq!(built.says("google.com"), "-");
}

#[test]
fn an_essential_is_never_in_a_list() {
    let folder =
        Folder::with(&[("malware.txt", "vietcombank.com.vn\nwww.vietcombank.com.vn\nevil.example\n")]);
    let built = folder.build(&[]).good();
    assert_eq!(built.says("www.vietcombank.com.vn"), "-");
    assert_eq!(built.report["gates"][0]["passed"], true);
}

#[test]
fn too_large_a_change_stops_the_list_unless_overridden() {
    let folder = Folder::with(&[("malware.txt", &names(0, 1000))]);
    folder.build(&[]).good();
    let previous = folder.input().join("previous.lyt");
    std::fs::rename(folder.out().join("full.lyt"), &previous).unwrap();

    folder.put("malware.txt", names(0, 1015).as_bytes());
    let near = folder.build(&["--previous", text(&previous), "--serial", "2"]).good();
    assert_eq!(near.report["gates"][3]["detail"], "of 1000 entries: 15 added, 0 altered, 0 removed");
    std::fs::remove_file(folder.out().join("full.lyt")).unwrap();

    folder.put("malware.txt", names(100, 1000).as_bytes());
    let run = folder.build(&["--previous", text(&previous)]);
    assert!(
        run.refused().contains("of 1000 entries: 0 added, 0 altered, 100 removed; more than 2 % changed")
    );
    assert!(!run.wrote_list());
    assert_eq!(run.report()["gates"][3]["passed"], false);

    let built = folder.build(&["--previous", text(&previous), "--override", "change"]).good();
    assert_eq!(built.report["gates"][3]["overridden"], true);
    assert_eq!(built.says("n500.example"), "malware");
}

#[test]
fn a_list_that_shrinks_to_nothing_is_stopped() {
    let folder = Folder::with(&[("malware.txt", &names(0, 1000))]);
    folder.build(&[]).good();
    let previous = folder.input().join("previous.lyt");
    std::fs::rename(folder.out().join("full.lyt"), &previous).unwrap();
    folder.put("malware.txt", names(0, 400).as_bytes());
    let run = folder.build(&["--previous", text(&previous), "--override", "change"]);
    assert!(run.refused().contains("400 names, where the previous list has 1000"));
    let empty = Folder::with(&[("malware.txt", "# nothing\n")]);
    assert!(empty.build(&[]).refused().contains("the list is empty"));
}

#[test]
fn a_well_known_name_that_somebody_excepts_stops_the_list() {
    let folder = Folder::with(&[("adult.txt", "pornhub.com\nbad.example\n@@||pornhub.com^\n")]);
    assert!(folder.build(&[]).refused().contains("1 well-known names are no longer listed: pornhub.com"));
}

#[test]
fn the_next_list_makes_a_small_delta() {
    let folder = Folder::with(&[("malware.txt", &names(0, 5000))]);
    let first = folder.build(&[]).good();
    let previous = folder.input().join("previous.lyt");
    std::fs::rename(folder.out().join("full.lyt"), &previous).unwrap();
    folder.put("malware.txt", names(50, 5050).as_bytes());
    let second = folder.build(&["--previous", text(&previous), "--serial", "2"]).good();
    let delta = luytre_lists::delta::diff(Some(&first.list), &second.list);
    assert!(delta.len() < 1500, "100 changes in {} bytes", delta.len());
}

#[test]
fn a_damaged_previous_list_is_named() {
    let folder = Folder::with(&[("malware.txt", "a.example")]);
    let previous = folder.put("previous.lyt", b"not a list");
    let error = folder.build(&["--previous", text(&previous)]).refused();
    assert!(error.contains("previous.lyt is not to be trusted: not a compiled list"), "{error}");
}
