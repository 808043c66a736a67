use fastrand::Rng;
use serde::Serialize;
use serde_json::{Value, json};

use super::people::Person;
use crate::mapping::ContactFields;

/// Made-up customers, some of whom the CRM knows already.
///
/// Of 250 customers 40 are contacts already (10 of them lack something, 3 are spelled differently) and 5 cannot be
/// matched safely: two share an e-mail address, one has the tax number of one contact and the e-mail of another, one
/// has a tax number that two contacts have, one has nothing to know him by. Among the others, six share their tax
/// number with a second branch, and every seventh has no e-mail address. The shares are the same for other numbers.
#[derive(Debug, Clone)]
pub struct Population {
    customers: usize,
    seed: u64,
}

/// What a first run over a [`Population`] must find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Expected {
    /// Contacts that are created.
    pub created: usize,
    /// Customers that are paired with a contact that is there, which gets what it lacks.
    pub linked: usize,
    /// Customers that a person must decide about.
    pub review: usize,
    /// Notes that are written.
    pub notes: usize,
    /// Tasks that are created.
    pub tasks: usize,
    /// Notes and tasks that wait for a review.
    pub waiting: usize,
}

/// Why a customer cannot be matched.
#[derive(Debug, Clone, Copy)]
enum Unclear {
    SharedEmail,
    TwoContacts,
    DoubledContact,
    NothingKnown,
}

/// Who a customer is to the CRM.
#[derive(Debug, Clone, Copy)]
enum Known {
    No,
    /// Equal in all fields.
    Fully,
    /// Without phone and city.
    InPart,
    /// Under another spelling of the name.
    Otherwise,
    Unclear(Unclear),
}

const INVOICE: u32 = 1;
const SIMPLIFIED_INVOICE: u32 = 20;
const CREDIT_NOTE: u32 = 3;
const ANNULLED: u32 = 2;
const DRAFT: u32 = 0;

impl Population {
    /// That many customers, made up from `seed`.
    pub fn new(customers: usize, seed: u64) -> Self {
        Self { customers, seed }
    }

    fn known(&self, position: usize) -> Known {
        let (linked, unclear) = (self.customers * 4 / 25, self.unclear());
        let first_unclear = self.customers - unclear;
        if position >= first_unclear {
            return Known::Unclear(match (position - first_unclear) % 5 {
                0 | 1 => Unclear::SharedEmail,
                2 => Unclear::TwoContacts,
                3 => Unclear::DoubledContact,
                _ => Unclear::NothingKnown,
            });
        }
        match position {
            p if p >= linked => Known::No,
            p if p < linked / 4 => Known::InPart,
            p if p < linked / 4 + 3 => Known::Otherwise,
            _ => Known::Fully,
        }
    }

    /// Five in 250, and five for a smaller population that has room for them.
    fn unclear(&self) -> usize {
        match self.customers {
            0..25 => 0,
            25..250 => 5,
            n => n / 250 * 5,
        }
    }

    /// Puts the customers into Moloni, and those it knows into the CRM.
    ///
    /// # Errors
    ///
    /// A sandbox refuses a record.
    pub fn fill(
        &self,
        ghl: &ghl_contacts::sandbox::Sandbox,
        moloni: &moloni_client::sandbox::Sandbox,
    ) -> Result<Expected, String> {
        let mut random = Rng::with_seed(self.seed);
        let nif_field = ghl.add_custom_field(&ContactFields::default().nif, "TEXT")?;
        let mut expected = Expected::default();
        let mut shared = None;
        for (number, position) in (1..).zip(0..self.customers) {
            let known = self.known(position);
            let mut person = Person::new(number, &mut random);
            self.make_special(position, known, &mut person, &mut shared);
            let notes = position % 4 == 1;
            let customer = moloni.add_customer(customer_row(number, &person, notes))?;
            for contact in contacts(number, known, &person, &nif_field) {
                ghl.add_contact(contact)?;
            }
            let (facts, tasks) = add_documents(moloni, customer, &mut random)?;
            let derived = facts + usize::from(notes);
            match known {
                Known::No => expected.created += 1,
                // Of those who are contacts already, Moloni's number and the tags are not there yet.
                Known::Fully | Known::Otherwise | Known::InPart => expected.linked += 1,
                Known::Unclear(_) => {
                    expected.review += 1;
                    expected.waiting += derived + tasks;
                    continue;
                }
            }
            expected.notes += derived;
            expected.tasks += tasks;
        }
        Ok(expected)
    }

    /// Missing e-mails, second branches, and whatever makes a customer unclear.
    fn make_special(&self, position: usize, known: Known, person: &mut Person, shared: &mut Option<String>) {
        match known {
            Known::No => {
                if position.is_multiple_of(7) {
                    person.email.clear();
                }
                // Three pairs of branches: the second of a pair has the first one's tax number.
                let first_new = self.customers * 4 / 25;
                match position - first_new {
                    0 | 2 | 4 => *shared = Some(person.nif.clone()),
                    1 | 3 | 5 => person.nif = shared.take().unwrap_or_default(),
                    _ => {}
                }
            }
            Known::Unclear(Unclear::SharedEmail) => match shared.take() {
                Some(email) => person.email = email,
                None => *shared = Some(person.email.clone()),
            },
            Known::Unclear(Unclear::NothingKnown) => {
                "999999990".clone_into(&mut person.nif);
                person.email.clear();
                person.phone.clear();
            }
            _ => {}
        }
    }
}

