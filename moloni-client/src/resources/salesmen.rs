use super::entity::{handle, operations, pages, searches, writes};
use crate::types::Salesman;

handle! {
    /// Who sells for the company.
    Salesmen as salesmen
}

pages! { Salesmen("salesmen") of Salesman, SalesmanId = "salesman_id" }

searches! { Salesmen("salesmen") of Salesman:
    /// Lists the salesmen with a tax number.
    get_by_vat = "getByVat", count_by_vat = "countByVat", by vat, equal by str::eq;
    /// Lists the salesmen with a number in the company's books.
    get_by_number = "getByNumber", count_by_number = "countByNumber", by number, equal by str::eq;
    /// Lists the salesmen with a name.
    get_by_name = "getByName", count_by_name = "countByName", by name, equal by str::eq;
    /// Lists the salesmen with an e-mail address; an exact match has the same letters, capital or not.
    get_by_email = "getByEmail", count_by_email = "countByEmail", by email, equal by str::eq_ignore_ascii_case;
}

writes! { Salesmen("salesmen") of NewSalesman, SalesmanId = "salesman_id" }

fn id(row: &Salesman) -> u64 {
    row.salesman_id.get()
}
