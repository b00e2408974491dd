package apidoc

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The documents, in the folder docs.
const (
	asyncAPI = "asyncapi.yaml"
	openAPI  = "openapi.yaml"
	schemas  = "schemas"
)

// Documents are what the documents say, in their order.
type Documents struct {
	WebSocket, HTTP  About
	Connection       Connection
	Handshake        []Outcome
	MaxFrameBytes    int
	Actions          []Action
	Pushes           []Push
	Calls            []Call
	Schemas          []Schema // what both documents use
	messagesOfFrames []Message
}

// About is what a document says of itself.
type About struct{ Title, Version, Description string }

// Connection is how a client connects.
type Connection struct {
	Description string
	Headers     []Field
}

// Outcome is a way in which the handshake can end.
type Outcome struct {
	Status int
	When   string
}

// Action is what a client asks for in a frame.
type Action struct {
	Name, Summary, Description string
	Request                    Message
	Replies                    []Message
}

// Push is what the server sends unasked.
type Push struct {
	Name, Summary, Description string
	Message                    Message
}

// Message is a kind of frame.
type Message struct {
	Name, Summary string
	Body          Body
}

// Call is a request of the HTTP API.
type Call struct {
	Method, Path, Summary, Description string
	NeedsToken                         bool
	Parameters                         []Parameter
	Request                            []Body // by content type; none for a call without a body
	Responses                          []Response
}

// Parameter is one of a path or a query.
type Parameter struct {
	In      string
	Example string // as JSON; empty for none
	Field
}

// Response is what a call is answered, by its status.
type Response struct {
	Status      int
	Description string
	Headers     []Field
	Bodies      []Body // by content type; none for an answer without a body
}

// Body is a text of JSON.
type Body struct {
	ContentType string // empty for a frame
	Shape       Shape
	Examples    []Example
}

// Example is a value that a body may have.
type Example struct {
	Summary string
	JSON    string
}

// Messages returns every kind of frame, each once.
func (d *Documents) Messages() []Message { return d.messagesOfFrames }

// Replies returns what actions are answered, each once.
func (d *Documents) Replies() (replies []Message) {
	for _, a := range d.Actions {
		for _, reply := range a.Replies {
			if !slices.ContainsFunc(replies, func(m Message) bool { return m.Name == reply.Name }) {
				replies = append(replies, reply)
			}
		}
	}
	return replies
}

// Load reads the documents from their folder, which is docs.
func Load(folder fs.FS) (*Documents, error) {
	t := &tree{folder: folder, files: map[string]*yaml.Node{}}
	d := &Documents{}
	if err := d.readFrames(t); err != nil {
		return nil, err
	}
	if err := d.readCalls(t); err != nil {
		return nil, err
	}
	return d, d.readSchemas(t)
}

func aboutOf(root node) About {
	info := root.get("info")
	return About{info.get("title").text(), info.get("version").text(), info.get("description").text()}
}

func (d *Documents) readFrames(t *tree) error {
	root, err := t.root(asyncAPI)
	if err != nil {
		return err
	}
	d.WebSocket = aboutOf(root)
	channel := root.get("channels", "connection")
	d.Connection = Connection{channel.get("description").text(), shapeOf(channel.get("bindings", "ws").raw("headers")).Fields}
	for _, p := range channel.get("x-handshake").pairs() {
		status, err := strconv.Atoi(p.name)
		if err != nil {
			return fmt.Errorf("%s: status %q", asyncAPI, p.name)
		}
		d.Handshake = append(d.Handshake, Outcome{status, p.value.text()})
	}
	if d.MaxFrameBytes, err = strconv.Atoi(channel.get("x-max-frame-bytes").text()); err != nil {
		return fmt.Errorf("%s: x-max-frame-bytes: %w", asyncAPI, err)
	}
	for _, p := range channel.get("messages").pairs() {
		d.messagesOfFrames = append(d.messagesOfFrames, messageOf(p.value))
	}
	for _, p := range root.get("operations").pairs() {
		d.readOperation(p.name, p.value)
	}
	return nil
}

