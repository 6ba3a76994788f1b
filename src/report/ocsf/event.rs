//! One event of OCSF, with what all events have in common.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Writer;
use crate::policy::Severity;
use crate::report::model::{Accountable, RuleResult, Thing};
use crate::report::outcome::millis;

/// The oldest version that has all that is used.
const VERSION: &str = "1.5.0";

pub(super) const PASS: u8 = 1;
pub(super) const UNKNOWN: u8 = 2;
pub(super) const FAIL: u8 = 3;

pub(super) const CREATE: u8 = 1;
pub(super) const UPDATE: u8 = 2;
pub(super) const CLOSE: u8 = 3;

/// What differs between events.
pub(super) struct Event<'a> {
    pub code: &'a str,
    pub id: &'a str,
    pub activity: u8,
    /// None where nothing is wrong.
    pub severity: Option<Severity>,
    /// Of the finding's life; nothing where it is none.
    pub status: Option<u8>,
    /// Whether the control works.
    pub compliance: u8,
    pub details: Vec<String>,
    pub title: &'a str,
    pub message: &'a str,
    pub rule: Option<&'a RuleResult>,
    pub rule_id: &'a str,
    pub controls: &'a [String],
    pub since: Option<&'a str>,
    pub resources: Vec<Value>,
    pub unmapped: Value,
}

impl Writer<'_> {
    pub(super) fn event(&self, event: &Event<'_>) -> Value {
        let report = self.report;
        let (class, activity) = ("Compliance Finding", activity(event.activity));
        let (severity_id, severity) = severity(event.severity);
        let unique = format!("{}\0{}", event.code, event.id);
        let mut value = json!({
            "activity_id": event.activity,
            "activity_name": activity,
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2003,
            "class_name": class,
            "type_uid": 200_300 + u32::from(event.activity),
            "type_name": format!("{class}: {activity}"),
            "time": millis(&report.run_at).unwrap_or(0),
            "severity_id": severity_id,
            "severity": severity,
            "message": event.message,
            "metadata": {
                "version": VERSION,
                "uid": self.ids.here("event", &unique),
                "event_code": event.code,
                "product": {
                    "name": report.tool.name,
                    "vendor_name": report.tool.name,
                    "version": report.tool.version,
                },
            },
            "finding_info": {
                "uid": event.id,
                "title": event.title,
                "desc": event.message,
                "types": [event.code],
                "created_time": millis(&report.run_at).unwrap_or(0),
            },
            "compliance": self.compliance(event),
            "resources": event.resources,
            "unmapped": event.unmapped,
        });
        let mut set = |pointer: &str, key: &str, to: Value| {
            let object = value.pointer_mut(pointer).and_then(Value::as_object_mut);
            object.into_iter().for_each(|object| drop(object.insert(key.into(), to.clone())));
        };
        if let Some(status) = event.status {
            set("", "status_id", status.into());
            set("", "status", life(status).into());
        }
        if let Some(since) = event.since.and_then(millis) {
            set("/finding_info", "first_seen_time", since.into());
        }
        if let Some(seen) = millis(&report.as_of.value).filter(|_| event.code != "resolved") {
            set("/finding_info", "last_seen_time", seen.into());
        }
        if let Some(rule) = event.rule.filter(|rule| !rule.remediation.is_empty()) {
            set("", "remediation", json!({ "desc": rule.remediation }));
        }
        value
    }

    fn compliance(&self, event: &Event<'_>) -> Value {
        let frameworks = event.controls.iter().map(|id| self.frameworks.get(id.as_str()));
        let frameworks: BTreeSet<&str> = frameworks.flatten().copied().collect();
        let status = match event.compliance {
            PASS => "Pass",
            FAIL => "Fail",
            _ => "Warning",
        };
        let mut value = json!({
            "status_id": event.compliance,
            "status": status,
            "status_details": event.details,
            "requirements": event.controls,
            "standards": frameworks,
        });
        if let (Some(object), Some(rule)) = (value.as_object_mut(), event.rule) {
            let (severity_id, severity) = severity(Some(rule.severity));
            object.insert("desc".into(), rule.rationale.as_str().into());
            object.insert(
                "checks".into(),
                json!([{
                    "uid": rule.id,
                    "name": rule.title,
                    "version": rule.sha256,
                    "severity_id": severity_id,
                    "severity": severity,
                    "status_id": event.compliance,
                    "status": status,
                }]),
            );
        }
        if let (Some(object), false) = (value.as_object_mut(), event.rule_id.is_empty()) {
            object.insert("control".into(), event.rule_id.into());
        }
        value
    }
}

pub(super) fn resource(thing: &Thing, system: Option<&str>) -> Map<String, Value> {
    let fields = [("uid", &thing.id), ("name", &thing.id), ("type", &thing.kind)];
    let mut map: Map<String, Value> =
        fields.iter().map(|(key, text)| ((*key).to_owned(), text.as_str().into())).collect();
    system.into_iter().for_each(|system| drop(map.insert("namespace".into(), system.into())));
    map
}

pub(super) fn with_owner(mut resource: Map<String, Value>, owner: &Accountable) -> Value {
    // 1 is a user, 3 is the system's own, and 99 is another, as `type` says.
    let (type_id, kind) = match owner.kind.as_str() {
        "Person" => (1, "User"),
        "Workload" => (3, "System"),
        kind => (99, kind),
    };
    let owner = json!({
        "uid": owner.id,
        "name": owner.name,
        "type_id": type_id,
        "type": kind,
        // Which account is theirs isn't known, but readers want one.
        "account": { "uid": owner.id, "name": owner.name, "type_id": 0, "type": "Unknown" },
    });
    resource.insert("owner".into(), owner);
    Value::Object(resource)
}

fn severity(severity: Option<Severity>) -> (u8, &'static str) {
    match severity {
        None => (1, "Informational"),
        Some(Severity::Low) => (2, "Low"),
        Some(Severity::Medium) => (3, "Medium"),
        Some(Severity::High) => (4, "High"),
        Some(Severity::Critical) => (5, "Critical"),
    }
}

fn activity(activity: u8) -> &'static str {
    match activity {
        CREATE => "Create",
        UPDATE => "Update",
        _ => "Close",
    }
}

fn life(status: u8) -> &'static str {
    match status {
        1 => "New",
        3 => "Suppressed",
        _ => "Resolved",
    }
}
