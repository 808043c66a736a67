//! The types of document, each written as it can be and read like all others.

use moloni_client::jiff::civil::date;
use moloni_client::resources::{
    DocumentsOf, Insertable, InsertableRaw, OfDocument, PayableByMb, Transported,
};
use moloni_client::types::{
    Delivery, LineTax, NewAssociation, NewBillOfLading, NewCreditNote, NewCustomerReturnNote, NewDebitNote,
    NewDeliveryNote, NewEstimate, NewGlobalGuide, NewInvoice, NewInvoiceReceipt, NewLine,
    NewOwnAssetsMovementGuide, NewPaymentReturn, NewPurchaseOrder, NewReceipt, NewSimplifiedInvoice,
    NewWaybill,
};
use moloni_client::{
    Amount, Client, CountryId, CustomerId, Date, Decimal, DocumentId, DocumentQuery, DocumentSetId, Timestamp,
};
use serde_json::{Map, Value, json};

use super::stage::Stage;
use super::{NO_COMPANY, rows};

/// Later than the days of the sandbox's own documents.
pub(super) const DAY: Date = date(2026, 7, 1);

/// What a line of a product that nobody has is told.
const NO_PRODUCT: [&str; 1] = ["2 product_id 1 0 at [0]"];

/// A customer who buys.
pub(super) struct Shop<'a> {
    stage: &'a Stage,
    pub(super) set: DocumentSetId,
    pub(super) customer: CustomerId,
}

impl<'a> Shop<'a> {
    pub(super) fn open(stage: &'a Stage) -> Self {
        let customer = json!({ "name": "Livraria Inventada", "vat": "123456789" });
        let customer = stage.sandbox.add_customer(customer).unwrap();
        Self { stage, set: stage.keys().document_set_id.into(), customer: customer.into() }
    }

    /// So many shelves of 12.30, VAT included.
    pub(super) fn line(&self, qty: i64) -> NewLine {
        let (keys, price) = (self.stage.keys(), Decimal::from(10));
        let vat = LineTax::new(keys.tax_id.into(), Decimal::from(23));
        NewLine::new(keys.product_id.into(), "Estante", Decimal::from(qty), price).tax(vat)
    }

    /// A closed invoice of ten shelves.
    async fn invoice(&self) -> DocumentId {
        let invoices = self.stage.client.invoices();
        let new = NewInvoice::new(DAY, DAY, self.set, self.customer).line(self.line(10));
        let id = invoices.insert(&new).await.unwrap();
        invoices.close(&invoices.get_detail(id).await.unwrap()).await.unwrap();
        id
    }

    /// A body by the service's own names.
    fn raw(&self, party: &str, id: u64, line: &NewLine) -> Map<String, Value> {
        let fields = json!({
            "date": "2026-07-01", "expiration_date": "2026-07-31", "document_set_id": self.set, party: id,
            "products": [line],
        });
        fields.as_object().unwrap().clone()
    }
}

fn euros(cents: i64) -> Amount {
    Decimal::new(cents, 2).into()
}

/// The handle of a type.
type Of<T> = for<'a> fn(&'a Client) -> DocumentsOf<'a, T>;

/// A body, what to replace it by, and one that is wrong in the same way for both, with its codes.
struct Bodies<'a, B> {
    new: B,
    other: B,
    wrong: B,
    codes: &'a [&'a str],
    /// What they come to.
    totals: [Amount; 2],
}

impl<B> Bodies<'_, B> {
    /// With a line, with another, and with one of a product that nobody has.
    fn of(shop: &Shop<'_>, body: impl Fn(NewLine) -> B) -> Self {
        let totals = [euros(12_30), euros(24_60)];
        let nothing = NewLine::new(1.into(), "Nada", Decimal::ONE, Decimal::ONE).exempt("M07");
        Self {
            new: body(shop.line(1)),
            other: body(shop.line(2)),
            wrong: body(nothing),
            codes: &NO_PRODUCT,
            totals,
        }
    }

    /// Over 5 euros, over 6, and over more than there is to settle.
    fn over(body: impl Fn(i64) -> B) -> Self {
        let totals = [euros(5_00), euros(6_00)];
        Self {
            new: body(5),
            other: body(6),
            wrong: body(500),
            codes: &["2 value 0 null null 0 123 at [0]"],
            totals,
        }
    }
}

async fn typed<T: Insertable>(stage: &Stage, entity: &str, of: Of<T>, bodies: Bodies<'_, T::New>) {
    let (handle, op) = (of(&stage.client), |method| format!("{entity}.{method}"));
    let Bodies { new, other, wrong, codes, totals } = bodies;
    let total = async |id| handle.get_one(id).await.unwrap().net_value;
    let (before, moment) = (handle.count(DocumentQuery::new()).await.unwrap(), stage.later());
    rows! { stage:
        op("insert"), handle.insert(&new) => id => total(id).await == totals[0], not handle.insert(&wrong) => *codes;
        op("update"), handle.update(id, &other) => () => total(id).await == totals[1],
            not handle.update(id, &wrong) => *codes;
    }
    Box::pin(read(stage, entity, of, (id, before, moment))).await;
}

