"""What the wire tests share: corpus, exchange, judgement, and a strict reader to test them with."""
