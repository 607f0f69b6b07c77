//! What a name can be about: stable numbers, sets of 64 bits, and the table in `config/categories.toml`.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::hash::{HashKey, hash_bytes};
use crate::written;

/// A category's stable number, 0 to 63. Numbers are never reused: lists and logs carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(u8);

impl Category {
    /// Blocked for everybody, whatever a family says: whole domains of child abuse, phishing, malware.
    pub const ALWAYS: Self = Self(0);
    /// What a model holds for harmful and nobody has looked at yet.
    pub const SUSPECTED: Self = Self(35);
    /// Never blocked in a home: helplines, banks, e-government, certificates, time.
    pub const ESSENTIAL: Self = Self(63);

    /// The category with this number, if it is below 64.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 64 { Some(Self(number)) } else { None }
    }

    /// The stable number, 0 to 63.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A set of categories: bit `n` is category `n`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategorySet(u64);

impl CategorySet {
    /// No category.
    pub const EMPTY: Self = Self(0);

    /// The set with these bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit `n` is category `n`.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set with this category added.
    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | 1 << category.0)
    }

    /// Everything in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets hold.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What this set holds and the other does not.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the category is in the set.
    pub const fn contains(self, category: Category) -> bool {
        self.0 >> category.0 & 1 == 1
    }

    /// Whether every category of the other set is in this one.
    pub const fn is_superset(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The categories in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        // From one to the next, not past all 64: this is on the way of every question.
        let rests = std::iter::successors(Some(self.0), |rest| Some(rest & rest.wrapping_sub(1)));
        rests.take_while(|&rest| rest != 0).map(|rest| Category(rest.trailing_zeros() as u8)) // less than 64
    }

    /// An `always` entry carries no other bit, so that no list points to what it is (design §4).
    #[must_use]
    pub const fn sealed(self) -> Self {
        if self.contains(Category::ALWAYS) { Self::EMPTY.with(Category::ALWAYS) } else { self }
    }
}

impl From<Category> for CategorySet {
    fn from(category: Category) -> Self {
        Self::EMPTY.with(category)
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for CategorySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Category::number)).finish()
    }
}

/// How much harm a category does; orders reports and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Annoying, or a matter of taste.
    Low,
    /// Not for younger children.
    Medium,
    /// Not for anybody under age.
    High,
    /// A crime, or an attack on the household.
    Critical,
}

/// Whether a category is harm in itself or a family's choice; the list builder's guard asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A popular name needs corroboration to stay listed here.
    Harm,
    /// Popular names may stand here: that is the point of the category.
    Choice,
}

/// One row of `config/categories.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryInfo {
    /// The stable number, 0 to 63.
    pub number: u8,
    /// The key in files, logs and the API.
    pub key: String,
    /// The English name.
    pub en: String,
    /// The Vietnamese name.
    pub vi: String,
    /// What is meant by it, in English: a sentence.
    pub about_en: String,
    /// The same in Vietnamese.
    pub about_vi: String,
    /// How much harm it does.
    pub severity: Severity,
    /// The extended DNS error of a block (RFC 8914): 15 Blocked or 17 Filtered.
    pub ede: u16,
    /// Harm or choice.
    pub kind: Kind,
    /// Whether a listed CNAME target or address passes the category on to the name asked (design invariant 3).
    pub follows_cname: bool,
    /// File-name stems of other projects that mean this category.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// The categories of `config/categories.toml`, by number, key and alias.
#[derive(Debug)]
pub struct CategoryTable {
    rows: Vec<CategoryInfo>,
    by_name: HashMap<String, Category>,
    passing_on: CategorySet,
    hash: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    category: Vec<CategoryInfo>,
}

