-- login: streamvibe_owner
-- The modules have the shape that their clients were promised.

begin;
select no_plan();

create temporary view relation as
select
    c.oid,
    n.nspname as located,
    c.relname as titled,
    c.relrowsecurity as has_policies,
    c.relowner::regrole::text as owned_by
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ('public', 'internal');

create temporary view routine as
select
    p.oid,
    n.nspname as located,
    p.proname as titled,
    pg_catalog.pg_get_function_identity_arguments(p.oid) as takes,
    pg_catalog.pg_get_function_result(p.oid) as answer,
    p.prosecdef as is_definer,
    p.proconfig as set_to,
    p.proowner::regrole::text as owned_by
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where n.nspname in ('public', 'internal');

select set_eq(
    $$ select titled::text from relation where located = 'public' $$,
    $$ values
        ('audit_log'), ('cache_store'), ('notification'), ('quota_usage_history'), ('subscription'),
        ('subscription_status'), ('subscription_tier'), ('user_role'), ('user_setting'), ('users'),
        ('content_category'),
        ('platform'), ('account_status'), ('platform_connection'), ('social_account'),
        ('oauth_state'),
        ('content_type'), ('content_item'), ('content_revision'), ('content_media') $$,
    'the tables of the modules, and no other'
);

create temporary table promised (relation text, name text, type text, is_required boolean);
insert into promised values
('users', 'id', 'uuid', true),
('users', 'avatar_url', 'text', false),
('users', 'timezone', 'text', false),
('users', 'language', 'text', false),
('users', 'is_onboarded', 'boolean', false),
('users', 'onboarded_at', 'timestamp with time zone', false),
('users', 'display_name', 'text', false),
('users', 'bio', 'text', false),
('users', 'website_url', 'text', false),
('users', 'is_verified', 'boolean', false),
('users', 'profile_slug', 'text', false),
('users', 'primary_category', 'text', false),
('users', 'total_followers_count', 'bigint', false),
('users', 'profile_views_count', 'bigint', false),
('users', 'profile_clicks_count', 'bigint', false),
('users', 'is_public', 'boolean', false),
('users', 'seo_title', 'text', false),
('users', 'seo_description', 'text', false),
('users', 'created_at', 'timestamp with time zone', true),
('users', 'updated_at', 'timestamp with time zone', true),
('user_role', 'user_id', 'uuid', true),
('user_role', 'role', 'app_role_enum', true),
('user_role', 'granted_at', 'timestamp with time zone', true),
('user_role', 'granted_by', 'uuid', false),
('user_role', 'created_at', 'timestamp with time zone', true),
('user_setting', 'user_id', 'uuid', true),
('user_setting', 'is_email_notifications_enabled', 'boolean', false),
('user_setting', 'is_push_notifications_enabled', 'boolean', false),
('user_setting', 'is_weekly_digest_enabled', 'boolean', false),
('user_setting', 'is_auto_sync_enabled', 'boolean', false),
('user_setting', 'sync_frequency_hours', 'integer', false),
('user_setting', 'is_auto_ai_analysis_enabled', 'boolean', false),
('user_setting', 'is_auto_apply_ai_suggestions_enabled', 'boolean', false),
('user_setting', 'is_auto_seo_submission_enabled', 'boolean', false),
('user_setting', 'is_analytics_enabled', 'boolean', false),
('user_setting', 'created_at', 'timestamp with time zone', true),
('user_setting', 'updated_at', 'timestamp with time zone', true),
('subscription_tier', 'id', 'uuid', true),
('subscription_tier', 'slug', 'text', true),
('subscription_tier', 'display_name', 'text', true),
('subscription_tier', 'description', 'text', false),
('subscription_tier', 'max_social_accounts', 'integer', true),
('subscription_tier', 'max_syncs_per_month', 'integer', true),
('subscription_tier', 'max_ai_analyses_per_month', 'integer', true),
('subscription_tier', 'max_seo_submissions_per_month', 'integer', true),
('subscription_tier', 'price_cents', 'integer', true),
('subscription_tier', 'currency', 'text', true),
('subscription_tier', 'stripe_price_id', 'text', false),
('subscription_tier', 'stripe_product_id', 'text', false),
('subscription_tier', 'is_featured', 'boolean', false),
('subscription_tier', 'is_active', 'boolean', false),
('subscription_tier', 'sort_order', 'integer', false),
('subscription_tier', 'created_at', 'timestamp with time zone', true),
('subscription_tier', 'updated_at', 'timestamp with time zone', true),
('subscription_status', 'id', 'uuid', true),
('subscription_status', 'slug', 'text', true),
('subscription_status', 'display_name', 'text', true),
('subscription_status', 'description', 'text', false),
('subscription_status', 'is_active_state', 'boolean', false),
('subscription_status', 'created_at', 'timestamp with time zone', true),
('subscription_status', 'updated_at', 'timestamp with time zone', true),
('subscription', 'id', 'uuid', true),
('subscription', 'user_id', 'uuid', true),
('subscription', 'tier_id', 'uuid', true),
('subscription', 'status_id', 'uuid', true),
('subscription', 'syncs_used', 'integer', true),
('subscription', 'ai_analyses_used', 'integer', true),
('subscription', 'seo_submissions_used', 'integer', true),
('subscription', 'cycle_start_date', 'timestamp with time zone', true),
('subscription', 'cycle_end_date', 'timestamp with time zone', true),
('subscription', 'next_billing_date', 'timestamp with time zone', false),
('subscription', 'stripe_customer_id', 'text', false),
('subscription', 'stripe_subscription_id', 'text', false),
('subscription', 'stripe_price_id', 'text', false),
('subscription', 'is_auto_renew_enabled', 'boolean', false),
('subscription', 'canceled_at', 'timestamp with time zone', false),
('subscription', 'cancellation_reason', 'text', false),
('subscription', 'created_at', 'timestamp with time zone', true),
('subscription', 'updated_at', 'timestamp with time zone', true),
('notification', 'id', 'uuid', true),
('notification', 'user_id', 'uuid', true),
('notification', 'type', 'notification_type_enum', true),
('notification', 'title', 'text', true),
('notification', 'message', 'text', true),
('notification', 'action_url', 'text', false),
('notification', 'action_label', 'text', false),
('notification', 'metadata', 'jsonb', false),
('notification', 'related_entity_type', 'text', false),
('notification', 'related_entity_id', 'uuid', false),
('notification', 'is_read', 'boolean', true),
('notification', 'read_at', 'timestamp with time zone', false),
('notification', 'expires_at', 'timestamp with time zone', false),
('notification', 'created_at', 'timestamp with time zone', true),
('notification', 'updated_at', 'timestamp with time zone', true),
('audit_log', 'id', 'uuid', true),
('audit_log', 'user_id', 'uuid', false),
('audit_log', 'action', 'text', true),
('audit_log', 'entity_type', 'text', true),
('audit_log', 'entity_id', 'uuid', false),
('audit_log', 'old_values', 'jsonb', false),
('audit_log', 'new_values', 'jsonb', false),
('audit_log', 'ip_address', 'inet', false),
('audit_log', 'user_agent', 'text', false),
('audit_log', 'created_at', 'timestamp with time zone', true),
('quota_usage_history', 'id', 'uuid', true),
('quota_usage_history', 'user_id', 'uuid', true),
('quota_usage_history', 'quota_type', 'text', true),
('quota_usage_history', 'operation', 'text', true),
('quota_usage_history', 'amount', 'integer', true),
('quota_usage_history', 'current_value', 'integer', true),
('quota_usage_history', 'max_value', 'integer', true),
('quota_usage_history', 'related_entity_type', 'text', false),
('quota_usage_history', 'related_entity_id', 'uuid', false),
('quota_usage_history', 'reason', 'text', false),
('quota_usage_history', 'billing_cycle_start', 'timestamp with time zone', true),
('quota_usage_history', 'billing_cycle_end', 'timestamp with time zone', true),
('quota_usage_history', 'created_at', 'timestamp with time zone', true),
('cache_store', 'key', 'text', true),
('cache_store', 'value', 'jsonb', true),
('cache_store', 'category', 'text', true),
('cache_store', 'expires_at', 'timestamp with time zone', false),
('cache_store', 'created_at', 'timestamp with time zone', true),
('cache_store', 'updated_at', 'timestamp with time zone', true),
('content_category', 'code', 'text', true),
('content_category', 'name', 'text', true),
('content_category', 'description', 'text', false),
('content_category', 'parent_category', 'text', false),
('content_category', 'icon_name', 'text', false),
('content_category', 'sort_order', 'integer', false),
('content_category', 'is_active', 'boolean', false),
('content_category', 'created_at', 'timestamp with time zone', true),
('content_category', 'updated_at', 'timestamp with time zone', true),
('platform', 'id', 'uuid', true),
('platform', 'slug', 'text', true),
('platform', 'display_name', 'text', true),
('platform', 'description', 'text', false),
('platform', 'website_url', 'text', false),
('platform', 'logo_url', 'text', false),
('platform', 'api_docs_url', 'text', false),
('platform', 'is_oauth_required', 'boolean', true),
('platform', 'is_active', 'boolean', true),
('platform', 'sort_order', 'integer', false),
('platform', 'created_at', 'timestamp with time zone', true),
('platform', 'updated_at', 'timestamp with time zone', true),
('account_status', 'id', 'uuid', true),
('account_status', 'slug', 'text', true),
('account_status', 'display_name', 'text', true),
('account_status', 'description', 'text', false),
('account_status', 'created_at', 'timestamp with time zone', true),
('account_status', 'updated_at', 'timestamp with time zone', true),
('platform_connection', 'id', 'uuid', true),
('platform_connection', 'user_id', 'uuid', true),
('platform_connection', 'platform_id', 'uuid', true),
('platform_connection', 'vault_secret_name', 'text', true),
('platform_connection', 'scopes', 'text[]', false),
('platform_connection', 'token_expires_at', 'timestamp with time zone', false),
('platform_connection', 'platform_user_id', 'text', true),
('platform_connection', 'platform_username', 'text', false),
('platform_connection', 'platform_display_name', 'text', false),
('platform_connection', 'platform_avatar_url', 'text', false),
('platform_connection', 'is_active', 'boolean', true),
('platform_connection', 'is_verified', 'boolean', false),
('platform_connection', 'last_verified_at', 'timestamp with time zone', false),
('platform_connection', 'last_error', 'text', false),
('platform_connection', 'created_at', 'timestamp with time zone', true),
('platform_connection', 'updated_at', 'timestamp with time zone', true),
('social_account', 'id', 'uuid', true),
('social_account', 'user_id', 'uuid', true),
('social_account', 'connection_id', 'uuid', true),
('social_account', 'platform_id', 'uuid', true),
('social_account', 'status_id', 'uuid', true),
('social_account', 'account_name', 'text', true),
('social_account', 'account_username', 'text', false),
('social_account', 'account_avatar_url', 'text', false),
('social_account', 'is_active', 'boolean', true),
('social_account', 'account_url', 'text', false),
('social_account', 'description', 'text', false),
('social_account', 'follower_count', 'bigint', false),
('social_account', 'following_count', 'integer', false),
('social_account', 'post_count', 'integer', false),
('social_account', 'sync_mode', 'action_mode_enum', false),
('social_account', 'last_synced_at', 'timestamp with time zone', false),
('social_account', 'last_sync_status', 'text', false),
('social_account', 'next_sync_at', 'timestamp with time zone', false),
('social_account', 'visibility', 'visibility_enum', false),
('social_account', 'is_primary', 'boolean', false),
('social_account', 'deleted_at', 'timestamp with time zone', false),
('social_account', 'created_at', 'timestamp with time zone', true),
('social_account', 'updated_at', 'timestamp with time zone', true),
('oauth_state', 'id', 'uuid', true),
('oauth_state', 'state_hash', 'bytea', true),
('oauth_state', 'user_id', 'uuid', true),
('oauth_state', 'platform', 'text', true),
('oauth_state', 'code_verifier_secret', 'text', false),
('oauth_state', 'redirect_to', 'text', false),
('oauth_state', 'expires_at', 'timestamp with time zone', true),
('oauth_state', 'used_at', 'timestamp with time zone', false),
('oauth_state', 'created_at', 'timestamp with time zone', true),
('content_type', 'id', 'uuid', true),
('content_type', 'slug', 'text', true),
('content_type', 'display_name', 'text', true),
('content_type', 'description', 'text', false),
('content_type', 'is_active', 'boolean', true),
('content_type', 'sort_order', 'integer', false),
('content_type', 'created_at', 'timestamp with time zone', true),
('content_type', 'updated_at', 'timestamp with time zone', true),
('content_item', 'id', 'uuid', true),
('content_item', 'user_id', 'uuid', true),
('content_item', 'social_account_id', 'uuid', true),
('content_item', 'platform_id', 'uuid', true),
('content_item', 'content_type_id', 'uuid', true),
('content_item', 'platform_content_id', 'text', true),
('content_item', 'content_url', 'text', false),
('content_item', 'title', 'text', false),
('content_item', 'description', 'text', false),
('content_item', 'thumbnail_url', 'text', false),
('content_item', 'media_url', 'text', false),
('content_item', 'embed_html', 'text', false),
('content_item', 'duration_seconds', 'integer', false),
('content_item', 'views_count', 'bigint', true),
('content_item', 'likes_count', 'bigint', true),
('content_item', 'comments_count', 'bigint', true),
('content_item', 'shares_count', 'bigint', true),
('content_item', 'tags', 'text[]', true),
('content_item', 'hashtags', 'text[]', true),
('content_item', 'category_code', 'text', false),
('content_item', 'language', 'text', false),
('content_item', 'ai_description', 'text', false),
('content_item', 'search_vector', 'tsvector', false),
('content_item', 'published_at', 'timestamp with time zone', true),
('content_item', 'synced_at', 'timestamp with time zone', true),
('content_item', 'visibility', 'visibility_enum', true),
('content_item', 'seo_title', 'text', false),
('content_item', 'seo_description', 'text', false),
('content_item', 'seo_keywords', 'text[]', false),
('content_item', 'canonical_url', 'text', false),
('content_item', 'total_clicks', 'bigint', true),
('content_item', 'clicks_last_7_days', 'bigint', true),
('content_item', 'clicks_last_30_days', 'bigint', true),
('content_item', 'deleted_at', 'timestamp with time zone', false),
('content_item', 'created_at', 'timestamp with time zone', true),
('content_item', 'updated_at', 'timestamp with time zone', true),
('content_revision', 'id', 'uuid', true),
('content_revision', 'content_item_id', 'uuid', true),
('content_revision', 'user_id', 'uuid', true),
('content_revision', 'field_name', 'text', true),
('content_revision', 'old_value', 'text', false),
('content_revision', 'new_value', 'text', false),
('content_revision', 'change_source', 'text', false),
('content_revision', 'change_reason', 'text', false),
('content_revision', 'created_at', 'timestamp with time zone', true),
('content_media', 'id', 'uuid', true),
('content_media', 'content_id', 'uuid', true),
('content_media', 'media_url', 'text', true),
('content_media', 'media_type', 'text', true),
('content_media', 'display_order', 'integer', true),
('content_media', 'width', 'integer', false),
('content_media', 'height', 'integer', false),
('content_media', 'duration_seconds', 'integer', false),
('content_media', 'thumbnail_url', 'text', false),
('content_media', 'file_size_bytes', 'bigint', false),
('content_media', 'mime_type', 'text', false),
('content_media', 'created_at', 'timestamp with time zone', true),
('content_media', 'updated_at', 'timestamp with time zone', true);

