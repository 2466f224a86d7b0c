-- login: auth_admin
-- Mail on its way out: put down, taken, sent, tried again, given up.

begin;
select plan(45);

create temporary view mail as
select
    m.recipient,
    m.attempts,
    m.failure,
    m.lease is not null as is_taken,
    m.failed_at is not null as is_failed,
    round(extract(epoch from m.due_at - clock_timestamp())) as due_in
from auth.outgoing_mail as m;

create temporary table put_down as
select
    auth.queue_mail('confirmation', 'ann@example.com', '\x01') as ann,
    auth.queue_mail('recovery', 'bob@example.com', '\x02') as bob;
select results_eq(
    'select recipient, attempts, is_taken, is_failed, due_in <= 0 from mail order by recipient',
    $$ values
        ('ann@example.com', 0, false, false, true), ('bob@example.com', 0, false, false, true) $$,
    'mail is due at once'
);
select results_eq(
    'select waiting, failed, oldest_seconds between 0 and 60 from auth.survey_mail()',
    'values (2::bigint, 0::bigint, true)', 'and counts as waiting'
);

create temporary table taken as
select
    c.id,
    c.kind,
    c.recipient,
    c.sealed,
    c.attempts,
    c.lease
from auth.claim_mail(1, '2 minutes') as c;
select results_eq(
    'select kind, recipient, sealed, attempts, lease is not null from taken',
    $$ values ('confirmation', 'ann@example.com', '\x01'::bytea, 1, true) $$,
    'the one that has waited longest is taken first, and as many as were asked for'
);
select ok(
    (select t.id = p.ann from taken as t cross join put_down as p), 'it is the one put down'
);
select is(
    (
        select m.due_in from mail as m
        where m.is_taken
    ), 120::numeric, 'until its lease ends'
);
insert into taken
select
    c.id,
    c.kind,
    c.recipient,
    c.sealed,
    c.attempts,
    c.lease
from auth.claim_mail(10, '2 minutes') as c;
select results_eq(
    'select recipient from taken order by recipient',
    $$ values ('ann@example.com'), ('bob@example.com') $$, 'what is taken is not taken again'
);
select is_empty('select id from auth.claim_mail(10, ''2 minutes'')', 'nothing is left to take');

select
    is(
        auth.settle_mail(t.id, gen_random_uuid()), false, 'mail is not settled with another lease'
    )
from taken as t
where t.recipient = 'ann@example.com';
select
    is(
        auth.retry_mail(t.id, gen_random_uuid(), '0', 'x'), null, 'nor put off with another lease'
    )
from taken as t
where t.recipient = 'ann@example.com';
select
    is(
        auth.refuse_mail(t.id, gen_random_uuid(), 'x'), false, 'nor given up with another lease'
    )
from taken as t
where t.recipient = 'ann@example.com';
select is(auth.settle_mail(t.id, t.lease), true, 'mail that was sent is settled')
from taken as t
where t.recipient = 'ann@example.com';
select is_empty(
    'select recipient from mail where recipient = ''ann@example.com''', 'and is gone'
);
select is(auth.settle_mail(t.id, t.lease), false, 'it is settled once')
from taken as t
where t.recipient = 'ann@example.com';

select is(auth.retry_mail(t.id, t.lease, '5 minutes', 'busy'), 'due', 'mail is put off')
from taken as t
where t.recipient = 'bob@example.com';
select results_eq(
    'select attempts, failure, is_taken, is_failed, due_in from mail',
    'values (1, ''busy'', false, false, 300::numeric)', 'by the delay, with its reason'
);
select is_empty(
    'select id from auth.claim_mail(10, ''2 minutes'')', 'and is not taken before its time'
);
update auth.outgoing_mail set due_at = clock_timestamp() - interval '1 second';
delete from taken;
insert into taken
select
    c.id,
    c.kind,
    c.recipient,
    c.sealed,
    c.attempts,
    c.lease
from auth.claim_mail(10, '-1 seconds') as c;
select results_eq(
    'select recipient, attempts from taken', 'values (''bob@example.com'', 2)',
    'it is taken again in its time'
);

