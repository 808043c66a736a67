//! Where a call is not simply what the description says, each with its reason. A reason that no call needs fails, too.

use std::collections::{BTreeMap, BTreeSet};

/// What is documented so little that neither its path nor its parameters are certain.
pub(crate) const UNCONFIRMED: &[&str] = &["documentSets.ATInsertCodeBulk"];

/// What is called and not documented under that name, and why: the ends of names.
pub(crate) const NOT_DOCUMENTED: &[(&str, &str)] = &[
    (".getModifiedSince", "documented once, for all types of document"),
    (".countModifiedSince", "documented once, for all types of document"),
    ("geographicZones.getAll", "recorded"),
];

/// What is sent although the description has it not, and why: the beginnings of names.
pub(crate) const BESIDES: &[(&str, &[&str], &str)] = &[
    ("customers.getBy", &["exact"], "Moloni's own plugin sends it, and it narrows the search"),
    ("customers.countBy", &["exact"], "a count is of what the search finds"),
    ("customers.", &["price_class_id"], "rows have it, and an update replaces everything"),
    ("products.getBy", &["exact"], "Moloni's own plugin sends it, and it narrows the search"),
    ("products.countBy", &["exact"], "a count is of what the search finds"),
    ("suppliers.getBy", &["exact"], "customers, products and salesmen take it"),
    ("suppliers.countBy", &["exact"], "a count is of what the search finds"),
    ("salesmen.getBy", &["exact"], "documented in the text of these searches"),
    ("salesmen.countBy", &["exact"], "a count is of what the search finds"),
    ("salesmen.getAll", &["qty", "offset"], "not known whether it is paged: if it is not, they are ignored"),
    ("products.", &["properties"], "documented in the text of inserts"),
    ("products.update", &["warehouses"], "an insert has them, and an update has the same fields"),
    (
        "products.getOne",
        &["with_invisible"],
        "documented in the text, and without it what is hidden would be missing",
    ),
    ("globalGuides.", &["document_type_id"], "the text: in place of a customer"),
    ("supplier", &["supplier_id"], "the text: suppliers' documents have it in place of a customer"),
    ("bankAccounts.", &["ordination"], "the text says so, where the description has `order`"),
    (
        "paymentMethods.",
        &["is_numerary", "is_mb", "is_credit"],
        "documented in the text, and recorded in rows",
    ),
];

/// What the description has and these calls do not send, and why: the beginnings of names.
pub(crate) const LEFT_OUT: &[(&str, &[&str], &str)] = &[
    ("customers.", &["qty_copies_document"], "only if it is set"),
    ("bankAccounts.", &["order"], "the text has `ordination`"),
    ("suppliers.", &["field_notes"], "the text says that suppliers have none"),
    ("products.getAll", &["category_id"], "not needed to list all"),
    ("products.count", &["category_id"], "not needed to count all"),
];

/// Parameters of a call that the description names without any.
pub(crate) enum Known {
    Are(&'static [&'static str]),
    /// Those of another method or, after a dot alone, of the same method of another entity.
    AreOf(&'static str),
}

use Known::{Are, AreOf};

const TEXT: &str = "the description of the method names them in its text";

