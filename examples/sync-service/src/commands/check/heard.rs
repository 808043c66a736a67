use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sync_core::jiff::{SignedDuration, Timestamp};
use sync_core::{AccountKey, Env, Event, Observer, SystemEnv};

use super::told::Told;
use crate::Result;

/// How far clocks may differ without a word: what a few slow answers explain.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(5);
/// How far they may differ at all: well below the five minutes that are read again for what came late.
const BEARABLE: SignedDuration = SignedDuration::from_mins(2);

const SERVICES: [&str; 2] = ["Moloni", "HighLevel"];

/// What answers tell beside what was asked: the services' clocks, and what is left of the quotas.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By how much each service's clock is ahead of this machine's, as the answer says that took the least time.
    ahead: BTreeMap<&'static str, (Duration, SignedDuration)>,
    quota: BTreeMap<&'static str, Quota>,
}

#[derive(Debug, Clone, Copy)]
struct Quota {
    limit: u32,
    remaining: u32,
    resets_at: Timestamp,
}

fn service(account: &AccountKey) -> &'static str {
    let [moloni, ghl] = SERVICES;
    if account.as_str().starts_with("ghl") { ghl } else { moloni }
}

impl Observer for Heard {
    fn on_event(&self, event: &Event<'_>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Attempt { account, elapsed, service_time: Some(theirs), .. } => {
                let ahead = ahead(*theirs, SystemEnv::new().now(), *elapsed);
                let best = known.ahead.entry(service(account)).or_insert((*elapsed, ahead));
                if *elapsed < best.0 {
                    *best = (*elapsed, ahead);
                }
            }
            Event::Quota { account, limit, remaining, resets_at, .. } => {
                let quota = Quota { limit: *limit, remaining: *remaining, resets_at: *resets_at };
                known.quota.insert(service(account), quota);
            }
            _ => {}
        }
    }
}

/// By how much a service's clock is ahead at least. It said `theirs`, cut to the second, at some time of the `elapsed` before
/// `ours`; what that can explain is no difference.
fn ahead(theirs: Timestamp, ours: Timestamp, elapsed: Duration) -> SignedDuration {
    let difference = theirs.duration_since(ours);
    let explained =
        SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::ZERO) + SignedDuration::from_secs(1);
    if difference.is_negative() { (difference + explained).min(SignedDuration::ZERO) } else { difference }
}

impl Heard {
    pub(super) fn tell_clocks(&self, told: &mut Told<'_>) -> Result<()> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).ahead.clone();
        for (service, (_, ahead)) in known {
            let step = format!("clock of {service}");
            let found = match (ahead.is_negative(), ahead.abs()) {
                (_, apart) if apart <= UNNOTICED => "the same as this machine's".to_owned(),
                (true, apart) => format!("{} s behind this machine's", apart.as_secs()),
                (false, apart) => format!("{} s ahead of this machine's", apart.as_secs()),
            };
            let mend = "set this machine's clock, as `timedatectl set-ntp true` does: what is new, and whether a \
                        token still lives, is told by the time";
            match ahead.abs() {
                apart if apart <= UNNOTICED => told.ok(&step, found)?,
                apart if apart <= BEARABLE => told.note(&step, found, Some(mend))?,
                _ => told.failed(&step, found, mend)?,
            }
        }
        Ok(())
    }

    pub(super) fn tell_quota(&self, told: &mut Told<'_>) -> Result<()> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).quota.clone();
        for service in SERVICES {
            let step = format!("quota of {service}");
            let Some(Quota { limit, remaining, resets_at }) = known.get(service) else {
                told.ok(&step, "its answers tell of none")?;
                continue;
            };
            let found = format!("{remaining} of {limit} requests left today");
            let mend = format!(
                "all of it is there again at {}; see who else uses it, or look less often",
                resets_at.strftime("%Y-%m-%d %H:%M UTC")
            );
            match (*remaining, limit / 10) {
                (0, _) => told.failed(&step, found, &mend)?,
                (left, tenth) if left < tenth => told.note(&step, found, Some(&mend))?,
                _ => told.ok(&step, found)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_slow_answer_explains_is_no_difference_of_clocks() {
        let ours: Timestamp = "2026-11-27T10:00:30Z".parse().unwrap();
        for (theirs, elapsed, expected) in [
            ("2026-11-27T10:00:30Z", 0, 0),
            ("2026-11-27T10:00:29Z", 0, 0),
            ("2026-11-27T10:00:10Z", 25, 0),
            ("2026-11-27T10:00:10Z", 4, -15),
            ("2026-11-27T10:01:30Z", 25, 60),
        ] {
            let ahead = ahead(theirs.parse().unwrap(), ours, Duration::from_secs(elapsed));
            assert_eq!(ahead, SignedDuration::from_secs(expected), "{theirs}");
        }
    }
}
