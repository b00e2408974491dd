package template

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// streamLabel stands for the time at which a stream was switched on, the last part of its ARN.
const streamLabel = "2026-01-01T00:00:00.000"

func (l *loader) pseudoParameters() map[string]string {
	return map[string]string{
		"AWS::AccountId": l.opts.AccountID,
		"AWS::Partition": "aws",
		"AWS::Region":    l.opts.Region,
		"AWS::StackId":   l.arn("cloudformation", "stack/"+l.opts.StackName+"/00000000-0000-0000-0000-000000000000"),
		"AWS::StackName": l.opts.StackName,
		"AWS::URLSuffix": "amazonaws.com",
	}
}

func (l *loader) arn(service, rest string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, l.opts.Region, l.opts.AccountID, rest)
}

// localValues returns what Ref (under the key "") and Fn::GetAtt give for a logical id, nil if there is no such
// resource.
func (l *loader) localValues(id string) map[string]string {
	if r := l.byID[id]; r != nil {
		return l.attributes(r)
	}
	if l.made[id].owner != nil {
		return map[string]string{"": stableID(id, 7)}
	}
	return nil
}

// attributes is the table of Ref and Fn::GetAtt by resource type. AWS: CloudFormation Template Reference, "Return
// values" of each type; for the serverless types those of what the transform makes under the same logical id.
func (l *loader) attributes(r *resource) map[string]string {
	name := r.name
	switch r.typ {
	case typeFunction:
		return map[string]string{"": name, "Arn": l.arn("lambda", "function:"+name)}
	case typeWebSocketAPI:
		return l.apiAttributes(r.id, "wss")
	case typeHTTPAPI:
		return l.apiAttributes(r.id, "https")
	case typeTable:
		return l.tableAttributes(r)
	case typeQueue:
		url := fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", l.opts.Region, l.opts.AccountID, name)
		return map[string]string{"": url, "QueueUrl": url, "QueueName": name, "Arn": l.arn("sqs", name)}
	case typeSecret:
		arn := l.arn("secretsmanager", "secret:"+name+"-"+stableID(name, 6))
		return map[string]string{"": arn, "Id": arn}
	case typeRole:
		return map[string]string{"": name, "Arn": fmt.Sprintf("arn:aws:iam::%s:role/%s", l.opts.AccountID, name)}
	case "AWS::Logs::LogGroup":
		return map[string]string{"": name, "Arn": l.arn("logs", "log-group:"+name+":*")}
	case "AWS::CloudWatch::Alarm":
		return map[string]string{"": name, "Arn": l.arn("cloudwatch", "alarm:"+name)}
	default:
		return map[string]string{"": name}
	}
}

func (l *loader) apiAttributes(id, scheme string) map[string]string {
	api := stableID(id, 10)
	endpoint := fmt.Sprintf("%s://%s.execute-api.%s.amazonaws.com", scheme, api, l.opts.Region)
	return map[string]string{"": api, "ApiId": api, "ApiEndpoint": endpoint}
}

func (l *loader) tableAttributes(r *resource) map[string]string {
	name := r.name
	known := map[string]string{"": name, "Arn": l.arn("dynamodb", "table/"+name)}
	if lookup(r.properties, "StreamSpecification") != nil {
		known["StreamArn"] = known["Arn"] + "/stream/" + streamLabel
	}
	return known
}

// stableID returns n lower-case letters and digits, the same for the same seed, as API Gateway's ids look.
func stableID(seed string, n int) string {
	sum := sha256.Sum256([]byte(seed))
	digits := new(big.Int).SetBytes(sum[:]).Text(36)
	return digits[len(digits)-n:]
}

// unknownType says that a resource is there, but of a type that is refused: what it would give is not known.
func (l *loader) unknownType(id string) bool {
	r := l.byID[id]
	return r != nil && !l.cover.knows(r.typ)
}

// refer notes a reference to a resource that is there, and reports one to a resource whose condition is false.
func (e evaluator) refer(id string, n *yaml.Node) {
	target, node := e.byID[id], id
	if target == nil {
		target, node = e.made[id].owner, e.made[id].node
	}
	if target.absent && !e.dead {
		e.report(n, "%s is not there: its condition is false", id)
	}
	if e.owner != "" {
		e.edge(e.owner, node, n)
	}
}

// maxGuesses keeps the search for a close name short in a template that is out of all proportion.
const maxGuesses = 5000

// unknown says that a name stands for nothing, and which known one is close.
func (l *loader) unknown(name string) string {
	text := "there is no parameter or resource " + name
	names := l.allNames()
	if len(names) > maxGuesses {
		return text
	}
	for edits := range min(3, (len(name)+1)/2) {
		for _, known := range names {
			if strings.EqualFold(known, name) || distance(known, name) <= edits {
				return text + "; did you mean " + known + "?"
			}
		}
	}
	return text
}

func (l *loader) allNames() []string {
	var names []string
	for name := range l.pseudoParameters() {
		names = append(names, name)
	}
	for name := range l.parameters {
		names = append(names, name)
	}
	for name := range l.byID {
		names = append(names, name)
	}
	for name := range l.made {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// distance counts the letters to add, drop or change (Levenshtein), but says 3 for names whose lengths are far apart.
func distance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
