import JSON
import TestSupport
import Testing

@Suite("Embedding")
struct EmbedTests {
  @Test("gives one row or none as an object or null, more as an array")
  func cardinalities() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=id,clients(name)&id=in.(1,4)&order=id",
          #"[{"id":1,"clients":{"name":"Ada, Countess"}},{"id":4,"clients":null}]"#
        ),
        Case(
          "/clients?select=id,orders(id)&id=in.(1,3)&order=id",
          #"[{"id":1,"orders":[{"id":1},{"id":2}]},{"id":3,"orders":[]}]"#
        ),
        Case(
          "/orders?select=id,tags(label)&id=in.(1,4)&order=id&tags.order=id",
          #"[{"id":1,"tags":[{"label":"new"},{"label":"hot"}]},{"id":4,"tags":[]}]"#
        ),
        Case(
          "/orders?select=id,invoices(number)&id=in.(1,2)&order=id",
          #"[{"id":1,"invoices":{"number":"I-1"}},{"id":2,"invoices":null}]"#
        ),
        Case(
          "/invoices?select=number,orders(total)&order_id=eq.1",
          #"[{"number":"I-1","orders":{"total":10}}]"#
        ),
        Case("/beds?select=id,rooms(name)&id=eq.3", #"[{"id":3,"rooms":{"name":"one-two"}}]"#),
        Case(
          "/rooms?select=name,beds(id)&number=eq.1",
          #"[{"name":"one-one","beds":[{"id":1},{"id":2}]}]"#
        ),
      ])
    }
  }

  @Test("nests, and one relation may be there more than once")
  func nesting() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=id,clients(name,orders(id,invoices(number)))&id=eq.2",
          #"[{"id":2,"clients":{"name":"Ada, Countess","orders":[{"id":1,"invoices":{"number":"I-1"}},{"id":2,"invoices":null}]}}]"#
        ),
        Case(
          "/orders?select=id,bill:addresses!orders_billing(street),ship:shipping_id(city)&id=eq.1",
          #"[{"id":1,"bill":{"street":"High St"},"ship":{"city":"Leeds"}}]"#
        ),
        Case(
          "/orders?select=id,tags(label,order_tags(order_id))&id=eq.1&tags.order=id",
          #"[{"id":1,"tags":[{"label":"new","order_tags":[{"order_id":1}]},{"label":"hot","order_tags":[{"order_id":1},{"order_id":2}]}]}]"#
        ),
      ])
    }
  }

  @Test("finds a relationship by table, constraint or column, and its hint by the same")
  func names() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=orders_shipping(city)&id=eq.1",
          #"[{"orders_shipping":{"city":"Leeds"}}]"#
        ),
        Case(
          "/orders?select=client_id(name)&id=eq.1",
          #"[{"client_id":{"name":"Ada, Countess"}}]"#
        ),
        Case(
          "/orders?select=addresses!billing_id(city)&id=eq.1",
          #"[{"addresses":{"city":"York"}}]"#
        ),
        Case("/addresses?select=orders!orders_billing(id)&id=eq.2", #"[{"orders":[{"id":3}]}]"#),
        Case("/addresses?select=orders!shipping_id(id)&id=eq.2", #"[{"orders":[{"id":1}]}]"#),
        Case("/orders?select=tags!order_tags(label)&id=eq.2", #"[{"tags":[{"label":"hot"}]}]"#),
        Case(
          "/staff?select=id,chief:chief_id(name),reports:staff!chief_id(name)&id=eq.2&reports.order=id",
          #"[{"id":2,"chief":{"name":"Root"},"reports":[{"name":"Leaf"},{"name":"Leaf2"}]}]"#
        ),
        Case("/staff?select=staff(name)&id=eq.1", #"[{"staff":[{"name":"Mid"}]}]"#),
        Case(
          "/teams?select=players!players_team(name),leader:players!teams_leader(name)&id=eq.1",
          #"[{"players":[{"name":"P1"},{"name":"P2"}],"leader":{"name":"P1"}}]"#
        ),
        Case("/orders?select=addresses(*)", 300, "PGRST201"),
        Case("/teams?select=players(*)", 300, "PGRST201"),
        Case("/orders?select=addresses!nope(*)", 400, "PGRST200"),
        Case("/orders?select=nope(*)", 400, "PGRST200"),
        Case("/orders?select=secrets(*)", 400, "PGRST200"),
      ])
      let answer = try await rest.get("/orders?select=addresses(*)")
      #expect(
        answer.json["hint"]
          == "Try changing 'addresses' to one of the following: 'addresses!orders_billing', 'addresses!orders_shipping'. Find the desired relationship in the 'details' key."
      )
      #expect(
        answer.json["details"] == [
          [
            "cardinality": "many-to-one", "embedding": "orders with addresses",
            "relationship": "orders_billing using orders(billing_id) and addresses(id)",
          ],
          [
            "cardinality": "many-to-one", "embedding": "orders with addresses",
            "relationship": "orders_shipping using orders(shipping_id) and addresses(id)",
          ],
        ]
      )
      let near = try await rest.get("/clients?select=order(*)")
      #expect(near.json["hint"] == "Perhaps you meant 'orders' instead of 'order'.")
    }
  }

  @Test("follows keys through the columns that views show")
  func views() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/order_view?select=id,clients(name),order_tags(tag_id)&id=eq.2",
          #"[{"id":2,"clients":{"name":"Ada, Countess"},"order_tags":[{"tag_id":2}]}]"#
        ),
        Case("/bed_view?select=rooms(name)", 400, "PGRST200"),
        // What holds both keys outside its primary key joins nothing.
        Case("/clients?select=addresses(id)", 400, "PGRST200"),
        Case("/clients?select=order_view(id)&id=eq.2", #"[{"order_view":[{"id":3}]}]"#),
        Case(
          "/client_view?select=label,order_view(id)&client_id=eq.2",
          #"[{"label":"Bob (the builder)","order_view":[{"id":3}]}]"#
        ),
        Case(
          "/orders?select=client_view(label)&id=eq.3",
          #"[{"client_view":{"label":"Bob (the builder)"}}]"#
        ),
      ])
    }
  }

  @Test("narrows what is embedded, and with !inner the rows too")
  func filters() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=id,clients(name)&clients.name=like.A*&id=in.(1,3)&order=id",
          #"[{"id":1,"clients":{"name":"Ada, Countess"}},{"id":3,"clients":null}]"#
        ),
        Case(
          "/orders?select=id,clients!inner(name)&clients.name=like.A*&order=id",
          #"[{"id":1,"clients":{"name":"Ada, Countess"}},{"id":2,"clients":{"name":"Ada, Countess"}}]"#
        ),
        Case(
          "/clients?select=id,orders!inner(id)&orders.total=gt.10&order=id",
          #"[{"id":1,"orders":[{"id":2}]},{"id":2,"orders":[{"id":3}]}]"#,
          range: "0-1/2",
          ["Prefer": "count=exact"]
        ),
        Case("/orders?select=id,tags!inner()&tags.label=eq.hot&order=id", #"[{"id":1},{"id":2}]"#),
        Case(
          "/clients?select=id,orders!inner(invoices!inner(number))&order=id",
          #"[{"id":1,"orders":[{"invoices":{"number":"I-1"}}]},{"id":2,"orders":[{"invoices":{"number":"I-3"}}]}]"#,
          range: "0-1/2",
          ["Prefer": "count=exact"]
        ),
        Case(
          "/clients?select=orders(total)&orders.or=(total.eq.10,total.eq.99)&id=eq.1",
          #"[{"orders":[{"total":10}]}]"#
        ),
        Case(
          "/clients?select=orders(id)&orders.order=total.desc&orders.limit=1&id=eq.1",
          #"[{"orders":[{"id":2}]}]"#
        ),
        Case(
          "/clients?select=orders(id)&orders.order=id&orders.offset=1&id=eq.1",
          #"[{"orders":[{"id":2}]}]"#
        ),
        Case("/clients?select=id&orders.id=eq.1", 400, "PGRST108"),
      ])
    }
  }

  @Test("asks whether there are related rows")
  func existence() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/clients?select=id,orders()&orders=is.null&order=id", #"[{"id":3},{"id":4}]"#),
        Case(
          "/clients?select=id,orders()&orders=not.is.null&order=id",
          #"[{"id":1},{"id":2}]"#,
          range: "0-1/2",
          ["Prefer": "count=exact"]
        ),
        Case("/orders?select=id,clients()&clients=is.null", #"[{"id":4}]"#),
        Case(
          "/orders?select=id,clients()&clients=is.not_null&order=id",
          #"[{"id":1},{"id":2},{"id":3}]"#
        ),
        Case(
          "/clients?select=id,orders()&or=(orders.is.null,id.eq.1)&order=id",
          #"[{"id":1},{"id":3},{"id":4}]"#,
          range: "0-2/3",
          ["Prefer": "count=exact"]
        ),
        Case("/clients?select=id,orders(id)&orders=eq.1", 400, "PGRST120"),
      ])
    }
  }

  @Test("spreads fields into the row, those of many rows as arrays")
  func spread() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=id,...clients(client:name)&id=in.(1,4)&order=id",
          #"[{"id":1,"client":"Ada, Countess"},{"id":4,"client":null}]"#
        ),
        Case(
          "/clients?select=id,...orders(o:id,total)&id=in.(1,3)&order=id&orders.order=id.desc",
          #"[{"id":1,"o":[2,1],"total":[20,10]},{"id":3,"o":[],"total":[]}]"#
        ),
        Case(
          "/invoices?select=number,...orders(...clients(name))&order_id=eq.1",
          #"[{"number":"I-1","name":"Ada, Countess"}]"#
        ),
        Case(
          "/invoices?select=...orders(clients(name))&order_id=eq.1",
          #"[{"clients":{"name":"Ada, Countess"}}]"#
        ),
        Case(
          "/orders?select=...addresses!orders_billing(*)&id=eq.1",
          #"[{"id":1,"street":"High St","city":"York"}]"#
        ),
        Case(
          "/orders?select=id,...clients!inner(name)&clients.name=like.B*",
          #"[{"id":3,"name":"Bob (the builder)"}]"#
        ),
      ])
    }
  }

  @Test("orders rows by a field of the one row they belong to")
  func relatedOrder() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/orders?select=id,clients()&order=clients(name).desc.nullslast,id",
          #"[{"id":3},{"id":1},{"id":2},{"id":4}]"#
        ),
        Case(
          "/orders?select=id,clients(id)&order=clients(data->n).asc.nullsfirst,id.desc",
          #"[{"id":4,"clients":null},{"id":2,"clients":{"id":1}},{"id":1,"clients":{"id":1}},{"id":3,"clients":{"id":2}}]"#
        ),
        Case(
          "/orders?select=id,...clients(name)&order=clients(name),id.desc&limit=2",
          #"[{"id":2,"name":"Ada, Countess"},{"id":1,"name":"Ada, Countess"}]"#
        ),
        Case("/clients?select=id,orders(id)&order=orders(id)", 400, "PGRST118"),
        Case("/clients?select=id&order=orders(id)", 400, "PGRST108"),
      ])
    }
  }
}