select is_empty(
    $$
        select p.relation, p.name, p.type, p.is_required
        from promised as p
        except
        select a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
            a.attnotnull
        from pg_catalog.pg_attribute as a
    $$,
    'every promised column is there under its name, with its type, and required where it was said'
);

select set_eq(
    $$
        select a.attrelid::regclass::text, a.attname::text
        from pg_catalog.pg_attribute as a
        where a.attrelid in (select oid from relation where located = 'public') and a.attnum > 0
            and not a.attisdropped
        except
        select p.relation, p.name from promised as p
    $$,
    $$ values ('subscription', 'social_accounts_used'), ('subscription', 'billing_cycle_anchor'),
        ('subscription', 'cycle_number'),
        ('platform_connection', 'refresh_expires_at'), ('social_account', 'last_full_sync_at'),
        ('social_account', 'last_error'), ('platform_connection', 'token_issued_at'),
        ('platform_connection', 'platform_app_user_id'), ('platform_connection', 'linked_at'),
        ('platform_connection', 'refresh_taken_at'),
        ('oauth_state', 'completed_at'), ('content_item', 'edited') $$,
    'beside them there are twelve columns'
);

select set_eq(
    $$ select titled::text, takes, answer from routine where located = 'public' $$,
    $$ values
        ('check_quota', 'p_user_id uuid, p_quota_type text', 'boolean'),
        (
            'increment_quota',
            'p_user_id uuid, p_quota_type text, p_amount integer, p_related_entity_type text, '
            'p_related_entity_id uuid',
            'void'
        ),
        (
            'decrement_quota', 'p_user_id uuid, p_quota_type text, p_amount integer, p_reason text',
            'void'
        ),
        ('has_role', 'p_user_id uuid, p_role app_role_enum', 'boolean'),
        ('has_role', 'role app_role_enum', 'boolean'),
        ('generate_profile_slug', 'p_display_name text, p_user_id uuid', 'text'),
        ('prevent_account_deletion_with_content', '', 'trigger') $$,
    'the functions that REST serves have the promised arguments'
);

