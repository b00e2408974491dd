package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"serverlesschat/localtest/aws/jsonwalk"
)

// result is what a function returns to a Lambda proxy integration: an object with a statusCode.
type result struct {
	status int
	body   string
	raw    []byte
}

// parseResult reads a function's result as strictly as API Gateway does: names are compared exactly, statusCode is a
// number, body a string or null. The error says what is wrong without showing any of it.
func parseResult(payload []byte) (result, error) {
	if !json.Valid(payload) {
		return result{}, errors.New("not JSON")
	}
	raw, ok := jsonwalk.Member(payload, "statusCode")
	if !ok {
		return result{}, errors.New("not an object with a statusCode")
	}
	status, err := strconv.Atoi(string(raw))
	if err != nil || status < 200 || status > 599 {
		return result{}, errors.New("statusCode is not a number from 200 to 599")
	}
	res := result{status: status, raw: payload}
	if raw, ok := jsonwalk.Member(payload, "body"); ok && string(raw) != "null" {
		body, err := jsonwalk.Unquote(raw)
		if err != nil {
			return result{}, errors.New("body is not a string")
		}
		res.body = string(body)
	}
	return res, nil
}

// protocol returns the subprotocol in the result's headers, "" if there is none.
func (r result) protocol() (string, error) {
	raw, ok := jsonwalk.Member(r.raw, "headers")
	if !ok {
		return "", nil
	}
	var headers map[string]any
	if err := json.Unmarshal(raw, &headers); err != nil {
		return "", errors.New("headers are not an object")
	}
	for name, value := range headers {
		if !strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			continue
		}
		text, ok := value.(string)
		if !ok || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", errors.New("Sec-WebSocket-Protocol is not a token")
		}
		return text, nil
	}
	return "", nil
}

// accepts reports whether $connect let the client in.
func (r result) accepts() bool { return r.status < http.StatusMultipleChoices }
