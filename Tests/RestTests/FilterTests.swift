import JSON
import TestSupport
import Testing

@Suite("Filters")
struct FilterTests {
  private func expect(_ rows: [(filter: String, ids: [Int])], of table: String) async throws {
    try await RestServer.with { rest in
      try await rest.check(
        rows.map { filter, ids in
          let json = ids.map { "{\"id\":\($0)}" }.joined(separator: ",")
          return Case("/\(table)?select=id&order=id&\(filter)", "[\(json)]")
        }
      )
    }
  }

  @Test("compare")
  func compare() async throws {
    try await expect(
      [
        ("id=eq.2", [2]), ("id=neq.2", [1, 3, 4]), ("id=gt.2", [3, 4]), ("id=gte.2", [2, 3, 4]),
        ("id=lt.2", [1]), ("id=lte.2", [1, 2]), ("id=not.eq.2", [1, 3, 4]),
        ("id=gt.1&id=lt.4", [2, 3]),
        ("mood=eq.glad", [1]), ("born=gte.1999-06-01", [3]), ("score=lt.0", [4]),
        ("code=isdistinct.A", [2, 3, 4]), ("code=not.isdistinct.A", [1]), ("note=eq.", [3]),
      ],
      of: "clients"
    )
  }

  @Test("match patterns, with * for %")
  func match() async throws {
    try await expect(
      [
        ("name=like.A*", [1]), ("name=like.*o*", [1, 2, 3]), ("name=ilike.ADA*", [1]),
        ("name=not.like.A*", [2, 3, 4]), ("name=like.d_rte%25", [4]), ("name=match.^[AB]", [1, 2]),
        ("name=imatch.^ada", [1]), ("name=like(any).{A*,B*}", [1, 2]),
        ("name=like(all).{A*,*s}", [1]), ("name=ilike(any).{a*,b*}", [1, 2]),
      ],
      of: "clients"
    )
  }

