use std::time::Duration;

use moloni_client::sync::CustomerCollection;
use moloni_client::{Client, CountryId, LanguageId};
use sync_core::engine::Births;

/// How edits in HighLevel get into Moloni, and what Moloni insists on that HighLevel does not know.
///
/// [`ContactMapping`](crate::ContactMapping) says which field is whose.
#[derive(Debug, Clone)]
pub struct TwoWay {
    country: CountryId,
    language: LanguageId,
    address: String,
    city: String,
    creates: bool,
    in_sequence: bool,
}

impl Default for TwoWay {
    fn default() -> Self {
        Self::new()
    }
}

impl TwoWay {
    /// Edits of contacts that are paired go back. A contact of whom Moloni knows nothing becomes no customer.
    pub fn new() -> Self {
        Self {
            country: CountryId::from(1),
            language: LanguageId::from(1),
            address: "Desconhecido".to_owned(),
            city: "Desconhecido".to_owned(),
            creates: false,
            in_sequence: false,
        }
    }

    /// Enters every contact of the location into Moloni as a customer, if no customer has their tax number, e-mail address,
    /// or phone number and name. Default: no.
    #[must_use]
    pub fn create_customers(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Gives new customers the next number of the company's own sequence. Default: one like `S-4f0c19a2be77d03561`, by which
    /// a customer whose insert was not answered is found again for certain. See [`CustomerCollection::in_sequence`].
    #[must_use]
    pub fn numbers_in_sequence(mut self) -> Self {
        self.in_sequence = true;
        self
    }

    /// Sets the country and the language of new customers who come without. Default: Portugal, Portuguese.
    #[must_use]
    pub fn from(mut self, country: CountryId, language: LanguageId) -> Self {
        (self.country, self.language) = (country, language);
        self
    }

    /// Sets the text for an address and a city that nobody knows. Default: `Desconhecido`.
    #[must_use]
    pub fn unknown(mut self, text: impl Into<String>) -> Self {
        self.address = text.into();
        self.city.clone_from(&self.address);
        self
    }

    pub(super) fn births(&self) -> Births {
        if self.creates { Births::Create } else { Births::MatchOnly }
    }

    pub(super) fn customers(&self, client: Client, call: Duration) -> CustomerCollection {
        let customers = CustomerCollection::new(client)
            .country(self.country)
            .language(self.language)
            .unknown_address(&self.address)
            .unknown_city(&self.city);
        let customers = if self.in_sequence { customers.in_sequence() } else { customers };
        customers.request_timeout(call)
    }
}