/// What calls send that the description names without parameters, and where that is known from. A name that ends with
/// a dot is that of every such method of an entity.
pub(crate) const SILENT: &[(&str, &[Known], &str)] = &[
    (
        "users.signUp",
        &[Are(&["name", "email", "password", "language_id", "company", "vat", "slug", "country_id"])],
        TEXT,
    ),
    ("users.recoverPassword", &[Are(&["email"])], TEXT),
    ("companies.freeSlug", &[Are(&["slug"])], TEXT),
    ("customers.getNextNumber", &[AreOf("customers.getLastNumber")], "the number after that one"),
    ("customers.countByEmail", &[Are(&["company_id", "email"])], "those of the search, without a page"),
    ("salesmen.", &[AreOf("suppliers.")], "the same searches"),
    ("salesmen.getByEmail", &[AreOf("customers.getByEmail")], "the same search; suppliers have none"),
    ("salesmen.countByEmail", &[AreOf("customers.countByEmail")], "the same search; suppliers have none"),
    ("products.getLastCostPrice", &[Are(&["company_id", "product_id", "supplier_id"])], TEXT),
    ("products.getNextReference", &[AreOf("customers.getLastNumber")], "it proposes as `getNextNumber` does"),
    ("productCategories.getOne", &[AreOf("productCategories.delete")], "a row is named by its id"),
    ("productStocks.getAll", &[Are(&["company_id", "qty", "offset"])], "what every list in pages takes"),
    ("productStocks.insert", &[Are(&MOVEMENT)], TEXT),
    (
        "productStocks.update",
        &[Are(&MOVEMENT), Are(&["product_stock_id"])],
        "the fields of an insert, and the id",
    ),
    ("productStocks.delete", &[Are(&["company_id", "product_stock_id"])], "a row is named by its id"),
    (
        "productStocks.moveToWarehouse",
        &[Are(&[
            "company_id",
            "product_stock_id",
            "product_id",
            "movement_date",
            "qty",
            "from_warehouse_id",
            "to_warehouse_id",
            "notes",
        ])],
        "the text, and notes as of an insert",
    ),
    ("priceClasses.getAll", &[Are(&["company_id"])], "what every list of a company takes"),
    ("priceClasses.insert", &[Are(&["company_id", "title"])], TEXT),
    (
        "priceClasses.update",
        &[Are(&["company_id", "title", "price_class_id"])],
        "the fields of an insert, and the id",
    ),
    ("priceClasses.delete", &[Are(&["company_id", "price_class_id"])], "a row is named by its id"),
    (
        "documents.getModifiedSince",
        &[AreOf("documents.getAll"), Are(&["lastmodified"])],
        "it takes the filters",
    ),
    (
        "documents.countModifiedSince",
        &[AreOf("documents.count"), Are(&["lastmodified"])],
        "it takes the filters",
    ),
    ("documents.getByMBReference", &[Are(&["company_id", "entity", "reference"])], TEXT),
    ("documents.setMBReferenceAsPaid", &[Are(&["company_id", "document_id", "reference_id"])], TEXT),
    (
        "documents.deleteMBReference",
        &[AreOf("documents.setMBReferenceAsPaid")],
        "a reference is named by its id and its document's",
    ),
    ("documents.documentCancel", &[Are(&["company_id", "document_id", "observation"])], TEXT),
    ("documents.documentDraft", &[Are(&["company_id", "document_id", "keep_conciliations"])], TEXT),
    ("invoices.generateMBReference", &[Are(&["company_id", "document_id", "value"])], TEXT),
    ("invoiceReceipts.generateMBReference", &[AreOf("invoices.")], TEXT),
    ("simplifiedInvoices.generateMBReference", &[AreOf("invoices.")], TEXT),
    ("internalDocuments.", &[AreOf("invoices.")], ONE_SHAPE),
    (
        "purchaseOrder.",
        &[AreOf("invoices.")],
        "all types have one shape, and Moloni's own plugin sends these",
    ),
    ("paymentReturns.", &[AreOf("receipts.")], "the text says that they are like receipts"),
    ("globalGuides.", &[AreOf("billsOfLading.")], "all types that go with goods have one shape"),
    ("supplierPurchaseOrder.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierInvoices.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierSimplifiedInvoices.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierCreditNotes.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierDebitNotes.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierReturnNotes.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierReceipts.", &[AreOf("invoices.")], ONE_SHAPE),
    ("supplierWarrantyRequests.", &[AreOf("invoices.")], ONE_SHAPE),
    (
        "economicActivityClassificationCodes.getAll",
        &[Are(&["company_id"])],
        "what every list of a company takes",
    ),
    ("economicActivityClassificationCodes.insert", &[Are(&["company_id", "code", "description"])], TEXT),
    (
        "economicActivityClassificationCodes.update",
        &[Are(&["company_id", "code", "description", "eac_id"])],
        "the fields of an insert, and the id",
    ),
    (
        "economicActivityClassificationCodes.delete",
        &[Are(&["company_id", "eac_id"])],
        "a row is named by its id",
    ),
    ("vehicles.getBySearch", &[AreOf("customers.countBySearch")], "the list of vehicles has no pages"),
    (
        "documentSets.ATInsertCode",
        &[Are(&[
            "company_id",
            "document_set_id",
            "document_type_id",
            "document_set_at_code",
            "initial_num",
            "initial_date",
        ])],
        TEXT,
    ),
    (
        "documentSets.ATInsertCodeBulk",
        &[Are(&["company_id", "document_set_id"])],
        "an example: what it takes is not known, and whoever calls it says",
    ),
    ("productProperties.getAll", &[Are(&["company_id"])], "what every list of a company takes"),
    ("productProperties.insert", &[Are(&["company_id", "title"])], TEXT),
    (
        "productProperties.update",
        &[Are(&["company_id", "title", "property_id"])],
        "the fields of an insert, and the id",
    ),
    ("productProperties.delete", &[Are(&["company_id", "property_id"])], "a row is named by its id"),
    ("productProperties.getModifiedSince", &[AreOf("maturityDates.")], "the same method"),
    ("productProperties.countModifiedSince", &[AreOf("maturityDates.")], "the same method"),
    ("currencyExchange.getAll", &[AreOf("currencies.")], "the service's own, of no company"),
    ("currencyExchange.getModifiedSince", &[AreOf("taxExemptions.")], "the service's own, of no company"),
    ("multibancoGateways.getAll", &[AreOf("currencies.")], "the service's own, of no company"),
    ("multibancoGateways.getModifiedSince", &[AreOf("taxExemptions.")], "the service's own, of no company"),
    ("geographicZones.getAll", &[Are(&["company_id"])], "recorded"),
];

