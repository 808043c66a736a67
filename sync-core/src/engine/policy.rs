use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::record::Side;
use super::value::{Agreed, FieldValue, Pair};

/// Which way a field goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Changes go both ways.
    Both,
    /// Changes go to this side only; the other one owns the field.
    To(Side),
    /// The field is written to this side when its record is created, and never again.
    OnCreate(Side),
}

impl Direction {
    /// Whether a change may be written to `side` of a pair that is there.
    pub fn allows(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::To(target) => target == side,
            Self::OnCreate(_) => false,
        }
    }

    /// Whether a new record of `side` gets the field.
    pub(super) fn creates(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::To(target) | Self::OnCreate(target) => target == side,
        }
    }
}

/// What to do when both sides have changed a field since they agreed, each in its own way.
#[derive(Clone)]
#[non_exhaustive]
pub enum Policy {
    /// This side's value wins.
    Prefer(Side),
    /// The later change wins, if it is certain which one that is.
    Newest {
        /// What to do if it is not.
        otherwise: Box<Policy>,
    },
    /// Both values make one, which both sides get.
    Merge(fn(base: Option<&Agreed>, left: &FieldValue, right: &FieldValue) -> FieldValue),
    /// Somebody decides.
    Custom(Arc<dyn Resolve>),
    /// A person decides: the field stands still until then, and the others go on.
    Park,
}

impl Policy {
    /// The later change wins; where that is not certain, `side` does.
    pub fn newest_or(side: Side) -> Self {
        Self::Newest { otherwise: Box::new(Self::Prefer(side)) }
    }

    /// Decides a conflict.
    pub fn resolve(&self, conflict: &Conflict<'_>) -> Resolution {
        match self {
            Self::Prefer(side) => Resolution::Take(*side),
            Self::Newest { otherwise } => {
                conflict.newer().map_or_else(|| otherwise.resolve(conflict), Resolution::Take)
            }
            Self::Merge(merge) => Resolution::Both(merge(conflict.base, conflict.left, conflict.right)),
            Self::Custom(resolver) => resolver.resolve(conflict),
            Self::Park => Resolution::Park,
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefer(side) => f.debug_tuple("Prefer").field(side).finish(),
            Self::Newest { otherwise } => f.debug_struct("Newest").field("otherwise", otherwise).finish(),
            Self::Merge(_) => f.write_str("Merge"),
            Self::Custom(resolver) => f.debug_tuple("Custom").field(resolver).finish(),
            Self::Park => f.write_str("Park"),
        }
    }
}

/// Decides conflicts in a way of its own. Must be pure: the same conflict always has the same resolution.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// Decides.
    fn resolve(&self, conflict: &Conflict<'_>) -> Resolution;
}

/// A field that both sides have changed since they agreed, or in which they differ when they first meet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Conflict<'a> {
    /// The field's name in the mapping.
    pub field: &'a str,
    /// What the left side had when they agreed, `None` when they first meet.
    pub base: Option<&'a Agreed>,
    /// The left side's value.
    pub left: &'a FieldValue,
    /// The right side's value.
    pub right: &'a FieldValue,
    /// When each side changed.
    pub changed: Pair<Interval>,
    /// The sides that do not take writes of this field any more ([`Field::frozen_when`](super::Field::frozen_when)). Taking
    /// the other side's value there asks a person.
    pub frozen: Pair<bool>,
}

impl Conflict<'_> {
    /// The side that changed later, if that is certain: if the times within which the changes lie do not overlap.
    pub fn newer(&self) -> Option<Side> {
        let Pair { left, right } = self.changed;
        if left.latest < right.earliest {
            Some(Side::Right)
        } else if right.latest < left.earliest {
            Some(Side::Left)
        } else {
            None
        }
    }
}

/// What becomes of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// This side's value goes to the other.
    Take(Side),
    /// Both sides get this value.
    Both(FieldValue),
    /// A person decides.
    Park,
}

/// The time within which a change was made. Services tell at most when a record last changed, not which field, and
/// their clocks are not ours: so a change has an earliest and a latest moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Not before this moment: the record was seen then, without the change.
    pub earliest: Timestamp,
    /// Not after this one.
    pub latest: Timestamp,
}

impl Interval {
    /// A change between two moments. `latest` is never before `earliest`, whatever a service's clock says.
    pub fn new(earliest: Timestamp, latest: Timestamp) -> Self {
        Self { earliest, latest: latest.max(earliest) }
    }

    /// A change of which nothing is known.
    pub const UNKNOWN: Self = Self { earliest: Timestamp::MIN, latest: Timestamp::MAX };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn conflict(left: Interval, right: Interval) -> Conflict<'static> {
        let (l, r) = (&FieldValue::Empty, &FieldValue::Unknown);
        Conflict {
            field: "f",
            base: None,
            left: l,
            right: r,
            changed: Pair::new(left, right),
            frozen: Pair::default(),
        }
    }

    #[test]
    fn the_later_change_wins_only_if_it_is_certain_which_one_that_is() {
        let between = |from, to| Interval::new(at(from), at(to));
        let table = [
            (between(0, 10), between(20, 30), Some(Side::Right)),
            (between(20, 30), between(0, 10), Some(Side::Left)),
            (between(0, 10), between(10, 30), None),
            (between(0, 25), between(20, 30), None),
            (between(0, 100), between(20, 30), None),
            (Interval::UNKNOWN, between(20, 30), None),
            // A service whose clock is behind: its change was seen after 20 all the same.
            (between(20, 5), between(0, 10), Some(Side::Left)),
        ];
        for (left, right, newer) in table {
            let conflict = conflict(left, right);
            assert_eq!(conflict.newer(), newer, "{left:?} {right:?}");
            let resolved = Policy::newest_or(Side::Right).resolve(&conflict);
            assert_eq!(resolved, Resolution::Take(newer.unwrap_or(Side::Right)), "{left:?} {right:?}");
        }
    }

    #[test]
    fn one_way_fields_are_written_one_way_and_on_create_fields_never_again() {
        let table = [
            (Direction::Both, true, true),
            (Direction::To(Side::Right), false, true),
            (Direction::To(Side::Left), true, false),
            (Direction::OnCreate(Side::Right), false, false),
        ];
        for (direction, left, right) in table {
            assert_eq!((direction.allows(Side::Left), direction.allows(Side::Right)), (left, right));
        }
    }
}
