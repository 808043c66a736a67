use serde::Deserialize;
use serde_json::json;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{ContactId, TaskId};
use crate::types::{NewTask, Task, TaskUpdate, null_as_default};

const LIST: Operation =
    Operation::new("tasks.list", Method::GET, "/contacts/{contactId}/tasks", Idempotency::Safe);
const CREATE: Operation =
    Operation::new("tasks.create", Method::POST, "/contacts/{contactId}/tasks", Idempotency::NotIdempotent);
const GET: Operation =
    Operation::new("tasks.get", Method::GET, "/contacts/{contactId}/tasks/{taskId}", Idempotency::Safe);
const UPDATE: Operation = Operation::new(
    "tasks.update",
    Method::PUT,
    "/contacts/{contactId}/tasks/{taskId}",
    Idempotency::Idempotent,
);
const COMPLETE: Operation = Operation::new(
    "tasks.complete",
    Method::PUT,
    "/contacts/{contactId}/tasks/{taskId}/completed",
    Idempotency::Idempotent,
);
const DELETE: Operation = Operation::new(
    "tasks.delete",
    Method::DELETE,
    "/contacts/{contactId}/tasks/{taskId}",
    Idempotency::Idempotent,
);

/// The tasks of a contact. From [`Client::tasks`].
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId, NewTask};
/// # async fn run(client: Client, ana: ContactId) -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = client.tasks(&ana);
/// let task = NewTask::new("Send the offer", "2026-03-02T09:00:00Z".parse()?).body("With the new prices");
/// let task = tasks.create(&task).await?;
/// tasks.complete(&task.id, true).await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Tasks<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

#[derive(Deserialize)]
struct OneTask {
    task: Task,
}

#[derive(Deserialize)]
struct ManyTasks {
    #[serde(default, deserialize_with = "null_as_default")]
    tasks: Vec<Task>,
}

impl Tasks<'_> {
    fn request(self, operation: &Operation) -> Request {
        Request::new(operation).arg("contactId", self.contact)
    }

    /// Lists all tasks of the contact; the service does not page them.
    ///
    /// `GET /contacts/{contactId}/tasks`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn list(self) -> Result<Vec<Task>, Error> {
        let many: ManyTasks = self.client.send(&LIST, self.request(&LIST)).await?;
        Ok(many.tasks)
    }

    /// Gives a task.
    ///
    /// `GET /contacts/{contactId}/tasks/{taskId}`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or task.
    pub async fn get(self, id: &TaskId) -> Result<Task, Error> {
        let one: OneTask = self.client.send(&GET, self.request(&GET).arg("taskId", id)).await?;
        Ok(one.task)
    }

    /// Creates a task.
    ///
    /// `POST /contacts/{contactId}/tasks`, scope `contacts.write`. Not idempotent: after an error with
    /// [`outcome_unknown`](Error::outcome_unknown), [`list`](Self::list) tells whether it was created. The service wants
    /// `completed` in every one, so it is sent even where nobody set it.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn create(self, new: &NewTask) -> Result<Task, Error> {
        let one: OneTask = self.client.send(&CREATE, self.request(&CREATE).json(new)).await?;
        Ok(one.task)
    }

    /// Changes a task and gives it as it is afterwards.
    ///
    /// `PUT /contacts/{contactId}/tasks/{taskId}`, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or task.
    pub async fn update(self, id: &TaskId, update: &TaskUpdate) -> Result<Task, Error> {
        let request = self.request(&UPDATE).arg("taskId", id).json(update);
        let one: OneTask = self.client.send(&UPDATE, request).await?;
        Ok(one.task)
    }

    /// Marks a task as done, or as open again.
    ///
    /// `PUT /contacts/{contactId}/tasks/{taskId}/completed`, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or task.
    pub async fn complete(self, id: &TaskId, completed: bool) -> Result<Task, Error> {
        let request = self.request(&COMPLETE).arg("taskId", id).json(&json!({ "completed": completed }));
        let one: OneTask = self.client.send(&COMPLETE, request).await?;
        Ok(one.task)
    }

    /// Deletes a task.
    ///
    /// `DELETE /contacts/{contactId}/tasks/{taskId}`, scope `contacts.write`. Idempotent: if the answer to a first request was lost, that it is gone by
    /// the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or task.
    pub async fn delete(self, id: &TaskId) -> Result<(), Error> {
        self.client.delete(&DELETE, self.request(&DELETE).arg("taskId", id)).await
    }
}
