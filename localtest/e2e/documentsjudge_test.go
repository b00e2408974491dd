package e2e

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"serverlesschat/localtest/apidoc"
)

// unseen are all the parts of the documents that no story sees for certain, by their names or the ends of these.
func unseen() map[string]string {
	const ofGateway = "the gateway's own: the tests of the emulator bring it about"
	return map[string]string{
		"handshake 429":                 ofGateway,
		"handshake 431":                 ofGateway,
		"handshake 502":                 ofGateway,
		"handshake 504":                 ofGateway,
		"handshake 500":                 "a defect, which no story can bring about",
		" 500 application/problem+json": "a defect, which no story can bring about",
		" 500 application/json":         ofGateway,
		" 429 application/json":         ofGateway,
		" 503 application/json":         ofGateway,
		" 503 application/problem+json": "a store that hangs: stories have it for some calls, and all go the same way",
	}
}

func handshakePart(status int) string { return fmt.Sprintf("handshake %d", status) }

func messagePart(name string) string { return "message " + name }

func kindPart(kind string) string { return "entry " + kind }

func responsePart(c apidoc.Call, r apidoc.Response, contentType string) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %d %s", c.Method, c.Path, r.Status, contentType))
}

// parts returns the names of all that is to be seen.
func (c *conformance) parts() (parts []string) {
	for _, o := range c.Handshake {
		parts = append(parts, handshakePart(o.Status))
	}
	for name := range c.messages {
		parts = append(parts, messagePart(name))
	}
	for _, s := range c.Schemas {
		for _, kind := range s.Shape.OneOf {
			for _, f := range kind.Fields {
				if s.Name == "Entry" && f.Name == "kind" {
					parts = append(parts, kindPart(strings.Trim(f.Const, `"`)))
				}
			}
		}
	}
	for _, call := range c.Calls {
		for _, r := range call.Responses {
			for _, b := range r.Bodies {
				parts = append(parts, responsePart(call, r, b.ContentType))
			}
			if len(r.Bodies) == 0 {
				parts = append(parts, responsePart(call, r, ""))
			}
		}
	}
	return parts
}

// judgeDocuments returns what was seen against the documents; and, if all stories have run, what was not seen of them.
func judgeDocuments(all bool) error {
	c, err := documented()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	const enough = 20
	for i, problem := range slices.Sorted(maps.Keys(c.problems)) {
		if i == enough {
			errs = append(errs, fmt.Errorf("documents: … and %d more", len(c.problems)-enough))
			break
		}
		errs = append(errs, fmt.Errorf("documents: %s", problem))
	}
	parts := c.parts()
	for end := range unseen() {
		if !slices.ContainsFunc(parts, func(part string) bool { return strings.HasSuffix(part, end) }) {
			errs = append(errs, fmt.Errorf("documents: unseen names %q, which they do not have", end))
		}
	}
	for _, part := range parts {
		if all && !c.seen[part] && !isUnseen(part) {
			errs = append(errs, fmt.Errorf("documents: no story has seen %q: add one, or name it in unseen with the reason", part))
		}
	}
	return errors.Join(errs...)
}

func isUnseen(part string) bool {
	for end := range unseen() {
		if strings.HasSuffix(part, end) {
			return true
		}
	}
	return false
}
