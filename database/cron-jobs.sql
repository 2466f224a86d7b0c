-- The clock: what pg_cron does, and when (UTC). Every command may run late, twice, or after days
-- off. A name that is scheduled again is changed in place. Where pg_cron does not live in this
-- database nothing is scheduled, and the functions can be called by hand.

do $$
begin
    if not exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
        raise notice 'pg_cron does not live in this database: nothing is scheduled';
        return;
    end if;

    perform cron.schedule(j.name, j.schedule, j.command)
    from (values
        ('reset-quotas', '0 0 1 * *', 'select internal.reset_quotas()'),
        -- cycles that end on other days, and all of them when the machine was off on the 1st
        ('reset-quotas-catch-up', '* * * * *', 'select internal.reset_quotas()'),
        ('release-reservations', '* * * * *', 'select internal.release_expired_reservations()'),
        ('prune-rate-limits', '*/10 * * * *', 'select internal.prune_rate_limits()'),
        ('prune-cache', '20 * * * *', 'select internal.prune_cache()'),
        ('prune-notifications', '40 * * * *', 'select internal.prune_notifications()'),
        ('prune-secret-reads', '10 * * * *', 'select internal.prune_secret_reads()'),
        ('tell-of-old-secrets', '0 7 * * *', 'select internal.tell_of_old_secrets()'),
        ('prune-oauth-states', '30 4 * * *', 'select internal.prune_oauth_states()'),
        -- what a process that died has left; its unit comes back with the reservation's lease
        ('end-abandoned-syncs', '* * * * *', 'select internal.end_abandoned_syncs()'),
        ('prune-syncs', '50 4 * * *', 'select internal.prune_syncs()'),
        (
            'prune-cron-log', '50 3 * * *',
            'delete from cron.job_run_details where start_time < now() - interval ''3 days'''
        )
    ) as j (name, schedule, command);
end;
$$;
