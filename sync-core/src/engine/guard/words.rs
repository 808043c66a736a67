use std::fmt;

use super::{GuardClass, Limit, Verdict};
use crate::engine::record::Side;
use crate::engine::review::{ReviewKey, ReviewKind};
use crate::engine::side_names::SideNames;
use crate::queue::WorkKey;

impl GuardClass {
    /// The name without what it is about.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Deletes => "deletes",
            Self::Creates => "creates",
            Self::Updates => "updates",
            Self::Cleared(_) => "cleared field",
            Self::Spread(_) => "one value for many",
            Self::Emptied(_) => "emptied side",
            Self::FirstRun => "first run",
            Self::Mapping => "changed mapping",
            Self::Identity => "identity",
        }
    }

    /// The question that it asks.
    pub(in crate::engine) fn review(&self) -> ReviewKey {
        ReviewKey::new(&WorkKey::Sync, ReviewKind::Guard, Some(&self.to_string()))
    }
}

impl fmt::Display for GuardClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cleared(field) | Self::Spread(field) => write!(f, "{} {field}", self.name()),
            Self::Emptied(side) => write!(f, "{} {side}", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

impl Verdict {
    /// A guard that has tripped at `count` of `of`.
    pub(in crate::engine) fn new(class: GuardClass, count: usize, of: usize, limit: Option<Limit>) -> Self {
        let words = match &class {
            GuardClass::Deletes => format!(
                "{count} of {of} pairs have lost a record, and would end, or have its partner deleted or it created \
                 again, as the mapping says"
            ),
            GuardClass::Creates => {
                format!("{count} records would be created, and there are {of} pairs so far")
            }
            GuardClass::Updates => format!("{count} of {of} pairs would be written"),
            GuardClass::Cleared(field) => format!("{field} would be cleared in {count} of {of} pairs"),
            GuardClass::Spread(field) => {
                format!("{field} would become one and the same value in {count} of {of} pairs")
            }
            GuardClass::Emptied(side) => emptied(*side, count, of, &SideNames::default()),
            GuardClass::FirstRun => {
                "nothing was ever applied to these two accounts: the first plan needs approval".to_owned()
            }
            GuardClass::Mapping => {
                "the mapping has changed since a plan was last applied: fields that are new or changed meet anew".to_owned()
            }
            GuardClass::Identity => {
                "another account than before is behind a side, so nothing is read or written".to_owned()
            }
        };
        let helps = match &class {
            GuardClass::Deletes => "if people have deleted them on purpose, approve; if not, bring them back",
            GuardClass::Creates => {
                "if these records are new, approve; if they are there already, mend what they are recognised by"
            }
            GuardClass::Updates | GuardClass::Cleared(_) | GuardClass::Spread(_) => {
                "if it is meant so, approve; if not, put the values back where they were changed"
            }
            GuardClass::Emptied(_) => {
                "see whether it is the right account, and its token may read everything; if the records are really gone, \
                 approve"
            }
            GuardClass::FirstRun | GuardClass::Mapping => "read the plan, and approve it if it is right",
            GuardClass::Identity => {
                "connect the right account again, or give the new one a store of its own; there is no approval for this"
            }
        };
        Self { class, count, of, limit, words, helps: helps.to_owned() }
    }

    /// The same in words that call the sides so.
    pub(in crate::engine) fn with_names(self, sides: &SideNames) -> Self {
        match self.class {
            GuardClass::Emptied(side) => Self { words: emptied(side, self.count, self.of, sides), ..self },
            _ => self,
        }
    }
}

fn emptied(side: Side, count: usize, of: usize, sides: &SideNames) -> String {
    format!("{} does not list {count} of {of} records that are known of it", sides.side(side))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        if let Some(Limit { more_than, percent }) = self.limit {
            write!(f, " (the limit is {more_than}, or {percent} %)")?;
        }
        write!(f, "; {}", self.helps)
    }
}
