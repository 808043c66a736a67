//! What the simulation can turn off to see that each rule is needed. Elsewhere every rule is always on.

/// A rule of the engine.
#[doc(hidden)]
#[cfg_attr(not(feature = "_simulation"), allow(unreachable_pub, reason = "only the simulation can name it"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleOff {
    /// A write is announced before it is sent.
    WriteAhead,
    /// A record that carries our marker is the missing half of its link, and one that may be ours waits.
    Newborn,
    /// What is created on the left carries a marker.
    MarkerLeft,
    /// What is created on the right carries a marker.
    MarkerRight,
    /// A lost create is looked for only when it must have landed and be visible.
    Quarantine,
    /// Nothing is sent after its moment.
    SendBy,
    /// A birth only founds the link; the link's own run does the rest.
    BirthApart,
    /// An edit made between a write and its being seen is a change; with this off, what is seen is always believed.
    SettleSent,
    /// What was stored is believed; with this off, what was sent always is.
    SettleSeen,
    /// Each side has a baseline of its own.
    BaselinePerSide,
    /// What became of a lost update is found out by reading.
    UnknownByReading,
    /// What is shown a moment after a write may be older than it.
    StaleRead,
    /// So may what is shown a moment after a person's edit was seen.
    StaleReadOfPeople,
    /// A record is gone when it is so twice.
    GoneTwice,
    /// Nothing is concluded from passed time when the clock has jumped.
    ClockJumps,
}
