use super::super::{Accounts, BindError};
use super::Session;
use crate::database::Arg;

const ACCOUNTS: &str = "SELECT CAST(1 AS BIGINT), left_account, right_account FROM accounts";
const PUT_ACCOUNTS: &str = "INSERT INTO accounts (left_account, right_account) VALUES ($1, $2)";

impl Session<'_> {
    pub(in super::super) async fn bind(&mut self, wanted: &Accounts) -> Result<(), BindError> {
        let Some((_, left, right)) = self.row(ACCOUNTS, &[]).await? else {
            let accounts = [Arg::Text(wanted.left.as_str()), Arg::Text(wanted.right.as_str())];
            return Ok(self.run(PUT_ACCOUNTS, &accounts).await?);
        };
        let found = Accounts { left: self.place.account(left)?, right: self.place.account(right)? };
        if found == *wanted {
            return Ok(());
        }
        Err(BindError::Other { found: Box::new(found), wanted: Box::new(wanted.clone()) })
    }
}
