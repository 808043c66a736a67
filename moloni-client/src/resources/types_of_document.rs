//! The types of document, each with its entity and what it can do.

use sync_core::http::Operation;

use super::{DocumentsOf, operation};
use crate::Client;
use crate::types::NewDocument;

/// The operations of one type of document.
#[derive(Debug)]
pub struct Operations {
    pub(super) count: Operation,
    pub(super) get_all: Operation,
    pub(super) get_one: Operation,
    pub(super) get_modified_since: Operation,
    pub(super) count_modified_since: Operation,
    pub(super) insert: Operation,
    pub(super) update: Operation,
    pub(super) delete: Operation,
    pub(super) generate_mb_reference: Operation,
    pub(super) set_transport_code: Operation,
}

/// A type of document, as a type of Rust: see [`DocumentsOf`].
///
/// This crate alone has them.
pub trait OfDocument: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const OPERATIONS: &'static Operations;
}

/// A type whose fields are established, so that it can be written.
pub trait Insertable: OfDocument {
    /// The body of a new one.
    type New: NewDocument;
}

/// A type that has something to be found again by, so that it can be issued without fear of a second one.
pub trait Issuable: Insertable {
    /// The field of its reference; `None` if it is found by what it settles.
    #[doc(hidden)]
    const REFERENCE: Option<&'static str>;
}

/// A type whose fields are not established: it is written as it is given.
pub trait InsertableRaw: OfDocument {
    /// The field of the other party.
    #[doc(hidden)]
    const PARTY: &'static str;
}

/// A type that can be paid by a reference of Multibanco.
pub trait PayableByMb: OfDocument {}

/// A type that goes with goods, and so bears the tax authority's code for a transport.
pub trait Transported: OfDocument {}

macro_rules! types_of_document {
    ($(
        $(#[$doc:meta])*
        $name:ident $accessor:ident($entity:literal)
            [$(new $new:ident)? $(found by $key:literal)? $(found by its $settles:ident)? $(raw $party:literal)? $(, $can:ident)*]
    )+) => {
        /// The types of document. Each is a name and no value: [`Client::invoices`](crate::Client::invoices) gives
        /// [`DocumentsOf`](super::DocumentsOf)`<Invoices>`.
        pub mod of {$(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
        )+}

        $(
            impl OfDocument for of::$name {
                const OPERATIONS: &'static Operations = &Operations {
                    count: operation!($entity "count" read),
                    get_all: operation!($entity "getAll" read),
                    get_one: operation!($entity "getOne" read),
                    get_modified_since: operation!($entity "getModifiedSince" read),
                    count_modified_since: operation!($entity "countModifiedSince" read),
                    insert: operation!($entity "insert" write),
                    update: operation!($entity "update" write),
                    delete: operation!($entity "delete" write),
                    generate_mb_reference: operation!($entity "generateMBReference" write),
                    set_transport_code: operation!($entity "setTransportCode" write),
                };
            }

            $(impl Insertable for of::$name {
                type New = crate::types::$new;
            })?
            $(impl Issuable for of::$name {
                const REFERENCE: Option<&'static str> = Some($key);
            })?
            $(impl Issuable for of::$name {
                // It is found by what it settles.
                const REFERENCE: Option<&'static str> = types_of_document!(@$settles);
            })?
            $(impl InsertableRaw for of::$name {
                const PARTY: &'static str = $party;
            })?
            $(impl $can for of::$name {})*
        )+

        impl Client {$(
            $(#[$doc])*
            ///
            #[doc = concat!("The service's `", $entity, "`.")]
            pub fn $accessor(&self) -> DocumentsOf<'_, of::$name> {
                DocumentsOf::new(self)
            }
        )+}

        #[cfg(test)]
        const ENTITIES: &[(&str, &Operations)] = &[$(($entity, of::$name::OPERATIONS)),+];
    };
    (@settlement) => { None };
}

