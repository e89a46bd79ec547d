//! Wharfinger's database schema.
//!
//! Each migration is a file with one change, because schema changes are not transactional on MySQL.
//! A migration that was cut off runs again, so it skips a change that was made already. It is frozen
//! once merged; it names tables by strings and never uses the entities.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async_trait's macro matches the trait only when the lifetime is left out, as the trait does"
)]

use sea_orm_migration::prelude::*;

mod helpers;
mod m01_users;
mod m02_namespaces;
mod m03_members;
mod m04_members_user_index;
mod m05_personal_access_tokens;
mod m06_personal_access_tokens_user_index;
mod m07_audit_events;
mod m08_changes;
mod m09_change_counter;
mod m10_change_counter_row;
mod m11_refresh_tokens;
mod m12_refresh_tokens_user_index;
mod m13_personal_access_tokens_family;
mod m14_personal_access_tokens_previous;
mod m15_personal_access_tokens_maker;
mod m16_personal_access_tokens_grace;
mod m17_personal_access_tokens_addresses;
mod m18_personal_access_tokens_family_index;
mod m19_personal_access_tokens_maker_index;
mod m20_namespaces_name;
mod m21_namespaces_description;
mod m22_namespaces_parent_index;
mod m30_deploy_tokens;
mod m31_deploy_tokens_namespace_index;
mod m32_events;
mod m33_events_from_audit_events;
mod m34_audit_events_dropped;
mod m35_changes_subjects;
mod m36_members_created_by;
mod m37_users_folded;
mod m38_namespaces_folded;
mod m39_personal_access_tokens_folded;
mod m45_installation;
mod m46_folded_null_indexes;
mod m47_personal_access_tokens_created_index;
mod m48_namespaces_list_indexes;
mod m49_namespaces_visibility_index;
mod m50_events_entity;
mod m51_events_entity_from_subjects;
mod m52_events_list_indexes;
mod m53_repositories;
mod m54_usage_days;
mod m55_usage_indexes;
mod m57_notices;
mod m58_notices_indexes;
mod m59_notice_progress;
mod m60_notice_sources_indexes;
mod m61_users_two_factor;
mod m62_two_factors;
mod m63_recovery_codes;
mod m64_sessions;
mod m65_sessions_user_index;
mod m66_users_password_is_temporary;
mod m67_notices_user_index;
mod m68_purge_indexes;
mod m69_letter_pairs;
mod m70_folded_again;
mod m71_namespaces_live_indexes;
mod m72_namespaces_kind_indexes_dropped;
mod m73_namespaces_path_pattern_index;
mod m74_changes_nanoseconds;
mod m75_indexes_among_many_rows;
mod m76_indexes_replaced;
mod m77_events_action_longer;
mod m78_live_keys;

pub use sea_orm_migration::{IntoSchemaManagerConnection, MigratorTrait, SchemaManager};

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m01_users::Migration),
            Box::new(m02_namespaces::Migration),
            Box::new(m03_members::Migration),
            Box::new(m04_members_user_index::Migration),
            Box::new(m05_personal_access_tokens::Migration),
            Box::new(m06_personal_access_tokens_user_index::Migration),
            Box::new(m07_audit_events::Migration),
            Box::new(m08_changes::Migration),
            Box::new(m09_change_counter::Migration),
            Box::new(m10_change_counter_row::Migration),
            Box::new(m11_refresh_tokens::Migration),
            Box::new(m12_refresh_tokens_user_index::Migration),
            Box::new(m13_personal_access_tokens_family::Migration),
            Box::new(m14_personal_access_tokens_previous::Migration),
            Box::new(m15_personal_access_tokens_maker::Migration),
            Box::new(m16_personal_access_tokens_grace::Migration),
            Box::new(m17_personal_access_tokens_addresses::Migration),
            Box::new(m18_personal_access_tokens_family_index::Migration),
            Box::new(m19_personal_access_tokens_maker_index::Migration),
            Box::new(m20_namespaces_name::Migration),
            Box::new(m21_namespaces_description::Migration),
            Box::new(m22_namespaces_parent_index::Migration),
            Box::new(m30_deploy_tokens::Migration),
            Box::new(m31_deploy_tokens_namespace_index::Migration),
            Box::new(m32_events::Migration),
            Box::new(m33_events_from_audit_events::Migration),
            Box::new(m34_audit_events_dropped::Migration),
            Box::new(m35_changes_subjects::Migration),
            Box::new(m36_members_created_by::Migration),
            Box::new(m37_users_folded::Migration),
            Box::new(m38_namespaces_folded::Migration),
            Box::new(m39_personal_access_tokens_folded::Migration),
            Box::new(m45_installation::Migration),
            Box::new(m46_folded_null_indexes::Migration),
            Box::new(m47_personal_access_tokens_created_index::Migration),
            Box::new(m48_namespaces_list_indexes::Migration),
            Box::new(m49_namespaces_visibility_index::Migration),
            Box::new(m50_events_entity::Migration),
            Box::new(m51_events_entity_from_subjects::Migration),
            Box::new(m52_events_list_indexes::Migration),
            Box::new(m53_repositories::Migration),
            Box::new(m54_usage_days::Migration),
            Box::new(m55_usage_indexes::Migration),
            Box::new(m57_notices::Migration),
            Box::new(m58_notices_indexes::Migration),
            Box::new(m59_notice_progress::Migration),
            Box::new(m60_notice_sources_indexes::Migration),
            Box::new(m61_users_two_factor::Migration),
            Box::new(m62_two_factors::Migration),
            Box::new(m63_recovery_codes::Migration),
            Box::new(m64_sessions::Migration),
            Box::new(m65_sessions_user_index::Migration),
            Box::new(m66_users_password_is_temporary::Migration),
            Box::new(m67_notices_user_index::Migration),
            Box::new(m68_purge_indexes::Migration),
            Box::new(m69_letter_pairs::Migration),
            Box::new(m70_folded_again::Migration),
            Box::new(m71_namespaces_live_indexes::Migration),
            Box::new(m72_namespaces_kind_indexes_dropped::Migration),
            Box::new(m73_namespaces_path_pattern_index::Migration),
            Box::new(m74_changes_nanoseconds::Migration),
            Box::new(m75_indexes_among_many_rows::Migration),
            Box::new(m76_indexes_replaced::Migration),
            Box::new(m77_events_action_longer::Migration),
            Box::new(m78_live_keys::Migration),
        ]
    }
}
