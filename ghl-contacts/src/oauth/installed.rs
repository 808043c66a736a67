//! The locations in which an agency's app is installed.

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync_core::Idempotency;
use sync_core::http::header::ACCEPT;
use sync_core::http::{HttpClient, Method, Operation, Request, Verdict};

use crate::error::Error;
use crate::ids::{CompanyId, LocationId};
use crate::types::{lenient_time, null_as_default};
use crate::version::{ApiVersion, VERSION};

const DATED: Operation =
    Operation::new("oauth.installed_locations", Method::GET, "/oauth/installedLocations", Idempotency::Safe);
const V3: Operation =
    Operation::new("oauth.installed_locations", Method::GET, "/oauth/installed-locations", Idempotency::Safe);
/// What a page of the dated version holds if no size is asked for.
const PAGE: u32 = 20;
const LARGEST_PAGE: u32 = 100;

/// The locations in which an agency's app is installed, which have not been asked for yet. From
/// [`GhlOAuth::installed_locations`](super::GhlOAuth::installed_locations).
///
/// After a bulk installation this is the only way to ask for the locations: the tokens name none. The service may still
/// be filling the list when the code is exchanged, so list it again a little later, or listen to the webhook of
/// installations.
#[derive(Debug, Clone)]
pub struct InstalledLocations {
    agency: HttpClient,
    company: CompanyId,
    app: String,
    version: ApiVersion,
    page_size: u32,
    after: Option<InstalledCursor>,
    query: Vec<(&'static str, String)>,
}

/// Where a list of installed locations goes on: a number of locations to skip, or in v3 the token of a page.
///
/// It serialises, so that a long walk can be resumed after a restart, with the same [`InstalledLocations::version`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstalledCursor(String);

/// One page of [`InstalledLocations`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InstalledPage {
    /// The locations.
    pub locations: Vec<InstalledLocation>,
    /// How many locations the whole list has, if the service says so.
    pub count: Option<u64>,
    /// Whether the app gets installed in every location that the agency adds.
    pub install_to_future_locations: Option<bool>,
    /// Where to go on, `None` after the last page.
    pub next: Option<InstalledCursor>,
}

/// A location that an agency's app can be installed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InstalledLocation {
    /// The id, which the service sends as `_id`.
    #[serde(alias = "_id")]
    pub id: LocationId,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the app is installed in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_installed: Option<bool>,
    /// The version of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// When the app was installed.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InstalledLocation {
    /// A location with this id and nothing else, for tests.
    pub fn new(id: impl Into<LocationId>) -> Self {
        Self {
            id: id.into(),
            name: None,
            address: None,
            is_installed: None,
            version_id: None,
            installed_at: None,
            extra: Map::new(),
        }
    }
}

impl InstalledLocations {
    /// The id of the app is the part of its client id before the first `-`.
    pub(super) fn new(agency: HttpClient, company: CompanyId, client_id: &str) -> Self {
        let app = client_id.split_once('-').map_or(client_id, |(app, _)| app).to_owned();
        let (version, page_size, after, query) = (ApiVersion::default(), PAGE, None, Vec::new());
        Self { agency, company, app, version, page_size, after, query }
    }