types_of_document! {
    /// Invoices: a customer owes, and pays later. A receipt settles them.
    Invoices invoices("invoices") [new NewInvoice found by "our_reference", PayableByMb]
    /// Receipts: a customer paid, and these documents are settled by it.
    Receipts receipts("receipts") [new NewReceipt found by its settlement]
    /// Credit notes: what was invoiced is taken back, in whole or in part.
    CreditNotes credit_notes("creditNotes") [new NewCreditNote found by "your_reference"]
    /// Debit notes: a customer owes more than an invoice says.
    DebitNotes debit_notes("debitNotes") [new NewDebitNote found by "your_reference"]
    /// Simplified invoices: paid by themselves, on the spot, up to the total that the law allows.
    SimplifiedInvoices simplified_invoices("simplifiedInvoices") [new NewSimplifiedInvoice found by "our_reference", PayableByMb]
    /// Invoices and their receipts in one: paid by themselves.
    InvoiceReceipts invoice_receipts("invoiceReceipts") [new NewInvoiceReceipt found by "our_reference", PayableByMb]
    /// Estimates: what something would cost.
    Estimates estimates("estimates") [new NewEstimate found by "your_reference"]
    /// Internal documents. Their fields are not established.
    InternalDocuments internal_documents("internalDocuments") [raw "customer_id"]
    /// Customers' orders.
    PurchaseOrders purchase_orders("purchaseOrder") [new NewPurchaseOrder found by "our_reference"]
    /// Returns of money: the company paid a customer back.
    PaymentReturns payment_returns("paymentReturns") [new NewPaymentReturn found by its settlement]
    /// Notes of goods that customers return.
    CustomerReturnNotes customer_return_notes("customerReturnNotes") [new NewCustomerReturnNote found by "your_reference", Transported]
    /// Delivery notes.
    DeliveryNotes delivery_notes("deliveryNotes") [new NewDeliveryNote found by "your_reference", Transported]
    /// Bills of lading.
    BillsOfLading bills_of_lading("billsOfLading") [new NewBillOfLading found by "your_reference", Transported]
    /// Waybills.
    Waybills waybills("waybills") [new NewWaybill found by "your_reference", Transported]
    /// Guides for goods that move and stay the company's own.
    OwnAssetsMovementGuides own_assets_movement_guides("ownAssetsMovementGuides") [new NewOwnAssetsMovementGuide found by "your_reference", Transported]
    /// Guides for goods whose buyers are not known when they leave. They have no reference to be found again by.
    GlobalGuides global_guides("globalGuides") [new NewGlobalGuide, Transported]
    /// Orders to suppliers. Their fields are not established.
    SupplierPurchaseOrders supplier_purchase_orders("supplierPurchaseOrder") [raw "supplier_id"]
    /// Suppliers' invoices. Their fields are not established.
    SupplierInvoices supplier_invoices("supplierInvoices") [raw "supplier_id"]
    /// Suppliers' simplified invoices. Their fields are not established.
    SupplierSimplifiedInvoices supplier_simplified_invoices("supplierSimplifiedInvoices") [raw "supplier_id"]
    /// Suppliers' credit notes. Their fields are not established.
    SupplierCreditNotes supplier_credit_notes("supplierCreditNotes") [raw "supplier_id"]
    /// Suppliers' debit notes. Their fields are not established.
    SupplierDebitNotes supplier_debit_notes("supplierDebitNotes") [raw "supplier_id"]
    /// Notes of goods that go back to suppliers. Their fields are not established.
    SupplierReturnNotes supplier_return_notes("supplierReturnNotes") [raw "supplier_id"]
    /// Suppliers' receipts. Their fields are not established.
    SupplierReceipts supplier_receipts("supplierReceipts") [raw "supplier_id"]
    /// Claims on suppliers' warranties. Their fields are not established.
    SupplierWarrantyRequests supplier_warranty_requests("supplierWarrantyRequests") [raw "supplier_id"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_entity_and_a_write_says_that_it_is_one() {
        assert_eq!(ENTITIES.len(), 24);
        for (entity, operations) in ENTITIES {
            assert_eq!(operations.get_one.name(), format!("{entity}.getOne"));
            assert_eq!(operations.insert.template(), format!("/{entity}/insert/"));
            let read = [&operations.count, &operations.get_all, &operations.get_modified_since];
            assert!(read.iter().all(|operation| operation.idempotency().is_read()), "{entity}");
            for write in [
                &operations.insert,
                &operations.update,
                &operations.delete,
                &operations.generate_mb_reference,
                &operations.set_transport_code,
            ] {
                assert_eq!(write.idempotency(), sync_core::Idempotency::NotIdempotent, "{entity}");
            }
        }
    }
}
