package template

import (
	"slices"
	"time"
)

// System is what a template describes, resolved for a run on one machine. Slices are in the order of the template.
type System struct {
	Region    string
	AccountID string
	// Parameters are the template's parameters, with their values.
	Parameters map[string]string
	// Conditions are the outcomes of the template's conditions under these parameters.
	Conditions    map[string]bool
	Functions     []Function
	WebSocket     *WebSocketAPI // nil: the template has none
	HTTP          *HTTPAPI      // nil: the template has none
	Tables        []Table
	Mappings      []StreamMapping
	Queues        []Queue
	QueueMappings []QueueMapping
	Secrets       []Secret
	Roles         []Role
}

// Function returns the function with a logical id, a zero one where there is none.
func (s *System) Function(logicalID string) Function {
	return find(s.Functions, func(f Function) bool { return f.LogicalID == logicalID })
}

// Table returns the table with a logical id, a zero one where there is none.
func (s *System) Table(logicalID string) Table {
	return find(s.Tables, func(t Table) bool { return t.LogicalID == logicalID })
}

// Queue returns the queue with a logical id, a zero one where there is none.
func (s *System) Queue(logicalID string) Queue {
	return find(s.Queues, func(q Queue) bool { return q.LogicalID == logicalID })
}

func find[T any](list []T, is func(T) bool) (found T) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		found = list[i]
	}
	return found
}

// Function is a Lambda function.
type Function struct {
	LogicalID           string
	Line                int // of the logical id in the template
	Name                string
	ARN                 string
	CodeURI             string // as written: a folder, relative to the template's
	Handler             string
	Runtime             string
	Architecture        string // "arm64" or "x86_64"
	Timeout             time.Duration
	MemoryMB            int
	Environment         map[string]string
	ReservedConcurrency *int   // nil: none reserved; 0 stops the function
	Role                string // logical id; "" when SAM's transform makes the role
	LogGroup            string // name
}

// Throttle is a token bucket: of a stage, over all its routes without one of their own, or of a route.
type Throttle struct {
	RateLimit  float64 // requests a second
	BurstLimit int     // requests
}

// WebSocketAPI is an API Gateway WebSocket API with its one stage.
type WebSocketAPI struct {
	LogicalID                string
	ID                       string // 10 lower-case characters, the same for the same logical id
	Stage                    string
	RouteSelectionExpression string // "$request.body.NAME"
	Routes                   []WebSocketRoute
	Throttle                 Throttle
}

// WebSocketRoute is a route of a WebSocket API with its Lambda integration.
type WebSocketRoute struct {
	LogicalID          string // of the route that SAM's transform makes
	Key                string // "$connect", "$disconnect", "$default" or a word
	Function           string // logical id
	IntegrationTimeout time.Duration
	Throttle           *Throttle // nil: the stage's
	// HasResponse says that the function's body goes back to the client: the route selects a response, and there is an
	// AWS::ApiGatewayV2::RouteResponse for it. One without the other sends nothing.
	HasResponse bool
}

// HTTPAPI is an API Gateway HTTP API with its one stage.
type HTTPAPI struct {
	LogicalID string
	ID        string // 10 lower-case characters, the same for the same logical id
	Stage     string // "$default" unless the template names one
	Routes    []HTTPRoute
	Throttle  Throttle
}

// HTTPRoute is a route of an HTTP API with its Lambda integration, payload format 2.0.
type HTTPRoute struct {
	Method   string // upper case, "ANY" for all; "" with the path "$default"
	Path     string // "/rooms/{id}", "/files/{path+}" or "$default"
	Function string // logical id
	Timeout  time.Duration
	Throttle *Throttle // nil: the stage's
}

// Key returns the route key as API Gateway writes it: "GET /rooms/{id}" or "$default".
func (r HTTPRoute) Key() string {
	if r.Method == "" {
		return r.Path
	}
	return r.Method + " " + r.Path
}

// Table is a DynamoDB table, billed on demand.
type Table struct {
	LogicalID              string
	Name                   string
	KeySchema              []KeyElement
	AttributeDefinitions   []AttributeDefinition
	GlobalSecondaryIndexes []Index
	StreamViewType         string // "" without a stream
	StreamARN              string // "" without a stream
	TTLAttribute           string // "" without time to live
}

// KeyElement is one part of a primary key.
type KeyElement struct {
	AttributeName string
	KeyType       string // "HASH" or "RANGE"
}

// AttributeDefinition names an attribute that is part of a key, and its type.
type AttributeDefinition struct {
	AttributeName string
	AttributeType string // "S", "N" or "B"
}

// Index is a global secondary index.
type Index struct {
	Name             string
	KeySchema        []KeyElement
	ProjectionType   string // "ALL", "KEYS_ONLY" or "INCLUDE"
	NonKeyAttributes []string
}

// StreamMapping is an event source mapping from the stream of a table to a function.
type StreamMapping struct {
	LogicalID               string
	Line                    int
	Function                string // logical id
	Table                   string // logical id
	StartingPosition        string // "TRIM_HORIZON" or "LATEST"
	BatchSize               int
	MaximumBatchingWindow   time.Duration
	ParallelizationFactor   int
	MaximumRetryAttempts    int           // -1: until the records expire
	MaximumRecordAge        time.Duration // 0: until the records expire
	BisectBatchOnError      bool
	ReportBatchItemFailures bool
	Filters                 []string // each a JSON object; a record passes if one of them matches, or if there are none
	DeadLetters             string   // logical id of a queue; "": what is given up is lost
}

// Queue is a standard SQS queue.
type Queue struct {
	LogicalID          string
	Name               string
	ARN                string
	VisibilityTimeout  time.Duration
	Delay              time.Duration
	RetentionPeriod    time.Duration
	MaximumMessageSize int    // bytes
	DeadLetters        string // logical id of its dead-letter queue; "" for none
	MaxReceiveCount    int    // a message that was received so often goes there at the next receive; 0 without one
}

// QueueMapping is an event source mapping from a queue to a function.
type QueueMapping struct {
	LogicalID               string
	Line                    int
	Function                string // logical id
	Queue                   string // logical id
	Enabled                 bool
	BatchSize               int
	MaximumBatchingWindow   time.Duration
	MaximumConcurrency      int // invocations at once; 0: no limit
	ReportBatchItemFailures bool
}
