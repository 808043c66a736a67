//! The calls of the page of operations: what each is called here and by the service, and an example of it.

use moloni_client::jiff::civil::{Date, date};
use moloni_client::resources::Match::Exact;
#[allow(clippy::wildcard_imports, reason = "most of them are named below")]
use moloni_client::types::*;
use moloni_client::{Client, CountryId, Decimal, DocumentQuery, Idempotency, Timestamp};
use serde_json::{Map, Value, json};

const DAY: Date = date(2026, 7, 1);

/// A call that was made.
pub(crate) struct Call {
    /// The service's name, as `{entity}.{method}`.
    pub(crate) operation: &'static str,
    /// The name here.
    pub(crate) rust: String,
}

macro_rules! calls {
    ($($group:ident { $($operation:literal: $handle:ident($($of:expr)?).$method:ident($($argument:expr),*) $(.page($page:literal))?;)+ })+) => {
        $(async fn $group(client: &Client, made: &mut Vec<Call>) {
            $(
                client.$handle($($of.into())?).$method($($argument),*) $(.page($page))? .await.unwrap();
                let rust = concat!(stringify!($handle), "(", $(stringify!($of), )? ").", stringify!($method));
                made.push(Call { operation: $operation, rust: rust.replace("1u64", "&customer") });
            )+
        })+

        /// Makes every call, one after another.
        pub(crate) async fn all(client: &Client) -> Vec<Call> {
            let mut made = Vec::new();
            $(Box::pin($group(client, &mut made)).await;)+
            without_method(client, &mut made).await;
            made
        }
    };
}

/// What has no method of its own here, and goes by [`Client::call`].
async fn without_method(client: &Client, made: &mut Vec<Call>) {
    let (set, write) = (json!({ "document_set_id": 1 }), Idempotency::NotIdempotent);
    let _: Value = client.call("documentSets", "ATInsertCodeBulk", &set, write).await.unwrap();
    made.push(Call { operation: "documentSets.ATInsertCodeBulk", rust: "call".to_owned() });
}

fn since() -> Timestamp {
    "2026-07-01T08:30:00Z".parse().unwrap()
}

fn product() -> NewProduct {
    let new = NewProduct::new(1.into(), ProductKind::Goods, "x", "x", Decimal::ONE, 1.into());
    new.tax(LineTax::new(1.into(), Decimal::from(23))).stock_in(1.into(), Decimal::ONE)
}

fn movement() -> NewProductStock {
    NewProductStock::new(1.into(), DAY.at(12, 0, 0, 0), Decimal::ONE)
}

fn line() -> NewLine {
    NewLine::new(1.into(), "x", Decimal::ONE, Decimal::ONE).exempt("M07")
}

fn travel() -> Delivery {
    let country = CountryId::from(1);
    let travel = Delivery::at(DAY.at(9, 0, 0, 0)).from("Rua A", "1000-001", "Lisboa", country);
    travel.to("Rua B", "4000-001", "Porto", country)
}

fn raw(party: &str) -> Map<String, Value> {
    let fields = json!({
        "date": "2026-07-01", "expiration_date": "2026-07-31", "document_set_id": 1, party: 1, "products": [line()],
    });
    fields.as_object().unwrap().clone()
}

