//! The words that pages have for states: each with a tone and an icon, so that none is told by its colour alone.

use serde::Serialize;

use crate::model::attempt::Attempt;
use crate::model::attempt::AttemptKind;
use crate::model::component::ManagedBy;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use crate::model::credential::Check;
use crate::model::credential::Status;
use crate::model::link::LinkStatus;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;
use crate::model::values::State;

/// A word on a coloured ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Badge {
    /// The class of the style sheet.
    tone: &'static str,
    icon: Option<&'static str>,
    pub word: &'static str,
}

const fn badge(tone: &'static str, icon: &'static str, word: &'static str) -> Badge {
    Badge { tone, icon: Some(icon), word }
}

const fn plain(tone: &'static str, word: &'static str) -> Badge {
    Badge { tone, icon: None, word }
}

#[must_use]
pub fn readiness(readiness: Readiness) -> Badge {
    match readiness {
        Readiness::Ready => badge("good", "check", "Ready"),
        Readiness::Pending => badge("warn", "clock", "Pending"),
        Readiness::Disabled => badge("off", "cross", "Disabled"),
    }
}

#[must_use]
pub fn status(status: Status) -> Badge {
    match status {
        Status::Active => badge("good", "check", "Active"),
        Status::Pending => badge("warn", "clock", "Pending"),
        Status::Error => badge("bad", "warning", "Failing"),
        Status::ReauthorizationRequired => badge("bad", "key", "Authorize again"),
        Status::Quarantined => badge("bad", "lock", "Quarantined"),
        Status::Disabled => badge("off", "cross", "Disabled"),
    }
}

/// Why a credential is not active, and what to do; nothing for one that is.
#[must_use]
pub fn status_reason(status: Status) -> Option<&'static str> {
    match status {
        Status::Active => None,
        Status::Pending => Some("Something is missing: fill in what is marked below, or have it authorized."),
        Status::Error => Some("The last tests failed: look at the attempts for the reason, then test again."),
        Status::ReauthorizationRequired => {
            Some("The authorization has ended: a person has to authorize again at the provider.")
        }
        Status::Quarantined => {
            Some("Where its secrets are sent has changed since they were entered: enter them again to confirm.")
        }
        Status::Disabled => Some("It was switched off: nothing is given out until it is switched on."),
    }
}

/// What the last live test found.
#[must_use]
pub fn outcome(word: &str) -> Badge {
    match word {
        Attempt::OK => badge("good", "check", "Works"),
        Check::UNTESTED => badge("off", "clock", "Untested"),
        "not_found" => badge("bad", "warning", "Not found"),
        "authentication_rejected" => badge("bad", "warning", "Authentication rejected"),
        "access_denied" => badge("bad", "warning", "Access denied"),
        "request_rejected" => badge("bad", "warning", "Request rejected"),
        "server_error" => badge("bad", "warning", "Server error"),
        "unreachable" => badge("bad", "warning", "Unreachable"),
        "not_supported" => badge("warn", "info", "Not supported"),
        _ => badge("bad", "warning", "Failed"),
    }
}

#[must_use]
pub fn link_status(status: LinkStatus) -> Badge {
    match status {
        LinkStatus::Open => badge("accent", "link", "Open"),
        LinkStatus::Completed => badge("good", "check", "Completed"),
        LinkStatus::Revoked => badge("off", "cross", "Revoked"),
        LinkStatus::Expired => badge("off", "clock", "Expired"),
    }
}

#[must_use]
pub fn attempt(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::Authorize => "Authorization",
        AttemptKind::Refresh => "Renewal of tokens",
        AttemptKind::Exchange => "Exchange for tokens",
        AttemptKind::Revoke => "Revocation",
        AttemptKind::LiveTest => "Live test",
    }
}

/// The name of a scope, as the documentation of integrations has it.
#[must_use]
pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Customer => "Customer",
        Scope::OrganizationCustomer => "Organization (customer)",
        Scope::OrganizationGlobal => "Organization (global)",
    }
}

/// What a scope means.
#[must_use]
pub fn scope_meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Customer => "Each customer gives their own credentials.",
        Scope::OrganizationCustomer => "Each customer has their own account; you enter its credentials for them.",
        Scope::OrganizationGlobal => "One account of your organization serves all customers; they never see it.",
    }
}

