//! Changes of one thing: a new spec from the one before, or what is wrong with the change.
//!
//! Problems point into the thing that was sent, as JSON pointers (RFC 6901), and into the document where it is about
//! something else there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::{Pointer, Problem};
use super::spec::{BudgetSpec, DeviceSpec, GrantSpec, OneOrMany, PauseSpec, PersonSpec, RuleSpec, Spec};
use super::{Family, read, words};
use crate::calendar::Zone;
use crate::catalogue::Catalogue;
use crate::clock::Timestamp;
use crate::requests::Effect;
use crate::who::Mac;

/// The longest pause or grant, in minutes: 31 days.
pub const MAX_MINUTES: u32 = 31 * 24 * 60;

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There is no such thing.
    Missing,
    /// What is wrong with what was sent.
    Wrong(Vec<Problem>),
}

/// A kind of things that are changed one by one.
pub trait Thing: Clone + Serialize + DeserializeOwned {
    /// What the document calls the kind.
    const KIND: &'static str;
    /// All of the kind.
    fn all(spec: &mut Spec) -> &mut Vec<Self>;
    /// Whether this is the one that is called so.
    fn is(&self, id: &str) -> bool;
    /// What else follows when one becomes another, or why it can't.
    fn follow(&self, after: &Self, spec: &mut Spec) -> Result<(), Problem>;
    /// What else goes when this one goes.
    fn forget(&self, spec: &mut Spec);
}

/// Adds a thing.
pub fn add<T: Thing>(spec: &Spec, thing: Value) -> Result<Spec, EditError> {
    let thing: T = typed(thing)?;
    let mut next = spec.clone();
    let all = T::all(&mut next);
    let place = all.len();
    all.push(thing);
    checked(next, T::KIND, place)
}

/// Changes a thing by a merge patch (RFC 7396): keys that are sent are changed, those that are `null` are left out.
pub fn patch<T: Thing>(spec: &Spec, id: &str, patch: Value) -> Result<Spec, EditError> {
    let mut next = spec.clone();
    let place = place::<T>(&mut next, id)?;
    let before = T::all(&mut next)[place].clone(); // found there
    let mut value = serde_json::to_value(&before).unwrap_or_default();
    merge(&mut value, patch);
    let after: T = typed(value)?;
    before.follow(&after, &mut next).map_err(|problem| EditError::Wrong(vec![problem]))?;
    T::all(&mut next)[place] = after;
    checked(next, T::KIND, place)
}

/// Removes a thing, and what is about it alone.
pub fn remove<T: Thing>(spec: &Spec, id: &str) -> Result<Spec, EditError> {
    let mut next = spec.clone();
    let place = place::<T>(&mut next, id)?;
    let gone = T::all(&mut next).remove(place);
    gone.forget(&mut next);
    checked(next, T::KIND, place)
}

/// Cuts people or devices off for some minutes from now, in place of what was said of them before; 0 lifts it.
pub fn pause(spec: &Spec, who: &OneOrMany, minutes: u32, now: Timestamp) -> Result<Spec, EditError> {
    let until = end(spec, minutes, now)?;
    let mut next = spec.clone();
    for one in who.as_slice() {
        next.pause.retain_mut(|pause| leave_out(&mut pause.who, one));
    }
    next.pause.push(PauseSpec { who: who.clone(), until });
    let place = next.pause.len() - 1;
    // Lifting, too, says whom it means.
    let mut next = checked(next, "pause", place)?;
    if minutes == 0 {
        next.pause.pop();
    }
    Ok(next)
}

/// Gives people these budgets, in place of theirs about the same.
pub fn budgets(spec: &Spec, new: &[BudgetSpec]) -> Result<Spec, EditError> {
    let mut next = spec.clone();
    let is_replaced = |old: &BudgetSpec| new.iter().any(|new| new.who == old.who && new.of == old.of);
    next.budget.retain(|old| !is_replaced(old));
    let place = next.budget.len();
    next.budget.extend_from_slice(new);
    checked(next, "budget", place)
}

