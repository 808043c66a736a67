//! Portuguese invoicing for those who are new to it: the words that this crate's types use.
//!
//! Nothing here is legal advice. What is said of amounts and dates was so when this was written.
//!
//! # The tax authority
//!
//! Every invoice in Portugal is made by a program that the tax authority, *Autoridade Tributária* or **AT**, has
//! certified. Moloni is one. Such a program numbers documents without gaps, signs each with the one before it, and
//! never changes one that is closed. A mistake is not corrected: the document is annulled, or a credit note undoes
//! it. That is why a [`Customer`](crate::types::Customer) that a document names cannot be deleted, and why their
//! number and tax number stay as they are from then on, whatever an update says. Ask
//! [`Customers::edit`](crate::resources::Customers::edit) which changes were ignored.
//!
//! # NIF: the tax number
//!
//! The *número de identificação fiscal*, also *NIPC* of companies, has nine digits, of which the last follows from
//! the others. Moloni calls it `vat`. It identifies a customer better than a name does, and the authority gets it
//! with every document. Companies of other countries have numbers of other forms, whose prefix (`ES`, `FR`) is part
//! of them. A Portuguese number may be written with `PT` before it, and is stored without.
//!
//! Moloni checks the last digit where the customer's country is Portugal
//! ([`TaxNumber`](crate::ValidationCode::TaxNumber)), and does not ask whether the number is somebody's.
//!
//! # The final consumer
//!
//! Whoever buys for themselves need not give a tax number. Their documents have `999999990`
//! ([`NewCustomer::FINAL_CONSUMER`](crate::types::NewCustomer::FINAL_CONSUMER)) and, if they are nameless, the name
//! "Consumidor Final". So many customers may share this number, and a search by it finds no person. Above an amount
//! that the law sets, a document must say who the customer is
//! ([`CustomerIdentity`](crate::ValidationCode::CustomerIdentity)): a real name and a real address, in place of
//! "Desconhecido".
//!
//! # Document sets: series
//!
//! A [`DocumentSet`](crate::types::DocumentSet) is a *série*: a row of numbers. In the series "2026" the first
//! invoice (*fatura*, `FT`) is `FT 2026/1` and the first receipt (*recibo*, `RE`) `RE 2026/1`: each type of document
//! counts by itself. Many companies open a series for each year, or for each shop.
//!
//! Before a type of document is used in a series, the authority is told the series, the type, the first number and
//! the day, and gives a code. The code and a document's number make its **ATCUD**, which is printed on it. Without
//! the code the document cannot be closed. [`DocumentSet::at_code`](crate::types::DocumentSet::at_code) tells whether
//! there is one, and [`DocumentSets::at_insert_code`](crate::resources::DocumentSets::at_insert_code) gets or notes
//! one. What was registered is not taken back, so a program should do it only when a person says so.
//!
//! A company that owes VAT only once it is paid (*regime de IVA de caixa*) must use series that say so
//! ([`cash_vat_scheme`](crate::types::NewDocumentSet::cash_vat_scheme)).
//!
//! # VAT, fiscal zones and other taxes
//!
//! VAT is *IVA*. It has three rates: normal, intermediate and reduced, 23, 13 and 6 % on the mainland. In the Azores
//! and on Madeira they are lower. Where a rate applies is its **fiscal zone**: `PT`, `PT-AC` (Azores), `PT-MA`
//! (Madeira), or the code of another country, for those who owe VAT there. [`Country`](crate::types::Country) lists
//! the zones that are parts of one.
//!
//! A [`Tax`](crate::types::Tax) of Moloni is a company's own record of a rate in a zone: 23 % is another id in
//! another company. Look for it by what it is ([`Tax::is_vat`](crate::types::Tax::is_vat)). Besides VAT there are
//! stamp duty and fees, in percent or as amounts. A line has one VAT at most; if it has another tax with it, VAT
//! comes last and is charged on that too.
//!
//! [`LineTax`](crate::types::LineTax) puts a tax on a product or a line. It holds the rate. The amount that a
//! product's row shows under the same name is a [`ProductTax`](crate::types::ProductTax), and nothing turns that into
//! a rate but the record of the tax inside it.
//!
//! # Exemption reasons
//!
//! Where no VAT is charged, the document must say why, by a code of the authority's list: `M07` for most of health
//! and education, `M05` for exports, `M16` for goods sold to companies in other countries of the EU, `M10` for small
//! businesses, `M99` for what VAT does not know. So a product has taxes or a reason
//! ([`NewProduct::exempt`](crate::types::NewProduct::exempt)), and a tax of 0 % has one
//! ([`NewTax::exemption_reason`](crate::types::NewTax::exemption_reason)). The list that counts is
//! `taxExemptions/getAll`, and what applies is for an accountant to say.
//!
//! # Maturity dates: terms of payment
//!
//! A [`MaturityDate`](crate::types::MaturityDate) is no date but terms: "30 days", with a discount for those who keep
//! them, perhaps. A customer has terms, and a document takes them over and prints them. When a document is due is a
//! day of its own, `expiration_date`, which may differ: read that.
//!
//! # An example
//!
//! Enters a customer who may be there, and reports what could not be changed:
//!
//! ```no_run
//! # async fn example(client: moloni_client::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use moloni_client::types::NewCustomer;
//!
//! let new = NewCustomer::unnumbered("Olaria Inventada", "501964843").email("olaria@example.pt");
//! let placed = client.customers().insert_or_find(&new).await?;
//! let edited = client
//!     .customers()
//!     .edit(placed.customer_id(), |_, fields| fields.email("olaria@example.pt").vat("501964843"))
//!     .await?;
//! for field in edited.ignored {
//!     println!("{} is still {}, because a document has it", field.field, field.kept);
//! }
//! # Ok(())
//! # }
//! ```
