package apigw

import (
	"slices"
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// handshake is what a client gives when it connects.
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

func (h handshake) offersProtocol(name string) bool { return slices.Contains(h.protocols, name) }

// token gives the token that the client is to be judged by: that of the first place which holds something. A bad one
// there is not passed over for a better one elsewhere.
func (h handshake) token() (string, error) {
	for _, name := range []string{"access_token", "token"} {
		if _, ok := h.query[name]; ok {
			return "", chat.Errorf(chat.CodeUnauthorized, "a token may not be in the query: queries end up in access logs")
		}
	}
	if len(h.authorization) > 0 {
		return bearer(h.authorization)
	}
	var offered []string
	for _, protocol := range h.protocols {
		if token, ok := strings.CutPrefix(protocol, wire.TokenProtocolPrefix); ok {
			offered = append(offered, token)
		}
	}
	switch {
	case len(offered) == 1:
		return offered[0], nil
	case len(offered) > 1:
		return "", errTwoTokens
	case len(h.query["ticket"]) > 0:
		return "", chat.Errorf(chat.CodeUnauthorized, "tickets are not accepted")
	}
	return "", errNoToken
}
