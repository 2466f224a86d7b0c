import Testing

@testable import Crypto

/// The messages are PostgreSQL's: `pgp_pub_encrypt_bytea('to the vault', <the public key>, …)`.
@Suite("The key that secrets are taken in with")
struct IntakeKeyTests {
  private static let secret = [UInt8](repeating: 7, count: 32)

  private func open(_ message: [UInt8], with secret: [UInt8] = secret) throws -> String {
    let key = try IntakeKey(derivedFrom: secret.span)
    return try key.open(message.span).text
  }

  @Test("is the same each time, and as another implementation derives it")
  func isDerived() throws {
    let key = try IntakeKey(derivedFrom: Self.secret.span).publicKey()
    #expect(key.count == 787)
    let digest = try SHA2.sha256(key.span)
    #expect(digest.hexadecimal == Self.digest)
    let other = try IntakeKey(derivedFrom: [UInt8](repeating: 8, count: 32).span).publicKey()
    #expect(other != key)
  }

  @Test("opens what was sealed to its public half")
  func opens() throws {
    #expect(try open(Self.message) == "to the vault")
  }

  @Test("opens nothing with another secret")
  func isTheOnlyOne() {
    #expect(throws: CryptoError.authenticationFailed) {
      try open(Self.message, with: [UInt8](repeating: 8, count: 32))
    }
  }

  @Test("opens no message that one bit was changed in, or that was cut or prolonged")
  func isAuthentic() {
    // Whose the message is, is found by trying: the key's id in front is not looked at.
    for place in Self.message.indices where !(4..<12).contains(place) {
      var changed = Self.message
      changed[place] ^= 0x40
      #expect(throws: CryptoError.self, "byte \(place)") { try open(changed) }
    }
    for count in stride(from: 0, to: Self.message.count, by: 5) {
      #expect(throws: CryptoError.self) { try open(Array(Self.message.prefix(count))) }
    }
    #expect(throws: CryptoError.self) { try open(Self.message + [0]) }
  }

  @Test("opens no message of another form", arguments: [weaker, compressed, symmetric])
  func isStrict(message: [UInt8]) {
    #expect(throws: CryptoError.authenticationFailed) { try open(message) }
  }

  @Test("reads a packet of any length", arguments: [0, 1, 191, 192, 8383, 8384, 70_000])
  func readsLengths(count: Int) throws {
    let body = [UInt8](repeating: 5, count: count)
    let packet = OpenPGP.packet(tag: .literal, body)
    var lengths = [Array(packet.prefix(6))]
    if count < 192 { lengths.append([0xCB, UInt8(count)]) }
    if (192...8383).contains(count) {
      lengths.append([0xCB, UInt8((count - 192) >> 8 + 192), UInt8((count - 192) & 0xFF)])
    }
    for length in lengths {
      let whole = length + body
      var reader = OpenPGPReader(whole.span)
      let next = reader.next()
      let read = try #require(next)
      #expect(read.tag == .literal && read.body == body && reader.isAtEnd)
      let part = Array(whole.dropLast())
      var cut = OpenPGPReader(part.span)
      let missing = cut.next() == nil
      #expect(missing)
    }
  }

  @Test("puts a packet together that comes in parts")
  func readsParts() throws {
    let long = [UInt8](repeating: 1, count: 512)
    // 512 bytes, one byte, and a last part of three.
    let packet = [0xCB, 0xE9] + long + [0xE0, 2, 3, 4, 5, 6]
    var reader = OpenPGPReader(packet.span)
    let next = reader.next()
    let read = try #require(next)
    #expect(read.body == long + [2, 4, 5, 6] && reader.isAtEnd)
    let part = [0xCB, 0xE9] + long
    var unfinished = OpenPGPReader(part.span)
    let missing = unfinished.next() == nil
    #expect(missing)
  }

  private static let digest = "efa66e4a95253c4f5d3891daa3f8008e7143b477a1357485b17a3ca5047d5935"
  private static let message = hex(
    """
    c1c24e03fdc5dc190d8929b5100c00943277a3a99a9b793e9cc571eb6b9b6de0402af3f5b886156a906a8e5fc6
    84bc11a1c4702847dd1bb1d58a77625d7c82e5b610c7d283cae6d9b5db1556c2fc4885890c1c95ad8e7d572b96
    ebcaf2153715f296c029ae3e6e86124783f678f1e5f61222c54136b2f58f7d63fc6e3af9c6caeab756faa447bb
    823d9da13ab0601e2e5fa8241507e910156f5d48b08a02ff4485f060ce4dfa4086a61292a04efeec3800e53691
    65b2df58fc23bcfa106bf9f2e875da384ffbc40a797946740d276ae602310265eb0ca5b25394d9c7dee7f9e36b
    c5da057d3dcd73e04b6c0db1942415e43a869b4cdc51b398251c747fea5b4ab1cb21d920f822ac6f112087739c
    14c6597fb46ee90a7098f4c3687841571c53213a3771794256ce16e3ebb0e8327c4c9796d44d9bf10c15760c51
    7cd23acc2ccae9267cc6aa516b51ff86c931df306cd4a7e5d5ba1a74481407db56ed18c756c37155713d848a7a
    597386d9a935a39098584a39c54f00fca35b5f942a61de756a797bc0658c381c284f5b6f450ae30bff6d468ea2
    4870a46a93f48fe52629d496eaa8497f46d2ede0290c24001257601bdd52332d2fa5e0c5ce23206445648070ff
    99040e53f7ebe8ef1d07a3968757b8d31a794024558d368280e558f8ee41c760957a0359ff98de0ed66d886f49
    ae4b3701e10d2f90928c52c3abaee8f15d0f283357ca1d4198ba4c7a3fe88e822879ae55b1a33c73fb9bbf4415
    fca93ac77ca3b17465de42684780098c3f995afcdda853d0483082c88a794986ecb541b469825d793b4dcda85a
    2a7151fa8cbfc8b1239b554e3cb0e85e7f6bc576c2342dbd4d1d6e4a604bd32f5d17ed52fdd1808f0f4042ba5d
    55350e57a490a1e88e99d033384ee6cf0f6f6fb41141db855988b7fcfdf743e9f2cb43f8a1de9d9115301dece3
    63688e00c42336353d2833896d5f1e00239946b23614de29b9bd1d995999dd999867e7f243a5f08fb3d2e89c1d
    ad9780df4ba599ab0bc89538dbc60c36cc08dad8c60e95d9078bc1f3f28ec0989826d962f8c1ff7138ce2cc70e
    6510342eca47a0da2f1b21a3dc3c841f4c27547fd23d01f9434c76681dff303ff66b33f94b2defb43b51503e9f
    8eb7081c4df874b37f47801c2860d20c2ba005be3d31ed767c9463dea68124704099b6601857
    """
  )
  private static let weaker = hex(
    """
    c1c24e03fdc5dc190d8929b5100bff7f3c7134a37f777220b43a3d049ea44aa77947e6ad02867d345890f75e71
    f76805a19cc9b4d89cb319034a7e56e3f8001f85c7609ed483a08a626b32671115239dce9b7858cce28fc9cc81
    0c156983847e6f2d52501eed52122e30244e7cd8063b3428a57282de76e836a8af7d5edddc1a487a8825afe346
    169832d0d0488b973cf5db60920bf8d971d3997eb292c08d0ac651e703a69a81e9b7ce4397504f2856243046ee
    3f0296b54d3d94caba381fa68b9374122a21cebc257c308ecb108087e0e46f44c3ec5a1833c312d60d2897e334
    ee294c020b893ae8bc24f8aeb313990ad7b98840f03feb94ba14e81913eb4c4a38e1d3c904d850bf4e23893866
    c6a6165e2097c73f733785d4332d7f85a717969178ba28c4a1f7794196371d29a3a28627208b42c74eec166b9b
    f6a9e966e7b9845afeea918123ad12b16ffc6af4c688eaf760164a84c00b1c54517bdaf79bd14a9419865384f6
    e0377fd4a85df596cf32f48c7b03f4e28c09ac17a7c97b1c6ceb9f544158c743fbe24b1e60ecbe0bff6c6338c0
    fde544601553e698f19869b2a14b10731912b7337134c7b309c6cd44ed89fb9df77945f20135efdd5e5a2f2d58
    17ba59feeb144346596bd3a0ff43cbe02b01cc69c36927da5040c40859a8b57b68dcc1d4a6e9a546ee3d7962e7
    4ffc0b7ec0fd18e726a373a84db7c7907a83adb484be1f8face2a532aeb2e7e062e06737137ef1cf92981c72cb
    13bdcf8c44362046eafafefaef2783382f3beca5183e6bed9893279e3a698d0868acd46450302778b51b2293ca
    8193769a52cc57d480e86ee146af5eb4d2dc3eda9ab68a7ba6eb4f29d9cd0308596a0b9f2bad4f80ad0b861313
    acf46d38e57adadd959b1d569d4e580f2ccd3a8e5c47ddbb09074836ce77957b3b868adb61a8cccdd19ec6c21d
    b05c88ee3e40f15052614693213c21876395989e1eb5bb2ebb213cc905f14f6ca4342cda8e7a5fb829b25d3323
    18676ac2075667e760db13cc2c44186a0240bf77f7920b7bdb883d015037c51f0c8464e7607e393ca25eb3f263
    85f99f7a6d55de1e2b241aa1ec5e03d381d6e829d23d011fc221bf59f93ad3de37827365c2b68412f11eb310bc
    cddbbc1ce1ad3896466ebc23ab86a7ae2ab6dc3711428bf4fc0377dbeea69200176a515e65a2
    """
  )
  private static let compressed = hex(
    """
    c1c24e03fdc5dc190d8929b5100c00c16d75ed441693d6d64fc9c54af7da1a04ec45924f2d62589a96f507642e
    c3513848de4c1af2e4f88d7f908f97c78c03b7f3d73222d4b04176dcdf48375c0a4030ce81ec536b0754eee564
    e6d0b12565f6d1100f94ecc36133d2442cd1b8c5d829f56b706620dda3971e92e9a9f26626a995a0ac4e82ab07
    fcba8953f5bb8301a5c5f84da51d033b4f598fe0e1dbba1eeeb7067812163bc673db69073b5ebfadbce84b836f
    79b50ab8359383a96bcce90db0ed06aad1ca47aa34228275930b5190ffbcf8e9681a67c75b4599b0a63ea72834
    d54238033152c08800a2e577e437f733c856aae2e7a27741d5fc48fbb254221a5957a89becfdadb0a449ff8a4d
    22407466f6710628039f8afadd836a339ae346c81e247dab756204df9284873081d51d3cbc33994170622e5045
    83669a5b9a19745769d32b1c344825dcbc9c02100fa096777404fc8d90a992f99e566e2a1e9853202e973d16e2
    bd45ac253c27b498f6ed6d908c55c25502bd0f00dd9575f2098b633521b9a958617a5ee38143a20bf901aaa2f9
    6b33f21b81ace2c8a8c2d282c993d26d7c01396b04784dcfa37b173912a11567b81c7db2cb259919dfd6d48b42
    b2f982b1948e450674052389f3f130f59d11212d96b1bfb677a12c992895352530ea15209dfd964ee67ec2e47d
    ce842417c32f111f5dad2a8d3c3040de42995cd8bca33f48e82f7354dd660c674c08ea7e8cc7bcdfc68d5142b8
    16d30a6130f05e736450aabb629edc48980cd19dbd6e5f8b282d207573a50e62e18d13fb5583c8bb2c156dd5cc
    989def674c3cdfe1888223304ad6fc96bbba890bf2807223bb06eede8b79a3ece606842dcdf9bd8737ad4181ca
    d86576f9fd4edb6e6a2997b448397001a6f176ebdc4a2bac5dbb1a56998586692444dc708cbbc0c8d8f13b8b72
    a49c702cb8872279414b1e301189ec04aba2c27f178323c11c39d9262c3410abd4a0cb56f1df2c23ba067c3a72
    0ac10475800aee032f3588f52a4107505eedf83771444a2014f0f2691984b98f1925eba4e0717105d64e90836a
    5bec28afc837429d771281f636a5b290b140f433d24201497c3de41c8736698a2a8b5845caf7786ac99e39e7d2
    371ea37801e510d23ecaed415b5bc8be4f4b9334ab9dff565e0173cf1f99a4bd5532fd9dc0803ee8a3617c
    """
  )
  private static let symmetric = hex(
    """
    c30d0409030218765c573691499769d23d018a9a620112771149cd355c263846920c42b5a0fc0320cfb98e50fd
    aa8d482c57ef11d68573e24777159380210e204b9f2d5095c07939a54b68918163
    """
  )
}
