-- must fail: pgtap/content.sql
-- The children of a carousel are in the wrong order.
select test.spoil(
    'internal.store_media(internal.sync_run, jsonb, uuid[])',
    'm.place::integer - 1',
    '100 - m.place::integer'
);
