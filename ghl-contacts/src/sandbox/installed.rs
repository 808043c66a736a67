//! The locations in which the app is installed: all of the agency's.

use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::locations::Location;
use super::normal::iso;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::world::World;

pub(super) const DATED: &[(&str, bool)] = &[
    ("companyId", true),
    ("appId", true),
    ("skip", false),
    ("limit", false),
    ("query", false),
    ("isInstalled", false),
    ("versionId", false),
    ("onTrial", false),
    ("planId", false),
    ("locationId", false),
];
pub(super) const V3: &[(&str, bool)] = &[
    ("companyId", true),
    ("appId", true),
    ("pageSize", false),
    ("pageToken", false),
    ("query", false),
    ("isInstalled", false),
    ("versionId", false),
    ("onTrial", false),
    ("planId", false),
    ("locationId", false),
    ("restrictToUserLocations", false),
];
/// What the token of a page begins with; the rest says how many locations come before it.
const TOKEN: &str = "after-";

fn fitting(world: &World, call: &Call<'_>) -> Result<Vec<Value>, Refusal> {
    let query = |name: &str| call.request.query(name);
    if query("companyId") != Some(&world.credentials.company_id) {
        return Err(Refusal::other_company());
    }
    let wanted = query("query").unwrap_or_default().to_lowercase();
    let app = world.app_id();
    let found = world
        .locations
        .values()
        .filter(|_| query("appId") == Some(app) && query("isInstalled") != Some("false"))
        .filter(|l| {
            query("locationId").is_none_or(|id| id == l.id) && l.name.to_lowercase().contains(&wanted)
        });
    let view = |l: &Location| {
        json!({
            "_id": l.id,
            "name": l.name,
            "address": "Rua do Cais 12, Porto",
            "isInstalled": true,
            "versionId": app,
            "installedAt": iso(world.installed),
        })
    };
    Ok(found.map(view).collect())
}

pub(super) fn dated(world: &mut World, call: &Call<'_>) -> Reply {
    let fitting = fitting(world, call)?;
    let (skip, limit) = (call.number("skip", 0, usize::MAX)?, call.number("limit", 20, 100)?);
    let count = fitting.len();
    let page: Vec<Value> = fitting.into_iter().skip(skip).take(limit).collect();
    let body = json!({ "locations": page, "count": count, "installToFutureLocations": false });
    Ok(Answer::json(200, body))
}

pub(super) fn v3(world: &mut World, call: &Call<'_>) -> Reply {
    let fitting = fitting(world, call)?;
    let size = call.number("pageSize", 20, 100)?.max(1);
    let skip: usize = match call.request.query("pageToken") {
        None => 0,
        Some(token) => token
            .strip_prefix(TOKEN)
            .and_then(|skip| skip.parse().ok())
            .ok_or_else(|| Refusal::bad_request("Invalid page token"))?,
    };
    let total = fitting.len();
    let page: Vec<Value> = fitting.into_iter().skip(skip).take(size).collect();
    let next = Some(skip.saturating_add(size)).filter(|next| *next < total);
    let body = json!({
        "items": page,
        "pagination": {
            "totalRecords": total,
            "estimatedTotalRecords": total,
            "currentPageSize": page.len(),
            "hasNextPage": next.is_some(),
            "hasPrevPage": skip > 0,
            "nextPageToken": next.map(|next| format!("{TOKEN}{next}")),
            "prevPageToken": (skip > 0).then(|| format!("{TOKEN}{}", skip.saturating_sub(size))),
        },
        "metadata": {},
        "installToFutureLocations": false,
    });
    Ok(Answer::json(200, body))
}
