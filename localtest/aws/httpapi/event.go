package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"serverlesschat/localtest/aws/edge"
)

// event is a request in payload format 2.0. The types of aws-lambda-go decode it. They would encode an authentication
// that is not there, and no stage variables at all. AWS: API Gateway Developer Guide, "AWS Lambda proxy integrations
// for HTTP APIs"; what is empty is left out, all but the headers and the raw query.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpContext `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

func (h *Handler) limitHead(x *exchange) *reply {
	if edge.HeadTooLarge(x.request) {
		return refusal(edge.StatusHeadTooLarge)
	}
	return nil
}

func (h *Handler) readBody(x *exchange) *reply {
	body, err := io.ReadAll(io.LimitReader(x.request.Body, MaxPayload+1))
	if err != nil {
		return refusal(http.StatusBadRequest) // the client has gone, or its framing is wrong
	}
	if len(body) > MaxPayload {
		return refusal(http.StatusRequestEntityTooLarge)
	}
	x.body = body
	return nil
}

// event encodes the request. The path is as decoded, with the stage unless that is $default; the query is as sent.
func (h *Handler) event(x *exchange) ([]byte, error) {
	r, c := x.request, h.config
	prefix, _, _ := strings.Cut(c.DomainName, ".")
	source := edge.SourceIP(r)
	body, encoded := bodyOf(r.Header.Get("Content-Type"), x.body)
	e := event{
		Version:               "2.0",
		RouteKey:              x.match.route.key,
		RawPath:               r.URL.Path,
		RawQueryString:        r.URL.RawQuery,
		Cookies:               cookiesOf(r.Header),
		Headers:               h.headersOf(x, source),
		QueryStringParameters: queryOf(r.URL.RawQuery),
		PathParameters:        x.match.parameters,
		Body:                  body,
		IsBase64Encoded:       encoded,
		RequestContext: requestContext{
			AccountID: c.AccountID, APIID: c.APIID, DomainName: c.DomainName, DomainPrefix: prefix,
			HTTP: httpContext{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent(),
			},
			RequestID: x.id, RouteKey: x.match.route.key, Stage: c.Stage,
			Time:      x.received.UTC().Format("02/Jan/2006:15:04:05 -0700"),
			TimeEpoch: x.received.UnixMilli(),
		},
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// headersOf returns lower-case names, values of the same name joined, and what the gateway adds. Cookies have their own
// place. AWS: as in the events captured in aws/aws-lambda-dotnet, Amazon.Lambda.TestTool.IntegrationTests/Snapshots.
// Protocol and port are AWS's, as functions expect, though there is no TLS here.
func (h *Handler) headersOf(x *exchange, source string) map[string]string {
	r := x.request
	headers := map[string]string{}
	for name, values := range r.Header {
		if name != "Cookie" && !edge.IsHopByHop(name) {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	headers["host"] = r.Host
	headers["content-length"] = strconv.Itoa(len(x.body))
	forwarded := append(slices.Clone(r.Header.Values("X-Forwarded-For")), source)
	headers["x-forwarded-for"] = strings.Join(forwarded, ", ")
	headers["x-forwarded-proto"] = "https"
	headers["x-forwarded-port"] = "443"
	if r.Header.Get("X-Amzn-Trace-Id") == "" {
		headers["x-amzn-trace-id"] = edge.TraceID(x.received, x.id)
	}
	return headers
}

func cookiesOf(header http.Header) []string {
	var cookies []string
	for _, line := range header.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				cookies = append(cookies, cookie)
			}
		}
	}
	return cookies
}

// queryOf decodes the query; values of the same name are joined. What cannot be decoded stays as it is.
func queryOf(raw string) map[string]string {
	parameters := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = decoded(name), decoded(value)
		if before, is := parameters[name]; is {
			value = before + "," + value
		}
		parameters[name] = value
	}
	return parameters
}

func decoded(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// bodyOf returns the body as text for the few content types that API Gateway takes for text, and as base64 for all
// others, forms and unnamed ones included (ministackorg/ministack pull request 766, tried on AWS).
func bodyOf(contentType string, body []byte) (text string, encoded bool) {
	if len(body) == 0 {
		return "", false
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
		return string(body), false
	}
	if strings.HasPrefix(mediaType, "text/") {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}
