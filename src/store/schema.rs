//! The tables as diesel knows them. `Uid` and `Instant` are ours: one text for both databases.
#![cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the macro names every SQL type in scope"))]

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    tenants (id) {
        id -> Uid,
        key -> Text,
        name -> Text,
        is_production -> Bool,
        revision -> BigInt,
        created_at -> Instant,
        color -> Nullable<Text>,
        logo -> Nullable<Binary>,
        logo_digest -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    data_keys (id) {
        id -> Uid,
        tenant_id -> Uid,
        wrapped -> Binary,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    users (id) {
        id -> Uid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        is_disabled -> Bool,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    user_roles (user_id, tenant_id) {
        user_id -> Uid,
        tenant_id -> Uid,
        role -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    sessions (id) {
        id -> Uid,
        user_id -> Uid,
        token_hash -> Binary,
        created_at -> Instant,
        last_used_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    api_keys (id) {
        id -> Uid,
        tenant_id -> Uid,
        name -> Text,
        prefix -> Text,
        hash -> Binary,
        scopes -> Text,
        created_by -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    customers (id) {
        id -> Uid,
        tenant_id -> Uid,
        external_id -> Text,
        name -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    audit_events (id) {
        id -> Uid,
        tenant_id -> Nullable<Uid>,
        at -> Instant,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    idempotency_keys (tenant_id, actor, key) {
        tenant_id -> Uid,
        actor -> Text,
        key -> Text,
        request_digest -> Text,
        status -> BigInt,
        body -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    components (key, version, digest) {
        key -> Text,
        version -> BigInt,
        digest -> Text,
        manifest -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    component_pins (tenant_id, component) {
        tenant_id -> Uid,
        component -> Text,
        version -> BigInt,
        digest -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    connections (id) {
        id -> Uid,
        tenant_id -> Uid,
        label -> Text,
        description -> Nullable<Text>,
        component -> Text,
        connection_type -> Text,
        scope -> Text,
        is_enabled -> Bool,
        is_embedded -> Bool,
        is_placeholder -> Bool,
        inputs -> Text,
        secrets -> Nullable<Binary>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    connection_keys (tenant_id, key) {
        tenant_id -> Uid,
        key -> Text,
        connection_id -> Uid,
        is_current -> Bool,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    credentials (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        owner -> Text,
        customer_id -> Nullable<Uid>,
        name -> Text,
        inputs -> Text,
        secrets -> Nullable<Binary>,
        status -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    connection_events (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        at -> Instant,
        actor -> Text,
        action -> Text,
        subject -> Text,
        changes -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    integrations (id) {
        id -> Uid,
        tenant_id -> Uid,
        key -> Text,
        name -> Text,
        published_number -> BigInt,
        draft_edited_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    integration_versions (id) {
        id -> Uid,
        tenant_id -> Uid,
        integration_id -> Uid,
        number -> BigInt,
        digest -> Text,
        created_by -> Text,
        created_at -> Instant,
        definition -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    slots (version_id, variable) {
        version_id -> Uid,
        tenant_id -> Uid,
        variable -> Text,
        component -> Nullable<Text>,
        connection_type -> Nullable<Text>,
        scope -> Nullable<Text>,
        required_scopes -> Text,
        connection_id -> Nullable<Uid>,
        stable_key -> Nullable<Text>,
        is_rebound -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    sync_runs (id) {
        id -> Uid,
        tenant_id -> Uid,
        source -> Text,
        actor -> Text,
        plan_hash -> Text,
        result -> Text,
        plan -> Text,
        undo -> Text,
        started_at -> Instant,
        duration_ms -> BigInt,
        rolled_back_at -> Nullable<Instant>,
        rolled_back_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    pruned_rows (id) {
        id -> Uid,
        tenant_id -> Uid,
        sync_run_id -> Uid,
        noun -> Text,
        content -> Text,
        purge_after -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    tokens (credential_id) {
        credential_id -> Uid,
        tenant_id -> Uid,
        sealed -> Binary,
        generation -> BigInt,
        granted_scopes -> Nullable<Text>,
        expires_at -> Nullable<Instant>,
        refresh_at -> Nullable<Instant>,
        obtained_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    refresh_leases (credential_id) {
        credential_id -> Uid,
        tenant_id -> Uid,
        fence -> BigInt,
        holder -> Nullable<Text>,
        leased_until -> Nullable<Instant>,
        intent_generation -> Nullable<BigInt>,
        intent_deadline -> Nullable<Instant>,
        failures -> BigInt,
        next_attempt_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    credential_attempts (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        credential_id -> Nullable<Uid>,
        at -> Instant,
        kind -> Text,
        outcome -> Text,
        detail -> Text,
        status -> Nullable<BigInt>,
        duration_ms -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    credential_checks (credential_id) {
        credential_id -> Uid,
        tenant_id -> Uid,
        checked_at -> Instant,
        outcome -> Text,
        message -> Text,
        next_check_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    oauth_callbacks (connection_id) {
        connection_id -> Uid,
        tenant_id -> Uid,
        callback_id -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    oauth_flows (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        owner -> Text,
        customer_id -> Nullable<Uid>,
        credential_name -> Text,
        link_id -> Nullable<Uid>,
        callback_id -> Text,
        state_hash -> Binary,
        session_hash -> Binary,
        sealed -> Binary,
        status -> Text,
        outcome -> Nullable<Text>,
        message -> Nullable<Text>,
        success_url -> Nullable<Text>,
        failure_url -> Nullable<Text>,
        actor -> Text,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    connect_links (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        owner -> Text,
        customer_id -> Nullable<Uid>,
        credential_name -> Text,
        success_url -> Nullable<Text>,
        failure_url -> Nullable<Text>,
        created_by -> Text,
        created_at -> Instant,
        expires_at -> Instant,
        completed_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    redirect_urls (tenant_id, url) {
        tenant_id -> Uid,
        url -> Text,
        created_at -> Instant,
        created_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    credential_reads (id) {
        id -> Uid,
        tenant_id -> Uid,
        connection_id -> Uid,
        api_key_id -> Uid,
        at -> Instant,
        reads -> BigInt,
        credentials -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;
    use crate::store::types::Uid;

    test_runs (id) {
        id -> Uid,
        tenant_id -> Uid,
        integration_id -> Uid,
        actor -> Text,
        status -> Text,
        steps -> Text,
        started_at -> Instant,
        ended_at -> Nullable<Instant>,
        leased_until -> Nullable<Instant>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    tenants,
    data_keys,
    users,
    user_roles,
    sessions,
    api_keys,
    customers,
    audit_events,
    idempotency_keys,
    components,
    component_pins,
    connections,
    connection_keys,
    credentials,
    connection_events,
    integrations,
    integration_versions,
    slots,
    sync_runs,
    pruned_rows,
    tokens,
    refresh_leases,
    credential_attempts,
    credential_checks,
    oauth_callbacks,
    oauth_flows,
    connect_links,
    redirect_urls,
    credential_reads,
    test_runs,
);