  @Test("ask for one of a list, and for any or all of an array")
  func lists() async throws {
    try await expect(
      [
        ("id=in.(1,3)", [1, 3]), ("id=not.in.(1,3)", [2, 4]), ("id=in.()", []),
        (#"name=in.("Ada, Countess","Bob (the builder)")"#, [1, 2]),
        (#"name=in.("Cy \"quoted\" \\slash")"#, [3]), ("mood=in.(glad,sad)", [1, 4]),
        ("id=eq(any).{1,2}", [1, 2]), ("id=gt(all).{1,2}", [3, 4]),
        ("id=not.eq(any).{1,2}", [3, 4]),
      ],
      of: "clients"
    )
  }

  @Test("ask for null and truth")
  func truth() async throws {
    try await expect(
      [
        ("paid=is.true", [1, 4]), ("paid=is.false", [2]), ("paid=is.unknown", [3]),
        ("paid=is.null", [3]), ("paid=is.not_null", [1, 2, 4]), ("paid=not.is.null", [1, 2, 4]),
        ("paid=not.is.true", [2, 3]), ("paid=is.TRUE", [1, 4]),
      ],
      of: "orders"
    )
  }

  @Test("search texts and vectors")
  func search() async throws {
    try await expect(
      [
        ("words=fts.countess", [1]), ("words=fts(english).ada%26countess", [1]),
        ("words=plfts(english).the builder", [2]), ("words=phfts(english).the builder", [2]),
        ("words=wfts(english).builder or countess", [1, 2]), ("name=fts(english).builders", [2]),
        ("name=fts.countess", [1]), ("words=not.fts.countess", [2, 3, 4]),
        ("data->>s=plfts(simple).x", [1]),
      ],
      of: "clients"
    )
  }

  @Test("compare arrays and JSON")
  func containers() async throws {
    try await expect(
      [
        ("tags=cs.{red}", [1, 4]), (#"tags=cs.{"b,c"}"#, [1]), ("tags=cd.{red}", [2, 4]),
        (#"tags=ov.{x,"b,c"}"#, [1]), (#"data=cs.{"n":1}"#, [1]), ("data->n=eq.1", [1]),
        ("data->>s=eq.y", [2]), ("data->a->b->0=eq.10", [1]), ("data->a->b->>-1=eq.20", [1]),
        ("data->>n=is.null", [3, 4]), ("tags->>0=eq.red", [1, 4]), ("data->>s=in.(x,y)", [1, 2]),
      ],
      of: "clients"
    )
  }

  @Test("compare ranges")
  func ranges() async throws {
    try await expect(
      [
        ("span=ov.[8,10)", [2]), ("span=cs.[3,4)", [1, 2]), ("span=cd.[1,6)", [1, 4]),
        ("span=sl.[6,9)", [1]), ("span=sr.[0,2)", [2]), ("span=nxr.[1,6)", [1]),
        ("span=nxl.[3,4)", [2]), ("span=adj.[5,7)", [1]),
      ],
      of: "orders"
    )
  }

  @Test("are joined by and, or and not, at any depth")
  func logic() async throws {
    try await expect(
      [
        ("or=(id.eq.1,id.eq.3)", [1, 3]), ("and=(id.gt.1,id.lt.4)", [2, 3]),
        ("not.or=(id.eq.1,id.eq.3)", [2, 4]), ("not.and=(id.gt.1,id.lt.4)", [1, 4]),
        ("or=(and(id.gt.1,id.lt.3),not.and(id.gt.0,id.lt.4))", [2, 4]),
        (#"or=(name.eq."Bob (the builder)",name.eq."Ada, Countess")"#, [1, 2]),
        ("or=(tags.cs.{red},id.in.(2,3))", [1, 2, 3, 4]),
        (#"or=(tags.cs.{red,"b,c"},id.eq.3)"#, [1, 3]),
        ("or=(id.not.in.(1,2,3),name.like.A*)", [1, 4]),
        ("or=(data->>s.eq.y,data->n.eq.1)", [1, 2]),
        ("or=(mood.is.null,mood.eq.sad)", [3, 4]), ("or=(id.eq.1)&or=(id.eq.1,id.eq.2)", [1]),
        (#"or=(name.eq."Cy \"quoted\" \\slash",id.eq.0)"#, [3]),
        ("or=(words.fts(english).builder,id.eq.4)", [2, 4]),
        ("or=(id.eq(any).{1,2},id.eq.4)", [1, 2, 4]),
      ],
      of: "clients"
    )
  }

  @Test("are refused in PostgREST's words, with the place")
  func refusals() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/clients?id=foo.1", 400, "PGRST100"), Case("/clients?id=1", 400, "PGRST100"),
        Case("/clients?or=(id.eq.1", 400, "PGRST100"), Case("/clients?or=id.eq.1", 400, "PGRST100"),
        Case("/clients?id=is.maybe", 400, "PGRST100"), Case("/clients?id=in.1", 400, "PGRST100"),
        Case("/clients?id=eq(some).{1}", 400, "PGRST100"), Case("/clients?id=eq.x", 400, "22P02"),
        Case("/clients?nope=eq.1", 400, "42703"), Case("/clients?mood=eq.mad", 400, "22P02"),
        Case("/clients?id=like.1", 404, "42883"), Case("/clients?limit=-1", 416, "PGRST103"),
        Case("/clients?limit=x", 400, "PGRST100"), Case("/clients?a.b.c=eq.1", 400, "PGRST108"),
      ])
      let answer = try await rest.get("/clients?or=(id.eq.1,id.foo.2)")
      #expect(
        answer.json["message"]
          == "\"failed to parse logic tree ((id.eq.1,id.foo.2))\" (line 1, column 13)"
      )
      #expect(
        answer.json["details"] == "unexpected \"f\" expecting \"not\" or operator (eq, gt, ...)"
      )
    }
  }
}
