"""A hundred people who save the same name at once get a hundred addresses."""

import re

from storm import accounts, equal, ok, owner, done, storm

names = ["Ann"] * 100
users = accounts(100)


def save(index, connection):
    ((_, _, slug, _),) = connection.as_user(
        users[index], "select * from internal.complete_profile($1)", names[index]
    )
    return slug


first = storm(100, save)
equal(len(set(first)), 100, "100 at once under one name: 100 addresses")
ok("ann" in first and "ann-2" in first, "the first are the plain ones", sorted(first)[:5])
equal(
    [slug for slug in first if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug)], [],
    "each is a valid one",
)
equal(storm(100, save), first, "saved again under the same name they stay")

# names whose addresses meet: `Bo 2` is what the second `Bo` becomes
met = []
for letter in "abcdef":
    names = [[f"Bo {letter}", f"Bo {letter} {2 + index // 2 % 8}"][index % 2] for index in range(100)]
    met.append(len(set(storm(100, save))))
equal(met, [100] * 6, "100 at once under names whose addresses meet: 100 addresses, six times")
names = [["李小龙", "🎉", "관리자", "admin", "Admin"][index % 5] for index in range(100)]
third = storm(100, save)
equal(len(set(third)), 100, "100 at once whose names have no address of their own: 100 addresses")
with owner() as session:
    equal(
        session.one(
            "select count(*) from public.users join internal.reserved_slug on slug = profile_slug"
        ),
        "0", "none of them a reserved word",
    )
done()
