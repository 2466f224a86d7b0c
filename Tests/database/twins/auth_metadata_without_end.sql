-- must fail: pgtap/auth_tokens.sql
-- What each token carries grows with each patch.
select test.spoil('auth.merge_metadata(uuid,jsonb,jsonb)', 'greatest(2048,', 'greatest(9999999,');
