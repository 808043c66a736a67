//! Mappings from TOML: what the builder says, as far as it needs no code.

mod error;
mod function;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use self::error::Wrong;
use self::function::{condition, loss, normaliser, path, validators};
use self::value::{
    Entries, Value, choice, entries, flag, list, named, not, number, sides, table, text, unknown,
};
use super::builder::Wrong as Broken;
use super::field::Source;
use super::{Field, Mapping, MappingBuilder, MappingError};
use crate::engine::merge::Validate;
use crate::engine::{Deleted, Direction, EditedAndDeleted, OnDelete, Policy, Side};

pub use self::error::{MappingFileError, MappingProblem};

impl Mapping {
    /// Makes a mapping of a file's text. `docs/mapping.md` tells what can be in it.
    ///
    /// ```
    /// use sync_core::engine::Mapping;
    ///
    /// let mapping = Mapping::from_toml(
    ///     r#"
    ///     matched_by = [["email"]]
    ///
    ///     [fields.email]
    ///     left = "email"
    ///     right = "email"
    ///     normalise = "email"
    ///
    ///     [fields.contact_person]
    ///     left = "contact_name"
    ///     right = "customFields.Contact person"
    ///     policy = "newest_or_left"
    ///     "#,
    /// )?;
    /// # let _ = mapping;
    /// # Ok::<(), sync_core::engine::MappingFileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MappingFileError`] with all that is wrong: the line, the field, and how to mend it.
    #[cfg_attr(docsrs, doc(cfg(feature = "mapping-file")))]
    pub fn from_toml(text: &str) -> Result<Self, MappingFileError> {
        let built = MappingBuilder::from_toml(text)?.build();
        built.map_err(|error| MappingFileError::new(text, vec![Wrong::new(0..0, error.to_string())]))
    }

    /// Makes a mapping of a file, as [`from_toml`](Self::from_toml) does. It waits for the disk.
    ///
    /// # Errors
    ///
    /// [`MappingFileError`]: the file cannot be read, or what is wrong in it.
    #[cfg_attr(docsrs, doc(cfg(feature = "mapping-file")))]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, MappingFileError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| MappingFileError::unread(path, error))?;
        Self::from_toml(&text).map_err(|error| error.in_file(path))
    }
}

impl MappingBuilder {
    /// Begins with what a file's text says, to add fields that need code.
    ///
    /// # Errors
    ///
    /// As [`Mapping::from_toml`].
    #[cfg_attr(docsrs, doc(cfg(feature = "mapping-file")))]
    pub fn from_toml(text: &str) -> Result<Self, MappingFileError> {
        read(text).map_err(|wrongs| MappingFileError::new(text, wrongs))
    }
}

const TOP: [&str; 4] = ["label", "matched_by", "on_delete", "fields"];

/// What a field can have, and for the order in which it is taken: what others are checked by comes first.
const SETTINGS: [(&str, u8); 16] = [
    ("left", 2),
    ("right", 2),
    ("constant", 2),
    ("set", 2),
    ("normalise", 0),
    ("ignore", 1),
    ("direction", 1),
    ("enforce", 2),
    ("policy", 2),
    ("on_first", 2),
    ("default_on_create", 2),
    ("lossy", 2),
    ("validate", 2),
    ("frozen_when", 2),
    ("translate", 2),
    ("version", 2),
];

