use futures_util::TryStreamExt;

use crate::resources::{Customers, Match};
use crate::types::{Customer, NewCustomer};
use crate::{CustomerId, Error, Nif, ValidationCode};

/// How many numbers are tried before the error is given up to the caller.
const TRIES: u32 = 3;

/// A customer after [`Customers::insert_or_find`].
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// They were there. Nothing was written.
    Found(Box<Customer>),
    /// They were not there, and are now.
    Inserted(CustomerId),
}

impl Placed {
    /// Who they are.
    pub fn customer_id(&self) -> CustomerId {
        match self {
            Self::Found(customer) => customer.customer_id,
            Self::Inserted(id) => *id,
        }
    }
}

/// Why [`Customers::insert_or_find`] did neither.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InsertOrFindError {
    /// Several customers have what was looked for. It takes a person to say which one is meant.
    #[error("customers.{by}: {} customers have what was looked for: {}", .customers.len(), listed(.customers))]
    Ambiguous {
        /// The search that found them: `getByVat` or `getByEmail`.
        by: &'static str,
        /// Who they are.
        customers: Vec<CustomerId>,
    },
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
}

fn listed(customers: &[CustomerId]) -> String {
    customers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Customers<'_> {
    /// Looks for a customer, and enters them if they are not there.
    ///
    /// A tax number of their own finds them by it, whatever their name. Without one they are final consumers, who all
    /// have the same number: an e-mail address finds them among these. Final consumers without an e-mail address
    /// cannot be found, so each call enters another. A number that many enter for want of one (`999999999`,
    /// `000000000`, `111111111`, nothing) counts as that of the final consumer, and `PT` before a Portuguese number
    /// is left off.
    ///
    /// Who is found stays as they are: [`edit`](Self::edit) changes them. Who is not gets `new`'s number, or the next
    /// free one if it has none ([`NewCustomer::unnumbered`]). Another program may take a number between asking for it
    /// and using it; then it looks and asks again, three times at most.
    ///
    /// If the outcome of an insert is not known, the customer is looked up by their number before anything else is
    /// sent. If they are there, all is well. If they are not, the error is yours: the insert may still arrive, so let
    /// some time pass before you call again.
    ///
    /// Two calls at the same time for the same customer can both enter them: the service does not prevent it. Let one
    /// follow the other.
    ///
    /// `POST /customers/getByVat/` or `/customers/getByEmail/`, `/customers/getNextNumber/`, `/customers/insert/`.
    ///
    /// # Errors
    ///
    /// [`InsertOrFindError::Ambiguous`] if several customers are found, which happens in real accounts: none is
    /// guessed, and nothing is written. [`InsertOrFindError::Call`] for an [`Error`] of any kind but `NotFound`; with
    /// [`outcome_unknown`](Error::outcome_unknown) as said.
    pub async fn insert_or_find(self, new: &NewCustomer) -> Result<Placed, InsertOrFindError> {
        let draws = new.number.is_empty();
        let mut sent = new.clone();
        sent.vat = tax_number(new);
        let mut tries = 0;
        loop {
            // Whoever took the number may have been entering the same customer.
            if let Some(customer) = self.look_for(&sent).await? {
                return Ok(Placed::Found(Box::new(customer)));
            }
            if draws {
                sent.number = self.get_next_number().await?;
            }
            tries += 1;
            let error = match self.insert(&sent).await {
                Ok(id) => return Ok(Placed::Inserted(id)),
                Err(error) => error,
            };
            let taken = if error.outcome_unknown() {
                match self.holder(&sent).await {
                    Holder::Sent(id) => return Ok(Placed::Inserted(id)),
                    // Numbers are unique, so what was sent cannot arrive any more.
                    Holder::Other => true,
                    Holder::Nobody => false,
                }
            } else {
                is_taken(&error)
            };
            if !taken || !draws || tries == TRIES {
                return Err(error.into());
            }
        }
    }

    /// The one customer that is meant.
    async fn look_for(self, new: &NewCustomer) -> Result<Option<Customer>, InsertOrFindError> {
        let final_consumer = new.vat == NewCustomer::FINAL_CONSUMER;
        if final_consumer && new.email.trim().is_empty() {
            return Ok(None);
        }
        let (by, list) = if final_consumer {
            ("getByEmail", self.get_by_email(new.email.trim(), Match::Exact))
        } else {
            ("getByVat", self.get_by_vat(&new.vat, Match::Exact))
        };
        let mut found: Vec<_> = list.items().try_collect().await?;
        found.retain(|customer| customer.vat == new.vat);
        if found.len() > 1 {
            let customers = found.iter().map(|customer| customer.customer_id).collect();
            return Err(InsertOrFindError::Ambiguous { by, customers });
        }
        Ok(found.pop())
    }

    /// Who has the number that was sent. Who cannot be read is nobody.
    async fn holder(self, sent: &NewCustomer) -> Holder {
        let list = self.get_by_number(&sent.number, Match::Exact);
        let found: Vec<_> = list.items().try_collect().await.unwrap_or_default();
        let is_sent =
            |customer: &&Customer| customer.vat == sent.vat && customer.name.trim() == sent.name.trim();
        match found.iter().find(is_sent) {
            Some(customer) => Holder::Sent(customer.customer_id),
            None if found.is_empty() => Holder::Nobody,
            None => Holder::Other,
        }
    }
}

/// Who has a number.
enum Holder {
    /// The customer that was sent.
    Sent(CustomerId),
    /// Somebody else.
    Other,
    /// Nobody, as far as is known.
    Nobody,
}

/// Whether another customer has the number.
fn is_taken(error: &Error) -> bool {
    let fields = error.field_errors();
    fields.len() == 1 && fields.iter().all(|f| f.code == ValidationCode::Unique && f.field == "number")
}

/// The tax number as customers are looked for by it.
fn tax_number(customer: &NewCustomer) -> String {
    let portuguese = customer.country_id.get() == 1;
    // Elsewhere spaces may be part of the number.
    let written: String = match customer.vat.trim() {
        vat if portuguese => vat.chars().filter(|c| !c.is_whitespace()).collect(),
        vat => vat.to_owned(),
    };
    let bare = match written.get(..2) {
        Some(prefix) if portuguese && prefix.eq_ignore_ascii_case("PT") => {
            written.get(2..).unwrap_or_default()
        }
        _ => &written,
    };
    if Nif::is_placeholder(bare) { NewCustomer::FINAL_CONSUMER.to_owned() } else { bare.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CountryId;

    #[test]
    fn tax_numbers_are_bare_and_placeholders_are_the_final_consumer() {
        let table = [
            ("501964843", 1, "501964843"),
            (" PT 501 964 843", 1, "501964843"),
            ("pt501964843", 1, "501964843"),
            ("PT501964843", 70, "PT501964843"),
            ("ESB1234567", 70, "ESB1234567"),
            (" 12 345 678 ", 70, "12 345 678"),
            ("", 1, "999999990"),
            ("PT", 1, "999999990"),
            ("999999999", 1, "999999990"),
            ("000000000", 70, "999999990"),
            ("111 111 111", 1, "999999990"),
            ("999999990", 1, "999999990"),
            ("é", 1, "é"),
        ];
        for (written, country, expected) in table {
            let customer = NewCustomer::new("1", "Berta", written).country(CountryId::from(country));
            assert_eq!(tax_number(&customer), expected, "{written}");
        }
    }
}
