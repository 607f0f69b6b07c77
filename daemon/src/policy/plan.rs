//! What time does to one person: schedules as absolute spans, worked out beforehand, so that deciding is a search in
//! a short table.

use luytre_lists::{CategorySet, CategoryTable};

use super::rulebook::{RuleId, Rulebook};
use crate::calendar::{Span, spans};
use crate::clock::Timestamp;
use crate::family::{Family, Mode, Scope, Whom};

/// For so long beyond now spans are worked out, in seconds. They are worked out anew long before
/// ([`Plan::horizon`]); behind them every schedule counts as in force.
pub(super) const HORIZON: u64 = 8 * 86_400;
/// The longest window, over the longest day: one that began before now may still be in force.
const LONGEST: u64 = 26 * 3600;

/// A schedule, as far as deciding needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    pub(super) id: RuleId,
    pub(super) mode: Mode,
}

/// What is limited for the day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limited {
    pub(super) id: RuleId,
    pub(super) scope: Scope,
    /// Categories that don't count: of everything, what devices ask by themselves.
    pub(super) ignored: CategorySet,
    /// Until when there is none left; `None` while there is.
    pub(super) spent_until: Option<Timestamp>,
}

/// What was allowed for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Granted {
    pub(super) id: RuleId,
    pub(super) scope: Scope,
    pub(super) until: Timestamp,
}

/// A schedule in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct InForce {
    pub(super) timed: Timed,
    /// When it ends; `None` where that is not known.
    pub(super) until: Option<Timestamp>,
}

/// One person's time, or that of everybody who is nobody.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// When which schedules are in force, one after the other without a gap; none at all where there are none.
    segments: Box<[Segment]>,
    /// All of them, for a time that the segments don't know.
    all: Box<[InForce]>,
    pub(super) budgets: Box<[Limited]>,
    pub(super) grants: Box<[Granted]>,
}

#[derive(Debug)]
struct Segment {
    from: Timestamp,
    in_force: Box<[InForce]>,
}

/// What plans are made by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// The time.
    pub now: Timestamp,
    /// Whether it can be believed; until then every schedule counts as in force.
    pub trusted: bool,
    /// For each budget of the family, until when it is used up.
    pub spent: &'a [Option<Timestamp>],
}

impl Plan {
    /// The plan of whom these bits mean: one person, or one who is nobody.
    pub(super) fn of(
        family: &Family,
        whom: Whom,
        circumstances: &Circumstances<'_>,
        book: &Rulebook,
    ) -> Self {
        let now = circumstances.now;
        let schedules = family.schedules.iter().filter(|schedule| schedule.whom.includes(whom));
        let (mut all, mut timed) = (Vec::new(), Vec::new());
        let between = Span { from: now.saturating_sub(LONGEST), to: now.saturating_add(HORIZON) };
        for schedule in schedules {
            let id = book.number(&format!("schedule:{}", schedule.id));
            let one = Timed { id, mode: schedule.mode };
            all.push(InForce { timed: one, until: None });
            let during = schedule.during.as_ref();
            for span in spans(&family.zone, schedule.window, during, &schedule.except, between) {
                timed.push((span, one));
            }
        }
        let segments =
            if circumstances.trusted { segments(&timed, between, all.is_empty()) } else { [].into() };
        let budgets = family.budgets.iter().zip(circumstances.spent.iter().chain(std::iter::repeat(&None)));
        let budgets = budgets.filter(|(budget, _)| whom.people & (1 << budget.person) != 0);
        let budgets = budgets.map(|(budget, spent)| Limited {
            id: book.number(&format!("budget:{}", budget.id)),
            scope: budget.scope,
            ignored: if budget.scope.all { chatter() } else { CategorySet::EMPTY },
            spent_until: *spent,
        });
        let grants = family.grants.iter().filter(|grant| grant.until > now && grant.whom.includes(whom));
        let grants = grants.map(|grant| Granted {
            id: book.number(&format!("grant:{}", grant.of)),
            scope: grant.scope,
            until: grant.until,
        });
        Self { segments, all: all.into(), budgets: budgets.collect(), grants: grants.collect() }
    }

    /// The schedules in force, in the order of the document.
    pub(super) fn in_force(&self, now: Timestamp) -> &[InForce] {
        match self.segment(now) {
            Some(segment) => &segment.in_force,
            None => &self.all,
        }
    }

    /// Every schedule, in the order of the document.
    pub(super) fn schedules(&self) -> impl Iterator<Item = RuleId> {
        self.all.iter().map(|schedule| schedule.timed.id)
    }

    /// When other schedules are in force, or a grant ends: an answer that is allowed holds no longer.
    pub(super) fn changes_after(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.segments.partition_point(|segment| segment.from <= now);
        let boundary = self.segments.get(next).map(|segment| segment.from);
        let grants = self.grants.iter().map(|grant| grant.until).filter(|until| *until > now);
        boundary.into_iter().chain(grants).min()
    }

    fn segment(&self, now: Timestamp) -> Option<&Segment> {
        let next = self.segments.partition_point(|segment| segment.from <= now);
        // Behind the last there is only what is not known.
        (next < self.segments.len()).then(|| self.segments.get(next.checked_sub(1)?)).flatten()
    }
}

/// What devices and pages ask by themselves, whether anybody looks or not.
fn chatter() -> CategorySet {
    let table = CategoryTable::shipped();
    ["ads", "trackers"].iter().filter_map(|key| table.by_key(key)).collect()
}

/// Cuts overlapping spans into a sequence; the last segment begins where nothing is known any more.
fn segments(timed: &[(Span, Timed)], between: Span, none: bool) -> Box<[Segment]> {
    if none {
        return [].into();
    }
    let edges = timed.iter().flat_map(|(span, _)| [span.from, span.to]);
    let mut cuts: Vec<Timestamp> =
        edges.filter(|cut| (between.from..between.to).contains(cut)).chain([between.from]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let covering = |from: Timestamp| {
        let covering = timed.iter().filter(move |(span, _)| span.from <= from && from < span.to);
        covering.map(|(span, timed)| InForce { timed: *timed, until: Some(span.to) }).collect()
    };
    let known = cuts.into_iter().map(|from| Segment { from, in_force: covering(from) });
    known.chain([Segment { from: between.to, in_force: [].into() }]).collect()
}