select auth.keep_mail(array[t.id], array[gen_random_uuid()], '5 minutes') from taken as t;
select ok((select m.due_in <= 0 from mail as m), 'nobody keeps mail with another lease');
select is_empty(
    'select c.id from taken as t, auth.claim_mail(10, ''1 minute'', array[t.id]) as c',
    'what is at hand is not taken again, although its lease has ended'
);
select auth.keep_mail(array[t.id], array[t.lease], '5 minutes') from taken as t;
select is((select m.due_in from mail as m), 300::numeric, 'whoever has it keeps it');
select is_empty('select id from auth.claim_mail(10, ''2 minutes'')', 'and nobody else takes it');
update auth.outgoing_mail set due_at = clock_timestamp() - interval '1 second';

-- the lease has ended: whoever had it was killed
create temporary table taken_over as
select
    c.id,
    c.kind,
    c.recipient,
    c.sealed,
    c.attempts,
    c.lease
from auth.claim_mail(10, '2 minutes') as c;
select results_eq(
    'select recipient, attempts from taken_over', 'values (''bob@example.com'', 3)',
    'when the lease has ended another takes it'
);
select is(auth.settle_mail(t.id, t.lease), false, 'and the first one no longer settles it')
from taken as t;
select is(auth.retry_mail(t.id, t.lease, '0', 'late'), null, 'nor puts it off') from taken as t;

update auth.outgoing_mail set created_at = clock_timestamp() - interval '23 hours 58 minutes';
select is(auth.retry_mail(t.id, t.lease, '1 minute', 'busy'), 'due', 'a day long it is tried')
from taken_over as t;
update auth.outgoing_mail set due_at = clock_timestamp();
delete from taken;
insert into taken
select
    c.id,
    c.kind,
    c.recipient,
    c.sealed,
    c.attempts,
    c.lease
from auth.claim_mail(10, '2 minutes') as c;
select is(auth.retry_mail(t.id, t.lease, '3 minutes', 'busy'), 'failed', 'and then given up')
from taken as t;
select results_eq(
    'select attempts, failure, is_taken, is_failed from mail', 'values (4, ''busy'', false, true)',
    'it stays with its reason'
);
update auth.outgoing_mail set due_at = clock_timestamp() - interval '1 hour';
select is_empty('select id from auth.claim_mail(10, ''2 minutes'')', 'and is not taken any more');
select results_eq(
    'select waiting, failed, oldest_seconds from auth.survey_mail()',
    'values (0::bigint, 1::bigint, 0::double precision)', 'it counts as failed'
);
update auth.outgoing_mail set failed_at = clock_timestamp() - interval '31 days';
select results_eq(
    'select waiting, failed from auth.survey_mail()', 'values (0::bigint, 0::bigint)',
    'after a month it goes'
);

-- nobody had it for a day
select isnt(
    auth.queue_mail('invite', 'ann@example.com', '\x03'), null, 'it can have been put down'
);
update auth.outgoing_mail set created_at = clock_timestamp() - interval '1 day';
select is_empty(
    'select id from auth.claim_mail(10, ''2 minutes'')', 'mail of yesterday is not taken'
);
select results_eq(
    'select waiting, failed from auth.survey_mail()', 'values (0::bigint, 1::bigint)',
    'but given up'
);
select results_eq(
    'select failure, is_taken, is_failed from mail',
    'values (''nobody has sent it for a day'', false, true)', 'with a reason'
);

-- what it carries
insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, created_at)
select
    test.ann() as user_id,
    t.token_type,
    t.token_hash,
    'ann@example.com' as relates_to,
    now() - interval '20 hours' as created_at
from (
    values ('confirmation_token', 'sent'), ('recovery_token', 'waiting')
) as t (token_type, token_hash);
select lives_ok(
    $$ select auth.queue_mail('confirmation', 'ann@example.com', '\x04', 'sent') $$,
    'mail carries a token'
);
select auth.settle_mail(c.id, c.lease) from auth.claim_mail(10, '2 minutes') as c;
select results_eq(
    $$ select token_hash, created_at = now() from auth.one_time_tokens order by token_hash $$,
    $$ values ('sent', true), ('waiting', false) $$, 'whose time begins when it was sent'
);

select throws_ok(
    $$ select auth.queue_mail('newsletter', 'a@example.com', '') $$,
    '23514', null, 'no mail of an unknown kind'
);
select
    throws_ok(
        format('select auth.queue_mail(''invite'', %L, '''')', r.recipient), '23514', null,
        'no mail to ' || quote_literal(r.recipient)
    )
from (
    values
    (E'a@example.com\r\nBcc: b@example.com'), ('a@example.com>'), ('a b@example.com'), ('a'),
    ('@example.com'), (''), (E'a@example.com\n'), ('a@' || repeat('x', 320))
) as r (recipient);

select finish();
rollback;
