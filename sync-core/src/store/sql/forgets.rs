use jiff::Timestamp;

use super::super::Mentions;
use super::history::numbered;
use super::{Session, values};
use crate::StoreError;
use crate::database::Arg;
use crate::engine::RecordId;

const LINKS_WITH: &str = "SELECT rev, id, body FROM links WHERE body LIKE $1 ESCAPE '!'";
const REVIEWS_WITH: &str = "SELECT CAST(1 AS BIGINT), id, body FROM reviews WHERE body LIKE $1 ESCAPE '!'";
const JOURNAL_WITH: &str =
    "SELECT number, about, body FROM journal WHERE body LIKE $1 ESCAPE '!' ORDER BY number";
const DELETE_ENTRY: &str = "DELETE FROM journal WHERE number = $1";

impl Session<'_> {
    pub(in super::super) async fn mentioning(&mut self, id: &RecordId) -> Result<Mentions, StoreError> {
        let json = self.encode(id)?;
        let mut pattern = String::from("%");
        for c in json.trim_matches('"').chars() {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        let pattern = [Arg::Text(&pattern)];
        Ok(Mentions {
            links: self.all(LINKS_WITH, &pattern).await?,
            reviews: values(self.all(REVIEWS_WITH, &pattern).await?),
            journal: numbered(self.all(JOURNAL_WITH, &pattern).await?),
        })
    }

    pub(in super::super) async fn trim_journal(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let oldest = self.journal(None, 0, limit).await?;
        let old: Vec<u64> =
            oldest.into_iter().filter(|(_, entry)| entry.at < before).map(|(number, _)| number).collect();
        self.delete_entries(&old).await?;
        Ok(old.len())
    }

    pub(super) async fn delete_entries(&mut self, numbers: &[u64]) -> Result<(), StoreError> {
        for number in numbers {
            // A number that no column holds was never given to an entry.
            let number = i64::try_from(*number).unwrap_or(i64::MAX);
            self.run(DELETE_ENTRY, &[Arg::Number(number)]).await?;
        }
        Ok(())
    }
}
