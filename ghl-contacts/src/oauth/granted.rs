use std::collections::BTreeSet;

use sync_core::TokenSet;

use super::Scope;
use crate::error::Error;
use crate::ids::{CompanyId, LocationId, UserId};

/// The class of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserType {
    /// For one location.
    Location,
    /// For an agency, which HighLevel calls a company: it gets tokens for the agency's locations.
    Company,
    /// One that this crate has no name for.
    Other(String),
}

impl UserType {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Location => "Location",
            Self::Company => "Company",
            Self::Other(text) => text,
        }
    }
}

/// What a token answer says that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Granted {
    /// The class of the tokens.
    pub user_type: Option<UserType>,
    /// The location they are for; an agency's tokens name none.
    pub location: Option<LocationId>,
    /// The agency.
    pub company: Option<CompanyId>,
    /// Who granted it.
    pub user: Option<UserId>,
    /// The scopes; `None` if the answer named none at all.
    pub scopes: Option<BTreeSet<Scope>>,
}

impl Granted {
    /// Reads what is known of `tokens`.
    pub fn of(tokens: &TokenSet) -> Self {
        let detail =
            |name: &str| tokens.details.get(name).map(String::as_str).filter(|text| !text.is_empty());
        Self {
            user_type: detail("userType").map(|text| match text {
                "Location" => UserType::Location,
                "Company" => UserType::Company,
                other => UserType::Other(other.to_owned()),
            }),
            location: detail("locationId").map(LocationId::from),
            company: detail("companyId").map(CompanyId::from),
            user: detail("userId").map(UserId::from),
            scopes: detail("scope").map(|text| text.split_whitespace().map(Scope::from).collect()),
        }
    }

    /// Checks that the tokens are for `location` and may do all of `scopes`. An answer that names no scopes is
    /// believed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount) or
    /// [`ErrorKind::MissingScopes`](crate::ErrorKind::MissingScopes), which name what was granted and what to do.
    pub fn check(&self, location: &LocationId, scopes: &[Scope]) -> Result<(), Error> {
        match &self.location {
            Some(granted) if granted == location => {}
            Some(granted) => {
                return Err(Error::wrong_account(format!(
                    "the tokens are for location {granted}, not for {location}: authorise again, and choose \
                     {location} on the page"
                )));
            }
            None => {
                return Err(Error::wrong_account(format!(
                    "the tokens are for no single location, and {location} was wanted: they are an agency's, from \
                     which a location's tokens derive"
                )));
            }
        }
        self.check_scopes(scopes)
    }

    /// Checks that the tokens may do all of `scopes`, as [`check`](Self::check) does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingScopes`](crate::ErrorKind::MissingScopes).
    pub fn check_scopes(&self, scopes: &[Scope]) -> Result<(), Error> {
        let Some(granted) = &self.scopes else { return Ok(()) };
        let missing: Vec<_> = scopes.iter().filter(|s| !granted.contains(s)).map(Scope::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::missing_scopes(format!(
            "the tokens lack {}: add the scope to the app at the marketplace, and authorise again",
            missing.join(", ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use sync_core::jiff::Timestamp;

    use super::*;
    use crate::ErrorKind;

    fn granted(details: &[(&str, &str)]) -> Granted {
        let set = TokenSet::new("s3cr3t".into(), Timestamp::UNIX_EPOCH);
        Granted::of(&details.iter().fold(set, |set, (name, value)| set.detail(*name, *value)))
    }

    #[test]
    fn what_was_granted_is_compared_with_what_was_wanted() {
        let (location, scopes) = (LocationId::from("loc1"), [Scope::ContactsRead, Scope::ContactsWrite]);
        let full = "contacts.write contacts.readonly payments.readonly";
        let table = [
            (vec![("locationId", "loc1"), ("scope", full)], None),
            (vec![("locationId", "loc1")], None),
            (vec![("locationId", "loc2"), ("scope", full)], Some(ErrorKind::WrongAccount)),
            (vec![("companyId", "c"), ("userType", "Company")], Some(ErrorKind::WrongAccount)),
            (vec![("locationId", "loc1"), ("scope", "contacts.readonly")], Some(ErrorKind::MissingScopes)),
            (vec![("locationId", ""), ("scope", full)], Some(ErrorKind::WrongAccount)),
        ];
        for (details, expected) in table {
            let result = granted(&details).check(&location, &scopes);
            assert_eq!(result.as_ref().err().map(Error::kind), expected, "{details:?}");
        }
        let other = granted(&[("locationId", "loc2")]).check(&location, &scopes).unwrap_err().to_string();
        assert!(other.contains("for location loc2, not for loc1"), "{other}");
        let lacking = granted(&[("locationId", "loc1"), ("scope", "contacts.readonly")]);
        let lacking = lacking.check(&location, &scopes).unwrap_err().to_string();
        assert!(lacking.contains("lack contacts.write:"), "{lacking}");
    }
}
