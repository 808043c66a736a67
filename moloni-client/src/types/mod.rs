//! Requests and answers, entity by entity. None of it needs HTTP.
//!
//! Answers have public fields and can be made with `Default`, or from JSON, for tests. What the service sends and
//! this crate does not know is kept in `extra` and written again. The service spells "none" in four ways (`0`, an
//! empty text, `null`, no key at all); here it is `None`, or an empty text.
//!
//! What the words mean in Portugal is in the [guide](crate::guide).

mod alternate_address;
mod code;
mod company;
mod country;
mod customer;
mod document;
mod document_detail;
mod document_kind;
mod document_line;
mod document_query;
mod document_set;
mod document_type;
mod eac;
mod global;
mod language;
mod line_tax;
mod maturity_date;
mod mb_reference;
mod new_body;
mod new_customer;
mod new_document;
mod new_line;
mod new_product;
mod new_recipient;
mod payment_method;
mod product;
mod product_category;
mod product_image;
mod product_stock;
mod record;
mod salesman;
mod settings;
mod sign_up;
mod supplier;
mod tax;
mod user;

pub use crate::new_user::NewUser;
pub use alternate_address::{AlternateAddress, NewAlternateAddress};
pub use company::{BankAccount, Company, CompanyCurrency, DefaultDocumentSet, Subscription};
pub use country::{Country, CountryName, CountryRef, FiscalZone};
pub use customer::{Customer, DeliveryMethodRef, DocumentCopies, LanguageRef, PaymentMethodRef, SalesmanRef};
pub use document::{
    AssociatedDocument, Document, DocumentCalcMethod, DocumentSetRef, DocumentTypeRef, ExchangeCurrency,
    Rappel, ReverseAssociatedDocument,
};
pub use document_detail::{DocumentDetail, DocumentPayment, DocumentSalesman};
pub use document_kind::{DocumentKind, DocumentStatus};
pub use document_line::{AppliedTax, DocumentLine, LineProperty};
pub use document_query::DocumentQuery;
pub use document_set::{AtCode, AtLog, AtRegistration, DocumentSet, InitialNumber, NewDocumentSet};
pub use document_type::DocumentType;
pub use eac::EconomicActivity;
pub use global::{Currency, CurrencyExchange, CurrencyName, GeographicZone, TaxExemption};
pub use language::Language;
pub use line_tax::LineTax;
pub use maturity_date::{MaturityDate, NewMaturityDate};
pub use mb_reference::MbReference;
pub(crate) use new_body::NewDocument;
pub use new_customer::NewCustomer;
pub use new_document::{
    NewBillOfLading, NewCreditNote, NewCustomerReturnNote, NewDebitNote, NewDeliveryNote, NewEstimate,
    NewGlobalGuide, NewInvoice, NewInvoiceReceipt, NewOwnAssetsMovementGuide, NewPaymentReturn,
    NewPurchaseOrder, NewReceipt, NewSimplifiedInvoice, NewWaybill,
};
pub use new_line::{Delivery, NewAssociation, NewLine, NewPayment};
pub use new_product::NewProduct;
pub use new_recipient::NewRecipient;
pub use payment_method::{NewPaymentMethod, PaymentMethod};
pub use product::{
    CategoryRef, Composition, InventoryCategory, PriceClassRef, Product, ProductKind, ProductPriceClass,
    ProductProperty, ProductSupplier, ProductTax, ProductWarehouse, PropertyRef, TaxRef, UnitRef,
};
pub use product_category::{NewProductCategory, ProductCategory};
pub use product_image::ProductImage;
pub use product_stock::{NewProductStock, ProductStock, StockMove, StockQuery, StockWritten};
pub use salesman::{NewSalesman, Salesman};
pub use settings::{
    Deduction, DeliveryMethod, IdentificationTemplate, MeasurementUnit, NewBankAccount, NewDeduction,
    NewDeliveryMethod, NewEconomicActivity, NewIdentificationTemplate, NewMeasurementUnit, NewPriceClass,
    NewProperty, NewVehicle, NewWarehouse, PriceClass, Property, Vehicle, Warehouse,
};
pub use sign_up::{NewCompany, SignedUp};
pub use supplier::{NewSupplier, Supplier};
pub use tax::{NewTax, SaftType, Tax, TaxKind, TaxQuery, VatType};
pub use user::{UpdateMe, User};
