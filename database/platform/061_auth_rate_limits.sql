-- Auth counts its requests and its mails where functions count theirs.

set role streamvibe_owner;

grant usage on schema internal to auth_admin;
grant execute on function
internal.take_rate_limits(text [], integer, interval), internal.return_rate_limits(text [])
to auth_admin;

reset role;
