-- must fail: catalog/grants.py
-- The service role reads the vault by itself.
grant select on table vault.secrets to service_role;