    /// Sets the app's id. Default: the part of the client id before the first `-`.
    #[must_use]
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.app = id.into();
        self
    }

    /// Asks for this API version. [`ApiVersion::V3`] has another path and goes on by tokens, not by numbers.
    #[must_use]
    pub fn version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// Keeps only locations in whose name the service finds this text.
    #[must_use]
    pub fn query(self, text: impl Into<String>) -> Self {
        self.with("query", text.into())
    }

    /// Keeps only locations in which the app is installed, or only the others.
    #[must_use]
    pub fn installed(self, installed: bool) -> Self {
        self.with("isInstalled", installed.to_string())
    }

    /// Keeps only this location.
    #[must_use]
    pub fn location(self, location: &LocationId) -> Self {
        self.with("locationId", location.to_string())
    }

    /// Keeps only locations with this version of the app.
    #[must_use]
    pub fn version_id(self, id: impl Into<String>) -> Self {
        self.with("versionId", id.into())
    }

    /// Keeps only locations that are trying the app out, or only the others.
    #[must_use]
    pub fn on_trial(self, on_trial: bool) -> Self {
        self.with("onTrial", on_trial.to_string())
    }

    /// Keeps only locations that have this plan of the app.
    #[must_use]
    pub fn plan_id(self, id: impl Into<String>) -> Self {
        self.with("planId", id.into())
    }

    /// Sets how many locations a page holds, 1 to 100; other numbers are brought into these bounds. Default: 20.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.clamp(1, LARGEST_PAGE);
        self
    }

    /// Goes on after the page that gave `cursor`. The rest must be the same.
    #[must_use]
    pub fn after(mut self, cursor: InstalledCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.retain(|(other, _)| *other != name);
        self.query.push((name, value));
        self
    }

    fn operation(&self) -> Operation {
        if self.version == ApiVersion::V3 { V3 } else { DATED }
    }

    fn request(&self) -> Request {
        let request = Request::new(&self.operation())
            .header(VERSION, self.version.as_str())
            .header(ACCEPT, "application/json")
            .query("companyId", &self.company)
            .query("appId", &self.app);
        let request = self.query.iter().fold(request, |request, (name, value)| request.query(*name, value));
        let (size, place) =
            if self.version == ApiVersion::V3 { ("pageSize", "pageToken") } else { ("limit", "skip") };
        request.query(size, self.page_size).query_opt(place, self.after.as_ref().map(|cursor| &cursor.0))
    }

    /// Fetches one page: the first, or the one after [`after`](Self::after).
    ///
    /// `GET /oauth/installedLocations`, in v3 `GET /oauth/installed-locations`; scope `oauth.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token is no agency's OAuth token, lacks the scope or is for another agency;
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for an app's id that the service does not take.
    pub async fn page(&self) -> Result<InstalledPage, Error> {
        let operation = self.operation();
        let reply = self.agency.send(self.request()).await.map_err(Error::transport)?;
        if reply.verdict != Verdict::Success {
            return Err(Error::refused(&operation, &reply));
        }
        let answer: Answer = reply.json().map_err(|error| Error::decode(&operation, &reply, error))?;
        Ok(self.read(answer))
    }

    fn read(&self, answer: Answer) -> InstalledPage {
        let pagination = answer.pagination.unwrap_or_default();
        let next = if self.version == ApiVersion::V3 {
            pagination
                .next_page_token
                .filter(|token| !token.is_empty() && pagination.has_next_page != Some(false))
        } else {
            self.skip_after(answer.locations.len())
        };
        InstalledPage {
            locations: answer.locations,
            count: answer.count.as_u64().or(pagination.total_records.as_u64()),
            install_to_future_locations: answer.install_to_future_locations,
            next: next.map(InstalledCursor),
        }
    }

    /// How many locations to skip after a page of so many. It is the last if it holds fewer than were asked for, and
    /// fewer than the service gives unasked: it may silently cut the size down.
    fn skip_after(&self, length: usize) -> Option<String> {
        let surely = usize::try_from(self.page_size.min(PAGE)).ok()?;
        let before = self.after.as_ref().map_or(Ok(0), |cursor| cursor.0.parse::<usize>()).ok()?;
        (length >= surely).then(|| before.checked_add(length)).flatten().map(|skip| skip.to_string())
    }

    /// Fetches page by page until the last. Ends after an error.
    ///
    /// A page that is the same as the one before, or whose successor is the page itself, is an error of kind
    /// [`Decode`](crate::ErrorKind::Decode): the walk would not end.
    pub fn pages(self) -> impl Stream<Item = Result<InstalledPage, Error>> + Send + 'static {
        stream::try_unfold(Some((self, Vec::new())), |state| async move {
            let Some((mut list, before)) = state else { return Ok(None) };
            let page = list.page().await?;
            let Some(next) = page.next.clone() else { return Ok(Some((page, None))) };
            let same = !page.locations.is_empty() && page.locations == before;
            if same || list.after.as_ref() == Some(&next) {
                return Err(Error::repeated(&list.operation()));
            }
            list.after = Some(next);
            let locations = page.locations.clone();
            Ok(Some((page, Some((list, locations)))))
        })
    }

    /// Fetches location by location until the last. Ends after an error.
    pub fn items(self) -> impl Stream<Item = Result<InstalledLocation, Error>> + Send + 'static {
        self.pages().map_ok(|page| stream::iter(page.locations).map(Ok)).try_flatten()
    }
}

/// The answer of both versions. `locations` is `items` in v3.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default, deserialize_with = "null_as_default", alias = "items")]
    locations: Vec<InstalledLocation>,
    #[serde(default)]
    count: Value,
    install_to_future_locations: Option<bool>,
    pagination: Option<Pagination>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    next_page_token: Option<String>,
    has_next_page: Option<bool>,
    #[serde(default)]
    total_records: Value,
}
