//! Bits that are flipped on the way: in each file of a publication, a flip at a time, through the whole client. The
//! documents' every bit is flipped in `trust/tests/attacks.rs`.

use luytre_trust::FileRef;

use crate::scene::Scene;
use crate::web::Lie;

/// Flips of each file that go through the program; each takes a process.
const FLIPS: usize = 40;

#[test]
fn a_flip_in_any_file_is_refused_by_the_program() {
    let scene = Scene::with_news();
    let manifest = scene.centre.manifest();
    let edition = &manifest.editions["full"];
    let files = ["timestamp.json".to_owned(), "manifest.json".to_owned(), edition.full_path()];
    for file in files {
        if file.starts_with("full/") {
            // Else the delta would bring the list all the same.
            scene.web.lie("/delta/", Lie::Status(404));
        }
        let good = scene.centre.file(&file);
        for flip in 0..FLIPS {
            let bit = flip * (good.len() * 8 - 1) / (FLIPS - 1);
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            scene.web.lie(&file, Lie::Bytes(flipped));
            scene.refuses(if file.starts_with("full/") { "is not the one that is signed" } else { ".json" });
            scene.web.be_honest();
            if file.starts_with("full/") {
                scene.web.lie("/delta/", Lie::Status(404));
            }
        }
    }
    scene.web.be_honest();
    scene.takes("serial 2");
}

/// Lists and deltas are held against their signed digest before anybody looks at them: each bit of both.
#[test]
fn every_bit_of_list_and_delta_counts() {
    let scene = Scene::with_news();
    let manifest = scene.centre.manifest();
    let edition = &manifest.editions["full"];
    let delta = edition.deltas[0];
    let mut flips = 0;
    for (path, file) in [(edition.full_path(), edition.full), (edition.delta_path(&delta), delta.file)] {
        let mut bytes = scene.centre.file(&path);
        file.check(&path, FileRef::of(&bytes)).unwrap();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(file.check(&path, FileRef::of(&bytes)).is_err());
            bytes[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
        }
    }
    assert!(flips > 10_000, "{flips} flips");
}
