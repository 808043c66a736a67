//! What works for documents of all types.

use moloni_client::types::NewInvoice;
use moloni_client::{Decimal, DocumentId, DocumentQuery, DocumentStatus, Timestamp};

use super::stage::Stage;
use super::types::{DAY, Shop};
use super::{NO_COMPANY, rows};

const NO_DOCUMENT: [&str; 1] = ["2 document_id 1 0"];

pub(super) async fn calls(stage: &Stage) {
    let (documents, nowhere) = (stage.client.documents(), stage.nowhere.documents());
    let (shop, all, nobody) = (Shop::open(stage), DocumentQuery::new, DocumentId::from(0));
    let moment: Timestamp = stage.later();
    let invoice = NewInvoice::new(DAY, DAY, shop.set, shop.customer).line(shop.line(1));
    let id = stage.client.invoices().insert(&invoice).await.unwrap();
    let draft = documents.get_detail(id).await.unwrap();
    stage.client.invoices().close(&draft).await.unwrap();
    rows! { stage:
        "documents.getAllDocumentTypes", documents.get_all_document_types(1.into())
                => types => types.iter().any(|kind| kind.saft_code == "FT"),
            not documents.get_all_document_types(0.into()) => ["2 language_id 1 0"];
        "documents.getOne", documents.get_one(id) => one => one.document_id == id,
            not documents.get_one(nobody) => NO_DOCUMENT;
        "documents.getAll", documents.get_all(all()).page(0) => page => page.items[0].net_value == one.net_value && page.items[0].extra.is_empty(),
            not nowhere.get_all(all()).page(0) => NO_COMPANY;
        "documents.count", documents.count(all()) => count => count == 1, not nowhere.count(all()) => NO_COMPANY;
        "documents.getModifiedSince", documents.get_modified_since(moment, all()).page(0)
                => page => page.items[0].document_id == id,
            not nowhere.get_modified_since(moment, all()).page(0) => NO_COMPANY;
        "documents.countModifiedSince", documents.count_modified_since(moment, all()) => count => count == 1,
            not nowhere.count_modified_since(moment, all()) => NO_COMPANY;
        "documents.getPDFLink", documents.get_pdf_link(id) => _ => true, not documents.get_pdf_link(nobody) => NO_DOCUMENT;
    }
    let made = stage.client.invoices().generate_mb_reference(id, Decimal::ONE).await.unwrap();
    let reference = made.reference_id.unwrap();
    let references = async || documents.get_detail(id).await.unwrap().mb_references;
    rows! { stage:
        "documents.getByMBReference", documents.get_by_mb_reference(&made.entity, &made.reference)
                => found => found[0].document_id == id,
            not documents.get_by_mb_reference("", "1") => ["1 entity"];
        "documents.setMBReferenceAsPaid", documents.set_mb_reference_as_paid(id, reference)
                => () => references().await[0].extra["paid"] == 1,
            not documents.set_mb_reference_as_paid(id, 0.into()) => ["2 reference_id 1 0"];
        "documents.deleteMBReference", documents.delete_mb_reference(id, reference)
                => () => references().await.is_empty(),
            not documents.delete_mb_reference(nobody, reference) => NO_DOCUMENT;
        "documents.documentDraft", documents.reopen(id, false)
                => () => documents.get_one(id).await.unwrap().status == DocumentStatus::Draft,
            not documents.reopen(nobody, false) => NO_DOCUMENT;
    }
    stage.client.invoices().close(&documents.get_detail(id).await.unwrap()).await.unwrap();
    rows! { stage:
        "documents.documentCancel", documents.cancel(id, "engano")
                => () => documents.get_one(id).await.unwrap().status == DocumentStatus::Annulled,
            not documents.cancel(nobody, "engano") => NO_DOCUMENT;
    }
}
