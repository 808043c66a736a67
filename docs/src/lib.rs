//! The README and the pages of this folder as doctests: their Rust blocks compile, or the tests fail.

/// The README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The page on the architecture.
#[cfg(doctest)]
#[doc = include_str!("../architecture.md")]
pub struct Architecture;

/// The page on businesses.
#[cfg(doctest)]
#[doc = include_str!("../businesses.md")]
pub struct Businesses;

/// The page on the engine.
#[cfg(doctest)]
#[doc = include_str!("../sync.md")]
pub struct Sync;

/// The page on privacy.
#[cfg(doctest)]
#[doc = include_str!("../privacy.md")]
pub struct Privacy;

/// The page on mapping files.
#[cfg(doctest)]
#[doc = include_str!("../mapping.md")]
pub struct Mapping;

/// The page on what was done.
#[cfg(doctest)]
#[doc = include_str!("../history.md")]
pub struct History;

/// The page on guards.
#[cfg(doctest)]
#[doc = include_str!("../guards.md")]
pub struct Guards;

/// The page on events.
#[cfg(doctest)]
#[doc = include_str!("../events.md")]
pub struct Events;

/// The page on reviews.
#[cfg(doctest)]
#[doc = include_str!("../reviews.md")]
pub struct Reviews;

/// The page on the sandboxes.
#[cfg(doctest)]
#[doc = include_str!("../sandbox.md")]
pub struct Sandbox;

/// The page on stores.
#[cfg(doctest)]
#[doc = include_str!("../stores.md")]
pub struct Stores;

/// The page on tokens.
#[cfg(doctest)]
#[doc = include_str!("../tokens.md")]
pub struct Tokens;

/// The page on use cases.
#[cfg(doctest)]
#[doc = include_str!("../use-cases.md")]
pub struct UseCases;

/// The page on operating.
#[cfg(doctest)]
#[doc = include_str!("../operating.md")]
pub struct Operating;
