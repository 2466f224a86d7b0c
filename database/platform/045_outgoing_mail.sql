-- Mail on its way out. It is put down in the transaction of the change that causes it, so that
-- there is no change without its mail and no mail without its change. The process that sends one
-- holds it by a short lease meanwhile, which it keeps renewing: when that process is killed, the
-- mail is due again as soon as the lease ends. So a mail leaves at least once, and by one process
-- at a time.

set role auth_admin;

create table if not exists auth.outgoing_mail (
    id uuid primary key default extensions.uuid_generate_v7(),
    kind text not null,
    recipient text not null,
    -- links and codes are secrets: AES-256-GCM under a key that the database does not know, bound
    -- to kind and recipient
    sealed bytea not null,
    -- auth.one_time_tokens.token_hash of what it carries: its time begins when it is sent
    token_hash text,
    created_at timestamptz not null default clock_timestamp(),
    -- when it may be tried next; while somebody has it, when its lease ends
    due_at timestamptz not null default clock_timestamp(),
    -- who has it; null when nobody does
    lease uuid,
    attempts integer not null default 0,
    -- what became of the last attempt
    failure text,
    -- when it was given up; it is kept for a while, so that somebody can see why
    failed_at timestamptz,
    constraint kinds_are_known check (
        kind in (
            'confirmation', 'recovery', 'magic_link', 'email_change', 'invite', 'reauthentication'
        )
    ),
    constraint recipients_are_addresses check (
        recipient ~ '^[^[:cntrl:][:space:]<>]+@[^[:cntrl:][:space:]<>@]+$'
        and octet_length(recipient) <= 320
    ),
    constraint failed_mail_has_no_lease check (failed_at is null or lease is null)
);

create index if not exists outgoing_mail_due_at_idx
on auth.outgoing_mail (due_at) where failed_at is null;

create index if not exists outgoing_mail_failed_at_idx
on auth.outgoing_mail (failed_at) where failed_at is not null;

alter table auth.outgoing_mail enable row level security;
revoke all on table auth.outgoing_mail from public, anon, authenticated, service_role;

-- Puts a mail down, due at once.
create or replace function auth.queue_mail(
    p_kind text,
    p_recipient text,
    p_sealed bytea,
    p_token_hash text default null
)
returns uuid
language sql
set search_path = ''
as $$
    insert into auth.outgoing_mail (kind, recipient, sealed, token_hash)
    values (p_kind, p_recipient, p_sealed, p_token_hash)
    returning id
$$;

-- Takes up to so many of the mails that are due, longest waiting first, for as long as the lease
-- lasts. What others are taking at the moment is passed over, not waited for; so is what whoever
-- asks still has at hand, although its lease may have ended, and what has not been sent for a day.
create or replace function auth.claim_mail(
    p_count integer,
    p_lease interval,
    p_at_hand uuid [] default '{}'
)
returns table (
    id uuid, kind text, recipient text, sealed bytea, created_at timestamptz, attempts integer,
    lease uuid
)
language sql
set search_path = ''
as $$
    with due as materialized (
        select d.id
        from auth.outgoing_mail as d
        where
            d.failed_at is null
            and d.due_at <= clock_timestamp()
            and d.created_at > clock_timestamp() - interval '1 day'
            and d.id <> all(p_at_hand)
        order by d.due_at
        limit p_count
        for no key update skip locked
    )
    update auth.outgoing_mail as m
    set
        lease = gen_random_uuid(),
        due_at = clock_timestamp() + p_lease,
        attempts = m.attempts + 1
    from due
    where m.id = due.id
    returning m.id, m.kind, m.recipient, m.sealed, m.created_at, m.attempts, m.lease
$$;

-- Renews the leases of mails that are still on their way; those that are another's by now stay
-- that.
create or replace function auth.keep_mail(p_ids uuid [], p_leases uuid [], p_lease interval)
returns void
language sql
set search_path = ''
as $$
    update auth.outgoing_mail as m
    set due_at = clock_timestamp() + p_lease
    from unnest(p_ids, p_leases) as held (id, lease)
    where m.id = held.id and m.lease = held.lease
$$;

-- The mail was sent: it goes, and the time of the link and the code in it begins, however long they
-- have waited. False when the lease was no longer this one.
create or replace function auth.settle_mail(p_id uuid, p_lease uuid)
returns boolean
language sql
set search_path = ''
as $$
    with settled as (
        delete from auth.outgoing_mail as m
        where m.id = p_id and m.lease = p_lease
        returning m.token_hash
    ),

    begun as (
        update auth.one_time_tokens as t
        set created_at = now(), updated_at = now()
        from settled as s
        where t.token_hash = s.token_hash
    )

    select exists (select from settled)
$$;

-- The mail could not be sent now: it is due again after the delay, or given up when that would be
-- more than a day after it was put down. The answer is what became of it: `due`, `failed`, or null
-- when the lease was no longer this one.
create or replace function auth.retry_mail(
    p_id uuid, p_lease uuid, p_delay interval, p_failure text
)
returns text
language sql
set search_path = ''
as $$
    update auth.outgoing_mail as m
    set
        lease = null,
        due_at = clock_timestamp() + p_delay,
        failure = p_failure,
        failed_at = case
            when clock_timestamp() + p_delay > m.created_at + interval '1 day'
                then clock_timestamp()
        end
    where m.id = p_id and m.lease = p_lease
    returning case when m.failed_at is null then 'due' else 'failed' end
$$;

-- The mail will never be taken: it is given up at once. False when the lease was no longer this
-- one.
create or replace function auth.refuse_mail(p_id uuid, p_lease uuid, p_failure text)
returns boolean
language sql
set search_path = ''
as $$
    with refused as (
        update auth.outgoing_mail as m
        set lease = null, failure = p_failure, failed_at = clock_timestamp()
        where m.id = p_id and m.lease = p_lease
        returning m.id
    )
    select exists (select from refused)
$$;

-- How much mail waits, how much was given up, and for how many seconds the oldest has been waiting.
-- With the question mail is given up that nobody has sent for a day, be it that there is no server
-- for it or that each process that had it was killed; and what was given up a month ago goes.
create or replace function auth.survey_mail()
returns table (waiting bigint, failed bigint, oldest_seconds double precision)
language sql
set search_path = ''
as $$
    update auth.outgoing_mail as m
    set
        lease = null,
        failure = coalesce(m.failure, 'nobody has sent it for a day'),
        failed_at = clock_timestamp()
    where
        m.failed_at is null
        and m.due_at <= clock_timestamp()
        and m.created_at <= clock_timestamp() - interval '1 day';

    delete from auth.outgoing_mail as m
    where m.failed_at < clock_timestamp() - interval '30 days';

    select
        count(*) filter (where m.failed_at is null),
        count(*) filter (where m.failed_at is not null),
        coalesce(
            extract(
                epoch from clock_timestamp() - min(m.created_at) filter (where m.failed_at is null)
            ), 0
        )::double precision
    from auth.outgoing_mail as m
$$;

reset role;
