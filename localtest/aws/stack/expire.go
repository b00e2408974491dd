package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/wait"
)

// expireEvery is how often expired rows are looked for. DynamoDB takes up to some days (DynamoDB Developer Guide, "Using
// time to live (TTL) in DynamoDB").
const expireEvery = time.Minute

// removeExpired removes expired rows from time to time, where the engine does not.
func (s *Stack) removeExpired(ctx context.Context) {
	if engine.RemovesExpired(s.options.Engine) {
		return
	}
	client := dynamodb.NewFromConfig(s.engine.Config())
	for wait.For(ctx, expireEvery) {
		for _, t := range Tables(s.system) {
			n, err := engine.RemoveExpired(ctx, client, t, time.Now())
			if err != nil && ctx.Err() == nil {
				s.log.Warn("expired rows stay", "table", t.Name, "error", err)
			}
			if n > 0 {
				s.log.Info("expired rows removed", "table", t.Name, "rows", n)
			}
		}
	}
}
