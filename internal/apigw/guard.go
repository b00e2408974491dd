package apigw

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

// Guard tells who a request over HTTP comes from.
type Guard struct {
	Tokens TokenVerifier
	Gate   *connections.Gate // nil for a function whose requests change nothing
}

// reader lets a request in that changes nothing. Its session is not looked at, so one that was ended reads until its
// token ends.
func (g Guard) reader(ctx context.Context, event restEvent) (chat.Identity, error) {
	raw, err := bearer(authorization(event.Headers))
	if err != nil {
		return chat.Identity{}, err
	}
	return g.Tokens.Verify(ctx, raw)
}

// writer lets a request in that may change something, and counts it against the user's rate.
func (g Guard) writer(ctx context.Context, event restEvent) (chat.Identity, error) {
	who, err := g.reader(ctx, event)
	if err != nil {
		return chat.Identity{}, err
	}
	return who, g.Gate.AdmitRequest(ctx, who)
}
