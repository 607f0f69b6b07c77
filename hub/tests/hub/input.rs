//! What is read, from which files, and what is said about the rest.

use std::io::Write;

use super::folder::Folder;

#[test]
fn every_form_of_line_is_read_in_one_file() {
    let folder = Folder::with(&[(
        "malware.txt",
        "\u{feff}# mixed\r\n0.0.0.0 hosts.example two.example\r\nplain.example\n*.wild.example\naddress=/masq.example/#\n\
         ||block.example^\n||apart.example^\n@@||good.apart.example^\nUPPER.Example.\nhttp://url.example/\n",
    )]);
    let built = folder.build(&[]).good();
    for listed in ["hosts.example", "www.hosts.example", "two.example", "a.plain.example", "wild.example"] {
        assert_eq!(built.says(listed), "malware", "{listed}");
    }
    for listed in ["a.wild.example", "masq.example", "a.block.example", "upper.example", "url.example"] {
        assert_eq!(built.says(listed), "malware", "{listed}");
    }
    for free in ["a.hosts.example", "good.apart.example", "a.good.apart.example", "example"] {
        assert_eq!(built.says(free), "-", "{free}");
    }
}

#[test]
fn scope_can_be_told() {
    let folder = Folder::with(&[("ads.txt", "plain.example\n0.0.0.0 hosts.example\n")]);
    let exact = folder.build(&["--scope", "exact"]).good();
    assert_eq!((exact.says("plain.example").as_str(), exact.says("a.plain.example").as_str()), ("ads", "-"));
    let subtree = folder.build(&["--scope", "subtree"]).good();
    assert_eq!(subtree.says("a.hosts.example"), "ads");
}

#[test]
fn rejected_lines_are_counted_by_reason_with_examples() {
    let folder = Folder::new();
    let mut lines =
        b"good.example\n127.0.0.1 localhost\nhttp://a.example/x\na.example##.ad\n\xff\xfe\n".to_vec();
    lines.extend(std::iter::repeat_n(b"\x1b[31m\n".as_slice(), 7).flatten());
    lines.extend(vec![b'x'; 100_000]);
    folder.put("malware.txt", &lines);
    let built = folder.build(&[]).good();
    assert_eq!(built.says("good.example"), "malware");
    let expected = [
        "1 longer than 4096 bytes",
        "1 not UTF-8 text",
        "7 control characters, not a text file",
        "1 special name",
        "1 url",
        "1 rule about page elements",
    ];
    assert_eq!(built.rejected(), expected);
    let examples = built.report["rejected"][2]["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 5);
    assert_eq!(examples[0], "malware.txt:6 \\u{1b}[31m");
}

#[test]
fn files_without_a_category_are_skipped_by_name() {
    let folder = Folder::with(&[
        ("adult.txt", "a.example"),
        ("bank.txt", "b.example"),
        ("notes.md", "c.example"),
        ("essential.txt", "d.example"),
    ]);
    let built = folder.build(&[]).good();
    assert_eq!(
        built.reasons("skipped"),
        [
            "bank.txt: no category of this name",
            "essential.txt: essentials are the project's own and never listed",
            "notes.md: not a .txt file, packed or plain",
        ]
    );
    assert_eq!(built.report["names"], 1);
}

#[test]
fn packed_files_are_read() {
    let folder = Folder::new();
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
    xz.write_all(b"xz.example\n").unwrap();
    folder.put("adult.txt.xz", &xz.finish().unwrap());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(b"gz.example\n").unwrap();
    folder.put("porn.txt.gz", &gz.finish().unwrap());
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    folder.put("nsfw.txt.zst", &ruzstd::encoding::compress_to_vec(&b"zst.example\n"[..], level));
    let built = folder.build(&[]).good();
    for name in ["xz.example", "gz.example", "zst.example"] {
        assert_eq!(built.says(name), "adult", "{name}");
    }
}

#[test]
fn a_damaged_archive_is_named_with_the_reason() {
    for name in ["adult.txt.xz", "adult.txt.gz", "adult.txt.zst"] {
        let folder = Folder::with(&[(name, "this is not packed at all, whatever the name says\n")]);
        let run = folder.build(&[]);
        let error = run.refused();
        assert!(error.starts_with("luytre-hub: ") && error.contains(name), "{error}");
        assert!(error.contains("can't be read: "), "{error}");
        assert!(!run.wrote_list());
    }
}

#[test]
fn two_builds_are_the_same_byte_for_byte() {
    let lines: String = (0..3000).map(|n| format!("n{}.example{}\n", n * 7919 % 3000, n % 5)).collect();
    let files = [("malware.txt", lines.as_str()), ("ads.txt", "n1.example1\n"), ("adult.txt", "x.example\n")];
    let (one, two) = (Folder::with(&files), Folder::with(&files));
    let arguments = ["--created", "2026-01-31T12:00:00+07:00", "--serial", "7"];
    let (first, second) = (one.build(&arguments).good(), two.build(&arguments).good());
    assert_eq!(first.list.as_bytes(), second.list.as_bytes());
    for report in ["report.json", "report.txt"] {
        let read = |folder: &Folder| std::fs::read(folder.out().join(report)).unwrap();
        assert_eq!(read(&one), read(&two), "{report}");
    }
    assert_eq!((first.list.info().serial, first.list.info().created), (7, 1_769_835_600));
}

#[test]
fn nothing_but_the_result_is_said_in_a_pipe() {
    let run = Folder::with(&[("adult.txt", "a.example")]).build(&[]);
    assert!(run.output.stderr.is_empty());
    assert!(String::from_utf8_lossy(&run.output.stdout).contains("full.lyt: 1 names, "));
}

#[test]
fn usage_is_exit_code_2() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["--out", "x"]).output.status.code(), Some(2));
    assert_eq!(folder.build(&["--override", "everything"]).output.status.code(), Some(2));
    assert!(folder.build(&[]).refused().contains("holds no list: files are named <category>.txt"));
}

/// An address in a list is found by its reverse name: so the router looks up where an answer leads.
#[test]
fn addresses_are_listed_where_their_category_passes_on() {
    let folder = Folder::with(&[
        (
            "malware.txt",
            "good.example\n198.51.100.7\n203.0.0.0/16\n2001:db8::/32\n192.168.1.1\n198.51.0.0/15\n",
        ),
        ("social.txt", "social.example\n198.51.100.8\n"),
    ]);
    let built = folder.build(&["--scope", "exact"]).good();
    for listed in ["7.100.51.198.in-addr.arpa", "9.113.0.203.in-addr.arpa", "1.0.8.b.d.0.1.0.0.2.ip6.arpa"] {
        assert_eq!(built.says(listed), "malware", "{listed}");
    }
    for free in ["8.100.51.198.in-addr.arpa", "1.1.168.192.in-addr.arpa", "51.198.in-addr.arpa"] {
        assert_eq!(built.says(free), "-", "{free}");
    }
    assert_eq!(built.report["names"], 5);
    assert_eq!(
        built.rejected(),
        [
            "1 address instead of a name",
            "1 private or special address",
            "1 address prefix that is too wide or has no reverse name",
        ]
    );
}
