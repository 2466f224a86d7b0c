-- login: edge_service
-- Quotas, one call after another: limits, history, reservations, cycles.

begin;
select no_plan();

-- a call as a user, then the role is put down again
create function pg_temp.user_says(p_user_id uuid, p_statement text) returns text language plpgsql
as $$
declare
    v_said text;
begin
    perform test.act('edge_user', p_user_id);
    begin
        execute p_statement into v_said;
    exception
        when sqlstate 'PT403' or sqlstate 'PT409' or sqlstate '22023' then v_said := sqlstate;
    end;
    perform set_config('role', 'service_role', true);
    return v_said;
end;
$$;
set local role service_role;

create function pg_temp.used(p_user_id uuid) returns text language sql as $$
    select format(
        '%s %s %s %s', syncs_used, ai_analyses_used, seo_submissions_used, social_accounts_used
    ) from public.subscription where user_id = p_user_id
$$;

create function pg_temp.put(p_user_id uuid, p_tier text, p_status text) returns void language sql
as $$
    update public.subscription set
        tier_id = (select id from public.subscription_tier where slug = p_tier),
        status_id = (select id from public.subscription_status where slug = p_status)
    where user_id = p_user_id
$$;

-- limits
select lives_ok(
    $$ select increment_quota(test.ann(), 'sync', 9, 'social_account', test.bob()) $$,
    'nine of ten'
);
select is(
    test.refusal($$ select increment_quota(test.ann(), 'sync', 2) $$)::text,
    row('PT403', jsonb_build_object(
        'code', 'QUOTA_EXCEEDED',
        'details', jsonb_build_object(
            'quota', 'sync', 'used', 9, 'limit', 10, 'resets_at', to_char(
                date_trunc('month', now() at time zone 'UTC') + interval '1 month',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"'
            )
        )
    ))::text,
    'two more would pass the limit: refused with what the envelope tells'
);
select is(pg_temp.used(test.ann()), '9 0 0 0', 'and nothing is added');
select lives_ok($$ select increment_quota(test.ann(), 'sync') $$, 'the tenth');
select is(check_quota(test.ann(), 'sync'), false, 'then there is none left');
select is(
    (test.refusal($$ select increment_quota(test.ann(), 'sync') $$)).state, 'PT403', 'no eleventh'
);
select
    is(
        (test.refusal(format('select increment_quota(test.ann(), %s)', a.arguments))).state,
        '22023',
        format('increment_quota(%s)', a.arguments)
    )
