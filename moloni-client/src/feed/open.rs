use std::mem;
use std::ops::Bound::{Excluded, Unbounded};

use super::change::{Change, Entity};
use super::{Feed, MOST_READ};
use crate::Error;

impl Feed {
    /// Reads every open invoice and debit note again, up to 25 a call, and `None` when it is through; for once a
    /// night, or when somebody asks.
    ///
    /// `POST /documents/getOne/`, a read, once for each. The net below [`poll`](Self::poll): it finds payments whose
    /// receipt no poll showed, and annulments that leave `lastmodified` alone.
    ///
    /// The future may be dropped: then nothing has happened. A check that was interrupted goes on where it was.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    pub async fn check_open(&mut self) -> Result<Option<Vec<Change>>, Error> {
        self.is_of_company()?;
        if mem::take(&mut self.ended.open) {
            return Ok(None);
        }
        let after = self.checkpoint.open.map_or(Unbounded, Excluded);
        let ids: Vec<_> = self.checkpoint.ledger.open_after(after).take(MOST_READ).collect();
        if ids.is_empty() {
            self.checkpoint.open = None;
            return Ok(None);
        }
        let looked = self.look(Entity::Documents, &ids).await?;
        let last = ids.last().copied();
        self.ended.open = ids.len() < MOST_READ;
        self.checkpoint.open = last.filter(|_| !self.ended.open);
        let taken =
            ids.into_iter().zip(looked).flat_map(|(id, looked)| self.checkpoint.take_read(id, looked));
        let changes = taken.collect();
        self.checkpoint.moved(self.client.company());
        Ok(Some(changes))
    }
}
