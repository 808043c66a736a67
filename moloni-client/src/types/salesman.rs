use super::record::record;

record! {
    /// Somebody who sells for the company.
    read Salesman, key salesman_id: SalesmanId;
    /// A salesman to insert, or what to replace one by.
    write NewSalesman;
    /// The company's own number for them, unique; leading zeros count.
    needs text number;
    /// Their name.
    needs text name;
    /// Their tax number. In Portugal the service checks it.
    needs text vat;
    /// The city.
    needs text city;
    /// The country.
    needs id(CountryId) country_id;
    /// Their language.
    needs id(LanguageId) language_id;
    /// Their share of what they sell, in percent.
    sends amount base_commission;
    /// How many copies of a document they get; 1 unless said otherwise.
    sends number qty_copies_document = 1;
    /// Street and number.
    sends text address;
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
    /// Notes about them.
    sends text notes;
}