from (
    values
    ('''sync'', 0'), ('''sync'', -1'), ('''sync'', null'), ('''nonsense'''), ('null')
) as a (arguments);
select is(
    (test.refusal($$ select increment_quota(test.ann(), 'ai_analysis', 2147483647) $$)).state,
    'PT403', 'an amount past every number is refused as too much'
);
select is(
    (test.refusal($$ select increment_quota(gen_random_uuid(), 'sync') $$)).state, 'PT404',
    'nobody''s quota'
);
select is(check_quota(gen_random_uuid(), 'sync'), false, 'nobody has nothing left');
-- giving back, down to nothing used
select lives_ok($$ select decrement_quota(test.ann(), 'sync', 3, 'failed') $$, 'three back');
select is(pg_temp.used(test.ann()), '7 0 0 0', 'are back');
select lives_ok($$ select decrement_quota(test.ann(), 'sync', 100) $$, 'more than there is');
select is(pg_temp.used(test.ann()), '0 0 0 0', 'gives back what there is');
select lives_ok($$ select decrement_quota(test.ann(), 'sync') $$, 'nothing used');
select is(pg_temp.used(test.ann()), '0 0 0 0', 'gives nothing back');
select results_eq(
    $$
        select quota_type, operation, amount, current_value, max_value, related_entity_type,
            related_entity_id, reason
        from public.quota_usage_history where user_id = test.ann() order by id
    $$,
    $$ values
        ('sync', 'increment', 9, 9, 10, 'social_account', test.bob(), null),
        ('sync', 'increment', 1, 10, 10, null, null, null),
        ('sync', 'decrement', 3, 7, 10, null, null, 'failed'),
        ('sync', 'decrement', 7, 0, 10, null, null, null) $$,
    'each change, and nothing else, is in the history'
);

-- each quota has its own counter and limit
select is(
    (
        select
            string_agg(format('%s:%s', q.quota_type, (
                test.refusal(
                    format('select increment_quota(test.bob(), %L, 1000)', q.quota_type)
                )
            ).detail #>> '{details,limit}'), ' ' order by q.place)
        from (
            values
            (1, 'sync'), (2, 'ai_analysis'), (3, 'seo_submission'), (4, 'social_account')
        ) as q (place, quota_type)
    ),
    'sync:10 ai_analysis:25 seo_submission:0 social_account:1', 'the free tier''s limits'
);
select pg_temp.put(test.bob(), 'premium', 'active');
select increment_quota(test.bob(), q.quota_type, q.amount)
from (values ('sync', 1), ('ai_analysis', 2), ('seo_submission', 3), ('social_account', 4))
    as q (quota_type, amount);
select is(pg_temp.used(test.bob()), '1 2 3 4', 'four counters');

-- a tier counts while it is paid for
create function pg_temp.limit_under(p_status text) returns text language plpgsql as $$
begin
    perform pg_temp.put(test.bob(), 'premium', p_status);
    return (test.refusal($q$ select increment_quota(test.bob(), 'sync', 9999) $q$)).detail
        #>> '{details,limit}';
end;
$$;
select is(pg_temp.limit_under(s.status), s.max_value, 'premium, ' || s.status)
from (
    values
    ('active', '500'), ('trialing', '500'), ('past_due', '500'), ('canceled', '10'),
    ('paused', '10'), ('incomplete', '10'), ('incomplete_expired', '10'), ('unpaid', '10')
) as s (status, max_value);
select pg_temp.put(test.bob(), 'free', 'active');

-- reservations: the last one that was made
create function pg_temp.reserved(p_statement text) returns boolean language sql as $$
    select set_config('test.reservation', pg_temp.user_says(test.ann(), p_statement), true)
        ~ '^[0-9a-f-]{36}$'
$$;
create function pg_temp.ended(p_call text) returns text language sql as $$
    select pg_temp.user_says(
        test.ann(), format('select internal.' || p_call, current_setting('test.reservation'))
    )
$$;

select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 min') $$), 'reserved');
select is(pg_temp.used(test.ann()), '1 0 0 0', 'a reserved unit is charged at once');
select is(pg_temp.ended('settle_quota(%L)'), '', 'settled');
select is(pg_temp.used(test.ann()), '1 0 0 0', 'it stays charged');
select is(pg_temp.ended('settle_quota(%L)'), 'PT409', 'it is settled once');
select is(pg_temp.ended('release_quota(%L, null)'), 'false', 'and not released afterwards');

select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 min') $$), 'reserved');
select is(pg_temp.ended('release_quota(%L, ''failed'')'), 'true', 'released');
select is(pg_temp.used(test.ann()), '1 0 0 0', 'the unit is back');
select is(pg_temp.ended('release_quota(%L, ''failed'')'), 'false', 'it is released once');
select is(pg_temp.ended('settle_quota(%L)'), 'PT409', 'and not settled afterwards');
select is(pg_temp.used(test.ann()), '1 0 0 0', 'and does not come back twice');

select
    is(
        pg_temp.user_says(test.ann(), format('select internal.reserve_quota(%s)', a.arguments)),
        a.state, format('reserve_quota(%s)', a.arguments)
    )
from (
    values
    ('''sync'', ''0 s''', '22023'), ('''sync'', ''-1 s''', '22023'), ('''sync'', null', '22023'),
    ('''sync'', ''2 days''', '22023'), ('''nonsense'', ''1 s''', '22023'),
    ('''seo_submission'', ''1 s''', 'PT403')
) as a (arguments, state);

select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 hour') $$), 'a long lease');
select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 ms') $$), 'and a short one');
select is(pg_temp.used(test.ann()), '3 0 0 0', 'two are in flight');
select pg_sleep(0.005);
select is(internal.release_expired_reservations(), 1, 'the sweep takes what has expired');
select is(pg_temp.used(test.ann()), '2 0 0 0', 'gives it back');
select is(internal.release_expired_reservations(), 0, 'and does so once');
select is(pg_temp.ended('settle_quota(%L)'), 'PT409', 'who comes after it saves nothing');
select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 ms') $$), 'a short lease');
select pg_sleep(0.005);
select is(pg_temp.ended('settle_quota(%L)'), '', 'late but before the sweep, the work counts');

-- the month turns while a unit is in flight: it is not taken out of the new month
select ok(pg_temp.reserved($$ select internal.reserve_quota('sync', '1 min') $$), 'reserved');
update public.subscription set
    syncs_used = 10,
    cycle_start_date = cycle_start_date - interval '2 months',
    cycle_end_date = cycle_start_date - interval '1 month'
where user_id = test.ann();
select is(check_quota(test.ann(), 'sync'), true, 'a cycle that is over counts as none used');
select lives_ok($$ select increment_quota(test.ann(), 'sync', 5) $$, 'a change moves it on first');
select is(pg_temp.used(test.ann()), '5 0 0 0', 'so that the new one begins at zero');
select results_eq(
    $$ select cycle_start_date, cycle_end_date, next_billing_date from public.subscription
        where user_id = test.ann() $$,
    $$ select date_trunc('month', now() at time zone 'UTC') at time zone 'UTC',
            (date_trunc('month', now() at time zone 'UTC') + interval '1 month')
            at time zone 'UTC', null::timestamptz $$,
    'and is the calendar month'
);
select is(pg_temp.ended('release_quota(%L, ''failed'')'), 'true', 'the old unit is released');
select is(pg_temp.used(test.ann()), '5 0 0 0', 'and the new month''s are left alone');

-- accounts are not by the month
select pg_temp.put(test.ann(), 'basic', 'active');
select ok(
    pg_temp.reserved($$ select internal.reserve_quota('social_account', '1 min') $$), 'an account'
);
update public.subscription set
    cycle_start_date = cycle_start_date - interval '2 months',
    cycle_end_date = cycle_start_date - interval '1 month'
where user_id = test.ann();
select cmp_ok(internal.reset_quotas(), '>=', 1, 'the clock moves the cycle on');
select is(pg_temp.used(test.ann()), '0 0 0 1', 'the month''s counters are zero, accounts stay');
select is(pg_temp.ended('release_quota(%L, ''failed'')'), 'true', 'an account that fails');
select is(pg_temp.used(test.ann()), '0 0 0 0', 'is given back in any month');

-- the clock: whoever's cycle is over, once, also after days off
update public.subscription set
    syncs_used = 7, ai_analyses_used = 8, seo_submissions_used = 0, social_accounts_used = 1,
    cycle_start_date = now() - interval '100 days', cycle_end_date = now() - interval '70 days'
where user_id in (test.ann(), test.bob());
select is(internal.reset_quotas(), 2, 'two cycles are over');
select is(internal.reset_quotas(), 0, 'and moved on once');
select is(pg_temp.used(test.ann()), '0 0 0 1', 'their counters are zero');
select cmp_ok(
    (
        select cycle_end_date from public.subscription
        where user_id = test.ann()
    ), '>', now(),
    'and the cycle ends in the future, however long the machine was off'
);
select results_eq(
    $$
        select quota_type, amount, current_value from public.quota_usage_history
        where user_id = test.bob() and operation = 'reset' order by quota_type
    $$,
    $$ values ('ai_analysis', 8, 0), ('sync', 7, 0) $$,
    'the history says what was set to zero'
);
select is(
    (
        select syncs_used from public.subscription
        where user_id = test.ada()
    ), 0,
    'whose cycle is not over is left alone'
);

-- a paid cycle is Stripe's: the anchor's day, through short months
update public.subscription set
    stripe_subscription_id = 'sub_1',
    syncs_used = 3,
    cycle_start_date = now() - interval '33 days', cycle_end_date = now() - interval '2 days'
where user_id = test.bob();
select is(internal.reset_quotas(), 1, 'a paid cycle that is over');
select results_eq(
    $$ select syncs_used, cycle_start_date <= now(), cycle_end_date > now(),
            next_billing_date = cycle_end_date,
            extract(day from cycle_end_date at time zone 'UTC') in (
                extract(day from billing_cycle_anchor at time zone 'UTC'),
                extract(day from (date_trunc(
                    'month', cycle_end_date at time zone 'UTC'
                ) + interval '1 month - 1 day'))
            ),
            billing_cycle_anchor = now() - interval '33 days'
        from public.subscription where user_id = test.bob() $$,
    $$ values (0, true, true, true, true, true) $$,
    'runs on from the anchor that it had'
);

select finish();
rollback;