select set_eq(
    $$ select polname::text from pg_catalog.pg_policy as p
        where p.polrelid in (select oid from relation) $$,
    $$ values
        ('users_select_own'), ('users_update_own'), ('user_role_select_own'),
        ('user_setting_select_own'), ('user_setting_insert_own'), ('user_setting_update_own'),
        ('subscription_select_own'), ('notification_select_own'), ('notification_update_own'),
        ('notification_delete_own'), ('quota_usage_history_select_own'),
        ('audit_log_select_admin'),
        ('platform_connection_select_own'), ('social_account_own'),
        ('content_item_select_own'), ('content_item_update_own'),
        ('content_revision_select_own'),
        -- one of the discovery module's seven
        ('content_media_select_own') $$,
    'there are 12, 2 and 3 policies, and one that comes early'
);

select is_empty(
    $$ select titled from relation
        where not has_policies and titled not in (
            'content_category', 'subscription_tier', 'subscription_status', 'rate_limit',
            'rate_limit_page', 'reserved_slug', 'schema_migration', 'transliteration',
            'platform', 'account_status', 'content_type',
            -- views, which no user may read
            'onboarding_success', 'linking_success', 'sync_success'
        ) $$,
    'every table that holds something of a user''s has row level security'
);

select is_empty(
    $$ select p.polname from pg_catalog.pg_policy as p where p.polroles = '{0}' $$,
    'no policy is for everybody'
);

