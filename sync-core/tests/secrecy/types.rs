//! What the compiler keeps anybody from doing with a secret.

use std::fmt::Display;
use std::hash::Hash;

use serde::Serialize;
use sync_core::engine::PrivacyKey;
use sync_core::http::oauth::{Authorization, Grant, OAuthApp, Pending};
use sync_core::http::{Outgoing, Reply, Request};
use sync_core::{
    AccessToken, AccountKey, Rev, SealingKey, SealingKeys, SecretString, StaticToken, Swap, TokenSet,
    Versioned,
};

/// Whether a type has a trait. The constant of the type itself goes before that of the trait, and is there only where
/// the bound holds.
macro_rules! has {
    ($type:ty, $bound:path) => {{
        struct Asked<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "one of the two constants is meant")]
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T> Otherwise for Asked<T> {}
        #[allow(dead_code, reason = "one of the two constants is meant")]
        impl<T: $bound> Asked<T> {
            const HAS: bool = true;
        }
        Asked::<$type>::HAS
    }};
}

/// Name, and whether it can be serialised, displayed, compared or hashed.
macro_rules! row {
    ($type:ty) => {
        (
            stringify!($type),
            [
                has!($type, Serialize),
                has!($type, Display),
                has!($type, PartialEq),
                has!($type, Hash),
                has!($type, AsRef<str>),
                has!($type, Into<String>),
            ],
        )
    };
}

#[test]
fn what_holds_a_secret_cannot_be_serialised_displayed_or_compared() {
    let rows = [
        row!(SecretString),
        row!(TokenSet),
        row!(Versioned<TokenSet>),
        row!(Swap),
        row!(AccessToken),
        row!(StaticToken),
        row!(SealingKey),
        row!(SealingKeys),
        row!(PrivacyKey),
        row!(OAuthApp),
        row!(Grant),
        row!(Pending),
        row!(Authorization),
        row!(Request),
        row!(Outgoing),
        row!(Reply),
    ];
    for (name, has) in rows {
        assert_eq!(has, [false; 6], "{name}: Serialize, Display, PartialEq, Hash, AsRef<str>, Into<String>");
    }
}

#[test]
fn the_question_finds_a_trait_that_is_there() {
    assert_eq!(row!(AccountKey).1, [true, true, true, true, false, false]);
    assert_eq!(row!(Rev).1, [true, false, true, true, false, false]);
    assert_eq!(row!(String).1, [true; 6]);
    assert_eq!(row!(Versioned<u8>).1, [false, false, true, false, false, false]);
}