calls! {
    account {
        "users.getMe": users().get_me();
        "users.updateMe": users().update_me(&UpdateMe::new("x", "x", 1.into()));
        "users.getAll": users().get_all();
        "users.signUp": users().sign_up(&NewUser::new("x", "x", "x", 1.into()), &NewCompany::new("x", "x", "x", 1.into()));
        "users.recoverPassword": users().recover_password("x");
        "companies.getAll": companies().get_all();
        "companies.getOne": companies().get_one(1.into());
        "companies.freeSlug": companies().free_slug("x");
        "subscription.getOne": subscription().get_one();
    }
    books {
        "customers.count": customers().count();
        "customers.getAll": customers().get_all().page(0);
        "customers.getOne": customers().get_one(1.into());
        "customers.getBySearch": customers().get_by_search("x").page(0);
        "customers.countBySearch": customers().count_by_search("x");
        "customers.getByVat": customers().get_by_vat("x", Exact).page(0);
        "customers.countByVat": customers().count_by_vat("x", Exact);
        "customers.getByNumber": customers().get_by_number("x", Exact).page(0);
        "customers.countByNumber": customers().count_by_number("x", Exact);
        "customers.getByEmail": customers().get_by_email("x", Exact).page(0);
        "customers.countByEmail": customers().count_by_email("x", Exact);
        "customers.getByName": customers().get_by_name("x", Exact).page(0);
        "customers.countByName": customers().count_by_name("x", Exact);
        "customers.getNextNumber": customers().get_next_number();
        "customers.getLastNumber": customers().get_last_number();
        "customers.getModifiedSince": customers().get_modified_since(since()).page(0);
        "customers.countModifiedSince": customers().count_modified_since(since());
        "customers.insert": customers().insert(&NewCustomer::new("1", "Berta", "999999990"));
        "customers.update": customers().update(1.into(), &NewCustomer::new("1", "Berta", "999999990"));
        "customers.delete": customers().delete(1.into());
        "customerAlternateAddresses.getAll": alternate_addresses(1u64).get_all();
        "customerAlternateAddresses.insert": alternate_addresses(1u64).insert(&NewAlternateAddress::new("x", "x", "x", "x", 1.into()));
        "customerAlternateAddresses.update": alternate_addresses(1u64).update(1.into(), &NewAlternateAddress::new("x", "x", "x", "x", 1.into()));
        "customerAlternateAddresses.delete": alternate_addresses(1u64).delete(1.into());
        "suppliers.count": suppliers().count();
        "suppliers.getAll": suppliers().get_all().page(0);
        "suppliers.getOne": suppliers().get_one(1.into());
        "suppliers.getBySearch": suppliers().get_by_search("x").page(0);
        "suppliers.countBySearch": suppliers().count_by_search("x");
        "suppliers.getByVat": suppliers().get_by_vat("x", Exact).page(0);
        "suppliers.countByVat": suppliers().count_by_vat("x", Exact);
        "suppliers.getByNumber": suppliers().get_by_number("x", Exact).page(0);
        "suppliers.countByNumber": suppliers().count_by_number("x", Exact);
        "suppliers.getByName": suppliers().get_by_name("x", Exact).page(0);
        "suppliers.countByName": suppliers().count_by_name("x", Exact);
        "suppliers.insert": suppliers().insert(&NewSupplier::new("1", "x", "x", "x", "x", 1.into(), 1.into()));
        "suppliers.update": suppliers().update(1.into(), &NewSupplier::new("1", "x", "x", "x", "x", 1.into(), 1.into()));
        "suppliers.delete": suppliers().delete(1.into());
        "salesmen.count": salesmen().count();
        "salesmen.getAll": salesmen().get_all().page(0);
        "salesmen.getOne": salesmen().get_one(1.into());
        "salesmen.getBySearch": salesmen().get_by_search("x").page(0);
        "salesmen.countBySearch": salesmen().count_by_search("x");
        "salesmen.getByVat": salesmen().get_by_vat("x", Exact).page(0);
        "salesmen.countByVat": salesmen().count_by_vat("x", Exact);
        "salesmen.getByNumber": salesmen().get_by_number("x", Exact).page(0);
        "salesmen.countByNumber": salesmen().count_by_number("x", Exact);
        "salesmen.getByName": salesmen().get_by_name("x", Exact).page(0);
        "salesmen.countByName": salesmen().count_by_name("x", Exact);
        "salesmen.getByEmail": salesmen().get_by_email("x", Exact).page(0);
        "salesmen.countByEmail": salesmen().count_by_email("x", Exact);
        "salesmen.insert": salesmen().insert(&NewSalesman::new("1", "x", "x", "x", 1.into(), 1.into()));
        "salesmen.update": salesmen().update(1.into(), &NewSalesman::new("1", "x", "x", "x", 1.into(), 1.into()));
        "salesmen.delete": salesmen().delete(1.into());
    }
    catalogue {
        "products.count": products().count(None);
        "products.getAll": products().get_all(None).page(0);
        "products.getOne": products().get_one(1.into());
        "products.getBySearch": products().get_by_search("x").page(0);
        "products.countBySearch": products().count_by_search("x");
        "products.getByName": products().get_by_name("x", Exact).page(0);
        "products.countByName": products().count_by_name("x", Exact);
        "products.getByReference": products().get_by_reference("x", Exact).page(0);
        "products.countByReference": products().count_by_reference("x", Exact);
        "products.getByEAN": products().get_by_ean("x", Exact).page(0);
        "products.countByEAN": products().count_by_ean("x", Exact);
        "products.getModifiedSince": products().get_modified_since(since()).page(0);
        "products.countModifiedSince": products().count_modified_since(since());
        "products.getLastCostPrice": products().get_last_cost_price(1.into(), Some(1.into()));
        "products.getNextReference": products().get_next_reference();
        "products.insert": products().insert(&product());
        "products.update": products().update(1.into(), &product());
        "products.delete": products().delete(1.into());
        "productCategories.getOne": product_categories().get_one(1.into());
        "productCategories.getAll": product_categories().get_all(None);
        "productCategories.insert": product_categories().insert(&NewProductCategory::new("x"));
        "productCategories.update": product_categories().update(1.into(), &NewProductCategory::new("x"));
        "productCategories.delete": product_categories().delete(1.into());
        "productStocks.getAll": product_stocks().get_all(StockQuery::new()).page(0);
        "productStocks.insert": product_stocks().insert(&movement());
        "productStocks.update": product_stocks().update(1.into(), &movement());
        "productStocks.delete": product_stocks().delete(1.into());
        "productStocks.moveToWarehouse": product_stocks().move_to_warehouse(&StockMove::new(1.into(), 1.into(), DAY.at(12, 0, 0, 0), Decimal::ONE, 1.into(), 2.into()));
        "priceClasses.getAll": price_classes().get_all();
        "priceClasses.insert": price_classes().insert(&NewPriceClass::new("x"));
        "priceClasses.update": price_classes().update(1.into(), &NewPriceClass::new("x"));
        "priceClasses.delete": price_classes().delete(1.into());
    }
    documents {
        "documents.getAllDocumentTypes": documents().get_all_document_types(1.into());
        "documents.count": documents().count(DocumentQuery::new());
        "documents.getAll": documents().get_all(DocumentQuery::new()).page(0);
        "documents.getOne": documents().get_one(1.into());
        "documents.getPDFLink": documents().get_pdf_link(1.into());
        "documents.getModifiedSince": documents().get_modified_since(since(), DocumentQuery::new()).page(0);
        "documents.countModifiedSince": documents().count_modified_since(since(), DocumentQuery::new());
        "documents.getByMBReference": documents().get_by_mb_reference("1", "1");
        "documents.setMBReferenceAsPaid": documents().set_mb_reference_as_paid(1.into(), 1.into());
        "documents.deleteMBReference": documents().delete_mb_reference(1.into(), 1.into());
        "documents.documentCancel": documents().cancel(1.into(), "x");
        "documents.documentDraft": documents().reopen(1.into(), true);
    }
    customers_documents {
        "invoices.count": invoices().count(DocumentQuery::new());
        "invoices.getAll": invoices().get_all(DocumentQuery::new()).page(0);
        "invoices.getOne": invoices().get_one(1.into());
        "invoices.insert": invoices().insert(&NewInvoice::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "invoices.update": invoices().update(1.into(), &NewInvoice::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "invoices.delete": invoices().delete(1.into());
        "invoices.generateMBReference": invoices().generate_mb_reference(1.into(), Decimal::ONE);
        "invoices.getModifiedSince": invoices().get_modified_since(since(), DocumentQuery::new()).page(0);
        "invoices.countModifiedSince": invoices().count_modified_since(since(), DocumentQuery::new());
        "receipts.count": receipts().count(DocumentQuery::new());
        "receipts.getAll": receipts().get_all(DocumentQuery::new()).page(0);
        "receipts.getOne": receipts().get_one(1.into());
        "receipts.insert": receipts().insert(&NewReceipt::new(DAY, 1.into(), 1.into(), Decimal::ONE).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "receipts.update": receipts().update(1.into(), &NewReceipt::new(DAY, 1.into(), 1.into(), Decimal::ONE).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "receipts.delete": receipts().delete(1.into());
        "receipts.getModifiedSince": receipts().get_modified_since(since(), DocumentQuery::new()).page(0);
        "receipts.countModifiedSince": receipts().count_modified_since(since(), DocumentQuery::new());
        "creditNotes.count": credit_notes().count(DocumentQuery::new());
        "creditNotes.getAll": credit_notes().get_all(DocumentQuery::new()).page(0);
        "creditNotes.getOne": credit_notes().get_one(1.into());
        "creditNotes.insert": credit_notes().insert(&NewCreditNote::new(DAY, 1.into(), 1.into()).line(line().related_id(1.into())).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "creditNotes.update": credit_notes().update(1.into(), &NewCreditNote::new(DAY, 1.into(), 1.into()).line(line().related_id(1.into())).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "creditNotes.delete": credit_notes().delete(1.into());
        "creditNotes.getModifiedSince": credit_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "creditNotes.countModifiedSince": credit_notes().count_modified_since(since(), DocumentQuery::new());
        "debitNotes.count": debit_notes().count(DocumentQuery::new());
        "debitNotes.getAll": debit_notes().get_all(DocumentQuery::new()).page(0);
        "debitNotes.getOne": debit_notes().get_one(1.into());
        "debitNotes.insert": debit_notes().insert(&NewDebitNote::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "debitNotes.update": debit_notes().update(1.into(), &NewDebitNote::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "debitNotes.delete": debit_notes().delete(1.into());
        "debitNotes.getModifiedSince": debit_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "debitNotes.countModifiedSince": debit_notes().count_modified_since(since(), DocumentQuery::new());
        "simplifiedInvoices.count": simplified_invoices().count(DocumentQuery::new());
        "simplifiedInvoices.getAll": simplified_invoices().get_all(DocumentQuery::new()).page(0);
        "simplifiedInvoices.getOne": simplified_invoices().get_one(1.into());
        "simplifiedInvoices.insert": simplified_invoices().insert(&NewSimplifiedInvoice::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "simplifiedInvoices.update": simplified_invoices().update(1.into(), &NewSimplifiedInvoice::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "simplifiedInvoices.delete": simplified_invoices().delete(1.into());
        "simplifiedInvoices.generateMBReference": simplified_invoices().generate_mb_reference(1.into(), Decimal::ONE);
        "simplifiedInvoices.getModifiedSince": simplified_invoices().get_modified_since(since(), DocumentQuery::new()).page(0);
        "simplifiedInvoices.countModifiedSince": simplified_invoices().count_modified_since(since(), DocumentQuery::new());
        "invoiceReceipts.count": invoice_receipts().count(DocumentQuery::new());
        "invoiceReceipts.getAll": invoice_receipts().get_all(DocumentQuery::new()).page(0);
        "invoiceReceipts.getOne": invoice_receipts().get_one(1.into());
        "invoiceReceipts.insert": invoice_receipts().insert(&NewInvoiceReceipt::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "invoiceReceipts.update": invoice_receipts().update(1.into(), &NewInvoiceReceipt::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "invoiceReceipts.delete": invoice_receipts().delete(1.into());
        "invoiceReceipts.generateMBReference": invoice_receipts().generate_mb_reference(1.into(), Decimal::ONE);
        "invoiceReceipts.getModifiedSince": invoice_receipts().get_modified_since(since(), DocumentQuery::new()).page(0);
        "invoiceReceipts.countModifiedSince": invoice_receipts().count_modified_since(since(), DocumentQuery::new());
        "estimates.count": estimates().count(DocumentQuery::new());
        "estimates.getAll": estimates().get_all(DocumentQuery::new()).page(0);
        "estimates.getOne": estimates().get_one(1.into());
        "estimates.insert": estimates().insert(&NewEstimate::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "estimates.update": estimates().update(1.into(), &NewEstimate::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "estimates.delete": estimates().delete(1.into());
        "estimates.getModifiedSince": estimates().get_modified_since(since(), DocumentQuery::new()).page(0);
        "estimates.countModifiedSince": estimates().count_modified_since(since(), DocumentQuery::new());
        "internalDocuments.count": internal_documents().count(DocumentQuery::new());
        "internalDocuments.getAll": internal_documents().get_all(DocumentQuery::new()).page(0);
        "internalDocuments.getOne": internal_documents().get_one(1.into());
        "internalDocuments.insert": internal_documents().insert_raw(raw("customer_id"));
        "internalDocuments.update": internal_documents().update_raw(1.into(), raw("customer_id"));
        "internalDocuments.delete": internal_documents().delete(1.into());
        "internalDocuments.getModifiedSince": internal_documents().get_modified_since(since(), DocumentQuery::new()).page(0);
        "internalDocuments.countModifiedSince": internal_documents().count_modified_since(since(), DocumentQuery::new());
        "purchaseOrder.count": purchase_orders().count(DocumentQuery::new());
        "purchaseOrder.getAll": purchase_orders().get_all(DocumentQuery::new()).page(0);
        "purchaseOrder.getOne": purchase_orders().get_one(1.into());
        "purchaseOrder.insert": purchase_orders().insert(&NewPurchaseOrder::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "purchaseOrder.update": purchase_orders().update(1.into(), &NewPurchaseOrder::new(DAY, DAY, 1.into(), 1.into()).line(line()));
        "purchaseOrder.delete": purchase_orders().delete(1.into());
        "purchaseOrder.getModifiedSince": purchase_orders().get_modified_since(since(), DocumentQuery::new()).page(0);
        "purchaseOrder.countModifiedSince": purchase_orders().count_modified_since(since(), DocumentQuery::new());
        "paymentReturns.count": payment_returns().count(DocumentQuery::new());
        "paymentReturns.getAll": payment_returns().get_all(DocumentQuery::new()).page(0);
        "paymentReturns.getOne": payment_returns().get_one(1.into());
        "paymentReturns.insert": payment_returns().insert(&NewPaymentReturn::new(DAY, 1.into(), 1.into(), Decimal::ONE).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "paymentReturns.update": payment_returns().update(1.into(), &NewPaymentReturn::new(DAY, 1.into(), 1.into(), Decimal::ONE).associated(NewAssociation::new(1.into(), Decimal::ONE)));
        "paymentReturns.delete": payment_returns().delete(1.into());
        "paymentReturns.getModifiedSince": payment_returns().get_modified_since(since(), DocumentQuery::new()).page(0);
        "paymentReturns.countModifiedSince": payment_returns().count_modified_since(since(), DocumentQuery::new());
        "customerReturnNotes.count": customer_return_notes().count(DocumentQuery::new());
        "customerReturnNotes.getAll": customer_return_notes().get_all(DocumentQuery::new()).page(0);
        "customerReturnNotes.getOne": customer_return_notes().get_one(1.into());
        "customerReturnNotes.insert": customer_return_notes().insert(&NewCustomerReturnNote::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "customerReturnNotes.update": customer_return_notes().update(1.into(), &NewCustomerReturnNote::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "customerReturnNotes.delete": customer_return_notes().delete(1.into());
        "customerReturnNotes.setTransportCode": customer_return_notes().set_transport_code(1.into(), "1");
        "customerReturnNotes.getModifiedSince": customer_return_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "customerReturnNotes.countModifiedSince": customer_return_notes().count_modified_since(since(), DocumentQuery::new());
        "deliveryNotes.count": delivery_notes().count(DocumentQuery::new());
        "deliveryNotes.getAll": delivery_notes().get_all(DocumentQuery::new()).page(0);
        "deliveryNotes.getOne": delivery_notes().get_one(1.into());
        "deliveryNotes.insert": delivery_notes().insert(&NewDeliveryNote::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "deliveryNotes.update": delivery_notes().update(1.into(), &NewDeliveryNote::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "deliveryNotes.delete": delivery_notes().delete(1.into());
        "deliveryNotes.setTransportCode": delivery_notes().set_transport_code(1.into(), "1");
        "deliveryNotes.getModifiedSince": delivery_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "deliveryNotes.countModifiedSince": delivery_notes().count_modified_since(since(), DocumentQuery::new());
        "billsOfLading.count": bills_of_lading().count(DocumentQuery::new());
        "billsOfLading.getAll": bills_of_lading().get_all(DocumentQuery::new()).page(0);
        "billsOfLading.getOne": bills_of_lading().get_one(1.into());
        "billsOfLading.insert": bills_of_lading().insert(&NewBillOfLading::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "billsOfLading.update": bills_of_lading().update(1.into(), &NewBillOfLading::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "billsOfLading.delete": bills_of_lading().delete(1.into());
        "billsOfLading.setTransportCode": bills_of_lading().set_transport_code(1.into(), "1");
        "billsOfLading.getModifiedSince": bills_of_lading().get_modified_since(since(), DocumentQuery::new()).page(0);
        "billsOfLading.countModifiedSince": bills_of_lading().count_modified_since(since(), DocumentQuery::new());
        "waybills.count": waybills().count(DocumentQuery::new());
        "waybills.getAll": waybills().get_all(DocumentQuery::new()).page(0);
        "waybills.getOne": waybills().get_one(1.into());
        "waybills.insert": waybills().insert(&NewWaybill::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "waybills.update": waybills().update(1.into(), &NewWaybill::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "waybills.delete": waybills().delete(1.into());
        "waybills.setTransportCode": waybills().set_transport_code(1.into(), "1");
        "waybills.getModifiedSince": waybills().get_modified_since(since(), DocumentQuery::new()).page(0);
        "waybills.countModifiedSince": waybills().count_modified_since(since(), DocumentQuery::new());
        "ownAssetsMovementGuides.count": own_assets_movement_guides().count(DocumentQuery::new());
        "ownAssetsMovementGuides.getAll": own_assets_movement_guides().get_all(DocumentQuery::new()).page(0);
        "ownAssetsMovementGuides.getOne": own_assets_movement_guides().get_one(1.into());
        "ownAssetsMovementGuides.insert": own_assets_movement_guides().insert(&NewOwnAssetsMovementGuide::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "ownAssetsMovementGuides.update": own_assets_movement_guides().update(1.into(), &NewOwnAssetsMovementGuide::new(DAY, 1.into(), 1.into(), &travel()).line(line()));
        "ownAssetsMovementGuides.delete": own_assets_movement_guides().delete(1.into());
        "ownAssetsMovementGuides.setTransportCode": own_assets_movement_guides().set_transport_code(1.into(), "1");
        "ownAssetsMovementGuides.getModifiedSince": own_assets_movement_guides().get_modified_since(since(), DocumentQuery::new()).page(0);
        "ownAssetsMovementGuides.countModifiedSince": own_assets_movement_guides().count_modified_since(since(), DocumentQuery::new());
        "globalGuides.count": global_guides().count(DocumentQuery::new());
        "globalGuides.getAll": global_guides().get_all(DocumentQuery::new()).page(0);
        "globalGuides.getOne": global_guides().get_one(1.into());
        "globalGuides.insert": global_guides().insert(&NewGlobalGuide::new(DAY, 1.into(), 15.into(), &travel()).line(line()));
        "globalGuides.update": global_guides().update(1.into(), &NewGlobalGuide::new(DAY, 1.into(), 15.into(), &travel()).line(line()));
        "globalGuides.delete": global_guides().delete(1.into());
        "globalGuides.setTransportCode": global_guides().set_transport_code(1.into(), "1");
        "globalGuides.getModifiedSince": global_guides().get_modified_since(since(), DocumentQuery::new()).page(0);
        "globalGuides.countModifiedSince": global_guides().count_modified_since(since(), DocumentQuery::new());
    }
    suppliers_documents {
        "supplierPurchaseOrder.count": supplier_purchase_orders().count(DocumentQuery::new());
        "supplierPurchaseOrder.getAll": supplier_purchase_orders().get_all(DocumentQuery::new()).page(0);
        "supplierPurchaseOrder.getOne": supplier_purchase_orders().get_one(1.into());
        "supplierPurchaseOrder.insert": supplier_purchase_orders().insert_raw(raw("supplier_id"));
        "supplierPurchaseOrder.update": supplier_purchase_orders().update_raw(1.into(), raw("supplier_id"));
        "supplierPurchaseOrder.delete": supplier_purchase_orders().delete(1.into());
        "supplierPurchaseOrder.getModifiedSince": supplier_purchase_orders().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierPurchaseOrder.countModifiedSince": supplier_purchase_orders().count_modified_since(since(), DocumentQuery::new());
        "supplierInvoices.count": supplier_invoices().count(DocumentQuery::new());
        "supplierInvoices.getAll": supplier_invoices().get_all(DocumentQuery::new()).page(0);
        "supplierInvoices.getOne": supplier_invoices().get_one(1.into());
        "supplierInvoices.insert": supplier_invoices().insert_raw(raw("supplier_id"));
        "supplierInvoices.update": supplier_invoices().update_raw(1.into(), raw("supplier_id"));
        "supplierInvoices.delete": supplier_invoices().delete(1.into());
        "supplierInvoices.getModifiedSince": supplier_invoices().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierInvoices.countModifiedSince": supplier_invoices().count_modified_since(since(), DocumentQuery::new());
        "supplierSimplifiedInvoices.count": supplier_simplified_invoices().count(DocumentQuery::new());
        "supplierSimplifiedInvoices.getAll": supplier_simplified_invoices().get_all(DocumentQuery::new()).page(0);
        "supplierSimplifiedInvoices.getOne": supplier_simplified_invoices().get_one(1.into());
        "supplierSimplifiedInvoices.insert": supplier_simplified_invoices().insert_raw(raw("supplier_id"));
        "supplierSimplifiedInvoices.update": supplier_simplified_invoices().update_raw(1.into(), raw("supplier_id"));
        "supplierSimplifiedInvoices.delete": supplier_simplified_invoices().delete(1.into());
        "supplierSimplifiedInvoices.getModifiedSince": supplier_simplified_invoices().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierSimplifiedInvoices.countModifiedSince": supplier_simplified_invoices().count_modified_since(since(), DocumentQuery::new());
        "supplierCreditNotes.count": supplier_credit_notes().count(DocumentQuery::new());
        "supplierCreditNotes.getAll": supplier_credit_notes().get_all(DocumentQuery::new()).page(0);
        "supplierCreditNotes.getOne": supplier_credit_notes().get_one(1.into());
        "supplierCreditNotes.insert": supplier_credit_notes().insert_raw(raw("supplier_id"));
        "supplierCreditNotes.update": supplier_credit_notes().update_raw(1.into(), raw("supplier_id"));
        "supplierCreditNotes.delete": supplier_credit_notes().delete(1.into());
        "supplierCreditNotes.getModifiedSince": supplier_credit_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierCreditNotes.countModifiedSince": supplier_credit_notes().count_modified_since(since(), DocumentQuery::new());
        "supplierDebitNotes.count": supplier_debit_notes().count(DocumentQuery::new());
        "supplierDebitNotes.getAll": supplier_debit_notes().get_all(DocumentQuery::new()).page(0);
        "supplierDebitNotes.getOne": supplier_debit_notes().get_one(1.into());
        "supplierDebitNotes.insert": supplier_debit_notes().insert_raw(raw("supplier_id"));
        "supplierDebitNotes.update": supplier_debit_notes().update_raw(1.into(), raw("supplier_id"));
        "supplierDebitNotes.delete": supplier_debit_notes().delete(1.into());
        "supplierDebitNotes.getModifiedSince": supplier_debit_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierDebitNotes.countModifiedSince": supplier_debit_notes().count_modified_since(since(), DocumentQuery::new());
        "supplierReturnNotes.count": supplier_return_notes().count(DocumentQuery::new());
        "supplierReturnNotes.getAll": supplier_return_notes().get_all(DocumentQuery::new()).page(0);
        "supplierReturnNotes.getOne": supplier_return_notes().get_one(1.into());
        "supplierReturnNotes.insert": supplier_return_notes().insert_raw(raw("supplier_id"));
        "supplierReturnNotes.update": supplier_return_notes().update_raw(1.into(), raw("supplier_id"));
        "supplierReturnNotes.delete": supplier_return_notes().delete(1.into());
        "supplierReturnNotes.getModifiedSince": supplier_return_notes().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierReturnNotes.countModifiedSince": supplier_return_notes().count_modified_since(since(), DocumentQuery::new());
        "supplierReceipts.count": supplier_receipts().count(DocumentQuery::new());
        "supplierReceipts.getAll": supplier_receipts().get_all(DocumentQuery::new()).page(0);
        "supplierReceipts.getOne": supplier_receipts().get_one(1.into());
        "supplierReceipts.insert": supplier_receipts().insert_raw(raw("supplier_id"));
        "supplierReceipts.update": supplier_receipts().update_raw(1.into(), raw("supplier_id"));
        "supplierReceipts.delete": supplier_receipts().delete(1.into());
        "supplierReceipts.getModifiedSince": supplier_receipts().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierReceipts.countModifiedSince": supplier_receipts().count_modified_since(since(), DocumentQuery::new());
        "supplierWarrantyRequests.count": supplier_warranty_requests().count(DocumentQuery::new());
        "supplierWarrantyRequests.getAll": supplier_warranty_requests().get_all(DocumentQuery::new()).page(0);
        "supplierWarrantyRequests.getOne": supplier_warranty_requests().get_one(1.into());
        "supplierWarrantyRequests.insert": supplier_warranty_requests().insert_raw(raw("supplier_id"));
        "supplierWarrantyRequests.update": supplier_warranty_requests().update_raw(1.into(), raw("supplier_id"));
        "supplierWarrantyRequests.delete": supplier_warranty_requests().delete(1.into());
        "supplierWarrantyRequests.getModifiedSince": supplier_warranty_requests().get_modified_since(since(), DocumentQuery::new()).page(0);
        "supplierWarrantyRequests.countModifiedSince": supplier_warranty_requests().count_modified_since(since(), DocumentQuery::new());
    }
    settings {
        "bankAccounts.getAll": bank_accounts().get_all();
        "bankAccounts.insert": bank_accounts().insert(&NewBankAccount::new(1, "x", "x"));
        "bankAccounts.update": bank_accounts().update(1.into(), &NewBankAccount::new(1, "x", "x"));
        "bankAccounts.delete": bank_accounts().delete(1.into());
        "economicActivityClassificationCodes.getAll": economic_activity_classification_codes().get_all();
        "economicActivityClassificationCodes.insert": economic_activity_classification_codes().insert(&NewEconomicActivity::new("x", "x"));
        "economicActivityClassificationCodes.update": economic_activity_classification_codes().update(1.into(), &NewEconomicActivity::new("x", "x"));
        "economicActivityClassificationCodes.delete": economic_activity_classification_codes().delete(1.into());
        "paymentMethods.getAll": payment_methods().get_all();
        "paymentMethods.insert": payment_methods().insert(&NewPaymentMethod::new("x"));
        "paymentMethods.update": payment_methods().update(1.into(), &NewPaymentMethod::new("x"));
        "paymentMethods.delete": payment_methods().delete(1.into());
        "maturityDates.getAll": maturity_dates().get_all();
        "maturityDates.insert": maturity_dates().insert(&NewMaturityDate::new("x", 1));
        "maturityDates.update": maturity_dates().update(1.into(), &NewMaturityDate::new("x", 1));
        "maturityDates.delete": maturity_dates().delete(1.into());
        "maturityDates.getModifiedSince": maturity_dates().get_modified_since(since());
        "maturityDates.countModifiedSince": maturity_dates().count_modified_since(since());
        "deliveryMethods.getAll": delivery_methods().get_all();
        "deliveryMethods.insert": delivery_methods().insert(&NewDeliveryMethod::new("x"));
        "deliveryMethods.update": delivery_methods().update(1.into(), &NewDeliveryMethod::new("x"));
        "deliveryMethods.delete": delivery_methods().delete(1.into());
        "vehicles.getAll": vehicles().get_all();
        "vehicles.insert": vehicles().insert(&NewVehicle::new("x", "x"));
        "vehicles.update": vehicles().update(1.into(), &NewVehicle::new("x", "x"));
        "vehicles.delete": vehicles().delete(1.into());
        "vehicles.getBySearch": vehicles().get_by_search("x");
        "deductions.getAll": deductions().get_all();
        "deductions.insert": deductions().insert(&NewDeduction::new("x", Decimal::ONE));
        "deductions.update": deductions().update(1.into(), &NewDeduction::new("x", Decimal::ONE));
        "deductions.delete": deductions().delete(1.into());
        "taxes.getAll": taxes().get_all(&TaxQuery::new());
        "taxes.insert": taxes().insert(&NewTax::vat("x", Decimal::from(23), VatType::Normal, "PT"));
        "taxes.update": taxes().update(1.into(), &NewTax::vat("x", Decimal::from(23), VatType::Normal, "PT"));
        "taxes.delete": taxes().delete(1.into());
        "measurementUnits.getAll": measurement_units().get_all();
        "measurementUnits.insert": measurement_units().insert(&NewMeasurementUnit::new("x", "x"));
        "measurementUnits.update": measurement_units().update(1.into(), &NewMeasurementUnit::new("x", "x"));
        "measurementUnits.delete": measurement_units().delete(1.into());
        "identificationTemplates.getAll": identification_templates().get_all();
        "identificationTemplates.insert": identification_templates().insert(&NewIdentificationTemplate::new("x", "x", "x", "x", "x", "x", 1.into()));
        "identificationTemplates.update": identification_templates().update(1.into(), &NewIdentificationTemplate::new("x", "x", "x", "x", "x", "x", 1.into()));
        "identificationTemplates.delete": identification_templates().delete(1.into());
        "documentSets.getAll": document_sets().get_all();
        "documentSets.insert": document_sets().insert(&NewDocumentSet::new("x"));
        "documentSets.update": document_sets().update(1.into(), &NewDocumentSet::new("x"));
        "documentSets.delete": document_sets().delete(1.into());
        "documentSets.getModifiedSince": document_sets().get_modified_since(since());
        "documentSets.countModifiedSince": document_sets().count_modified_since(since());
        "documentSets.ATInsertCode": document_sets().at_insert_code(&AtRegistration::manual(1.into(), 1.into(), "x", 1, DAY));
        "warehouses.getAll": warehouses().get_all();
        "warehouses.insert": warehouses().insert(&NewWarehouse::new("x", "x", "x", "x", "x", 1.into()));
        "warehouses.update": warehouses().update(1.into(), &NewWarehouse::new("x", "x", "x", "x", "x", 1.into()));
        "warehouses.delete": warehouses().delete(1.into());
        "warehouses.countModifiedSince": warehouses().count_modified_since(since());
        "productProperties.getAll": product_properties().get_all();
        "productProperties.insert": product_properties().insert(&NewProperty::new("x"));
        "productProperties.update": product_properties().update(1.into(), &NewProperty::new("x"));
        "productProperties.delete": product_properties().delete(1.into());
        "productProperties.getModifiedSince": product_properties().get_modified_since(since());
        "productProperties.countModifiedSince": product_properties().count_modified_since(since());
    }
    global {
        "countries.getAll": countries().get_all();
        "languages.getAll": languages().get_all();
        "currencies.getAll": currencies().get_all();
        "documentModels.getAll": document_models().get_all();
        "fiscalZones.getAll": fiscal_zones().get_all(1.into());
        "taxExemptions.getAll": tax_exemptions().get_all();
        "taxExemptions.getModifiedSince": tax_exemptions().get_modified_since(since());
        "taxExemptions.countModifiedSince": tax_exemptions().count_modified_since(since());
        "currencyExchange.getAll": currency_exchange().get_all();
        "currencyExchange.getModifiedSince": currency_exchange().get_modified_since(since());
        "multibancoGateways.getAll": multibanco_gateways().get_all();
        "multibancoGateways.getModifiedSince": multibanco_gateways().get_modified_since(since());
        "geographicZones.getAll": geographic_zones().get_all();
    }
}
