package queues

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "AmazonSQS."
	// maxRequest is more than a message of 1 MiB takes when each of its bytes is escaped.
	maxRequest = 7 << 20
)

// call is what an operation knows of its request beside its input.
type call struct {
	ctx  context.Context
	base string // of queue URLs
}

// operation decodes its input, does its work and returns its output.
type operation func(c call, input []byte) (any, error)

// operations are all that there is. They are named as in SQS's API.
func (s *Service) operations() map[string]operation {
	return map[string]operation{
		"SendMessage":             decoded("SendMessage", s.sendMessage),
		"ReceiveMessage":          decoded("ReceiveMessage", s.receiveMessage),
		"DeleteMessage":           decoded("DeleteMessage", s.deleteMessage),
		"ChangeMessageVisibility": decoded("ChangeMessageVisibility", s.changeMessageVisibility),
		"GetQueueAttributes":      decoded("GetQueueAttributes", s.getQueueAttributes),
		"GetQueueUrl":             decoded("GetQueueUrl", s.getQueueURL),
		"ListQueues":              decoded("ListQueues", s.listQueues),
		"StartMessageMoveTask":    decoded("StartMessageMoveTask", s.startMessageMoveTask),
		"ListMessageMoveTasks":    decoded("ListMessageMoveTasks", s.listMessageMoveTasks),
	}
}

// decoded makes an operation of a method. A member that the input has not is refused: it is of AWS, and does something
// there.
func decoded[In, Out any](name string, do func(call, In) (Out, error)) operation {
	return func(c call, input []byte) (any, error) {
		var in In
		decoder := json.NewDecoder(bytes.NewReader(input))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&in)
		if err == nil {
			if _, end := decoder.Token(); end != io.EOF {
				err = errors.New("there is more than one JSON value")
			}
		}
		if err != nil {
			return nil, decodeError(name, err)
		}
		return do(c, in)
	}
}

// ServeHTTP serves the data plane (Amazon SQS API Reference), in AWS JSON 1.0. Signatures are not verified.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentType)
	w.Header()["x-amzn-RequestId"] = []string{newUUID()} // as AWS spells it
	name, isSQS := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	if !isSQS || r.Method != http.MethodPost {
		s.writeError(w, name, &apiError{http.StatusBadRequest, coral + "UnknownOperationException", "InvalidAction",
			"only AWS JSON 1.0 is served here: POST with X-Amz-Target " + targetPrefix + "OPERATION"})
		return
	}
	do, ok := s.operations()[name]
	if !ok {
		s.writeError(w, name, unsupported("operation %s", name))
		return
	}
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.writeError(w, name, decodeError(name, err))
		return
	}
	output, err := do(call{ctx: r.Context(), base: s.base(r)}, input)
	if err != nil {
		s.writeError(w, name, err)
		return
	}
	_ = json.NewEncoder(w).Encode(output) // the client may have gone
}

// base is what the URLs of queues begin with.
func (s *Service) base(r *http.Request) string {
	switch {
	case s.config.BaseURL != "":
		return s.config.BaseURL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// URL returns the URL of a queue, which begins with base, a scheme and a host: http://HOST/ACCOUNT/NAME.
func URL(base, account, name string) string { return base + "/" + account + "/" + name }

// byURL finds a queue. Only the path of its URL counts: a client may know the host by another name.
func (s *Service) byURL(url string) (*queue, error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	rest, name, _ := cutLast(url, "/")
	_, account, ok := cutLast(rest, "/")
	if q := s.queues[s.config.arn(name)]; ok && q != nil && account == s.config.AccountID {
		return q, nil
	}
	return nil, noQueue()
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(separator):], true
}