async fn raw<T: InsertableRaw>(
    stage: &Stage,
    entity: &str,
    of: Of<T>,
    bodies: Bodies<'_, Map<String, Value>>,
) {
    let (handle, op) = (of(&stage.client), |method| format!("{entity}.{method}"));
    let Bodies { new, other, wrong, codes, totals } = bodies;
    let total = async |id| handle.get_one(id).await.unwrap().net_value;
    let (before, moment) = (handle.count(DocumentQuery::new()).await.unwrap(), stage.later());
    rows! { stage:
        op("insert"), handle.insert_raw(new.clone()) => id => total(id).await == totals[0],
            not handle.insert_raw(wrong.clone()) => *codes;
        op("update"), handle.update_raw(id, other.clone()) => () => total(id).await == totals[1],
            not handle.update_raw(id, wrong.clone()) => *codes;
    }
    Box::pin(read(stage, entity, of, (id, before, moment))).await;
}

/// Reads what was made, after how many others and since when, and deletes it.
async fn read<T: OfDocument>(
    stage: &Stage,
    entity: &str,
    of: Of<T>,
    (id, before, moment): (DocumentId, u64, Timestamp),
) {
    let (handle, nowhere, op) =
        (of(&stage.client), of(&stage.nowhere), |method| format!("{entity}.{method}"));
    let all = DocumentQuery::new;
    rows! { stage:
        op("getOne"), handle.get_one(id) => one => one.document_id == id,
            not handle.get_one(0.into()) => ["2 document_id 1 0"];
        op("getAll"), handle.get_all(all()).page(0)
                => page => page.items.len() as u64 == before + 1 && page.items[0].net_value == one.net_value && page.items[0].extra.is_empty(),
            not nowhere.get_all(all()).page(0) => NO_COMPANY;
        op("count"), handle.count(all()) => count => count == before + 1, not nowhere.count(all()) => NO_COMPANY;
        op("getModifiedSince"), handle.get_modified_since(moment, all()).page(0)
                => page => page.items.len() == 1 && page.items[0].document_id == id,
            not nowhere.get_modified_since(moment, all()).page(0) => NO_COMPANY;
        op("countModifiedSince"), handle.count_modified_since(moment, all()) => count => count == 1,
            not nowhere.count_modified_since(moment, all()) => NO_COMPANY;
        op("delete"), handle.delete(id)
                => () => handle.find_one(id).await.unwrap().is_none()
                    && handle.count(all()).await.unwrap() == before,
            not handle.delete(0.into()) => ["2 document_id 1 0"];
    }
}

async fn closed<T: Insertable>(stage: &Stage, of: Of<T>, new: &T::New) -> DocumentId {
    let handle = of(&stage.client);
    let id = handle.insert(new).await.unwrap();
    handle.close(&handle.get_detail(id).await.unwrap()).await.unwrap();
    id
}

/// Gets the tax authority's code once it is closed.
async fn travels<T: Insertable + Transported>(stage: &Stage, entity: &str, of: Of<T>, new: T::New) {
    let (handle, id) = (of(&stage.client), closed(stage, of, &new).await);
    rows! { stage:
        format!("{entity}.setTransportCode"), handle.set_transport_code(id, "AT-1")
                => () => handle.get_one(id).await.unwrap().transport_code == "AT-1",
            not handle.set_transport_code(id, "") => ["1 transport_code"];
    }
}

/// Can be paid by a reference once it is closed.
async fn payable<T: Insertable + PayableByMb>(stage: &Stage, entity: &str, of: Of<T>, new: T::New) {
    let (handle, id) = (of(&stage.client), closed(stage, of, &new).await);
    rows! { stage:
        format!("{entity}.generateMBReference"), handle.generate_mb_reference(id, euros(12_30))
                => made => handle.get_detail(id).await.unwrap().mb_references[0].reference == made.reference,
            not handle.generate_mb_reference(id, euros(0)) => ["2 value 0 0"];
    }
}

pub(super) async fn calls(stage: &Stage) {
    let shop = Shop::open(stage);
    Box::pin(customers(stage, &shop)).await;
    Box::pin(transport(stage, &shop)).await;
    Box::pin(suppliers(stage, &shop)).await;
}

