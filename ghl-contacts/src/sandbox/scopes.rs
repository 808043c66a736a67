use std::fmt;

/// Every scope that this sandbox's calls need, and their neighbours. A person grants some of them to an app.
const ALL: &[&str] = &[
    "contacts.readonly",
    "contacts.write",
    "calendars.readonly",
    "calendars/events.readonly",
    "calendars/events.write",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/customFields.write",
    "locations/customValues.readonly",
    "locations/customValues.write",
    "locations/tags.readonly",
    "locations/tags.write",
    "locations/tasks.readonly",
    "businesses.readonly",
    "businesses.write",
    "users.readonly",
    "oauth.readonly",
    "oauth.write",
];

/// What a person allowed an app to do, in the order in which it asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    pub(super) fn all() -> Self {
        Self(ALL.iter().map(|scope| (*scope).to_owned()).collect())
    }

    /// Reads a list with spaces in between; `None` if it is empty or something in it cannot be a scope.
    ///
    /// The service has more scopes than this sandbox has calls for, so any that could be one will do.
    pub(super) fn asked(list: &str) -> Option<Self> {
        let mut scopes: Vec<String> = Vec::new();
        for scope in list.split(' ').filter(|scope| !scope.is_empty()) {
            let known = |c: char| c.is_ascii_alphanumeric() || "./-_".contains(c);
            if !scope.contains('.') || !scope.chars().all(known) {
                return None;
            }
            if !scopes.iter().any(|other| other == scope) {
                scopes.push(scope.to_owned());
            }
        }
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope)
    }

    /// Those that mean something inside a location.
    pub(super) fn of_location(&self) -> Self {
        Self(self.0.iter().filter(|scope| !scope.starts_with("oauth.")).cloned().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
