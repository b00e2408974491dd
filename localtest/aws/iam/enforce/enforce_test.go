package enforce

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"serverlesschat/localtest/aws/iam"
)

const (
	tableARN    = "arn:aws:dynamodb:us-east-1:000000000000:table/"
	apiARN      = "arn:aws:execute-api:us-east-1:000000000000:api/dev/"
	functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"
)

// door is an Enforcer before services that answer everything, with one function Fn.
type door struct {
	*Enforcer
	seen   []string // decisions, in order
	passed int      // requests
}

func newDoor(statements ...iam.Statement) *door {
	d := &door{}
	d.Enforcer = New(Options{
		Region: "us-east-1", AccountID: "000000000000",
		Principals: map[string]Principal{
			"AKIDFN": {Function: "Fn", Session: "fn", Role: iam.Role{Name: "FnRole", LogicalID: "FnRole", Statements: statements}},
		},
		Observe: func(c iam.Call, decision iam.Decision) {
			word := map[iam.Decision]string{iam.Allow: "may", iam.ImplicitDeny: "may not", iam.ExplicitDeny: "must not"}[decision]
			d.seen = append(d.seen, c.Function+" "+word+" "+c.Action+" "+c.Resource)
		},
	})
	return d
}

func allow(actions, resources string) iam.Statement {
	return iam.Statement{Actions: strings.Fields(actions), Resources: strings.Fields(resources)}
}

// service is what stands behind the door.
func (d *door) service(w http.ResponseWriter, r *http.Request) {
	d.passed++
	_, _ = w.Write([]byte("{}"))
}

// config is what clients need to call a handler under an access key id.
func config(t *testing.T, key string, handler http.Handler) aws.Config {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", "session"),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func TestDynamoDBOperationsTakeTheirActions(t *testing.T) {
	key := map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}
	name, other, indexName := aws.String("t"), aws.String("u"), aws.String("i")
	one := types.KeysAndAttributes{Keys: []map[string]types.AttributeValue{key}}
	for operation, row := range map[string]struct {
		call func(context.Context, *dynamodb.Client) error
		want []string // actions and what comes after the table's prefix
	}{
		"GetItem": {func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: key})
			return err
		}, []string{"GetItem t"}},
		"by ARN": {func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(tableARN + "t"), Item: key})
			return err
		}, []string{"PutItem t"}},
		"Query of an index": {func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: indexName, KeyConditionExpression: aws.String("k = v")})
			return err
		}, []string{"Query t/index/i"}},
		"BatchGetItem": {func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": one, "u": one}})
			return err
		}, []string{"BatchGetItem t", "BatchGetItem u"}},
		"TransactWriteItems": {func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{TableName: name, Item: key}},
				{Update: &types.Update{TableName: other, Key: key, UpdateExpression: aws.String("SET a = b")}},
				{Delete: &types.Delete{TableName: name, Key: key}},
				{ConditionCheck: &types.ConditionCheck{TableName: other, Key: key, ConditionExpression: aws.String("a = b")}},
			}})
			return err
		}, []string{"PutItem t", "UpdateItem u", "DeleteItem t", "ConditionCheckItem u"}},
	} {
		t.Run(operation, func(t *testing.T) {
			for _, word := range []string{"may not", "may"} {
				d := newDoor()
				if word == "may" {
					d = newDoor(allow("dynamodb:*", tableARN+"*"))
				}
				client := dynamodb.NewFromConfig(config(t, "AKIDFN", d.DynamoDB(http.HandlerFunc(d.service))))
				err := row.call(t.Context(), client)
				checkDenied(t, word == "may not", err, http.StatusBadRequest, "AccessDeniedException",
					"User: arn:aws:sts::000000000000:assumed-role/FnRole/fn is not authorized to perform: dynamodb:")
				var want []string
				for _, w := range row.want {
					action, table, _ := strings.Cut(w, " ")
					want = append(want, "Fn "+word+" dynamodb:"+action+" "+tableARN+table)
				}
				if !slices.Equal(d.seen, want) {
					t.Errorf("seen %q, want %q", d.seen, want)
				}
				if passes := word == "may"; passes != (d.passed == 1) {
					t.Errorf("%d requests passed", d.passed)
				}
			}
		})
	}
}

