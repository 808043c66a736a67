/// A kind of document and the entity that serves only this kind.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub(super) struct DocumentType {
    pub(super) id: u64,
    pub(super) saft_code: &'static str,
    pub(super) entity: &'static str,
    pub(super) title: &'static str,
    /// Whether it says until when it is to be paid or is valid.
    pub(super) due: bool,
    /// Whether it is paid by itself.
    pub(super) self_paid: bool,
    /// Whether it settles other documents, and so has a total and no lines.
    pub(super) settles: bool,
    /// Whether somebody owes or paid by it, so that the law asks who.
    pub(super) invoices: bool,
    /// Whether goods travel with it.
    pub(super) transport: bool,
    /// Whether the other party is a supplier.
    pub(super) of_supplier: bool,
}

const fn kind(id: u64, saft_code: &'static str, entity: &'static str, title: &'static str) -> DocumentType {
    DocumentType {
        id,
        saft_code,
        entity,
        title,
        due: false,
        self_paid: false,
        settles: false,
        invoices: false,
        transport: false,
        of_supplier: false,
    }
}

const fn due(kind: DocumentType) -> DocumentType {
    DocumentType { due: true, ..kind }
}

const fn invoice(kind: DocumentType) -> DocumentType {
    DocumentType { due: true, invoices: true, ..kind }
}

const fn self_paid(kind: DocumentType) -> DocumentType {
    DocumentType { self_paid: true, invoices: true, ..kind }
}

const fn settling(kind: DocumentType) -> DocumentType {
    DocumentType { settles: true, ..kind }
}

const fn transport(kind: DocumentType) -> DocumentType {
    DocumentType { transport: true, ..kind }
}

const fn supplier(kind: DocumentType) -> DocumentType {
    DocumentType { of_supplier: true, ..kind }
}

/// The kinds that the sandbox knows. Ids from 900 are its own: the service's are not known.
pub(super) const TYPES: &[DocumentType] = &[
    invoice(kind(1, "FT", "invoices", "Fatura")),
    settling(kind(RECEIPT, "RE", "receipts", "Recibo")),
    kind(CREDIT_NOTE, "NC", "creditNotes", "Nota de Crédito"),
    invoice(kind(4, "ND", "debitNotes", "Nota de Débito")),
    supplier(due(kind(7, "NEF", "supplierPurchaseOrder", "Nota de Encomenda a Fornecedor"))),
    supplier(due(kind(8, "FF", "supplierInvoices", "Fatura de Fornecedor"))),
    due(kind(14, "OR", "estimates", "Orçamento")),
    transport(kind(15, "GT", "billsOfLading", "Guia de Transporte")),
    self_paid(kind(20, "FS", "simplifiedInvoices", "Fatura Simplificada")),
    self_paid(kind(27, "FR", "invoiceReceipts", "Fatura/Recibo")),
    due(kind(28, "NE", "purchaseOrder", "Nota de Encomenda")),
    kind(901, "DI", "internalDocuments", "Documento Interno"),
    settling(kind(902, "DP", "paymentReturns", "Devolução de Pagamento")),
    transport(kind(903, "GDC", "customerReturnNotes", "Guia de Devolução de Cliente")),
    transport(kind(904, "GR", "deliveryNotes", "Guia de Remessa")),
    transport(kind(905, "GCO", "waybills", "Guia de Consignação")),
    transport(kind(906, "GA", "ownAssetsMovementGuides", "Guia de Movimentação de Ativos Próprios")),
    transport(kind(GLOBAL_GUIDE, "GG", "globalGuides", "Guia Global")),
    supplier(kind(908, "FSF", "supplierSimplifiedInvoices", "Fatura Simplificada de Fornecedor")),
    supplier(kind(909, "NCF", "supplierCreditNotes", "Nota de Crédito de Fornecedor")),
    supplier(due(kind(910, "NDF", "supplierDebitNotes", "Nota de Débito de Fornecedor"))),
    supplier(kind(911, "GDF", "supplierReturnNotes", "Guia de Devolução a Fornecedor")),
    supplier(settling(kind(912, "REF", "supplierReceipts", "Recibo de Fornecedor"))),
    supplier(kind(913, "PGF", "supplierWarrantyRequests", "Pedido de Garantia a Fornecedor")),
];

/// Settles other documents and has no lines.
pub(super) const RECEIPT: u64 = 2;
/// Is used up by what it credits.
pub(super) const CREDIT_NOTE: u64 = 3;
/// Names the type of later documents in place of a customer.
pub(super) const GLOBAL_GUIDE: u64 = 907;

/// The kind with this id.
pub(super) fn by_id(id: u64) -> Option<&'static DocumentType> {
    TYPES.iter().find(|t| t.id == id)
}

/// The kind that `entity` serves.
pub(super) fn by_entity(entity: &str) -> Option<&'static DocumentType> {
    TYPES.iter().find(|t| t.entity == entity)
}