/// Allows people something for some minutes from now, in place of what they were granted of it before; 0 takes it back.
pub fn grant(
    spec: &Spec,
    (who, of): (&OneOrMany, &str),
    minutes: u32,
    by: &str,
    now: Timestamp,
) -> Result<Spec, EditError> {
    let until = end(spec, minutes, now)?;
    let mut next = spec.clone();
    next.grant.retain(|grant| grant.who != who.as_slice() || grant.of != of);
    let (who, of, by) = (who.as_slice().to_vec(), of.to_owned(), by.to_owned());
    next.grant.push(GrantSpec { who, of, until, by });
    let place = next.grant.len() - 1;
    let mut next = checked(next, "grant", place)?;
    if minutes == 0 {
        next.grant.pop();
    }
    Ok(next)
}

/// Adds a grant or a rule that an answer to a request means.
pub fn allow(spec: &Spec, effect: &Effect) -> Result<Spec, EditError> {
    let mut next = spec.clone();
    match effect {
        Effect::Grant(grant) => {
            next.grant.retain(|other| other.who != grant.who || other.of != grant.of);
            next.grant.push(grant.clone());
        }
        Effect::Rule(rule) => next.rule.push(rule.clone()),
        // By its names: what the profile says of the service and of its categories yields to that, and bedtime doesn't.
        Effect::Permit { who, service } => {
            let catalogue = Catalogue::shipped();
            let service = catalogue.by_key(service).and_then(|id| catalogue.service(id));
            let names = service.into_iter().flat_map(|service| service.names());
            let (who, action) = (vec![who.clone()], "allow");
            next.rule.extend(names.map(|name| RuleSpec {
                who: who.clone(),
                name: name.text,
                action: action.into(),
                over_time: false,
            }));
        }
        Effect::Nothing | Effect::Bonus { .. } => {}
    }
    Family::resolve(&next).map_err(EditError::Wrong)?;
    Ok(next)
}

/// The spec without the grants and pauses that are over.
pub fn without_expired(mut spec: Spec, now: Timestamp) -> Spec {
    let lasts = |until: &str| words::moment(until).map_or(true, |end| end > now);
    spec.grant.retain(|grant| lasts(&grant.until));
    spec.pause.retain(|pause| lasts(&pause.until));
    spec
}

impl Thing for PersonSpec {
    const KIND: &'static str = "person";

    fn all(spec: &mut Spec) -> &mut Vec<Self> {
        &mut spec.person
    }

    fn is(&self, id: &str) -> bool {
        self.id == id
    }

    fn follow(&self, after: &Self, _: &mut Spec) -> Result<(), Problem> {
        match after.id == self.id {
            true => Ok(()),
            false => {
                let what = "an id stays: history and rules go by it; change the name";
                Err(Problem::new(Pointer::default().key("id"), what))
            }
        }
    }

    /// Devices stay, as nobody's. A list that was about this person alone goes with what it stands in: empty, it would
    /// mean the whole house.
    fn forget(&self, spec: &mut Spec) {
        let id = &self.id;
        spec.device.iter_mut().filter(|device| device.person == *id).for_each(|device| device.person.clear());
        spec.budget.retain(|budget| budget.who != *id);
        spec.schedule.retain_mut(|schedule| without(&mut schedule.who, id));
        spec.rule.retain_mut(|rule| rule.who.is_empty() || without(&mut rule.who, id));
        spec.grant.retain_mut(|grant| without(&mut grant.who, id));
        spec.pause.retain_mut(|pause| leave_out(&mut pause.who, id));
    }
}

impl Thing for DeviceSpec {
    const KIND: &'static str = "device";

    fn all(spec: &mut Spec) -> &mut Vec<Self> {
        &mut spec.device
    }

