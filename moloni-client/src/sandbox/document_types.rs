/// A kind of document and the entity that serves only this kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct DocumentType {
    pub(super) id: u64,
    pub(super) saft_code: &'static str,
    pub(super) entity: &'static str,
    pub(super) title: &'static str,
    /// Whether it says until when it is to be paid or is valid.
    pub(super) due: bool,
    /// Whether it is paid by itself.
    pub(super) self_paid: bool,
}

const fn kind(id: u64, saft_code: &'static str, entity: &'static str, title: &'static str) -> DocumentType {
    DocumentType { id, saft_code, entity, title, due: false, self_paid: false }
}

const fn due(kind: DocumentType) -> DocumentType {
    DocumentType { due: true, ..kind }
}

const fn self_paid(kind: DocumentType) -> DocumentType {
    DocumentType { self_paid: true, ..kind }
}

/// The kinds that the sandbox knows.
pub(super) const TYPES: &[DocumentType] = &[
    due(kind(1, "FT", "invoices", "Fatura")),
    kind(RECEIPT, "RE", "receipts", "Recibo"),
    kind(CREDIT_NOTE, "NC", "creditNotes", "Nota de Crédito"),
    due(kind(4, "ND", "debitNotes", "Nota de Débito")),
    due(kind(7, "NEF", "supplierPurchaseOrder", "Nota de Encomenda a Fornecedor")),
    due(kind(14, "OR", "estimates", "Orçamento")),
    kind(15, "GT", "billsOfLading", "Guia de Transporte"),
    self_paid(kind(20, "FS", "simplifiedInvoices", "Fatura Simplificada")),
    self_paid(kind(27, "FR", "invoiceReceipts", "Fatura/Recibo")),
    due(kind(28, "NE", "purchaseOrder", "Nota de Encomenda")),
];

/// Settles other documents and has no lines.
pub(super) const RECEIPT: u64 = 2;
/// Is used up by what it credits.
pub(super) const CREDIT_NOTE: u64 = 3;

/// The kind with this id.
pub(super) fn by_id(id: u64) -> Option<&'static DocumentType> {
    TYPES.iter().find(|t| t.id == id)
}

/// The kind that `entity` serves.
pub(super) fn by_entity(entity: &str) -> Option<&'static DocumentType> {
    TYPES.iter().find(|t| t.entity == entity)
}
