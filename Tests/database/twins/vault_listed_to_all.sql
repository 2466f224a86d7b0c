-- must fail: catalog/grants.py
-- Everybody may list the vault.
grant execute on function vault.take_sealed(text, text) to authenticated;
