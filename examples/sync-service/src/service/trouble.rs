use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sync_core::jiff::Timestamp;

use crate::cli::ServiceName;

/// What was refused and then not asked for again for so long is not wanted any more.
const WANTED: Duration = Duration::from_hours(1);

/// What a pair's two accounts cannot do although the pair runs. One cause is told once, and again only after it was well.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<[Trouble; 2]>);

#[derive(Debug, Default)]
struct Trouble {
    /// Why a person has to connect the account again, or to allow more.
    lost: Option<String>,
    /// Whether that is because its tokens cannot be renewed.
    is_expired: bool,
    /// The operations that were refused, and when: that others succeed does not mend that.
    refused: BTreeMap<String, Timestamp>,
    /// That the service allows nothing for long, and until when.
    low: Option<(String, Timestamp)>,
    /// Why the service does not answer.
    silent: Option<String>,
    /// What failed last.
    failed: String,
}

impl Troubles {
    /// Takes note that an account refuses the service. Gives whether that is to be told.
    pub(crate) fn lost(&self, service: ServiceName, why: String) -> bool {
        let mut all = self.all();
        let lost = &mut service.of(&mut all).lost;
        let is_new = lost.is_none();
        lost.get_or_insert(why);
        is_new
    }

    /// Takes note that the tokens cannot be renewed: nothing at all is allowed, and not single operations.
    pub(crate) fn expired(&self, service: ServiceName) {
        let mut all = self.all();
        let trouble = service.of(&mut all);
        trouble.refused.clear();
        trouble.is_expired = true;
    }

    /// Takes note that an operation was not allowed.
    pub(crate) fn refused(&self, service: ServiceName, operation: &str, now: Timestamp) {
        service.of(&mut self.all()).refused.insert(operation.to_owned(), now);
    }

    /// Takes note that an operation was answered.
    pub(crate) fn answered(&self, service: ServiceName, operation: &str, now: Timestamp) {
        let mut all = self.all();
        let trouble = service.of(&mut all);
        trouble.silent = None;
        trouble.refused.remove(operation);
        trouble.refused.retain(|_, at| at.checked_add(WANTED).is_ok_and(|until| now < until));
        if trouble.refused.is_empty() {
            (trouble.lost, trouble.is_expired) = (None, false);
        }
    }

    /// Takes note that the service allows nothing, or nothing that can wait, for long. Gives whether that is to be told.
    pub(crate) fn low(&self, service: ServiceName, why: String, until: Timestamp, now: Timestamp) -> bool {
        let mut all = self.all();
        let low = &mut service.of(&mut all).low;
        let is_new = low.as_ref().is_none_or(|(_, until)| *until <= now);
        *low = Some((why, until));
        is_new
    }

    /// Takes note of what failed.
    pub(crate) fn failed(&self, service: ServiceName, what: &str) {
        what.clone_into(&mut service.of(&mut self.all()).failed);
    }

    /// Takes note that the service does not answer, and gives why if that is to be told.
    pub(crate) fn silent(&self, service: ServiceName, now: Timestamp) -> Option<String> {
        let mut all = self.all();
        let trouble = service.of(&mut all);
        // A service that has asked to be left alone is not asked.
        let is_known =
            trouble.silent.is_some() || trouble.low.as_ref().is_some_and(|(_, until)| now < *until);
        if is_known {
            return None;
        }
        let why = format!("{}: it is tried again by itself until the service answers", trouble.failed);
        trouble.silent = Some(why.clone());
        Some(why)
    }

    /// Forgets what was refused before the pair was connected anew.
    pub(crate) fn connected(&self) {
        for trouble in self.all().iter_mut() {
            *trouble = Trouble { low: trouble.low.take(), ..Trouble::default() };
        }
    }

    pub(crate) fn is_lost(&self, service: ServiceName) -> bool {
        service.of(&mut self.all()).lost.is_some()
    }

    pub(crate) fn is_expired(&self, service: ServiceName) -> bool {
        service.of(&mut self.all()).is_expired
    }

    /// All of it in words.
    pub(crate) fn why(&self, now: Timestamp) -> Option<String> {
        let all = self.all();
        let low = |trouble: &Trouble| trouble.low.clone().filter(|(_, until)| now < *until);
        let why = all.iter().flat_map(|trouble| {
            [trouble.lost.clone(), low(trouble).map(|(why, _)| why), trouble.silent.clone()]
        });
        let why: Vec<_> = why.flatten().collect();
        (!why.is_empty()).then(|| why.join("; "))
    }

    fn all(&self) -> MutexGuard<'_, [Trouble; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServiceName {
    fn of(self, [ghl, moloni]: &mut [Trouble; 2]) -> &mut Trouble {
        match self {
            Self::Ghl => ghl,
            Self::Moloni => moloni,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_told_once_until_what_was_refused_is_answered() {
        let (troubles, now) = (Troubles::default(), Timestamp::UNIX_EPOCH);
        troubles.refused(ServiceName::Ghl, "contacts.update", now);
        assert!(troubles.lost(ServiceName::Ghl, "why".to_owned()));
        troubles.answered(ServiceName::Ghl, "contacts.search", now);
        troubles.answered(ServiceName::Moloni, "contacts.update", now);
        assert!(!troubles.lost(ServiceName::Ghl, "again".to_owned()), "others were answered");
        assert_eq!(troubles.why(now).as_deref(), Some("why"));
        troubles.answered(ServiceName::Ghl, "contacts.update", now);
        assert_eq!(troubles.why(now), None);
        assert!(troubles.lost(ServiceName::Ghl, "why".to_owned()), "it was well meanwhile");
    }

    #[test]
    fn what_is_not_asked_for_any_more_does_not_stay_a_trouble() {
        let (troubles, now) = (Troubles::default(), Timestamp::UNIX_EPOCH);
        troubles.refused(ServiceName::Ghl, "contacts.update", now);
        troubles.lost(ServiceName::Ghl, "why".to_owned());
        troubles.answered(ServiceName::Ghl, "contacts.search", now + WANTED);
        assert_eq!(troubles.why(now + WANTED), None);
    }

    #[test]
    fn a_service_that_does_not_answer_is_told_once_and_not_if_it_has_asked_to_be_left_alone() {
        let (troubles, now) = (Troubles::default(), Timestamp::UNIX_EPOCH);
        troubles.failed(ServiceName::Moloni, "no connection");
        let why = troubles.silent(ServiceName::Moloni, now).unwrap();
        assert!(why.starts_with("no connection"), "{why}");
        assert_eq!(troubles.silent(ServiceName::Moloni, now), None);
        assert_eq!(troubles.why(now), Some(why));
        troubles.answered(ServiceName::Moloni, "customers.getAll", now);
        assert_eq!(troubles.why(now), None);
        troubles.low(ServiceName::Moloni, "low".to_owned(), now + WANTED, now);
        assert_eq!(troubles.silent(ServiceName::Moloni, now), None);
        assert!(troubles.silent(ServiceName::Moloni, now + WANTED).is_some());
    }

    #[test]
    fn a_spent_quota_is_told_once_a_day() {
        let (troubles, now) = (Troubles::default(), Timestamp::UNIX_EPOCH);
        let day = Duration::from_hours(24);
        let low = |now| troubles.low(ServiceName::Ghl, "low".to_owned(), now + day, now);
        assert!(low(now));
        assert!(!low(now + WANTED), "it is the same day");
        assert!(low(now + day + WANTED));
        assert_eq!(troubles.why(now + 3 * day), None);
    }
}