async fn customers(stage: &Stage, shop: &Shop<'_>) {
    let (set, customer) = (shop.set, shop.customer);
    let of = Client::invoices;
    let new = |line| NewInvoice::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "invoices", of, Bodies::of(shop, new))).await;
    Box::pin(payable(stage, "invoices", of, new(shop.line(1)))).await;

    let of = Client::invoice_receipts;
    let new = |line| NewInvoiceReceipt::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "invoiceReceipts", of, Bodies::of(shop, new))).await;
    Box::pin(payable(stage, "invoiceReceipts", of, new(shop.line(1)))).await;

    let of = Client::simplified_invoices;
    let new = |line| NewSimplifiedInvoice::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "simplifiedInvoices", of, Bodies::of(shop, new))).await;
    Box::pin(payable(stage, "simplifiedInvoices", of, new(shop.line(1)))).await;

    let new = |line| NewDebitNote::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "debitNotes", Client::debit_notes, Bodies::of(shop, new))).await;
    let new = |line| NewEstimate::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "estimates", Client::estimates, Bodies::of(shop, new))).await;
    let new = |line| NewPurchaseOrder::new(DAY, DAY, set, customer).line(line);
    Box::pin(typed(stage, "purchaseOrder", Client::purchase_orders, Bodies::of(shop, new))).await;

    let invoice = shop.invoice().await;
    let settled = |value: i64| NewAssociation::new(invoice, Decimal::from(value));
    let new = |net: i64| NewReceipt::new(DAY, set, customer, Decimal::from(net)).associated(settled(net));
    Box::pin(typed(stage, "receipts", Client::receipts, Bodies::over(new))).await;
    let new =
        |net: i64| NewPaymentReturn::new(DAY, set, customer, Decimal::from(net)).associated(settled(net));
    Box::pin(typed(stage, "paymentReturns", Client::payment_returns, Bodies::over(new))).await;

    let credited = stage.client.invoices().get_detail(invoice).await.unwrap().products.remove(0);
    let new = |qty: i64| {
        let line = NewLine::crediting(&credited, Decimal::from(qty)).unwrap();
        NewCreditNote::new(DAY, set, customer)
            .associated(NewAssociation::new(invoice, Decimal::ZERO))
            .line(line)
    };
    let totals = [euros(12_30), euros(24_60)];
    let codes = &["2 qty 0 null null 0 10 at [0]"];
    let bodies = Bodies { new: new(1), other: new(2), wrong: new(11), codes, totals };
    Box::pin(typed(stage, "creditNotes", Client::credit_notes, bodies)).await;

    let new = |line: NewLine| shop.raw("customer_id", customer.get(), &line);
    Box::pin(raw(stage, "internalDocuments", Client::internal_documents, Bodies::of(shop, new))).await;
}

async fn transport(stage: &Stage, shop: &Shop<'_>) {
    let (set, customer, country) = (shop.set, shop.customer, CountryId::from(1));
    let travel = Delivery::at(DAY.at(9, 0, 0, 0)).from("Rua A", "1000-001", "Lisboa", country);
    let travel = travel.to("Rua B", "4000-001", "Porto", country);
    macro_rules! travel {
        ($($entity:literal $handle:ident $new:ident($party:expr);)+) => {$(
            let new = |line| $new::new(DAY, set, $party, &travel).line(line);
            Box::pin(typed(stage, $entity, Client::$handle, Bodies::of(shop, new))).await;
            Box::pin(travels(stage, $entity, Client::$handle, new(shop.line(1)))).await;
        )+};
    }
    travel! {
        "customerReturnNotes" customer_return_notes NewCustomerReturnNote(customer);
        "deliveryNotes" delivery_notes NewDeliveryNote(customer);
        "billsOfLading" bills_of_lading NewBillOfLading(customer);
        "waybills" waybills NewWaybill(customer);
        "ownAssetsMovementGuides" own_assets_movement_guides NewOwnAssetsMovementGuide(customer);
        "globalGuides" global_guides NewGlobalGuide(15.into());
    }
}

async fn suppliers(stage: &Stage, shop: &Shop<'_>) {
    let new = |line: NewLine| shop.raw("supplier_id", 4, &line);
    macro_rules! written {
        ($($entity:literal $handle:ident;)+) => {$(
            Box::pin(raw(stage, $entity, Client::$handle, Bodies::of(shop, new))).await;
        )+};
    }
    written! {
        "supplierPurchaseOrder" supplier_purchase_orders;
        "supplierInvoices" supplier_invoices;
        "supplierSimplifiedInvoices" supplier_simplified_invoices;
        "supplierCreditNotes" supplier_credit_notes;
        "supplierDebitNotes" supplier_debit_notes;
        "supplierReturnNotes" supplier_return_notes;
        "supplierWarrantyRequests" supplier_warranty_requests;
    }
    let invoices = stage.client.supplier_invoices();
    let invoice = invoices.insert_raw(new(shop.line(10))).await.unwrap();
    invoices.close(&invoices.get_detail(invoice).await.unwrap()).await.unwrap();
    let new = |net: i64| {
        let mut fields = shop.raw("supplier_id", 4, &shop.line(1));
        fields.remove("products");
        fields.insert("net_value".to_owned(), net.into());
        fields.insert("associated_documents".to_owned(), json!([{ "associated_id": invoice, "value": net }]));
        fields
    };
    Box::pin(raw(stage, "supplierReceipts", Client::supplier_receipts, Bodies::over(new))).await;
}
