use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CompanyId, CountryId, UserId};

/// The company of a person who signs up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewCompany {
    /// So the service calls its name here.
    company: String,
    vat: String,
    slug: String,
    country_id: CountryId,
}

impl NewCompany {
    /// A company of this name and tax number, which in Portugal must be a valid one. No other company has the slug:
    /// [`Companies::free_slug`](crate::resources::Companies::free_slug).
    pub fn new(
        name: impl Into<String>,
        vat: impl Into<String>,
        slug: impl Into<String>,
        country: CountryId,
    ) -> Self {
        Self { company: name.into(), vat: vat.into(), slug: slug.into(), country_id: country }
    }
}

/// What came of a sign-up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignedUp {
    /// The person.
    pub user_id: UserId,
    /// Their company.
    pub company_id: CompanyId,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
