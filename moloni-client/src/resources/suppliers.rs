use super::entity::{handle, operations, pages, searches, writes};
use crate::types::Supplier;

handle! {
    /// Whom the company buys from.
    Suppliers as suppliers
}

pages! { Suppliers("suppliers") of Supplier, SupplierId = "supplier_id" }

searches! { Suppliers("suppliers") of Supplier:
    /// Lists the suppliers with a tax number.
    get_by_vat = "getByVat", count_by_vat = "countByVat", by vat, equal by str::eq;
    /// Lists the suppliers with a number in the company's books.
    get_by_number = "getByNumber", count_by_number = "countByNumber", by number, equal by str::eq;
    /// Lists the suppliers with a name.
    get_by_name = "getByName", count_by_name = "countByName", by name, equal by str::eq;
}

writes! { Suppliers("suppliers") of NewSupplier, SupplierId = "supplier_id" }

fn id(row: &Supplier) -> u64 {
    row.supplier_id.get()
}
