package queues

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// apiError is an error as SQS sends it. SDKs read kind, or code, which has the names of the older query protocol
// (Amazon SQS Developer Guide, "Making Query API requests": AWS JSON protocol).
type apiError struct {
	status  int
	kind    string // member __type
	code    string // header x-amzn-query-error
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

const (
	modelled = "com.amazonaws.sqs#"        // errors of the API model
	coral    = "com.amazon.coral.service#" // others
)

func badValue(value any, parameter, reason string) error {
	return invalid(fmt.Sprintf("Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason))
}

func invalid(message string) error {
	return &apiError{http.StatusBadRequest, coral + "InvalidParameterValueException", "InvalidParameterValue", message}
}

func missing(parameter string) error {
	return &apiError{http.StatusBadRequest, coral + "MissingRequiredParameterException", "MissingParameter",
		"The request must contain the parameter " + parameter + "."}
}

func noQueue() error {
	return &apiError{http.StatusBadRequest, modelled + "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
		"The specified queue does not exist."}
}

func badHandle(handle string) error {
	return &apiError{http.StatusBadRequest, modelled + "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
		fmt.Sprintf("The input receipt handle %q is not a valid receipt handle.", handle)}
}

func unknownAttribute(name string) error {
	return &apiError{http.StatusBadRequest, modelled + "InvalidAttributeName", "InvalidAttributeName",
		"Unknown Attribute " + name + "."}
}

func noResource(parameter string) error {
	return &apiError{http.StatusNotFound, modelled + "ResourceNotFoundException", "ResourceNotFoundException",
		"The resource that you specified for the " + parameter + " parameter doesn't exist."}
}

// unsupported is about what AWS has and this package has not.
func unsupported(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, modelled + "UnsupportedOperation",
		"AWS.SimpleQueueService.UnsupportedOperation", "the local SQS has no " + fmt.Sprintf(format, args...)}
}

// checkBody returns the error for a body that a queue does not take (Amazon SQS API Reference, "SendMessage").
func checkBody(q *queue, body string) error {
	if body == "" {
		return missing("MessageBody")
	}
	if len(body) > q.MaximumMessageSize {
		return invalid("One or more parameters are invalid. Reason: Message must be shorter than " +
			strconv.Itoa(q.MaximumMessageSize) + " bytes.")
	}
	for _, r := range body {
		if !isXML(r) {
			return &apiError{http.StatusBadRequest, modelled + "InvalidMessageContents", "InvalidMessageContents",
				fmt.Sprintf("The message has the character #x%X, which is outside the allowed set.", r)}
		}
	}
	return nil
}

// isXML reports whether XML 1.0 has the character.
func isXML(r rune) bool {
	return r == 0x9 || r == 0xA || r == 0xD || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

// decodeError is the error for a request that is not of its operation's form.
func decodeError(operation string, err error) error {
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return unsupported("member %s of %s", field, operation)
	}
	return &apiError{http.StatusBadRequest, coral + "SerializationException", "MalformedInput", err.Error()}
}

// writeError answers with an error. One that is no apiError is a failure of ours; its text goes into the log alone.
func (s *Service) writeError(w http.ResponseWriter, operation string, err error) {
	fault := "Sender"
	var e *apiError
	switch {
	case errors.As(err, &e):
	case errors.Is(err, errClosed):
		e = &apiError{http.StatusServiceUnavailable, coral + "ServiceUnavailableException", "ServiceUnavailable",
			err.Error()}
		fault = "Receiver"
	default:
		s.config.Log.Error("queue request failed", "operation", operation, "why", err)
		e = &apiError{http.StatusInternalServerError, coral + "InternalFailure", "InternalFailure", "internal failure"}
		fault = "Receiver"
	}
	body, _ := json.Marshal(map[string]string{"__type": e.kind, "message": e.message}) // of texts alone: it cannot fail
	w.Header().Set("X-Amzn-Query-Error", e.code+";"+fault)
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}
