//! A sports club's own members, kept in sync with HighLevel's contacts.
//!
//! | module | what | for a system of your own |
//! |---|---|---|
//! | [`database`], [`club`] | the club's database and the rules of its tables | you have them: leave them out |
//! | [`members`] | the members as an engine's collection | write the same for your records |
//! | [`mapping`] | which field goes with which, and who wins | name your fields |
//! | [`tokens`] | HighLevel's tokens in the club's database | the same, over your table |
//! | [`highlevel`] | the connection to HighLevel | take it as it is |

pub mod club;
pub mod database;
pub mod highlevel;
pub mod mapping;
pub mod members;
pub mod tokens;