select is_empty(
    $$
        select p.polname
        from pg_catalog.pg_policy as p
        cross join lateral (
            values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))
        ) as e (expression)
        where p.polrelid in (select oid from relation)
            and regexp_replace(
                e.expression, '\( SELECT (auth\.uid|(public\.)?has_role)\([^()]*\) AS \w+\)', '', 'g'
            ) ~ '(uid|has_role)'
    $$,
    'policies ask who calls once a statement, not once a row'
);

select is_empty(
    $$
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polcmd = 'w' and p.polwithcheck is null
    $$,
    'every policy for updates says what the new row must be'
);

-- each column that a policy compares is the first of an index
select is_empty(
    $$
        select p.polname, a.attname
        from pg_catalog.pg_policy as p
        inner join pg_catalog.pg_attribute as a
            on p.polrelid = a.attrelid
            and pg_get_expr(p.polqual, p.polrelid) ~ format('\m%s = ', a.attname)
        where p.polrelid in (select oid from relation) and not exists (
            select from pg_catalog.pg_index as i
            where i.indrelid = p.polrelid and i.indkey[0] = a.attnum and i.indpred is null
        )
    $$,
    'every policy''s predicate has an index'
);

select is_empty(
    $$
        select c.conrelid::regclass, c.conname
        from pg_catalog.pg_constraint as c
        where c.contype = 'f' and c.conrelid in (select oid from relation)
            and c.confrelid not in ('public.content_category'::regclass)
            and not exists (
                select from pg_catalog.pg_index as i
                where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
            )
    $$,
    'what a deletion has to look for has an index'
);

