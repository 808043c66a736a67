use super::record::record;

record! {
    /// Somebody the company buys from.
    ///
    /// Which fields a row has was not recorded: these are those that are written.
    read Supplier, key supplier_id: SupplierId;
    /// A supplier to insert, or what to replace one by. Everything is always sent, as 0 or empty if it is not set.
    write NewSupplier;
    /// The company's own number for them, unique; leading zeros count.
    needs text number;
    /// Their name.
    needs text name;
    /// Their tax number. In Portugal the service checks it.
    needs text vat;
    /// Street and number.
    needs text address;
    /// The city.
    needs text city;
    /// The country.
    needs id(CountryId) country_id;
    /// The language of documents for them.
    needs id(LanguageId) language_id;
    /// The postal code, `1234-567` in Portugal.
    sends text zip_code;
    /// The e-mail address.
    sends text email;
    /// The website, a URL.
    sends text website;
    /// The phone number.
    sends text phone;
    /// The fax number.
    sends text fax;
    /// The name of the one contact person.
    sends text contact_name;
    /// The contact person's e-mail address.
    sends text contact_email;
    /// The contact person's phone number.
    sends text contact_phone;
    /// Notes about them.
    sends text notes;
    /// Their discount in percent, from 0 to 100.
    sends amount discount;
    /// How much the company may owe them.
    sends amount credit_limit;
    /// How many copies of a document they get; 1 unless said otherwise.
    sends number qty_copies_document = 1;
    /// The terms of payment.
    sends id(MaturityDateId) maturity_date_id;
    /// How they are paid.
    sends id(PaymentMethodId) payment_method_id;
    /// How they deliver.
    sends id(DeliveryMethodId) delivery_method_id;
}
