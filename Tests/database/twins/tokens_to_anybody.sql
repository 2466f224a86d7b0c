-- must fail: pgtap/linking.sql
-- Whoever knows a connection's id gets its tokens.
select test.spoil(
    'internal.own_connection(uuid)',
    'and (c.user_id = auth.uid() or internal.is_service())',
    ''
);