select is_empty(
    $$ select oid::regprocedure from routine
        where is_definer and not ('search_path=""' = any(coalesce(set_to, '{}'))) $$,
    'every definer function has an empty search path'
);

select is_empty(
    $$ select titled from relation
        where owned_by <> 'streamvibe_owner' and titled <> 'schema_migration'
        union all
        select titled from routine where owned_by <> 'streamvibe_owner' $$,
    'all of it belongs to the owner whom nobody can log in as'
);

select is_empty(
    $$
        select p.oid::regprocedure
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
        cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where n.nspname in ('public', 'internal', 'auth', 'vault', 'realtime', 'extensions')
            and a.grantee = 0
    $$,
    'no function may be called by everybody'
);

select set_eq(
    $$ select rolname::text, rolcanlogin, rolinherit, rolbypassrls, rolsuper or rolcreaterole
            or rolcreatedb or rolreplication
        from pg_catalog.pg_roles
        where rolname ~ '^(anon|auth|edge|service|streamvibe_owner)' $$,
    $$ values
        ('anon', false, false, false, false),
        ('authenticated', false, false, false, false),
        ('service_role', false, false, true, false),
        ('edge_visitor', false, true, false, false),
        ('edge_user', false, true, false, false),
        ('authenticator', true, false, false, false),
        ('edge', true, false, false, false),
        ('edge_service', true, false, false, false),
        ('auth_admin', true, false, false, false),
        ('streamvibe_owner', false, true, true, false) $$,
    'the roles have the attributes that they need and no other'
);

