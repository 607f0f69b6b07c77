//! What somebody wrote, in TOML or in JSON, and its way into a type.
//!
//! One way for every document: a type's reader is compiled once, whatever the file is written in, and what does not fit
//! is told with its place. Read straight from each of the parsers, the documents of a router were half a megabyte of
//! program more.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Expected, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};

/// A document, or a part of it. Tables keep the order in which they are written, and a key that stands twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Written<'t> {
    /// JSON's `null`.
    Nothing,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A whole number beyond those.
    Large(u64),
    /// A number with a fraction.
    Fraction(f64),
    /// A text; a date of TOML's as it is written.
    Text(Cow<'t, str>),
    /// Values in a row.
    List(Vec<Self>),
    /// Values by name.
    Table(Vec<(Cow<'t, str>, Self)>),
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// What does not fit into a type: where, and why in serde's words.
#[derive(Debug)]
pub struct Misfit(Box<Place>);

#[derive(Debug)]
struct Place {
    what: String,
    /// From the innermost.
    steps: Vec<Step>,
}

/// Reads a TOML document into a type; the error names the place.
pub fn from_toml<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    T::deserialize(Written::of_toml(text)?).map_err(|misfit| misfit.to_string())
}

impl Misfit {
    /// Where, from the outermost.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.0.steps.iter().rev()
    }

    /// Why.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    fn at(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        write!(f, "{}{}", if self.0.steps.is_empty() { "" } else { ": " }, self.0.what)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(Box::new(Place { what: what.to_string(), steps: Vec::new() }))
    }
}

impl<'t> From<&DeTable<'t>> for Written<'t> {
    fn from(table: &DeTable<'t>) -> Self {
        Self::Table(
            table.iter().map(|(key, value)| (key.get_ref().clone(), value.get_ref().into())).collect(),
        )
    }
}

/// A number that is none of ours becomes the text that it is written as, which fits nowhere.
impl<'t> From<&DeValue<'t>> for Written<'t> {
    fn from(value: &DeValue<'t>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.clone()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(whole) => Self::Whole(whole),
                Err(_) => Self::Text(number.to_string().into()),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(fraction) => Self::Fraction(fraction),
                Err(_) => Self::Text(number.to_string().into()),
            },
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Datetime(time) => Self::Text(time.to_string().into()),
            DeValue::Array(items) => Self::List(items.iter().map(|item| item.get_ref().into()).collect()),
            DeValue::Table(table) => table.into(),
        }
    }
}

/// From JSON.
impl<'de> Deserialize<'de> for Written<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Writer)
    }
}

struct Writer;

impl<'de> Visitor<'de> for Writer {
    type Value = Written<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Written::Nothing)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Written::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Self::Value, E> {
        Ok(Written::Whole(whole))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(whole).map_or(Written::Large(whole), Written::Whole))
    }

    fn visit_f64<E: de::Error>(self, fraction: f64) -> Result<Self::Value, E> {
        Ok(Written::Fraction(fraction))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Written::List(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut table = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            table.push((key, entries.next_value()?));
        }
        Ok(Written::Table(table))
    }
}

/// A key, of the document's own text where that has no escapes; serde would copy it.
#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'t> Written<'t> {
    fn of_toml(text: &'t str) -> Result<Self, String> {
        let table = DeTable::parse(text).map_err(|error| error.to_string())?;
        Ok(table.get_ref().into())
    }

    /// The error where something else is expected.
    #[cold]
    #[inline(never)]
    fn misfit(&self, expected: &dyn Expected) -> Misfit {
        let found = match self {
            Self::Nothing => Unexpected::Other("null"),
            Self::Flag(flag) => Unexpected::Bool(*flag),
            Self::Whole(whole) => Unexpected::Signed(*whole),
            Self::Large(whole) => Unexpected::Unsigned(*whole),
            Self::Fraction(fraction) => Unexpected::Float(*fraction),
            Self::Text(text) => Unexpected::Str(text),
            Self::List(_) => Unexpected::Seq,
            Self::Table(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, expected)
    }
}