impl CategoryTable {
    /// The table that this build ships with.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<CategoryTable> = LazyLock::new(|| {
            // Compiled in and parsed by a test of this crate: it cannot fail at run time.
            #[expect(clippy::expect_used, reason = "a test holds that the shipped table parses")]
            CategoryTable::parse(include_str!("../../config/categories.toml"))
                .expect("categories.toml parses")
        });
        &SHIPPED
    }

    /// Reads a table; the error says which row is wrong and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = written::from_toml(text)?;
        if file.version != 1 {
            return Err(format!(
                "version {} of the category table is unknown; this build reads 1",
                file.version
            ));
        }
        let mut rows = file.category;
        rows.sort_by_key(|row| row.number);
        let mut by_name = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let category = Category::new(row.number)
                .ok_or_else(|| format!("{}: number {} is above 63", row.key, row.number))?;
            if index > 0 && rows[index - 1].number == row.number {
                return Err(format!(
                    "number {} stands twice: {} and {}",
                    row.number,
                    rows[index - 1].key,
                    row.key
                ));
            }
            for name in std::iter::once(&row.key).chain(&row.aliases) {
                if by_name.insert(name.clone(), category).is_some() {
                    return Err(format!("{}: the name {name} stands twice", row.key));
                }
            }
        }
        let hash = Self::hash_of(rows.iter().map(|row| (row.number, row.key.as_str())));
        let passing_on =
            rows.iter().filter(|row| row.follows_cname).map(|row| Category(row.number)).collect();
        Ok(Self { rows, by_name, passing_on, hash })
    }

    /// The categories that pass on from a CNAME target or an address to the name that leads there: a shop on a
    /// platform is not the platform, but a tracker under another name is a tracker.
    pub fn passing_on(&self) -> CategorySet {
        self.passing_on
    }

    /// Identifies the meaning of the numbers: 64 bits over each number and key.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The same of other people's rows, in the order of their numbers.
    pub fn hash_of<'a>(rows: impl IntoIterator<Item = (u8, &'a str)>) -> u64 {
        let text: String = rows.into_iter().map(|(number, key)| format!("{number} {key}\n")).collect();
        hash_bytes(HashKey::LUYTRE, text.as_bytes())
    }

    /// The rows in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (Category, &CategoryInfo)> {
        self.rows.iter().map(|row| (Category(row.number), row))
    }

    /// The row of a category, if the table has it.
    pub fn info(&self, category: Category) -> Option<&CategoryInfo> {
        let index = self.rows.binary_search_by_key(&category.0, |row| row.number).ok()?;
        self.rows.get(index)
    }

    /// The category with this key, not an alias.
    pub fn by_key(&self, key: &str) -> Option<Category> {
        let category = self.by_name.get(key).copied()?;
        (self.info(category)?.key == key).then_some(category)
    }

    /// The category that a file-name stem means: its key or one of its aliases.
    pub fn by_stem(&self, stem: &str) -> Option<Category> {
        self.by_name.get(stem).copied()
    }

    /// The key of a category; a number that this table lacks reads `category-N`.
    pub fn key(&self, category: Category) -> std::borrow::Cow<'_, str> {
        match self.info(category) {
            Some(info) => info.key.as_str().into(),
            None => format!("category-{}", category.0).into(),
        }
    }

    /// The keys of a set in number order, joined by commas; `-` when the set is empty.
    pub fn keys(&self, set: CategorySet) -> String {
        if set.is_empty() {
            return "-".to_owned();
        }
        set.iter().map(|category| self.key(category)).collect::<Vec<_>>().join(",")
    }

    /// The set of all categories of one kind.
    pub fn of_kind(&self, kind: Kind) -> CategorySet {
        self.iter().filter(|(_, info)| info.kind == kind).map(|(category, _)| category).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_has_the_stable_numbers() {
        let table = CategoryTable::shipped();
        for (key, number) in
            [("always", 0), ("adult", 1), ("gambling", 9), ("malware", 13), ("essential", 63)]
        {
            assert_eq!(table.by_key(key).map(Category::number), Some(number), "{key}");
        }
        assert_eq!(table.by_stem("tracking"), table.by_key("trackers"));
        assert_eq!(table.by_key("tracking"), None, "an alias is not a key");
        for skipped in ["bank", "blog", "manga", "hacking", "fakenews_sect", "benign", "popular-ranked"] {
            assert_eq!(table.by_stem(skipped), None, "{skipped} maps to nothing");
        }
    }

    #[test]
    fn every_category_is_explained_in_a_sentence_for_a_phone() {
        for (_, info) in CategoryTable::shipped().iter() {
            for about in [&info.about_en, &info.about_vi] {
                let length = about.chars().count();
                assert!((15..=90).contains(&length) && about.ends_with(['.', '…']), "{}: {about}", info.key);
            }
            assert_ne!(info.about_en, info.about_vi);
        }
    }

    #[test]
    fn keys_stand_in_number_order() {
        let table = CategoryTable::shipped();
        let set = ["malware", "adult"].iter().filter_map(|key| table.by_key(key)).collect::<CategorySet>();
        assert_eq!(table.keys(set), "adult,malware");
        assert_eq!(table.keys(CategorySet::EMPTY), "-");
    }

    #[test]
    fn a_number_that_stands_twice_is_refused() {
        let row = |key: &str| {
            format!(
                "[[category]]\nnumber = 5\nkey = \"{key}\"\nen = \"\"\nvi = \"\"\nabout_en = \"\"\nabout_vi = \"\"\n\
                 severity = \"low\"\nede = 17\nkind = \"choice\"\nfollows_cname = false\n"
            )
        };
        let error = CategoryTable::parse(&format!("version = 1\n{}{}", row("a"), row("b"))).unwrap_err();
        assert_eq!(error, "number 5 stands twice: a and b");
    }

    #[test]
    fn always_carries_no_other_bit() {
        let set = CategorySet::from_bits(0b111).sealed();
        assert_eq!(set, Category::ALWAYS.into());
    }
}