func (d *Documents) readOperation(name string, o node) {
	summary, description := o.get("summary").text(), o.get("description").text()
	var first Message
	if messages := messagesOf(o); len(messages) > 0 {
		first = messages[0]
	}
	if o.get("action").text() == "send" {
		d.Pushes = append(d.Pushes, Push{name, summary, description, first})
		return
	}
	d.Actions = append(d.Actions, Action{name, summary, description, first, messagesOf(o.get("reply"))})
}

func messagesOf(n node) (messages []Message) {
	for _, m := range n.get("messages").items() {
		messages = append(messages, messageOf(m))
	}
	return messages
}

// messageOf reads a message, whose name is the last word of where it stands.
func messageOf(n node) Message {
	n = n.follow()
	m := Message{Name: path.Base(n.at), Summary: n.get("summary").text(), Body: Body{Shape: shapeOf(n.raw("payload"))}}
	for _, e := range n.get("examples").items() {
		m.Body.Examples = append(m.Body.Examples, Example{e.get("summary").text(), e.get("payload").json("")})
	}
	return m
}

func (d *Documents) readCalls(t *tree) error {
	root, err := t.root(openAPI)
	if err != nil {
		return err
	}
	d.HTTP = aboutOf(root)
	for _, p := range root.get("paths").pairs() {
		shared := parametersOf(p.value.get("parameters"))
		for _, operation := range p.value.pairs() {
			if !strings.Contains(" get put post delete patch ", " "+operation.name+" ") {
				continue
			}
			c, err := callOf(operation.value)
			if err != nil {
				return fmt.Errorf("%s: %s %s: %w", openAPI, operation.name, p.name, err)
			}
			c.Method, c.Path = strings.ToUpper(operation.name), p.name
			c.Parameters = append(shared, c.Parameters...)
			d.Calls = append(d.Calls, c)
		}
	}
	return nil
}

func callOf(n node) (Call, error) {
	c := Call{
		Summary: n.get("summary").text(), Description: n.get("description").text(),
		NeedsToken: !n.get("security").exists() || len(n.get("security").items()) > 0,
		Parameters: parametersOf(n.get("parameters")), Request: bodiesOf(n.get("requestBody")),
	}
	for _, p := range n.get("responses").pairs() {
		status, err := strconv.Atoi(p.name)
		if err != nil {
			return c, fmt.Errorf("status %q", p.name)
		}
		response := p.value.follow()
		r := Response{Status: status, Description: response.get("description").text(), Bodies: bodiesOf(response)}
		for _, h := range response.get("headers").pairs() {
			field := fieldOf(h.name, h.value.follow().raw("schema"))
			field.Description = h.value.follow().get("description").text()
			r.Headers = append(r.Headers, field)
		}
		c.Responses = append(c.Responses, r)
	}
	return c, nil
}

func parametersOf(n node) (parameters []Parameter) {
	for _, item := range n.items() {
		item = item.follow()
		p := Parameter{In: item.get("in").text(), Field: fieldOf(item.get("name").text(), item.raw("schema"))}
		p.Required = item.get("required").text() == "true"
		if description := item.get("description").text(); description != "" {
			p.Description = description
		}
		if example := item.get("example"); example.exists() {
			p.Example = example.json("")
		}
		parameters = append(parameters, p)
	}
	return parameters
}

func bodiesOf(n node) (bodies []Body) {
	for _, p := range n.get("content").pairs() {
		b := Body{ContentType: p.name, Shape: shapeOf(p.value.raw("schema"))}
		for _, e := range p.value.get("examples").pairs() {
			example := e.value.follow()
			b.Examples = append(b.Examples, Example{example.get("summary").text(), example.get("value").json("")})
		}
		bodies = append(bodies, b)
	}
	return bodies
}