fn read(text: &str) -> Result<MappingBuilder, Vec<Wrong>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let top = entries(document.get_ref());
    // What follows from a part that could not be read would only confuse.
    if let Some(error) = errors.iter().min_by_key(|error| error.span().map(|at| at.start)) {
        return Err(vec![syntax(error, text, &top)]);
    }
    let mut wrongs = Vec::new();
    let mut builder = Mapping::builder();
    let mut fields = Entries::new();
    let mut matchers = None;
    for (key, at, value) in top {
        let done = match key {
            "label" => path(value).map(|path| builder = builder.clone().label(path)),
            "on_delete" => on_delete(value).map(|rules| builder = builder.clone().on_delete(rules)),
            "fields" => table(value, "[fields.email]").map(|table| fields = table),
            "matched_by" => {
                matchers = Some(value);
                Ok(())
            }
            _ => Err(unknown("setting", key, at, TOP.into_iter())),
        };
        wrongs.extend(done.err().map(|wrong| if TOP.contains(&key) { within(key, wrong) } else { wrong }));
    }
    if fields.is_empty() && wrongs.is_empty() {
        wrongs.push(Wrong::new(0..0, "there is no field: add a table `[fields.NAME]` for each"));
    }
    let mut sound = BTreeMap::new();
    for (name, at, value) in &fields {
        let known = wrongs.len();
        builder = builder.field(*name, |field| self::field(field, value, &mut wrongs));
        if wrongs.len() == known {
            sound.insert(*name, (at.clone(), table(value, "").unwrap_or_default()));
        }
    }
    let names: BTreeSet<&str> = fields.iter().map(|(name, ..)| *name).collect();
    match matchers.map_or(Ok(builder.clone()), |value| matched_by(builder.clone(), value, &names)) {
        Ok(matched) => builder = matched,
        Err(wrong) => wrongs.push(wrong),
    }
    // What the builder finds in a field that is wrong already may follow from that.
    wrongs.extend(builder.errors().iter().filter_map(|error| located(error, &sound)));
    if wrongs.is_empty() { Ok(builder) } else { Err(wrongs) }
}

/// Where the file is not TOML.
fn syntax(error: &toml::de::Error, text: &str, top: &Entries<'_, '_>) -> Wrong {
    let at = error.span().unwrap_or_default();
    let word = text.get(at.clone()).unwrap_or_default();
    let message = match error.message() {
        "duplicate key" => format!("`{word}` is there twice: leave one out"),
        _ if !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '_') => {
            format!("text must be in quotes: write `\"{word}\"`")
        }
        message => format!("this is not TOML: {message}"),
    };
    let fields =
        top.iter().filter(|(key, ..)| *key == "fields").filter_map(|(.., value)| table(value, "").ok());
    let before = fields
        .flatten()
        .filter(|(_, place, _)| place.start <= at.start)
        .max_by_key(|(_, place, _)| place.start);
    let wrong = Wrong::new(at, message);
    before.map(|(name, ..)| name).into_iter().fold(wrong, Wrong::of)
}

fn on_delete(value: &Value<'_>) -> Result<OnDelete, Wrong> {
    let mut rules = OnDelete::default();
    for (key, at, value) in table(value, "{ unchanged = \"unlink\", edited = \"park\" }")? {
        match key {
            "unchanged" => {
                let known = [
                    ("unlink", Deleted::Unlink),
                    ("propagate", Deleted::Propagate),
                    ("recreate", Deleted::Recreate),
                ];
                rules.unchanged = choice("outcome", value, &known)?;
            }
            "edited" => {
                let known = [
                    ("park", EditedAndDeleted::Park),
                    ("edit_wins", EditedAndDeleted::EditWins),
                    ("delete_wins", EditedAndDeleted::DeleteWins),
                ];
                rules.edited = choice("outcome", value, &known)?;
            }
            _ => return Err(unknown("part of `on_delete`", key, at, ["unchanged", "edited"].into_iter())),
        }
    }
    Ok(rules)
}