#[must_use]
pub fn owner(owner: OwnerKind) -> &'static str {
    match owner {
        OwnerKind::Customer => "Customer",
        OwnerKind::Organization => "Organization",
        OwnerKind::Test => "Test runner",
    }
}

#[must_use]
pub fn manager(managed_by: ManagedBy) -> &'static str {
    match managed_by {
        ManagedBy::Organization => "Your organization",
        ManagedBy::Customer => "Each customer",
        ManagedBy::Embedded => "Your program",
    }
}

/// Where a value came from, or why there is none.
#[must_use]
pub fn provenance(origin: Option<Origin>, state: State) -> Badge {
    match (state, origin) {
        (State::Quarantined, _) => badge("bad", "lock", "Enter it again"),
        (State::Missing, _) => badge("warn", "warning", "Missing"),
        (_, None) => plain("off", "Not set"),
        (_, Some(Origin::Default)) => plain("off", "Component's default"),
        (_, Some(Origin::Global)) => plain("accent", "Global value"),
        (_, Some(Origin::Credential)) => plain("good", "This credential"),
        (_, Some(Origin::Derived)) => plain("off", "Derived"),
    }
}

/// How a connection type authenticates.
#[must_use]
pub fn auth(kind: &str) -> String {
    let word = match kind {
        "none" => "No authentication",
        "basic" => "Username and password",
        "api_key" => "API key",
        "bearer" => "Bearer token",
        "oauth2_authorization_code" => "OAuth 2.0",
        "oauth2_client_credentials" => "OAuth 2.0, client credentials",
        "oauth2_password" => "OAuth 2.0, password",
        "oauth1" => "OAuth 1.0a",
        "jwt_bearer" => "Signed assertion",
        "aws_sigv4" => "AWS signature",
        other => return title(other),
    };
    word.to_owned()
}

/// What a history says changed.
#[must_use]
pub fn field(name: &str) -> String {
    let word = match name {
        "label" => "Label",
        "description" => "Description",
        "stable_key" => "Stable key",
        "aliases" => "Alias",
        "name" => "Name",
        "status" => "Status",
        "is_enabled" => "Enabled",
        "is_embedded" => "Use for embedded workflows",
        "callback" => "Redirect URI",
        "live_test" => "Live test",
        input => {
            let input = input.strip_prefix("inputs.").unwrap_or(input);
            return input.replace(".managed_by", ": managed by").replace(".shared", ": shared");
        }
    };
    word.to_owned()
}

/// Errors begin in lower case and end without a stop; pages do not.
#[must_use]
pub fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    // Addresses, keys and the like are written as they are.
    let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches(['.', ',', ':', ';']);
    if word.contains(['.', ':', '/', '_', '`']) {
        return format!("{text}{end}");
    }
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}{end}", chars.as_str())
}

/// `developer_tools` as people write it.
#[must_use]
pub fn title(word: &str) -> String {
    let text = word.replace(['_', '-'], " ");
    match text.as_str() {
        "ai" | "crm" | "erp" | "pim" => text.to_uppercase(),
        "ecommerce" => "E-commerce".to_owned(),
        _ => {
            let mut chars = text.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        }
    }
}

/// Of a credential that nobody authorized.
pub const NOT_CONNECTED: Badge = badge("warn", "link", "Not connected");
/// Of a credential that is not there.
pub const NOT_ENTERED: Badge = badge("warn", "clock", "Not entered");
/// Of an input whose value all customers share.
pub const GLOBAL_VALUE: Badge = plain("accent", "Global value");
/// Of an input that each customer gives.
pub const CUSTOMER_SPECIFIC: Badge = plain("warn", "Customer-specific");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_begin_and_end_as_people_write_them() {
        for (text, expected) in [
            ("the server is away", "The server is away."),
            ("Done!", "Done!"),
            ("https://a.example cannot be reached", "https://a.example cannot be reached."),
            ("api.slack.com > apps", "api.slack.com > apps."),
            ("`a` is taken", "`a` is taken."),
            ("wrong: try again", "Wrong: try again."),
            ("", "."),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }

    #[test]
    fn words_of_manifests_become_titles() {
        for (word, expected) in [("developer_tools", "Developer tools"), ("crm", "CRM"), ("ecommerce", "E-commerce")] {
            assert_eq!(title(word), expected);
        }
        assert_eq!(field("inputs.client_id.managed_by"), "client_id: managed by");
    }
}
