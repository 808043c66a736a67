//! The calls that are not on tokens and contacts: locations, businesses, users and calendars.

use super::route::{Route, Versions, Who, route};
use super::{
    appointment_notes, businesses, calendar, fields, installed, location_tags, location_tasks, locations,
    tags, users,
};

const READ_LOCATIONS: Who = Who::LocationOrCompany("locations.readonly");
const READ_FIELDS: Who = Who::Location("locations/customFields.readonly");
const WRITE_FIELDS: Who = Who::Location("locations/customFields.write");
const READ_TAGS: Who = Who::Location("locations/tags.readonly");
const WRITE_TAGS: Who = Who::Location("locations/tags.write");
const READ_BUSINESSES: Who = Who::Location("businesses.readonly");
const WRITE_BUSINESSES: Who = Who::Location("businesses.write");
const READ_EVENTS: Who = Who::Location("calendars/events.readonly");
const WRITE_EVENTS: Who = Who::Location("calendars/events.write");

/// The first match counts, so literal paths stand before open ones.
pub(super) static ROUTES: &[Route] = &[
    route(
        "GET",
        "/oauth/installedLocations",
        "oauth.installed_locations",
        Who::Company("oauth.readonly"),
        installed::dated,
    )
    .query(installed::DATED)
    .versions(Versions::Dated),
    route(
        "GET",
        "/oauth/installed-locations",
        "oauth.installed_locations",
        Who::Company("oauth.readonly"),
        installed::v3,
    )
    .query(installed::V3)
    .versions(Versions::V3),
    route("GET", "/locations/search", "locations.search", READ_LOCATIONS, locations::search)
        .query(locations::SEARCH),
    route("GET", "/locations/*", "locations.get", READ_LOCATIONS, locations::get),
    route("GET", "/locations/*/customFields", "custom_fields.list", READ_FIELDS, fields::list)
        .query(&[("model", false)]),
    route("POST", "/locations/*/customFields", "custom_fields.create", WRITE_FIELDS, fields::create)
        .json(fields::CREATE),
    route("GET", "/locations/*/customFields/*", "custom_fields.get", READ_FIELDS, fields::get),
    route("PUT", "/locations/*/customFields/*", "custom_fields.update", WRITE_FIELDS, fields::update)
        .json(fields::UPDATE),
    route("DELETE", "/locations/*/customFields/*", "custom_fields.delete", WRITE_FIELDS, fields::delete),
    route("GET", "/locations/*/tags", "location_tags.list", READ_TAGS, tags::of_location),
    route("POST", "/locations/*/tags", "location_tags.create", WRITE_TAGS, location_tags::create)
        .json(location_tags::TAG),
    route("GET", "/locations/*/tags/*", "location_tags.get", READ_TAGS, location_tags::get),
    route("PUT", "/locations/*/tags/*", "location_tags.update", WRITE_TAGS, location_tags::update)
        .json(location_tags::TAG),
    route("DELETE", "/locations/*/tags/*", "location_tags.delete", WRITE_TAGS, location_tags::delete),
    route(
        "POST",
        "/locations/*/tasks/search",
        "location_tasks.search",
        Who::Location("locations/tasks.readonly"),
        location_tasks::search,
    )
    .json(location_tasks::SEARCH),
    route("POST", "/businesses/", "businesses.create", WRITE_BUSINESSES, businesses::create)
        .json(businesses::CREATE),
    route("GET", "/businesses/", "businesses.list", READ_BUSINESSES, businesses::list)
        .query(businesses::LIST),
    route("GET", "/businesses/*", "businesses.get", READ_BUSINESSES, businesses::get),
    route("PUT", "/businesses/*", "businesses.update", WRITE_BUSINESSES, businesses::update)
        .json(businesses::UPDATE),
    route("DELETE", "/businesses/*", "businesses.delete", WRITE_BUSINESSES, businesses::delete),
    route("GET", "/users/search", "users.search", Who::LocationOrCompany("users.readonly"), users::search)
        .query(users::SEARCH),
    route("POST", "/calendars/events/appointments", "calendar_events.create", WRITE_EVENTS, calendar::create)
        .json(calendar::CREATE),
    route("GET", "/calendars/events/appointments/*", "calendar_events.get", READ_EVENTS, calendar::get),
    route(
        "PUT",
        "/calendars/events/appointments/*",
        "calendar_events.update",
        WRITE_EVENTS,
        calendar::update,
    )
    .json(calendar::UPDATE),
    route("GET", "/calendars/events", "calendar_events.list", READ_EVENTS, calendar::list)
        .query(calendar::LIST),
    route("DELETE", "/calendars/events/*", "calendar_events.delete", WRITE_EVENTS, calendar::delete)
        .json(&[]),
    route(
        "GET",
        "/calendars/appointments/*/notes",
        "appointment_notes.list",
        READ_EVENTS,
        appointment_notes::list,
    )
    .query(appointment_notes::LIST),
    route(
        "POST",
        "/calendars/appointments/*/notes",
        "appointment_notes.create",
        WRITE_EVENTS,
        appointment_notes::create,
    )
    .json(appointment_notes::NOTE),
    route(
        "PUT",
        "/calendars/appointments/*/notes/*",
        "appointment_notes.update",
        WRITE_EVENTS,
        appointment_notes::update,
    )
    .json(appointment_notes::NOTE),
    route(
        "DELETE",
        "/calendars/appointments/*/notes/*",
        "appointment_notes.delete",
        WRITE_EVENTS,
        appointment_notes::delete,
    ),
];
