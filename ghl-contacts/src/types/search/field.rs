use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use super::filter::Filter;
use super::kind::{
    Containing, Custom, Date, Equality, Exact, Flag, Kind, List, Lowered, Other, Ranged, Tags, Text,
};
use super::value::{self, SearchBound};

/// A field to search by. Its kind, `K`, decides what can be asked of it:
///
/// | kind | fields | operators |
/// |---|---|---|
/// | [`Text`], [`Lowered`] | names, phone, address, company, source … | `eq`, `not_eq`, `contains`, `not_contains` |
/// | [`Tags`], [`List`] | tags, workflows | `eq`, `not_eq`, `contains`, `not_contains` |
/// | [`Exact`] | id, e-mail, users, do-not-disturb states | `eq`, `not_eq` |
/// | [`Flag`] | do-not-disturb, valid e-mail, valid `WhatsApp` | `eq`, `not_eq` |
/// | [`Date`] | created, changed, birthday, last appointment … | `range`, `gt`, `gte`, `lt`, `lte` |
/// | [`Custom`], [`Other`] | custom fields, any other name | all of them |
///
/// All of them have `exists` and `not_exists`.
///
/// ```
/// use ghl_contacts::SearchField;
/// use ghl_contacts::jiff::{Timestamp, civil::date};
///
/// let filters = [
///     SearchField::EMAIL.eq("ana@example.pt"),
///     SearchField::COUNTRY.eq(["PT", "ES"]),
///     SearchField::TAGS.contains("vip"),
///     SearchField::DND.eq(false),
///     SearchField::DATE_ADDED.range(date(2026, 1, 1)..=date(2026, 3, 31)),
///     SearchField::DATE_UPDATED.gte("2026-03-01T10:00:00Z".parse::<Timestamp>()?),
///     SearchField::custom("cf_points").range(100..200),
///     SearchField::PHONE.exists(),
/// ];
/// # let _ = filters;
/// # Ok::<(), ghl_contacts::jiff::Error>(())
/// ```
///
/// What the service does not have for a field does not compile. E-mail addresses, for example, are only found as a
/// whole:
///
/// ```compile_fail
/// # use ghl_contacts::SearchField;
/// SearchField::EMAIL.contains("example.pt");
/// ```
///
/// The service adds fields without notice: [`SearchField::other`] takes any name.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchField<K> {
    name: Cow<'static, str>,
    kind: PhantomData<K>,
}

impl<K> fmt::Debug for SearchField<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SearchField").field(&self.name).finish()
    }
}

impl<K> SearchField<K> {
    const fn known(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), kind: PhantomData }
    }

    fn named(name: String) -> Self {
        Self { name: Cow::Owned(name), kind: PhantomData }
    }

    /// The service's name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Makes the fields of a kind.
