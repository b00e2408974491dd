package apigw

import (
	"context"
	"net/http"
	"strings"

	"serverlesschat/internal/connections"
	"serverlesschat/internal/wire"
)

// ticketRoute is where browsers ask for tickets.
const ticketRoute = "POST /auth/ticket"

// issueTicket handles requests for tickets.
func issueTicket(guard Guard, office *connections.TicketOffice) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		who, err := guard.writer(ctx, event)
		if err != nil {
			return restReply{}, err
		}
		text, ends, err := office.Issue(ctx, who, originOf(event.Headers))
		if err != nil {
			return restReply{}, err
		}
		return jsonReply(http.StatusOK, wire.Ticket(text, ends)), nil
	}
}

// originOf returns the header Origin, whose name SAM's local gateway does not write in lower case.
func originOf(headers map[string]string) string {
	for name, value := range headers {
		if strings.EqualFold(name, "origin") {
			return value
		}
	}
	return ""
}