    /// By its MAC address, its token, or one of its addresses.
    fn is(&self, id: &str) -> bool {
        let marks = [&self.mac, &self.token].into_iter().chain(&self.addresses);
        marks.filter(|mark| !mark.is_empty()).any(|mark| is_same(mark, id))
    }

    /// A pause goes with the device, whatever it is known by now: another MAC address is no way out of it.
    fn follow(&self, after: &Self, spec: &mut Spec) -> Result<(), Problem> {
        let now = if after.mac.is_empty() { &after.token } else { &after.mac };
        let is_gone = |who: &str| {
            self.paused_as().any(|mark| is_same(mark, who))
                && !after.paused_as().any(|mark| is_same(mark, who))
        };
        let paused = spec.pause.iter_mut().flat_map(|pause| pause.who.as_mut_slice());
        paused.filter(|who| is_gone(who)).for_each(|who| who.clone_from(now));
        Ok(())
    }

    fn forget(&self, spec: &mut Spec) {
        for mark in self.paused_as() {
            spec.pause.retain_mut(|pause| leave_out(&mut pause.who, mark));
        }
    }
}

impl DeviceSpec {
    /// What pauses may call it.
    fn paused_as(&self) -> impl Iterator<Item = &str> {
        [&self.mac, &self.token].into_iter().map(String::as_str).filter(|mark| !mark.is_empty())
    }
}

fn place<T: Thing>(spec: &mut Spec, id: &str) -> Result<usize, EditError> {
    T::all(spec).iter().position(|thing| thing.is(id)).ok_or(EditError::Missing)
}

fn typed<T: Thing>(value: Value) -> Result<T, EditError> {
    read::typed(value).map_err(|problem| EditError::Wrong(vec![problem]))
}

/// The spec, if it means something; problems of the thing that changed point into it.
fn checked(spec: Spec, kind: &str, place: usize) -> Result<Spec, EditError> {
    let thing = Pointer::default().key(kind).item(place);
    let within = |problem: Problem| match problem.pointer.within(&thing) {
        Some(pointer) => Problem { pointer, ..problem },
        None => problem,
    };
    match Family::resolve(&spec) {
        Ok(_) => Ok(spec),
        Err(problems) => Err(EditError::Wrong(problems.into_iter().map(within).collect())),
    }
}

/// So many minutes from now, as the house's clocks show it.
fn end(spec: &Spec, minutes: u32, now: Timestamp) -> Result<String, EditError> {
    if minutes > MAX_MINUTES {
        let what = format!("write 0 to {MAX_MINUTES} minutes: 31 days");
        return Err(EditError::Wrong(vec![Problem::new(Pointer::default().key("minutes"), what)]));
    }
    let zone = Zone::parse(&spec.time_zone).unwrap_or_default();
    Ok(zone.rfc3339(now + u64::from(minutes) * 60))
}

/// RFC 7396 §2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let mut keys = match target.take() {
        Value::Object(keys) => keys,
        _ => Map::new(),
    };
    for (key, value) in patch {
        match value {
            Value::Null => {
                keys.remove(&key);
            }
            value => merge(keys.entry(key).or_insert(Value::Null), value),
        }
    }
    *target = Value::Object(keys);
}

/// Takes one out of a list; whether anybody is left.
fn without(list: &mut Vec<String>, gone: &str) -> bool {
    list.retain(|one| !is_same(one, gone));
    !list.is_empty()
}

fn leave_out(who: &mut OneOrMany, gone: &str) -> bool {
    match who {
        OneOrMany::One(one) => !is_same(one, gone),
        OneOrMany::Many(many) => without(many, gone),
    }
}

/// Whether two texts call the same: MAC addresses are written in several ways.
fn is_same(one: &str, other: &str) -> bool {
    let mac = |text: &str| text.parse::<Mac>().ok();
    one == other || mac(one).is_some_and(|one| mac(other) == Some(one))
}

#[cfg(test)]
mod tests;
