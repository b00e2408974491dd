package apigw

import (
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// handshake is what a client sends when it connects.
type handshake struct {
	authorization []string
	protocols     []string
	query         map[string][]string
}

func handshakeOf(event websocketEvent) handshake {
	h := handshake{query: event.MultiValueQueryStringParameters}
	headers := event.MultiValueHeaders
	if headers == nil {
		headers = map[string][]string{}
		for name, value := range event.Headers {
			headers[name] = []string{value}
		}
	}
	// The gateway keeps the client's case.
	for name, values := range headers {
		switch strings.ToLower(name) {
		case "authorization":
			h.authorization = append(h.authorization, values...)
		case "sec-websocket-protocol":
			for protocol := range strings.SplitSeq(strings.Join(values, ","), ",") {
				h.protocols = append(h.protocols, strings.TrimSpace(protocol))
			}
		}
	}
	return h
}

// chatProtocol returns the chat's subprotocol as the client wrote it, or "" when it did not offer it. Names are
// compared in any case, and a client expects the very name that it offered (RFC 6455, 4.1).
func (h handshake) chatProtocol() string {
	for _, protocol := range h.protocols {
		if strings.EqualFold(protocol, wire.Subprotocol) {
			return protocol
		}
	}
	return ""
}

// offeredTokens returns the tokens among the subprotocols.
func (h handshake) offeredTokens() (tokens []string) {
	const prefix = wire.TokenProtocolPrefix
	for _, protocol := range h.protocols {
		if len(protocol) >= len(prefix) && strings.EqualFold(protocol[:len(prefix)], prefix) {
			tokens = append(tokens, protocol[len(prefix):])
		}
	}
	return tokens
}

// token returns the token that the client is to be judged by: that of the first place which holds something. A bad one
// there is not passed over for a better one elsewhere.
func (h handshake) token() (string, error) {
	for name := range h.query {
		if strings.EqualFold(name, "access_token") || strings.EqualFold(name, "token") {
			return "", chat.Errorf(chat.CodeUnauthorized, "a token may not be in the query: queries end up in access logs")
		}
	}
	offered := h.offeredTokens()
	switch {
	case len(offered) > 0 && h.chatProtocol() == "":
		// A browser drops a connection whose answer takes up none of the protocols that it offered.
		return "", chat.Invalid("Sec-WebSocket-Protocol", "must hold %s beside %sTOKEN", wire.Subprotocol, wire.TokenProtocolPrefix)
	case len(h.authorization) > 0:
		return bearer(h.authorization)
	case len(offered) == 1:
		return offered[0], nil
	case len(offered) > 1:
		return "", errTwoTokens
	case len(h.query["ticket"]) > 0:
		return "", chat.Errorf(chat.CodeUnauthorized, "tickets are not accepted yet")
	}
	return "", errNoToken
}
