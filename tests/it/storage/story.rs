//! One story, told to one database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::clock::Clock;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::subject::Subject;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::AccessTokenId;
use wharfinger::storage::{Change, CopyBounds, Db, StorageError};

use super::access_tokens::{
    tokens_have_families, tokens_keep_what_was_chosen, uses_of_tokens_are_kept,
};
use super::audit_events::{
    events_are_found_by_what_they_belong_to, events_come_in_the_order_of_time,
    events_of_an_older_program_get_what_they_belong_to,
    observations_have_the_time_at_which_they_are_stored, old_events_are_purged,
};
use super::changes::{
    changes_follow_one_another, changes_that_wait_hold_up_no_questions,
    old_changes_are_pruned_but_not_the_last, what_is_not_committed_never_happened,
};
use super::counter::a_counter_without_its_row_is_noticed;
use super::deploy_tokens::deploy_tokens_keep_what_was_chosen;
use super::directory::{
    a_follower_that_is_far_behind_knows_all, facts_of_two_moments_are_noticed,
    postgresql_tells_of_changes_at_once,
};
use super::event_kinds::each_kind_of_event_is_kept;
use super::failover::{
    a_change_that_looks_like_the_lost_one_is_noticed, a_number_that_comes_again_is_noticed,
    lost_tokens_lead_to_no_others,
};
use super::foreign::{
    a_user_who_may_make_no_tables_is_told_what_to_do, databases_of_other_programs_are_left_alone,
    databases_that_do_not_take_every_text_are_refused,
};
use super::forgotten::{
    a_database_that_speaks_again_is_found_within_a_second,
    connections_that_a_network_has_forgotten_fail_nobody,
};
use super::live_keys::keys_of_services_are_noted_and_forgotten;
use super::logins::changes_that_cannot_be_made_hold_up_no_logins;
use super::many::many_projects_are_listed_in_time;
use super::members::{
    members_and_rights_are_read_together, members_are_listed_with_their_highest_role,
    members_are_removed_once_and_nobody_is_none, members_keep_the_last_role_that_was_given,
    of_equal_roles_the_longest_is_listed, roles_of_a_user_are_found,
};
use super::namespaces::{
    each_sees_what_is_shown_to_them, namespaces_are_found_below_others,
    namespaces_are_found_by_role_place_and_name, namespaces_are_renamed,
    namespaces_leave_tombstones, namespaces_of_a_user_come_in_parts,
};
use super::notices::{
    causes_of_notices_are_read_once_and_in_order, notices_are_kept_once_and_sent_by_one,
};
use super::plans::nothing_reads_whole_tables;
use super::read_only::servers_that_take_no_changes_are_refused;
use super::refresh_tokens::{
    a_token_that_is_deleted_while_it_is_loaded_is_not_kept, copied_refresh_tokens_follow_changes,
    refresh_tokens_end, refresh_tokens_make_room, what_a_login_gives_out_ends_with_all_else,
};
use super::restorations::a_start_is_not_in_the_way_of_a_restoration;
use super::schema::{
    a_change_of_the_schema_holds_nobody_up_while_it_waits, rows_of_an_older_program_are_found,
    what_was_cut_off_is_finished_by_those_who_start,
};
use super::searches::names_are_found_by_any_part_as_they_are_now;
use super::sessions::sessions_make_room_and_end;
use super::settings::{
    changes_are_made_whatever_a_server_is_set_up_for,
    quiet_transactions_last_whatever_a_server_is_set_up_for,
    starts_take_turns_whatever_a_server_is_set_up_for,
    tables_have_transactions_whatever_a_server_is_set_up_for,
};
use super::standbys::a_standby_is_not_believed;
use super::start::{
    a_start_that_finds_nothing_to_do_opens_few_connections, all_that_pools_may_open_is_counted,
};
use super::two_factor::second_factors_work_once_and_end;
use super::usage::usage_of_replicas_adds_up;
use super::users::{
    keysets_go_both_ways, names_are_unique, text_is_found_in_any_letter_case,
    users_are_changed_and_leave_nothing, users_are_found_by_name_and_address,
};
use crate::harness::TestDatabase;

pub(super) fn now() -> DateTime<Utc> {
    "2046-03-14T15:09:26Z".parse().unwrap()
}

/// The copies of a replica that answers nothing from them while storage is away.
pub(super) const COPIES: CopyBounds = CopyBounds {
    memory: 1_000_000,
    serve_stale_for: Duration::ZERO,
};

/// A clock that stands at an instant.
pub(super) struct At(pub(super) DateTime<Utc>);

impl Clock for At {
    fn instant(&self) -> DateTime<Utc> {
        self.0
    }
}

pub(super) async fn begin(db: &Db) -> Change {
    begin_at(db, now()).await
}

pub(super) async fn begin_at(db: &Db, instant: DateTime<Utc>) -> Change {
    let operator = Authority::operator();
    db.begin(&operator, &At(instant)).await.unwrap()
}

