//! Documents to write: one body for each type whose fields are established. All are inserted as drafts.

use jiff::civil::Date;
use serde_json::json;

use super::new_body::{Body, CREDITS, Demands, LINES, NewDocument, SETTLES};
use super::{Delivery, NewAssociation, NewLine, NewPayment};
use crate::{
    AddressId, Amount, CurrencyId, CustomerId, DeductionId, DocumentSetId, DocumentTypeId, EacId,
    MaturityDateId, SalesmanId,
};

macro_rules! new_documents {
    ($(
        $(#[$doc:meta])*
        $name:ident($($arg:ident),+) $demands:ident [$($group:ident)*]
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(Body);

        impl NewDocument for $name {
            const DEMANDS: Demands = $demands;

            fn body(&self) -> &Body {
                &self.0
            }
        }

        new_documents! { @new $name($($arg),+) }
        $(new_documents! { @ $group $name })*
    )+};

    (@new $name:ident(date, due, set, customer)) => {
        impl $name {
            /// A draft of `date`, to be paid or valid until `due`, in a series, for a customer.
            pub fn new(date: Date, due: Date, set: DocumentSetId, customer: CustomerId) -> Self {
                let mut body = Body::new(date, set).of(customer);
                body.set("expiration_date", due.to_string());
                Self(body)
            }
        }
    };
    (@new $name:ident(date, set, customer)) => {
        impl $name {
            /// A draft of `date`, in a series, for a customer.
            pub fn new(date: Date, set: DocumentSetId, customer: CustomerId) -> Self {
                Self(Body::new(date, set).of(customer))
            }
        }
    };
    (@new $name:ident(date, set, customer, total)) => {
        impl $name {
            /// A draft of `date`, in a series, for a customer, over `total`.
            pub fn new(date: Date, set: DocumentSetId, customer: CustomerId, total: impl Into<Amount>) -> Self {
                let mut body = Body::new(date, set).of(customer);
                body.amount("net_value", total);
                Self(body)
            }
        }
    };
    (@new $name:ident(date, set, customer, delivery)) => {
        impl $name {
            /// A draft of `date`, in a series, for a customer, with how the goods travel.
            pub fn new(date: Date, set: DocumentSetId, customer: CustomerId, delivery: &Delivery) -> Self {
                let mut body = Body::new(date, set).of(customer);
                body.put(delivery);
                Self(body)
            }
        }
    };
    (@new $name:ident(date, set, kind, delivery)) => {
        impl $name {
            /// A draft of `date`, in a series, for goods that later documents of a type will name, with how they
            /// travel.
            pub fn new(date: Date, set: DocumentSetId, kind: DocumentTypeId, delivery: &Delivery) -> Self {
                let mut body = Body::new(date, set);
                body.set("document_type_id", kind.get());
                body.put(delivery);
                Self(body)
            }
        }
    };

    (@lines $name:ident) => {
        impl $name {
            /// Adds a line. There must be one.
            #[must_use]
            pub fn line(mut self, line: NewLine) -> Self {
                self.0.lines.push(line);
                self
            }
        }
    };
    (@our_reference $name:ident) => {
        impl $name {
            /// Sets the company's own reference. Choose one that no other document of this type has, such as the id
            /// of the order in your system: the document is found again by it. Space around it is dropped.
            #[must_use]
            pub fn our_reference(mut self, reference: impl Into<String>) -> Self {
                self.0.set("our_reference", reference.into().trim());
                self
            }
        }
    };
    (@your_reference $name:ident) => {
        impl $name {
            /// Sets the other party's reference. Where a type has no reference of the company's own, the document is
            /// found again by this one.
            #[must_use]
            pub fn your_reference(mut self, reference: impl Into<String>) -> Self {
                self.0.set("your_reference", reference.into().trim());
                self
            }
        }
    };
    (@associations $name:ident) => {
        impl $name {
            /// Adds a document that this one settles, credits or derives from.
            #[must_use]
            pub fn associated(mut self, association: NewAssociation) -> Self {
                self.0.associations.push(association);
                self
            }

            /// Sets notes about these documents.
            #[must_use]
            pub fn related_documents_notes(mut self, text: impl Into<String>) -> Self {
                self.0.set("related_documents_notes", text.into());
                self
            }
        }
    };
    (@payments $name:ident) => {
        impl $name {
            /// Adds a payment. Without any, a document that is paid by itself gets one of the whole total, by the
            /// company's default method.
            #[must_use]
            pub fn payment(mut self, payment: NewPayment) -> Self {
                self.0.payments.push(payment);
                self
            }
        }
    };
    (@notes $name:ident) => {
        impl $name {
            /// Sets notes that are printed on it. `<br>` breaks the line.
            #[must_use]
            pub fn notes(mut self, text: impl Into<String>) -> Self {
                self.0.set("notes", text.into());
                self
            }
        }
    };
    (@financial_discount $name:ident) => {
        impl $name {
            /// Sets the discount on the whole document in percent.
            #[must_use]
            pub fn financial_discount(mut self, percent: impl Into<Amount>) -> Self {
                self.0.amount("financial_discount", percent);
                self
            }
        }
    };
    (@special_discount $name:ident) => {
        impl $name {
            /// Sets a discount on the whole document in money.
            #[must_use]
            pub fn special_discount(mut self, amount: impl Into<Amount>) -> Self {
                self.0.amount("special_discount", amount);
                self
            }
        }
    };
    (@salesman $name:ident) => {
        impl $name {
            /// Sets who sold, and their commission in percent.
            #[must_use]
            pub fn salesman(mut self, id: SalesmanId, commission: impl Into<Amount>) -> Self {
                self.0.set("salesman_id", id.get());
                self.0.amount("salesman_commission", commission);
                self
            }
        }
    };
    (@deduction $name:ident) => {
        impl $name {
            /// Sets the tax that the customer withholds.
            #[must_use]
            pub fn deduction_id(mut self, id: DeductionId) -> Self {
                self.0.set("deduction_id", id.get());
                self
            }
        }
    };
    (@delivery $name:ident) => {
        impl $name {
            /// Sets how goods travel.
            #[must_use]
            pub fn delivery(mut self, delivery: &Delivery) -> Self {
                self.0.put(delivery);
                self
            }
        }
    };
    (@terms $name:ident) => {
        impl $name {
            /// Sets the terms of payment. For show: the day that counts is that of the constructor.
            #[must_use]
            pub fn maturity_date_id(mut self, id: MaturityDateId) -> Self {
                self.0.set("maturity_date_id", id.get());
                self
            }

            /// Sets the customer's further address that it goes to.
            #[must_use]
            pub fn alternate_address_id(mut self, id: AddressId) -> Self {
                self.0.set("alternate_address_id", id.get());
                self
            }

            /// Sets the company's activity that it belongs to.
            #[must_use]
            pub fn eac_id(mut self, id: EacId) -> Self {
                self.0.set("eac_id", id.get());
                self
            }

            /// Shows the total in another currency too. Prices stay in the company's own: divide those that you have
            /// by `rate`.
            #[must_use]
            pub fn exchange(mut self, currency: CurrencyId, rate: impl Into<Amount>) -> Self {
                self.0.set("exchange_currency_id", currency.get());
                self.0.amount("exchange_rate", rate);
                self
            }
        }
    };
    (@multibanco $name:ident) => {
        impl $name {
            /// Asks for a reference of Multibanco with it.
            #[must_use]
            pub fn generate_mb_reference(mut self) -> Self {
                self.0.set("generate_mb_reference", 1);
                self
            }
        }
    };
    (@rappel $name:ident) => {
        impl $name {
            /// Grants a bonus for a span of days, in place of crediting lines of documents.
            #[must_use]
            pub fn rappel(mut self, start: Date, end: Date, notes: impl Into<String>) -> Self {
                let rappel = json!({
                    "date_start": start.to_string(), "date_end": end.to_string(), "notes": notes.into(),
                });
                self.0.set("rappel", rappel);
                self
            }
        }
    };
}

new_documents! {
    /// An invoice to write: somebody owes, and pays later.
    NewInvoice(date, due, set, customer) LINES [
        lines our_reference your_reference associations notes financial_discount special_discount salesman deduction
        delivery terms multibanco
    ]

    /// An invoice and its receipt in one to write: it is paid by itself.
    NewInvoiceReceipt(date, due, set, customer) LINES [
        lines our_reference your_reference associations notes financial_discount special_discount salesman deduction
        delivery terms multibanco payments
    ]

    /// A simplified invoice to write, paid on the spot. The law limits its total.
    NewSimplifiedInvoice(date, due, set, customer) LINES [
        lines our_reference your_reference associations notes financial_discount special_discount salesman deduction
        delivery terms multibanco payments
    ]

    /// A debit note to write: somebody owes more than an invoice says.
    NewDebitNote(date, due, set, customer) LINES [
        lines your_reference notes salesman
    ]

    /// An estimate to write: what something would cost, valid until the second day.
    NewEstimate(date, due, set, customer) LINES [
        lines your_reference notes financial_discount special_discount salesman deduction delivery
    ]

    /// A customer's order to write. Its fields are not documented; these are what Moloni's own plugin sends.
    NewPurchaseOrder(date, due, set, customer) LINES [
        lines our_reference your_reference associations notes financial_discount special_discount salesman delivery
        terms
    ]

    /// A receipt to write: a customer paid, and these documents are settled by it. It has no lines and no references.
    NewReceipt(date, set, customer, total) SETTLES [
        associations payments notes
    ]

    /// A return of money to write: the company paid a customer back.
    NewPaymentReturn(date, set, customer, total) SETTLES [
        associations payments notes
    ]

    /// A credit note to write: it takes back lines of documents that are closed, or grants a bonus.
    ///
    /// Each line names the one that it credits, and neither quantity nor price may be above it:
    /// [`NewLine::crediting`] makes one from the other. Associate each document with what is credited of it, or with
    /// zero if it was paid by itself.
    NewCreditNote(date, set, customer) CREDITS [
        lines your_reference associations notes financial_discount salesman deduction rappel
    ]

    /// A delivery note to write.
    NewDeliveryNote(date, set, customer, delivery) LINES [
        lines your_reference associations notes salesman
    ]

    /// A bill of lading to write.
    NewBillOfLading(date, set, customer, delivery) LINES [
        lines your_reference associations notes
    ]

    /// A waybill to write.
    NewWaybill(date, set, customer, delivery) LINES [
        lines your_reference associations notes financial_discount
    ]

    /// A note of goods that a customer returns, to write.
    NewCustomerReturnNote(date, set, customer, delivery) LINES [
        lines your_reference associations notes financial_discount
    ]

    /// A guide for goods that stay the company's own, to write.
    NewOwnAssetsMovementGuide(date, set, customer, delivery) LINES [
        lines your_reference notes
    ]

    /// A guide for goods whose buyers are not known when they leave, to write.
    NewGlobalGuide(date, set, kind, delivery) LINES [
        lines notes
    ]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rust_decimal::Decimal;
    use serde_json::Value;

    use super::*;
    use crate::issuing::Key;
    use crate::types::LineTax;
    use crate::{DocumentId, DocumentLineId, PaymentMethodId, ProductId, TaxId};

    fn line() -> NewLine {
        let tax = LineTax::new(TaxId::from(9), Decimal::from(23));
        NewLine::new(ProductId::from(61), "Banco", Decimal::TWO, Decimal::TEN).tax(tax)
    }

    fn invoice() -> NewInvoice {
        NewInvoice::new(date(2026, 7, 1), date(2026, 7, 31), DocumentSetId::from(3), CustomerId::from(7))
    }

    fn checked<T: NewDocument>(new: &T) -> Result<Value, String> {
        new.body().checked(T::DEMANDS).map(Value::Object)
    }

    #[test]
    fn an_invoice_has_the_service_s_names() {
        let new = invoice()
            .line(line())
            .our_reference("loja-1")
            .your_reference("PED-1")
            .associated(NewAssociation::new(DocumentId::from(4), Decimal::ONE))
            .related_documents_notes("a")
            .notes("b")
            .financial_discount(Decimal::new(25, 1))
            .special_discount(Decimal::ONE)
            .salesman(SalesmanId::from(5), Decimal::TWO)
            .deduction_id(DeductionId::from(6))
            .delivery(&Delivery::at(date(2026, 7, 2).at(9, 0, 0, 0)))
            .maturity_date_id(MaturityDateId::from(8))
            .alternate_address_id(AddressId::from(9))
            .eac_id(EacId::from(10))
            .exchange(CurrencyId::from(2), Decimal::new(11, 1))
            .generate_mb_reference();
        let expected = json!({
            "date": "2026-07-01", "expiration_date": "2026-07-31", "document_set_id": 3, "customer_id": 7,
            "products": [line()], "our_reference": "loja-1", "your_reference": "PED-1",
            "associated_documents": [{ "associated_id": 4, "value": 1 }], "related_documents_notes": "a",
            "notes": "b", "financial_discount": 2.5, "special_discount": 1, "salesman_id": 5,
            "salesman_commission": 2, "deduction_id": 6, "delivery_datetime": "2026-07-02 09:00:00",
            "maturity_date_id": 8, "alternate_address_id": 9, "eac_id": 10, "exchange_currency_id": 2,
            "exchange_rate": 1.1, "generate_mb_reference": 1,
        });
        assert_eq!(checked(&new).unwrap(), expected);
    }

    #[test]
    fn a_receipt_names_what_it_settles() {
        let receipt = NewReceipt::new(
            date(2026, 7, 1),
            DocumentSetId::from(3),
            CustomerId::from(7),
            Decimal::new(1_230, 2),
        );
        assert!(checked(&receipt).unwrap_err().contains("settles"));
        let at = date(2026, 7, 1).at(12, 0, 0, 0);
        let receipt = receipt
            .associated(NewAssociation::new(DocumentId::from(4), Decimal::new(123, 1)))
            .payment(NewPayment::new(PaymentMethodId::from(1), at, Decimal::new(123, 1)));
        let body = checked(&receipt).unwrap();
        assert_eq!(
            (&body["net_value"], &body["associated_documents"][0]["value"]),
            (&json!(12.3), &json!(12.3))
        );
        assert_eq!(body["payments"].as_array().unwrap().len(), 1);
        let key = receipt.body().key(None);
        let expected = Key::Settles {
            day: date(2026, 7, 1),
            total: Decimal::new(123, 1).into(),
            documents: [DocumentId::from(4)].into(),
        };
        assert_eq!(key, Some(expected));
    }

    #[test]
    fn a_credit_note_credits_lines_or_grants_a_bonus() {
        let new = || NewCreditNote::new(date(2026, 7, 1), DocumentSetId::from(3), CustomerId::from(7));
        let of = NewAssociation::new(DocumentId::from(4), Decimal::ZERO);
        assert!(
            checked(&new().line(line()).associated(of)).unwrap_err().starts_with("line 1: it does not say")
        );
        let credit = line().related_id(DocumentLineId::from(801));
        assert!(checked(&new().line(credit.clone())).unwrap_err().contains("which documents"));
        checked(&new().line(credit).associated(of)).unwrap();
        let bonus = new().line(line()).rappel(date(2026, 1, 1), date(2026, 6, 30), "semestre");
        assert_eq!(checked(&bonus).unwrap()["rappel"]["date_end"], "2026-06-30");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(checked(&invoice()).unwrap_err(), "it has no lines");
        let bare = NewLine::new(ProductId::from(1), "x", Decimal::ONE, Decimal::ONE);
        let wrong = checked(&invoice().line(line()).line(bare)).unwrap_err();
        assert_eq!(wrong, "line 2: it has neither a tax nor a reason for the exemption");
    }

    #[test]
    fn a_document_is_found_again_by_its_reference() {
        let key = |new: NewInvoice| new.body().key(Some("our_reference"));
        for new in [invoice(), invoice().our_reference(" "), invoice().your_reference("b")] {
            assert_eq!(key(new), None);
        }
        let expected = Key::Reference { field: "our_reference", text: "a".to_owned() };
        assert_eq!(key(invoice().our_reference("a").your_reference("b")), Some(expected));
    }
}
