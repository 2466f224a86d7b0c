import HTTP
package import Loop
import Postgres
import Telemetry

/// A responder that answers, in this process or in a test.
@Loop
package final class RunningResponder<Answering: Responder> {
  package let responder: Answering
  private let server: Server
  private let metricsServer: Server?
  private let environment: ProcessEnvironment

  /// Where it answers: with port 0 in LISTEN, the port that it got.
  package var address: SocketAddress { server.address }

  /// - Throws: ``ConfigurationError``, or `SystemError` when an address can't be listened on.
  package init(_ responder: Answering.Type, _ configuration: Configuration) throws {
    let name = Answering.profile.name
    environment = try ProcessEnvironment(configuration, name: name)
    let responder = try Answering(environment)
    self.responder = responder
    let health = Health(name: name, database: environment.openedDatabase)
    let journal = RequestJournal()
    let deadlines = responder.timeLimit.map { limit in
      Deadlines<RequestContext>(limit: limit) { context in
        context.isLate = true
        context.request.replaceAnswer { context.finish(responder.late(context)) }
      }
    }
    let handler = AsyncHandler(
      refusal: { error in
        let requestID = RequestID.generate().description
        return responder.refuse(error, requestID: requestID).identified(requestID)
      },
      respond: { request in
        let context = RequestContext(request, journal)
        guard !health.isAsked(request) else {
          return await health.respond(request).identified(context.requestID)
        }
        deadlines?.begin(context)
        let response = await responder.respond(context)
        deadlines?.end(context)
        return context.isAnswered ? response : context.finish(response)
      }
    )
    guard let address = try configuration.address(.listen) else {
      throw ConfigurationError("LISTEN is not set")
    }
    server = try Server(on: address, limits: .behindProxy, handler: handler)
    metricsServer = try configuration.address(.metricsListen).map(MetricsServer.start)
  }

  /// Finishes what is under way and closes everything.
  package func stop(within time: Duration) async {
    await server.drain(within: time)
    await responder.stop()
    await metricsServer?.drain(within: .zero)
    environment.openedDatabase?.close()
  }
}
