//! Settings of the common form.

use super::record::record;
use super::{BankAccount, EconomicActivity};

record! {
    /// A bank account of the company to insert, or what to replace one by. Documents can print it.
    write NewBankAccount of BankAccount;
    needs number ordination;
    needs text name;
    needs text value;
}

record! {
    /// An economic activity of the company to insert, or what to replace one by.
    write NewEconomicActivity of EconomicActivity;
    needs text code;
    needs text description;
}

record! {
    /// A tax that customers withhold when they pay, in Portuguese *retenção*.
    read Deduction, key deduction_id: DeductionId;
    /// A deduction to insert, or what to replace one by.
    write NewDeduction;
    /// Its name.
    needs text name;
    /// Its rate in percent.
    needs amount value;
}

record! {
    /// A way in which customers receive goods.
    read DeliveryMethod, key delivery_method_id: DeliveryMethodId;
    /// A delivery method to insert, or what to replace one by.
    write NewDeliveryMethod;
    /// Its name.
    needs text name;
}

record! {
    /// A letterhead that documents can carry in place of the company's own.
    read IdentificationTemplate, key template_id: TemplateId;
    /// A letterhead to insert, or what to replace one by. The service insists on all but the phone and fax numbers, the
    /// website, the notes and the footnote.
    write NewIdentificationTemplate;
    /// Its name, for those who choose one.
    needs text name;
    /// The name that documents show.
    needs text business_name;
    /// The e-mail address that documents show.
    needs text email;
    /// Street and number.
    needs text address;
    /// The city.
    needs text city;
    /// The postal code, `1234-567` in Portugal.
    needs text zip_code;
    /// The country.
    needs id(CountryId) country_id;
    /// Who e-mails with documents come from. The service insists on it.
    sends text email_sender_name;
    /// The address that e-mails with documents come from. The service insists on it.
    sends text email_sender_address;
    /// The phone number.
    sends text phone;
    /// The fax number.
    sends text fax;
    /// The website, a URL.
    sends text website;
    /// Notes about it.
    sends text notes;
    /// What documents say at the foot.
    sends text documents_footnote;
}

record! {
    /// What products are measured in. Two units can have the same name.
    read MeasurementUnit, key unit_id: UnitId;
    /// A unit to insert, or what to replace one by.
    write NewMeasurementUnit;
    /// Its name.
    needs text name;
    /// Its sign.
    needs text short_name;
}

record! {
    /// A class of prices: customers of a class pay the prices that products have for it.
    read PriceClass, key price_class_id: PriceClassId;
    /// A price class to insert, or what to replace one by.
    write NewPriceClass;
    /// Its name.
    needs text title;
}

record! {
    /// A property that products can have, such as a colour.
    read Property, key property_id: PropertyId;
    /// A property to insert, or what to replace one by.
    write NewProperty;
    /// Its name.
    needs text title;
}

record! {
    /// A vehicle of the company, for documents about goods that travel.
    read Vehicle, key vehicle_id: VehicleId;
    /// A vehicle to insert, or what to replace one by.
    write NewVehicle;
    /// What it is.
    needs text description;
    /// Its number plate.
    needs text number_plate;
}

record! {
    /// A place where the company keeps goods.
    read Warehouse, key warehouse_id: WarehouseId;
    /// A warehouse to insert, or what to replace one by.
    write NewWarehouse;
    /// Its name.
    needs text title;
    /// Its code.
    needs text code;
    /// Street and number.
    needs text address;
    /// The city.
    needs text city;
    /// The postal code, `1234-567` in Portugal.
    needs text zip_code;
    /// The country.
    needs id(CountryId) country_id;
    /// Whether goods go there unless said otherwise.
    sends flag is_default;
    /// The phone number.
    sends text phone;
    /// The fax number.
    sends text fax;
    /// The contact person.
    sends text contact_name;
    /// The contact person's e-mail address.
    sends text contact_email;
    /// The company.
    shows id(CompanyId) company_id;
    /// Whether it is shown; 1 as far as is known.
    shows number visibility_id;
    /// The country, with its name.
    shows object(CountryRef) country;
}