macro_rules! fields {
    ($kind:ident: $($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {
        impl SearchField<$kind> {$(
            $(#[$doc])*
            pub const $name: Self = Self::known($wire);
        )*}
    };
}

fields! { Text:
    /// The whole name.
    CONTACT_NAME = "contactName";
    /// The phone number.
    PHONE = "phone";
    /// The street address: [`Contact::address1`](crate::Contact::address1).
    ADDRESS = "address";
    /// The city.
    CITY = "city";
    /// The state or district.
    STATE = "state";
    /// The country as ISO 3166 alpha-2.
    COUNTRY = "country";
    /// The postal code.
    POSTAL_CODE = "postalCode";
    /// The company's name as text.
    COMPANY_NAME = "companyName";
    /// The name of the business it is grouped under.
    BUSINESS_NAME = "businessName";
    /// The website.
    WEBSITE = "website";
    /// Where it came from.
    SOURCE = "source";
    /// The IANA time zone.
    TIMEZONE = "timezone";
    /// The type, such as `lead` or `customer`.
    TYPE = "type";
}

fields! { Lowered:
    /// The given name.
    FIRST_NAME = "firstNameLowerCase";
    /// The family name.
    LAST_NAME = "lastNameLowerCase";
}

fields! { Exact:
    /// The id.
    ID = "id";
    /// The e-mail address.
    EMAIL = "email";
    /// The user it is assigned to.
    ASSIGNED_TO = "assignedTo";
    /// The users who follow it.
    FOLLOWERS = "followers";
    /// Whether it may not be disturbed by e-mail: `active`, `inactive` or `permanent`.
    DND_EMAIL = "dndSettings.Email.status";
    /// Whether it may not be disturbed by text message: `active`, `inactive` or `permanent`.
    DND_SMS = "dndSettings.SMS.status";
    /// Whether it may not be disturbed by phone: `active`, `inactive` or `permanent`.
    DND_CALL = "dndSettings.Call.status";
    /// Whether messages from it are ignored: `active` or `inactive`.
    DND_INBOUND = "inboundDndSettings.all.status";
}

fields! { Tags:
    /// The tags.
    TAGS = "tags";
}

fields! { List:
    /// The workflows it is in.
    ACTIVE_WORKFLOWS = "activeWorkflows";
    /// The workflows it has gone through.
    FINISHED_WORKFLOWS = "finishedWorkflows";
}

fields! { Flag:
    /// Whether it may not be disturbed at all.
    DND = "dnd";
    /// Whether its e-mail address was found to be valid.
    VALID_EMAIL = "validEmail";
    /// Whether its phone number has `WhatsApp`.
    VALID_WHATSAPP = "isValidWhatsapp";
}

fields! { Date:
    /// When it was created.
    DATE_ADDED = "dateAdded";
    /// When it last changed.
    DATE_UPDATED = "dateUpdated";
    /// The date of birth.
    DATE_OF_BIRTH = "dateOfBirth";
    /// When its last appointment was.
    LAST_APPOINTMENT = "lastAppointment";
    /// When it last clicked in an e-mail.
    LAST_EMAIL_CLICKED = "lastEmailClickedDate";
    /// When it last opened an e-mail.
    LAST_EMAIL_OPENED = "lastEmailOpenedDate";
}

impl SearchField<Custom> {
    /// A custom field, by its id. The service does not know its key or name here:
    /// [`CustomFieldBook`](crate::CustomFieldBook) finds the id.
    pub fn custom(id: impl AsRef<str>) -> Self {
        Self::named(format!("customFields.{}", id.as_ref()))
    }

    /// One of the lines of a custom field of the type [`DataType::TextboxList`](crate::DataType::TextboxList), by the
    /// ids of field and line.
    pub fn text_box(id: impl AsRef<str>, option: impl AsRef<str>) -> Self {
        Self::named(format!("customFields.{}.{}", id.as_ref(), option.as_ref()))
    }
}

impl SearchField<Other> {
    /// Any field, by the service's own name. It refuses one that it does not know.
    pub fn other(name: impl Into<String>) -> Self {
        Self::named(name.into())
    }
}

impl<K: Kind> SearchField<K> {
    fn with(self, operator: &'static str, value: Value) -> Filter {
        Filter::one(self.name, operator, Some(K::spelled(value)))
    }

    /// The field has a value.
    pub fn exists(self) -> Filter {
        Filter::one(self.name, "exists", None)
    }

    /// The field has no value.
    pub fn not_exists(self) -> Filter {
        Filter::one(self.name, "not_exists", None)
    }
}

impl<K: Equality> SearchField<K> {
    /// The field is `value`, or one of them if they are several. At most 75 characters each.
    pub fn eq(self, value: impl Into<K::Value>) -> Filter {
        self.with("eq", value.into().into())
    }

    /// The field is not `value`, nor one of them if they are several. At most 75 characters each.
    pub fn not_eq(self, value: impl Into<K::Value>) -> Filter {
        self.with("not_eq", value.into().into())
    }
}

impl<K: Containing> SearchField<K> {
    /// The field has `text` in it. At most 75 characters, none of them special.
    pub fn contains(self, text: impl Into<String>) -> Filter {
        self.with("contains", Value::String(text.into()))
    }

    /// The field has no `text` in it. At most 75 characters, none of them special.
    pub fn not_contains(self, text: impl Into<String>) -> Filter {
        self.with("not_contains", Value::String(text.into()))
    }
}

impl<K: Ranged> SearchField<K> {
    /// The field is within `bounds`, such as `from..`, `from..to` or `from..=to`.
    ///
    /// A day is the whole of it in UTC: `..=day` has all of the day.
    pub fn range<T: Into<K::Bound> + Clone>(self, bounds: impl RangeBounds<T>) -> Filter {
        let end = |bound: Bound<&T>| bound.cloned().map(|end| -> SearchBound { end.into().into() });
        self.with("range", value::range(end(bounds.start_bound()), end(bounds.end_bound())))
    }

    /// The field is above, or later than, `bound`.
    pub fn gt(self, bound: impl Into<K::Bound>) -> Filter {
        self.with("range", value::range(Bound::Excluded(bound.into().into()), Bound::Unbounded))
    }

    /// The field is `bound`, above or later.
    pub fn gte(self, bound: impl Into<K::Bound>) -> Filter {
        self.with("range", value::range(Bound::Included(bound.into().into()), Bound::Unbounded))
    }

    /// The field is below, or earlier than, `bound`.
    pub fn lt(self, bound: impl Into<K::Bound>) -> Filter {
        self.with("range", value::range(Bound::Unbounded, Bound::Excluded(bound.into().into())))
    }

    /// The field is `bound`, below or earlier.
    pub fn lte(self, bound: impl Into<K::Bound>) -> Filter {
        self.with("range", value::range(Bound::Unbounded, Bound::Included(bound.into().into())))
    }
}
