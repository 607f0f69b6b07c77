//! Things that are written as `[[person]]`.
//!
//! `toml_edit` writes each table where its position says, and of two with one position the one that stands first in its
//! array. So a new table gets the position of the one before it, and those that stay share out the positions that they
//! had.

use toml::Table as Keys;
use toml_edit::{ArrayOfTables, Decor, DocumentMut, Item, Key, RawString, Table};

use super::{keys, things};

/// What a comment says of the first thing of a kind that is written.
const COMMENTS: [(&str, &str); 9] = [
    ("person", "Who lives here. Người trong nhà."),
    ("device", "Whose the devices are. Thiết bị của ai."),
    ("profile", "Profiles of our own. Mức lọc riêng của nhà mình."),
    ("schedule", "When what is blocked. Giờ giấc."),
    ("budget", "How long a day. Thời lượng mỗi ngày."),
    ("rule", "Names allowed or blocked. Tên miền được phép hoặc bị chặn."),
    ("grant", "Allowed for a while; ends by itself. Cho phép tạm thời, tự hết hạn."),
    ("pause", "Paused for a while; ends by itself. Tạm ngắt mạng, tự hết hạn."),
    ("holiday", "Days that schedules know. Ngày nghỉ, kỳ thi."),
];

/// Makes the tables of a kind say what is wanted.
pub(super) fn say(document: &mut DocumentMut, kind: &str, wanted: &[Keys]) {
    let (key, mut old) = take(document, kind);
    let said: Vec<Keys> = old.iter().flatten().map(|table| keys::all(table)).collect();
    let pairs = things::pair(kind, &said, wanted);
    let mut taken: Vec<Option<Table>> = pairs.iter().map(|pair| old.get_mut((*pair)?)?.take()).collect();
    let mut places: Vec<isize> = taken.iter().flatten().filter_map(Table::position).collect();
    places.sort_unstable();
    let mut comment = places.is_empty().then(|| comment(kind));
    let mut places = places.into_iter().peekable();
    let mut here = places.peek().copied().unwrap_or_else(|| end(document));
    let mut tables = ArrayOfTables::new();
    for (table, wanted) in taken.iter_mut().zip(wanted) {
        let table = match table.take() {
            Some(mut table) => {
                keys::amend(&mut table, wanted);
                here = places.next().unwrap_or(here);
                table
            }
            None => new(document, tables.is_empty(), comment.take(), wanted),
        };
        tables.push(at(table, here));
    }
    if !tables.is_empty() {
        document.insert_formatted(&key, Item::ArrayOfTables(tables));
    }
    for removed in old.into_iter().flatten() {
        keep_comments(document, &removed);
    }
}

/// Takes the tables of a kind out of the document, with their key as it is written.
fn take(document: &mut DocumentMut, kind: &str) -> (Key, Vec<Option<Table>>) {
    match document.remove_entry(kind) {
        Some((key, Item::ArrayOfTables(tables))) => (key, tables.into_iter().map(Some).collect()),
        _ => (Key::new(kind), Vec::new()),
    }
}

fn at(mut table: Table, position: isize) -> Table {
    table.set_position(Some(position));
    table
}

/// A table that was not there.
fn new(document: &mut DocumentMut, is_first: bool, comment: Option<&str>, wanted: &Keys) -> Table {
    let mut table = Table::new();
    keys::amend(&mut table, wanted);
    let mut prefix = String::new();
    if is_first && all(document).next().is_none() {
        // Behind the last key there are comments only: an introduction, or examples.
        prefix.push_str(&text(Some(document.trailing())));
        document.set_trailing("");
    }
    if !(prefix.is_empty() && document.is_empty()) {
        prefix.push('\n');
    }
    if let Some(comment) = comment {
        prefix.push_str(&format!("# {comment}\n"));
    }
    table.decor_mut().set_prefix(prefix);
    table
}

fn comment(kind: &str) -> &'static str {
    COMMENTS.iter().find(|(known, _)| *known == kind).map_or("", |(_, comment)| comment)
}

/// The position behind all tables.
fn end(document: &DocumentMut) -> isize {
    let tables = document.iter().filter_map(|(_, item)| item.as_array_of_tables()).flatten();
    tables.filter_map(Table::position).max().map_or(1, |last| last + 1)
}

fn all(document: &mut DocumentMut) -> impl Iterator<Item = &mut Table> {
    document
        .iter_mut()
        .filter_map(|(_, item)| item.as_array_of_tables_mut())
        .flat_map(ArrayOfTables::iter_mut)
}

/// Puts the comments that stood apart from a removed table in front of what follows it.
fn keep_comments(document: &mut DocumentMut, removed: &Table) {
    let prefix = prefix(removed.decor());
    let apart = split(&prefix).0;
    if !apart.contains('#') {
        return;
    }
    let behind = all(document).filter(|table| table.position() >= removed.position());
    match behind.min_by_key(|table| table.position()) {
        Some(next) => {
            let own = self::prefix(next.decor());
            next.decor_mut().set_prefix(format!("{apart}{}", own.trim_start_matches(['\r', '\n'])));
        }
        None => {
            let trailing = text(Some(document.trailing()));
            document.set_trailing(format!("{apart}{trailing}"));
        }
    }
}

/// The comments at the top of a document that has no keys of its own before its tables: they are to stay at the top.
pub(super) fn take_head(document: &mut DocumentMut) -> Option<String> {
    if document.iter().any(|(_, item)| item.is_value()) {
        return None;
    }
    let Some(first) = all(document).min_by_key(|table| table.position()) else {
        let head = text(Some(document.trailing()));
        document.set_trailing("");
        return Some(head);
    };
    let prefix = prefix(first.decor());
    let (apart, own) = split(&prefix);
    first.decor_mut().set_prefix(format!("\n{own}"));
    Some(apart.to_owned())
}

/// Splits the comments in front of a table: those that a blank line sets apart from it, and its own.
fn split(prefix: &str) -> (&str, &str) {
    let mut end = 0;
    let mut apart = 0;
    for line in prefix.split_inclusive('\n') {
        end += line.len();
        if line.ends_with('\n') && line.trim().is_empty() {
            apart = end;
        }
    }
    prefix.split_at(apart)
}

fn prefix(decor: &Decor) -> String {
    text(decor.prefix())
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
