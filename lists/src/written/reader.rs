//! What was written becomes a type: serde's side of it.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::{self, Expected, Unexpected, Visitor};

use super::{Misfit, Step, Written};

impl Written<'_> {
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