fn customer_row(number: u32, person: &Person, notes: bool) -> Value {
    // As people type it: without the country's prefix, in groups.
    let phone = person.phone.strip_prefix("+351").unwrap_or_default();
    json!({
        "number": format!("{number:05}"),
        "name": person.name,
        "vat": person.nif,
        "email": person.email,
        "phone": phone,
        "address": person.address,
        "city": person.city,
        "zip_code": person.postal_code,
        "country_id": 1,
        "notes": if notes { format!("Cliente n.º {number}: prefere ser contactado de manhã.") } else { String::new() },
    })
}

/// What the CRM knows of a customer.
fn contacts(number: u32, known: Known, person: &Person, nif_field: &str) -> Vec<Value> {
    let base = |name: &str, nif: Option<&str>| {
        json!({
            "name": name,
            "customFields": nif.map(|n| json!({ "id": nif_field, "field_value": n })).into_iter().collect::<Vec<_>>(),
        })
    };
    let with = |mut contact: Value, fields: Value| {
        if let (Some(contact), Value::Object(fields)) = (contact.as_object_mut(), fields) {
            contact.extend(fields);
        }
        contact
    };
    let whole = json!({
        "email": person.email,
        "phone": person.phone,
        "address1": person.address,
        "city": person.city,
        "postalCode": person.postal_code,
        "country": "PT",
    });
    match known {
        Known::No | Known::Unclear(Unclear::SharedEmail | Unclear::NothingKnown) => Vec::new(),
        Known::Fully => vec![with(base(&person.name, Some(&person.nif)), whole)],
        Known::Otherwise => vec![with(base(&format!("{} (antigo)", person.name), Some(&person.nif)), whole)],
        Known::InPart => {
            let part = json!({
                "email": person.email,
                "address1": person.address,
                "postalCode": person.postal_code,
                "country": "PT",
            });
            vec![with(base(&person.name, Some(&person.nif)), part)]
        }
        Known::Unclear(Unclear::TwoContacts) => vec![
            base(&person.name, Some(&person.nif)),
            with(base("Alguém com o mesmo e-mail", None), json!({ "email": person.email })),
        ],
        Known::Unclear(Unclear::DoubledContact) => {
            let mail = |n: u32| json!({ "email": format!("registo.{number}.{n}@example.pt") });
            vec![
                with(base(&person.name, Some(&person.nif)), mail(1)),
                with(base(&format!("{} (2)", person.name), Some(&person.nif)), mail(2)),
            ]
        }
    }
}

/// Up to three documents of a customer. Gives the notes and the tasks that follow from them.
fn add_documents(
    moloni: &moloni_client::sandbox::Sandbox,
    customer: u64,
    random: &mut Rng,
) -> Result<(usize, usize), String> {
    let (mut notes, mut tasks) = (0, 0);
    for _ in 0..random.u32(0..3) {
        let (kind, status) = match random.u32(0..20) {
            0 => (INVOICE, DRAFT),
            1 => (CREDIT_NOTE, 1),
            2 => (INVOICE, ANNULLED),
            3..8 => (SIMPLIFIED_INVOICE, 1),
            _ => (INVOICE, 1),
        };
        let cents = random.u32(500..250_000);
        let (month, day) = (random.u32(1..=12), random.u32(1..=28));
        let document = json!({
            "customer_id": customer,
            "document_type_id": kind,
            "status": status,
            "net_value": format!("{}.{:02}", cents / 100, cents % 100),
            "date": format!("2026-{month:02}-{day:02}"),
            "expiration_date": format!("2026-{month:02}-28"),
        });
        moloni.add_document(document)?;
        // A draft and an annulled invoice call for nothing new.
        match (kind, status) {
            (INVOICE, 1) => {
                notes += 1;
                tasks += 1;
            }
            (SIMPLIFIED_INVOICE | CREDIT_NOTE, 1) => notes += 1,
            _ => {}
        }
    }
    Ok((notes, tasks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_those_of_the_description() {
        let population = Population::new(250, 1);
        let known: Vec<_> = (0..250).map(|p| population.known(p)).collect();
        let count = |wanted: fn(&Known) -> bool| known.iter().filter(|k| wanted(k)).count();
        assert_eq!(count(|k| matches!(k, Known::No)), 205);
        assert_eq!(count(|k| matches!(k, Known::InPart)), 10);
        assert_eq!(count(|k| matches!(k, Known::Otherwise)), 3);
        assert_eq!(count(|k| matches!(k, Known::Fully)), 27);
        assert_eq!(count(|k| matches!(k, Known::Unclear(_))), 5);
    }
}