// checkDenied checks an error of the SDK for its status, its name and its text.
func checkDenied(t *testing.T, wanted bool, err error, status int, code, text string) {
	t.Helper()
	if !wanted {
		if err != nil {
			t.Error(err)
		}
		return
	}
	api, isAPI := errors.AsType[smithy.APIError](err)
	response, isResponse := errors.AsType[*smithyhttp.ResponseError](err)
	if !isAPI || !isResponse || api.ErrorCode() != code || response.HTTPStatusCode() != status || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %d %s %s", err, status, code, text)
	}
}

func TestAPartOfATransactionIsEnoughToRefuseIt(t *testing.T) {
	d := newDoor(allow("dynamodb:PutItem", tableARN+"t"))
	client := dynamodb.NewFromConfig(config(t, "AKIDFN", d.DynamoDB(http.HandlerFunc(d.service))))
	key := map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}
	_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String("t"), Item: key}}, {Put: &types.Put{TableName: aws.String("u"), Item: key}},
	}})
	checkDenied(t, true, err, http.StatusBadRequest, "AccessDeniedException", "dynamodb:PutItem on resource: "+tableARN+"u because")
	if d.passed != 0 || len(d.seen) != 2 {
		t.Errorf("%d passed, seen %q", d.passed, d.seen)
	}
}

func TestAnExplicitDenySaysSo(t *testing.T) {
	deny := allow("dynamodb:*", "*")
	deny.Deny = true
	d := newDoor(allow("dynamodb:*", "*"), deny)
	client := dynamodb.NewFromConfig(config(t, "AKIDFN", d.DynamoDB(http.HandlerFunc(d.service))))
	_, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("t")})
	checkDenied(t, true, err, http.StatusBadRequest, "AccessDeniedException", "with an explicit deny in an identity-based policy")
	if want := []string{"Fn must not dynamodb:Scan " + tableARN + "t"}; !slices.Equal(d.seen, want) {
		t.Errorf("seen %q, want %q", d.seen, want)
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	d := newDoor(allow("dynamodb:*", "*"))
	config := config(t, "AKIDFN", d.DynamoDB(http.HandlerFunc(d.service)))
	_, err := dynamodb.NewFromConfig(config).ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String("SELECT")})
	checkDenied(t, true, err, http.StatusBadRequest, "AccessDeniedException", `the rights that "ExecuteStatement" needs are not known`)
	if want := []string{"Fn may not dynamodb:ExecuteStatement *"}; !slices.Equal(d.seen, want) {
		t.Errorf("seen %q, want %q", d.seen, want)
	}
	config.Credentials = credentials.NewStaticCredentialsProvider("AKIDWHO", "secret", "")
	_, err = dynamodb.NewFromConfig(config).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("t")})
	checkDenied(t, true, err, http.StatusBadRequest, "UnrecognizedClientException", "token included in the request is invalid")
	if d.passed != 0 {
		t.Errorf("%d requests passed", d.passed)
	}
}

func TestTheManagementAPIIsJudgedByMethod(t *testing.T) {
	d := newDoor(allow("execute-api:ManageConnections", apiARN+"POST/@connections/*"))
	config := config(t, "AKIDFN", d.Management("api", "dev", http.HandlerFunc(d.service)))
	*config.BaseEndpoint += "/dev"
	client := apigatewaymanagementapi.NewFromConfig(config)
	id := aws.String("L0SM9cOFvHcCIhw=")
	if _, err := client.PostToConnection(t.Context(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: id, Data: []byte("x")}); err != nil {
		t.Error(err)
	}
	_, err := client.DeleteConnection(t.Context(), &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: id})
	checkDenied(t, true, err, http.StatusForbidden, "ForbiddenException", "")
	if _, ok := errors.AsType[*managementtypes.ForbiddenException](err); !ok {
		t.Errorf("got %T", err)
	}
	want := []string{
		"Fn may execute-api:ManageConnections " + apiARN + "POST/@connections/" + *id,
		"Fn may not execute-api:ManageConnections " + apiARN + "DELETE/@connections/" + *id,
	}
	if !slices.Equal(d.seen, want) {
		t.Errorf("seen %q, want %q", d.seen, want)
	}
	config.Credentials = credentials.NewStaticCredentialsProvider("AKIDWHO", "secret", "")
	_, err = apigatewaymanagementapi.NewFromConfig(config).GetConnection(t.Context(), &apigatewaymanagementapi.GetConnectionInput{ConnectionId: id})
	checkDenied(t, true, err, http.StatusForbidden, "MissingAuthenticationTokenException", "")
}