select set_eq(
    $$
        select r.rolname::text as login, m.rolname::text as role
        from pg_catalog.pg_auth_members as a
        inner join pg_catalog.pg_roles as r on a.member = r.oid
        inner join pg_catalog.pg_roles as m on a.roleid = m.oid
        where m.rolname ~ '^(anon|auth|edge|service|streamvibe_owner)' or
            r.rolname ~ '^(anon|auth|edge|service|streamvibe_owner)'
    $$,
    $$ values
        ('edge_visitor', 'anon'), ('edge_user', 'authenticated'),
        ('authenticator', 'anon'), ('authenticator', 'authenticated'),
        ('authenticator', 'service_role'),
        ('edge', 'edge_visitor'), ('edge', 'edge_user'),
        ('edge_service', 'edge_visitor'), ('edge_service', 'edge_user'),
        ('edge_service', 'service_role') $$,
    'who may become whom'
);

select set_eq(
    $$ select t.tgrelid::regclass::text from pg_catalog.pg_trigger as t
        where t.tgname = 'update_updated_at' $$,
    $$ select a.attrelid::regclass::text from pg_catalog.pg_attribute as a
        where a.attname = 'updated_at' and a.attrelid in (select oid from relation) $$,
    'wherever there is updated_at, the trigger keeps it'
);

select set_eq(
    $$ select e.enumtypid::regtype::text, string_agg(e.enumlabel, ' ' order by e.enumsortorder)
        from pg_catalog.pg_enum as e group by 1 $$,
    $$ values
        ('app_role_enum', 'user admin moderator'),
        ('auth.factor_status', 'unverified verified'),
        ('auth.factor_type', 'totp webauthn phone'),
        ('notification_type_enum', 'info success warning error'),
        ('visibility_enum', 'public private unlisted'),
        ('action_mode_enum', 'auto manual disabled') $$,
    'the enums have their words'
);

select results_eq(
    $$ select slug, max_social_accounts, max_syncs_per_month, max_ai_analyses_per_month,
            max_seo_submissions_per_month, price_cents
        from public.subscription_tier order by price_cents $$,
    $$ values ('free', 1, 10, 25, 0, 0), ('basic', 3, 100, 100, 50, 1900),
        ('premium', 10, 500, 500, 200, 4900) $$,
    'the three tiers with their limits and prices'
);
select results_eq(
    $$ select slug from public.content_type where is_active order by sort_order $$,
    $$ values ('long_video'), ('short_video'), ('image'), ('carousel'), ('story'), ('reel'),
        ('post') $$,
    'the seven kinds of content'
);
select set_eq(
    $$ select slug, is_active_state from public.subscription_status $$,
    $$ values ('active', true), ('trialing', true), ('past_due', true), ('canceled', false),
        ('paused', false), ('incomplete', false), ('incomplete_expired', false),
        ('unpaid', false) $$,
    'the eight statuses, three of which entitle'
);
select results_eq(
    $$ select code || ': ' || name from public.content_category order by sort_order $$,
    $$ values ('music: Music'), ('gaming: Gaming'), ('education: Education'),
        ('lifestyle: Lifestyle'), ('comedy: Comedy'), ('tech: Technology'),
        ('beauty: Beauty & Fashion'), ('fitness: Fitness & Health'), ('food: Food & Cooking'),
        ('business: Business & Finance'), ('art: Arts & Crafts'),
        ('entertainment: Entertainment'), ('news: News & Politics'), ('science: Science'),
        ('other: Other') $$,
    'the 15 categories'
);

select finish();
rollback;
