use serde_json::{Map, Value};

use crate::resources::Customers;
use crate::types::{Customer, NewCustomer};
use crate::{CustomerId, Error};

/// A customer after [`Customers::edit`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Edited {
    /// The customer as the service has it now.
    pub customer: Customer,
    /// The fields that are not as they were sent. Empty if all is well.
    pub ignored: Vec<Ignored>,
}

/// A field that is not as it was sent, although the service said that the write was done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Ignored {
    /// Its name on the wire.
    pub field: String,
    /// What was sent.
    pub sent: Value,
    /// What the service has.
    pub kept: Value,
}

impl Customers<'_> {
    /// Changes some fields of a customer: reads them, lets `change` make of the fields what it wants, writes all of
    /// them, reads them again and compares.
    ///
    /// An update replaces everything, so what is not changed must be sent as it was. And an update is not always
    /// carried out: once a document names the customer, changes of `vat` and `number` are dropped, and the answer is
    /// that of a success. Such a field is in [`Edited::ignored`]; whoever expects the change must look there.
    ///
    /// If nothing changes, nothing is written.
    ///
    /// If somebody else edits the customer between the first read and the write, their change is undone: the service
    /// has no versions, and nothing can be done but to keep the time short, which it is. If they edit between the
    /// write and the second read, [`Edited::customer`] shows their value, and so does [`Ignored::kept`].
    ///
    /// `POST /customers/getOne/`, `/customers/update/`, `/customers/getOne/`. A write whose outcome is not known
    /// counts as done if the second read finds everything as it was sent.
    ///
    /// ```no_run
    /// # async fn example(client: moloni_client::Client) -> Result<(), moloni_client::Error> {
    /// use moloni_client::CustomerId;
    ///
    /// let edited = client.customers().edit(CustomerId::from(41), |_, fields| fields.vat("501964843")).await?;
    /// for field in &edited.ignored {
    ///     println!("{} is still as it was", field.field);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind: `NotFound` if there is no such customer, `Validation` if a field is wrong. With
    /// [`outcome_unknown`](Error::outcome_unknown) the write may have been done or be done later.
    pub async fn edit(
        self,
        id: CustomerId,
        change: impl FnOnce(&Customer, NewCustomer) -> NewCustomer,
    ) -> Result<Edited, Error> {
        let before = self.get_one(id).await?;
        let fields = NewCustomer::of(&before);
        let wanted = change(&before, fields.clone());
        if wanted == fields {
            return Ok(Edited { customer: before, ignored: Vec::new() });
        }
        let written = self.update(id, &wanted).await;
        match written {
            Err(error) if error.outcome_unknown() => match self.get_one(id).await {
                Ok(customer) if NewCustomer::of(&customer) == wanted => {
                    Ok(Edited { customer, ignored: Vec::new() })
                }
                _ => Err(error),
            },
            Err(error) => Err(error),
            Ok(()) => {
                let customer = self.get_one(id).await?;
                let ignored = differing(&wanted, &NewCustomer::of(&customer));
                Ok(Edited { customer, ignored })
            }
        }
    }
}

/// The fields in which `kept` is not `sent`.
fn differing(sent: &NewCustomer, kept: &NewCustomer) -> Vec<Ignored> {
    let (sent, mut kept) = (fields(sent), fields(kept));
    let mut ignored = Vec::new();
    for (field, sent) in sent {
        let kept = kept.remove(&field).unwrap_or_default();
        if sent != kept {
            ignored.push(Ignored { field, sent, kept });
        }
    }
    // What was not sent, and is there.
    ignored.extend(kept.into_iter().map(|(field, kept)| Ignored { field, sent: Value::Null, kept }));
    ignored
}

/// The fields as they are sent.
fn fields(customer: &NewCustomer) -> Map<String, Value> {
    match serde_json::to_value(customer) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_named_with_both_values() {
        let base = NewCustomer::new("1", "Berta", "999999990");
        assert_eq!(differing(&base, &base), []);
        let sent = base.clone().vat("501964843").discount(rust_decimal::Decimal::new(50, 1));
        let kept = base.discount(rust_decimal::Decimal::new(5, 0)).qty_copies_document(3);
        let ignored = differing(&sent, &kept);
        let told: Vec<_> =
            ignored.iter().map(|i| (i.field.as_str(), i.sent.clone(), i.kept.clone())).collect();
        assert_eq!(
            told,
            [("vat", json!("501964843"), json!("999999990")), ("qty_copies_document", json!(null), json!(3)),]
        );
    }
}
