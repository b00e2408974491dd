package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// Endpoints are the addresses of a running stack. They are in the file endpoints.json of its data folder while all of
// them answer.
type Endpoints struct {
	WebSocket string `json:"websocket"`
	HTTP      string `json:"http"`
	Invoke    string `json:"invoke"`
	DynamoDB  string `json:"dynamodb"`
}

const endpointsFile = "endpoints.json"

// write replaces the file at once, so that who waits for it never reads half of it.
func (e Endpoints) write(file string) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	unfinished := file + ".unfinished"
	if err := os.WriteFile(unfinished, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}

// clearEndpoints removes the file that a killed stack has left: it would tell others that this one is ready. A stack that
// still answers there is an error.
func clearEndpoints(file string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var e Endpoints
	if err == nil && json.Unmarshal(data, &e) == nil {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(e.HTTP, "http://")); err == nil {
			_ = conn.Close()
			return fmt.Errorf("a local stack runs here already, at %s", e.HTTP)
		}
	}
	return os.Remove(file)
}

// listeners are the stack's doors, opened before anything else, since functions are told where they are.
type listeners struct {
	http, ws, invoke net.Listener
}

// listen opens them, on loopback only. setting names a port in the error when it is taken.
func listen(o Options) (l listeners, err error) {
	open := func(setting string, port int) net.Listener {
		if err != nil {
			return nil
		}
		listener, listenErr := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if listenErr != nil {
			err = fmt.Errorf("port of %s: %w (0 takes a free one)", setting, listenErr)
			return nil
		}
		return listener
	}
	l = listeners{http: open("HTTP_PORT", o.HTTPPort), ws: open("WS_PORT", o.WSPort), invoke: open("INVOKE_PORT", o.InvokePort)}
	if err != nil {
		l.close()
	}
	return l, err
}

func (l listeners) close() {
	for _, listener := range []net.Listener{l.http, l.ws, l.invoke} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}
