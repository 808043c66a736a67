//! How many cases the property tests of the decisions try.

use proptest::prelude::ProptestConfig;

/// 100 000 in the ordinary run, a million in the long one: `PROPTEST_CASES=1000000`.
pub(super) fn cases() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(asked.unwrap_or(100_000)) }
}
