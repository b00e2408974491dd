package apigw

import (
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// handshake is what a client sends when it connects.
type handshake struct {
	authorization []string
	origins       []string
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
		case "origin":
			h.origins = append(h.origins, values...)
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

// credential returns the token, or else the ticket, that the client is to be judged by: that of the first place which
// holds something. A bad one there is not passed over for a better one elsewhere.
func (h handshake) credential() (token, ticket string, err error) {
	for name := range h.query {
		if strings.EqualFold(name, "access_token") || strings.EqualFold(name, "token") {
			return "", "", chat.Errorf(chat.CodeUnauthorized, "a token may not be in the query: queries end up in access logs")
		}
	}
	offered := h.offeredTokens()
	switch {
	case len(offered) > 0 && h.chatProtocol() == "":
		// A browser drops a connection whose answer takes up none of the protocols that it offered.
		return "", "", chat.Invalid("Sec-WebSocket-Protocol", "must hold %s beside %sTOKEN", wire.Subprotocol, wire.TokenProtocolPrefix)
	case len(h.authorization) > 0:
		token, err = bearer(h.authorization)
		return token, "", err
	case len(offered) == 1:
		return offered[0], "", nil
	case len(offered) > 1:
		return "", "", errTwoTokens
	}
	switch tickets := h.query["ticket"]; {
	case len(tickets) > 1:
		return "", "", errTwoTickets
	case len(tickets) == 1 && tickets[0] != "":
		return "", tickets[0], nil
	}
	return "", "", errNoToken
}

// origin returns the origin of the page that connects; empty when it is no page. A client that names several is none.
func (h handshake) origin() string { return strings.Join(h.origins, ",") }
