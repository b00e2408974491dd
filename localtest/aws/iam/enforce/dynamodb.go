package enforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"serverlesschat/localtest/aws/iam"
)

// maxRequest is more than DynamoDB takes in one request: 16 MB, for a batch.
const maxRequest = 17 << 20

// DynamoDB stands before DynamoDB.
func (e *Enforcer) DynamoDB(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			refuseDynamoDB(w, "SerializationException", "read request: "+err.Error())
			return
		}
		p, known := e.caller(r)
		if !known {
			refuseDynamoDB(w, "UnrecognizedClientException", unknownToken)
			return
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		accesses, err := e.dynamoDBAccesses(operation, body)
		if err != nil {
			e.opts.Observe(iam.Call{Function: p.Function, Action: "dynamodb:" + operation, Resource: "*"}, iam.ImplicitDeny)
		} else {
			err = e.judgeAll(p, accesses)
		}
		if err != nil {
			refuseDynamoDB(w, "AccessDeniedException", err.Error())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// dynamoDBRequest has the members that say what a request touches, of all operations that are judged.
type dynamoDBRequest struct {
	TableName     string
	IndexName     string
	RequestItems  map[string]json.RawMessage              // by table
	TransactItems []map[string]struct{ TableName string } // by the kind of part
}

// dynamoDBAccesses returns what an operation takes (Service Authorization Reference, "Amazon DynamoDB"). The parts of a
// transaction have the actions of the single operations (DynamoDB Developer Guide, "Using IAM with DynamoDB
// transactions"). A batch has an action of its own, on each of its tables.
func (e *Enforcer) dynamoDBAccesses(operation string, body []byte) ([]access, error) {
	var request dynamoDBRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	var all []access
	switch operation {
	case "GetItem", "PutItem", "UpdateItem", "DeleteItem":
		all = append(all, e.tableAccess(operation, request.TableName, ""))
	case "Query", "Scan":
		all = append(all, e.tableAccess(operation, request.TableName, request.IndexName))
	case "BatchGetItem", "BatchWriteItem":
		for _, table := range slices.Sorted(maps.Keys(request.RequestItems)) {
			all = append(all, e.tableAccess(operation, table, ""))
		}
	case "TransactWriteItems", "TransactGetItems":
		for _, item := range request.TransactItems {
			for kind, part := range item { // one
				all = append(all, e.tableAccess(kind+"Item", part.TableName, ""))
			}
		}
	default:
		return nil, fmt.Errorf("the rights that %q needs are not known to the local stack; "+
			"add the operation in localtest/aws/iam/enforce/dynamodb.go", operation)
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(a access) bool { return a.resource == "" }) {
		return nil, fmt.Errorf("%s names no table", operation)
	}
	return all, nil
}

// tableAccess is an action on a table, or on an index of it, which has an ARN of its own. A request may name its table
// by ARN too. The resource is "" without a table.
func (e *Enforcer) tableAccess(action, table, index string) access {
	resource := table
	if table != "" && !strings.HasPrefix(table, "arn:") {
		resource = e.arn("dynamodb", "table/"+table)
	}
	if resource != "" && index != "" {
		resource += "/index/" + index
	}
	return access{"dynamodb:" + action, resource}
}

// refuseDynamoDB answers as DynamoDB does, with its checksum, which SDKs compare.
func refuseDynamoDB(w http.ResponseWriter, name, message string) {
	body, _ := json.Marshal(map[string]string{ // of text alone: it cannot fail
		"__type": "com.amazon.coral.service#" + name, "Message": message,
	})
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(body)
}
