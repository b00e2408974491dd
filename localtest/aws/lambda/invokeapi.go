package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Where errors and headers come from: AWS Lambda API reference, "Invoke".
const (
	invokePrefix = "/2015-03-31/functions/"
	invokeSuffix = "/invocations"
)

// apiError is an error of the Invoke API.
type apiError struct {
	status  int
	kind    string // goes into x-amzn-ErrorType
	message string
	reason  string // only of TooManyRequestsException
}

// ServeHTTP serves the Invoke API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	name, err := invokedFunction(r)
	if err != nil {
		writeAPIError(w, err)
		return
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		s.serveSync(w, r, name)
	case "Event":
		s.serveEvent(w, r, name)
	case "DryRun":
		s.serveDryRun(w, name)
	default:
		writeAPIError(w, &apiError{http.StatusBadRequest, "InvalidParameterValueException",
			fmt.Sprintf("unknown invocation type %q", kind), ""})
	}
}

// invokedFunction reads the function's name from the path. It may be percent-encoded, as an ARN's colons are by some
// clients.
func invokedFunction(r *http.Request) (string, *apiError) {
	path := r.URL.EscapedPath()
	name, isInvoke := strings.CutPrefix(path, invokePrefix)
	if isInvoke {
		name, isInvoke = strings.CutSuffix(name, invokeSuffix)
	}
	name, err := url.PathUnescape(name)
	if !isInvoke || err != nil || r.Method != http.MethodPost {
		return "", &apiError{http.StatusNotFound, "UnknownOperationException",
			"only POST " + invokePrefix + "NAME" + invokeSuffix + " is served here", ""}
	}
	if q := r.URL.Query().Get("Qualifier"); q != "" && q != latest {
		return "", &apiError{http.StatusNotFound, "ResourceNotFoundException",
			fmt.Sprintf("function not found: %s:%s", name, q), ""}
	}
	return name, nil
}

func (s *Service) serveSync(w http.ResponseWriter, r *http.Request, name string) {
	payload, apiErr := readPayload(w, r, MaxPayload)
	if apiErr != nil {
		writeAPIError(w, apiErr)
		return
	}
	result, err := s.Invoke(r.Context(), Request{Function: name, Payload: payload, Source: "Invoke"})
	if err != nil {
		writeAPIError(w, apiErrorOf(err))
		return
	}
	h := w.Header()
	h.Set("X-Amzn-Requestid", result.RequestID)
	h.Set("X-Amz-Executed-Version", latest)
	if result.FunctionError != "" {
		h.Set("X-Amz-Function-Error", result.FunctionError)
	}
	h.Set("Content-Length", strconv.Itoa(len(result.Payload)))
	_, _ = w.Write(result.Payload)
}

func (s *Service) serveEvent(w http.ResponseWriter, r *http.Request, name string) {
	payload, apiErr := readPayload(w, r, MaxEventPayload)
	if apiErr != nil {
		writeAPIError(w, apiErr)
		return
	}
	if err := s.InvokeEvent(Request{Function: name, Payload: payload, Source: "Event"}); err != nil {
		writeAPIError(w, apiErrorOf(err))
		return
	}
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(http.StatusAccepted)
}

func (s *Service) serveDryRun(w http.ResponseWriter, name string) {
	if s.functions[name] == nil {
		writeAPIError(w, apiErrorOf(&UnknownFunctionError{name}))
		return
	}
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(http.StatusNoContent)
}

// readPayload reads a payload that is JSON and within the limit. No payload is an empty event.
func readPayload(w http.ResponseWriter, r *http.Request, limit int) ([]byte, *apiError) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &apiError{http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit), ""}
	case err != nil:
		return nil, &apiError{http.StatusBadRequest, "InvalidRequestContentException", "read request: " + err.Error(), ""}
	case len(payload) == 0:
		return []byte("{}"), nil
	case !json.Valid(payload):
		return nil, &apiError{http.StatusBadRequest, "InvalidRequestContentException",
			"Could not parse request body into json", ""}
	}
	return payload, nil
}

func apiErrorOf(err error) *apiError {
	var unknown *UnknownFunctionError
	var large *RequestTooLargeError
	var throttled *ThrottledError
	switch {
	case errors.As(err, &unknown):
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + unknown.Function, ""}
	case errors.As(err, &large):
		return &apiError{http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error(), ""}
	case errors.As(err, &throttled):
		return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.", throttled.Reason}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &apiError{http.StatusGatewayTimeout, "ServiceException", "the caller has gone", ""}
	}
	return &apiError{http.StatusInternalServerError, "ServiceException", err.Error(), ""}
}

// writeAPIError writes an error as the SDKs read it: its kind from the header, the rest from the body. AWS spells the
// member Message in some errors and message in others; SDKs take both.
func writeAPIError(w http.ResponseWriter, e *apiError) {
	body := map[string]string{"Type": "User", "Message": e.message, "message": e.message}
	if e.status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if e.reason != "" {
		body["Reason"] = e.reason
	}
	h := w.Header()
	h.Set("X-Amzn-Errortype", e.kind)
	h.Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(body)
}