func TestHandshakesPass(t *testing.T) {
	d := newDoor()
	w := httptest.NewRecorder()
	d.Management("api", "dev", http.HandlerFunc(d.service)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/dev", nil))
	if d.passed != 1 || w.Code != http.StatusOK || len(d.seen) != 0 {
		t.Errorf("%d passed, %d, seen %q", d.passed, w.Code, d.seen)
	}
}

func TestTheInvokeAPIIsJudgedByFunction(t *testing.T) {
	d := newDoor(allow("lambda:InvokeFunction", functionARN+"push"))
	config := config(t, "AKIDFN", d.Invoke(http.HandlerFunc(d.service)))
	client := lambda.NewFromConfig(config)
	for _, name := range []string{"push", functionARN + "push"} {
		if _, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name}); err != nil {
			t.Error(err)
		}
	}
	_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("pull"), Qualifier: aws.String("2")})
	checkDenied(t, true, err, http.StatusForbidden, "AccessDeniedException",
		"lambda:InvokeFunction on resource: "+functionARN+"pull:2 because no identity-based policy allows the lambda:InvokeFunction action")
	config.Credentials = credentials.NewStaticCredentialsProvider("AKIDWHO", "secret", "")
	_, err = lambda.NewFromConfig(config).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("push")})
	checkDenied(t, true, err, http.StatusForbidden, "UnrecognizedClientException", "")
	if d.passed != 2 || len(d.seen) != 3 {
		t.Errorf("%d passed, seen %q", d.passed, d.seen)
	}
}

func TestAServiceActsUnderTheFunctionsRole(t *testing.T) {
	d := newDoor(allow("sqs:SendMessage", "*"))
	if err := d.MayEver("Fn", "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q"); err != nil || len(d.seen) != 0 {
		t.Errorf("%v, seen %q", err, d.seen)
	}
	if err := d.Check("Fn", "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q"); err != nil || len(d.seen) != 1 {
		t.Errorf("%v, seen %q", err, d.seen)
	}
	if _, denied := errors.AsType[*Denied](d.Check("Fn", "dynamodb:GetRecords", tableARN+"t/stream/s")); !denied || len(d.seen) != 2 {
		t.Errorf("not denied, or not reported: %q", d.seen)
	}
}

// FuzzRequests: whatever the header, the operation and the body are, what is not a known caller's call on a named table
// is refused, and nothing panics.
func FuzzRequests(f *testing.F) {
	const authorization = "AWS4-HMAC-SHA256 Credential=AKIDFN/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
	f.Add(authorization, "PutItem", []byte(`{"TableName":"t"}`))
	f.Add(authorization, "TransactWriteItems", []byte(`{"TransactItems":[{"Put":{"TableName":"t"}},{"Get":{}}]}`))
	f.Add(authorization, "BatchGetItem", []byte(`{"RequestItems":{"t":{},"":null}}`))
	f.Add("AWS4-HMAC-SHA256 Credential=", "Query", []byte(`{"TableName":5}`))
	f.Add("Bearer x", "Scan", []byte(`null`))
	f.Fuzz(func(t *testing.T, authorization, operation string, body []byte) {
		d := newDoor(allow("*", "*"))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Target"] = []string{"DynamoDB_20120810." + operation}
		w := httptest.NewRecorder()
		d.DynamoDB(http.HandlerFunc(d.service)).ServeHTTP(w, r)
		if (d.passed == 1) != (w.Code == http.StatusOK) || d.passed == 1 && len(d.seen) == 0 {
			t.Errorf("%d passed, %d, seen %q", d.passed, w.Code, d.seen)
		}
		for _, line := range d.seen {
			if d.passed == 1 && !strings.HasPrefix(line, "Fn may dynamodb:") {
				t.Errorf("passed, seen %q", line)
			}
		}
	})
}