/// The methods of a [`Deserializer`] that take one kind of value only.
macro_rules! only {
    ($take:ident: $($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            self.$take(visitor)
        })+
    };
}

impl<'de> Written<'de> {
    fn whole<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Whole(whole) => visitor.visit_i64(whole),
            Self::Large(whole) => visitor.visit_u64(whole),
            other => Err(other.misfit(&visitor)),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            other => Err(other.misfit(&visitor)),
        }
    }
}

impl<'de> Deserializer<'de> for Written<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Flag(flag) => visitor.visit_bool(flag),
            Self::Whole(whole) => visitor.visit_i64(whole),
            Self::Large(whole) => visitor.visit_u64(whole),
            Self::Fraction(fraction) => visitor.visit_f64(fraction),
            text @ Self::Text(_) => text.text(visitor),
            Self::List(items) => visitor.visit_seq(Items::of(items)),
            Self::Table(entries) => visitor.visit_map(Entries::of(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Nothing => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    /// A table only: serde would take a list for the values in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    /// A variant by its name, or as a table of one entry: its name and what it holds.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let variant = match self {
            Self::Text(name) => Variant { name, held: None },
            Self::Table(entries) if entries.len() == 1 => {
                let [(name, held)] = <[_; 1]>::try_from(entries).map_err(|_| lost())?;
                Variant { name, held: Some(held) }
            }
            other => return Err(other.misfit(&visitor)),
        };
        visitor.visit_enum(variant)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Flag(flag) => visitor.visit_bool(flag),
            other => Err(other.misfit(&visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Fraction(fraction) => visitor.visit_f64(fraction),
            other => other.whole(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::List(items) => visitor.visit_seq(Items::of(items)),
            other => Err(other.misfit(&visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Table(entries) => visitor.visit_map(Entries::of(entries)),
            other => Err(other.misfit(&visitor)),
        }
    }

    only! { whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }
    only! { whole: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    only! { text: deserialize_char deserialize_str deserialize_string deserialize_identifier }
    only! { deserialize_f64: deserialize_f32 }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct }
}

/// What can't be, and is refused all the same.
#[cold]
fn lost() -> Misfit {
    de::Error::custom("a value was lost on the way")
}

/// A variant of an enumeration.
struct Variant<'t> {
    name: Cow<'t, str>,
    held: Option<Written<'t>>,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Misfit> {
        Ok((seed.deserialize(de::value::StrDeserializer::<Misfit>::new(&self.name))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        match self.held {
            None => Ok(()),
            Some(held) => Err(held.misfit(&"nothing").at(Step::Key(self.name.into_owned()))),
        }
    }

    fn newtype_variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Misfit> {
        seed.deserialize(self.held.unwrap_or(Written::Nothing))
            .map_err(|misfit| misfit.at(Step::Key(self.name.into_owned())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.held.unwrap_or(Written::Nothing).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.held.unwrap_or(Written::Nothing).deserialize_map(visitor)
    }
}

/// The items of a list that are left, and how many were there before them.
struct Items<'t> {
    rest: std::vec::IntoIter<Written<'t>>,
    taken: usize,
}

impl<'t> Items<'t> {
    fn of(items: Vec<Written<'t>>) -> Self {
        Self { rest: items.into_iter(), taken: 0 }
    }
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        self.taken += 1;
        match seed.deserialize(item) {
            Ok(value) => Ok(Some(value)),
            Err(misfit) => Err(misfit.at(Step::Item(self.taken - 1))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a table that are left, the first one perhaps without its value.
struct Entries<'t> {
    rest: std::vec::IntoIter<(Cow<'t, str>, Written<'t>)>,
    /// The key that was handed out last, and its value.
    last: Option<(Cow<'t, str>, Written<'t>)>,
}

impl<'t> Entries<'t> {
    fn of(entries: Vec<(Cow<'t, str>, Written<'t>)>) -> Self {
        Self { rest: entries.into_iter(), last: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Misfit;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.last = self.rest.next();
        let Some((key, _)) = &self.last else { return Ok(None) };
        match seed.deserialize(de::value::StrDeserializer::<Misfit>::new(key)) {
            Ok(name) => Ok(Some(name)),
            Err(misfit) => Err(misfit.at(Step::Key(key.to_string()))),
        }
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((key, value)) = self.last.take() else { return Err(lost()) };
        seed.deserialize(value).map_err(|misfit| misfit.at(Step::Key(key.into_owned())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct House {
        name: String,
        level: u8,
        share: f64,
        open: bool,
        kind: Kind,
        note: Option<String>,
        person: Vec<Person>,
        zones: BTreeMap<String, Vec<String>>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Flat,
        FarmHouse,
        Rooms(u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Person {
        age: u8,
    }

    #[test]
    fn toml_becomes_what_it_means() {
        let text = "name = 'x'\nlevel = 0x1f\nshare = 1\nopen = true\nkind = 'farm_house'\nnote = 2026-11-22\n\
                    zones = { lan = ['a', \"b\\u0020\"] }\n[[person]]\nage = 7\n[[person]]\nage = 8\n";
        let house: House = from_toml(text).unwrap();
        let zones = BTreeMap::from([("lan".to_owned(), vec!["a".to_owned(), "b ".to_owned()])]);
        let person = vec![Person { age: 7 }, Person { age: 8 }];
        let note = Some("2026-11-22".to_owned());
        let expected = House {
            name: "x".into(),
            level: 31,
            share: 1.0,
            open: true,
            kind: Kind::FarmHouse,
            note,
            person,
            zones,
        };
        assert_eq!(house, expected);
    }

    #[test]
    fn a_variant_may_hold_a_value() {
        assert_eq!(from_toml::<House>("kind = { rooms = 3 }").unwrap().kind, Kind::Rooms(3));
    }

    #[test]
    fn what_does_not_fit_is_told_where_it_stands() {
        for (text, told) in [
            ("name = 1", "name: invalid type: integer `1`, expected a string"),
            ("level = 300", "level: invalid value: integer `300`, expected u8"),
            (
                "level = 99999999999999999999",
                "level: invalid type: string \"99999999999999999999\", expected u8",
            ),
            ("nmae = 1", "nmae: unknown field `nmae`, expected one of"),
            ("open = 'yes'", "open: invalid type: string \"yes\", expected a boolean"),
            ("kind = 'hut'", "kind: unknown variant `hut`"),
            ("kind = ['flat']", "kind: invalid type: sequence, expected enum Kind"),
            ("kind = { flat = 1 }", "kind.flat: invalid type: integer `1`, expected nothing"),
            ("kind = { rooms = 'x' }", "kind.rooms: invalid type: string \"x\", expected u8"),
            ("kind = 'rooms'", "kind.rooms: invalid type: null, expected u8"),
            ("person = [{ age = 7 }, {}]", "person[1]: missing field `age`"),
            ("person = [[7]]", "person[0]: invalid type: sequence, expected struct Person"),
            ("zones.lan = [1]", "zones.lan[0]: invalid type: integer `1`, expected a string"),
        ] {
            let error = from_toml::<House>(text).unwrap_err();
            assert!(error.starts_with(told), "{text}: {error}");
        }
        assert!(from_toml::<House>("name = ").unwrap_err().contains("TOML parse error"));
    }

    #[test]
    fn texts_are_borrowed_where_the_document_has_them_as_they_are() {
        #[derive(Deserialize)]
        struct Texts<'t> {
            plain: &'t str,
        }
        assert_eq!(from_toml::<Texts<'_>>("plain = 'x'").unwrap().plain, "x");
        assert!(from_toml::<Texts<'_>>("plain = \"\\u0020\"").is_err());
    }

    proptest! {
        #[test]
        fn any_toml_is_read_or_refused(
            text in "((name|level|kind|person|zones|x) = ([0-9]{1,22}|'[a-z]*'|\\[1, '']|\\{ a = \\[\\] \\}|nan|true)\n){0,4}",
        ) {
            let _ = from_toml::<House>(&text);
        }
    }
}
