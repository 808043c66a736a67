//! How rows and what is written are declared, for entities whose fields are all of a few kinds.

/// Makes a row's type, and the type of what is inserted or replaced.
///
/// After the names comes a line for each field: a verb, a kind and the name on the wire.
///
/// | verb | the row has it | it is written |
/// |---|---|---|
/// | `needs` | yes | always, as an argument of `new` says, or its setter |
/// | `sends` | yes | always, as its setter says; empty, 0 or off, or what follows `=`, without |
/// | `shows` | yes | never |
///
/// | kind | type | read from |
/// |---|---|---|
/// | `text` | `String` | a text, a number, `null` |
/// | `amount` | `Amount` | a number, or a text that holds one |
/// | `number` | `i64` | the same, whole |
/// | `flag` | `bool` | 0 or 1 |
/// | `id(X)` | `Option<X>` | an id; 0 is none |
/// | `instant` | `Option<Timestamp>` | a moment (`shows` only) |
/// | `day` | `Option<Date>` | the day that a text begins with (`shows` only) |
/// | `object(X)` | `Option<X>` | a nested record (`shows` only) |
/// | `list(X)` | `Vec<X>` | nested records (`shows` only) |
macro_rules! record {
    // A row that has an id, and what is written.
    (
        $(#[$doc:meta])* read $record:ident, key $key:ident: $id:ident;
        $(#[$new_doc:meta])* write $new:ident; $($fields:tt)+
    ) => {
        $crate::types::record::record! {
            @next [[$(#[$doc])*] $record [$key: $id] [$(#[$new_doc])*] $new] [] [] [] []; $($fields)+
        }
    };
    // A row that is read only, with an id or without.
    ($(#[$doc:meta])* read $record:ident $(, key $key:ident: $id:ident)?; $($fields:tt)+) => {
        $crate::types::record::record! {
            @next [[$(#[$doc])*] $record [$($key: $id)?]] [] [] [] []; $($fields)+
        }
    };
    // What is written of a row that is declared elsewhere.
    ($(#[$new_doc:meta])* write $new:ident of $record:ident; $($fields:tt)+) => {
        $crate::types::record::record! {
            @next [$record [$(#[$new_doc])*] $new] [] [] [] []; $($fields)+
        }
    };

    // The kinds.
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* $verb:ident text $($rest:tt)+) => {
        $crate::types::record::record! { @$verb $names $row $sent $args $made
            [#[serde(default, deserialize_with = "crate::value::text")]] [String] [impl Into<String>] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* $verb:ident amount $($rest:tt)+) => {
        $crate::types::record::record! { @$verb $names $row $sent $args $made
            [#[serde(default)]] [crate::Amount] [impl Into<crate::Amount>] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* $verb:ident number $($rest:tt)+) => {
        $crate::types::record::record! { @$verb $names $row $sent $args $made
            [#[serde(default, deserialize_with = "crate::value::number")]] [i64] [i64] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* $verb:ident flag $($rest:tt)+) => {
        $crate::types::record::record! { @$verb $names $row $sent $args $made
            [#[serde(default, with = "crate::value::flag")]] [bool] [bool] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* needs id($of:ident) $($rest:tt)+) => {
        $crate::types::record::record! { @needs $names $row $sent $args $made
            [#[serde(default, with = "crate::value::optional_id")]] [Option<crate::$of>] [crate::$of] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* $verb:ident id($of:ident) $($rest:tt)+) => {
        $crate::types::record::record! { @$verb $names $row $sent $args $made
            [#[serde(default, with = "crate::value::optional_id")]] [Option<crate::$of>]
            [impl Into<Option<crate::$of>>] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* shows instant $($rest:tt)+) => {
        $crate::types::record::record! { @shows $names $row $sent $args $made
            [#[serde(default, with = "crate::value::instant::optional")]] [Option<crate::Timestamp>] [()] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* shows day $($rest:tt)+) => {
        $crate::types::record::record! { @shows $names $row $sent $args $made
            [#[serde(default, with = "crate::value::date::optional")]] [Option<crate::Date>] [()] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* shows object($of:ident) $($rest:tt)+) => {
        $crate::types::record::record! { @shows $names $row $sent $args $made
            [#[serde(default, deserialize_with = "crate::value::object", skip_serializing_if = "Option::is_none")]]
            [Option<crate::types::$of>] [()] [$(#[$d])*] $($rest)+ }
    };
    (@next $names:tt $row:tt $sent:tt $args:tt $made:tt; $(#[$d:meta])* shows list($of:ident) $($rest:tt)+) => {
        $crate::types::record::record! { @shows $names $row $sent $args $made
            [#[serde(default, deserialize_with = "crate::value::list")]] [Vec<crate::types::$of>] [()] [$(#[$d])*] $($rest)+ }
    };

    // The verbs.
    (@needs $names:tt [$($row:tt)*] [$($sent:tt)*] [$($args:tt)*] [$($made:tt)*]
        [$($serde:tt)+] [$($type:tt)+] [$($taken:tt)+] [$($doc:tt)*] $field:ident; $($rest:tt)*) => {
        $crate::types::record::record! { @setter $names $field [$($taken)+] }
        $crate::types::record::record! { @next $names
            [$($row)* $($doc)* $($serde)+ pub $field: $($type)+,]
            [$($sent)* $($serde)+ $field: $($type)+,]
            [$($args)* $field: $($taken)+,]
            [$($made)* $field ($field.into());]; $($rest)* }
    };
    (@sends $names:tt [$($row:tt)*] [$($sent:tt)*] $args:tt [$($made:tt)*]
        [$($serde:tt)+] [$($type:tt)+] [$($taken:tt)+] [$($doc:tt)*] $field:ident $(= $value:literal)?; $($rest:tt)*) => {
        $crate::types::record::record! { @setter $names $field [$($taken)+] }
        $crate::types::record::record! { @next $names
            [$($row)* $($doc)* $($serde)+ pub $field: $($type)+,]
            [$($sent)* $($serde)+ $field: $($type)+,]
            $args
            [$($made)* $field ($crate::types::record::record!(@or_default $($value)?));]; $($rest)* }
    };
    (@shows $names:tt [$($row:tt)*] $sent:tt $args:tt $made:tt
        [$($serde:tt)+] [$($type:tt)+] [$($taken:tt)+] [$($doc:tt)*] $field:ident; $($rest:tt)*) => {
        $crate::types::record::record! { @next $names
            [$($row)* $($doc)* $($serde)+ pub $field: $($type)+,] $sent $args $made; $($rest)* }
    };
    (@or_default) => { Default::default() };
    (@or_default $value:literal) => { $value };
    (@setter [$doc:tt $record:ident $key:tt $new_doc:tt $new:ident] $field:ident $taken:tt) => {
        $crate::types::record::record! { @setter [$record $new_doc $new] $field $taken }
    };
    (@setter [$record:ident $new_doc:tt $new:ident] $field:ident [$($taken:tt)+]) => {
        impl $new {
            #[doc = concat!("Sets [`", stringify!($field), "`](", stringify!($record), "::", stringify!($field), ").")]
            #[must_use]
            pub fn $field(mut self, $field: $($taken)+) -> Self {
                self.$field = $field.into();
                self
            }
        }
    };

    // What it comes to.
    (@next [$doc:tt $record:ident $key:tt $new_doc:tt $new:ident] $row:tt $sent:tt $args:tt $made:tt;) => {
        $crate::types::record::record! { @next [$doc $record $key] $row [] [] []; }
        $crate::types::record::record! { @next [$record $new_doc $new] $row $sent $args $made; }
    };
    (@next [[$($doc:tt)*] $record:ident [$($key:ident: $id:ident)?]] [$($row:tt)*] $sent:tt $args:tt $made:tt;) => {
        $($doc)*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $record {
            $(
                /// Its id.
                pub $key: crate::$id,
            )?
            $($row)*
            /// What this crate does not know.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }
    };
    (@next [$record:ident [$($doc:tt)*] $new:ident]
        $row:tt [$($sent:tt)*] [$($args:tt)*] [$($field:ident ($made:expr);)*];) => {
        $($doc)*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub struct $new { $($sent)* }

        impl $new {
            #[doc = concat!("One with what the service insists on; the arguments are fields of [`", stringify!($record), "`].")]
            pub fn new($($args)*) -> Self {
                Self { $($field: $made,)* }
            }

            /// The fields of a row as they are: all that an update can write. An update replaces what it is not told.
            pub fn of(row: &$record) -> Self {
                Self { $($field: row.$field.clone(),)* }
            }
        }
    };
}

pub(crate) use record;
