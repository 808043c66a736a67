use sync_core::{FileTokenStore, conformance};

use super::places::Folder;
use super::{KEY, seal, sealed};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_outlives_its_store() {
    let folder = Folder::new();
    let open = async || FileTokenStore::open(folder.file("tokens.json"), seal(&[KEY])).await.unwrap();
    conformance::token_store::check_reopen(open).await;
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let place = file.display().to_string();
    sealed::a_wrong_key_is_refused(async |seal| FileTokenStore::open(&file, seal).await, &place).await;
}

#[tokio::test]
async fn a_key_can_be_replaced() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    sealed::a_key_can_be_replaced(async |seal| FileTokenStore::open(&file, seal).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resealing_loses_no_swap() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    sealed::resealing_loses_no_swap(async |seal| FileTokenStore::open(&file, seal).await).await;
}
