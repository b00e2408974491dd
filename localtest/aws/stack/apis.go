package stack

import (
	"net"
	"net/http"
	"strings"

	"serverlesschat/localtest/aws/edge"
	"serverlesschat/localtest/aws/gateway"
	"serverlesschat/localtest/aws/httpapi"
)

// metricsPath is served beside the HTTP API; no route of an API begins with an underscore by chance.
const metricsPath = "/_local/metrics"

// docsPath is where the pages of Options.Docs are.
const docsPath = "/_local/docs"

// startAPIs opens the system's doors.
func (s *Stack) startAPIs() error {
	account := newBuckets(s.options, s.console.now)
	if s.system.HTTP != nil {
		if err := s.newHTTPAPI(account); err != nil {
			return err
		}
	}
	s.serve(s.listeners.http, http.HandlerFunc(s.serveHTTP))

	if s.system.WebSocket != nil {
		if err := s.newGateway(account); err != nil {
			return err
		}
		s.serve(edge.KeepNames(s.listeners.ws), s.judgedGateway())
	}
	s.serve(s.listeners.invoke, s.judgedInvoke())
	return nil
}

// serveHTTP is the HTTP API with the stack's own pages beside it. A ServeMux would redirect paths such as //a, which an API
// takes as they are.
func (s *Stack) serveHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == metricsPath:
		s.metrics.ServeHTTP(w, r)
	case r.URL.Path == healthPath:
		s.health.ServeHTTP(w, r)
	case s.options.Docs != nil && r.URL.Path == docsPath:
		http.Redirect(w, r, docsPath+"/", http.StatusFound)
	case s.options.Docs != nil && strings.HasPrefix(r.URL.Path, docsPath+"/"):
		http.StripPrefix(docsPath, s.options.Docs).ServeHTTP(w, r)
	case s.http != nil:
		s.httpFront.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Stack) newHTTPAPI(account buckets) (err error) {
	api := s.system.HTTP
	config := httpapi.Config{
		APIID: api.ID, Stage: api.Stage, AccountID: s.system.AccountID, DomainName: host(s.listeners.http),
		Throttles: httpapi.Throttles{Stage: account.bucket(api.Throttle), Account: account.requests},
		Invoke:    s.invokeForHTTP, Logger: s.log,
	}
	for _, r := range api.Routes {
		config.Routes = append(config.Routes, httpapi.Route{
			Method: r.Method, Path: r.Path, Function: r.Function, Timeout: r.Timeout,
			Throttle: account.ofRoute(r.Throttle),
		})
	}
	if s.http, err = httpapi.New(config); err != nil {
		return err
	}
	s.httpFront = s.http
	if s.options.HTTPFront != nil {
		s.httpFront = s.options.HTTPFront(s.http)
	}
	return nil
}

func (s *Stack) newGateway(account buckets) (err error) {
	api := s.system.WebSocket
	config := gateway.Config{
		APIID: api.ID, Stage: api.Stage, DomainName: host(s.listeners.ws),
		SelectionExpression: api.RouteSelectionExpression, Invoke: s.invokeForGateway, Logger: s.log,
		Limits: gateway.Limits{Lifetime: s.options.ConnectionLife},
		Throttles: gateway.Throttles{
			Handshakes: account.sockets, Stage: account.bucket(api.Throttle), Account: account.requests,
			CloseClient: s.options.CloseThrottled,
		},
	}
	for _, r := range api.Routes {
		config.Routes = append(config.Routes, gateway.Route{
			Key: r.Key, Function: r.Function, Timeout: r.IntegrationTimeout, HasResponse: r.HasResponse,
			Throttle: account.ofRoute(r.Throttle),
		})
	}
	s.gateway, err = gateway.New(config)
	return err
}

func host(l net.Listener) string {
	name, _, _ := net.SplitHostPort(l.Addr().String())
	return name
}
