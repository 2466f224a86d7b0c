-- must fail: pgtap/linking.sql
-- What a platform tells late ends a link that was made since.
select test.spoil(
    'internal.connections_told_of(text, text, timestamptz)',
    'and pg_catalog.date_trunc(''second'', c.linked_at) <= p_occurred_at',
    ''
);
