//! Building from a description of sources.

use super::folder::{Folder, text};

/// A foreign list.
const ANNA: &str = r#"
[[source]]
id = "anna/adult"
file = "anna"
category = "adult"
"#;

const OTHERS: &str = r#"
[[source]]
id = "ben/adult"
file = "ben"
category = "porn"
format = "hosts"
licence = "MIT"

[[source]]
id = "anna/more"
file = "more"
category = "adult"
"#;

fn folder() -> Folder {
    Folder::with(&[
        ("sources.toml", &format!("{ANNA}{OTHERS}")),
        ("anna", "agreed.example\nalone.example\ntwice.example\n"),
        ("ben", "0.0.0.0 agreed.example\nplain.example\n"),
        ("more", "twice.example\n"),
    ])
}

#[test]
fn popular_names_need_two_publishers() {
    let folder = folder();
    let popular = folder.put("popular", b"agreed.example\nalone.example\ntwice.example\n");
    let sources = folder.input().join("sources.toml");
    let out = folder.out();
    let run = folder.run(&["--sources", text(&sources), "--out", text(&out), "--popular", text(&popular)]);
    let built = run.good();
    assert_eq!(built.says("agreed.example"), "adult");
    assert_eq!(built.says("alone.example"), "-");
    assert_eq!(built.says("twice.example"), "-", "two sources of one publisher are one voice");
    assert_eq!(built.reasons("kept_popular"), ["agreed.example: adult: anna/adult and ben/adult agree"]);
    assert_eq!(built.report["removed"][1]["sources"], serde_json::json!(["anna/adult", "anna/more"]));
    assert_eq!(built.rejected(), ["1 another form than the source is said to have"]);
    assert_eq!(built.report["sources"][1]["licence"], "MIT");
}

const DECISIONS: &str = r#"
[[source]]
id = "hub/adult"
file = "decisions"
category = "adult"
trust = "trusted"
"#;

/// What reviewers decided is one more source, at whose word a popular name is listed, and whose exceptions are said of
/// every source; what is protected stays so.
#[test]
fn the_hubs_own_decisions_are_merged_with_foreign_lists() {
    let folder = Folder::with(&[
        ("sources.toml", &format!("{ANNA}{DECISIONS}")),
        ("anna", "theirs.example\n*.mistaken.example\nalone.example\n"),
        (
            "decisions",
            "||ours.example^\n||popular.example^\n@@||mistaken.example^\n@@||good.theirs.example^\n||google.com^\n",
        ),
    ]);
    let popular = folder.put("popular", b"popular.example\nalone.example\n");
    let sources = folder.input().join("sources.toml");
    let out = folder.out();
    let run = folder.run(&["--sources", text(&sources), "--out", text(&out), "--popular", text(&popular)]);
    let built = run.good();
    assert_eq!(built.says("theirs.example"), "adult");
    assert_eq!(built.says("good.theirs.example"), "-", "one of its names was decided to be good");
    assert_eq!(built.says("ours.example"), "adult", "nobody else lists it");
    assert_eq!(built.says("mistaken.example"), "-");
    assert_eq!(built.says("www.mistaken.example"), "-");
    assert_eq!(built.says("popular.example"), "adult");
    assert_eq!(built.says("alone.example"), "-", "popular, and nobody else says so");
    assert_eq!(built.says("google.com"), "-", "a platform is protected from our own mistakes too");
    assert_eq!(
        built.reasons("kept_popular"),
        ["popular.example: adult: listed by the trusted source hub/adult"]
    );
}

#[test]
fn a_missing_file_is_named() {
    let folder = folder();
    std::fs::remove_file(folder.input().join("ben")).unwrap();
    let sources = folder.input().join("sources.toml");
    let error = folder.build(&["--sources", text(&sources)]).refused();
    assert!(error.contains("/in/ben can't be read: No such file"), "{error}");
}

#[test]
fn a_url_has_to_be_fetched_first() {
    let folder = Folder::with(&[(
        "sources.toml",
        "[[source]]\nid = 'a'\nurl = 'https://a.example/list'\ncategory = 'adult'\n",
    )]);
    let sources = folder.input().join("sources.toml");
    let error = folder.build(&["--sources", text(&sources)]).refused();
    assert!(error.contains("source a: it has a url: run `luytre-hub source fetch` first"), "{error}");
}