fn matched_by(
    mut builder: MappingBuilder,
    value: &Value<'_>,
    names: &BTreeSet<&str>,
) -> Result<MappingBuilder, Wrong> {
    const LIKE: &str = "[[\"vat\"], [\"phone\", \"name\"]]";
    for keys in list(value, LIKE).map_err(|wrong| within("matched_by", wrong))? {
        let inner = keys.get_ref().as_array().ok_or_else(|| {
            within("matched_by", not(keys, &format!("a list in the list, such as `{LIKE}`")))
        })?;
        if inner.is_empty() {
            return Err(Wrong::new(
                keys.span(),
                "this way to recognise a record names no field: leave it out",
            ));
        }
        let known: Vec<_> = names.iter().map(|name| (*name, *name)).collect();
        let key = |key| choice("field", key, &known).map_err(|wrong| within("matched_by", wrong));
        builder = builder.matched_by(inner.iter().map(key).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(builder)
}

fn field(mut field: Field, value: &Value<'_>, wrongs: &mut Vec<Wrong>) -> Field {
    let name = field.name().to_owned();
    let mut settings = match table(value, "{ left = \"email\", right = \"email\" }") {
        Ok(settings) => settings,
        Err(wrong) => {
            wrongs.push(wrong.of(&name));
            return field;
        }
    };
    let rank = |key: &str| SETTINGS.iter().find(|(known, _)| *known == key).map_or(2, |(_, rank)| *rank);
    settings.sort_by_key(|(key, at, _)| (rank(key), at.start));
    for (key, at, value) in settings {
        match set(field.clone(), key, &at, value) {
            Ok(set) => field = set,
            Err(wrong) => wrongs.push(wrong.of(&name)),
        }
    }
    field
}

fn within(key: &str, wrong: Wrong) -> Wrong {
    Wrong { message: format!("`{key}`: {}", wrong.message), ..wrong }
}

/// The field with one more setting.
fn set(field: Field, key: &str, at: &Range<usize>, value: &Value<'_>) -> Result<Field, Wrong> {
    named("setting of a field", key, at.clone(), &SETTINGS)?;
    setting(field, key, value).map_err(|wrong| within(key, wrong))
}

fn setting(mut field: Field, key: &str, value: &Value<'_>) -> Result<Field, Wrong> {
    Ok(match key {
        "left" | "constant" if field.source.left != Source::Path(String::new()) => {
            return Err(Wrong::new(value.span(), "there is another left side already: leave one out"));
        }
        "left" => field.left(path(value)?),
        "right" => field.right(path(value)?),
        "constant" => {
            let constant = spelled(&field, value)?;
            field.constant(constant)
        }
        "set" if flag(value)? => field.set(),
        "enforce" if flag(value)? => field.enforce(),
        "normalise" => {
            let normalise = normaliser(value)?;
            field.normalise(move |text| normalise(text))
        }
        "ignore" => {
            let values = list(value, "[\"-\"]")?.map(|value| spelled(&field, value));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            field.ignore(values)
        }
        "direction" => {
            field.rules.direction = direction(value)?;
            field
        }
        "policy" => field.policy(policy(value)?),
        "on_first" => field.on_first(policy(value)?),
        "version" => field.version(number(value, 0..u32::MAX)?),
        "default_on_create" => {
            for (side, value) in sides(value, "{ right = \"-\" }")? {
                let default = spelled(&field, value)?;
                field = field.default_on_create(side, default);
            }
            field
        }
        "lossy" => {
            for (side, value) in sides(value, "{ right = { truncate = 100 } }")? {
                let loss = loss(value)?;
                field = field.lossy(side, move |text| loss(text));
            }
            field
        }
        "validate" => {
            for (side, value) in sides(value, "{ right = { at_most = 100 } }")? {
                field = validators(value)?.into_iter().fold(field, |field, check| also(field, side, check));
            }
            field
        }
        "frozen_when" => {
            for (side, value) in sides(value, "{ right = { path = \"status\", is = \"closed\" } }")? {
                let when = condition(value)?;
                field = field.frozen_when(side, move |record| when(record));
            }
            field
        }
        "translate" => {
            for (side, value) in sides(value, "{ left = { \"1\" = \"PT\" } }")? {
                field = translate(field, side, value)?;
            }
            field
        }
        // Switched off.
        _ => field,
    })
}

/// A value as the field's normaliser spells it: in another spelling it would never be met.
fn spelled(field: &Field, value: &Value<'_>) -> Result<String, Wrong> {
    let text = text(value)?;
    let why = match field.spelled(text) {
        Ok(Some(spelled)) if spelled == text => return Ok(spelled),
        Ok(Some(spelled)) => format!("is compared in another spelling: write `\"{spelled}\"`"),
        Ok(None) => "counts as empty: choose another value".to_owned(),
        Err(why) => format!("{why}, so `normalise` does not let it through: choose another value"),
    };
    Err(Wrong::new(value.span(), why))
}

fn direction(value: &Value<'_>) -> Result<Direction, Wrong> {
    let known = [
        ("both", Direction::Both),
        ("to_left", Direction::To(Side::Left)),
        ("to_right", Direction::To(Side::Right)),
        ("on_create", Direction::OnCreate(Side::Right)),
        ("on_create_left", Direction::OnCreate(Side::Left)),
    ];
    choice("direction", value, &known)
}

fn policy(value: &Value<'_>) -> Result<Policy, Wrong> {
    let known = [
        ("park", Policy::Park),
        ("prefer_left", Policy::Prefer(Side::Left)),
        ("prefer_right", Policy::Prefer(Side::Right)),
        ("newest_or_left", Policy::newest_or(Side::Left)),
        ("newest_or_right", Policy::newest_or(Side::Right)),
        ("newest_or_park", Policy::Newest { otherwise: Box::new(Policy::Park) }),
    ];
    choice("policy", value, &known)
}

/// One more check of what is written to a side.
fn also(field: Field, side: Side, check: Validate) -> Field {
    match field.rules.validate[side].clone() {
        Some(first) => field.validate(side, move |text| first(text).and_then(|()| check(text))),
        None => field.validate(side, move |text| check(text)),
    }
}

/// A table of a side's values and what they mean. What it does not know is left to a person, in either way.
fn translate(field: Field, side: Side, value: &Value<'_>) -> Result<Field, Wrong> {
    let (mut read, mut write) = (BTreeMap::new(), BTreeMap::new());
    for (own, at, value) in table(value, "{ \"1\" = \"PT\" }")? {
        let meaning = spelled(&field, value)?;
        if let Some(first) = write.insert(meaning.clone(), own.to_owned()) {
            if field.rules.direction.creates(side) {
                let why = format!(
                    "`{first}` means the same, so which of the two to write would be a guess: leave one out, or let \
                     the field go the other way only, by `direction`"
                );
                return Err(Wrong::new(at, why));
            }
        }
        read.insert(own.to_owned(), meaning);
    }
    let write = Arc::new(write);
    let known = Arc::clone(&write);
    let check = move |text: &str| {
        let found = known.contains_key(text).then_some(());
        found.ok_or_else(|| "has no counterpart in the lookup".to_owned())
    };
    let field = also(field, side, Arc::new(check));
    Ok(field.translate(side, move |own| read.get(own).cloned(), move |text| write.get(text).cloned()))
}

/// The place of what the builder has found, if its field is one of those that are sound by themselves.
fn located(error: &MappingError, sound: &BTreeMap<&str, (Range<usize>, Entries<'_, '_>)>) -> Option<Wrong> {
    let (key, why) = match error.wrong {
        Broken::NoLeft => ("left", "has no left side: add `left = \"path\"` or `constant = \"value\"`"),
        Broken::NoRight => ("right", "has no right side: add `right = \"path\"`"),
        Broken::Target(side) => (
            if side == Side::Left { "left" } else { "right" },
            "writes there what another field writes too: change the path, or let one of both go the other way only, by \
             `direction`",
        ),
        Broken::IntoConstant => (
            "direction",
            "goes to the left side, which is a constant: write `direction = \"to_right\"` or `\"on_create\"`, or a \
             `left` path",
        ),
        Broken::Enforced => (
            "enforce",
            "is enforced, but does not go one way: add `direction = \"to_left\"` or `\"to_right\"`, or leave `enforce` out",
        ),
        Broken::Default => (
            "default_on_create",
            "has a default for a side that it is never written to: leave it out, or change `direction`",
        ),
        Broken::Set => {
            ("set", "is a set, which takes no constant, default or loss: leave those out, or `set`")
        }
        Broken::Twice | Broken::Path | Broken::Unstable | Broken::NoSuchKey | Broken::NoKey => return None,
    };
    let (header, settings) = sound.get(error.field.as_str())?;
    let at = settings.iter().find(|(known, ..)| *known == key).map_or(header, |(_, at, _)| at);
    Some(Wrong::new(at.clone(), why).of(&error.field))
}