/// Commits a change with an event about a name beyond ASCII.
pub(super) async fn commit(change: Change) -> Result<(), StorageError> {
    let grant = change.grant(Authority::require_administrator).unwrap();
    let subject = Subject::AccessToken(AccessTokenId(1), "ünïcödé ✓".to_owned());
    let event = Event::new(EventAction::UserCreated, subject, Detail::nothing());
    change.commit([grant.event(event)]).await
}

/// On a thread of its own: unoptimized, what it calls takes more of the stack than a test has.
#[test]
fn the_storage_story_holds() {
    const STACK: usize = 16 * 1024 * 1024;
    let telling = std::thread::Builder::new().stack_size(STACK);
    let telling = telling.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(story()));
    if let Err(panic) = telling.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

async fn story() {
    let database = TestDatabase::open().await;
    let (db, url) = (&database.db, &database.url);
    each_kind_of_event_is_kept(db, url).await;
    databases_of_other_programs_are_left_alone(url).await;
    databases_that_do_not_take_every_text_are_refused(url).await;
    a_user_who_may_make_no_tables_is_told_what_to_do(url).await;
    users_are_found_by_name_and_address(db).await;
    names_are_unique(db).await;
    namespaces_are_found_below_others(db).await;
    namespaces_leave_tombstones(db).await;
    members_keep_the_last_role_that_was_given(db).await;
    members_and_rights_are_read_together(db).await;
    members_are_removed_once_and_nobody_is_none(db).await;
    members_are_listed_with_their_highest_role(db).await;
    of_equal_roles_the_longest_is_listed(db).await;
    roles_of_a_user_are_found(db).await;
    each_sees_what_is_shown_to_them(db).await;
    namespaces_are_found_by_role_place_and_name(db).await;
    namespaces_of_a_user_come_in_parts(db).await;
    namespaces_are_renamed(db).await;
    keysets_go_both_ways(db).await;
    tokens_keep_what_was_chosen(db).await;
    tokens_have_families(db).await;
    uses_of_tokens_are_kept(db).await;
    Box::pin(changes_are_made_whatever_a_server_is_set_up_for(url)).await;
    quiet_transactions_last_whatever_a_server_is_set_up_for(url).await;
    Box::pin(tables_have_transactions_whatever_a_server_is_set_up_for(
        url,
    ))
    .await;
    refresh_tokens_end(db).await;
    refresh_tokens_make_room(db).await;
    what_a_login_gives_out_ends_with_all_else(db).await;
    sessions_make_room_and_end(db).await;
    keys_of_services_are_noted_and_forgotten(db).await;
    deploy_tokens_keep_what_was_chosen(db).await;
    second_factors_work_once_and_end(db).await;
    users_are_changed_and_leave_nothing(db).await;
    text_is_found_in_any_letter_case(db).await;
    names_are_found_by_any_part_as_they_are_now(db).await;
    what_is_not_committed_never_happened(db).await;
    changes_follow_one_another(db).await;
    changes_that_wait_hold_up_no_questions(url).await;
    a_follower_that_is_far_behind_knows_all(db, url).await;
    lost_tokens_lead_to_no_others(db, url).await;
    facts_of_two_moments_are_noticed(db, url).await;
    copied_refresh_tokens_follow_changes(db, url).await;
    a_token_that_is_deleted_while_it_is_loaded_is_not_kept(db, url).await;
    postgresql_tells_of_changes_at_once(db, url.expose_secret()).await;
    many_projects_are_listed_in_time(url, db).await;
    servers_that_take_no_changes_are_refused(url, db).await;
    a_counter_without_its_row_is_noticed(url, db).await;
    Box::pin(a_standby_is_not_believed(db, url)).await;
    old_changes_are_pruned_but_not_the_last(db).await;
    a_number_that_comes_again_is_noticed(db, url).await;
    a_change_that_looks_like_the_lost_one_is_noticed(db, url).await;
    events_are_found_by_what_they_belong_to(db).await;
    events_come_in_the_order_of_time(db).await;
    observations_have_the_time_at_which_they_are_stored(db, url).await;
    notices_are_kept_once_and_sent_by_one(db).await;
    causes_of_notices_are_read_once_and_in_order(db).await;
    a_start_is_not_in_the_way_of_a_restoration(url, db).await;
    old_events_are_purged(db).await;
    events_of_an_older_program_get_what_they_belong_to(db, url).await;
    usage_of_replicas_adds_up(db, url).await;
    Box::pin(changes_that_cannot_be_made_hold_up_no_logins(url)).await;
    // Another start finds the schema as it is, and a command too.
    Db::open_and_migrate(url, 2).await.unwrap();
    Db::open(url, 2).await.unwrap();
    all_that_pools_may_open_is_counted(url).await;
    a_start_that_finds_nothing_to_do_opens_few_connections(url).await;
    connections_that_a_network_has_forgotten_fail_nobody(url).await;
    a_database_that_speaks_again_is_found_within_a_second(url).await;
    what_was_cut_off_is_finished_by_those_who_start(url, db).await;
    rows_of_an_older_program_are_found(url, db).await;
    Box::pin(a_change_of_the_schema_holds_nobody_up_while_it_waits(url)).await;
    Box::pin(starts_take_turns_whatever_a_server_is_set_up_for(url)).await;
    Box::pin(nothing_reads_whole_tables(url)).await;
}
