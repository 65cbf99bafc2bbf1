throw "the message"