const MOVEMENT: [&str; 6] = ["company_id", "product_id", "movement_date", "qty", "warehouse_id", "notes"];

const ONE_SHAPE: &str =
    "all types have one shape; its fields are not established, and the body is the caller's";

/// The methods of the description, with their parameters where it has them.
pub(crate) type Described = BTreeMap<String, Option<BTreeSet<String>>>;

/// The parameters of `operation`, and the rows of [`SILENT`] that say so. `None` if nothing says anything.
pub(crate) fn parameters(
    described: &Described,
    operation: &str,
) -> Option<(BTreeSet<String>, BTreeSet<&'static str>)> {
    let (entity, method) = operation.split_once('.')?;
    match described.get(operation) {
        Some(Some(names)) => return Some((names.clone(), BTreeSet::new())),
        // Documented once, for all types.
        None if method.ends_with("ModifiedSince") && entity != "documents" => {
            return parameters(described, &format!("documents.{method}"));
        }
        _ => {}
    }
    let about = |row: &str| row == operation || row.strip_suffix('.') == Some(entity);
    let rows: Vec<_> = SILENT.iter().filter(|(row, _, _)| about(row)).collect();
    let mut all = BTreeSet::new();
    for known in rows.iter().flat_map(|(_, known, _)| known.iter()) {
        match known {
            Are(names) => all.extend(names.iter().map(|name| (*name).to_owned())),
            AreOf(other) => {
                let other =
                    if other.ends_with('.') { format!("{other}{method}") } else { (*other).to_owned() };
                all.extend(parameters(described, &other).map(|(names, _)| names).unwrap_or_default());
            }
        }
    }
    (!rows.is_empty()).then(|| (all, rows.iter().map(|(row, _, _)| *row).collect()))
}
